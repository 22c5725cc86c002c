"""Names of conditions that are near to what somebody typed, where the registry finds no study for that. Pure.

Common names stand in a file; whoever asks adds those that the stored records use.
"""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from functools import cache
from pathlib import Path

from notifier.domain.study import folded

MOST = 3
NEAR_ENOUGH = 0.7
MOST_NAMES = 3_000  # that are compared: each takes some ten microseconds
_FILE = Path(__file__).parent / "condition_names.txt"


@cache
def common() -> tuple[str, ...]:
    """Common names of conditions, in the spelling that most studies use."""
    return tuple(_FILE.read_text(encoding="utf-8").split("\n")[:-1])


def nearest(typed: str, others: Iterable[str] = ()) -> tuple[str, ...]:
    """At most three names that are written nearly like this, or that are a part of it, the nearest first."""
    names = {" ".join(sorted(_words(name))): name for name in (*list(others)[:MOST_NAMES], *common())}
    # First each word as it is spelt in a name, then the whole as a name, in whatever order its words come.
    said = [_spelt(word) for word in _words(typed)]
    spelt = " ".join(sorted(said))
    if names.get(spelt, "").casefold() == typed.casefold():
        del names[spelt]
    near = get_close_matches(spelt, names, MOST, NEAR_ENOUGH)
    within = [name for name in names if len(name) > 3 and set(name.split()) < set(said)]
    within.sort(key=lambda name: SequenceMatcher(None, name, spelt).ratio(), reverse=True)
    return tuple(names[name] for name in dict.fromkeys([*near, *within]))[:MOST]


def _words(text: str) -> list[str]:
    return folded(text.replace("'", "").replace("\u2019", "")).split()


@cache
def _known_words() -> tuple[str, ...]:
    return tuple(sorted({word for name in common() for word in _words(name)}))


def _spelt(word: str) -> str:
    if len(word) < 4 or word in _known_words():
        return word
    return next(iter(get_close_matches(word, _known_words(), 1, 0.75)), word)
