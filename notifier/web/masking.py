"""Takes the telephone numbers and e-mail addresses of people out of what a page says, wherever the record has them.

They are mailed to whoever asks for them, one study at a time; a page that has them is harvested by programs.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from notifier.domain.changes import Change
from notifier.domain.letter import Told
from notifier.domain.study import Contact, Study
from notifier.domain.wording import Line, Quote, Telling

HIDDEN = "•••"
#: The name's length is bounded, so that no text makes the search slow.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@\w[\w-]*(?:\.[\w-]+)+")
_REACH = ("phone", "phoneExt", "email")
_LONGEST_NUMBER = 80  # characters, blanks and brackets included
_FEWEST_DIGITS = 6  # a shorter number may be anything


class Mask:
    """Knows the numbers of one study, as far as it was told of them."""

    def __init__(self, numbers: Iterable[str]) -> None:
        known = {number.strip() for number in numbers if sum(map(str.isdigit, number)) >= _FEWEST_DIGITS}
        self._known = {number for number in known if len(number) <= _LONGEST_NUMBER}
        self._lengths = sorted({len(number) for number in self._known}, reverse=True)
        starts = {re.escape(number[0]) for number in self._known}
        self._start = re.compile(f"[{''.join(sorted(starts))}]") if starts else None

    def __call__(self, text: str) -> str:
        """The text without addresses, and without the study's numbers."""
        text = _ADDRESS.sub(HIDDEN, text) if "@" in text else text
        if self._start is None:
            return text
        # By their lengths, of which there are few, and not one number after the other: a record may have thousands.
        kept, done = [], 0
        for found in self._start.finditer(text):
            at = found.start()
            if at < done:
                continue
            there = (text[at : at + length] for length in self._lengths)
            if (number := next((one for one in there if one in self._known), None)) is not None:
                kept += [text[done:at], HIDDEN]
                done = at + len(number)
        return "".join([*kept, text[done:]])

    def telling(self, telling: Telling) -> Telling:
        """What is said of a change, in the same words but for these."""
        return replace(
            telling,
            quotes=tuple(Quote(each.lead, tuple(map(self, each.words))) for each in telling.quotes),
            lines=tuple(self._line(line) for line in telling.lines),
            tables=tuple(
                replace(each, rows=tuple((self._line(name), self._line(said)) for name, said in each.rows))
                for each in telling.tables
            ),
        )

    def _line(self, line: Line) -> Line:
        return Line(line.label, tuple(replace(run, text=self(run.text)) for run in line.runs))


def mask_of(study: Study, told: Iterable[Told] = ()) -> Mask:
    """A mask that knows the numbers of the study, and those that its changes had."""
    sides = (side for one in told for side in (one.change.before, one.change.after))
    return Mask([*filter(None, (one.phone for one in contacts(study))), *_numbers(list(sides))])


def contacts(study: Study) -> Iterator[Contact]:
    """Everybody whom the record names with a number or an address."""
    yield from study.central_contacts
    for location in study.locations:
        yield from location.contacts


def hidden(one: Told) -> Told:
    """A change without the numbers and addresses that stand in fields of their own."""
    change = one.change
    masked = Change(
        kind=change.kind,
        weight=change.weight,
        path=change.path,
        before=_without(change.before),
        after=_without(change.after),
    )
    return replace(one, change=masked)


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without(part) for key, part in value.items() if key not in _REACH}
        return kept | {"phone": HIDDEN} if any(value.get(key) for key in _REACH) else kept
    return [_without(part) for part in value] if isinstance(value, list) else value


def _numbers(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("phone"), str):
            yield value["phone"]
        for part in value.values():
            yield from _numbers(part)
    elif isinstance(value, list):
        for part in value:
            yield from _numbers(part)
