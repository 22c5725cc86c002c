"""Texts and entries of a record, old against new: what came, went or was edited, with the edited words marked (W8), and each
edit once, however many entries had it.

A rule means the opposite under "Inclusion Criteria" and under "Exclusion Criteria", so each line is shown with the
heading under which it stands. Of a long text only what was edited is shown, with some words around it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import starmap
from typing import Any, NamedTuple

from notifier.domain.changes import Change, Kind, criteria_difference
from notifier.domain.changes.criteria import EditedRun, changed_line, headings
from notifier.domain.changes.kinds import LISTS
from notifier.domain.wording import registry_words
from notifier.domain.wording.catalogue import n_, nn_
from notifier.domain.wording.dates import is_date, said_date
from notifier.domain.wording.sentences import labels
from notifier.domain.wording.shapes import Line, Mark, News, Run, Telling, ours, theirs
from notifier.domain.wording.speech import Speech, one_line, shown

LONG = 160  # characters; a shorter text is shown whole
SHORT = 40  # characters; in a shorter text nobody needs marks
AROUND = 8  # words
MOST_EDITED = 60  # words in a row that came or went, and of an entry of a list
#: From this share of new words on, marks say nothing.
ANEW = 0.8


def long(news: News) -> Telling:
    """A long text: the lines that came, went or were edited, not two whole texts; of a description only the largest edits."""
    lines = [
        line for change in news.changes for line in _differences(news.speech, change.before, change.after)
    ]
    edits = [edit for _, edit in by_edit(lines)]
    if news.change.kind is not Kind.DESCRIPTION or len(edits) <= _MOST_EDITS:
        return news.telling(lines, lead=_REGISTRY_WORDS)
    largest = sorted(edits, key=_size)[-_MOST_EDITS:]
    shown_lines = [line for edit in edits if edit in largest for line in edit]
    return news.telling(shown_lines, notes=[news.say(_MORE_EDITS)], lead=_REGISTRY_WORDS)


_REGISTRY_WORDS = n_("In the registry's words:")
#: As many edits of a long description are shown, the largest.
_MOST_EDITS = 2
_MORE_EDITS = n_("More of it changed: see the full record.")


def _differences(speech: Speech, before: Any, after: Any) -> Iterator[Line]:
    """Lines labelled moved, removed, added or changed; none where only the form differs."""
    old, new = (
        side if isinstance(side, str) else registry_words.value(speech, side) for side in (before, after)
    )
    found = criteria_difference(old, new)
    old_heads, new_heads = headings(old), headings(new)
    for each in found.moved:  # 'Moved: Prior chemotherapy, from Exclusion Criteria to Inclusion Criteria.'
        words, was, now = (
            Run(one_line(text), registry=True) for text in (each.line, each.before, each.after)
        )
        from_, to = speech.say("from"), speech.say("to")
        yield Line(speech.say("Moved"), (words, Run(f", {from_} "), was, Run(f" {to} "), now))
    for label, heads, lines in (
        (speech.say("Removed"), old_heads, found.removed),
        (speech.say("Added"), new_heads, found.added),
    ):
        for line in lines:
            yield Line(label, (*_head(heads, line), Run(one_line(line), registry=True)))
    for edited in found.changed:
        sides = edits(edited.before, edited.after)
        labels = _one_sided(speech, *sides) or (speech.say("Changed, before"), speech.say("Changed, now"))
        if sides[0]:
            yield Line(labels[0], (*_head(old_heads, edited.before), *sides[0]))
        if sides[1]:
            yield Line(labels[1], (*_head(new_heads, edited.after), *sides[1]))


def _head(heads: Mapping[str, str], line: str) -> tuple[Run, ...]:
    heading = one_line(heads.get(line, ""))
    return (Run(f"[{heading}] ", registry=True),) if heading else ()


@lru_cache(maxsize=256)  # as whole texts are compared once for all languages
def edits(before: str, after: str) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """Both versions of a text with the edited words marked; of a long one only these, with some words around them, and
    nothing of a version that has none.
    """
    line = changed_line(shown(before), shown(after))
    sides = _whole_words(line.before_runs), _whole_words(line.after_runs)
    if not any(run.changed for runs in sides for run in runs):
        sides = line.before_runs, line.after_runs  # signs alone
    if max(len(before), len(after)) <= LONG:
        return _marked(sides[0], Mark.GONE), _marked(sides[1], Mark.CAME)
    was, now = (
        _marked(runs, mark, long=True) if any(run.changed for run in runs) else ()
        for runs, mark in zip(sides, (Mark.GONE, Mark.CAME), strict=True)
    )
    return was, now


#: Signs that belong to the word before, or the word behind.
_TRAILING, _LEADING = ".,;:)]", ",;:(["


def _whole_words(runs: Iterable[EditedRun]) -> tuple[EditedRun, ...]:
    """The same runs, edited ones without what hangs on the words around them."""
    found: list[EditedRun] = []
    for run in runs:
        core = run.text.lstrip(_TRAILING + " ").rstrip(_LEADING + " ") if run.changed else ""
        if not run.changed or core == run.text:
            found.append(run)
            continue
        start = run.text.index(core) if core else len(run.text)
        parts = run.text[:start], core, run.text[start + len(core) :]
        found += [EditedRun(part, part is core) for part in parts if part]
    return tuple(found)


def _one_sided(speech: Speech, was: tuple[Run, ...], now: tuple[Run, ...]) -> tuple[str, str] | None:
    """The labels of both sides where words only came, or only went; None where both happened."""
    return None if was and now else (speech.say("Words taken out"), speech.say("Words put in"))


def _marked(runs: Iterable[Any], mark: Mark, *, long: bool = False) -> tuple[Run, ...]:
    pieces: list[tuple[str, bool]] = []
    for run in runs:
        text, changed = run.text, run.changed
        if len(pieces) > 1 and changed and not any(map(str.isalnum, pieces[-1][0])):
            text = pieces.pop()[0] + text  # between two edited stretches stands no word: they are one
        if pieces and pieces[-1][1] is changed:
            text = pieces.pop()[0] + text
        pieces.append((text, changed))
    edited = sum(len(text) for text, changed in pieces if changed)
    anew = edited > ANEW * sum(len(text) for text, _ in pieces)
    found: list[Run] = []
    for place, (text, changed) in enumerate(pieces):
        if not long:
            said = text
        elif changed:
            said = _between(text, MOST_EDITED - 1, 0)
        else:
            said = _between(text, AROUND if place else 0, AROUND if place < len(pieces) - 1 else 0)
        core = one_line(said)  # the words are marked, and not the spaces at both ends
        head = " " if said[:1].isspace() or (said and not core) else ""
        tail = " " if core and said[-1].isspace() else ""
        words = Run(core, registry=True, mark=mark if changed and not anew else Mark.PLAIN)
        found += [Run(head), words, Run(tail)]
    return tuple(run for run in found if run.text)


def _between(text: str, first: int, last: int) -> str:
    """The first and the last words of a text, with an ellipsis for what is left out."""
    words = text.split()
    if len(words) <= first + last + 1:
        return text
    head, tail = " ".join(words[:first]), " ".join(words[len(words) - last :])
    start, end = " " if text[0].isspace() else "", " " if text[-1].isspace() else ""
    return start + " ".join(filter(None, (head, "…", tail))) + end


def in_short(text: str) -> str:
    """The first words of a text; the full record has the rest."""
    words = text.split(" ")
    return " ".join(words if len(words) <= MOST_EDITED else [*words[:MOST_EDITED], "…"])


def by_edit(lines: Sequence[Line]) -> Iterator[tuple[object, tuple[Line, ...]]]:
    """The lines of each edit, and by what it is known elsewhere: the words that went and came, or the lines themselves
    where these are no words that tell.
    """
    rest = list(lines)
    while rest:
        line = rest.pop(0)
        marks = {run.mark for run in line.runs} - {Mark.PLAIN}
        pair = marks == {Mark.GONE} and rest and any(run.mark is Mark.CAME for run in rest[0].runs)
        edit = (line, rest.pop(0)) if pair else (line,)
        words = [(run.mark, run.text) for each in edit for run in each.runs if run.mark is not Mark.PLAIN]
        tell = any(" " in text or any(map(str.isdigit, text)) or text[1:].isupper() for _, text in words)
        yield tuple(words) if tell else edit, edit


def _size(edit: Sequence[Line]) -> int:
    runs = [run for line in edit for run in line.runs]
    return sum(len(run.text) for run in runs if run.mark is not Mark.PLAIN) or sum(
        len(run.text) for run in runs
    )


# --- entries of lists, and fields ------------------------------------------------------------------------------

#: Of as many entries that were edited alike the names are said; of more, how many there are.
MOST_NAMED = 2
#: From this share of marked signs on, a text that can be shown whole has no marks.
MOST_MARKED = 0.6
_COUNTED = {
    Kind.PRIMARY_OUTCOME_REWORDED: nn_("%(number)s main measure", "%(number)s main measures"),
    Kind.SECONDARY_OUTCOME_REWORDED: nn_("%(number)s further measure", "%(number)s further measures"),
    Kind.ARM_CHANGED: nn_("%(number)s group of participants", "%(number)s groups of participants"),
    Kind.INTERVENTION_CHANGED: nn_("%(number)s treatment", "%(number)s treatments"),
}
_ANY = nn_("%(number)s line", "%(number)s lines")


#: Where one kind is read at several paths, a line must say which part of the record it is about.
_NAMED_FIELDS = frozenset({
    Kind.AGE_LIMITS, Kind.SEX, Kind.TITLE, Kind.DESIGN, Kind.DESIGN_DETAILS, Kind.EXPANDED_ACCESS,
    Kind.ADMINISTRATIVE, Kind.DATA_SHARING, Kind.RESULTS_DATES, Kind.RESULTS_DELAYED, Kind.OTHER,
    Kind.RESULTS_UPDATED,
})  # fmt: skip

#: Our words for the parts of a record that change most.
_PARTS = labels("part")
#: "2L", "2/3L"
_LINE_OF_TREATMENT = re.compile(r"\b[1-5](?:[/-][1-5])*L\b")
_A_LINE = n_(
    "A number with an L is a line of treatment: the first, the second, and so on. A slash (/) means “or”."
)


def plain(news: News) -> Telling:
    """What came and what went, entry by entry and field by field."""
    lines = _of_entries(news, [change for change in news.changes if _is_entry(change)])
    for change in news.changes:
        if _is_entry(change):
            continue
        sides, name = (change.before, change.after), change.path.rpartition(".")[2]
        if change.kind in _NAMED_FIELDS and not (change.kind is Kind.TITLE and len(news.told) == 1):
            part = news.say(_PARTS[name]) if name in _PARTS else registry_words.field(name)
            lines.append(Line(news.say("Part of the record"), (Run(part, registry=name not in _PARTS),)))
        if any(map(is_date, sides)):
            labels = news.say("Before"), news.say("Now")
            dates = (said_date(news.speech, side) for side in sides)
            lines += starmap(ours, zip(labels, dates, strict=True))
        elif not any(isinstance(side, str) and side.startswith("sha256:") for side in sides):
            lines += _field(news.speech, *sides, name)
    sides_of_all = [side for change in news.changes for side in (change.before, change.after)]
    worded = any(isinstance(side, (str, dict)) for side in sides_of_all)
    telling = news.telling(lines, lead=_REGISTRY_WORDS if worded else "")
    if any(_LINE_OF_TREATMENT.search(run.text) for line in lines for run in line.runs):
        telling = replace(telling, notes=(*telling.notes, news.say(_A_LINE)))
    return telling


def _is_entry(change: Change) -> bool:
    """Whether it is an entry of a list, or a structure, of which only what differs is told."""
    sides = change.before, change.after
    return change.path in LISTS or (
        any(isinstance(side, dict) for side in sides) and not any(map(is_date, sides))
    )


class _Edit(NamedTuple):
    """What was done to one key of an entry; of a long text the words that came and went, so that equal edits are equal."""

    key: str
    gone: str
    came: str


def _of_entries(news: News, changes: Sequence[Change]) -> list[Line]:
    lines: list[Line] = []
    for label, side in ((news.say("Removed"), "before"), (news.say("Added"), "after")):
        came = [getattr(change, side) for change in changes if None in (change.before, change.after)]
        names = [one_line(each) for each in came if isinstance(each, str)]
        lines += [theirs(label, "; ".join(names))] if names else []
        entries = [
            registry_words.entry(news.speech, each) for each in came if each and not isinstance(each, str)
        ]
        lines += [theirs(label, in_short(entry)) for entry in entries]
    done: dict[_Edit, list[tuple[tuple[Kind, str], tuple[Any, Any]]]] = {}
    for change in changes:
        if None not in (change.before, change.after):
            for key, *sides in _edited_keys(change.before, change.after):
                who = change.kind, _name(change)
                done.setdefault(_edit(key, *sides), []).append((who, (sides[0], sides[1])))
    alike: dict[tuple[tuple[Kind, str], ...], list[_Edit]] = {}
    for edit, entries_edited in done.items():
        alike.setdefault(tuple(who for who, _ in entries_edited), []).append(edit)
    for all_of_them, what in alike.items():
        lines += _about(news, all_of_them, among=len(alike) > 1)
        for edit in what:
            first, *others = (_field(news.speech, *sides, edit.key, headed=True) for _, sides in done[edit])
            lines += first if all(other == first for other in others) else map(_bare, first)
    return lines


def _edited_keys(before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        yield "", before, after
        return
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key) and key not in registry_words.UNSAID:
            yield key, before.get(key), after.get(key)


def _edit(key: str, before: Any, after: Any) -> _Edit:
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > LONG:
        gone, came = (
            " ".join(run.text for run in runs if run.mark is not Mark.PLAIN) for runs in edits(before, after)
        )
        if gone or came:
            return _Edit(key, gone, came)
    return _Edit(key, str(before), str(after))


def _name(change: Change) -> str:
    """What the entry is called; empty where that was edited, and so is told."""
    sides = change.before, change.after
    names = [registry_words.name(one) if isinstance(one, Mapping) else "" for one in sides]
    return names[1] if names[0] == names[1] else ""


def _about(news: News, who: Sequence[tuple[Kind, str]], *, among: bool) -> list[Line]:
    """Whom an edit is about: 'Overall survival', or '3 main measures, 20 further measures'. among: it is one of several."""
    names = [name for _, name in who if name]
    if len(who) <= MOST_NAMED and (names or not among):
        return [theirs(news.say("About"), "; ".join(names))] if names else []
    numbers = Counter(kind for kind, _ in who)
    news.numbers.extend(map(news.speech.number, numbers.values()))
    said = [news.speech.count(*_COUNTED.get(kind, _ANY), number) for kind, number in numbers.items()]
    return [ours(news.say("About"), ", ".join(said))]


def _bare(line: Line) -> Line:
    """The edited words alone: those around them are another one's in each of several texts."""
    runs = dict.fromkeys(run for run in line.runs if run.mark is not Mark.PLAIN)
    gap = Run(" … ")
    return Line(line.label, tuple(each for run in runs for each in (gap, run))[1:]) if runs else line


