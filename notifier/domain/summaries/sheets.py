"""A file as entries of named values, each with the line in which it begins: CSV as spreadsheets save it, or JSON."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from notifier.errors import InputError

_DELIMITERS = ",;\t"
_BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in one row: its values by name, or why they cannot be told apart."""

    line: int
    values: Mapping[str, Any] = field(default_factory=dict)
    fault: str | None = None


def entries(data: bytes, columns: Sequence[str], needed: Sequence[str], *, as_json: bool) -> Iterator[Entry]:
    """The rows of a file with these columns. Raises InputError where it is no such file."""
    text = _decoded(data)
    return _from_json(text, columns) if as_json else _from_csv(text, columns, needed)


def _decoded(data: bytes) -> str:
    # Spreadsheets write a mark before UTF-8, and UTF-16 when asked for "Unicode text".
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f'The file is not UTF-8 text (line {line}): save it anew, in a spreadsheet as "CSV UTF-8"'
        ) from None


# --- CSV --------------------------------------------------------------------------------------------------------


def _from_csv(text: str, columns: Sequence[str], needed: Sequence[str]) -> Iterator[Entry]:
    skipped, delimiter, text = _dialect(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names: list[str] | None = None
    begins = 1
    try:
        for cells in reader:
            line, begins = begins + skipped, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if names is None:
                names = _names(cells, columns, needed)
            else:
                yield _entry(line, names, cells)
    except csv.Error as error:
        raise InputError(
            f"The file cannot be read as CSV from line {begins + skipped} on ({error}): "
            "texts with commas, quotes or line breaks need quotes around them, and quotes in them are doubled"
        ) from None


def _dialect(text: str) -> tuple[int, str, str]:
    """How many lines stand before the names, what parts the cells, and the rest; German spreadsheets part by ';'."""
    first, _, rest = text.partition("\n")
    told = first.strip().lower()
    if told.startswith("sep=") and len(told) == len("sep=") + 1:
        return 1, told[-1], rest
    return 0, max(_DELIMITERS, key=first.count), text


def _names(cells: Sequence[str], columns: Sequence[str], needed: Sequence[str]) -> list[str]:
    names = [cell.strip().lower().replace(" ", "_") for cell in cells]
    while names and not names[-1]:  # columns to the right that hold nothing
        names.pop()
    for name in names:
        _check_name(name, columns)
        if names.count(name) > 1:
            raise InputError(f"The column {name} stands twice in the first line: keep one")
    if missing := [name for name in needed if name not in names]:
        raise InputError(
            f"The first line has no column {missing[0]}: it must name {', '.join(needed)}, and may name title"
        )
    return names


def _check_name(name: str, columns: Sequence[str]) -> None:
    if name not in columns:
        near = get_close_matches(name, columns, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(columns)}"
        raise InputError(f"{name[:40]!r} is not a column of such a file: {hint}")


def _entry(line: int, names: Sequence[str], cells: Sequence[str]) -> Entry:
    extra = cells[len(names) :]
    if any(cell.strip() for cell in extra) or len(cells) < len(names):
        return Entry(
            line,
            fault=f"has {len(cells)} cells where the first line names {len(names)}: "
            "put quotes around texts that hold commas or line breaks",
        )
    return Entry(line, dict(zip(names, cells, strict=False)))


# --- JSON -------------------------------------------------------------------------------------------------------


def _from_json(text: str, columns: Sequence[str]) -> Iterator[Entry]:
    """Value by value, so that each is known by its line."""
    decoder = json.JSONDecoder()
    at = _after_blanks(text, 0)
    if text[at : at + 1] != "[":
        raise InputError("The file is not a JSON list: write [ … ] around the objects, one for each study")
    at = _after_blanks(text, at + 1)
    line, counted = 1, 0
    while text[at : at + 1] != "]":
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, at = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as error:
            raise _broken(text, at, error) from None
        yield _object(line, value, columns)
        at = _after_blanks(text, at)
        if text[at : at + 1] == ",":
            at = _after_blanks(text, at + 1)
        elif text[at : at + 1] != "]":
            raise _broken(text, at)
    if text[at + 1 :].strip():
        raise _broken(text, _after_blanks(text, at + 1))


def _object(line: int, value: Any, columns: Sequence[str]) -> Entry:
    if not isinstance(value, dict):
        return Entry(line, fault="is not an object: write { … } with a name for each value")
    try:
        for name in value:
            _check_name(name, columns)
    except InputError as fault:
        return Entry(line, fault=str(fault))
    return Entry(line, value)


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def _broken(text: str, at: int, error: Exception | None = None) -> InputError:
    at = error.pos if isinstance(error, json.JSONDecodeError) else at
    line = text.count("\n", 0, at) + 1
    return InputError(
        f"The file is not JSON from line {line} on: look for a missing comma, quote or bracket there"
    )
