"""A file as entries of named values, each with the line in which it begins: CSV as spreadsheets save it, or JSON.

The one reader of tables. As spreadsheets save it: with a mark before UTF-8, in UTF-16, with a first line `sep=;`, parted by
semicolons or tabs, with empty rows and with empty columns. No sentence of it repeats what stands in a cell.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from notifier.errors import InputError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """What stands in one row: its values by name, or why they cannot be told apart."""

    line: int
    values: Mapping[str, Any] = field(default_factory=dict)
    fault: str | None = None


def entries(
    data: bytes, columns: Sequence[str], needed: Sequence[str], *, as_json: bool = False
) -> Iterator[SheetRow]:
    """The rows of a file with these columns. Raises InputError, with one sentence, where it is no such file.

    needed: columns that must be there; `study|condition` is one of the two.
    """
    text = _decoded(data)
    return _from_json(text, columns) if as_json else _from_csv(text, columns, needed)


def packaged(path: Path) -> list[list[str]]:
    """The rows of a table of our own, parted by tabs; a line that begins with # is a remark."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def delimiter_of(data: bytes) -> str:
    """What parts the cells, in words."""
    return DELIMITERS[_dialect(_decoded(data))[1]]


def _decoded(data: bytes) -> str:
    encoding = "utf-8-sig"  # spreadsheets write a mark before UTF-8
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        encoding = "utf-16"  # "Unicode text"
    elif b"\0" in data[:2]:
        encoding = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"  # the same, without its mark
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8-sig":
            raise InputError("The file is no text: save it as CSV in UTF-8") from None
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"The file is not UTF-8, see line {line}: it looks like Latin-1, the code of older programs; save it anew, in a "
            'spreadsheet as "CSV UTF-8"'
        ) from None
    if "\0" in text:
        raise InputError("The file is no text: save it as CSV in UTF-8")
    return text


# --- CSV --------------------------------------------------------------------------------------------------------


def _from_csv(text: str, columns: Sequence[str], needed: Sequence[str]) -> Iterator[SheetRow]:
    if not text.strip():
        raise InputError(
            f"The file is empty: its first line names the columns, such as {','.join(columns[:3])}"
        )
    skipped, delimiter, text = _dialect(text)
    # Not StringIO, which takes four times the memory of a text.
    lines = io.TextIOWrapper(io.BytesIO(text.encode("utf-8", "surrogatepass")), encoding="utf-8", newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
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
        why = "a quotation mark opens here and is never closed"
        if "unexpected end of data" not in str(error):
            why = (
                f"the quotation marks or the length of a cell are wrong ({error}); texts with commas, quotes or line breaks "
                "need quotes around them, and quotes in them are doubled"
            )
        raise InputError(f"The file cannot be read from line {begins + skipped} on: {why}") from None


def _dialect(text: str) -> tuple[int, str, str]:
    """How many lines stand before the names, what parts the cells, and the rest; half of Europe parts by ';'."""
    first, _, rest = text.partition("\n")
    told = first.strip().strip('"').lower()
    # A tab was stripped with the blanks.
    if told.startswith("sep=") and (part := told[4:5] or "\t") in DELIMITERS:
        return 1, part, rest
    blank = len(text) - len(text.lstrip("\r\n;,\t "))  # empty rows before the names
    named = text[blank:].partition("\n")[0]
    return 0, max(DELIMITERS, key=named.count), text


def _names(cells: Sequence[str], columns: Sequence[str], needed: Sequence[str]) -> list[str]:
    """The names of the columns; an empty one for a column that must hold nothing."""
    names = ["_".join(cell.replace("-", " ").replace("_", " ").split()).lower() for cell in cells]
    if any("@" in name for name in names):
        raise InputError(
            f"The file begins with a person: its first line names the columns, such as {','.join(columns[:3])}"
        )
    for name in filter(None, names):
        _check_name(name, columns)
        if names.count(name) > 1:
            raise InputError(f"The file has the column {name} twice: keep one")
    for one_of in needed:
        if not set(one_of.split("|")) & set(names):
            either = one_of.replace("|", " and no column ")
            raise InputError(f"The file has no column {either}: its first line names {', '.join(columns)}")
    return names


def _check_name(name: str, columns: Sequence[str]) -> None:
    if name not in columns:
        raise InputError(f"The file has a column {name[:40]!r}: {meant(name, columns)}")


def meant(word: str, choices: Sequence[str]) -> str:
    """What was meant by a word that is none of these."""
    near = get_close_matches(word, choices, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(choices)}"


def _entry(line: int, names: Sequence[str], cells: Sequence[str]) -> SheetRow:
    extra = cells[len(names) :]
    if any(cell.strip() for cell in extra) or len(cells) < len(names):
        return SheetRow(
            line,
            fault=f"it has {len(cells)} cells, and there are {len(names)} columns: put quotes around texts that hold "
            "commas or line breaks",
        )
    both = list(zip(names, cells, strict=False))
    if any(cell.strip() for name, cell in both if not name):
        return SheetRow(
            line, fault="it has something in a column without a name: name the column, or empty it"
        )
    return SheetRow(line, {name: cell for name, cell in both if name})


# --- JSON -------------------------------------------------------------------------------------------------------


def _from_json(text: str, columns: Sequence[str]) -> Iterator[SheetRow]:
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


def _object(line: int, value: Any, columns: Sequence[str]) -> SheetRow:
    if not isinstance(value, dict):
        return SheetRow(line, fault="is not an object: write { … } with a name for each value")
    try:
        for name in value:
            _check_name(name, columns)
    except InputError as fault:
        return SheetRow(line, fault=str(fault))
    return SheetRow(line, value)


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