def _field(speech: Speech, before: Any, after: Any, key: str, *, headed: bool = False) -> list[Line]:
    """What stood at a key of a record, and what stands there now. headed: it is named where that is not plain, and of two
    lists only what differs is said.
    """
    head = f"{registry_words.field(key)}: " if headed and not registry_words.is_text(key) else ""
    if headed and isinstance(before, list) and isinstance(after, list):
        before, after = (
            [one for one in before if one not in after],
            [one for one in after if one not in before],
        )
    whole = _said(speech, before, key), _said(speech, after, key)
    sides = whole
    if isinstance(before, str) and isinstance(after, str) and min(len(before), len(after)) > SHORT:
        sides = edits(before, after)
        # So much of a shorter text may be marked that it reads better whole.
        if max(len(before), len(after)) <= LONG and any(
            sum(len(run.text) for run in runs if run.mark is not Mark.PLAIN)
            > MOST_MARKED * max(1, sum(len(run.text) for run in runs))
            for runs in sides
        ):
            sides = whole
    labels = speech.say("Removed"), speech.say("Added")
    if all(whole):
        labels = _one_sided(speech, *sides) or (speech.say("Before"), speech.say("Now"))
    heading = (Run(head, registry=True),) if head else ()
    return [Line(label, (*heading, *runs)) for label, runs in zip(labels, sides, strict=True) if runs]


def _said(speech: Speech, value: Any, key: str) -> tuple[Run, ...]:
    if isinstance(value, bool):
        return (Run(speech.say("Yes") if value else speech.say("No")),)
    said = registry_words.value(speech, value, key)
    return (Run(said, registry=True),) if said else ()
