"""Reads one report: standard fields first, then complaints, automatic replies, and free words last.

Never raises, whatever it is given, and never takes anything for a dead address that is not plainly one. One reader a form:
delivery status notifications (RFC 3464), whose fields for machines decide and whose words only spare; complaints (RFC 5965,
and Outlook.com's own), where the recipient is often blacked out, so that the mail is found by its tag (S22); replies that a
machine wrote for a person (RFC 3834), which change nothing (S23); reports in the home-made words of old and private servers;
and Amazon SES's notifications (JSON), which are read by their fields alone, whatever the order and spacing of these.
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html and …/event-publishing-retrieving-sns-contents.html
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from email.message import Message
from itertools import islice
from typing import Any

from notifier.clock import date_of
from notifier.mail.bounces.parts import (
    LARGEST,
    MOST_RECIPIENTS,
    Parts,
    Report,
    ReportEntry,
    ReportKind,
    about,
    blocks_in,
    one_line,
    plain_of,
    take_apart,
    take_apart_message,
    text_of,
)
from notifier.mail.refusals import Meaning, RefusalReason, meant, weigh

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_UNDONE = {"delayed"}
_DONE = {"delivered", "relayed", "expanded"}


def read_standard(parts: Parts) -> tuple[ReportEntry, ...]:
    """An entry for each recipient that the report's fields name; none where it has no such fields."""
    blocks = [block for block in parts.statuses if _is_of_recipient(block)]
    blocks = blocks or list(blocks_in(parts.words)) or list(blocks_in(parts.rest))
    blocks = blocks[:MOST_RECIPIENTS]
    return tuple(_entry(block, _around(parts.words, block, blocks)) for block in blocks)


def _is_of_recipient(block: Message) -> bool:
    return any(block.get(name) for name in ("Final-Recipient", "Original-Recipient", "Action", "Status"))


def _entry(block: Message, around: str) -> ReportEntry:
    action = one_line(block, "Action").lower().split(" ")[0]
    found = _STATUS.search(one_line(block, "Status"))
    status = found[0] if found else None
    recipient = recipient_of(block)
    if action in _DONE or (status and status[0] == "2"):
        return ReportEntry(ReportKind.OTHER, RefusalReason.DELIVERED, status=status, recipient=recipient)
    meaning = _meaning(block, status, around)
    undone = action in _UNDONE
    return ReportEntry(
        ReportKind.BOUNCE,
        meaning.reason,
        hard=meaning.hard and not undone,
        final=not undone,
        status=meaning.status,
        recipient=recipient,
        original=_address_in(block, "Original-Recipient"),
    )


def _meaning(block: Message, status: str | None, around: str) -> Meaning:
    sort, _, words = one_line(block, "Diagnostic-Code").partition(";")
    meaning = weigh(words if words.strip(" ;") else around, status, around=around)
    if meaning.hard and sort.strip().lower() == "x-unix":
        # A program that a mailbox runs has failed; its words are not about the address.
        return Meaning(RefusalReason.SYSTEM, hard=False, status=meaning.status)
    if meaning.hard and meant(around) is RefusalReason.MAILBOX_FULL:
        return Meaning(RefusalReason.MAILBOX_FULL, hard=False, status=meaning.status)
    return meaning


def recipient_of(block: Message) -> str | None:
    """The address at which it failed, or the one before where no other is named."""
    return _address_in(block, "Final-Recipient") or _address_in(block, "Original-Recipient")


def _address_in(block: Message, name: str) -> str | None:
    address = one_line(block, name).rpartition(";")[2].strip(" <>")
    return address[:320] if "@" in address else None


def _around(words: str, block: Message, blocks: Sequence[Message]) -> str:
    """What the report's words say of this recipient: all of them, or those from its name to the next one's."""
    if len(blocks) == 1:
        return words
    others = [recipient_of(other) for other in blocks if other is not block]
    return about(words, recipient_of(block) or "", [each for each in others if each])


#: RFC 5965, 6591 and 6650. "not-spam" takes a complaint back, and a failure of authentication is nobody's complaint.
_COMPLAINTS = {"abuse", "fraud", "virus", "opt-out", "opt-out-list", "other", ""}
_COMPLAINT_ADDRESS = re.compile(r"[^\s<>;,\"@]{1,64}@[^\s<>;,\"@]{1,255}")


