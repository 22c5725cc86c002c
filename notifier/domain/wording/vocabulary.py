"""The numbers, words and dates that some texts hold, and those that another text says: what the gates compare.

Knows no rule on what may be said.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from babel.dates import get_month_names

from notifier.domain.wording import registry_words
from notifier.domain.wording.speech import shown

# What is looked for begins with one sign of a class, which `re` finds in a third of the time that a repeated one takes.
NUMBER = re.compile(r"\d\d*(?:[.,\u00a0\u202f]\d+)*")
_WORD = re.compile(r"[^\W\d_]+")
_PLAIN_WORD = re.compile(r"[A-Za-z]+")
_PLAIN_NAME = re.compile(r"[A-Z](?<![A-Za-z].)[A-Za-z]*")
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

    def with_dates(self, dates: Iterable[str]) -> "Stock":
        return Stock(self.text, self.numbers, self.words, self.dates.union(dates), self._in_words)

    def dates_in_words(self, language: str) -> frozenset[str]:
        """The dates that stand in the texts as a language says them, as the registry would publish them; each also as
        its month alone, because a text may be cut within it.
        """
        if language not in self._in_words:
            found = {published for published, _ in parted(self.text, language)[0]}
            self._in_words[language] = frozenset(found.union(date[: len("2027-01")] for date in found))
        return self._in_words[language]


def stock(texts: Iterable[str]) -> Stock:
    """What these texts hold as they are shown."""
    # All at once, for no sign is looked at beyond its blank: a record has a thousand short ones.
    parts = shown(" ".join(texts)).replace("*", "").split()
    # A record says most of its words again and again, and nothing that is sought here has a blank in it.
    each = set(parts)
    letters = {one for one in each if one.isalpha()}
    rest = each - letters
    mixed, dashed = " ".join(rest), " ".join([one for one in rest if "-" in one])
    words = map(str.casefold, (*letters, *words_in(mixed)))
    numbers = {*NUMBER.findall(mixed)}
    grouped = {number for number in numbers if not number.isdecimal()}
    in_groups = " ".join(grouped)
    numbers = numbers - grouped | {
        *in_groups.replace(".", "").replace(",", "").split(),
        *_DIGITS.findall(in_groups),
    }
    return Stock(" ".join(parts), frozenset(numbers), frozenset(words), frozenset(_PUBLISHED.findall(dashed)))


def words_in(text: str) -> list[str]:
    """Every word, as often as it stands there."""
    # Nearly all texts are plain, and in those words are found three times as fast.
    return (_PLAIN_WORD if text.isascii() else _WORD).findall(text)


def names_in(text: str) -> list[str]:
    """Those of its words that begin with a capital letter."""
    if text.isascii():
        return _PLAIN_NAME.findall(text)
    return [word for word in _WORD.findall(text) if word[0].isupper()]


def texts(value: Any) -> Iterator[str]:
    """Every text and number of a JSON value, and the names of its keys as people read them."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            waiting += [each for key in reversed(part) for each in (part[key], registry_words.field(key))]
        elif isinstance(part, list):
            waiting += reversed(part)
        elif part is not None and not isinstance(part, bool):
            yield str(part)


def has_number(said: str, numbers: Collection[str]) -> bool:
    """Whether the number is among those of a stock, or of several, however its digits are grouped."""
    return (
        said in numbers
        or said.translate(_GROUPING) in numbers
        or all(each in numbers for each in _DIGITS.findall(said))
    )


def parted(text: str, language: str) -> tuple[list[tuple[str, str]], str]:
    """Each date as the registry would publish it and as the text says it, and the text with a blank for each."""
    months, found, rest, at = _months(language), list[tuple[str, str]](), list[str](), 0
    # Years are looked for first: looking for months everywhere takes ten times as long.
    for its in _YEAR.finditer(text):
        match = _DATE.search(text, max(0, its.start() - _LONGEST_DATE), its.end())
        if match is not None and (month := months.get(match[2].casefold())) is not None:
            day, _, year = match.groups()
            published = f"{year}-{month:02}"
            found.append((f"{published}-{int(day):02}" if day else published, match[0]))
            rest.append(text[at : match.start()])
            at = match.end()
    return found, " ".join([*rest, text[at:]])


@cache
def _months(language: str) -> dict[str, int]:
    return {name.casefold(): number for number, name in get_month_names("wide", locale=language).items()}
