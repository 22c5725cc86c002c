"""How one language says things: sentences, dates, numbers, lists. Owns their form; knows no record and no change."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from decimal import InvalidOperation
from functools import cache, lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal

from notifier.domain.changes.form import for_short, without_escapes
from notifier.domain.languages import LANGUAGES
from notifier.domain.narrowing import country_code
from notifier.domain.wording.catalogue import MAILS, Translations, closest, translations

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


class Speech:
    """One language. Pure: the same arguments give the same words."""

    def __init__(self, language: str, sentences: Translations) -> None:
        self.language = language
        self.sentences = sentences
        self.locale = Locale.parse(LANGUAGES[language].locale)

    def say(self, message: str, **values: object) -> str:
        return self.sentences.gettext(message) % values

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        """A sentence that depends on a number, which stands in it as %(number)s."""
        said = self.sentences.ngettext(one, many, number)
        return said % {"number": self.number(number), **values}

    def number(self, value: float) -> str:
        """1,200 in English, 1.200 in German."""
        return _number(value, self.language)

    def listing(self, items: Iterable[str]) -> str:
        """'a, b and c'."""
        return format_list(list(items), style="standard", locale=self.locale)

    def either(self, items: Iterable[str]) -> str:
        """'a, b or c'."""
        return format_list(list(items), style="or", locale=self.locale)

    def day(self, value: date | datetime) -> str:
        """'3 March 2026'. A datetime must already be in the reader's zone."""
        day = value.date() if isinstance(value, datetime) else value
        return _day(day, self.language)

    def date(self, published: str) -> str:
        """A date as the registry publishes it: '2029-03' is 'March 2029', '2029-03-15' is '15 March 2029'.

        What is no such date is said as it stands.
        """
        match = _PARTIAL.fullmatch(published.strip())
        if match is None:
            return published
        year, month, day = (int(part) if part else None for part in match.groups())
        try:
            if day and month and year:
                return self.day(date(year, month, day))
            if month and year:
                return _month(date(year, month, 1), self.language)
        except ValueError:
            return published
        return published

    def territory(self, name: str) -> str:
        """A country's name in this language, from the registry's for it; one that is not known stays as it is."""
        code = country_code(name)
        return str(self.locale.territories.get(code, name)) if code else name


# The same days and numbers are said to many people in a row, and finding their form takes long.
@lru_cache(maxsize=1_000)
def _day(day: date, language: str) -> str:
    return format_date(day, "long", locale=speech(language).locale)


@lru_cache(maxsize=1_000)
def _month(first: date, language: str) -> str:
    return str(format_skeleton("yMMMM", first, locale=speech(language).locale))


@lru_cache(maxsize=1_000)
def _number(value: float, language: str) -> str:
    try:
        return format_decimal(value, locale=speech(language).locale)
    except InvalidOperation:  # longer than decimals are reckoned with; a record may hold it
        return str(value)


@cache
def speech(language: str, domain: str = MAILS) -> Speech:
    """The language that comes closest to the one asked for; domain: which of our sentences it says."""
    spoken = closest(language)
    return Speech(spoken, translations(spoken, domain))


def shown(text: str) -> str:
    """The registry's text made harmless for eyes and terminals: no control, bidi or zero-width sign, markup undone.

    Words, numbers and line breaks stay as they are.
    """
    plain = _undone(text)
    if plain.isascii() and plain.isprintable():
        return plain.strip()
    lines = unicodedata.normalize("NFC", plain).splitlines()
    return "\n".join(
        (line if line.isprintable() else line.translate(_SIGNS)).rstrip() for line in lines
    ).strip()


@for_short(500, 512)  # the names in a record are asked for again and again
def one_line(text: str) -> str:
    """The registry's text, harmless, with its line breaks as spaces."""
    line = " ".join(_undone(text).split())
    if line.isprintable() and unicodedata.is_normalized(
        "NFC", line
    ):  # nearly all are, and need no look at each line
        return line
    return " ".join(shown(text).split())


def _undone(text: str) -> str:
    """The text with its markup undone: few have any, and looking is cheaper."""
    return without_escapes(text) if "&" in text or "\\" in text else text


class _Signs(dict[int, str]):
    """What is shown for a character, by its number; each is looked up once, and there are few different ones."""

    def __missing__(self, number: int) -> str:
        category = unicodedata.category(chr(number))
        nothing, blank = category in {"Cf", "Cs", "Co", "Cn"}, category in {"Cc", "Zl", "Zp", "Zs"}
        return self.setdefault(number, "" if nothing else " " if blank else chr(number))


_SIGNS = _Signs()
