"""The form in which two records are compared: text without its dress, lists without their order, nothing that is empty.

Only compares; what people read is always the registry's own text.
"""

import hashlib
import html
import re
import unicodedata
from functools import lru_cache
from typing import Any

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

_packer = msgspec.json.Encoder(order="deterministic")

#: Longer texts are not remembered; names of places, statuses and units come again and again.
_SHORT = 64  # characters


def text(value: str) -> str:
    """The text without markup, bullets, typographic variants of signs, and runs of white space; in Unicode form C."""
    return _short(value) if len(value) <= _SHORT else _bare(value)


@lru_cache(maxsize=8192)
def _short(value: str) -> str:
    return _bare(value)


def _bare(value: str) -> str:
    if value.isascii() and not _may_be_dressed(value):
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


def _may_be_dressed(value: str) -> bool:
    return (
        "\\" in value
        or "&" in value
        or "**" in value
        or value[:2] in ("- ", "* ")
        or " ".join(value.split()) != value
    )


def pack(value: Any) -> bytes:
    """The same bytes for the same JSON value, whatever the order of its keys."""
    return _packer.encode(value)


def packs(values: list[Any]) -> list[bytes]:
    """As `pack`, for many at once."""
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
