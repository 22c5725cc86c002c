"""What is stored of one study, in order: its versions, and the changes that were detected. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session

from notifier.domain.changes import Change
from notifier.errors import InputError
from notifier.storage.models import FOLLOWED, SnapshotRow, StudyRow, changes, conditions, subscriptions
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
