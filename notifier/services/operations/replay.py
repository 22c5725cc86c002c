"""Replays stored history through today's rules and subscriptions: who would have got what. Sends and changes nothing.

It happens in a scratch database, with the very code that makes notices and messages, so it cannot say anything else
than they would. Everybody who follows something today is taken to have followed it all the time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert, select, update
from sqlmodel import Session

from notifier.domain.changes import Change, Kind, detect, row_of
from notifier.storage import notices, outbox
from notifier.storage.engine import Database
from notifier.storage.models import (
    Listed,
    NoticeState,
    PassOutcome,
    PassRow,
    SubscriptionState,
    changes,
    conditions,
    listings,
    messages,
    studies,
    study_places,
    subscribers,
    subscriptions,
)
from notifier.storage.models import notices as notice_table
from notifier.storage.models import snapshots as snapshot_table
from notifier.storage.studies import history, snapshots

_TOLD = {Listed.NEW: Kind.NEW_STUDY, Listed.NOW_LISTED: Kind.NOW_LISTED}


@dataclass(frozen=True, slots=True)
class WouldHave:
    """One mail that would have gone: on which day, to whom, and of what."""

    day: date
    email: str
    told: tuple[tuple[str, str], ...]  # NCT id and kind of change


@dataclass(frozen=True, slots=True)
class _Event:
    """Changes of one study that were, or would be, found at one time."""

    at: datetime
    nct_id: str
    changes: tuple[Change, ...]
    condition_id: int | None = None


def replay(database: Database, since: datetime, now: datetime, settle: timedelta) -> list[WouldHave]:
    """The mails that today's rules and subscriptions would have made of what was stored since then, in order."""
    with TemporaryDirectory(prefix="notifier-replay-") as folder:
        scratch = database.beside(Path(folder))
        try:
            scratch.open()
            with database.reading() as source, scratch.transaction() as target:
                _copy(source, target, since)
                events = sorted(_events(source, since), key=lambda event: event.at)
                _play(target, events, since, now, settle)
                return list(_mails(target))
        finally:
            scratch.close()


def _copy(source: Session, target: Session, since: datetime) -> None:
    live = subscriptions.c.state == SubscriptionState.ACTIVE
    for table in (conditions, studies, study_places, subscribers, subscriptions):
        question = select(table).where(live) if table is subscriptions else select(table)
        rows = [dict(row._mapping) for row in source.execute(question)]  # noqa: SLF001 - its documented name
        if rows:
            target.execute(insert(table), rows)
    target.execute(update(subscribers).values(still_watching=False))
    outbox.restart_digests(target, since)


def _events(source: Session, since: datetime) -> Iterator[_Event]:
    moved = select(snapshot_table.c.nct_id).where(snapshot_table.c.taken_at >= since).distinct()
    for nct_id in source.execute(moved).scalars().all():
        known = history.versions(source, nct_id)
        for before, after in pairwise(known):
            if after.taken_at >= since:
                old, new = (snapshots.record(source, version.snapshot_id) for version in (before, after))
                yield _Event(after.taken_at, nct_id, detect(old, new).changes)
    entered = select(listings).where(listings.c.seen_at >= since, listings.c.listed.in_(list(_TOLD)))
    for row in source.execute(entered):
        kind = _TOLD[row.listed]
        change = Change(kind=kind, weight=row_of(kind).weight, path="")
        yield _Event(row.seen_at, row.nct_id, (change,), row.condition_id)


def _play(
    target: Session, events: Sequence[_Event], since: datetime, now: datetime, settle: timedelta
) -> None:
    day, waiting = since.date(), list(events)
    while day <= now.date():
        end = min(datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC), now)
        while waiting and waiting[0].at <= end:
            _find(target, waiting.pop(0), settle)
        outbox.assemble(target, end, "replay.invalid")
        day += timedelta(days=1)


def _find(target: Session, event: _Event, settle: timedelta) -> None:
    row = PassRow(
        data_timestamp=event.at.date().isoformat(),
        started_at=event.at,
        finished_at=event.at,
        outcome=PassOutcome.DONE,
        requests=0,
    )
    target.add(row)
    target.flush()
    assert row.id is not None
    snapshots.store_changes(
        target,
        row.id,
        event.nct_id,
        event.changes,
        between=(None, None),
        now=event.at,
        condition_id=event.condition_id,
    )
    target.flush()
    notices.make(target, row.id, event.at, settle=settle)
    outbox.assemble(target, event.at, "replay.invalid")


def _mails(target: Session) -> Iterator[WouldHave]:
    rows = target.execute(
        select(messages.c.id, messages.c.due_at, subscribers.c.email, changes.c.nct_id, changes.c.kind)
        .select_from(notice_table.join(messages).join(changes, changes.c.id == notice_table.c.change_id))
        .join(subscribers, subscribers.c.id == messages.c.subscriber_id)
        .where(notice_table.c.state == NoticeState.IN_MESSAGE)
        .order_by(messages.c.due_at, messages.c.id, changes.c.id)
    ).all()
    for message_id in dict.fromkeys(row.id for row in rows):
        mine = [row for row in rows if row.id == message_id]
        told = dict.fromkeys((row.nct_id, row.kind) for row in mine)
        yield WouldHave(mine[0].due_at.date(), mine[0].email, tuple(told))
