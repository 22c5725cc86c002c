"""A message that came back, taken apart: its header, its own words, the fields for machines, what it quotes of our mail.

Bounded in size and forgiving in form. Nothing here knows what any of it means.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from enum import StrEnum

from notifier.mail.refusals import Meaning, RefusalReason


class ReportKind(StrEnum):
    BOUNCE = "bounce"  #: A mail server says what became of a mail.
    COMPLAINT = "complaint"  #: Somebody pressed "this is spam".
    AUTO_REPLY = "auto-reply"  #: A machine answers for a person: on holiday, gone home, received with thanks.
    UNSUBSCRIBE = "unsubscribe"  #: Somebody pressed a provider's own link for it.
    OTHER = "other"  #: Anything else; a person's own words, or nothing that can be read.


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """What a report says of one recipient."""

    kind: ReportKind
    reason: RefusalReason
    hard: bool = False  # the address itself is dead
    final: bool = True  # False: the server is still trying
    status: str | None = None  # the enhanced status code that decided, such as "5.1.1"
    recipient: str | None = None  # where it failed, as the report names it
    original: str | None = None  # to whom it was sent before somebody sent it on, where the report says so


def bounced(
    meaning: Meaning, recipient: str | None, *, final: bool = True, original: str | None = None
) -> ReportEntry:
    """What a server said of one recipient; not that its address is dead while it is still trying."""
    hard = meaning.hard and final
    return ReportEntry(
        ReportKind.BOUNCE, meaning.reason, hard, final, meaning.status, recipient=recipient, original=original
    )


@dataclass(frozen=True, slots=True)
class Report:
    """One message that came back: an entry a recipient, at least one.

    `sent_to` are the addresses that it was sent to, `quoted` those that look like an envelope sender in what it quotes,
    `message_ids` the Message-IDs that it quotes: by one of these the mail is found that it is about. `digest` names the
    report, whichever way it came, so that reading it twice counts once.
    """

    entries: tuple[ReportEntry, ...]
    sent_to: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    digest: str = ""
    dated: datetime | None = None  # when it says that it was written; aware


LARGEST = 512 * 1024  # bytes that are looked at; what a report says stands before the mail that it quotes
LONGEST_TEXT = 64 * 1024  # characters of its own words
MOST_RECIPIENTS = 50
_MOST_PARTS = 60
_LONGEST_LINE = 300  # characters of a line that are looked at for what it says of the lines below it
_TAG = re.compile(r"<[^<>]*>")
_BREAK = re.compile(r"</?(?:br|p|div|tr|li|h\d)\b[^<>]*>", re.IGNORECASE)
#: What HTML hides, from where to where.
_HIDDEN = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"))
#: A line at which a report's own words end and our mail begins.
_OURS_BEGINS = re.compile(
    r"[-=+*_|> ]{2,}.{0,40}\b(?:copy of (?:the|your) (?:original )?(?:message|mail|headers?)|original (?:message|mail|headers?)"
    r"|message (?:text )?follows|undelivered message|unsent message|returned message|message text follows|header of the original|message headers?"
    r"|this is a copy of|below this line is|enclosed is a copy|the following is a copy|forwarded message)\b.*"
    r"|(?:the )?(?:original |message |returned )(?:message |mail )?(?:headers?|text)?:? ?(?:follows?|is as follows).{0,20}"
    r"|original message (?:headers?|follows|text).{0,20}"
    r"|below is a copy of the original message:?|message headers follow.{0,10}"
    r"|(?:the )?(?:first|header).{0,40}of the (?:original )?message (?:follows?|are).{0,20}"
    r"|return-path: ?<.*|received: (?:from|by|\(qmail).*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Parts:
    header: Message
    words: str  # in plain text, without what it quotes of our mail
    rest: str  # the quoted text after these words
    statuses: tuple[Message, ...]  # the blocks of message/delivery-status
    feedback: Message | None  # the fields of message/feedback-report
    returned: Message | None  # our mail, or its header

    def field(self, name: str) -> str:
        """A header field as text, or nothing."""
        return one_line(self.header, name)


def take_apart(message: Message) -> Parts:
    """The pieces of a message; whatever cannot be read is left out."""
    statuses: list[Message] = []
    feedback: Message | None = None
    returned: Message | None = None
    texts: list[tuple[str, str]] = []
    # The leaves of it, in order, without going into mails that it carries.
    waiting, seen = [message], 0
    while waiting and seen < _MOST_PARTS:
        part, seen = waiting.pop(0), seen + 1
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            waiting[:0] = [each for each in part.get_payload() if isinstance(each, Message)]
            continue
        kind = part.get_content_type()
        if kind in {"message/delivery-status", "message/global-delivery-status"}:
            payload = part.get_payload()
            if isinstance(payload, list):
                blocks = [block for block in payload if isinstance(block, Message)][: MOST_RECIPIENTS + 1]
            else:
                blocks = list(blocks_in(str(payload)))
            statuses.extend(blocks)
        elif kind == "message/feedback-report":
            feedback = feedback or _fields(part)
        elif kind in {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"}:
            returned = returned or _fields(part)
        elif kind in {"text/plain", "text/html"} and returned is None:
            texts.append((kind, text_of(part)))
        elif kind.startswith("multipart/"):  # that its boundary does not take apart
            texts.append(("text/plain", str(part.get_payload()).replace("\r\n", "\n")))
    plain = [text for kind, text in texts if kind == "text/plain"] or [plain_of(text) for _, text in texts]
    words, rest = _split("\n\n".join(plain)[: 4 * LONGEST_TEXT])
    return Parts(message, words[:LONGEST_TEXT], rest, tuple(statuses), feedback, returned)


def one_line(message: Message, name: str) -> str:
    """A field of `message` on one line; nothing where there is none."""
    value = " ".join(str(message.get(name) or "").split())[:2000]
    if "=?" not in value:
        return value
    try:
        return " ".join(str(make_header(decode_header(value))).split())
    except (ValueError, LookupError, HeaderParseError):
        return value


def about(words: str, address: str, others: Sequence[str]) -> str:
    """What `words` say of an address: from the line that names it to where one of the `others` is named."""
    plain = words.lower()
    start = plain.find(address.lower()) if address else -1
    if start < 0:
        return ""
    ends = (plain.find(other.lower(), start + len(address)) for other in others if other)
    end = min((each for each in ends if each > start), default=len(words))
    return words[words.rfind("\n", 0, start) + 1 : end]


def text_of(part: Message) -> str:
    """The text of a part in whatever charset it says, or nearly."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset() or "utf-8", "replace").replace("\r\n", "\n")
    except (LookupError, ValueError):
        return payload.decode("latin-1").replace("\r\n", "\n")


