"""The last gate before a mail: every number, date and name in its text must stand in what was stored (promise 8).

Reads the finished text, knows nothing of how it was made, and so catches a template, a sentence or a formatter that
invents something. What a letter may say is found by walking it: a field that is added to it is known without a word here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from enum import Enum
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple

from notifier.domain.changes import Change
from notifier.domain.changes.form import for_short
from notifier.domain.letter import UNSAID, Entry, Letter, Told
from notifier.domain.scheduling import zone_of
from notifier.domain.study import Study, document
from notifier.domain.wording import Speech
from notifier.domain.wording.catalogue import sentences
from notifier.domain.wording.registry_words import LABELS, field
from notifier.domain.wording.vocabulary import (
    NUMBER,
    Stock,
    has_number,
    names_in,
    parted,
    stock,
    texts,
    words_in,
)

#: Records, and news of studies, whose words are kept at hand: one change goes to many readers in a row.
_KEPT, _NEWS_KEPT = 64, 256
#: Paragraphs whose claims are kept at hand: most are the same in each mail.
_PARAGRAPHS_KEPT = 2_000
_LONGEST_KEPT = 2_000  # characters
_LARGEST_KEPT = 2_000_000  # bytes of a record
#: Sets of texts that are declared, whose words are kept at hand.
_TEXTS_KEPT = 1_000


class _Claims(NamedTuple):
    """What a paragraph says that must stand somewhere, each as it is looked for and as it was said."""

    dates: tuple[tuple[str, str], ...]
    numbers: tuple[tuple[str, str], ...]
    names: tuple[tuple[str, str], ...]


def strangers(
    text: str, letter: Letter, words: Speech, declared: Iterable[str], entry: Entry | None = None
) -> tuple[str, ...]:
    """The numbers, dates and names in a mail's text that nothing stored says; none is good.

    declared: what may be said besides: links, the sender's name and address, and numbers that were counted.
    entry: the one that the text is of, where nothing of the others may be said.
    """
    said = set(declared)
    links = {one for one in said if one.startswith(("https://", "http://"))}
    for link in sorted(links, key=len, reverse=True):
        text = text.replace(link, " ")
    claims = [
        each
        for one in text.split("\n\n")
        if any(each := (_claims if len(one) <= _LONGEST_KEPT else _claims.__wrapped__)(one, words.language))
    ]
    dates, numbers, names = ({sought for each in claims for sought, _ in each[sort]} for sort in range(3))
    known = set[str]()
    for read in _stocks(letter, said - links, entry) if claims else ():
        known |= read.numbers
        dates = {one for one in dates - read.dates if one not in read.dates_in_words(words.language)}
        # One text may say its first digits and another the rest, so all that is read by now is asked together.
        numbers = {one for one in numbers - known if not has_number(one, known)}
        names = names - read.words
        if not (dates or numbers or names):
            return ()
    left = dates | numbers | names  # no number is a name, and a date has its dash
    return tuple(
        dict.fromkeys(said for each in claims for sort in each for sought, said in sort if sought in left)
    )


@lru_cache(maxsize=_PARAGRAPHS_KEPT)
def _claims(text: str, language: str) -> _Claims:
    plain = " ".join(text.replace("*", "").split())
    own, (dates, rest) = _own_words(language), parted(plain, language)
    names = ((said.casefold(), said) for said in dict.fromkeys(names_in(rest)))
    return _Claims(
        tuple(dates),
        tuple((number, number) for number in NUMBER.findall(rest)),
        tuple((name, said) for name, said in names if name not in own),
    )


def _stocks(letter: Letter, declared: Iterable[str], entry: Entry | None) -> Iterator[Stock]:
    """What a letter may say. Most of what stands around its studies is known from why it comes, and of one of them from what it
    tells and the head of its record, so the rest of the letter is read only for what is not, then places, and whole records last.
    """
    zone = zone_of(letter.time_zone)
    if entry is None:
        why = _Facts()
        why.gather(letter.reasons)
        # What many follow is the same, but for the day on which they asked.
        yield _stock_of_texts(tuple(why.texts)).with_dates(why.dates(zone))
    else:
        yield _news(_Same((*entry.told, entry.study))).stock(zone, entry.first_seen)
    yield _stock_of_texts(tuple(sorted(declared)))
    its = _Facts()
    its.gather(letter if entry is None else replace(letter, entries=(entry,), reasons=entry.reasons))
    yield its.stock(zone)
    news = _news(_Same((*its.told, *its.studies)))
    yield news.stock(zone)
    yield news.places
    for study in its.studies:
        yield _stock_of_record(study.raw)


class _Facts:
    """All that stands in the fields of something; what a letter tells of studies is only listed, since it is large."""

    def __init__(self) -> None:
        self.moments: list[datetime] = []
        self.days: list[date] = []
        self.told: list[Told] = []
        self.studies: list[Study] = []
        self.texts: list[str] = []

    @cached_property
    def _found(self) -> Stock:
        return stock(self.texts)

    @cached_property
    def places(self) -> Stock:
        """Those of its studies."""
        places = [site for study in self.studies for site in study.locations]
        return stock(
            part for one in places for part in (one.facility, one.city, one.state, one.country) if part
        )

    def gather(self, value: Any) -> None:
        """Everything that can be reached from here. A part of a sort that nobody foresaw is an error, not a gap."""
        waiting = [value]
        for one in waiting:  # which grows meanwhile
            if (keep := _keeper(one.__class__)) is not None:
                keep(self, one)
            else:
                waiting.extend(_parts(one))

    def dates(self, zone: tzinfo, *more: datetime) -> set[str]:
        """Its days, and moments as days of the reader's zone, and of UTC."""
        days = {moment.astimezone(at).date() for moment in {*self.moments, *more} for at in (zone, UTC)}
        return {day.isoformat() for day in days.union(self.days)}

    def stock(self, zone: tzinfo, *more: datetime) -> Stock:
        """What of this, and of more moments, a mail may say."""
        return self._found.with_dates(self.dates(zone, *more))


