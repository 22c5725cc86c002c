"""Reads one report: standard fields first, then complaints, automatic replies, and free words last.

Never raises, whatever it is given, and never takes anything for a dead address that is not plainly one.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from email.message import Message
from itertools import islice
from typing import Any

from notifier.clock import date_of
from notifier.mail.bounces.formats import (
    is_from_a_daemon,
    looks_like_a_report,
    notification_in,
    read_complaint,
    read_freeform,
    read_notification,
    read_reply,
    read_standard,
    strings_of,
)
from notifier.mail.bounces.parts import (
    LARGEST,
    Parts,
    Report,
    ReportEntry,
    ReportKind,
    one_line,
    plain_of,
    take_apart,
    take_apart_message,
    text_of,
)
from notifier.mail.refusals import RefusalReason

_NOTHING = (ReportEntry(ReportKind.OTHER, RefusalReason.NONE),)
#: Of the shape of our own envelope senders; `notifier.mail.return_path` says whether one is really ours.
_TAGGED = re.compile(r"\b[bu][+][a-z2-7]{17,62}@[a-z0-9.-]{1,253}", re.IGNORECASE)
_NAMES_A_MAIL = re.compile(r"\s{0,20}(?:in-reply-to|references|message-id):?", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
_LONGEST_LINE = 2000
LONGEST_SOUGHT = 1024 * 1024  # characters of decoded text in which our own marks are sought
_MOST_PARTS = 60
_MOST_FIELDS = 300  # of one part
_DELIVERED_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-RCPT-TO", "To")
_MOST = 20


def read(raw: bytes) -> Report:
    """What one message that came back says; anything that is no report is one entry of kind `other`."""
    try:
        raw = raw[:LARGEST]
        if raw.lower().count(b"multipart/") > _MOST_PARTS:  # a mail in a mail in a mail …
            return Report(_NOTHING, digest=hashlib.sha256(raw).hexdigest())
        parts = take_apart(raw)
        notice = notification_in(parts)
        entries = _entries(parts) if notice is None else read_notification(notice)
        return Report(
            entries or _NOTHING,
            *_whose(parts, raw, notice),
            _digest(parts, raw),
            date_of(parts.field("Date")),
        )
    except Exception:  # noqa: BLE001 - a parser of hostile input: whatever it stumbles over is not a report
        return Report(_NOTHING, digest=hashlib.sha256(raw).hexdigest())


def _digest(parts: Parts, raw: bytes) -> str:
    """Of its Message-ID and all below its header, because each server on the way adds lines to that."""
    name = parts.field("Message-ID").encode("utf-8", "replace")
    body = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1].replace(b"\r\n", b"\n")
    return hashlib.sha256(name + b"\0" + body).hexdigest()


def _entries(parts: Parts) -> tuple[ReportEntry, ...]:
    return (
        read_complaint(parts)
        or (read_standard(parts) if _may_be_a_report(parts) else ())
        or _read_nested(parts)
        or _read_words(parts)
    )


def _read_words(parts: Parts) -> tuple[ReportEntry, ...]:
    # Exim says of its bounces that they are automatic replies; a daemon's words come first, a person's last.
    if is_from_a_daemon(parts):
        return read_freeform(parts) or read_reply(parts)
    return read_reply(parts) or read_freeform(parts)


def _read_nested(parts: Parts) -> tuple[ReportEntry, ...]:
    """A standard report that a gateway's scanner has wrapped into a mail of its own."""
    if parts.returned is None or not is_from_a_daemon(parts):
        return ()
    return read_standard(take_apart_message(parts.returned))


def _may_be_a_report(parts: Parts) -> bool:
    return bool(parts.statuses) or looks_like_a_report(parts)


def _whose(
    parts: Parts, raw: bytes, notice: dict[str, Any] | None
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The addresses this was sent to, envelope senders that it quotes, and Message-IDs that it quotes.

    Sought where it is written in full: in unfolded fields and decoded parts, where quoted-printable, base64 or a folded line
    cut it; in the raw bytes last.
    """
    sent_to = _unique(_TAGGED.findall(" ".join(_values(parts.header))))
    own = one_line(parts.header, "Message-ID")
    lines = list(strings_of(notice)) if notice else list(_lines_in(parts.header))
    tags: list[str] = []
    ids: list[str] = []
    for line in lines:
        if len(tags) < _MOST:
            tags.extend(_TAGGED.findall(line))
        if len(ids) < _MOST and (said := _NAMES_A_MAIL.match(line)):
            ids.extend(_MESSAGE_ID.findall(line[said.end() :][:_LONGEST_LINE]))
    tags = tags or _TAGGED.findall(raw.decode("latin-1"))
    return (
        sent_to,
        tuple(each for each in _unique(tags) if each not in sent_to),
        tuple(each for each in _unique(ids) if each != own),
    )


def _lines_in(message: Message) -> Iterator[str]:
    """Every field of a message and of those in it on one line each, and every line of its decoded texts."""
    left = LONGEST_SOUGHT
    for number, part in enumerate(message.walk()):
        if number > _MOST_PARTS or left <= 0:
            return
        for name, value in islice(part.raw_items(), _MOST_FIELDS):
            yield f"{name}: {' '.join(str(value).split())}"
        if part.is_multipart():
            continue
        text = text_of(part)[:left]
        left -= len(text)
        yield from text.splitlines()
        if part.get_content_type() == "text/html":
            yield from plain_of(text).splitlines()


def _values(header: Message) -> list[str]:
    return [
        str(value)[:_LONGEST_LINE] for name in _DELIVERED_TO for value in header.get_all(name, [])[:_MOST]
    ]


def _unique(found: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found[: 5 * _MOST]))[:_MOST]
