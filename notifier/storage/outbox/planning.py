"""What a plan of the next mails is made of: at which times something is made into mails, what waits, and what still would."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlmodel import Session

from notifier.storage.eligibility import keeps_back
from notifier.storage.models import (
    Fate,
    MessageState,
    NoticeState,
    SubscriptionState,
    messages,
    notices,
    subscribers,
    subscriptions,
)
from notifier.storage.outbox.claims import WAITING

#: Times at which something would be made into mails; each of them is gone through.
MOST_MOMENTS = 300


def newest(session: Session) -> int:
    """The id of the newest mail."""
    return session.execute(select(func.max(messages.c.id))).scalar_one() or 0


def moments(session: Session, now: datetime, until: datetime) -> list[datetime]:
    """Now, and every later time at which something that waits becomes due."""
    waiting = notices.join(subscriptions)
    due = (notices.c.state == NoticeState.DUE) & (subscriptions.c.state == SubscriptionState.ACTIVE)
    found = [now]
    for when, source in (
        (subscriptions.c.next_digest_at, waiting),
        (notices.c.not_before, waiting),
        (subscribers.c.still_watching_at, None),
    ):
        times = select(when).distinct().where(when > now, when <= until).order_by(when).limit(MOST_MOMENTS)
        times = times if source is None else times.select_from(source).where(due)
        found += [at for at in session.execute(times).scalars() if at is not None]
    return sorted(set(found))[:MOST_MOMENTS]


def until(session: Session, then: datetime) -> Sequence[Row[Any]]:
    columns = (messages.c.id, messages.c.kind, messages.c.subscriber_id, messages.c.due_at)
    rows = (
        select(*columns, subscribers.c.email)
        .select_from(messages.join(subscribers))
        .where(messages.c.state.in_((*WAITING, MessageState.SENDING)), messages.c.due_at <= then)
        .order_by(messages.c.due_at, messages.c.id)
    )
    return session.execute(rows).all()


def held_notices(session: Session) -> int:
    held = select(func.count()).where(notices.c.state == NoticeState.HELD)
    return int(session.execute(held).scalar_one())


def still_waiting(session: Session, until: datetime) -> dict[Fate, int]:
    """Notices that none of the mails tells, by why; NEXT_MAIL: their person gets enough mails that day."""
    why = keeps_back(until)
    rows = (
        select(why, func.count())
        .select_from(notices.join(subscriptions))
        .where(notices.c.state == NoticeState.DUE)
        .group_by(why)
    )
    return {reason: int(count) for reason, count in session.execute(rows)}
