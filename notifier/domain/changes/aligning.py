"""Lays two sequences side by side, as far as that is worth its while. Everything that compares foreign text goes through here.

The usual way takes the square, or the cube, of what it is given: one record of a single word, again and again, would keep
a machine for minutes. So each comparison has an effort, counted in steps and not in seconds, which makes the same record
give the same mail on every machine; where it is used up, what is left is not compared but taken as wholly different.
"""

from collections.abc import Sequence
from difflib import Match, SequenceMatcher
from itertools import accumulate

#: About half a second. The hardest of the real records that we know takes a tenth of it.
MOST_STEPS = 4_000_000


class Effort:
    """How much may still be spent on one list, or one text."""

    def __init__(self, steps: int | None = None) -> None:
        self.left = MOST_STEPS if steps is None else steps

    def spend(self, steps: int) -> bool:
        """Whether there is as much; then it is spent."""
        if steps > self.left:
            self.left = 0
            return False
        self.left -= steps
        return True


class _TooMuchError(Exception):
    """The effort is used up."""


class _Counted(SequenceMatcher[str]):
    """Counts beforehand how many places each search will look at."""

    def __init__(self, ours: Sequence[str], theirs: Sequence[str], effort: Effort) -> None:
        self._effort = effort
        super().__init__(None, ours, theirs, autojunk=False)
        places = self.b2j  # type: ignore[attr-defined]  # documented, and not in the stubs
        self._until = [0, *accumulate(1 + len(places.get(one, ())) for one in ours)]

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        end = len(self._until) - 1 if ahi is None else ahi
        if not self._effort.spend(self._until[end] - self._until[alo]):
            raise _TooMuchError
        return super().find_longest_match(alo, ahi, blo, bhi)


def share(ours: Sequence[str], theirs: Sequence[str], effort: Effort) -> float:
    """How much two sequences have in common, in its order, from 0 to 1; 0 where that takes too much effort."""
    if not effort.spend(len(ours) + len(theirs)):
        return 0.0
    try:
        return _Counted(ours, theirs, effort).ratio()
    except _TooMuchError:
        return 0.0


def steps(
    ours: Sequence[str], theirs: Sequence[str], effort: Effort
) -> list[tuple[bool, int, int, int, int]]:
    """Which parts are equal, as `SequenceMatcher.get_opcodes`; where that takes too much, only what both begin and end with."""
    if effort.spend(len(ours) + len(theirs)):
        try:
            found = _Counted(ours, theirs, effort).get_opcodes()
            return [(kind == "equal", i, j, k, m) for kind, i, j, k, m in found]
        except _TooMuchError:
            pass
    start, end = same_ends(ours, theirs)
    mine, yours = len(ours), len(theirs)
    parts = [
        (True, 0, start, 0, start),
        (False, start, mine - end, start, yours - end),
        (True, mine - end, mine, yours - end, yours),
    ]
    return [part for part in parts if part[2] > part[1] or part[4] > part[3]]


def same_ends(ours: Sequence[object], theirs: Sequence[object]) -> tuple[int, int]:
    """How many are the same before the first that is not, and behind the last."""
    shorter = min(len(ours), len(theirs))
    start = next((place for place in range(shorter) if ours[place] != theirs[place]), shorter)
    left = range(1, shorter - start + 1)
    return start, next((place - 1 for place in left if ours[-place] != theirs[-place]), shorter - start)