def read_complaint(parts: Parts) -> tuple[ReportEntry, ...]:
    """The entries of a complaint; none where this is none."""
    if parts.feedback is not None:
        return _from_fields(parts.feedback)
    if parts.returned is not None and "complaint about message from" in parts.field("Subject").lower():
        # Outlook.com's junk mail reporting: the mail itself, with the recipient in a field of its own.
        named = _COMPLAINT_ADDRESS.search(one_line(parts.returned, "X-HmXmrOriginalRecipient"))
        return (
            ReportEntry(ReportKind.COMPLAINT, RefusalReason.FEEDBACK, recipient=named[0] if named else None),
        )
    return ()


def _from_fields(fields: Message) -> tuple[ReportEntry, ...]:
    kind = one_line(fields, "Feedback-Type").lower()
    if kind == "auth-failure":
        # A machine complains of a signature (RFC 6591); no person wants to hear less from us.
        return (ReportEntry(ReportKind.COMPLAINT, RefusalReason.AUTHENTICATION),)
    if kind not in _COMPLAINTS:
        return (ReportEntry(ReportKind.OTHER, RefusalReason.NONE),)
    named = [str(value) for name in ("Original-Rcpt-To",) for value in fields.get_all(name, [])]
    addresses: list[str | None] = [
        found[0] for value in named[:MOST_RECIPIENTS] if (found := _COMPLAINT_ADDRESS.search(value))
    ]
    return tuple(
        ReportEntry(ReportKind.COMPLAINT, RefusalReason.FEEDBACK, recipient=each)
        for each in addresses or [None]
    )


_REPLY_FIELDS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Auto-Reply",
    "X-Autogenerated",
    "X-Mail-Autoreply",
    "X-Autoresponse",
)
_REPLY_SUBJECT = re.compile(
    r"^\s*(?:auto(?:mati\w+)?[ :_-]?(?:re(?:ply|sponse|spond\w*)|generated|antwort)|out of (?:the )?office|ooo\b|vacation|away (?:from|until)"
    r"|abwesen|fravær|automatisk svar|autosvar|automatische antwort|réponse automatique|respuesta autom|risposta automatica"
    r"|i am (?:currently )?(?:out|away)|on (?:vacation|holiday|leave))",
    re.IGNORECASE,
)


def read_reply(parts: Parts) -> tuple[ReportEntry, ...]:
    """The entry of an automatic reply; none where this is none, or may be a report."""
    said = parts.field("Auto-Submitted").lower()
    by_field = (bool(said) and not said.startswith("no")) or any(parts.field(name) for name in _REPLY_FIELDS)
    if (
        parts.field("Precedence").lower() == "auto_reply"
        or by_field
        or _REPLY_SUBJECT.match(parts.field("Subject"))
    ):
        return (ReportEntry(ReportKind.AUTO_REPLY, RefusalReason.VACATION),)
    return ()


_DAEMON = re.compile(
    r"mailer-?daemon|post ?-?master|mail.?deliver|delivery (?:system|subsystem|service|agent)|system administrator|mdaemon"
    r"|<>|mail ?system|mail ?administrator|mail ?server",
    re.IGNORECASE,
)
_REPORT_SUBJECT = re.compile(
    r"undeliver|undelivered|not? deliver|delivery (?:status|fail|notif|error|report|problem|has failed)|fail(?:ure|ed)|returned? mail|returned to sender"
    r"|mail (?:system )?error|could not|couldn't|non.?delivery|rejected|delayed|warning: |message status|nicht zustell|unzustell",
    re.IGNORECASE,
)
_ANY_ADDRESS = re.compile(r"[A-Za-z0-9._%+=/!#$&'*?^`{|}~-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{1,250}")
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
    # Addresses of the report's own sender and receiver, which it names without speaking of them.
    named = " ".join(parts.field(name) for name in ("From", "To", "Reply-To", "Sender", "Return-Path"))
    chunks = _chunks(words, {found.lower() for found in _ANY_ADDRESS.findall(named)})
    if not (meant(words) or _REPORT_SUBJECT.search(parts.field("Subject"))):
        return ()
    if not chunks:
        return _told_of([(None, weigh(words))], still_trying)
    if len(chunks) == 1:
        return _told_of([(chunks[0][0], _weigh_one(words, chunks[0][1]))], still_trying)
    return _told_of([(address, weigh(chunk)) for address, chunk in chunks], still_trying)


