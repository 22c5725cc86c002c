"""Kinds of medicines by their names: what each is, and what can come of it. The table says where that is described.

The ending of a medicine's international name tells its kind. Only what holds for the whole kind is said of one.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from notifier.domain.sheets import packaged


@cache
def medicines() -> list[tuple[re.Pattern[str], str, str]]:
    """Names in small letters; what it is, behind "is"; what can come of it, where that is sure for the kind."""
    rows = packaged(Path(__file__).with_name("medicines.tsv"))
    return [(re.compile(rf"(?<![\w-])(?:{names})(?![\w])"), kind, harm) for names, kind, harm, _ in rows]


def known_in(text: str) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """The medicines that a text names, by rows of the table: their names as the text has them, what they are, what can come."""
    low = text.lower()
    low = text if len(low) != len(text) else low
    taken: set[str] = set()
    for pattern, kind, harm in medicines():
        names: dict[str, str] = {}
        for found in pattern.finditer(low):
            if found[0] not in taken:
                names.setdefault(found[0], _written(text[found.start() : found.end()]))
        taken.update(names)
        if names:
            yield tuple(names.values()), kind, harm


def _written(name: str) -> str:
    """As it is written in a sentence: a code keeps its capitals."""
    return " ".join(
        word if sum(sign.isupper() or sign.isdigit() for sign in word) > 1 else word.lower()
        for word in name.split(" ")
    )
