"""The last gate before a mail: every number, date and name in its text must stand in what was stored (promise 8).

Reads the finished text, knows nothing of how it was made, and so catches a template, a sentence or a formatter that
invents something.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from typing import NamedTuple

from notifier.domain.letter import Letter, Told
from notifier.domain.study import Study, document
from notifier.domain.wording import Speech
from notifier.domain.wording.catalogue import sentences
from notifier.domain.wording.registry_words import LABELS, field
from notifier.domain.wording.stock import (
    NUMBER,
    WORD,
    Stock,
    dates_in,
    has_number,
    stock,
    texts,
    without_dates,
)
from notifier.mail.render.views import zone_of

#: Records whose words are kept at hand: one change goes to many readers in a row.
_KEPT = 64
#: Paragraphs whose claims are kept at hand, without their dates: most are the same in each mail.
_PARAGRAPHS_KEPT = 2_000
#: What readers asked for, and what is declared, whose words are kept at hand.
_TEXTS_KEPT = 1_000


class _Claims(NamedTuple):
    """What a paragraph says that must stand somewhere; names as they were said and as they are looked for."""

    numbers: tuple[str, ...]
    names: tuple[tuple[str, str], ...]


def strangers(text: str, letter: Letter, words: Speech, declared: Iterable[str]) -> tuple[str, ...]:
    """The numbers, dates and names in a mail's text that nothing stored says; none is good.

    declared: what may be said besides: links, the sender's name and address, and numbers that were counted.
    """
    return tuple(dict.fromkeys(_strangers(text, _Known(letter, declared), words.language)))


def _strangers(text: str, known: "_Known", language: str) -> Iterator[str]:
    for link in known.links:
        text = text.replace(link, " ")
    for paragraph in text.split("\n\n"):
        plain = " ".join(paragraph.replace("*", "").split())
        yield from (said for published, said in dates_in(plain, language) if not known.date(published, said))
        yield from known.unknown(_claims(without_dates(plain, language), language))


@lru_cache(maxsize=_PARAGRAPHS_KEPT)
def _claims(plain: str, language: str) -> _Claims:
    own = _own_words(language)
    names = ((said, said.casefold()) for said in WORD.findall(plain) if said[0].isupper())
    return _Claims(
        tuple(NUMBER.findall(plain)), tuple((said, name) for said, name in names if name not in own)
    )


class _Known:
    """What a letter may say, or any letter at all. Most of a mail is known from the letter itself, so its records are
    read only for the rest.
    """

    def __init__(self, letter: Letter | None, declared: Iterable[str]) -> None:
        said = set(declared)
        links = {one for one in said if one.startswith(("https://", "http://"))}
        self.links = sorted(links, key=len, reverse=True)
        self._letter = letter
        asked_for = _asked_for(letter) if letter else ()
        self._stocks = [_stock_of_text(one) for one in {*asked_for, *(said - links)} if one]
        self._days = _own_days(letter) if letter else frozenset()
        self._unread = _readings(letter) if letter else []

    def unknown(self, claims: _Claims) -> Iterator[str]:
        """What of this nobody stored, as it was said."""
        yield from (said for said in claims.numbers if not self._number(said))
        yield from (said for said, name in claims.names if not self._any(lambda s: name in s.words))  # noqa: B023 - called at once

    def date(self, published: str, said: str) -> bool:
        """Whether the date is stored, or its words stand so in a stored text."""
        if published in self._days or (self._letter and published in _days_of_studies(self._letter)):
            return True
        return self._any(lambda stock: published in stock.dates or said in stock.text)

    def _number(self, said: str) -> bool:
        # One text may say its first digits and another the rest, so all that is read by now is asked together.
        return has_number(said, self._stocks) or self._any(lambda _: has_number(said, self._stocks))

    def _any(self, has: Callable[[Stock], bool]) -> bool:
        if any(map(has, self._stocks)):
            return True
        while self._unread:
            read = self._unread.pop(0)()
            self._stocks.append(read)
            if has(read):
                return True
        return False


def _readings(letter: Letter) -> list[Callable[[], Stock]]:
    """What is stored, to be read as far as it takes: what is told, then the head of each record, and the whole ones last."""
    sources = list(_sources(letter))
    return [
        *(partial(_stock_of_told, told) for _, told in sources),
        *(partial(_stock_of_head, study) for study, _ in sources),
        *(partial(_stock_of_record, study.raw) for study, _ in sources),
    ]


def _stock_of_told(told: Sequence[Told]) -> Stock:
    return stock(_texts_of(told))


def _stock_of_head(study: Study) -> Stock:
    """What nearly every mail says of a study besides its changes."""
    sponsor, contacts = study.lead_sponsor, study.central_contacts
    people = [part for one in contacts for part in (one.name, one.phone, one.phone_ext, one.email)]
    dates = [study.study_first_post_date, study.last_update_post_date, study.results_first_post_date]
    names = [study.nct_id, study.brief_title, study.official_title, sponsor and sponsor.name]
    return stock(texts([*names, *dates, *people]))


@lru_cache(maxsize=_TEXTS_KEPT)
def _stock_of_text(text: str) -> Stock:
    return stock([text])


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