def plain_of(text: str) -> str:
    """What a person reads of HTML."""
    text = text[: 2 * LONGEST_TEXT]
    for begins, ends in _HIDDEN:
        text = _without(text, begins, ends)
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))


def _without(text: str, begins: str, ends: str) -> str:
    """A text without what stands between two marks; in one pass, also where the second one never comes."""
    lower, kept, at = text.lower(), [], 0
    if len(lower) != len(text):  # a letter whose small form is longer: marks would stand elsewhere
        lower = text
    while (start := lower.find(begins, at)) >= 0:
        kept.append(text[at:start])
        end = lower.find(ends, start)
        if end < 0:
            return "".join(kept)
        at = end + len(ends)
    return "".join([*kept, text[at:]])


def blocks_in(text: str) -> Iterator[Message]:
    """The blocks of fields that stand in a text, one a recipient."""
    for block in re.split(r"\n[ \t]*\n", text[:LONGEST_TEXT])[: 4 * MOST_RECIPIENTS]:
        fields = message_from_bytes(block.strip().encode("utf-8", "replace") + b"\n\n")
        if fields.get("Final-Recipient") or fields.get("Original-Recipient"):
            yield fields


def _fields(part: Message) -> Message | None:
    payload = part.get_payload()
    if isinstance(payload, list):
        return next((each for each in payload if isinstance(each, Message)), None)
    text = text_of(part).lstrip()
    return message_from_bytes(text.encode("utf-8", "replace")) if text else None


def _split(text: str) -> tuple[str, str]:
    """A report's own words, and what it quotes of our mail."""
    at, spoken = 0, False
    for line in text.splitlines(keepends=True):
        said = line[:_LONGEST_LINE].strip()
        if spoken and said and _OURS_BEGINS.fullmatch(said):
            return text[:at], text[at:]
        spoken = spoken or bool(said)
        at += len(line)
    return text, ""
