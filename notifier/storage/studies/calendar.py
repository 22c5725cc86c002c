"""Which followed studies time alone has made something of that is told: each once, and what was so before is no news.

What is due stands with each study as a day, worked out when a version of it is stored, so that a look reads those few alone.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update
from sqlmodel import Session

from notifier.domain.changes import Change
from notifier.domain.changes.calendar import CALENDAR_KINDS, due, next_day, said
from notifier.domain.study import Study
from notifier.errors import RowUnreadable
from notifier.storage.models import UNKNOWN_DAY, Fate, NoticeState, StudyRow, changes, notices, studies
from notifier.storage.studies import snapshots

AT_ONCE = 1_000  # studies in one look: after an upgrade all are to be worked out
#: A clock of ours that stands further after the registry's newest data than this is wrong, and makes no news.
FURTHEST = timedelta(days=31)
_KINDS = [kind.value for kind in CALENDAR_KINDS]


@dataclass(frozen=True, slots=True)
class CameDue:
    """A study and what time made of it; `snapshot_id` is its newest version."""

    nct_id: str
    snapshot_id: int
    changes: tuple[Change, ...]


def day_of(now: datetime, data_timestamp: str) -> date:
    """The day up to which time may make news: today, unless our clock ran away from the registry's data (ISO 8601)."""
    with suppress(ValueError, OverflowError):
        return min(now.date(), date.fromisoformat(data_timestamp[:10]) + FURTHEST)
    return now.date()


def is_due(session: Session, today: date, *, but: Collection[str]) -> bool:
    """Whether there is anything to look at."""
    return session.execute(select(studies.c.nct_id).where(_waits(today, but)).limit(1)).first() is not None


def _waits(today: date, but: Collection[str]) -> ColumnElement[bool]:
    return and_(
        studies.c.next_due <= today.isoformat(),
        studies.c.watched_since.is_not(None),
        studies.c.snapshot_id.is_not(None),
        studies.c.missing_in.is_(None),
        studies.c.left_at.is_(None),
        studies.c.nct_id.not_in(but),
    )


def look(session: Session, today: date, *, but: Collection[str]) -> list[CameDue]:
    """What time made of watched studies since it was looked last, and move each on to its next day.

    but: studies of which nobody knows whether their record stands still.
    """
    # Locked, so that of two looks at once the second finds nothing.
    found = (
        select(StudyRow)
        .where(_waits(today, but))
        .order_by(studies.c.next_due.desc(), studies.c.nct_id)
        .limit(AT_ONCE)
        .with_for_update()
    )
    said_before, came = select(changes.c.kind, changes.c.after).where(changes.c.kind.in_(_KINDS)), []
    for row in session.execute(found).scalars().all():
        since, row.next_due = row.next_due or UNKNOWN_DAY, None
        with suppress(RowUnreadable):  # its next version is compared anew, and is due then
            study = snapshots.study(session, row.snapshot_id or 0)
            row.next_due = next_day(study, today)
            rows = session.execute(said_before.where(changes.c.nct_id == row.nct_id))
            told = {said(each.kind, each.after) for each in rows}
            new = tuple(
                each.change
                for each in due(study)
                if since != UNKNOWN_DAY
                and since <= each.day.isoformat() <= today.isoformat()
                and each.said not in told
            )
            if new:
                came.append(CameDue(row.nct_id, row.snapshot_id or 0, new))
    session.flush()
    return came


def cancel_outdated(session: Session, nct_id: str, study: Study, now: datetime) -> None:
    """What time made of an earlier version, and nobody was told yet, is told to nobody where it is not so any more."""
    still = {each.said for each in due(study) if each.day <= now.date()}
    waits = select(notices.c.id).where(
        notices.c.change_id == changes.c.id, notices.c.state == NoticeState.DUE
    )
    rows = select(changes.c.id, changes.c.kind, changes.c.after).where(
        changes.c.nct_id == nct_id, changes.c.kind.in_(_KINDS), waits.exists()
    )
    gone = [row.id for row in session.execute(rows) if said(row.kind, row.after) not in still]
    if gone:
        session.execute(
            update(notices)
            .where(notices.c.change_id.in_(gone), notices.c.state == NoticeState.DUE)
            .values(state=NoticeState.CANCELLED, reason=Fate.CHANGED_BACK)
        )
