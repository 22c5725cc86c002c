"""Stored versions and changes that mails told of lately. They never change, so one reading serves all who hear of them."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy import Row, select
from sqlmodel import Session

from notifier.domain.changes import FOUND
from notifier.domain.letter import WITH_HISTORY, Told
from notifier.domain.study import Study
from notifier.domain.summaries import by_rules
from notifier.domain.summaries.voice import plain
from notifier.domain.wording import closest
from notifier.storage.engine.statements import is_among, named
from notifier.storage.models import changes, conditions
from notifier.storage.studies import snapshots

STUDIES_KEPT = 200  # about 100 kB each
CHANGES_KEPT = 2_000
LISTS_KEPT = 200

log = structlog.get_logger()

_Key = TypeVar("_Key")
_Thing = TypeVar("_Thing")


class Lately(Generic[_Key, _Thing]):
    """The things that were asked for lately, so many of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[_Key, _Thing] = OrderedDict()

    def get(
        self, wanted: Collection[_Key], read: Callable[[list[_Key]], dict[_Key, _Thing]]
    ) -> dict[_Key, _Thing]:
        """All that are wanted; `read` gives those that are not kept."""
        missing = [key for key in wanted if key not in self._kept]
        read_now = read(missing) if missing else {}
        found = {key: self._kept[key] if key in self._kept else read_now[key] for key in wanted}
        for key, thing in found.items():
            self._kept[key] = thing
            self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return found

    def one(self, key: _Key, make: Callable[[], _Thing]) -> _Thing:
        """The same of one thing."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        return self.get([key], lambda _: {key: make()})[key]


@dataclass(frozen=True, slots=True)
class CachedChange:
    """One stored change, ready to be told."""

    id: int
    nct_id: str
    snapshot_id: int | None  # of the version that it led to
    told: Told


@dataclass(frozen=True, slots=True)
class StudyNews:
    """Changes of one study that are told together; the very same for all who hear of them."""

    nct_id: str
    stored: tuple[CachedChange, ...]  # oldest first
    told: tuple[Told, ...]  # heaviest first
    snapshot_id: int | None  # of the newest version that they led to
    days: frozenset[date]  # on which they were found
    new: bool  # it is a study that is new under a condition, so it is told first what it asks


class ChangeCache:
    """Reads many at once, and what was read lately not again. Belongs to one pass."""

    def __init__(self) -> None:
        self._studies: Lately[int, Study] = Lately(STUDIES_KEPT)
        self._changes: Lately[int, CachedChange] = Lately(CHANGES_KEPT)
        # Of lists few are kept: each holds its changes, also those that are no more kept above.
        self._news: Lately[str, dict[str, StudyNews]] = Lately(LISTS_KEPT)
        self._merged: Lately[tuple[int, ...], StudyNews] = Lately(LISTS_KEPT)
        self._asking: Lately[tuple[object, ...], tuple[Told, ...]] = Lately(CHANGES_KEPT)

    def studies(self, session: Session, snapshot_ids: Collection[int]) -> dict[int, Study]:
        """These versions, by the ids of their snapshots."""
        return self._studies.get(snapshot_ids, lambda ids: snapshots.studies_of(session, ids))

    def news(self, session: Session, listed: Collection[str]) -> dict[str, dict[str, StudyNews]]:
        """Changes by study, for each of these lists of their ids, parted by commas."""

        def read(unknown: list[str]) -> dict[str, dict[str, StudyNews]]:
            ids = {each: sorted(map(int, each.split(","))) for each in unknown}
            every = {one for each in ids.values() for one in each}
            stored = self._changes.get(every, lambda missing: _read(session, missing))
            found: dict[str, dict[str, StudyNews]] = {}
            for each, theirs in ids.items():
                of_study: dict[str, list[CachedChange]] = defaultdict(list)
                for one in theirs:
                    of_study[stored[one].nct_id].append(stored[one])
                found[each] = {nct_id: _study_news(told) for nct_id, told in of_study.items()}
            return found

        return self._news.get(listed, read)

    def merged(self, parts: Sequence[StudyNews]) -> StudyNews:
        """All that is news of one study to a person who hears of it by several subscriptions, each change once."""
        if len(parts) == 1:
            return parts[0]
        stored = {one.id: one for part in parts for one in part.stored}
        ids = tuple(sorted(stored))
        return self._merged.one(ids, lambda: _study_news([stored[one] for one in ids]))

    def told(self, news: StudyNews, study: Study, language: str, day: date) -> tuple[Told, ...]:
        """What is told of it. Of a study that is new under a condition, first what it asks."""
        if not news.new:
            return news.told

        def asking() -> tuple[Told, ...]:
            try:
                question = plain(by_rules(study, day, closest(language)).question)
            except Exception:  # a record that nobody foresaw is told without it
                log.exception("A study cannot be read.", action="read_failed", nct_id=study.nct_id)
                question = ""
            return tuple(
                replace(one, question=question) if one.change.kind in FOUND else one for one in news.told
            )

        return self._asking.one((*(one.id for one in news.stored), language, day), asking)


def _study_news(stored: Sequence[CachedChange]) -> StudyNews:
    told = sorted((one.told for one in stored), key=lambda one: one.change.order)
    return StudyNews(
        stored[0].nct_id,
        tuple(stored),
        tuple(told),
        max((one.snapshot_id for one in stored if one.snapshot_id), default=None),
        frozenset(one.detected_at.date() for one in told),
        any(one.change.kind in FOUND for one in told),
    )


def _read(session: Session, change_ids: Sequence[int]) -> dict[int, CachedChange]:
    found = (
        select(changes, conditions.c.text.label("condition"))
        .select_from(changes.outerjoin(conditions))
        .where(is_among(changes.c.id, change_ids))
    )
    rows = named(session.execute(found))
    # Every move of a date of these studies, oldest first.
    moves: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    if moved := {row.nct_id for row in rows if row.kind in WITH_HISTORY}:
        which = select(changes).where(is_among(changes.c.nct_id, moved), changes.c.kind.in_(WITH_HISTORY))
        for move in session.execute(which.order_by(changes.c.id)):
            moves[move.nct_id, move.kind].append(move)
    return {row.id: _stored(row, moves.get((row.nct_id, row.kind), ())) for row in rows}


def _stored(row: Row[Any], moves: Iterable[Row[Any]]) -> CachedChange:
    """A change; `moves`: all that the same date of its study made."""
    earlier = tuple(
        snapshots.change_of(move) for move in moves if move.id < row.id and snapshots.is_readable(move)
    )
    return CachedChange(
        id=row.id,
        nct_id=row.nct_id,
        # SQLite keeps a word in a column of numbers, too; then the study's newest version stands for it.
        snapshot_id=row.after_snapshot_id if isinstance(row.after_snapshot_id, int) else None,
        told=Told(snapshots.change_of(row), row.detected_at, row.condition, earlier, row.posted),
    )
