"""From a refusal to one reason, and to the one question that matters: is the address dead? Pure.

The one judge for both roads: what a server answers while we speak to it, and what a report says later, in which a local
server wraps a remote one's answer in statuses and words of its own. Structure comes first (the enhanced status codes of
RFC 3463 and where in the dialogue it was said), phrases second, and whatever speaks for the address wins: a mail too many
to a dead mailbox costs nothing, a living person who is not told any more is what this program is against.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from notifier.domain.sheets import packaged


class RefusalReason(StrEnum):
    """Why a mail came back, in stable words."""

    USER_UNKNOWN = "user unknown"
    HOST_UNKNOWN = "host unknown"
    TAKES_NO_MAIL = "takes no mail"  #: The domain says that it takes none at all (RFC 7505).
    MOVED = "moved"

    MAILBOX_FULL = "mailbox full"
    EXPIRED = "expired"  #: Tried for days, then given up.
    TIME_OUT = "time-out"
    NETWORK = "network"  #: No way to the server: routing, DNS, a refused connection.
    SUSPENDED = "suspended"  #: Blocked or dormant for now; such mailboxes come back.
    SYSTEM = "system"  #: A fault of a server or of a program on the way.
    TEMPORARY = "temporary"  #: The server said "later", and somebody gave up.
    UNCLEAR = "unclear"

    FILTERED = "filtered"  #: Refused once the mail's own words were seen, or by the person's own rules.
    POLICY = "policy"
    REPUTATION = "reputation"
    AUTHENTICATION = "authentication"  #: SPF, DKIM, DMARC.
    SENDER = "sender"  #: Our own address was refused.
    RELAYING = "relaying"
    SPAM = "spam"
    VIRUS = "virus"
    CONTENT = "content"
    PROTOCOL = "protocol"
    TOO_LARGE = "too large"
    TOO_MANY = "too many"  #: Faster, or more at once, than the server likes.
    GREYLISTED = "greylisted"
    REFUSED = "refused"  #: Without a word why.

    DELIVERED = "delivered"
    VACATION = "vacation"
    FEEDBACK = "feedback"
    NONE = "none"  #: Not a report.


#: (what it means, the words) in the order of the packaged table: the first that is found decides.
@cache
def _table() -> tuple[tuple[RefusalReason, re.Pattern[str]], ...]:
    rows_of = groupby(packaged(Path(__file__).with_suffix(".tsv")), itemgetter(0))
    return tuple(
        (RefusalReason(reason), re.compile("|".join(pattern for _, pattern in rows)))
        for reason, rows in rows_of
    )


LONGEST = 3000  # characters of one refusal that are looked at
_LONGEST_WORD = 60  # characters; no phrase needs more, and a pattern over a long one takes its square
_LONG_WORD = re.compile(rf"(\S{{{_LONGEST_WORD}}})\S+")
#: What a server says beside its refusal and not of it: addresses of pages, and the lines of its log.
_BESIDE = re.compile(r"https?://\S*|;? ?from=<[^>]{0,320}>.{0,200}|\b(?:proto|helo)=<?\S{0,255}")


def meant(text: str) -> RefusalReason | None:
    """What these words of a server mean; None where no known phrase is in them."""
    plain = " ".join(_LONG_WORD.sub(r"\1", text[:LONGEST]).lower().split())
    plain = _BESIDE.sub(" ", plain)
    return next((reason for reason, words in _table() if words.search(plain)), None)


#: The address itself is gone; one such report is enough, where its status allows it.
DEAD = frozenset(
    {RefusalReason.USER_UNKNOWN, RefusalReason.HOST_UNKNOWN, RefusalReason.TAKES_NO_MAIL, RefusalReason.MOVED}
)
#: Out of reach for now: counted, because an address that stays so for weeks is not mailed any more. All other reasons
#: say something of us or of the mail, and nothing of the address (S2, S25).
OUT_OF_REACH = frozenset(
    {
        RefusalReason.MAILBOX_FULL,
        RefusalReason.EXPIRED,
        RefusalReason.TIME_OUT,
        RefusalReason.NETWORK,
        RefusalReason.SUSPENDED,
        RefusalReason.SYSTEM,
        RefusalReason.TEMPORARY,
        RefusalReason.UNCLEAR,
    }
)

#: This mailbox or domain does not exist, or takes no mail at all (IANA's enhanced status codes).
_DEAD_STATUSES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.1.351", "5.2.1"})
#: RFC 7504: the domain has a null MX.
_DOMAIN_TAKES_NO_MAIL = 556
#: Sendmail writes a recipient domain's null MX so; by the book it would be the sender's (RFC 7505 section 4.2).
_NULL_MX_BY_SENDMAIL = "5.7.27"
#: "Could not route": also what is said of a domain that does not exist.
_NO_ROUTE = "5.4.4"
#: "Disabled": also said of mailboxes that are closed for a while or get too much, so the words decide.
_DISABLED = "5.2.1"
#: Microsoft 365 refuses unknown recipients at its edge with this status, which is of the network, and these words.
_UNKNOWN_AT_THE_EDGE = re.compile(r"5\.4\.1 recipient address rejected: access denied", re.IGNORECASE)
#: What words may save of an address whose every status says that it is gone; other words beside such a status are chatter.
_SAVING = frozenset(
    {
        RefusalReason.MAILBOX_FULL,
        RefusalReason.TOO_LARGE,
        RefusalReason.TOO_MANY,
        RefusalReason.GREYLISTED,
        RefusalReason.AUTHENTICATION,
        RefusalReason.REPUTATION,
        RefusalReason.VIRUS,
        RefusalReason.SPAM,
        RefusalReason.RELAYING,
        RefusalReason.SENDER,
    }
)
_REPLY = re.compile(r"(?<![\d.])([245]\d\d)(?=[\s'#:(,-]|$)")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]{0,10}\d)")
_DATA_REFUSED = re.compile(
    r"in reply to (?:end of )?DATA|after (?:end of data|DATA)\b|>>> DATA\s{1,4}<<< [45]|did not like our (?:final )?DATA"
    r"|(?:response|reply) to (?:end of )?DATA|DATA (?:command )?(?:response|failed)|SMTP command\s{1,4}DATA",
    re.IGNORECASE,
)
_RCPT_REFUSED = re.compile(r"\bRCPT\b|delivery error: dd this user", re.IGNORECASE)
#: Yahoo takes any recipient and says only at the end that there is no such account.
_KNOWN_AT_DATA = re.compile(r"delivery error: dd this user doesn't have", re.IGNORECASE)

_BY_STATUS: tuple[tuple[re.Pattern[str], RefusalReason], ...] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"2\..*", RefusalReason.DELIVERED),
        (r"5\.1\.2", RefusalReason.HOST_UNKNOWN),
        (r"5\.1\.6", RefusalReason.MOVED),
        (r"[45]\.1\.[78]", RefusalReason.SENDER),
        (r"[45]\.2\.2", RefusalReason.MAILBOX_FULL),
        (r"[45]\.(?:2\.3|3\.4)", RefusalReason.TOO_LARGE),
        (r"[45]\.4\.7", RefusalReason.EXPIRED),
        (r"4\.4\.[12]", RefusalReason.TIME_OUT),
        (r"[45]\.4\.\d+", RefusalReason.NETWORK),
        (r"5\.5\.[1-9]\d*", RefusalReason.PROTOCOL),
        (r"[45]\.6\.\d+", RefusalReason.CONTENT),
        (r"5\.7\.(?:13)", RefusalReason.SUSPENDED),
        (r"5\.7\.(?:20|21|22|23|24|25|26|27|28|29)", RefusalReason.AUTHENTICATION),
        (r"[45]\.7\.\d+", RefusalReason.POLICY),
        (r"[45]\.3\.[1-9]\d*", RefusalReason.SYSTEM),
        (r"4\..*", RefusalReason.TEMPORARY),
    )
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A reason, whether it kills the address, and the status that says so."""

    reason: RefusalReason
    hard: bool
    status: str | None