_Keep = Callable[[_Facts, Any], object]
#: The first that fits: a datetime is a date too, and a bool a number.
_KEEPERS: tuple[tuple[tuple[type, ...], _Keep], ...] = (
    ((bool, Enum, type(None)), lambda *_: None),
    ((str,), lambda facts, text: facts.texts.append(text)),
    ((datetime,), lambda facts, moment: facts.moments.append(moment)),
    ((date,), lambda facts, day: facts.days.append(day)),
    ((int, float), lambda facts, number: facts.texts.append(str(number))),
    ((Study,), lambda facts, study: facts.studies.append(study)),
    ((Told,), lambda facts, told: facts.told.append(told)),
    ((dict,), lambda facts, record: facts.texts.extend(texts(record))),
)


@cache
def _keeper(kind: type) -> _Keep | None:
    return next((keep for kinds, keep in _KEEPERS if issubclass(kind, kinds)), None)


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, (tuple, list)):
        return value
    if isinstance(value, Change):
        return [field(value.path), *(getattr(value, name) for name in value.__struct_fields__)]
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, name) for name in _said_fields(type(value))]
    raise TypeError(f"A letter holds a {type(value).__name__}, which the gate cannot read.")


@cache
def _said_fields(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind) if UNSAID not in one.metadata)


class _Same:
    """Things that are looked up by being the very same, and not only alike: one change is told in many languages."""

    def __init__(self, things: tuple[Told | Study, ...]) -> None:
        self.things = things
        self._ids = tuple(map(id, things))

    def __hash__(self) -> int:
        return hash(self._ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._ids == other._ids


@lru_cache(maxsize=_NEWS_KEPT)
def _news(those: _Same) -> _Facts:
    """What is told, and what nearly every mail says of a study besides."""
    facts = _Facts()
    for one in those.things:
        if isinstance(one, Told):
            facts.gather([getattr(one, name) for name in _said_fields(Told)])
            continue
        facts.studies.append(one)
        sponsor, contacts = one.lead_sponsor, one.central_contacts
        people = [part for each in contacts for part in (each.name, each.phone, each.phone_ext, each.email)]
        dates = [one.study_first_post_date, one.last_update_post_date, one.results_first_post_date]
        names = [one.nct_id, one.brief_title, one.official_title, sponsor and sponsor.name]
        facts.texts.extend(texts([*names, *dates, *people]))
    return facts


@lru_cache(maxsize=_TEXTS_KEPT)
def _stock_of_texts(those: tuple[str, ...]) -> Stock:
    return stock(those)


@for_short(_LARGEST_KEPT, _KEPT)
def _stock_of_record(raw: bytes) -> Stock:
    return stock(texts(document(raw)))


@cache
def _own_words(language: str) -> frozenset[str]:
    """The words of our own sentences, and those that the registry's site writes for its codes."""
    own = (*sentences(language), *LABELS)
    return frozenset(word.casefold() for text in own for word in words_in(text))
