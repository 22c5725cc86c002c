"""How hard a text is to read: Flesch-Kincaid grade and words a sentence. A smoke alarm, not a proof (W9)."""

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Za-z']+")
_COUNTED = re.compile(r"[\w'.-]*\w")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_CLAUSE_END = re.compile(r"(?<=[.!?:;])\s+")
#: Names that the reader meets in every mail; counting their syllables would measure the name, not the sentence.
_NAMES = {"ClinicalTrials.gov": "Sam", "NCT": "Sam"}

HARDEST = 8  # the grade that a text of ours may reach
LONGEST = 26  # words of a sentence
LONGEST_ON_AVERAGE = 20  # words of the sentences of a text


def sentences(text: str) -> list[str]:
    """The sentences of a text; what stands before a colon or semicolon can be read by itself."""
    return [part for part in _SENTENCE_END.split(_named(text)) if _words(part)]


def longest(text: str) -> int:
    """Words of the longest sentence."""
    return max(_lengths(text), default=0)


def average(text: str) -> float:
    """Words a sentence."""
    lengths = _lengths(text)
    return sum(lengths) / len(lengths) if lengths else 0.0


def grade(text: str) -> float:
    """The school year that can read the text; 0 for one without words."""
    clauses = [part for part in _CLAUSE_END.split(_named(text)) if _words(part)]
    words = [word for part in clauses for word in _words(part)]
    if not words:
        return 0.0
    syllables = sum(map(_syllables, words))
    return 0.39 * len(words) / len(clauses) + 11.8 * syllables / len(words) - 15.59


def _lengths(text: str) -> list[int]:
    return [len(_COUNTED.findall(part)) for part in sentences(text)]


def _named(text: str) -> str:
    for name, short in _NAMES.items():
        text = text.replace(name, short)
    return text


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


@lru_cache(maxsize=8192)  # people use few words, again and again
def _syllables(word: str) -> int:
    word = word.lower().strip("'")
    word = re.sub(r"(?<=[^aeiouyt])ed$|(?<=[^aeiouylt])es$|(?<=[^aeiouyl])e$", "", word)
    return max(1, len(re.findall(r"[aeiouy]+", word)))
