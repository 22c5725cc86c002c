"""How hard our own sentences are to read: Flesch-Kincaid grade and words a sentence. A smoke alarm, not a proof (W9)."""

import re

_WORD = re.compile(r"[A-Za-z']+")
_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+")
#: Names that the reader meets in every mail; counting their syllables would measure the name, not the sentence.
_NAMES = {"ClinicalTrials.gov": "Sam", "NCT": "Sam"}
_BELONGS = re.compile(r"%\((\w+)\)s")
#: What stands in a sentence at most, for a sentence is as long as it is when it is said.
_FILLED = {
    "source": "According to ClinicalTrials.gov, on March 12 2027",
    "date": "March 12 2027",
    "dates": "March 12 2027",
    "since": "March 12 2027",
    "until": "March 12 2027",
    "checked": "12",
    "title": "NCT",
    "number": "12",
    "condition": "lung cancer",
    "nct_id": "NCT",
    "topic": "NCT",
    "topics": "NCT",
}


def filled(message: str) -> str:
    """A sentence of a catalogue as it may be said."""
    return _BELONGS.sub(lambda match: _FILLED[match[1]], message)


def sentences(text: str) -> list[str]:
    """The sentences of a text; what stands before a colon or semicolon can be read by itself."""
    return [part for part in re.split(r"(?<=[.!?])\s+", _named(text)) if _words(part)]


def longest(text: str) -> int:
    """Words of the longest sentence."""
    return max(len(re.findall(r"[\w'.-]*\w", part)) for part in sentences(text))


def grade(text: str) -> float:
    """The school year that can read the text."""
    clauses = [part for part in _SENTENCE_END.split(_named(text)) if _words(part)]
    words = [word for part in clauses for word in _words(part)]
    syllables = sum(map(_syllables, words))
    return 0.39 * len(words) / len(clauses) + 11.8 * syllables / len(words) - 15.59


def _named(text: str) -> str:
    for name, short in _NAMES.items():
        text = text.replace(name, short)
    return text


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _syllables(word: str) -> int:
    word = word.lower().strip("'")
    word = re.sub(r"(?<=[^aeiouyt])ed$|(?<=[^aeiouylt])es$|(?<=[^aeiouyl])e$", "", word)
    return max(1, len(re.findall(r"[aeiouy]+", word)))
