"""Entries of a record's lists, and fields of a record: what came, what went, and each edit once, however many had it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from notifier.domain.changes import Change, Kind
from notifier.domain.wording import registry_words
from notifier.domain.wording.sentences import both
from notifier.domain.wording.shapes import Line, Mark, Run, theirs
from notifier.domain.wording.speech import Speech, one_line
from notifier.domain.wording.texts import LONG, SHORT, edits, in_short, one_sided

#: Of as many entries that were edited alike the names are said; of more, how many there are.
MOST_NAMED = 2
#: From this share of marked signs on, a text that can be shown whole has no marks.
MOST_MARKED = 0.6
_COUNTED = {
    Kind.PRIMARY_OUTCOME_REWORDED: both("%(number)s main measure", "%(number)s main measures"),
    Kind.SECONDARY_OUTCOME_REWORDED: both("%(number)s further measure", "%(number)s further measures"),
    Kind.ARM_CHANGED: both("%(number)s group of participants", "%(number)s groups of participants"),
    Kind.INTERVENTION_CHANGED: both("%(number)s treatment", "%(number)s treatments"),
}
_ANY = both("%(number)s line", "%(number)s lines")


class _Edit(NamedTuple):
    """What was done to one key of an entry; of a long text the words that came and went, so that equal edits are equal."""

    key: str
    gone: str
    came: str


def told(speech: Speech, changes: Sequence[Change]) -> tuple[list[Line], tuple[str, ...]]:
    """The lines on these changes, and the numbers in them that we counted."""
    lines: list[Line] = []
    for label, side in ((speech.say("Removed"), "before"), (speech.say("Added"), "after")):
        came = [getattr(change, side) for change in changes if None in (change.before, change.after)]
        names = [one_line(each) for each in came if isinstance(each, str)]
        lines += [theirs(label, "; ".join(names))] if names else []
        lines += [
            theirs(label, in_short(registry_words.entry(speech, each)))
            for each in came
            if each and not isinstance(each, str)
        ]
    shown: dict[_Edit, list[tuple[Any, Any]]] = {}
    done: dict[_Edit, list[tuple[Kind, str]]] = {}
    for change in changes:
        if None not in (change.before, change.after):
            for edit, sides in _edits(change):
                shown.setdefault(edit, []).append(sides)
                done.setdefault(edit, []).append((change.kind, _name(change)))
    alike: dict[tuple[tuple[Kind, str], ...], list[_Edit]] = {}
    for edit, entries in done.items():
        alike.setdefault(tuple(entries), []).append(edit)
    derived: list[str] = []
    for who, what in alike.items():
        about, counted = _about(speech, who, among=len(alike) > 1)
        lines += about
        derived += counted
        for edit in what:
            first, *others = (field(speech, *sides, edit.key, headed=True) for sides in shown[edit])
            lines += first if all(other == first for other in others) else map(_bare, first)
    return lines, tuple(derived)


def _bare(line: Line) -> Line:
    """The edited words alone: those around them are another one's in each of several texts."""
    runs = dict.fromkeys(run for run in line.runs if run.mark is not Mark.PLAIN)
    if not runs:
        return line
    gap = Run(" … ")
    return Line(line.label, tuple(each for run in runs for each in (gap, run))[1:])


def field(speech: Speech, before: Any, after: Any, key: str, *, headed: bool = False) -> list[Line]:
    """What stood at a key of a record, and what stands there now. headed: it is named where that is not plain, and of two
    lists only what differs is said.
    """
    head = f"{registry_words.field(key)}: " if headed and not registry_words.is_text(key) else ""
    if headed and isinstance(before, list) and isinstance(after, list):
        before, after = (
            [one for one in before if one not in after],
            [one for one in after if one not in before],
        )
    if isinstance(before, str) and isinstance(after, str) and min(len(before), len(after)) > SHORT:
        sides = edits(before, after)
        if max(len(before), len(after)) <= LONG and any(map(_is_shredded, sides)):
            sides = _said(speech, before, key), _said(speech, after, key)
    else:
        sides = _said(speech, before, key), _said(speech, after, key)
    if not _said(speech, before, key) or not _said(speech, after, key):
        labels = speech.say("Removed"), speech.say("Added")
    else:
        labels = one_sided(speech, *sides) or (speech.say("Before"), speech.say("Now"))
    heading = (Run(head, registry=True),) if head else ()
    return [Line(label, (*heading, *runs)) for label, runs in zip(labels, sides, strict=True) if runs]


def _is_shredded(runs: Sequence[Run]) -> bool:
    """Whether so much of a text is marked that it reads better whole."""
    marked = sum(len(run.text) for run in runs if run.mark is not Mark.PLAIN)
    return marked > MOST_MARKED * sum(len(run.text) for run in runs)


def _said(speech: Speech, value: Any, key: str) -> tuple[Run, ...]:
    if isinstance(value, bool):
        return (Run(speech.say("Yes") if value else speech.say("No")),)
    said = registry_words.value(speech, value, key)
    return (Run(said, registry=True),) if said else ()


def _edits(change: Change) -> Iterator[tuple[_Edit, tuple[Any, Any]]]:
    before, after = change.before, change.after
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        yield _edit("", before, after)
        return
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key) and key not in registry_words.UNSAID:
            yield _edit(key, before.get(key), after.get(key))


def _edit(key: str, before: Any, after: Any) -> tuple[_Edit, tuple[Any, Any]]:
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > LONG:
        gone, came = (
            " ".join(run.text for run in runs if run.mark is not Mark.PLAIN) for runs in edits(before, after)
        )
        if gone or came:
            return _Edit(key, gone, came), (before, after)
    return _Edit(key, str(before), str(after)), (before, after)


def _name(change: Change) -> str:
    """What the entry is called; empty where that was edited, and so is told."""
    names = [
        registry_words.name(one) if isinstance(one, Mapping) else "" for one in (change.before, change.after)
    ]
    return names[1] if names[0] == names[1] else ""


def _about(speech: Speech, who: Sequence[tuple[Kind, str]], *, among: bool) -> tuple[list[Line], list[str]]:
    """Whom an edit is about: 'Overall survival', or '3 main measures, 20 further measures'. among: it is one of several."""
    names = [name for _, name in who if name]
    if len(who) <= MOST_NAMED and (names or not among):
        return [theirs(speech.say("About"), "; ".join(names))] if names else [], []
    kinds = dict.fromkeys(kind for kind, _ in who)
    numbers = [sum(kind is one for kind, _ in who) for one in kinds]
    said = [
        speech.count(*_COUNTED.get(kind, _ANY), number) for kind, number in zip(kinds, numbers, strict=True)
    ]
    return [Line(speech.say("About"), (Run(", ".join(said)),))], [speech.number(number) for number in numbers]
