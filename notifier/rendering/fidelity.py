"""The last gate before a mail: every number, date and name in its text must stand in what was stored (promise 8).

Reads the finished text, knows nothing of how it was made, and so catches a template, a sentence or a formatter that
invents something.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache

from notifier.letter import Letter, Told
from notifier.rendering.views import zone_of
from notifier.study import Study, document
from notifier.wording import Speech
from notifier.wording.catalogue import sentences
from notifier.wording.registry_words import LABELS, field
from notifier.wording.stock import NUMBER, WORD, Stock, dates_in, has_number, stock, texts, without_dates

#: Records whose words are kept at hand: one change goes to many readers in a row.
_KEPT = 64


def strangers(text: str, letter: Letter, words: Speech, declared: Iterable[str]) -> tuple[str, ...]:
    """The numbers, dates and names in a mail's text that nothing stored says, in the order of the text; none is good.

    declared: what may be said besides: links, the sender's name and address, and numbers that were counted.
    """
    known = _Known(letter, words.language, tuple(declared))
    plain = " ".join(text.replace("*", "").split())
    for link in known.links:
        plain = plain.replace(link, " ")
    found = [said for published, said in dates_in(plain, words.language) if not known.date(published, said)]
    plain = without_dates(plain, words.language)
    found += [number for number in NUMBER.findall(plain) if not known.number(number)]
    found += [name for name in WORD.findall(plain) if name[0].isupper() and not known.name(name)]
    return tuple(dict.fromkeys(found))


class _Known:
    """What one letter may say."""

    def __init__(self, letter: Letter, language: str, declared: tuple[str, ...]) -> None:
        links = [one for one in declared if one.startswith(("https://", "http://"))]
        self.links = sorted(links, key=len, reverse=True)
        besides = [one for one in declared if one not in links]
        self._stocks = [
            *(_stock_of_record(study.raw) for study in _studies(letter)),
            stock((*_stored(letter), *besides)),
        ]
        self._own_words, self._days = _own_words(language), _days(letter)

    def date(self, published: str, said: str) -> bool:
        """Whether the date is stored, or its words stand so in a stored text."""
        return published in self._days or any(
            published in stock.dates or said in stock.text for stock in self._stocks
        )

    def number(self, said: str) -> bool:
        return has_number(said, self._stocks)

    def name(self, said: str) -> bool:
        name = said.casefold()
        return name in self._own_words or any(name in stock.words for stock in self._stocks)


@lru_cache(maxsize=_KEPT)
def _stock_of_record(raw: bytes) -> Stock:
    return stock(texts(document(raw)))


def _studies(letter: Letter) -> Iterator[Study]:
    """Every version of a study that the letter speaks of."""
    yield from (entry.study for entry in letter.entries)
    for story in letter.stories:
        if story.study is not None:
            yield story.study
        yield from (past.study for past in story.past)


def _told(letter: Letter) -> Iterator[Told]:
    for entry in letter.entries:
        yield from entry.told
    for story in letter.stories:
        for past in story.past:
            yield from past.told


def _stored(letter: Letter) -> Iterator[str]:
    for reason in (*letter.reasons, *(reason for entry in letter.entries for reason in entry.reasons)):
        yield reason.label
        yield reason.note
    for told in _told(letter):
        yield told.condition or ""
        yield field(told.change.path)
        yield from texts([told.change.before, told.change.after])


def _days(letter: Letter) -> frozenset[str]:
    """The days on which something happened between us and the reader, in the reader's zone."""
    zone = zone_of(letter.time_zone)
    moments = [letter.dated, *(reason.asked_at for reason in letter.reasons), *_moments(letter)]
    moments += [told.detected_at for told in _told(letter)]
    days = {moment.astimezone(at).date() for moment in moments for at in (zone, UTC)}
    if letter.silence:
        days |= {letter.silence.since, letter.silence.until, *letter.silence.blind}
    return frozenset(day.isoformat() for day in days)


def _moments(letter: Letter) -> Iterator[datetime]:
    """When something happened, beside when it was asked for and when it changed."""
    yield from (entry.first_seen for entry in letter.entries)
    yield from (agreement.given_at for agreement in letter.agreements)
    for story in letter.stories:
        yield from filter(None, (story.first_seen, story.since))
    if letter.silence and letter.silence.last_checked:
        yield letter.silence.last_checked
    if letter.correction and letter.correction.mailed_at:
        yield letter.correction.mailed_at


@cache
def _own_words(language: str) -> frozenset[str]:
    """The words of our own sentences, and those that the registry's site writes for its codes."""
    own = (*sentences(language), *LABELS)
    return frozenset(word.casefold() for text in own for word in WORD.findall(text))
