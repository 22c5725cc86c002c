"""A subscriber's words made safe for `query.cond`, where the registry reads them as an Essie expression. Pure."""

import re
import unicodedata

from notifier.errors import InputError

LONGEST = 200  # characters
# "Too complicated query" is the registry's answer to long questions: 12 words were answered and 14 refused when
# others measured it, and it takes hyphenated words apart before it counts.
MOST_WORDS = 12

# Operators are documented in upper case only, and every expansion but EXPANSION[None] ignores case, so a word in
# lower case is searched for as it was meant: "ALL" is a leukaemia here, not every study of the registry.
# https://clinicaltrials.gov/find-studies/constructing-complex-search-queries
_OPERATOR = re.compile(
    r"(?<![^\W_])"
    r"(?:AND|OR|NOT|AREA|RANGE|EXPANSION|COVERAGE|TILT|SEARCH|MISSING|DISTANCE|ALL|MIN|MAX)"
    r"(?![^\W_])"
)
_SIGNS = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u2032\u00b4`"), "'") | dict.fromkeys(
    map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-"
)
_INSIDE_WORDS = frozenset("-'.")
_STUDY_ID = re.compile(r"NCT\d+", re.IGNORECASE)


def safe_condition(text: str) -> str:
    """`text` as plain words that the registry searches for with its synonyms, and cannot take for anything else.

    White space is one space, letters are in normal form (NFKC). Of punctuation only hyphens, apostrophes and dots
    inside a word are left; operators are put in lower case. The words are not quoted, because a quoted phrase
    narrows the search to that order. Raises InputError when nothing to search for is left, when it is too
    long for the registry, and for ids of studies alone (the registry then ignores filters). Safe text comes back
    as it is.
    """
    _check_length(" ".join(text.split()))
    words = _words(text)
    if not words:
        raise InputError('a condition needs words to search for, for example "breast cancer"')
    if all(_STUDY_ID.fullmatch(word) for word in words):
        raise InputError("that is a study's id, not a condition: follow it as a study")
    if len(re.split(r"[-'. ]", " ".join(words))) > MOST_WORDS:
        raise InputError(f"a condition has at most {MOST_WORDS} words: use the shortest name of it")
    safe = _OPERATOR.sub(lambda found: found[0].lower(), " ".join(words))
    _check_length(safe)
    return safe


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        raise InputError(f"a condition has at most {LONGEST} characters: use fewer words")


def _words(text: str) -> list[str]:
    seen = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    # Before, because normal form makes a space of a lone accent; after, because it makes apostrophes of ligatures.
    plain = unicodedata.normalize("NFKC", seen.translate(_SIGNS)).translate(_SIGNS)
    kept = "".join(letter if _is_kept(letter) else " " for letter in plain)
    return [word for piece in kept.split() if (word := _trimmed(piece))]


def _is_kept(letter: str) -> bool:
    return letter in _INSIDE_WORDS or unicodedata.category(letter)[0] in "LMN"


def _trimmed(piece: str) -> str:
    """A word that begins and ends with a letter or figure, with one sign at a time inside; else nothing."""
    word = re.sub(r"([-'.])[-'.]+", r"\1", piece.strip("-'."))
    return word if any(map(str.isalnum, word)) else ""
