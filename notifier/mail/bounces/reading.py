"""Reads one report: standard fields first, then complaints, automatic replies, free words, and flufl.bounce last.

Never raises, whatever it is given, and never takes anything for a dead address that is not plainly one.
"""

import hashlib
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime

from notifier.mail.bounces.complaints import read_complaint, read_ses
from notifier.mail.bounces.freeform import is_from_a_daemon, looks_like_a_report, read_freeform
from notifier.mail.bounces.meaning import weigh
from notifier.mail.bounces.parts import (
    LARGEST,
    MOST_RECIPIENTS,
    Parts,
    one_line,
    take_apart,
    take_apart_message,
)
from notifier.mail.bounces.replies import read_reply
from notifier.mail.bounces.report import Entry, Kind, Reason, Report
from notifier.mail.bounces.standard import read_standard

_NOTHING = (Entry(Kind.OTHER, Reason.NONE),)
#: Of the shape of our own envelope senders; `notifier.verp` says whether one is really ours.
_TAGGED = re.compile(rb"\b[bu][+][a-z2-7]{17,62}@[a-z0-9.-]{1,253}", re.IGNORECASE)
_MESSAGE_ID = re.compile(
    rb"^(?:in-reply-to|references|message-id|\s*message-id):?\s*(<[^<>\s]{3,250}>)",
    re.IGNORECASE | re.MULTILINE,
)
_DELIVERED_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-RCPT-TO", "To")
_MOST = 20


def read(raw: bytes) -> Report:
    """What one message that came back says; anything that is no report is one entry of kind `other`."""
    try:
        parts = take_apart(raw)
        entries = _entries(parts, raw[:LARGEST]) or _NOTHING
        return Report(entries, *_whose(parts, raw[:LARGEST]), _digest(parts, raw[:LARGEST]), _dated(parts))
    except Exception:  # noqa: BLE001 - a parser of hostile input: whatever it stumbles over is not a report
        return Report(_NOTHING, digest=hashlib.sha256(raw).hexdigest())


def _digest(parts: Parts, raw: bytes) -> str:
    """Of its Message-ID and all below its header, because each server on the way adds lines to that."""
    name = parts.field("Message-ID").encode("utf-8", "replace")
    body = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1].replace(b"\r\n", b"\n")
    return hashlib.sha256(name + b"\0" + body).hexdigest()


def _dated(parts: Parts) -> datetime | None:
    try:
        at = parsedate_to_datetime(parts.field("Date"))
        return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _entries(parts: Parts, raw: bytes) -> tuple[Entry, ...]:
    return (
        read_complaint(parts)
        or (read_standard(parts) if _may_be_a_report(parts) else ())
        or read_ses(parts.words)
        or _read_nested(parts)
        or _read_words(parts)
        or _read_by_flufl(parts, raw)
    )


def _read_words(parts: Parts) -> tuple[Entry, ...]:
    # Exim says of its bounces that they are automatic replies; a daemon's words come first, a person's last.
    if is_from_a_daemon(parts):
        return read_freeform(parts) or read_reply(parts)
    return read_reply(parts) or read_freeform(parts)


def _read_nested(parts: Parts) -> tuple[Entry, ...]:
    """A standard report that a gateway's scanner has wrapped into a mail of its own."""
    if parts.returned is None or not is_from_a_daemon(parts):
        return ()
    return read_standard(take_apart_message(parts.returned))


def _may_be_a_report(parts: Parts) -> bool:
    return bool(parts.statuses) or looks_like_a_report(parts)


def _read_by_flufl(parts: Parts, raw: bytes) -> tuple[Entry, ...]:
    """What flufl.bounce finds; it knows addresses and no reasons, so the words are weighed all the same (S21)."""
    if not looks_like_a_report(parts):
        return ()
    from flufl.bounce import scan_message  # noqa: PLC0415 - many modules, and hardly ever needed

    found = sorted(scan_message(message_from_bytes(raw)))[:MOST_RECIPIENTS]
    meaning = weigh(parts.words)
    return tuple(
        Entry(
            Kind.BOUNCE,
            meaning.reason,
            meaning.hard,
            status=meaning.status,
            recipient=each.decode("ascii", "replace"),
        )
        for each in found
    )


def _whose(parts: Parts, raw: bytes) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The addresses this was sent to, envelope senders that it quotes, and Message-IDs that it quotes."""
    to = " ".join(_values(parts.header)).encode("utf-8", "replace")
    sent_to = _unique(_TAGGED.findall(to))
    quoted = [each for each in _unique(_TAGGED.findall(raw)) if each not in sent_to]
    own = one_line(parts.header, "Message-ID")
    ids = [each for each in _unique(_MESSAGE_ID.findall(raw)) if each != own]
    return sent_to, tuple(quoted), tuple(ids)


def _values(header: Message) -> list[str]:
    return [str(value) for name in _DELIVERED_TO for value in header.get_all(name, [])[:_MOST]]


def _unique(found: list[bytes]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.decode("ascii", "replace") for each in found[: 5 * _MOST]))[:_MOST]