def weigh(
    words: str,
    status: str | None = None,
    *,
    around: str = "",
    at_rcpt: bool | None = None,
    after_data: bool | None = None,
) -> Meaning:
    """What a refusal means.

    words: the server's reply. status: the report's own field. around: the text of the report that stands around it.
    at_rcpt, after_data: whether it was the answer to RCPT, or to the mail itself; None where only `around` may say.
    Dead only where a status or the words say so, no other status speaks of anything else, nothing is temporary, and words
    alone are not taken for it when the server had accepted the recipient and refused the mail.
    """
    words, edge = _UNKNOWN_AT_THE_EDGE.subn("5.1.10 recipient not found", words[:LONGEST])
    said = meant(words)
    statuses = [
        *list(dict.fromkeys(_STATUS.findall(words[:LONGEST]))),
        *([status] if status and not edge else []),
    ]
    shown = next((each for each in statuses if not each.endswith(".0.0")), statuses[0] if statuses else None)
    spared = _spared(words, said, statuses)
    if spared is not None:
        return Meaning(spared, hard=False, status=shown)
    condemned = next((each for each in statuses if each in _DEAD_STATUSES), None)
    if condemned is not None:
        reason = said if said in DEAD else _by_status(condemned) or RefusalReason.USER_UNKNOWN
        return Meaning(reason, True, condemned)
    where = f"{words}\n{around}"
    after_data = bool(_DATA_REFUSED.search(where)) if after_data is None else after_data
    at_rcpt = bool(_RCPT_REFUSED.search(where)) if at_rcpt is None else at_rcpt
    if said in DEAD and after_data and not _KNOWN_AT_DATA.search(words):
        return Meaning(RefusalReason.FILTERED, hard=False, status=shown)
    if said is RefusalReason.USER_UNKNOWN and _replies(words) and not at_rcpt:
        return Meaning(RefusalReason.UNCLEAR, hard=False, status=shown)
    if said in DEAD or _DOMAIN_TAKES_NO_MAIL in _replies(words):
        return Meaning(said if said in DEAD else RefusalReason.TAKES_NO_MAIL, True, shown)
    return Meaning(said or RefusalReason.UNCLEAR, hard=False, status=shown)


