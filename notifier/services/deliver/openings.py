"""Asks the registry, before a welcome goes, what is open now under the conditions that its reader follows.

One short question a condition, kept for an hour and shared by all who chose alike. A registry that is slow, or fails, holds
no welcome back: it goes without, and has a link to the search. Promises nothing of a study but what its record says that day.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta

import structlog

from notifier.clock import Clock
from notifier.domain import gazetteer, narrowing
from notifier.domain.geo import Circle, Near
from notifier.domain.letter import OpenNow, OpenStudy
from notifier.domain.study import Study
from notifier.domain.summaries import by_rules
from notifier.domain.summaries.voice import plain
from notifier.domain.wording import closest, speech
from notifier.domain.wording.places import nearest
from notifier.sources.clinicaltrials_gov import Hits, SexSought, Sought, in_words
from notifier.storage.letters.openings import MOST_STUDIES, Lookup

PATIENCE = 10.0  # seconds that the mails of one batch wait at most
A_PAGE = 30  # studies: of those found, not all fit what was chosen
KEPT_FOR = timedelta(hours=1)
MOST_KEPT = 100
MOST_AN_HOUR = 200  # questions
RESTS_FOR = timedelta(minutes=5)  # after a question that got no answer
A_DEGREE = 100  # km; that far from a whole degree is every place, and a little more
LONGEST = 600  # characters of each text of a study
OPEN = frozenset({"RECRUITING", "NOT_YET_RECRUITING"})

log = structlog.get_logger()


class Openings:
    """What was asked within the hour. search: the registry's, as `Registry.search`."""

    def __init__(self, search: Callable[..., Awaitable[Hits]], clock: Clock) -> None:
        self._search, self._clock = search, clock
        self._kept: OrderedDict[Sought, tuple[datetime, Hits]] = OrderedDict()
        self._asked: deque[datetime] = deque()
        self._rests_until: datetime | None = None

    async def found(self, wanted: Sequence[Lookup]) -> dict[Lookup, OpenNow]:
        """What is open, for as many of these as there is an answer within our patience."""
        hits: dict[Lookup, Hits] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for one in wanted:
                    if (answer := await self._answer(sought(one))) is not None:
                        hits[one] = answer
        return await asyncio.to_thread(_read, hits, self._clock.now().date())

    async def _answer(self, asked: Sought) -> Hits | None:
        now = self._clock.now()
        at, hits = self._kept.get(asked, (None, None))
        if at is not None and at <= now < at + KEPT_FOR and at.date() == now.date():
            return hits
        while self._asked and not now - KEPT_FOR < self._asked[0] <= now:
            self._asked.popleft()
        if len(self._asked) >= MOST_AN_HOUR or (self._rests_until is not None and now < self._rests_until):
            return None
        self._asked.append(now)
        try:
            hits = await self._search(asked, a_page=A_PAGE)
        except (Exception, asyncio.CancelledError) as fault:
            # No mail may wait for it, whatever it is. What the registry says of a question may repeat it.
            why = type(fault).__name__
            log.warning("Welcomes say no open studies now.", action="openings_failed", fault=why)
            self._rests_until = now + RESTS_FOR
            if isinstance(fault, asyncio.CancelledError):
                raise
            return None
        self._kept[asked] = now, hits
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return hits


def sought(one: Lookup) -> Sought:
    """The registry's search for it: what it can leave out by itself of what was not chosen. It is asked for a region, whole
    degrees around, and never learns where somebody wants to hear of places.
    """
    chosen, circle = one.chosen, one.near.circle if one.near else None
    if circle is not None:
        circle = Circle(round(circle.lat), round(circle.lon), circle.km + A_DEGREE)
    return Sought(
        words=in_words(one.query),
        is_condition=True,
        countries=tuple(map(gazetteer.country_name, chosen.countries)),
        circle=circle,
        open=True,
        sex=next((SexSought(name) for name, sex in narrowing.SEXES.items() if sex in chosen.traits), None),
    )


def _is_near(study: Study, near: Near | None) -> bool:
    """As `storage.eligibility` has it: what is not on the map may be near."""
    points = [site.geo_point for site in study.locations if site.geo_point]
    if near is None or near.circle is None or not points:
        return True
    return any(near.circle.contains(point.lat, point.lon) for point in points)


def _read(hits: dict[Lookup, Hits], today: date) -> dict[Lookup, OpenNow]:
    """The first of those found that are open and fit; nothing of which there may be others where none does."""
    found = {}
    for one, answer in hits.items():
        studies = [
            study
            for study in answer.studies
            if study.overall_status in OPEN
            and narrowing.fits(study, one.chosen)
            and _is_near(study, one.near)
        ]
        # Those that take people now come before those that will; else as the registry has them.
        studies.sort(key=lambda study: study.overall_status != "RECRUITING")
        said = tuple(each for study in studies[:MOST_STUDIES] if (each := _study(study, one, today)))
        if said or answer.total == len(answer.studies) == 0:
            found[one] = OpenNow(today, said)
    return found


def _study(study: Study, one: Lookup, today: date) -> OpenStudy | None:
    language, near = closest(one.language), one.near
    try:
        read = by_rules(study, today, language)
    except Exception:  # a record that nobody foresaw must not stop the mail
        log.exception("A study cannot be read.", action="read_failed", nct_id=study.nct_id)
        return None
    where = nearest(speech(language), study, near.circle, near.place)[0] if near else ""
    title, question, status = (
        plain(text)[:LONGEST] for text in (read.title, read.question, read.status_line)
    )
    return OpenStudy(study.nct_id, title, question, status, where)
