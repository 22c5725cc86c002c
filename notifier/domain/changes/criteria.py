"""Two versions of the eligibility text, criterion by criterion: added, removed, changed, and which words changed."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from notifier.domain.changes import form
from notifier.domain.changes.pairing import Effort, Leftovers, share, steps

_MARK = re.compile(r"^\s*(?:[-*•·◦‣▪●○■□➢✓]\s+|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]\s+)*")
#: The heading of a part of the criteria, in its first group.
HEADING = re.compile(r"(?i)\W*((?:[\w ]{0,30}\b)?(?:inclusion|exclusion)(?: criteria)?(?: \([^)]*\))?)\W*")
LONGEST_HEADING = 200  # characters
#: From this share of common words on, a line may be a rewritten one, if nothing else is as like.
LIKELY = 0.4
MOST_WITH_RARE = 2  # lines
SHORTEST_RARE = 4  # characters
#: A word with what is glued to it, such as 2.5, and/or, PD-L1: half of it marked reads as a slip.
_WORDS = re.compile(r"\s+|\w+(?:(?:[/'\u2019+-]|(?<=\d)[.,](?=\d))\w+)*|[^\w\s]")
_SIGNS = re.compile(r"\w+|[^\w\s]")


class EditedRun(msgspec.Struct, frozen=True):
    """Some words of a line; changed: whether the other version of the line does not have them."""

    text: str
    changed: bool = False


class ChangedLine(msgspec.Struct, frozen=True):
    """A criterion that was edited: both versions in full, and both cut into runs that join to them again."""

    before: str
    after: str
    before_runs: tuple[EditedRun, ...]
    after_runs: tuple[EditedRun, ...]


class MovedLine(msgspec.Struct, frozen=True):
    """A criterion that stands under the other heading now, with both headings: it means the opposite."""

    line: str
    before: str
    after: str


class CriteriaDifference(msgspec.Struct, frozen=True):
    """What differs between two eligibility texts, in the order in which it stands there. Lines are full, without bullets."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[ChangedLine, ...] = ()
    moved: tuple[MovedLine, ...] = ()


@lru_cache(maxsize=64)  # it is told in several languages, and to compare takes longer than to tell
def criteria_difference(before: str | None, after: str | None) -> CriteriaDifference:
    """Compare two eligibility texts line by line. Bullets, numbering, order and white space make no difference.

    A line is reported as changed when it and its new version share most words, or when each is the other's best and they
    share a rare one; otherwise as removed and added. One that went from the inclusion to the exclusion criteria, or
    back, is reported as moved.
    """
    old, new = _lines(before), _lines(after)
    ours, theirs = (Counter(line.compared for line in lines) for lines in (old, new))
    left = Leftovers(_beyond(old, theirs), _beyond(new, ours))
    left.match_alike(lambda mine, yours: share(mine.words, yours.words, left.effort))
    rare = _rare(old) & _rare(new)
    left.match_best(
        lambda mine, yours: (
            share(mine.words, yours.words, left.effort)
            if mine.side == yours.side and not rare.isdisjoint({*mine.words} & {*yours.words})
            else 0.0
        ),
        LIKELY,
    )
    changed = sorted(left.pairs, key=lambda pair: new.index(pair[1]))
    effort = Effort()
    return CriteriaDifference(
        added=tuple(line.shown for line in left.new),
        removed=tuple(line.shown for line in left.gone),
        changed=tuple(changed_line(mine.shown, yours.shown, effort) for mine, yours in changed),
        moved=tuple(_moved(old, new)),
    )


class _Line(msgspec.Struct, frozen=True):
    shown: str
    compared: str
    words: tuple[str, ...]
    heading: str = ""  # as it is written

    @property
    def side(self) -> str:
        """Which of the two headings it stands under; empty where neither."""
        return next((word for word in ("inclusion", "exclusion") if word in self.heading.casefold()), "")

    @property
    def place(self) -> tuple[str, str]:
        return self.compared, self.side


@lru_cache(maxsize=4)  # both versions are compared, and then asked for their headings
def _lines(text: str | None) -> list[_Line]:
    found, heading = [], ""
    for each in (text or "").splitlines():
        shown = _MARK.sub("", each).strip()
        match = HEADING.fullmatch(form.unescaped(shown)) if len(shown) <= LONGEST_HEADING else None
        heading = match[1].strip() if match else heading
        if shown:
            bare = form.said(shown)
            found.append(
                _Line(form.unescaped(shown), bare, tuple(_SIGNS.findall(bare)), "" if match else heading)
            )
    return found


@lru_cache(maxsize=128)  # of both versions, as above
def headings(text: str | None) -> dict[str, str]:
    """For each line, as it is reported, the heading above it; those without one are left out."""
    return {line.shown: line.heading for line in _lines(text) if line.heading}


def _rare(lines: list[_Line]) -> set[str]:
    """Words of which few lines have one: they tell which rule a line is about."""
    counts = Counter(word for line in lines for word in {*line.words})
    return {word for word, count in counts.items() if count <= MOST_WITH_RARE and len(word) >= SHORTEST_RARE}


def _moved(old: list[_Line], new: list[_Line]) -> Iterator[MovedLine]:
    """The lines that both versions have, under the other heading; none where lines lost or found a heading, for then
    more was done to the headings than to the rules.
    """
    ours, theirs = (Counter(line.place for line in lines) for lines in (old, new))
    under = [{line for line, side in places if side} for places in (ours, theirs)]
    under_none = [{line for line, side in places if not side} for places in (ours, theirs)]
    if under[0] & under_none[1] or under[1] & under_none[0]:
        return
    gone = {line.place: line for line in old if ours[line.place] > theirs[line.place]}
    for line in new:
        other = {"inclusion": "exclusion", "exclusion": "inclusion"}.get(line.side)
        here = line.place
        if other and theirs[here] > ours[here] and (was := gone.pop((line.compared, other), None)):
            yield MovedLine(line.shown, was.heading, line.heading)


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


def changed_line(before: str, after: str, effort: Effort | None = None) -> ChangedLine:
    """A text that was edited, cut into what both versions share and what they do not."""
    ours, theirs = _WORDS.findall(before), _WORDS.findall(after)
    parts = steps(ours, theirs, effort or Effort())
    return ChangedLine(
        before,
        after,
        tuple(EditedRun("".join(ours[i:j]), not same) for same, i, j, _, _ in parts if j > i),
        tuple(EditedRun("".join(theirs[i:j]), not same) for same, _, _, i, j in parts if j > i),
    )
