"""Reports in the home-made words of old and private servers: whom they name, and what they say of each."""

import re
from collections.abc import Sequence

from notifier.mail.bounces.parts import MOST_RECIPIENTS, Parts, about
from notifier.mail.bounces.report import ReportEntry, ReportKind
from notifier.mail.refusals import Meaning, RefusalReason, meant, weigh

_DAEMON = re.compile(
    r"mailer-?daemon|post ?-?master|mail.?deliver|delivery (?:system|subsystem|service|agent)|system administrator|mdaemon"
    r"|<>|mail ?system|mail ?administrator|mail ?server",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|undelivered|not? deliver|delivery (?:status|fail|notif|error|report|problem|has failed)|fail(?:ure|ed)|returned? mail|returned to sender"
    r"|mail (?:system )?error|could not|couldn't|non.?delivery|rejected|delayed|warning: |message status|nicht zustell|unzustell",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[A-Za-z0-9._%+=/!#$&'*?^`{|}~-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{1,250}")
_LONGEST_BEFORE = 200  # characters of its line before an address that say whose it is
#: What a server still tries is not over.
_STILL_TRYING = re.compile(
    r"has been delayed|not yet been delivered|will (?:be retried|continue|keep)|warning message only|attempts will continue"
    r"|still being retried|do not need to resend|temporarily delayed|delivery.{0,20}\bdelay(?!.{0,10}fail)",
    re.IGNORECASE,
)


def read_freeform(parts: Parts) -> tuple[ReportEntry, ...]:
    """The entries of a report in free words; none where it is none, or says nothing that is known."""
    if not looks_like_a_report(parts):
        return ()
    words = parts.words
    still_trying = bool(_STILL_TRYING.search(words[:4000]))
    chunks = _chunks(words, _own_addresses(parts))
    if not (meant(words) or _SUBJECT.search(parts.field("Subject"))):
        return ()
    if not chunks:
        return _entries([(None, weigh(words))], still_trying)
    if len(chunks) == 1:
        return _entries([(chunks[0][0], _weigh_one(words, chunks[0][1]))], still_trying)
    return _entries([(address, weigh(chunk)) for address, chunk in chunks], still_trying)


def is_from_a_daemon(parts: Parts) -> bool:
    """Whether the sender's name is one of a mail server, or it says which recipients failed."""
    named = _DAEMON.search(f"{parts.field('From')} {parts.field('Sender')}")
    return bool(named or parts.field("X-Failed-Recipients"))


def looks_like_a_report(parts: Parts) -> bool:
    """Whether a machine sent this to say that a mail did not arrive; a person's own words are never read as that."""
    return is_from_a_daemon(parts) or bool(
        parts.field("Return-Path") == "<>"
        and _SUBJECT.search(parts.field("Subject"))
        and not parts.field("In-Reply-To")
    )


def _weigh_one(words: str, chunk: str) -> Meaning:
    """Of one recipient all words speak; those beside its address come first."""
    near = weigh(chunk, around=words)
    if near.reason in {RefusalReason.UNCLEAR, RefusalReason.REFUSED}:
        return weigh(words)
    if near.hard and meant(words) is RefusalReason.MAILBOX_FULL:
        return Meaning(RefusalReason.MAILBOX_FULL, hard=False, status=near.status)
    return near


def _own_addresses(parts: Parts) -> set[str]:
    """Addresses of the report's own sender and receiver, which it names without speaking of them."""
    named = " ".join(parts.field(name) for name in ("From", "To", "Reply-To", "Sender", "Return-Path"))
    return {found.lower() for found in _ADDRESS.findall(named)}


def _chunks(words: str, own: set[str]) -> list[tuple[str, str]]:
    """Each recipient with the lines from where it is first named to where the next one is."""
    places: dict[str, int] = {}
    for found in _ADDRESS.finditer(words):
        if len(places) >= MOST_RECIPIENTS:
            break
        address = found[0].lower().rstrip(".")
        start = max(0, found.start() - _LONGEST_BEFORE)
        line = words.rfind("\n", start, found.start()) + 1 or start
        if (
            address not in own
            and not _DAEMON.match(address)
            and _names_a_recipient(words[line : found.start()])
        ):
            places.setdefault(address, line)
    named = list(places)
    return [(each, _lines_about(words, each, [other for other in named if other != each])) for each in named]


def _lines_about(words: str, address: str, others: Sequence[str]) -> str:
    said = about(words, address, others)
    # In a transcript the reply stands before the address, and what follows is of the next one.
    return said.partition("\n")[0] if re.match(r"(?:<<< )?[45]\d\d[ -]", said) else said


def _names_a_recipient(before: str) -> bool:
    """Whether an address after these words of its line is one that mail did not reach."""
    plain = before.strip(" \t<>(\"':*|-").lower()
    return not plain or bool(
        re.search(
            r"\b(?:to|recipient\w*|address\w*|user|mailbox|for|rcpt to|delivered to|failed|userid)[:\s<]*$|^(?:<<< )?[45]\d\d(?: [45]\.\d+\.\d+)?$",
            plain,
        )
    )


def _entries(found: list[tuple[str | None, Meaning]], still_trying: bool) -> tuple[ReportEntry, ...]:
    return tuple(
        ReportEntry(
            ReportKind.BOUNCE,
            meaning.reason,
            hard=meaning.hard and not still_trying,
            final=not still_trying,
            status=meaning.status,
            recipient=address,
        )
        for address, meaning in found
    )