def _spared(words: str, said: RefusalReason | None, statuses: list[str]) -> RefusalReason | None:
    """The reason that speaks for the address, if there is one: a status of anything else before any words."""
    if said is RefusalReason.TAKES_NO_MAIL and _NULL_MX_BY_SENDMAIL in statuses:
        return None
    if said in {RefusalReason.HOST_UNKNOWN, RefusalReason.TAKES_NO_MAIL}:
        statuses = [each for each in statuses if each != _NO_ROUTE]
    spoken = said is not None and said not in DEAD and said is not RefusalReason.REFUSED
    by_status = next((r for r in map(_by_status, statuses) if r is not None and r not in DEAD), None)
    if by_status is not None:
        return said if spoken else by_status
    codes = {code // 100 for code in _replies(words)}
    if 4 in codes and 5 not in codes:
        return said if spoken else RefusalReason.TEMPORARY
    telling = [each for each in statuses if not each.endswith(".0.0")]
    all_dead = bool(telling) and all(each in _DEAD_STATUSES - {_DISABLED} for each in telling)
    return said if spoken and (said in _SAVING or not all_dead) else None


def _by_status(status: str) -> RefusalReason | None:
    return next((reason for pattern, reason in _BY_STATUS if pattern.fullmatch(status)), None)


def _replies(words: str) -> list[int]:
    return [int(code) for code in _REPLY.findall(words[:LONGEST])]
