"""Longer texts, old against new: which lines came, went or were edited, with the edited words marked (W8).

A rule means the opposite under "Inclusion Criteria" and under "Exclusion Criteria", so each line is shown with the
heading under which it stands. Of a long text only what was edited is shown, with some words around it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from notifier.domain.changes import TAKES_NOBODY, Kind, criteria_difference
from notifier.domain.changes.criteria import EditedRun, MovedLine, changed_line, headings
from notifier.domain.letter import Told
from notifier.domain.study import Study
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.registry_words import value
from notifier.domain.wording.sentences import SENTENCES
from notifier.domain.wording.shapes import Line, Mark, Run, Telling
from notifier.domain.wording.speech import Speech, one_line, shown

LONG = 160  # characters; a shorter text is shown whole
SHORT = 40  # characters; in a shorter text nobody needs marks
AROUND = 8  # words
MOST_EDITED = 60  # words in a row that came or went, and of an entry of a list
#: From this share of new words on, marks say nothing.
ANEW = 0.8


def differences(speech: Speech, before: Any, after: Any) -> tuple[Line, ...]:
    """Lines labelled removed, added or changed; empty where only the form differs."""
    old, new = _text(speech, before), _text(speech, after)
    found = criteria_difference(old, new)
    old_heads, new_heads = headings(old), headings(new)
    gone = [_line(speech.say("Removed"), old_heads, line) for line in found.removed]
    came = [_line(speech.say("Added"), new_heads, line) for line in found.added]
    edited: list[Line] = []
    for line in found.changed:
        was, now = edits(line.before, line.after)
        labels = one_sided(speech, was, now) or (speech.say("Changed, before"), speech.say("Changed, now"))
        for label, heads, text, runs in (
            (labels[0], old_heads, line.before, was),
            (labels[1], new_heads, line.after, now),
        ):
            if runs:
                edited.append(Line(label, (*_head(heads, text), *runs)))
    moved = [_moved(speech, line) for line in found.moved]
    return (*moved, *gone, *came, *edited)


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


def one_sided(speech: Speech, was: tuple[Run, ...], now: tuple[Run, ...]) -> tuple[str, str] | None:
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
        found += _spaced(said, mark if changed and not anew else Mark.PLAIN)
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


def _moved(speech: Speech, line: MovedLine) -> Line:
    """'Moved: Prior chemotherapy, from Exclusion Criteria to Inclusion Criteria.'"""
    words, before, after = (
        Run(one_line(text), registry=True) for text in (line.line, line.before, line.after)
    )
    said = speech.say("Moved"), speech.say("from"), speech.say("to")
    return Line(said[0], (words, Run(f", {said[1]} "), before, Run(f" {said[2]} "), after))


def _text(speech: Speech, anything: Any) -> str:
    return anything if isinstance(anything, str) else value(speech, anything)


def _line(label: str, heads: Mapping[str, str], line: str) -> Line:
    return Line(label, (*_head(heads, line), Run(one_line(line), registry=True)))


def _head(heads: Mapping[str, str], line: str) -> tuple[Run, ...]:
    heading = one_line(heads.get(line, ""))
    return (Run(f"[{heading}] ", registry=True),) if heading else ()


def _spaced(text: str, mark: Mark) -> tuple[Run, ...]:
    """The words, marked, and the spaces at both ends, which are not."""
    core = one_line(text)
    if not core:
        return (Run(" " if text else ""),)
    head = " " if text[0].isspace() else ""
    tail = " " if text[-1].isspace() else ""
    return Run(head), Run(core, registry=True, mark=mark), Run(tail)


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


def size(edit: Sequence[Line]) -> int:
    """How many signs of it came or went."""
    runs = [run for line in edit for run in line.runs]
    return sum(len(run.text) for run in runs if run.mark is not Mark.PLAIN) or sum(
        len(run.text) for run in runs
    )


def title(speech: Speech, study: Study, told: Sequence[Told], source: str, telling: Telling) -> Telling:
    """Title, short name, or both; where the name of a condition came or went, that may matter to people."""
    parts = {one.change.path.rpartition(".")[2] for one in told}
    if "acronym" in parts:
        headline, means = _NAMES[len(parts) > 1]
        telling = replace(telling, headline=speech.say(headline), means=speech.say(means, source=source))
    edited = [
        set(str(side or "").casefold().split())
        for one in told
        for side in (one.change.before, one.change.after)
    ]
    named = set(" ".join(study.conditions).casefold().split())
    if study.overall_status in TAKES_NOBODY or not any(
        len(word) >= _LONG_NAME
        for a, b in zip(edited[::2], edited[1::2], strict=True)
        for word in (a ^ b) & named
    ):
        return telling
    return replace(telling, notes=(speech.say(_OTHER_CONDITION),), asks=SENTENCES[Kind.CONDITIONS].asks)


_OTHER_CONDITION = n_("The title names the condition in other words than before.")
_NAMES = (
    (
        n_("The short name of a study you follow changed."),
        n_("%(source)s the short name of this study changed."),
    ),
    (
        n_("The title of a study you follow changed."),
        n_("%(source)s the title and the short name of this study changed."),
    ),
)
_LONG_NAME = 8  # letters; shorter words of a condition's name stand in many names