def is_from_a_daemon(parts: Parts) -> bool:
    """Whether the sender's name is one of a mail server, or it says which recipients failed."""
    named = _DAEMON.search(f"{parts.field('From')} {parts.field('Sender')}")
    return bool(named or parts.field("X-Failed-Recipients"))


def looks_like_a_report(parts: Parts) -> bool:
    """Whether a machine sent this to say that a mail did not arrive; a person's own words are never read as that."""
    return is_from_a_daemon(parts) or bool(
        parts.field("Return-Path") == "<>"
        and _REPORT_SUBJECT.search(parts.field("Subject"))
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


def _chunks(words: str, own: set[str]) -> list[tuple[str, str]]:
    """Each recipient with the lines from where it is first named to where the next one is."""
    places: dict[str, int] = {}
    for found in _ANY_ADDRESS.finditer(words):
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


def _told_of(found: list[tuple[str | None, Meaning]], still_trying: bool) -> tuple[ReportEntry, ...]:
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


_OTHER = (ReportEntry(ReportKind.OTHER, RefusalReason.NONE),)
_DEEPEST = 8
#: A mail's line break inside JSON, with a "!" before it where a server cut the line (RFC 5322 limits).
_CUT = re.compile(r"!?\r?\n ?")


def notification_in(parts: Parts) -> dict[str, Any] | None:
    """The notification that a message is, out of the envelope of SNS where it has one; None where it is none."""
    text = (parts.words + parts.rest).lstrip()
    if not text.startswith("{"):
        return None
    return notification_of(text)


def notification_of(text: str) -> dict[str, Any]:
    """The object in a JSON text; an empty one where it cannot be read, or is none of ours."""
    found: Any = _decoded(text) or _decoded(_CUT.sub("", text))
    if isinstance(found, dict) and isinstance(found.get("Message"), str):
        found = _decoded(found["Message"])
    return found if isinstance(found, dict) else {}


def _decoded(text: str) -> Any:
    try:
        return json.JSONDecoder().raw_decode(text.lstrip())[0]
    except (ValueError, RecursionError):
        return None


def read_notification(notice: dict[str, Any]) -> tuple[ReportEntry, ...]:
    """Its entries, one a recipient; `other` for an event that nobody needs to act on, and for one that is not known."""
    sort = text_at(notice, "notificationType") or text_at(notice, "eventType")
    if sort == "Complaint":
        complaint = notice.get("complaint")
        if text_at(complaint, "complaintFeedbackType") == "not-spam":  # takes a complaint back
            return _OTHER
        named = _list(complaint, "complainedRecipients")
        found = (
            ReportEntry(ReportKind.COMPLAINT, RefusalReason.FEEDBACK, recipient=text_at(each, "emailAddress"))
            for each in named
        )
        return tuple(found) or (ReportEntry(ReportKind.COMPLAINT, RefusalReason.FEEDBACK),)
    if sort == "Bounce":
        bounce = notice.get("bounce")
        return tuple(_bounced(bounce, each) for each in _list(bounce, "bouncedRecipients")) or _OTHER
    if sort == "DeliveryDelay":
        named = _list(notice.get("deliveryDelay"), "delayedRecipients")
        return tuple(_delayed(each) for each in named) or _OTHER
    if sort == "Delivery":
        return (ReportEntry(ReportKind.OTHER, RefusalReason.DELIVERED),)
    return _OTHER


def _bounced(bounce: Any, named: Any) -> ReportEntry:
    said, status = text_at(named, "diagnosticCode"), text_at(named, "status")
    sort, detail = text_at(bounce, "bounceType"), text_at(bounce, "bounceSubType")
    recipient = text_at(named, "emailAddress")
    if not said and not status:
        if sort == "Transient":  # what SES makes of a holiday reply
            return ReportEntry(ReportKind.AUTO_REPLY, RefusalReason.VACATION, recipient=recipient)
        gone = (sort, detail) == ("Permanent", "NoEmail")
        return ReportEntry(
            ReportKind.BOUNCE,
            RefusalReason.USER_UNKNOWN if gone else RefusalReason.UNCLEAR,
            gone,
            recipient=recipient,
        )
    meaning = weigh(said or "", status)
    return ReportEntry(
        ReportKind.BOUNCE,
        meaning.reason,
        meaning.hard and sort != "Transient",
        status=meaning.status,
        recipient=recipient,
    )


def _delayed(named: Any) -> ReportEntry:
    meaning = weigh(text_at(named, "diagnosticCode") or "", text_at(named, "status"))
    return ReportEntry(
        ReportKind.BOUNCE,
        meaning.reason,
        final=False,
        status=meaning.status,
        recipient=text_at(named, "emailAddress"),
    )


def strings_of(value: Any, depth: int = 0) -> Iterator[str]:
    """Every text in a notification, and each header of the mail that it is about as a line."""
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, dict):
        if isinstance(value.get("name"), str) and isinstance(value.get("value"), str):
            yield f"{value['name']}: {value['value']}"
        for name, each in value.items():
            if name == "messageId" and isinstance(each, str) and each.startswith("<"):
                yield f"Message-ID: {each}"
            yield from strings_of(each, depth + 1)
    elif depth < _DEEPEST and isinstance(value, list):
        for each in value:
            yield from strings_of(each, depth + 1)


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found[:MOST_RECIPIENTS] if isinstance(found, list) else []


