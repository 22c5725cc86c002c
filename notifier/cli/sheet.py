"""Reads the CSV file of an import: a checked line each, or in a sentence what is wrong with it. Never repeats an address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from notifier.domain import sheets
from notifier.domain.narrowing import EVERY_STUDY
from notifier.errors import InputError, NotifierError
from notifier.services import sign_up_rules as rules
from notifier.storage.subscribers import ImportLine, address

#: Of a condition: which of its new studies are told.
NARROWING = ("open_only", "treatment_only", "country", "age_group", "sex", "not")
COLUMNS = ("email", "study", "condition", "every", "consent", "time_zone", "language", "discreet", *NARROWING)
TOLD_EVERY = 500  # lines
LONGEST_CELL = 1000  # characters
MOST_SEARCHED = 20  # notes on what is searched for


@dataclass(frozen=True, slots=True)
class RefusedLine:
    number: int
    why: str


@dataclass(slots=True)
class Sheet:
    """What a file says; `notes` are sentences about the file itself."""

    lines: list[ImportLine] = field(default_factory=list)
    refused: list[RefusedLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    searched: dict[str, str] = field(default_factory=dict)  # where that differs from what was typed


def read(path: Path, progress: Callable[[int, int], None] = lambda _done, _all: None) -> Sheet:
    """The lines of a file; `progress` is told how many of how many are read. Raises InputError for a file that is none,
    is no text, or does not name its columns.
    """
    try:
        raw, sheet = path.read_bytes(), Sheet()
    except FileNotFoundError:
        raise InputError(f"{path} is not there: check the name of the file") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder: give a CSV file") from None
    except OSError as fault:
        raise InputError(f"{path} cannot be read: {fault.strerror}") from None
    lines = raw.count(b"\n")
    try:
        if (parted := sheets.delimiter_of(raw)) != "commas":
            sheet.notes.append(f"The columns are parted by {parted}.")
        for entry in sheets.entries(raw, COLUMNS, ("email", "study|condition")):
            _take(sheet, entry)
            if entry.line % TOLD_EVERY == 0:
                progress(entry.line, lines)
    except InputError as fault:
        raise InputError(str(fault).replace("The file", str(path), 1)) from None
    said = [f'"{typed}" is searched as "{words}".' for typed, words in sheet.searched.items()]
    if len(said) > MOST_SEARCHED:
        said[MOST_SEARCHED:] = [
            f"And {len(said) - MOST_SEARCHED} more are searched as their lines below name them."
        ]
    sheet.notes += said
    if not sheet.lines and not sheet.refused:
        raise InputError(f"{path} names columns and nobody: there is nothing to import")
    return sheet


def _take(sheet: Sheet, entry: sheets.SheetRow) -> None:
    try:
        if entry.fault is not None:
            raise InputError(entry.fault)
        cells = {name: " ".join(cell.split()) for name, cell in entry.values.items()}
        for name, value in cells.items():
            if len(value) > LONGEST_CELL:
                raise InputError(f"{name} has {len(value)} characters: at most {LONGEST_CELL}")
            if name not in {"email", "consent"} and "@" in value:
                raise InputError(
                    f"{name} holds an e-mail address: check that the cells stand under their columns"
                )
        sheet.lines.append(_line(entry.line, cells))
        condition = cells.get("condition", "")
        if condition and (words := rules.searched(condition)):
            sheet.searched[condition] = words
    except NotifierError as fault:
        sheet.refused.append(RefusedLine(entry.line, str(fault)))


def _line(number: int, cells: Mapping[str, str]) -> ImportLine:
    study, condition = cells.get("study", ""), cells.get("condition", "")
    if bool(study) == bool(condition):
        raise InputError(
            "it names a study and a condition: a line is for one of them"
            if study
            else "it names neither a study nor a condition"
        )
    said = {name.replace("not", "without"): cells[name] for name in NARROWING if cells.get(name)}
    if study and said:
        raise InputError("it narrows a study: only the new studies of a condition can be narrowed")
    return ImportLine(
        number=number,
        address=address(cells["email"]),
        topic=rules.study(study) if study else rules.condition(condition),
        every=rules.every(cells.get("every", "")),
        evidence=rules.evidence(cells.get("consent", "")),
        time_zone=rules.time_zone(cells.get("time_zone", "")),
        language=rules.language(cells.get("language", "")),
        discreet=rules.yes_or_no(cells.get("discreet", ""), "discreet"),
        narrowing=rules.narrowed(**said).over(EVERY_STUDY),
    )
