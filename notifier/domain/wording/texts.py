"""Longer texts, old against new: which lines came, went or were edited, in full, with the edited words marked (W8).

A rule means the opposite under "Inclusion Criteria" and under "Exclusion Criteria", so each line is shown with the
heading under which it stands.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from notifier.domain.changes import criteria_difference
from notifier.domain.changes.criteria import HEADING, LONGEST_HEADING, MovedLine
from notifier.domain.wording.registry_words import value
from notifier.domain.wording.speech import Speech, one_line, shown
from notifier.domain.wording.telling import Line, Mark, Run

_LETTERS = re.compile(r"\w+")


def differences(speech: Speech, before: Any, after: Any) -> tuple[Line, ...]:
    """Lines labelled removed, added or changed; empty where only the form differs."""
    old, new = _text(speech, before), _text(speech, after)
    found = criteria_difference(old, new)
    old_heads, new_heads = _headings(old), _headings(new)
    gone = [_line(speech.say("Removed"), old_heads, line) for line in found.removed]
    came = [_line(speech.say("Added"), new_heads, line) for line in found.added]
    edited: list[Line] = []
    for line in found.changed:
        was, now = _runs(line.before_runs, Mark.GONE), _runs(line.after_runs, Mark.CAME)
        edited.append(Line(speech.say("Changed, before"), (*_head(old_heads, line.before), *was)))
        edited.append(Line(speech.say("Changed, now"), (*_head(new_heads, line.after), *now)))
    moved = [_moved(speech, line) for line in found.moved]
    return (*moved, *gone, *came, *edited)


def _moved(speech: Speech, line: MovedLine) -> Line:
    """'Moved: Prior chemotherapy, from Exclusion Criteria to Inclusion Criteria.'"""
    words, before, after = (
        Run(one_line(text), registry=True) for text in (line.line, line.before, line.after)
    )
    said = speech.say("Moved"), speech.say("from"), speech.say("to")
    return Line(said[0], (words, Run(f", {said[1]} "), before, Run(f" {said[2]} "), after))


def _text(speech: Speech, anything: Any) -> str:
    return anything if isinstance(anything, str) else value(speech, anything)


def _line(label: str, headings: Mapping[str, str], line: str) -> Line:
    return Line(label, (*_head(headings, line), Run(one_line(line), registry=True)))


def _head(headings: Mapping[str, str], line: str) -> tuple[Run, ...]:
    heading = headings.get(_plain(line))
    return (Run(f"[{heading}] ", registry=True),) if heading else ()


def _headings(text: str) -> dict[str, str]:
    """For each line the heading above it, as far as there is one."""
    found: dict[str, str] = {}
    heading = ""
    for line in text.splitlines():
        match = HEADING.fullmatch(one_line(line)) if len(line) <= LONGEST_HEADING else None
        if match:
            heading = match[1].strip()
        elif heading:
            found[_plain(line)] = heading
    return found


def _plain(line: str) -> str:
    """The line's letters and digits; bullets, numbering and markup make no difference."""
    return " ".join(_LETTERS.findall(one_line(line))).casefold()


def _runs(runs: Iterable[Any], mark: Mark) -> tuple[Run, ...]:
    return tuple(
        piece
        for run in runs
        for piece in _pieces(run.text, mark if run.changed else Mark.PLAIN)
        if piece.text
    )


def _pieces(text: str, mark: Mark) -> tuple[Run, ...]:
    """The words, marked, and the spaces at both ends, which are not."""
    core = shown(text)
    if not core:
        return (Run(" " if text else ""),)
    head = " " if text[0].isspace() else ""
    tail = " " if text[-1].isspace() else ""
    return Run(head), Run(core, registry=True, mark=mark), Run(tail)