def text_at(value: Any, name: str) -> str | None:
    """The text at a key of what may be anything."""
    found = value.get(name) if isinstance(value, dict) else None
    return found[:2000] if isinstance(found, str) else None


_NOTHING = (ReportEntry(ReportKind.OTHER, RefusalReason.NONE),)
#: Of the shape of our own envelope senders; `notifier.mail.return_path` says whether one is really ours.
_TAGGED = re.compile(r"\b[bu][+][a-z2-7]{17,62}@[a-z0-9.-]{1,253}", re.IGNORECASE)
_NAMES_A_MAIL = re.compile(r"\s{0,20}(?:in-reply-to|references|message-id):?", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,250}>")  # as ours are: a database takes no sign that is none
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
        or (read_standard(parts) if (bool(parts.statuses) or looks_like_a_report(parts)) else ())
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


def _whose(
    parts: Parts, raw: bytes, notice: dict[str, Any] | None
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The addresses this was sent to, envelope senders that it quotes, and Message-IDs that it quotes.

    Sought where it is written in full: in unfolded fields and decoded parts, where quoted-printable, base64 or a folded line
    cut it; in the raw bytes last.
    """
    sent_to = _unique(_TAGGED.findall(" ".join(_values(parts.header))))
    own = one_line(parts.header, "Message-ID")
    tags, ids = _named_in(list(strings_of(notice)) if notice else list(_lines_in(parts.header)))
    tags = tags or _TAGGED.findall(raw.decode("latin-1"))
    return (
        sent_to,
        tuple(each for each in _unique(tags) if each not in sent_to),
        tuple(each for each in _unique(ids) if each != own),
    )


def _named_in(lines: Iterable[str]) -> tuple[list[str], list[str]]:
    """The tagged addresses, and the Message-IDs, that these lines name."""
    tags: list[str] = []
    ids: list[str] = []
    for line in lines:
        if len(tags) < _MOST:
            tags.extend(_TAGGED.findall(line))
        if len(ids) < _MOST and (said := _NAMES_A_MAIL.match(line)):
            ids.extend(_MESSAGE_ID.findall(line[said.end() :][:_LONGEST_LINE]))
    return tags, ids


def report_of(
    notice: dict[str, Any], entries: tuple[ReportEntry, ...], digest: str, dated: datetime | None
) -> Report:
    """The report that a provider posts, with what it names of our mail: in fields, in headers, in a mail that it quotes."""
    lines = [line for text in strings_of(notice) for line in text[:LONGEST_SOUGHT].splitlines()]
    tags, ids = _named_in(lines)
    message = notice.get("message")
    if bare := text_at(message.get("headers") if isinstance(message, dict) else None, "message-id"):
        ids += _MESSAGE_ID.findall(f"<{bare.strip('<> ')}>")  # Mailgun writes it without its brackets
    return Report(entries, (), _unique(tags), _unique(ids), digest, dated)


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
