"""From a status, a reply and its words to one reason, and to the one question that matters: is the address dead? Pure.

The judgement of codes is that of `notifier.smtp.verdict` (the S2 table); here it meets reports, in which a local server
wraps a remote one's answer in statuses and words of its own. Whatever in a report speaks for the address wins.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from notifier.mail.bounces.phrases import meant
from notifier.mail.bounces.report import DEAD, Reason
from notifier.mail.smtp.verdict import DEAD_STATUSES, DOMAIN_TAKES_NO_MAIL

_REPLY = re.compile(r"(?<![\d.])([245]\d\d)(?=[\s'#:(,-]|$)")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_DATA_REFUSED = re.compile(
    r"in reply to (?:end of )?DATA|after (?:end of data|DATA)\b|>>> DATA\s+<<< [45]|did not like our (?:final )?DATA"
    r"|(?:response|reply) to (?:end of )?DATA|DATA (?:command )?(?:response|failed)|SMTP command\s+DATA",
    re.IGNORECASE,
)
_RCPT_REFUSED = re.compile(r"\bRCPT\b|delivery error: dd this user", re.IGNORECASE)
#: Yahoo takes any recipient and says only at the end that there is no such account.
_KNOWN_AT_DATA = re.compile(r"delivery error: dd this user doesn't have", re.IGNORECASE)
#: Sendmail writes a recipient domain's null MX so; by the book it would be the sender's (RFC 7505 section 4.2).
_NULL_MX_BY_SENDMAIL = "5.7.27"

_BY_STATUS: tuple[tuple[re.Pattern[str], Reason], ...] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"2\..*", Reason.DELIVERED),
        (r"5\.1\.2", Reason.HOST_UNKNOWN),
        (r"5\.1\.6", Reason.MOVED),
        (r"[45]\.1\.[78]", Reason.SENDER),
        (r"[45]\.2\.2", Reason.MAILBOX_FULL),
        (r"[45]\.(?:2\.3|3\.4)", Reason.TOO_LARGE),
        (r"[45]\.4\.7", Reason.EXPIRED),
        (r"4\.4\.[12]", Reason.TIME_OUT),
        (r"[45]\.4\.\d+", Reason.NETWORK),
        (r"5\.5\.[1-9]\d*", Reason.PROTOCOL),
        (r"[45]\.6\.\d+", Reason.CONTENT),
        (r"5\.7\.(?:13)", Reason.SUSPENDED),
        (r"5\.7\.(?:20|21|22|23|24|25|26|27|28|29)", Reason.AUTHENTICATION),
        (r"[45]\.7\.\d+", Reason.POLICY),
        (r"[45]\.3\.[1-9]\d*", Reason.SYSTEM),
        (r"4\..*", Reason.TEMPORARY),
    )
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A reason, whether it kills the address, and the status that says so."""

    reason: Reason
    hard: bool
    status: str | None


def weigh(words: str, status: str | None = None, *, around: str = "") -> Meaning:
    """What a refusal means. `words`: the server's reply; `status`: the report's own field; `around`: the report's text.

    Dead only where words or status say so, no other status in it speaks of anything else, nothing is temporary, and
    words alone are not taken for it when the server had accepted the recipient and refused the mail itself.
    """
    said = meant(words)
    statuses = [*_statuses(words), *([status] if status else [])]
    shown = next((each for each in statuses if not each.endswith(".0.0")), statuses[0] if statuses else None)
    spared = _spared(words, said, statuses)
    if spared is not None:
        return Meaning(spared, hard=False, status=shown)
    condemned = next((each for each in statuses if each in DEAD_STATUSES), None)
    if condemned is not None:
        return Meaning(
            said if said in DEAD else _by_status(condemned) or Reason.USER_UNKNOWN, True, condemned
        )
    if said in DEAD and _DATA_REFUSED.search(f"{words}\n{around}") and not _KNOWN_AT_DATA.search(words):
        return Meaning(Reason.FILTERED, hard=False, status=shown)
    if (
        said is Reason.USER_UNKNOWN
        and any(_replies(words))
        and not _RCPT_REFUSED.search(f"{words}\n{around}")
    ):
        return Meaning(Reason.UNCLEAR, hard=False, status=shown)
    if said in DEAD or _takes_no_mail(words):
        return Meaning(said if said in DEAD else Reason.TAKES_NO_MAIL, True, shown)
    return Meaning(said or Reason.UNCLEAR, hard=False, status=shown)


def _spared(words: str, said: Reason | None, statuses: list[str]) -> Reason | None:
    """The reason that speaks for the address, if there is one."""
    if said is Reason.TAKES_NO_MAIL and _NULL_MX_BY_SENDMAIL in statuses:
        return None
    by_status = next((r for r in map(_by_status, statuses) if r is not None and r not in DEAD), None)
    if said is not None and said not in DEAD and said is not Reason.REFUSED:
        return said
    if by_status is not None:
        return by_status
    return Reason.TEMPORARY if _only_temporary(words) else None


def _by_status(status: str) -> Reason | None:
    return next((reason for pattern, reason in _BY_STATUS if pattern.fullmatch(status)), None)


def _statuses(words: str) -> list[str]:
    return list(dict.fromkeys(_STATUS.findall(words[:3000])))


def _replies(words: str) -> Iterator[int]:
    return (int(code) for code in _REPLY.findall(words[:3000]))


def _only_temporary(words: str) -> bool:
    codes = {code // 100 for code in _replies(words)}
    return 4 in codes and 5 not in codes


def _takes_no_mail(words: str) -> bool:
    return DOMAIN_TAKES_NO_MAIL in _replies(words)
