"""The tables and lists of words of this room, by their names. Owns how they are read; what a row means is said where it is asked for.

In a `.tsv` stands what we say, which the catalogues have too; in a `.txt` what is only looked up.
"""

import re
from functools import cache
from pathlib import Path

from notifier.domain.sheets import packaged
from notifier.domain.summaries.any_case import AnyCase


@cache
def table(name: str) -> tuple[tuple[str, ...], ...]:
    """The rows of a table, read once."""
    return tuple(map(tuple, packaged(Path(__file__).with_name(name))))


@cache
def pairs(name: str) -> dict[str, str]:
    """What stands beside the first cell of each row."""
    return {row[0]: row[1] for row in table(name)}


def swaps(name: str, flags: int = re.IGNORECASE) -> tuple[tuple[AnyCase, str], ...]:
    """A list of patterns, each behind what is said in place of what it finds."""
    return tuple((AnyCase(pattern, flags), said) for said, pattern in table(name))


def pattern_of(name: str) -> AnyCase:
    """A pattern of `patterns.txt`, in any case."""
    return AnyCase(pairs("patterns.txt")[name])


@cache
def word_list(name: str) -> frozenset[str]:
    """The words of a list, some on each line."""
    return frozenset(word for row in table(name) for word in row[0].split())
