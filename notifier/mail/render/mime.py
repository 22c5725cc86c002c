"""A mail's facts → the exact bytes of an RFC 5322 message. Owns headers, their encoding, and the two bodies.

Bytes are joined by hand: the standard library's serialiser writes encoded-words into structured headers and can be
talked into real line breaks by a subject (CVE-2024-6923), and costs fourteen times as much. No I/O, no clock.
"""

import binascii
import hashlib
import re
import unicodedata
from base64 import b64encode
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

import idna

from notifier.errors import AddressError, InputError, RenderError

LINE = 76  # characters of a folded header line; RFC 5322 would allow 78, RFC 2047 with encoded-words 76
LONGEST_LINE = 998  # octets that no line may exceed (RFC 5322 section 2.1.1)
LONGEST_HEADER_TEXT = 120  # characters of a subject or a name
_FRAME = len("=?utf-8?b??=")
_CR, _LF, _FOLD = b"\r", b"\n", b"\r\n "

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LABEL = r"[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9\u0080-\U0010ffff-]*[A-Za-z0-9\u0080-\U0010ffff])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_MAILBOX = re.compile(r"\s*(?P<name>[^<>]*?)\s*<(?P<address>[^<>]*)>\s*")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_URL = re.compile(r"[a-z]+:[!-;=?-~]+")
_WORD = re.compile(r"[!-~]+")
_ENCODED_WORD_START = re.compile(r"=+\?+")
_PARTING = frozenset({"Cc", "Zl", "Zp", "Zs"})  # categories of characters


class Lines(bytes):
    """Lines with CRLF ends and no other line end, of which none begins with a dot: DATA takes them as they are.

    What many mails share is looked at once, when it is made.
    """

    __slots__ = ()


