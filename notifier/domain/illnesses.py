"""What else an illness is called, how its name is spelt, and which names are near to it. Pure; adds nothing by itself.

Two packaged tables: common names with those of our languages (`condition_names.tsv`), and the registry's thesaurus
(docs/data.md). Whoever asks adds the names that the stored records use.
"""

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import cache, lru_cache
from itertools import islice, product
from pathlib import Path

from notifier.domain.sheets import packaged
from notifier.domain.study import folded

MOST = 3
MOST_NEAR = 5
MOST_ALSO = 4
MOST_TRIED = 27  # ways to spell the words
NEAR_ENOUGH = 0.7
SPELT_ALIKE = 0.75
MOST_NAMES = 3_000  # that are compared: each takes some ten microseconds
TOO_WIDE = "cancer"  # to be offered to whoever wrote of which
OF_ANIMALS = "C22"  # trees of the thesaurus
LONGEST = 80  # characters of what is looked up
_COMMON = Path(__file__).parent / "condition_names.tsv"
_THESAURUS = Path(__file__).parent / "illnesses.bin"
#: What people leave out of a name.
_LEFT_OUT = ("", " disease", " syndrome", " cancer", " mellitus")


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be said of a name. name: in English, as most studies write it; empty: as it was typed. foreign: it was typed in
    another language; else, where there is a name, it was spelt otherwise. also: other names of it. near: wider and narrower ones.
    """

    name: str = ""
    foreign: bool = False
    also: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def offer(typed: str) -> Offer:
    """What else to look for, where it is the name of an illness, or nearly one."""
    if not (key := key_of(typed)) or len(typed) > LONGEST:
        return Offer()
    said, foreign = _common_name(key)
    spelt = typed if said or _concept(key) else _spelling(typed)
    if spelt != typed:
        said, foreign = _common_name(key_of(spelt))
    concept = _concept(key_of(said)) if said else None
    concept = concept or _concept(key_of(spelt))
    if not (said or concept):
        return Offer()
    others = [
        *((concept.name,) if concept else ()),
        *next((others for own, others, _ in _rows() if own == said), ()),
        *(concept.others if concept else ()),
    ]
    name = said or next((each for each in others if key_of(each) == key_of(spelt)), spelt)
    ours = [name, *others]
    # An accent alone makes a name of another language: 'cáncer'.
    if spelt == typed and not typed.isascii() and typed.casefold() not in map(str.casefold, ours):
        foreign = True
    # An abbreviation, or another name that the registry's search knows as well, is no wrong spelling.
    is_ours = spelt == typed and not foreign
    also = {key_of(each): each for each in reversed(ours)}
    same = also.pop(key, typed)
    if not is_ours:
        also.pop(key_of(name), None)
    said_in_turn = sorted(also.values(), key=ours.index)
    if is_ours and folded(same) != folded(typed):  # 'tumor' for 'tumour': not every search knows both
        said_in_turn.insert(0, same)
    return Offer(
        "" if is_ours else name, foreign and spelt == typed, tuple(said_in_turn[:MOST_ALSO]), _near(concept)
    )


def is_known(typed: str) -> bool:
    """Whether these words are a name of an illness, as they stand."""
    key = key_of(typed)
    ways = {" ".join(sorted((key + left).split())) for left in _LEFT_OUT if key}
    return len(typed) <= LONGEST and bool(_common_name(key)[0] or ways & _thesaurus_keys())


def is_word(word: str) -> bool:
    return folded(word) in {*_common_words(), *_thesaurus_words()}


def nearest(typed: str, others: Iterable[str] = ()) -> tuple[str, ...]:
    """At most three names that are written nearly like this, or that are a part of it, the nearest first."""
    said = offer(typed).name
    names = {" ".join(sorted(_words(name))): name for name in (*list(others)[:MOST_NAMES], *common())}
    # First each word as it is spelt in a name, then the whole as a name, in whatever order its words come.
    words = [_spelt(word, _common_words())[0] for word in _words(typed)]
    spelt = " ".join(sorted(words))
    if names.get(spelt, "").casefold() == typed.casefold():
        del names[spelt]
    near = [
        name
        for name in get_close_matches(spelt, names, MOST, NEAR_ENOUGH)
        if all(
            f" {word}" in _LEFT_OUT or get_close_matches(word, words, 1, NEAR_ENOUGH) for word in name.split()
        )
    ]
    within = [name for name in names if len(name) > 3 and name != TOO_WIDE and set(name.split()) < set(words)]
    within.sort(key=lambda name: SequenceMatcher(None, name, spelt).ratio(), reverse=True)
    found = [*([said] if said else []), *(names[name] for name in dict.fromkeys([*near, *within]))]
    return tuple({each.casefold(): each for each in found[::-1]}.values())[::-1][:MOST]


def key_of(name: str) -> str:
    """A name in whatever order, number and spelling of the two Englishes its words come."""
    words = []
    for word in folded(name).replace("ae", "e").replace("oe", "e").split():
        one = (
            word[:-1] if len(word) > 3 and word[-1] == "s" and not word.endswith(("ss", "us", "is")) else word
        )
        words.append(one.removesuffix("our") + "or" if one.endswith("our") and len(one) > 4 else one)
    return " ".join(sorted(words))


@dataclass(frozen=True, slots=True)
class _Concept:
    name: str
    trees: tuple[str, ...]
    others: tuple[str, ...]


def common() -> tuple[str, ...]:
    """Common names of conditions, in the spelling that most studies use."""
    return tuple(row[0] for row in _rows())


@cache
def _rows() -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    """Common names: the English one, others in English, and those of other languages."""
    return tuple(
        (name, tuple(filter(None, others.split("|"))), tuple(filter(None, "|".join(foreign).split("|"))))
        for name, others, *foreign in packaged(_COMMON)[1:]
    )


@cache
def _keys() -> dict[str, tuple[str, bool]]:
    """By the key of each common name the English one, and whether the name is of another language alone."""
    found: dict[str, tuple[str, bool]] = {}
    for name, _, foreign in _rows():
        for each in foreign:
            found.setdefault(key_of(each), (name, True))
    for name, others, _ in reversed(_rows()):
        found |= {key_of(each): (name, False) for each in others}
    return found | {key_of(name): (name, False) for name in common()}


def _common_name(key: str) -> tuple[str, bool]:
    return next(
        (_keys()[each] for left in _LEFT_OUT if (each := " ".join(sorted((key + left).split()))) in _keys()),
        ("", False),
    )


@lru_cache(maxsize=1)
def _thesaurus() -> str:
    """A line for each illness: its name, where it stands, other names, and the keys of all of them between bars."""
    return zlib.decompress(_THESAURUS.read_bytes()).decode()


@cache
def _thesaurus_keys() -> frozenset[str]:
    """To look a name up in them takes a thousandth of the time that it takes in the text."""
    return frozenset(key for line in _thesaurus().splitlines() for key in line.rpartition("\t")[2].split("|"))


@lru_cache(maxsize=256)
def _concept(key: str) -> _Concept | None:
    """The illness of the thesaurus that has a name of this key."""
    text = _thesaurus()
    for left in _LEFT_OUT:
        at = text.find(f"|{' '.join(sorted((key + left).split()))}|") if key else -1
        if at >= 0:
            return _read(_line_at(at))
    return None


def _read(line: str) -> _Concept:
    name, trees, others, _ = line.split("\t")
    as_said = " ".join(name.split(", ")[::-1])  # 'Fatigue Syndrome, Chronic' as people say it
    return _Concept(as_said, tuple(trees.split("|")), tuple(filter(None, others.split("|"))))


def _near(concept: _Concept | None) -> tuple[str, ...]:
    """The narrower illnesses of people, as many as there is room for, and the wider one."""
    found: dict[str, _Concept] = {}
    for tree in concept.trees[:2] if concept else ():
        wider = tree.rpartition(".")[0]
        # What a pattern begins with is looked for many times as fast where it is no class of signs.
        narrower = islice(re.finditer(rf"{re.escape(tree)}\.\d+(?=[\t|])", _thesaurus()), 3 * MOST_NEAR)
        above = islice(re.finditer(rf"{re.escape(wider)}(?=[\t|])", _thesaurus()), 1 if "." in wider else 0)
        near = [_read(_line_at(each.start())) for each in (*narrower, *above)]
        found |= {
            each.name: each for each in near if not any(tree.startswith(OF_ANIMALS) for tree in each.trees)
        }
    return (*list(found)[: MOST_NEAR - 1], *list(found)[MOST_NEAR - 1 :][-1:])


def _line_at(place: int) -> str:
    text = _thesaurus()
    return text[text.rfind("\n", 0, place) + 1 : text.index("\n", place)]


# --- spelling ---------------------------------------------------------------------------------------------------


def _spelling(typed: str) -> str:
    """The words as they are spelt in names of illnesses; as it was typed where that makes no such name."""
    words = _words(typed)
    for known in (_common_words(), _other_words(), _thesaurus_words()):
        for spelt in islice(product(*(_spelt(word, known) for word in words)), MOST_TRIED):
            if is_known(" ".join(spelt)):
                return " ".join(spelt)
    return typed


def _words(text: str) -> list[str]:
    return folded(text.replace("'", "").replace("\u2019", "")).split()


@cache
def _common_words() -> tuple[str, ...]:
    return tuple(sorted({word for name in common() for word in _words(name)}))


@cache
def _other_words() -> tuple[str, ...]:
    names = (name for _, others, foreign in _rows() for name in (*others, *foreign))
    return tuple(sorted({word for name in names for word in _words(name)}))


@cache
def _thesaurus_words() -> tuple[str, ...]:
    keys = (line.rpartition("\t")[2] for line in _thesaurus().splitlines())
    return tuple(sorted({word for key in keys for word in key.replace("|", " ").split()}))


def _spelt(word: str, known: Sequence[str]) -> Sequence[str]:
    """The known words that are written nearly like it, the nearest first; itself where there is none."""
    if len(word) < 4 or word in known:
        return [word]
    alike = [one for one in known if one[0] == word[0] and abs(len(one) - len(word)) < 4]
    return get_close_matches(word, alike, MOST, SPELT_ALIKE) or [word]
