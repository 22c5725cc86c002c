"""What a person follows, for the admin and for letters. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from notifier.errors import InputError
from notifier.subscribers.people import Address, Wanted, find
from notifier.subscribers.signing_up import live
from notifier.tables import (
    EndedReason,
    Every,
    SubscriptionRow,
    SubscriptionState,
    conditions,
    studies,
    subscribers,
    subscriptions,
)


@dataclass(frozen=True, slots=True)
class Followed:
    """One subscription as the admin sees it."""

    id: int
    email: str
    label: str
    every: Every
    state: SubscriptionState
    created_at: datetime
    ended_reason: EndedReason | None
    seen: bool  # the study, or the condition, has its baseline
    missing: bool  # the registry did not have the study


def followed(session: Session, who: Address | None = None) -> list[Followed]:
    """The subscriptions of a person, or of everybody, by address and then by age."""
    rows = (
        select(SubscriptionRow, subscribers.c.email, conditions.c.text, conditions.c.watched_since, studies)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .outerjoin(conditions, conditions.c.id == subscriptions.c.condition_id)
        .outerjoin(studies, studies.c.nct_id == subscriptions.c.nct_id)
        .where(subscribers.c.email != "")
        .order_by(subscribers.c.email_key, subscriptions.c.id)
    )
    if who is not None:
        rows = rows.where(subscribers.c.email_key == who.key)
    return [
        Followed(
            id=row.SubscriptionRow.id,
            email=row.email,
            label=row.SubscriptionRow.nct_id or row.text,
            every=row.SubscriptionRow.every,
            state=row.SubscriptionRow.state,
            created_at=row.SubscriptionRow.created_at,
            ended_reason=row.SubscriptionRow.ended_reason,
            seen=bool(row[3] or row.snapshot_id),
            missing=row.missing_in is not None,
        )
        for row in session.execute(rows)
    ]


def ids_of(session: Session, who: Address, topic: Wanted | None = None) -> list[int]:
    """The ids of a person's subscriptions that have not ended: all, or the one to a thing."""
    person = find(session, who)
    if person is None or person.id is None:
        raise InputError("Nobody with that address is known here: check it with `notifier subscribers list`")
    if topic is not None:
        row = live(session, person.id, topic)
        return [row.id] if row is not None and row.id is not None else []
    going = select(subscriptions.c.id).where(
        subscriptions.c.subscriber_id == person.id, subscriptions.c.state != SubscriptionState.ENDED
    )
    return list(session.execute(going).scalars())


def pending_of(session: Session, subscriber_id: int) -> list[int]:
    """The ids of a person's subscriptions that wait for confirmation."""
    rows = select(subscriptions.c.id).where(
        subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.state == SubscriptionState.PENDING
    )
    return list(session.execute(rows.order_by(subscriptions.c.id)).scalars())


def owner_of(session: Session, subscription_ids: Sequence[int]) -> str | None:
    """The address that these subscriptions belong to, for a page that shows it masked."""
    rows = (
        select(subscribers.c.email)
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .where(subscriptions.c.id.in_(list(subscription_ids)))
    )
    return session.execute(rows.limit(1)).scalar_one_or_none()
