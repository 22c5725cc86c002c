"""The form in which two records are compared: text without its dress, lists without their order, nothing that is empty.

Only compares; what people read is always the registry's own text.
"""

import hashlib
import html
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

import msgspec

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
#: CommonMark 2.4: a backslash before any ASCII punctuation stands for that sign alone. The registry writes `\\>`.
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_BULLET = re.compile(r"^[ \t\xa0]*[-*•·◦‣▪●○■□➢✓][ \t\xa0]+", re.MULTILINE)
_DRESS = (
    {"‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "‟": '"', "…": "..."}  # noqa: RUF001 - the signs themselves
    | dict.fromkeys("‐‑‒–—−", "-")  # noqa: RUF001 - the signs themselves
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", "")
)
_DRESSED = re.compile("[" + "".join(map(re.escape, _DRESS)) + "]")

#: What follows in powers is no digit of the number before it.
_RAISED = re.compile(r"(?<=\d)(?=[\u00b2\u00b3\u00b9\u2070-\u2079])")
_BETWEEN_WORDS = re.compile(r"(?<=[^\W\d_])\s*-\s*(?=[^\W\d_])")
_SPAN = re.compile(r"\b(\d{1,6}(?:\.\d{1,3})?)[\s-]*(year|yr|month|week|day|hour|hr|minute|min)s?\b")
_YEARS = {"year": 12, "yr": 12, "month": 1}
_MINUTES = {"week": 10_080, "day": 1_440, "hour": 60, "hr": 60, "minute": 1, "min": 1}
_SIGNS_ALIKE = str.maketrans({"≥": ">=", "≤": "<=", "µ": "μ"})

_packer = msgspec.json.Encoder(order="deterministic")

_T = TypeVar("_T")
_Text = TypeVar("_Text", str, bytes)


def for_short(longest: int, texts: int) -> Callable[[Callable[[_Text], _T]], Callable[[_Text], _T]]:
    """Remembers what was made of so many short texts, which come again and again; no record fills the memory with long ones."""

    def remembering(make: Callable[[_Text], _T]) -> Callable[[_Text], _T]:
        remembered = lru_cache(maxsize=texts)(make)
        return wraps(make)(lambda text: remembered(text) if len(text) <= longest else make(text))

    return remembering


@for_short(64, 8192)  # names of places, statuses and units
def text(value: str) -> str:
    """The text without markup, bullets, typographic variants of signs, and runs of white space; in Unicode form C."""
    may_be_dressed = "\\" in value or "&" in value or "**" in value or value[:2] in ("- ", "* ")
    if value.isascii() and not may_be_dressed and " ".join(value.split()) == value:
        return value
    bare = unescaped(value)
    if not bare.isascii():  # all that is dressed up here is beyond ASCII
        bare = _DRESSED.sub(lambda sign: _DRESS[sign[0]], unicodedata.normalize("NFC", bare))
    return " ".join(_BULLET.sub("", bare).split())


def unescaped(value: str) -> str:
    """The text as a person reads it: entities, bold marks and backslashes of the registry's markup resolved."""
    bare = _ENTITY.sub(lambda entity: html.unescape(entity[0]), value) if "&" in value else value
    bare = _BOLD.sub(r"\1", bare) if "**" in bare else bare
    return _ESCAPE.sub(r"\1", bare) if "\\" in bare else bare


def without_escapes(value: str) -> str:
    """As `unescaped`, with its bold marks."""
    return _ESCAPE.sub(r"\1", _ENTITY.sub(lambda entity: html.unescape(entity[0]), value))


def said(value: str) -> str:
    """The text in a form that is equal where two texts say the same to a reader: without capitals, dashes between words,
    Unicode forms, and with a year as its months and a week as its days.
    """
    plain = unicodedata.normalize("NFKC", _RAISED.sub("^", text(value))).casefold().translate(_SIGNS_ALIKE)
    return " ".join(_SPAN.sub(_span, _BETWEEN_WORDS.sub(" ", plain)).split())


def _span(match: re.Match[str]) -> str:
    number, unit = float(match[1]), match[2]
    if unit in _YEARS:
        return f"{number * _YEARS[unit]:g} months"
    return f"{number * _MINUTES[unit]:g} minutes"


def says_the_same(mine: Any, yours: Any) -> bool:
    """Whether two values say the same to a reader, whatever their dress."""
    if isinstance(mine, str) and isinstance(yours, str):
        return mine == yours or said(mine) == said(yours)
    if isinstance(mine, dict) and isinstance(yours, dict):
        return all(says_the_same(mine.get(key), yours.get(key)) for key in mine.keys() | yours.keys())
    if isinstance(mine, list) and isinstance(yours, list) and len(mine) == len(yours):
        return all(map(says_the_same, mine, yours))
    return bool(mine == yours) or (is_empty(mine) and is_empty(yours))


def pack(value: Any) -> bytes:
    """The same bytes for the same JSON value, whatever the order of its keys."""
    return _packer.encode(value)


def packs(values: list[Any]) -> list[bytes]:
    return _packer.encode_lines(values).split(b"\n")[:-1]  # no line break stands unescaped within JSON


def digest(value: Any) -> str:
    """A short name of a JSON value; equal exactly for equal values."""
    return "sha256:" + hashlib.sha256(pack(value)).hexdigest()


def is_empty(value: Any) -> bool:
    """Whether a value says no more than its absence does; false and 0 do say something."""
    return not value and (value is None or isinstance(value, str | list | dict))


def whole(value: float) -> float | int:
    """A number as an integer where it is one: JSON does not tell 5.0 from 5."""
    return int(value) if value.is_integer() else value
