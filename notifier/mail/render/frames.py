"""What stands around the studies in a mail with news: a template is filled once for many mails, and only the lines that
differ from reader to reader are written anew. Decides no words.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Template
from markupsafe import escape

from notifier.mail.render import environment
from notifier.mail.render.fragments import Piece
from notifier.mail.render.layout import wrapped
from notifier.mail.render.mime import clean_header_text, quoted_printable
from notifier.mail.render.views import ReasonView

#: Where the studies come in a frame; no text of ours or of a record holds it, nor the sign of a slot.
MARK = "\x00"
KEPT = 300  # frames; about 40 kB each

_SLOT = re.compile("\x01([0-9]+)\x01")
_OWN_LINE = re.compile("( *)\x01([0-9]+)\x01\n")
_PROBE = "Words & <signs> that need a second line, \"quoted\" and 'so' — more than once. " * 3
_PROBE_LINK = "https://example.org/" + "probe" * 20


@dataclass(frozen=True, slots=True)
class Parts:
    """The three templates of one mail in one language."""

    subject: Template
    text: Template
    html: Template

    def filled(self, values: Mapping[str, Any]) -> tuple[str, str, str]:
        """Subject, text and HTML. Raises RenderError."""
        subject = clean_header_text(environment.fill(self.subject, dict(values)))
        text = environment.fill(self.text, dict(values))
        return subject, text, environment.fill(self.html, {**values, "subject": subject})


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a reader's own words come. indent: of the paragraph that they are alone, in columns."""

    number: int
    indent: int | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """Whole lines of one part of a frame: those that are open, with what stands around them, as text and as written."""

    before: str
    open: tuple[str | _Slot, ...]
    after: str
    encoded_before: bytes
    encoded_after: bytes

    def filled(self, write: Callable[[_Slot], str]) -> tuple[str, bytes]:
        """The part with words in its slots, as text and as it is written into the mail."""
        if not self.open:
            return self.before, self.encoded_before
        own = "".join([one if isinstance(one, str) else write(one) for one in self.open])
        encoded = b"".join((self.encoded_before, quoted_printable(own), self.encoded_after))
        return f"{self.before}{own}{self.after}", encoded


@dataclass(frozen=True, slots=True)
class Frame:
    """A mail around its studies: its parts above them and below. said: what of its text is to be checked in each mail."""

    subject: str
    said: str
    texts: tuple[_Part, _Part]
    htmls: tuple[_Part, _Part]

    def around(self, slots: Sequence[str]) -> tuple[Piece, Piece]:
        """What stands above the studies and below them, with these words in the slots."""
        above, below = (
            _piece(
                text.filled(lambda slot: _as_text(slot, slots)),
                html.filled(lambda slot: _as_html(slot, slots)),
            )
            for text, html in zip(self.texts, self.htmls, strict=True)
        )
        return above, below


class Frames:
    """Those that were made lately."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Frame | None] = OrderedDict()

    def of(self, parts: Parts, values: Mapping[str, Any], is_true: Callable[[str], bool]) -> Frame | None:
        """The frame of a mail; None where its templates are such that lines of it cannot be written anew by hand.

        is_true: whether a text may stand in any mail.
        """
        key = _key(parts, values)
        if key not in self._kept:
            self._kept[key] = _made(parts, values, is_true)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def slots(values: Mapping[str, Any]) -> list[str]:
    """What a frame leaves open: why its reader gets the mail, and the links that stop it."""
    said = [words for one in values["reasons"] for words in (one.text, one.stop_text, one.stop_url or "")]
    return [*said, values["unsubscribe_url"]]


def _key(parts: Parts, values: Mapping[str, Any]) -> Hashable:
    rest = [value for name, value in values.items() if name not in {"reasons", "unsubscribe_url"}]
    return (id(parts), tuple(rest), tuple(one.stop_url is None for one in values["reasons"]))


def _made(parts: Parts, values: Mapping[str, Any], is_true: Callable[[str], bool]) -> Frame | None:
    """The frame, if it gives exactly what its templates give for words that need to be wrapped and escaped."""
    marks = [f"\x01{number}\x01" for number in range(3 * len(values["reasons"]) + 1)]
    subject, text, html = parts.filled(_with(values, marks))
    texts, htmls = text.split(MARK + "\n"), html.split(MARK + "\n")
    if len(texts) != 2 or len(htmls) != 2 or _SLOT.search(subject):
        return None
    said = _SLOT.sub(" ", text.replace(MARK, " "))
    frame = Frame(
        subject,
        "" if is_true(said) else said,
        (_cut(texts[0]), _cut(texts[1])),
        (_cut(htmls[0]), _cut(htmls[1])),
    )
    probe = [_PROBE_LINK if number % 3 == 2 else f"{_PROBE}{number}" for number in range(len(marks) - 1)]
    probe.append(_PROBE_LINK)
    above, below = frame.around(probe)
    mark = MARK + "\n"
    same = (subject, above.text + mark + below.text, above.html + mark + below.html)
    return frame if same == parts.filled(_with(values, probe)) else None


def _with(values: Mapping[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """The values of a mail with these words in the slots."""
    reasons = [
        ReasonView(words[3 * n], words[3 * n + 1], None if one.stop_url is None else words[3 * n + 2])
        for n, one in enumerate(values["reasons"])
    ]
    return {**values, "reasons": reasons, "unsubscribe_url": words[-1]}


def _cut(part: str) -> _Part:
    """The lines from the first with a slot to the last stay open; those before and after are encoded."""
    *whole, rest = part.split("\n")
    lines = [*(line + "\n" for line in whole), rest]
    slotted = [number for number, line in enumerate(lines) if _SLOT.search(line)]
    first, last = (slotted[0], slotted[-1] + 1) if slotted else (len(lines), len(lines))
    before, after = "".join(lines[:first]), "".join(lines[last:])
    own = tuple(piece for line in lines[first:last] for piece in _pieces(line))
    return _Part(before, own, after, quoted_printable(before), quoted_printable(after))


def _pieces(line: str) -> Iterator[str | _Slot]:
    if own := _OWN_LINE.fullmatch(line):
        yield _Slot(int(own[2]), indent=len(own[1]))
        yield "\n"
        return
    for at, piece in enumerate(_SLOT.split(line)):  # every second one is the number of a slot
        yield _Slot(int(piece)) if at % 2 else piece


def _as_text(slot: _Slot, slots: Sequence[str]) -> str:
    return slots[slot.number] if slot.indent is None else wrapped(slots[slot.number], slot.indent)


def _as_html(slot: _Slot, slots: Sequence[str]) -> str:
    return str(escape(slots[slot.number]))


def _piece(text: tuple[str, bytes], html: tuple[str, bytes]) -> Piece:
    return Piece(text[0], html[0], text[1], html[1], len(html[0].encode()))
