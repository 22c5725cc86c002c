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
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from itertools import islice
from typing import Any

from notifier.domain.scheduling import date_of
from notifier.mail.bounces.parts import (
    LARGEST,
    MOST_RECIPIENTS,
    Parts,
    Report,
    ReportEntry,
    ReportKind,
    about,
    blocks_in,
    bounced,
    one_line,
    plain_of,
    take_apart,
    text_of,
)
from notifier.mail.refusals import Meaning, RefusalReason, meant, weigh

_OF_RECIPIENT = ("Final-Recipient", "Original-Recipient", "Action", "Status")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_DONE = {"delivered", "relayed", "expanded"}


def read_standard(parts: Parts) -> tuple[ReportEntry, ...]:
    """An entry for each recipient that the report's fields name; none where it has no such fields."""
    blocks = [block for block in parts.statuses if any(map(block.get, _OF_RECIPIENT))]
    blocks = (blocks or list(blocks_in(parts.words)) or list(blocks_in(parts.rest)))[:MOST_RECIPIENTS]
    named = [_address_in(block, "Final-Recipient", "Original-Recipient") or "" for block in blocks]
    entries = []
    for number, block in enumerate(blocks):
        # Of one recipient all words speak, of several those from its name to the next one's.
        others = named[:number] + named[number + 1 :]
        around = about(parts.words, named[number], others) if others else parts.words
        entries.append(_entry(block, named[number] or None, around))
    return tuple(entries)


def _entry(block: Message, recipient: str | None, around: str) -> ReportEntry:
    action = one_line(block, "Action").lower().split(" ")[0]
    found = _STATUS.search(one_line(block, "Status"))
    status = found[0] if found else None
    if action in _DONE or (status and status[0] == "2"):
        return ReportEntry(ReportKind.OTHER, RefusalReason.DELIVERED, status=status, recipient=recipient)
    sort, _, words = one_line(block, "Diagnostic-Code").partition(";")
    meaning = weigh(words if words.strip(" ;") else around, status, around=around)
    if meaning.hard and sort.strip().lower() == "x-unix":
        # A program that a mailbox runs has failed; its words are not about the address.
        meaning = Meaning(RefusalReason.SYSTEM, hard=False, status=meaning.status)
    elif meaning.hard and meant(around) is RefusalReason.MAILBOX_FULL:
        meaning = Meaning(RefusalReason.MAILBOX_FULL, hard=False, status=meaning.status)
    original = _address_in(block, "Original-Recipient")
    return bounced(meaning, recipient, final=action != "delayed", original=original)


def _address_in(block: Message, *names: str) -> str | None:
    """The address in the first of these fields that has one."""
    said = (one_line(block, name).rpartition(";")[2].strip(" <>") for name in names)
    return next((address[:320] for address in said if "@" in address), None)


_NOTHING = (ReportEntry(ReportKind.OTHER, RefusalReason.NONE),)
#: RFC 5965, 6591 and 6650. "not-spam" takes a complaint back, and a failure of authentication is nobody's complaint.
_COMPLAINTS = {"abuse", "fraud", "virus", "opt-out", "opt-out-list", "other", ""}
_COMPLAINT_ADDRESS = re.compile(r"[^\s<>;,\"@]{1,64}@[^\s<>;,\"@]{1,255}")


def read_complaint(parts: Parts) -> tuple[ReportEntry, ...]:
    """The entries of a complaint; none where this is none."""
    if parts.feedback is not None:
        kind = one_line(parts.feedback, "Feedback-Type").lower()
        if kind == "auth-failure":
            # A machine complains of a signature (RFC 6591); no person wants to hear less from us.
            return (ReportEntry(ReportKind.COMPLAINT, RefusalReason.AUTHENTICATION),)
        if kind not in _COMPLAINTS:
            return _NOTHING
        named = parts.feedback.get_all("Original-Rcpt-To", [])[:MOST_RECIPIENTS]
    elif parts.returned is not None and "complaint about message from" in parts.field("Subject").lower():
        # Outlook.com's junk mail reporting: the mail itself, with the recipient in a field of its own.
        named = [one_line(parts.returned, "X-HmXmrOriginalRecipient")]
    else:
        return ()
    found = (_COMPLAINT_ADDRESS.search(str(value)) for value in named)
    addresses: list[str | None] = [each[0] for each in found if each]
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
    if len(chunks) != 1:
        found = [(address, weigh(chunk)) for address, chunk in chunks] or [(None, weigh(words))]
        return tuple(bounced(meaning, address, final=not still_trying) for address, meaning in found)
    # Of one recipient all words speak; those beside its address come first.
    meaning = weigh(chunks[0][1], around=words)
    if meaning.reason in {RefusalReason.UNCLEAR, RefusalReason.REFUSED}:
        meaning = weigh(words)
    elif meaning.hard and meant(words) is RefusalReason.MAILBOX_FULL:
        meaning = Meaning(RefusalReason.MAILBOX_FULL, hard=False, status=meaning.status)
    return (bounced(meaning, chunks[0][0], final=not still_trying),)


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


#: After these words of its line an address is one that mail did not reach.
_BEFORE_A_RECIPIENT = re.compile(
    r"\b(?:to|recipient\w*|address\w*|user|mailbox|for|rcpt to|delivered to|failed|userid)[:\s<]*$|^(?:<<< )?[45]\d\d(?: [45]\.\d+\.\d+)?$"
)


