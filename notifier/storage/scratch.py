"""A scratch copy of the store, in which stored history is played again: who follows what goes in, the mails come out."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import insert, select, update
from sqlmodel import Session

from notifier.storage import outbox
from notifier.storage.models import (
    Listed,
    ListingRow,
    NoticeState,
    PassOutcome,
    PassRow,
    SubscriptionState,
    changes,
    conditions,
    listings,
    messages,
    notices,
    snapshots,
    studies,
    study_places,
    subscribers,
    subscriptions,
)


def copy(source: Session, target: Session, since: datetime) -> None:
    """Everybody who follows something today, as if they had followed it since then, and nothing that was ever told."""
    live = subscriptions.c.state == SubscriptionState.ACTIVE
    for table in (conditions, studies, study_places, subscribers, subscriptions):
        question = select(table).where(live) if table is subscriptions else select(table)
        rows = [dict(row._mapping) for row in source.execute(question)]  # noqa: SLF001 - its documented name
        if rows:
            target.execute(insert(table), rows)
    target.execute(update(subscribers).values(still_watching=False))
    outbox.restart_digests(target, since)


def moved_since(source: Session, since: datetime) -> list[str]:
    """The studies of which a version was stored since then."""
    moved = select(snapshots.c.nct_id).where(snapshots.c.taken_at >= since).distinct()
    return list(source.execute(moved).scalars())


def entered_since(source: Session, since: datetime, why: tuple[Listed, ...]) -> list[ListingRow]:
    """What came to stand under a condition since then, for one of these reasons."""
    entered = select(ListingRow).where(listings.c.seen_at >= since, listings.c.listed.in_(why))
    return list(source.execute(entered).scalars())


def a_pass(target: Session, at: datetime) -> int:
    """A pass that ended then; returns its id."""
    row = PassRow(
        data_timestamp=at.date().isoformat(),
        started_at=at,
        finished_at=at,
        outcome=PassOutcome.DONE,
        requests=0,
    )
    target.add(row)
    target.flush()
    assert row.id is not None
    return row.id


def mails(target: Session) -> Iterator[tuple[date, str, tuple[tuple[str, str], ...]]]:
    """Each mail that was made there: its day, its address, and what it tells by NCT id and kind."""
    rows = target.execute(
        select(messages.c.id, messages.c.due_at, subscribers.c.email, changes.c.nct_id, changes.c.kind)
        .select_from(notices.join(messages).join(changes, changes.c.id == notices.c.change_id))
        .join(subscribers, subscribers.c.id == messages.c.subscriber_id)
        .where(notices.c.state == NoticeState.IN_MESSAGE)
        .order_by(messages.c.due_at, messages.c.id, changes.c.id)
    ).all()
    for message_id in dict.fromkeys(row.id for row in rows):
        mine = [row for row in rows if row.id == message_id]
        told = dict.fromkeys((row.nct_id, row.kind) for row in mine)
        yield mine[0].due_at.date(), mine[0].email, tuple(told)
