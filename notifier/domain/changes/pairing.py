"""Which entry of the old list is which of the new one, in lists without ids. In doubt, none: a pair is a claim.

Everything that compares foreign text goes through here. The usual way takes the square, or the cube, of what it is given: one
record of a single word, again and again, would keep a machine for minutes. So each comparison has an effort, counted in steps
and not in seconds, so that the same record gives the same mail on every machine; where it is used up, what is left is not
compared but taken as wholly different.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from difflib import Match, SequenceMatcher
from itertools import accumulate
from typing import Any

from notifier.domain.changes.form import for_short, text

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


#: From this share of common words on, two texts speak of the same thing.
ALIKE = 0.6
#: From this share of common characters on, two long texts are one text that was edited.
EDITED = 0.9
_LONG = 40  # characters
#: Longer names and texts are not remembered; no place or treatment has so long a name.
_NAME, _SHORT_TEXT = 200, 5_000  # characters
_FEWEST_TELLING = 3  # words
#: Comparing everything with everything stops here; beyond, only equal names pair.
_MOST_COMPARISONS = 900

_WORD = re.compile(r"\w+")
#: Words that most measures share, and that so say nothing about which is which.
COMMON_WORDS = frozenset(
    _WORD.findall(
        "a an and as at by change for from in incidence is mean number of on or participant participants patient "
        "patients percent percentage proportion rate score subjects the time to up with within baseline "
        "day days week weeks month months year years center centre clinic hospital medical research university"
    )
)


def fold(value: Any) -> str:
    """A name without capitals, accents, punctuation and spare blanks."""
    return _folded(str(value or ""))


@for_short(_NAME, 8192)
def _folded(name: str) -> str:
    plain = name.casefold()
    if not plain.isascii():
        parts = unicodedata.normalize("NFKD", plain)
        plain = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return " ".join(_WORD.findall(plain))


#: Punctuation between words; signs that carry a meaning, and points inside numbers, are no such thing.
_POINTS = re.compile(r"[;:'\"()\s-]|[.,](?!\d)|(?<!\d)[.,]")
#: All signs that may be such, and the blank, which is all the white space that bare text has.
_ALL_POINTS = dict.fromkeys(map(ord, " ;:'\"()-.,"))


def same_words(mine: Any, yours: Any) -> bool:
    """Whether two texts differ in capitals and punctuation only; `<` and `>`, or 1.5 and 15, are not the same."""
    if not (isinstance(mine, str) and isinstance(yours, str)):
        return False
    ours, theirs = text(mine).casefold(), text(yours).casefold()
    if ours.translate(_ALL_POINTS) != theirs.translate(_ALL_POINTS):
        return False  # most are told apart by this, which costs little
    return _POINTS.sub("", ours) == _POINTS.sub("", theirs)


_SIGNS = re.compile(r"[^\w\s]")
_LONG_WORD, _BEGINNING, _MOST_RESPELLED = 7, 3, 3  # letters; and words


def is_respelled(mine: Any, yours: Any) -> bool:
    """Whether one letter is another, more or missing in a long word or a few: zolacaptagene, zolacabtagene. A word's first
    letters may tell its opposite (typical, atypical).
    """
    if not (isinstance(mine, str) and isinstance(yours, str)):
        return False
    ours, theirs = fold(mine).split(), fold(yours).split()
    if _SIGNS.findall(mine) != _SIGNS.findall(yours) or len(ours) != len(theirs):
        return False
    moved = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
    for a, b in moved:
        shorter, longer = sorted((a, b), key=len)
        if len(shorter) < _LONG_WORD or a[:_BEGINNING] != b[:_BEGINNING] or not (a + b).isalpha():
            return False
        pairs = enumerate(zip(shorter, longer, strict=False))
        same = next((at for at, (x, y) in pairs if x != y), len(shorter))
        if longer[same + 1 :] != shorter[same + (len(shorter) == len(longer)) :]:
            return False
    return 0 < len(moved) <= _MOST_RESPELLED


def same_name(mine: Any, yours: Any) -> bool:
    """Whether two names are one, spelled otherwise: nearly all letters are the same, and all figures. Signs that a wrong
    encoding made of a letter, and blanks within words, make no other name.
    """
    ours, theirs = (fold(each).replace(" ", "") for each in (mine, yours))
    figures = ("".join(filter(str.isdigit, each)) for each in (ours, theirs))
    return len(set(figures)) == 1 and shares_signs(ours, theirs, EDITED, Effort())


class Leftovers:
    """What two lists do not share, while its entries are matched to one another."""

    def __init__(self, gone: Iterable[Any], new: Iterable[Any]) -> None:
        self._gone = dict(enumerate(gone))
        self._new = dict(enumerate(new))
        self.pairs: list[tuple[Any, Any]] = []
        self.effort = Effort()

    @property
    def gone(self) -> list[Any]:
        """Entries of the old list that have no partner, in its order."""
        return list(self._gone.values())

    @property
    def new(self) -> list[Any]:
        """Entries of the new list that have no partner, in its order."""
        return list(self._new.values())

    def match(self, key: Callable[[Any], Hashable], agree: Callable[[Any, Any], bool] | None = None) -> None:
        """Pair entries that have a key (None is no key) which is the only one of its sort on both sides."""
        for group, others in self._groups(key):
            mine, yours = group[0], others[0]
            if len(group) == len(others) == 1 and (
                agree is None or agree(self._gone[mine], self._new[yours])
            ):
                self._pair(mine, yours)

    def match_twins(self, key: Callable[[Any], Hashable], order: Callable[[Any], Any]) -> None:
        """Pair entries that share a key with as many on the other side; `order` says which goes with which."""
        for group, others in self._groups(key):
            if len(group) == len(others):
                if len(group) > 1:
                    group.sort(key=lambda place: order(self._gone[place]))
                    others.sort(key=lambda place: order(self._new[place]))
                for mine, yours in zip(group, others, strict=True):
                    self._pair(mine, yours)

    def match_alike(self, likeness: Callable[[Any, Any], float]) -> None:
        """Pair the most alike first; two partners that are equally alike stay apart."""
        if len(self._gone) * len(self._new) > _MOST_COMPARISONS:
            return
        scored = [
            (likeness(ours, theirs), mine, yours)
            for mine, ours in self._gone.items()
            for yours, theirs in self._new.items()
        ]
        scored = sorted((each for each in scored if each[0] >= ALIKE), key=lambda each: -each[0])
        for score, mine, yours in scored:
            if mine not in self._gone or yours not in self._new:
                continue
            # One of the two may be just as like another free one that says something else.
            rivals = (
                (a == mine and b in self._new and self._new[b] != self._new[yours])
                or (b == yours and a in self._gone and self._gone[a] != self._gone[mine])
                for other, a, b in scored
                if other == score
            )
            if not any(rivals):
                self._pair(mine, yours)

    def match_best(self, likeness: Callable[[Any, Any], float], least: float) -> None:
        """Pair those of which each is the other's only best, from this likeness on."""
        if len(self._gone) * len(self._new) > _MOST_COMPARISONS:
            return
        scores = {
            (mine, yours): score
            for mine, ours in self._gone.items()
            for yours, theirs in self._new.items()
            if (score := likeness(ours, theirs)) >= least
        }
        for (mine, yours), score in scores.items():
            rivals = (other for (a, b), other in scores.items() if (a == mine) != (b == yours))
            if score > max(rivals, default=0.0):
                self._pair(mine, yours)

    def _groups(self, key: Callable[[Any], Hashable]) -> list[tuple[list[int], list[int]]]:
        if not (self._gone and self._new):
            return []
        theirs = _places(self._new, key)
        return [(group, theirs[name]) for name, group in _places(self._gone, key).items() if name in theirs]

    def _pair(self, mine: int, yours: int) -> None:
        self.pairs.append((self._gone.pop(mine), self._new.pop(yours)))


