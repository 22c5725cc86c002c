"""Reads the CSV file of an import: a checked line each, or in a sentence what is wrong with it. Never repeats an address."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from notifier.errors import InputError, NotifierError
from notifier.storage.models import Every
from notifier.storage.subscribers import Line, Wanted, address, is_language

COLUMNS = ("email", "study", "condition", "every", "consent", "time_zone", "language")
TOLD_EVERY = 500  # lines
LONGEST_CELL = 1000  # characters
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that cannot be taken as it stands, and why."""

    number: int
    why: str


@dataclass(slots=True)
class Sheet:
    """What a file says; `notes` are sentences about the file itself."""

    lines: list[Line] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(path: Path, progress: Callable[[int, int], None] = lambda _done, _all: None) -> Sheet:
    """The lines of a file; `progress` is told how many of how many are read. Raises InputError for a file that is none, is no text, or does not name its columns."""
    text, sheet = _text(path), Sheet()
    delimiter = _delimiter(text)
    if delimiter != ",":
        sheet.notes.append(f"The columns are parted by {_DELIMITERS[delimiter]}.")
    rows = _rows(text, delimiter, path)
    lines, (_, header) = text.count("\n"), next(rows)
    names = _header(header, path)
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            sheet.lines.append(_line(number, _cells(names, cells)))
        except NotifierError as fault:
            sheet.refused.append(Refused(number, str(fault)))
        if number % TOLD_EVERY == 0:
            progress(number, lines)
    if not sheet.lines and not sheet.refused:
        raise InputError(f"{path} names columns and nobody: there is nothing to import")
    return sheet


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path} is not there: check the name of the file") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder: give a CSV file") from None
    except OSError as fault:
        raise InputError(f"{path} cannot be read: {fault.strerror}") from None
    if not raw.strip():
        raise InputError(f"{path} is empty: its first line names the columns, such as email,study,consent")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{path} is UTF-16: save it as CSV in UTF-8")
    if b"\0" in raw:
        raise InputError(f"{path} is no text: save it as CSV in UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise InputError(
            f"{path} is not UTF-8, see line {line}: it looks like Latin-1, the code of older programs; save it as CSV in UTF-8"
        ) from None


def _delimiter(text: str) -> str:
    """Whichever parts the names of the columns; spreadsheets of half of Europe write semicolons."""
    first = text.lstrip("\r\n").splitlines()[0]
    return max(_DELIMITERS, key=first.count) if any(each in first for each in _DELIMITERS) else ","


def _rows(text: str, delimiter: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line on which it begins."""
    # Not StringIO, which takes four times the memory of a text.
    lines = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        number = reader.line_num + 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            raise InputError(f"{path}, line {number}: {_of_csv(fault)}") from None


def _of_csv(fault: csv.Error) -> str:
    if "unexpected end of data" in str(fault):
        return "a quotation mark opens here and is never closed"
    return f"the quotation marks or the length of a cell are wrong ({fault})"


def _header(cells: list[str], path: Path) -> list[str]:
    names = ["_".join(cell.replace("-", " ").replace("_", " ").split()).lower() for cell in cells]
    if any("@" in name for name in names):
        raise InputError(
            f"{path} begins with a person: its first line names the columns, such as email,study,consent"
        )
    if "" in names:
        raise InputError(f"{path} has a column without a name: name it, or take it out")
    for name in names:
        if name not in COLUMNS:
            raise InputError(f"{path} has a column {name[:40]!r}: {_meant(name, COLUMNS)}")
    if double := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{path} has the column {double[0]} twice")
    if "email" not in names:
        raise InputError(
            f"{path} has no column email: its first line names the columns, such as email,study,consent"
        )
    if not {"study", "condition"} & set(names):
        raise InputError(
            f"{path} has neither a column study nor a column condition: one says what is followed"
        )
    return names


def _meant(word: str, choices: tuple[str, ...]) -> str:
    close = get_close_matches(word, choices, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(choices)}"


def _cells(names: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(names):
        raise InputError(f"it has {len(cells)} cells, and there are {len(names)} columns")
    values = {name: " ".join(cell.split()) for name, cell in zip(names, cells, strict=True)}
    for name, value in values.items():
        if len(value) > LONGEST_CELL:
            raise InputError(f"{name} has {len(value)} characters: at most {LONGEST_CELL}")
        if name not in {"email", "consent"} and "@" in value:
            raise InputError(
                f"{name} holds an e-mail address: check that the cells stand under their columns"
            )
    return values


def _line(number: int, cells: Mapping[str, str]) -> Line:
    study, condition = cells.get("study", ""), cells.get("condition", "")
    if bool(study) == bool(condition):
        raise InputError(
            "it names a study and a condition: a line is for one of them"
            if study
            else "it names neither a study nor a condition"
        )
    return Line(
        number=number,
        address=address(cells["email"]),
        topic=_study(study) if study else _condition(condition),
        every=_every(cells.get("every", "")),
        evidence=_evidence(cells.get("consent", "")),
        time_zone=_time_zone(cells.get("time_zone", "")),
        language=_language(cells.get("language", "")),
    )


@lru_cache(maxsize=10_000)
def _study(text: str) -> Wanted:
    from notifier.domain.study import parse_nct_id

    return Wanted(nct_id=parse_nct_id(text))


@lru_cache(maxsize=10_000)
def _condition(text: str) -> Wanted:
    from notifier.sources.clinicaltrials_gov import safe_condition

    return Wanted(condition=text, query=safe_condition(text).casefold())


@lru_cache(maxsize=100)
def _every(text: str) -> Every | None:
    if not text:
        return None
    try:
        return Every(text.lower())
    except ValueError:
        meant = _meant(text.lower(), tuple(each.value for each in Every))
        raise InputError(f"every {text[:40]!r} is not how often mail can come: {meant}") from None


@lru_cache(maxsize=1000)
def _evidence(text: str) -> str | None:
    """Nearly always one of few texts, which are then kept once."""
    return text or None


@lru_cache(maxsize=1000)
def _time_zone(text: str) -> str | None:
    from notifier.domain.scheduling import zone

    if text:
        zone(text)
    return text or None


@lru_cache(maxsize=100)
def _language(text: str) -> str | None:
    if text and not is_language(text):
        raise InputError(f"language {text[:40]!r} is none: give one such as en, da or de")
    return text or None
