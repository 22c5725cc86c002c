"""Two versions of the eligibility text, criterion by criterion: added, removed, changed, and which words changed."""

import re
from collections import Counter

import msgspec

from notifier.domain.changes import form
from notifier.domain.changes.aligning import Effort, share, steps
from notifier.domain.changes.pairing import Leftovers

_MARK = re.compile(r"^\s*(?:[-*•·◦‣▪●○■□➢✓]\s+|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]\s+)*")
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_SIGNS = re.compile(r"\w+|[^\w\s]")


class Run(msgspec.Struct, frozen=True):
    """Some words of a line; changed: whether the other version of the line does not have them."""

    text: str
    changed: bool = False


class ChangedLine(msgspec.Struct, frozen=True):
    """A criterion that was edited: both versions in full, and both cut into runs that join to them again."""

    before: str
    after: str
    before_runs: tuple[Run, ...]
    after_runs: tuple[Run, ...]


class CriteriaDifference(msgspec.Struct, frozen=True):
    """What differs between two eligibility texts, in the order in which it stands there. Lines are full, without bullets."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[ChangedLine, ...] = ()


def criteria_difference(before: str | None, after: str | None) -> CriteriaDifference:
    """Compare two eligibility texts line by line. Bullets, numbering, order and white space make no difference.

    A line is reported as changed when it and its new version share most words; otherwise as removed and added.
    """
    old, new = _lines(before), _lines(after)
    left = Leftovers(*_unshared(old, new))
    left.match_alike(lambda mine, yours: share(mine.words, yours.words, left.effort))
    changed = sorted(left.pairs, key=lambda pair: new.index(pair[1]))
    effort = Effort()
    return CriteriaDifference(
        added=tuple(line.shown for line in left.new),
        removed=tuple(line.shown for line in left.gone),
        changed=tuple(_changed_line(mine.shown, yours.shown, effort) for mine, yours in changed),
    )


class _Line(msgspec.Struct, frozen=True):
    shown: str
    compared: str
    words: tuple[str, ...]


def _lines(text: str | None) -> list[_Line]:
    shown = (_MARK.sub("", line).strip() for line in (text or "").splitlines())
    return [_line(line) for line in shown if line]


def _line(shown: str) -> _Line:
    bare = form.text(shown)
    return _Line(form.unescaped(shown), bare, tuple(_SIGNS.findall(bare.casefold())))


def _unshared(old: list[_Line], new: list[_Line]) -> tuple[list[_Line], list[_Line]]:
    ours, theirs = Counter(line.compared for line in old), Counter(line.compared for line in new)
    return _beyond(old, theirs), _beyond(new, ours)


def _beyond(lines: list[_Line], others: Counter[str]) -> list[_Line]:
    """The lines that the other version does not have, or not as often."""
    left = others.copy()
    left.subtract(line.compared for line in lines)
    surplus = Counter({line: -count for line, count in left.items() if count < 0})
    kept = []
    for line in reversed(lines):
        if surplus[line.compared] > 0:
            surplus[line.compared] -= 1
            kept.append(line)
    return kept[::-1]


def _changed_line(before: str, after: str, effort: Effort) -> ChangedLine:
    ours, theirs = _WORDS.findall(before), _WORDS.findall(after)
    parts = steps(ours, theirs, effort)
    return ChangedLine(
        before,
        after,
        tuple(Run("".join(ours[i:j]), not same) for same, i, j, _, _ in parts if j > i),
        tuple(Run("".join(theirs[i:j]), not same) for same, _, _, i, j in parts if j > i),
    )