class DottedLines(Lines):
    """The same, but that some line may begin with a dot, which DATA takes doubled."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class NamedAddress:
    """A display name, which may be empty, and an address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What one mail to one person says in its headers and its two bodies.

    `date` is aware; `message_id` and `references` have their angle brackets; `recipient` is a bare address;
    `list_id` is (label, id), both without personal data; `unsubscribe_mailto` may start with `mailto:`.
    """

    sender: NamedAddress
    recipient: str
    subject: str
    date: datetime
    message_id: str
    text: str
    html: str
    reply_to: NamedAddress | None = None
    language: str = "en"
    list_id: tuple[str, str] | None = None
    unsubscribe_url: str | None = None
    unsubscribe_mailto: str | None = None
    references: str | None = None
    feedback_id: str | None = None

    @property
    def needs_smtputf8(self) -> bool:
        """Whether an address has letters beyond ASCII before its @, so that its headers cannot be 7-bit."""
        addresses = [self.recipient, self.sender.address, (self.reply_to or self.sender).address]
        return not all(address.rpartition("@")[0].isascii() for address in addresses)


def parse_mailbox(text: str) -> NamedAddress:
    """`Trial updates <updates@example.org>` or a bare address; raises InputError. Domains like localhost are fine."""
    match = _MAILBOX.fullmatch(text)
    name, address = (match["name"], match["address"]) if match else ("", text.strip())
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    if not _is_address(address):
        raise InputError(
            "A mailbox is written as a name and an address in angle brackets, or as the address alone: "
            "for example Trial updates <updates@example.org>"
        )
    return NamedAddress(clean_header_text(name), address)


def wire_address(address: str) -> str:
    """The address as SMTP and headers take it: its domain in ASCII (IDNA 2008), what is before the @ untouched.

    Raises AddressError where the domain has no such form.
    """
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError as error:
        raise AddressError("The domain of the address is no domain name; check its spelling.") from error


@lru_cache(maxsize=100)  # one is cleaned twice, and most mails of a pass have one of a few subjects
def clean_header_text(text: str) -> str:
    """Untrusted text made fit for one header: one line, NFC, no control, bidi or zero-width sign, no `=?`, cut to
    120 characters at a word. Cleaning twice changes nothing.
    """
    if not (text.isascii() and text.isprintable()):
        # Format signs (bidi, zero-width) and lone surrogates vanish; controls and separators part words.
        each = ((one, unicodedata.category(one)) for one in text)
        seen = [" " if sort in _PARTING else one for one, sort in each if sort not in {"Cf", "Cs"}]
        text = unicodedata.normalize("NFC", "".join(seen))
    text = " ".join(_ENCODED_WORD_START.sub("", text).split())
    limit = LONGEST_HEADER_TEXT
    if len(text) <= limit:
        return text
    head, space, _ = text[: limit + 1].rpartition(" ")
    if space:
        return head
    while limit > 1 and unicodedata.combining(text[limit]):
        limit -= 1
    return text[:limit]


def serialise(mail: Mail, encoded: tuple[Sequence[Lines], Sequence[Lines]] | None = None) -> Lines:
    """The message: multipart/alternative, text first, both parts quoted-printable, CRLF, 7-bit, the same bytes for
    the same mail. Only a mail that `needs_smtputf8` has raw UTF-8, in its address headers.

    encoded: text and HTML as `quoted_printable` gives them, in pieces of whole lines, where they are at hand.

    Raises RenderError where a value cannot stand in a header, or where the result has other headers than meant.
    """
    # "=_" never occurs in quoted-printable, so no body can contain the boundary (RFC 2045 section 6.7).
    boundary = "=_" + hashlib.sha256(mail.message_id.encode("utf-8", "replace")).hexdigest()[:32]
    fields = list(_fields(mail, boundary))
    header = "".join(f"{name}: {value}\r\n" for name, value in fields).encode()
    _check_header(header, [name for name, _ in fields], ascii_only=not mail.needs_smtputf8)
    edge = b"--" + boundary.encode()
    text, html = encoded or ([quoted_printable(mail.text)], [quoted_printable(mail.html)])
    content = b"".join((
        header,
        b"\r\n",
        edge,
        b'\r\nContent-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n',
        *text,
        b"\r\n",
        edge,
        b'\r\nContent-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n',
        *html,
        b"\r\n",
        edge,
        b"--\r\n",
    ))  # fmt: skip
    # Each line of a header that was checked begins with its name, or with a blank.
    return DottedLines(content) if DottedLines in map(type, (*text, *html)) else Lines(content)


# Headers


def _fields(mail: Mail, boundary: str) -> Iterator[tuple[str, str]]:
    """Every header with its folded value. Each name is yielded at most once: Gmail refuses doubles."""
    yield "Date", _date(mail.date)
    yield "From", _house_mailbox("From", mail.sender)
    yield "To", _mailbox("To", NamedAddress("", mail.recipient))
    yield "Reply-To", _house_mailbox("Reply-To", mail.reply_to or mail.sender)
    yield "Subject", _subject(mail.subject)
    yield "Message-ID", _exact("message id", _MESSAGE_ID, mail.message_id)
    if mail.references:
        thread = _exact("thread id", _MESSAGE_ID, mail.references)
        yield "In-Reply-To", thread
        yield "References", thread
    if mail.list_id:
        yield "List-Id", _list_id(*mail.list_id)
    ways = []
    if mail.unsubscribe_url:
        ways.append(f"<{_exact('unsubscribe link', _URL, mail.unsubscribe_url)}>")
    if mail.unsubscribe_mailto:
        mailto = "mailto:" + mail.unsubscribe_mailto.removeprefix("mailto:")
        ways.append(f"<{_exact('unsubscribe address', _URL, mailto)}>")
    if ways:
        # Folded at the comma only: a link must stay whole, however long it is.
        yield "List-Unsubscribe", ",\r\n ".join(ways)
    if mail.unsubscribe_url:
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    if mail.feedback_id:
        yield "Feedback-ID", _exact("feedback id", _WORD, mail.feedback_id)
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "OOF, AutoReply"
    yield "MIME-Version", "1.0"
    yield "Content-Language", _exact("language", _WORD, mail.language)
    yield "Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'


@lru_cache(maxsize=100)  # mails that are composed together have the same
def _date(date: datetime) -> str:
    if date.tzinfo is None:
        raise RenderError("The mail's date has no time zone; give it one in UTC.")
    return format_datetime(date.astimezone(UTC))


def _exact(what: str, shape: re.Pattern[str], value: str) -> str:
    """The value, untouched, for headers where encoding is forbidden; refused when it does not fit."""
    if not shape.fullmatch(value) or "=?" in value or len(value) > LONGEST_LINE - LINE:
        raise RenderError(f"The mail's {what} cannot stand in a header: it has a wrong form or is too long.")
    return value


@lru_cache(maxsize=10)
def _list_id(label: str, identity: str) -> str:
    """RFC 2919. A label that is not ASCII is left out, because an encoded-word is not permitted here."""
    identity = _exact("list id", _WORD, f"<{identity}>")
    label = clean_header_text(label)
    return _fold("List-Id", [*_phrase("List-Id", label), identity] if label.isascii() else [identity])


def _mailbox(header: str, mailbox: NamedAddress) -> str:
    try:
        address = wire_address(mailbox.address)
    except AddressError as error:
        raise RenderError(
            f"The address in {header} cannot stand in a header: its domain is no domain."
        ) from error
    if not _is_address(address):
        raise RenderError(f"The address in {header} cannot stand in a header: it has a wrong form.")
    name = clean_header_text(mailbox.name)
    return _fold(header, [*_phrase(header, name), f"<{address}>"]) if name else address


@lru_cache(maxsize=10)
def _house_mailbox(header: str, mailbox: NamedAddress) -> str:
    """As `_mailbox`, of those that stand in all mails."""
    return _mailbox(header, mailbox)


@lru_cache(maxsize=100)
def _subject(text: str) -> str:
    text = clean_header_text(text)
    return _fold("Subject", text.split() if text.isascii() else _encoded_words("Subject", text))


def _phrase(header: str, name: str) -> list[str]:
    """The words of a display name or label, none for an empty one."""
    if not name.isascii():
        return _encoded_words(header, name)
    if not _PLAIN_PHRASE.fullmatch(name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return name.split()


def _encoded_words(header: str, text: str) -> list[str]:
    """RFC 2047, base64. Every word holds whole characters and fills a line of its own, the first one after `header`."""
    words, start, size, indent = [], 0, 0, len(header) + 2
    for end, character in enumerate(text):
        length = len(character.encode())
        if size + length > (LINE - indent - _FRAME) // 4 * 3:
            words.append(text[start:end])
            start, size, indent = end, 0, 1
        size += length
    words.append(text[start:])
    return [f"=?utf-8?b?{b64encode(word.encode()).decode()}?=" for word in words]


def _fold(header: str, words: list[str]) -> str:
    """The words parted by spaces, with a line break before a space wherever the line would get too long."""
    lines = [header + ":"]
    for number, word in enumerate(words):
        if number == 0 or len(lines[-1]) + 1 + len(word) <= LINE:
            lines[-1] += " " + word
        else:
            lines.append(" " + word)
    return "\r\n".join(lines)[len(header) + 2 :]


def _check_header(header: bytes, expected: Collection[str], *, ascii_only: bool) -> None:
    """The last gate against injection: the block holds the headers meant, each once and on lines of its own, and nothing else."""
    ends, going_on = header.count(_CR + _LF), header.count(_FOLD)
    bare_line_end = not header.count(_CR) == header.count(_LF) == ends
    if not len(set(expected)) == len(expected) == ends - going_on or bare_line_end:
        raise RenderError("The mail would have other headers than it should: a value holds a line break.")
    if max(map(len, header.split(b"\r\n"))) > LONGEST_LINE or (ascii_only and not header.isascii()):
        raise RenderError("The mail has a header line that is too long or not ASCII.")


# Text


def _is_address(text: str) -> bool:
    return bool(_ADDRESS.fullmatch(text)) and text.isprintable() and "=?" not in text and len(text) <= 254


def quoted_printable(text: str) -> Lines:
    """RFC 2045 section 6.7; decodes to exactly `text` with its line ends as CRLF. Whole lines may be encoded apart."""
    text = text.replace("\r\n", "\n") if "\r" in text else text
    # A lone CR is a character here, not a line end; b2a_qp would pass it through, and stop looking for line ends.
    each = text.split("\n") if "\r" in text else [text]
    encoded = [binascii.b2a_qp(one.encode("utf-8", "replace"), istext="\r" not in one) for one in each]
    data = b"\n".join(encoded).replace(b"\n", b"\r\n")
    return DottedLines(data) if data.startswith(b".") or b"\r\n." in data else Lines(data)
