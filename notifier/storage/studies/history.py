"""What is stored of one study, in order: its versions, and the changes that were detected; and all that is followed, with
how many people follow it, and no person. Reads only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Subquery, func, select
from sqlmodel import Session

from notifier.domain.changes import Change
from notifier.errors import InputError
from notifier.storage.models import (
    FOLLOWED,
    SnapshotRow,
    StudyRow,
    changes,
    conditions,
    listings,
    studies,
    subscriptions,
)
from notifier.storage.models import snapshots as snapshot_table
from notifier.storage.studies import snapshots


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version, by its number from 1."""

    number: int
    snapshot_id: int
    taken_at: datetime
    data_timestamp: str
    source: str


@dataclass(frozen=True, slots=True)
class StoredChange:
    """One change as it was detected; `versions` are the numbers of the two it lies between."""

    change: Change
    detected_at: datetime
    versions: tuple[int | None, int | None]
    condition: str | None
    posted: str | None


@dataclass(frozen=True, slots=True)
class StudyFollowers:
    """A study that somebody follows. seen: it has been looked at; there: the registry showed it when it was last asked."""

    nct_id: str
    title: str | None
    status: str | None
    followers: int
    last_change: datetime | None
    seen: bool
    there: bool


@dataclass(frozen=True, slots=True)
class ConditionFollowers:
    """A condition that somebody follows, and how many studies were seen under it. seen: it has been looked at."""

    text: str
    followers: int
    studies: int
    last_change: datetime | None
    seen: bool


def row(session: Session, nct_id: str) -> StudyRow:
    """What we know of the study. Raises InputError where that is nothing."""
    found = session.get(StudyRow, nct_id)
    if found is None:
        raise InputError(
            f"{nct_id} is not stored here: nobody follows it, or its first look is still to come"
        )
    return found


def followers(session: Session, nct_id: str) -> int:
    """How many people follow the study."""
    count = select(func.count()).where(subscriptions.c.nct_id == nct_id, subscriptions.c.state.in_(FOLLOWED))
    return int(session.execute(count).scalar_one())


def followed_studies(session: Session, limit: int | None) -> Iterator[StudyFollowers]:
    """Every study that somebody follows, those with most followers first."""
    many = _followers(subscriptions.c.nct_id)
    last = _last_change(changes.c.nct_id, changes.c.condition_id.is_(None))
    found = session.execute(
        select(many.c.topic, many.c.people, studies, last.c.at)
        .select_from(many)
        .outerjoin(studies, studies.c.nct_id == many.c.topic)
        .outerjoin(last, last.c.topic == many.c.topic)
        .order_by(many.c.people.desc(), many.c.topic)
        .limit(limit)
    )
    for each in found:
        there = each.missing_in is None and each.left_at is None
        seen = each.watched_since is not None
        yield StudyFollowers(
            each.topic, each.brief_title, each.overall_status, each.people, each.at, seen, there
        )


def followed_conditions(session: Session, limit: int | None) -> Iterator[ConditionFollowers]:
    """Every condition that somebody follows, those with most followers first."""
    many = _followers(subscriptions.c.condition_id)
    last = _last_change(changes.c.condition_id, changes.c.condition_id.is_not(None))
    under = (
        select(listings.c.condition_id, func.count().label("studies"))
        .group_by(listings.c.condition_id)
        .subquery()
    )
    found = session.execute(
        select(many.c.people, conditions.c.text, conditions.c.watched_since, under.c.studies, last.c.at)
        .select_from(many)
        .join(conditions, conditions.c.id == many.c.topic)
        .outerjoin(under, under.c.condition_id == many.c.topic)
        .outerjoin(last, last.c.topic == many.c.topic)
        .order_by(many.c.people.desc(), conditions.c.query)
        .limit(limit)
    )
    for each in found:
        yield ConditionFollowers(
            each.text, each.people, each.studies or 0, each.at, each.watched_since is not None
        )


def _followers(topic: Column[Any]) -> Subquery:
    return (
        select(topic.label("topic"), func.count().label("people"))
        .where(topic.is_not(None), subscriptions.c.state.in_(FOLLOWED))
        .group_by(topic)
        .subquery()
    )


def _last_change(topic: Column[Any], of: ColumnElement[bool]) -> Subquery:
    return (
        select(topic.label("topic"), func.max(changes.c.detected_at).label("at"))
        .where(of)
        .group_by(topic)
        .subquery()
    )


def versions(session: Session, nct_id: str) -> list[StoredVersion]:
    """Every stored version, the oldest first."""
    rows = session.execute(
        select(SnapshotRow).where(snapshot_table.c.nct_id == nct_id).order_by(snapshot_table.c.id)
    ).scalars()
    return [
        StoredVersion(number, each.id or 0, each.taken_at, each.data_timestamp, each.source.value)
        for number, each in enumerate(rows, start=1)
    ]


def stored_changes(session: Session, nct_id: str, known: Sequence[StoredVersion]) -> list[StoredChange]:
    """Every change that was detected, the oldest first."""
    numbers = {version.snapshot_id: version.number for version in known}
    rows = session.execute(
        select(changes, conditions.c.text)
        .outerjoin(conditions, conditions.c.id == changes.c.condition_id)
        .where(changes.c.nct_id == nct_id)
        .order_by(changes.c.id)
    )
    return [
        StoredChange(
            snapshots.change_of(each),
            each.detected_at,
            (numbers.get(each.before_snapshot_id), numbers.get(each.after_snapshot_id)),
            each.text,
            each.posted,
        )
        for each in filter(snapshots.is_readable, rows)
    ]


def record_of(session: Session, known: Sequence[StoredVersion], number: int) -> bytes:
    """The registry's bytes of a version by its number. Raises InputError for a number that is not there."""
    for version in known:
        if version.number == number:
            return snapshots.record(session, version.snapshot_id)
    raise InputError(f"There is no version {number}: the stored ones are 1 to {len(known)}")