def _places(entries: dict[int, Any], key: Callable[[Any], Hashable]) -> dict[Hashable, list[int]]:
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for place, each in entries.items():
        if (name := key(each)) is not None:
            groups[name].append(place)
    return groups


def common_words(mine: str, yours: str, effort: Effort) -> float:
    """The share of telling words that two texts have in common, from 0 to 1; 0 where that takes too much effort."""
    if not effort.spend((len(mine) + len(yours)) // 8):
        return 0.0
    ours, theirs = _telling(mine), _telling(yours)
    both = (ours & theirs).total()
    return 2 * both / max(1, ours.total() + theirs.total())


@for_short(_SHORT_TEXT, 1024)  # each text of a list is compared with many others
def _telling(value: str) -> Counter[str]:
    words = fold(value).split()
    telling = [word for word in words if word not in COMMON_WORDS and not word.isdigit()]
    return Counter(telling or words)


def holds_the_other(mine: str, yours: str) -> bool:
    """Whether one of two texts has all telling words of the other, which has some: it only says more of it, or less."""
    ours, theirs = set(_telling(mine)), set(_telling(yours))
    return min(len(ours), len(theirs)) >= _FEWEST_TELLING and (ours <= theirs or theirs <= ours)


def is_edit_of(mine: str, yours: str, effort: Effort) -> bool:
    """Whether two long texts are one that was edited here and there."""
    return min(len(mine), len(yours)) >= _LONG and shares_signs(mine, yours, EDITED, effort)


def shares_signs(mine: str, yours: str, least: float, effort: Effort) -> bool:
    """Whether two texts have at least this share of their characters in common, in their order."""
    length = len(mine) + len(yours)
    if not effort.spend(length // 8):
        return False
    # No more can be shared than the shorter has, and than there are of each sign; both are told quickly.
    if 2 * min(len(mine), len(yours)) / length < least:
        return False
    if 2 * (_signs(mine) & _signs(yours)).total() / length < least:
        return False
    return share(mine, yours, effort) >= least


@for_short(_SHORT_TEXT, 256)
def _signs(value: str) -> Counter[str]:
    return Counter(value)
