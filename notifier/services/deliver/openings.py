"""Asks the registry, before a welcome goes, what is open now under the conditions that its reader follows.

One short question a condition, kept for an hour and shared by all who chose alike, as is what its studies say. What is slow
or fails, the registry or a damaged row, holds no mail back: the welcome goes without, and has a link to the search. Promises nothing of a study but what its record says that day.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import structlog

from notifier.clock import Clock
from notifier.domain import narrowing
from notifier.domain.geo import Circle
from notifier.domain.letter import OpenNow, OpenStudy
from notifier.domain.study import Study
from notifier.domain.summaries import by_rules
from notifier.domain.summaries.voice import plain
from notifier.domain.wording import closest, speech
from notifier.domain.wording.places import nearest
from notifier.sources.clinicaltrials_gov import Hits, SexSought, Sought, in_words
from notifier.storage.letters.gathering import MOST_STUDIES, Lookup

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


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the registry found, and when; `reads`: title, question and standing of a study in a language, each made once."""

    at: datetime
    hits: Hits
    reads: dict[tuple[str, str], tuple[str, str, str] | None] = field(default_factory=dict)


class Openings:
    """What was asked within the hour. search: the registry's, as `Registry.search`."""

    def __init__(self, search: Callable[..., Awaitable[Hits]], clock: Clock) -> None:
        self._search, self._clock = search, clock
        self._kept: OrderedDict[Sought, _Answer] = OrderedDict()
        self._asked: deque[datetime] = deque()
        self._rests_until: datetime | None = None

    async def found(self, wanted: Sequence[Lookup]) -> dict[Lookup, OpenNow]:
        """What is open, for as many of these as there is an answer within our patience."""
        answers: dict[Lookup, _Answer] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for one in wanted:
                    try:
                        asked = sought(one)
                    except Exception as fault:  # noqa: BLE001 - a damaged row must not stop the mails of the others
                        log.warning(
                            "A welcome says no open studies: what it is to look for cannot be read.",
                            action="openings_unreadable",
                            subscription_id=one.subscription_id,
                            fault=type(fault).__name__,
                        )
                        continue
                    if (answer := await self._answer(asked)) is not None:
                        answers[one] = answer
        return await asyncio.to_thread(_read, answers, self._clock.now().date())

    async def _answer(self, asked: Sought) -> _Answer | None:
        now = self._clock.now()
        kept = self._kept.get(asked)
        if kept is not None and kept.at <= now < kept.at + KEPT_FOR and kept.at.date() == now.date():
            return kept
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
        self._kept[asked] = answer = _Answer(now, hits)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return answer


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
        countries=tuple(name for code in chosen.countries for name in narrowing.in_records(code)),
        circle=circle,
        open=True,
        sex=next((SexSought(name) for name, sex in narrowing.SEXES.items() if sex in chosen.traits), None),
    )


def _read(answers: dict[Lookup, _Answer], today: date) -> dict[Lookup, OpenNow]:
    """The first of those found that are open and fit; nothing of which there may be others where none does."""
    found = {}
    for one, answer in answers.items():
        circle = one.near.circle if one.near else None
        try:
            studies = [
                study
                for study in answer.hits.studies
                if study.overall_status in OPEN
                and narrowing.fits(study, one.chosen)
                # As `storage.eligibility` has it: what is not on the map may be near.
                and (
                    circle is None
                    or not (points := [site.geo_point for site in study.locations if site.geo_point])
                    or any(circle.contains(point.lat, point.lon) for point in points)
                )
            ]
            # Those that take people now come before those that will; else as the registry has them.
            studies.sort(key=lambda study: study.overall_status != "RECRUITING")
            said = tuple(
                each for study in studies[:MOST_STUDIES] if (each := _study(study, one, answer, today))
            )
        except Exception:  # of a row or a record that nobody foresaw: it must not stop the mails
            log.exception("Open studies cannot be read.", action="read_failed", message_id=one.message_id)
            continue
        if said or answer.hits.total == len(answer.hits.studies) == 0:
            found[one] = OpenNow(today, said)
    return found


def _study(study: Study, one: Lookup, answer: _Answer, today: date) -> OpenStudy | None:
    language, near = closest(one.language), one.near
    key = (study.nct_id, language)
    if key not in answer.reads:
        try:
            read = by_rules(study, today, language)
        except Exception:  # a record that nobody foresaw must not stop the mail
            log.exception("A study cannot be read.", action="read_failed", nct_id=study.nct_id)
            answer.reads[key] = None
        else:
            title, question, status = (
                plain(text)[:LONGEST] for text in (read.title, read.question, read.status_line)
            )
            answer.reads[key] = title, question, status
    if (texts := answer.reads[key]) is None:
        return None
    where = nearest(speech(language), study, near.circle, near.place)[0] if near else ""
    return OpenStudy(study.nct_id, *texts, where)
