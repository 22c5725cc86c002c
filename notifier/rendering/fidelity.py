"""The last gate before a mail: every number, date and name in its text must stand in what was stored (promise 8).

Reads the finished text, knows nothing of how it was made, and so catches a template, a sentence or a formatter that
invents something.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import NamedTuple

from notifier.letter import Letter, Told
from notifier.rendering.views import zone_of
from notifier.study import Study, document
from notifier.wording import Speech
from notifier.wording.catalogue import sentences
from notifier.wording.registry_words import LABELS, field
from notifier.wording.stock import NUMBER, WORD, Stock, dates_in, has_number, stock, texts, without_dates

#: Records whose words are kept at hand: one change goes to many readers in a row.
_KEPT = 64
#: Paragraphs whose claims are kept at hand: most are the same in each mail.
_PARAGRAPHS_KEPT = 2_000


class _Claims(NamedTuple):
    """What a paragraph says that must stand somewhere, each as it was said and as it is looked for."""

    dates: tuple[tuple[str, str], ...]
    numbers: tuple[str, ...]
    names: tuple[tuple[str, str], ...]


def strangers(text: str, letter: Letter, words: Speech, declared: Iterable[str]) -> tuple[str, ...]:
    """The numbers, dates and names in a mail's text that nothing stored says; none is good.

    declared: what may be said besides: links, the sender's name and address, and numbers that were counted.
    """
    known = _Known(letter, tuple(declared))
    for link in known.links:
        text = text.replace(link, " ")
    found = [
        stranger
        for paragraph in text.split("\n\n")
        for stranger in known.unknown(_claims(paragraph, words.language))
    ]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=_PARAGRAPHS_KEPT)
def _claims(paragraph: str, language: str) -> _Claims:
    plain = " ".join(paragraph.replace("*", "").split())
    dates = tuple((said, published) for published, said in dates_in(plain, language))
    plain = without_dates(plain, language)
    own = _own_words(language)
    names = ((said, said.casefold()) for said in WORD.findall(plain) if said[0].isupper())
    return _Claims(
        dates,
        tuple(NUMBER.findall(plain)),
        tuple((said, name) for said, name in names if name not in own),
    )


class _Known:
    """What one letter may say. Most of a mail is known from the letter itself, so its records are read only for the rest."""

    def __init__(self, letter: Letter, declared: tuple[str, ...]) -> None:
        links = [one for one in declared if one.startswith(("https://", "http://"))]
        self.links = sorted(links, key=len, reverse=True)
        self._letter = letter
        besides = [one for one in declared if one not in links]
        self._stocks = [stock((*_asked_for(letter), *besides))]
        self._days = _own_days(letter)
        self._unread = list(_sources(letter))

    def unknown(self, claims: _Claims) -> Iterator[str]:
        """What of this nobody stored, as it was said."""
        yield from (said for said, published in claims.dates if not self._date(published, said))
        yield from (said for said in claims.numbers if not self._number(said))
        yield from (said for said, name in claims.names if not self._any(lambda s: name in s.words))  # noqa: B023 - called at once

    def _date(self, published: str, said: str) -> bool:
        """Whether the date is stored, or its words stand so in a stored text."""
        if published in self._days or published in _days_of_studies(self._letter):
            return True
        return self._any(lambda stock: published in stock.dates or said in stock.text)

    def _number(self, said: str) -> bool:
        # One text may say its first digits and another the rest, so all that is read by now is asked together.
        return has_number(said, self._stocks) or self._any(lambda _: has_number(said, self._stocks))

    def _any(self, has: Callable[[Stock], bool]) -> bool:
        if any(map(has, self._stocks)):
            return True
        while self._unread:
            study, told = self._unread.pop()
            read = [_stock_of_record(study.raw), stock(_texts_of(told))]
            self._stocks += read
            if any(map(has, read)):
                return True
        return False


@lru_cache(maxsize=_KEPT)
def _stock_of_record(raw: bytes) -> Stock:
    return stock(texts(document(raw)))


def _sources(letter: Letter) -> Iterator[tuple[Study, Sequence[Told]]]:
    """Every version of a study that the letter speaks of, and what is told of it."""
    yield from ((entry.study, entry.told) for entry in letter.entries)
    for story in letter.stories:
        if story.study is not None:
            yield story.study, ()
        yield from ((past.study, past.told) for past in story.past)


def _asked_for(letter: Letter) -> Iterator[str]:
    """What the reader wrote."""
    for reason in letter.reasons:
        yield reason.label
        yield reason.note


def _texts_of(told: Sequence[Told]) -> Iterator[str]:
    for one in told:
        yield one.condition or ""
        yield field(one.change.path)
        yield from texts([one.change.before, one.change.after])


def _own_days(letter: Letter) -> frozenset[str]:
    """The days on which something happened between us and the reader, in the reader's zone."""
    moments = [letter.dated, *(reason.asked_at for reason in letter.reasons)]
    moments += [agreement.given_at for agreement in letter.agreements]
    if letter.silence and letter.silence.last_checked:
        moments.append(letter.silence.last_checked)
    if letter.correction and letter.correction.mailed_at:
        moments.append(letter.correction.mailed_at)
    days = _days(moments, letter)
    if letter.silence:
        told = (letter.silence.since, letter.silence.until, *letter.silence.blind)
        days |= {day.isoformat() for day in told}
    return days


def _days_of_studies(letter: Letter) -> frozenset[str]:
    """The days on which we saw the studies, and what is told of them."""
    moments = [entry.first_seen for entry in letter.entries]
    moments += [at for story in letter.stories for at in (story.first_seen, story.since) if at]
    moments += [one.detected_at for _, told in _sources(letter) for one in told]
    return _days(moments, letter)


def _days(moments: Iterable[datetime], letter: Letter) -> frozenset[str]:
    zone = zone_of(letter.time_zone)
    days = {moment.astimezone(at).date() for moment in set(moments) for at in (zone, UTC)}
    return frozenset(day.isoformat() for day in days)


@cache
def _own_words(language: str) -> frozenset[str]:
    """The words of our own sentences, and those that the registry's site writes for its codes."""
    own = (*sentences(language), *LABELS)
    return frozenset(word.casefold() for text in own for word in WORD.findall(text))
