"""Everyday words: what a model may say without finding it in the record. Owns the lists, and how forms of a word are known.

A word that is neither in `everyday.txt` nor in the record, as it stands or by a plain word for it, makes a text unusable.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from notifier.domain.summaries.tables import table, word_list
from notifier.domain.wording.catalogue import sentences
from notifier.domain.wording.vocabulary import words_in

_PLACES = re.compile(r"%\((\w+)\)s")
_ENDINGS = (
    ("ies", "y"),
    ("ied", "y"),
    ("ier", "y"),
    ("iest", "y"),
    ("es", ""),
    ("s", ""),
    ("ed", ""),
    ("d", ""),
    ("ing", ""),
    ("ing", "e"),
    ("er", ""),
    ("r", ""),
    ("est", ""),
    ("ly", ""),
)
_SHORTEST = 3  # letters of a stem
#: Numbers in words must stand in the record like those in digits, though sentences of ours use some.
_TO_TWENTY = """
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty
"""
_TENS = "thirty forty fifty sixty seventy eighty ninety"
NUMBERS = {
    **{word: str(number) for number, word in enumerate(_TO_TWENTY.split(), start=2)},
    **{word: f"{ten}0" for ten, word in enumerate(_TENS.split(), start=3)},
}
_COUNTING = frozenset(
    [
        *NUMBERS,
        *["half", "third", "fourth", "fifth", "quarter", "double", "twice", "dozen", "hundred", "thousand"],
    ]
)
#: What is left of "doesn't" and "it's" where the apostrophe parts them.
_REMAINS = frozenset({"t", "s", "d", "ll", "re", "ve", "m"})
#: British and American spellings are one word.
_SPELLINGS = (("isation", "ization"), ("ise", "ize"), ("ising", "izing"), ("our", "or"), ("aem", "em"))


def forms(word: str) -> frozenset[str]:
    """The word and what may be its stem, in one spelling: 'studies' is also 'study'."""
    plain = word.casefold()
    for british, american in _SPELLINGS:
        plain = plain.replace(british, american)
    found = {plain}
    for ending, instead in _ENDINGS:
        if plain.endswith(ending) and len(plain) - len(ending) + len(instead) >= _SHORTEST:
            stem = plain[: -len(ending)] + instead
            found.add(stem)
            if not instead and stem[-2:-1] == stem[-1:]:  # 'stopped' is 'stop'
                found.add(stem[:-1])
    return frozenset(found)


def forms_of(words: Iterable[str]) -> frozenset[str]:
    """All forms of all these words."""
    return frozenset(form for word in words for form in forms(word))


def on_record(words: Iterable[str]) -> frozenset[str]:
    """All forms of the record's words, and of the plain words for them."""
    found = frozenset(word.casefold() for word in words)
    plain = (word for trade, said in table("plain_for.txt") if trade in found for word in said.split())
    return forms_of([*found, *plain])


@lru_cache(maxsize=8192)  # people use few words, again and again
def is_everyday(word: str) -> bool:
    """Whether anybody may say it of any study."""
    if word.casefold() in _REMAINS:
        return True
    return word.casefold() not in _COUNTING and not _everyday().isdisjoint(forms(word))


@cache
def _everyday() -> frozenset[str]:
    """The list, and the words of our own sentences."""
    own = (_PLACES.sub(" ", text) for text in sentences("en"))
    ours = {word.casefold() for text in own for word in words_in(text)} - _COUNTING
    return forms_of(word_list("everyday.txt") | ours)
