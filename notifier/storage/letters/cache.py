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
from notifier.storage.models import changes, conditions
from notifier.storage.studies import snapshots

STUDIES_KEPT = 200  # about 100 kB each
CHANGES_KEPT = 2_000

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


@dataclass(frozen=True, slots=True)
class CachedChange:
    """One stored change, ready to be told."""

    id: int
    nct_id: str
    snapshot_id: int | None  # of the version that it led to
    told: Told


class ChangeCache:
    """Reads many at once, and what was read lately not again. Belongs to one pass."""

    def __init__(self) -> None:
        self._studies: Lately[int, Study] = Lately(STUDIES_KEPT)
        self._changes: Lately[int, CachedChange] = Lately(CHANGES_KEPT)
        self._stories: Lately[tuple[object, ...], tuple[Told, ...]] = Lately(CHANGES_KEPT)

    def studies(self, session: Session, snapshot_ids: Collection[int]) -> dict[int, Study]:
        """These versions, by the ids of their snapshots."""
        return self._studies.get(snapshot_ids, lambda ids: snapshots.studies_of(session, ids))

    def changes(self, session: Session, change_ids: Collection[int]) -> dict[int, CachedChange]:
        """These changes, by id."""
        return self._changes.get(change_ids, lambda ids: _read(session, ids))

    def story(
        self, stored: Sequence[CachedChange], study: Study, language: str, day: date
    ) -> tuple[Told, ...]:
        """What these changes of one study are told as, the heaviest first; the very same for all who hear of them. Of a
        study that is new under a condition, first what it asks.
        """
        new = any(one.told.change.kind in FOUND for one in stored)
        key = (*(one.id for one in stored), *((language, day) if new else ()))

        def made(_: object) -> dict[tuple[object, ...], tuple[Told, ...]]:
            question = _question(study, language, day) if new else ""
            return {
                key: tuple(
                    replace(one, question=question) if one.change.kind in FOUND else one
                    for one in _in_order(stored)
                )
            }

        return self._stories.get([key], made)[key]


def _question(study: Study, language: str, day: date) -> str:
    try:
        return plain(by_rules(study, day, closest(language)).question)
    except Exception:  # a record that nobody foresaw is told without it
        log.exception("A study cannot be read.", action="read_failed", nct_id=study.nct_id)
        return ""


def _in_order(stored: Sequence[CachedChange]) -> tuple[Told, ...]:
    told = [one.told for one in stored]
    return tuple(sorted(told, key=lambda one: one.change.order))


def _read(session: Session, change_ids: Sequence[int]) -> dict[int, CachedChange]:
    found = (
        select(changes, conditions.c.text.label("condition"))
        .select_from(changes.outerjoin(conditions))
        .where(changes.c.id.in_(change_ids))
    )
    rows = session.execute(found).all()
    moves: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    for move in _moves(session, {row.nct_id for row in rows if row.kind in WITH_HISTORY}):
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


def _moves(session: Session, nct_ids: Collection[str]) -> Sequence[Row[Any]]:
    """Every move of a date of these studies, oldest first."""
    if not nct_ids:
        return ()
    moved = select(changes).where(changes.c.nct_id.in_(nct_ids), changes.c.kind.in_(WITH_HISTORY))
    return session.execute(moved.order_by(changes.c.id)).all()
