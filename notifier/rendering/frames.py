"""What stands around the studies in a mail with news: a template is filled once for many mails, and only the lines that
differ from reader to reader are written anew. Decides no words.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Template
from markupsafe import escape

from notifier.rendering import environment
from notifier.rendering.fragments import Piece
from notifier.rendering.layout import wrapped
from notifier.rendering.mime import clean_header_text, quoted_printable
from notifier.rendering.views import ReasonView

#: Where the studies come in a frame; no text of ours or of a record holds it, nor the sign of a slot.
MARK = "\x00"
KEPT = 300  # frames; about 40 kB each

_SLOT = re.compile("\x01([0-9]+)\x01")
_OWN_LINE = re.compile("( *)\x01([0-9]+)\x01")
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
class _Lines:
    """Some lines of a frame, and the same as they are written into the mail; None where they have slots."""

    text: str
    encoded: bytes | None


@dataclass(frozen=True, slots=True)
class Frame:
    """A mail around its studies. said: its text, without what differs from reader to reader."""

    subject: str
    said: str
    texts: tuple[Sequence[_Lines], Sequence[_Lines]]
    htmls: tuple[Sequence[_Lines], Sequence[_Lines]]

    def around(self, slots: Sequence[str]) -> tuple[Piece, Piece]:
        """What stands above the studies and below them, with these words in the slots."""
        above, below = (
            _piece(_filled(text, slots, _as_text), _filled(html, slots, _as_html))
            for text, html in zip(self.texts, self.htmls, strict=True)
        )
        return above, below


class Frames:
    """Those that were made lately."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Frame | None] = OrderedDict()

    def of(self, parts: Parts, values: Mapping[str, Any]) -> Frame | None:
        """The frame of a mail; None where its templates are such that lines of it cannot be written anew by hand."""
        key = _key(parts, values)
        if key not in self._kept:
            self._kept[key] = _made(parts, values)
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


def _made(parts: Parts, values: Mapping[str, Any]) -> Frame | None:
    """The frame, if it gives exactly what its templates give for words that need to be wrapped and escaped."""
    marks = [f"\x01{number}\x01" for number in range(3 * len(values["reasons"]) + 1)]
    subject, text, html = parts.filled(_with(values, marks))
    texts, htmls = text.split(MARK + "\n"), html.split(MARK + "\n")
    if len(texts) != 2 or len(htmls) != 2 or _SLOT.search(subject):
        return None
    said = _SLOT.sub(" ", text.replace(MARK, " "))
    frame = Frame(subject, said, (_cut(texts[0]), _cut(texts[1])), (_cut(htmls[0]), _cut(htmls[1])))
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


def _cut(part: str) -> list[_Lines]:
    """Whole lines, those without a slot together and encoded."""
    found: list[_Lines] = []
    fixed = ""
    for line in _lines(part):
        if not _SLOT.search(line):
            fixed += line
            continue
        found += [_Lines(fixed, quoted_printable(fixed))] if fixed else []
        found.append(_Lines(line, None))
        fixed = ""
    return [*found, _Lines(fixed, quoted_printable(fixed))] if fixed else found


def _lines(part: str) -> list[str]:
    *whole, rest = part.split("\n")
    return [line + "\n" for line in whole] + ([rest] if rest else [])


def _filled(
    lines: Sequence[_Lines], slots: Sequence[str], write: Callable[[str, Sequence[str]], str]
) -> tuple[str, bytes]:
    texts, encoded = [], []
    for each in lines:
        text, code = each.text, each.encoded
        if code is None:
            text = write(text, slots)
            code = quoted_printable(text)
        texts.append(text)
        encoded.append(code)
    return "".join(texts), b"".join(encoded)


def _as_text(line: str, slots: Sequence[str]) -> str:
    own = _OWN_LINE.fullmatch(line.removesuffix("\n"))
    if own is None:
        return _SLOT.sub(lambda slot: slots[int(slot[1])], line)
    return wrapped(slots[int(own[2])], len(own[1])) + line[own.end() :]


def _as_html(line: str, slots: Sequence[str]) -> str:
    return _SLOT.sub(lambda slot: str(escape(slots[int(slot[1])])), line)


def _piece(text: tuple[str, bytes], html: tuple[str, bytes]) -> Piece:
    return Piece(text[0], html[0], text[1], html[1], len(html[0].encode()))
