"""Deletes what was kept long enough (P7)."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlmodel import Session

from notifier.tables import (
    SubscriberRow,
    SubscriptionState,
    subscribers,
    subscriptions,
)


def wipe_unconfirmed(session: Session, before: datetime) -> int:
    """Delete sign-ups that nobody confirmed since then, with their consent records; returns how many (L16)."""
    stale = (subscriptions.c.state == SubscriptionState.PENDING) & (subscriptions.c.created_at < before)
    deleted = session.execute(delete(subscriptions).where(stale))
    return int(deleted.rowcount)  # type: ignore[attr-defined]  # a DELETE's result has it


def forget_gone(session: Session, before: datetime) -> int:
    """Wipe the address of everybody whose last subscription ended before then; returns how many (P7).

    Who has no subscription left at all, because none was ever confirmed, is wiped at once. What is left of them has
    no address: the rows keep old links and counts right.
    """
    living = select(subscriptions.c.subscriber_id).where(
        (subscriptions.c.state != SubscriptionState.ENDED) | (subscriptions.c.ended_at >= before)
    )
    gone = (subscribers.c.email != "") & subscribers.c.id.not_in(living)
    ids = session.execute(select(subscribers.c.id).where(gone)).scalars().all()
    wiped = [
        {"id": identity, "email": "", "email_key": f"wiped:{identity}", "near": None} for identity in ids
    ]
    if wiped:
        session.execute(update(SubscriberRow), wiped)
    return len(ids)
