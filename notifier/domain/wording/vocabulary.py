"""The numbers, words and dates that some texts hold, and those that another text says: what the gates compare.

Knows no rule on what may be said.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from babel.dates import get_month_names

from notifier.domain.wording import registry_words
from notifier.domain.wording.speech import shown

NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f]\d+)*")
WORD = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")
_PUBLISHED = re.compile(r"(?<!\d)\d{4}-\d{2}(?:-\d{2})?(?!\d)")
_YEAR = re.compile(r" \d{4}\b")
#: A word with a year behind it, and a day before it if there is one.
_DATE = re.compile(r"\b(?:(\d{1,2})\.? (?:de )?)?([^\W\d_]+) (?:de )?(\d{4})\Z", re.IGNORECASE)
_LONGEST_DATE = len("30. de septiembre de") + 10
_GROUPING = str.maketrans("", "", ".,\u00a0\u202f")


@dataclass(frozen=True, slots=True)
class Stock:
    """The numbers, words and dates of some texts, and the texts in one line."""

    text: str
    numbers: frozenset[str]
    words: frozenset[str]
    dates: frozenset[str]
    _in_words: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    def dates_in_words(self, language: str) -> frozenset[str]:
        """The dates that stand in the texts as a language says them, as the registry would publish them; each also as
        its month alone, because a text may be cut within it.
        """
        if language not in self._in_words:
            found = {published for published, _ in dates_in(self.text, language)}
            self._in_words[language] = frozenset(found.union(date[: len("2027-01")] for date in found))
        return self._in_words[language]


def stock(texts: Iterable[str]) -> Stock:
    """What these texts hold."""
    text = " ".join(" \n ".join(texts).replace("*", "").split())
    numbers = {number.translate(_GROUPING) for number in NUMBER.findall(text)} | set(_DIGITS.findall(text))
    return Stock(
        text,
        frozenset(numbers),
        frozenset(word.casefold() for word in set(WORD.findall(text))),
        frozenset(_PUBLISHED.findall(text)),
    )


def texts(value: Any) -> Iterator[str]:
    """Every text and number of a JSON value, and the names of its keys as people read them."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield registry_words.field(key)
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)
    elif isinstance(value, str):
        yield shown(value)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def has_number(said: str, stocks: Iterable[Stock]) -> bool:
    """Whether the number stands in the texts, however its digits are grouped."""
    known = [each.numbers for each in stocks]
    whole = said.translate(_GROUPING)
    return any(whole in numbers for numbers in known) or all(
        any(digits in numbers for numbers in known) for digits in _DIGITS.findall(said)
    )


def dates_in(text: str, language: str) -> Iterator[tuple[str, str]]:
    """Each date as the registry would publish it, and as the text says it."""
    for match, month in _dates(text, language):
        day, year = match[1], match[3]
        yield (f"{year}-{month:02}-{int(day):02}" if day else f"{year}-{month:02}"), match[0]


def without_dates(text: str, language: str) -> str:
    """The text with a blank for each date."""
    kept, at = [], 0
    for match, _ in _dates(text, language):
        kept.append(text[at : match.start()])
        at = match.end()
    return " ".join([*kept, text[at:]])


def _dates(text: str, language: str) -> Iterator[tuple[re.Match[str], int]]:
    """Each date, and which month it is in. Years are looked for first: looking for months everywhere takes ten times as long."""
    months = _months(language)
    for year in _YEAR.finditer(text):
        match = _DATE.search(text, max(0, year.start() - _LONGEST_DATE), year.end())
        if match is not None and (month := months.get(match[2].casefold())) is not None:
            yield match, month


@cache
def _months(language: str) -> dict[str, int]:
    return {name.casefold(): number for number, name in get_month_names("wide", locale=language).items()}
