"""Reads a file of plain-language reads that people wrote: CSV or JSON, row by row, and says what is wrong with which.

Pure: bytes to rows. A row has a fault, or is whole; what an editor may want to look at again is a note, not a fault.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from notifier.domain.sheets import SheetRow, entries
from notifier.domain.study import parse_nct_id
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.measure import HARDEST, grade
from notifier.domain.summaries.phrases import banned_in
from notifier.domain.wording import one_line
from notifier.errors import InputError, NctIdError

MOST_ROWS = 100_000
LONGEST_TITLE = 300  # characters; the store has room for no more
LONGEST_AUTHOR = 120
LONGEST_TEXT = 6000  # of each of the three texts
LONGEST_QUESTION = 300
TEXTS = ("summary", "could_lead_to", "could_go_wrong")
NEEDED = ("nct_id", *TEXTS, "source")
COLUMNS = ("nct_id", "title", "question", *TEXTS, "source")
_TAG = AnyCase(r"<\s*(?:/\s*)?[a-z][^<>]*>")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Written:
    """A read as an editor wrote it; texts are paragraphs. written_by: what the file calls its source."""

    nct_id: str
    title: str | None
    summary: tuple[str, ...]
    could_lead_to: tuple[str, ...]
    could_go_wrong: tuple[str, ...]
    written_by: str
    question: str | None = None


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """One row of the file and what is to be said of it; exactly one of `written` and `fault` is there."""

    line: int
    nct_id: str | None = None
    written: Written | None = None
    fault: str | None = None
    notes: tuple[str, ...] = ()


def read_rows(data: bytes, *, as_json: bool) -> tuple[WrittenRow, ...]:
    """The rows of the file, each with its verdict. Raises InputError where the file as a whole cannot be read."""
    rows: list[WrittenRow] = []
    lines: dict[str, int] = {}
    for entry in entries(data, COLUMNS, NEEDED, as_json=as_json):
        if len(rows) == MOST_ROWS:
            raise InputError(f"The file has more than {MOST_ROWS} rows: split it")
        rows.append(_row(entry, lines))
    if not rows:
        raise InputError("The file has no rows: give one for each study, under the names of the columns")
    return tuple(rows)


def _row(entry: SheetRow, lines: dict[str, int]) -> WrittenRow:
    """A row read and judged; `lines` remembers in which line a study stood first."""
    if entry.fault is not None:
        return WrittenRow(entry.line, fault=entry.fault)
    nct_id = None
    try:
        nct_id = parse_nct_id(_word(entry.values, "nct_id"))
        first = lines.setdefault(nct_id, entry.line)
        fault = (
            f"{nct_id} stands in line {first} already: keep one of the two" if first != entry.line else None
        )
        written = None if fault else _written(nct_id, entry.values)
    except NctIdError as wrong:
        return WrittenRow(entry.line, fault=f"nct_id: {wrong}")
    except InputError as wrong:
        return WrittenRow(entry.line, nct_id, fault=str(wrong))
    return WrittenRow(entry.line, nct_id, written, fault, tuple(_notes(written)) if written else ())


def _written(nct_id: str, values: Mapping[str, Any]) -> Written:
    texts = {name: _paragraphs(values, name) for name in TEXTS}
    title, author = _line(values, "title", LONGEST_TITLE), _line(values, "source", LONGEST_AUTHOR)
    if not author:
        raise InputError("source is empty: say who wrote the text, the page names them")
    question = _line(values, "question", LONGEST_QUESTION)
    return Written(nct_id=nct_id, title=title or None, written_by=author, question=question or None, **texts)


def _paragraphs(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The text's paragraphs: in JSON a list of them, or one text with empty lines in between, as in CSV."""
    value = values.get(name)
    parts = value if isinstance(value, list) else [value]
    if not all(part is None or isinstance(part, str) for part in parts):
        raise InputError(f"{name} is neither a text nor a list of texts")
    whole = "\n\n".join(part for part in parts if part).replace("\r\n", "\n").replace("\r", "\n")
    _check_plain(name, whole)
    paragraphs = tuple(filter(None, map(one_line, _PARAGRAPH.split(whole))))
    if not paragraphs:
        raise InputError(f"{name} is empty: write at least one sentence")
    if sum(map(len, paragraphs)) > LONGEST_TEXT:
        raise InputError(f"{name} has more than {LONGEST_TEXT} characters: shorten it")
    return paragraphs


def _line(values: Mapping[str, Any], name: str, longest: int) -> str:
    text = _word(values, name)
    _check_plain(name, text)
    line = one_line(text)
    if len(line) > longest:
        raise InputError(f"{name} has more than {longest} characters: shorten it")
    return line


def _word(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(f"{name} is not a text")
    return value


def _check_plain(name: str, text: str) -> None:
    if tag := _TAG.search(text):
        raise InputError(
            f"{name} holds HTML ({one_line(tag[0])[:30]}): write plain text, the page shows it as it is"
        )


def _notes(written: Written) -> Iterator[str]:
    texts = (*written.summary, *written.could_lead_to, *written.could_go_wrong)
    whole = " ".join((written.title or "", written.question or "", *texts))
    if found := banned_in(whole):
        yield f"says {', '.join(found)}, which may promise too much"
    if (reads := grade(whole)) > HARDEST:
        yield f"reads at grade {reads:.0f}; {HARDEST} or below is easy to read"