def _chunks(words: str, own: set[str]) -> list[tuple[str | None, str]]:
    """Each recipient with the lines from where it is first named to where the next one is."""
    places: dict[str, int] = {}
    for found in _ANY_ADDRESS.finditer(words):
        if len(places) >= MOST_RECIPIENTS:
            break
        address = found[0].lower().rstrip(".")
        start = max(0, found.start() - _LONGEST_BEFORE)
        line = words.rfind("\n", start, found.start()) + 1 or start
        before = words[line : found.start()].strip(" \t<>(\"':*|-").lower()
        if before and not _BEFORE_A_RECIPIENT.search(before):
            continue
        if address not in own and not _DAEMON.match(address):
            places.setdefault(address, line)
    chunks: list[tuple[str | None, str]] = []
    for address in places:
        said = about(words, address, [other for other in places if other != address])
        # In a transcript the reply stands before the address, and what follows is of the next one.
        is_reply = re.match(r"(?:<<< )?[45]\d\d[ -]", said)
        chunks.append((address, said.partition("\n")[0] if is_reply else said))
    return chunks


_DEEPEST = 8
#: A mail's line break inside JSON, with a "!" before it where a server cut the line (RFC 5322 limits).
_CUT = re.compile(r"!?\r?\n ?")


def notification_of(text: str) -> dict[str, Any]:
    """The object in a JSON text, out of the envelope of SNS where it has one; an empty one where it cannot be read, or is none of ours."""
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
            return _NOTHING
        named = _list(complaint, "complainedRecipients") or [None]
        return tuple(
            ReportEntry(ReportKind.COMPLAINT, RefusalReason.FEEDBACK, recipient=text_at(each, "emailAddress"))
            for each in named
        )
    if sort == "Bounce":
        bounce = notice.get("bounce")
        return tuple(_refused(bounce, each) for each in _list(bounce, "bouncedRecipients")) or _NOTHING
    if sort == "DeliveryDelay":
        named = _list(notice.get("deliveryDelay"), "delayedRecipients")
        return tuple(bounced(*_of_recipient(each), final=False) for each in named) or _NOTHING
    if sort == "Delivery":
        return (ReportEntry(ReportKind.OTHER, RefusalReason.DELIVERED),)
    return _NOTHING


def _of_recipient(named: Any) -> tuple[Meaning, str | None]:
    """What a server said of a recipient, and who that is."""
    meaning = weigh(text_at(named, "diagnosticCode") or "", text_at(named, "status"))
    return meaning, text_at(named, "emailAddress")


def _refused(bounce: Any, named: Any) -> ReportEntry:
    sort, detail = text_at(bounce, "bounceType"), text_at(bounce, "bounceSubType")
    meaning, recipient = _of_recipient(named)
    silent = not text_at(named, "diagnosticCode") and not text_at(named, "status")
    if silent and sort == "Transient":  # what SES makes of a holiday reply
        return ReportEntry(ReportKind.AUTO_REPLY, RefusalReason.VACATION, recipient=recipient)
    if silent and (sort, detail) == ("Permanent", "NoEmail"):
        meaning = Meaning(RefusalReason.USER_UNKNOWN, hard=True, status=None)
    return bounced(replace(meaning, hard=meaning.hard and sort != "Transient"), recipient)


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
        parts = take_apart(message_from_bytes(raw))
        text = (parts.words + parts.rest).lstrip()
        notice = notification_of(text) if text.startswith("{") else None
        entries = _entries(parts) if notice is None else read_notification(notice)
        # Our own marks are sought where they are written in full: in unfolded fields and decoded parts, where
        # quoted-printable, base64 or a folded line cut them; in the raw bytes last.
        fields = (each for name in _DELIVERED_TO for each in parts.header.get_all(name, [])[:_MOST])
        sent_to = _unique(_TAGGED.findall(" ".join(str(each)[:_LONGEST_LINE] for each in fields)))
        tags, ids = _named_in(strings_of(notice) if notice else _lines_in(parts.header))
        tags, own = tags or _TAGGED.findall(raw.decode("latin-1")), parts.field("Message-ID")
        # Named by its Message-ID and all below its header, because each server on the way adds lines to that.
        body = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1].replace(b"\r\n", b"\n")
        return Report(
            entries or _NOTHING,
            sent_to,
            tuple(each for each in _unique(tags) if each not in sent_to),
            tuple(each for each in _unique(ids) if each != own),
            hashlib.sha256(own.encode("utf-8", "replace") + b"\0" + body).hexdigest(),
            date_of(parts.field("Date")),
        )
    except Exception:  # noqa: BLE001 - a parser of hostile input: whatever it stumbles over is not a report
        return Report(_NOTHING, digest=hashlib.sha256(raw).hexdigest())


def _entries(parts: Parts) -> tuple[ReportEntry, ...]:
    from_a_daemon = is_from_a_daemon(parts)
    found = read_complaint(parts)
    if not found and (parts.statuses or looks_like_a_report(parts)):
        found = read_standard(parts)
    if not found and from_a_daemon and parts.returned is not None:
        # A standard report that a gateway's scanner has wrapped into a mail of its own.
        found = read_standard(take_apart(parts.returned))
    # Exim says of its bounces that they are automatic replies; a daemon's words come first, a person's last.
    first, last = (read_freeform, read_reply) if from_a_daemon else (read_reply, read_freeform)
    return found or first(parts) or last(parts)


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


def _unique(found: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found[: 5 * _MOST]))[:_MOST]
