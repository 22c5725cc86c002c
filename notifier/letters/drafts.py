"""What every letter starts from: a message, its person, and why they get it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from notifier import outbox, subscribers
from notifier.letter import Letter, Reason, Topic
from notifier.near import Near
from notifier.tables import MessageRow, SubscriberRow, SubscriptionRow, conditions, consents, subscriptions


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter in the making; `bare` is what all letters have."""

    session: Session
    message: MessageRow
    person: SubscriberRow
    now: datetime
    bare: Letter

    @property
    def near(self) -> Near | None:
        """Where the person wants to hear of places first."""
        return subscribers.near_of(self.person)


def draft(session: Session, message_id: int, now: datetime) -> Draft:
    """The letter of a message, with nothing in it yet."""
    message = session.get_one(MessageRow, message_id)
    person = session.get_one(SubscriberRow, message.subscriber_id)
    bare = Letter(
        message_id=message_id,
        kind=message.kind,
        recipient=_route(person),
        language=person.language,
        time_zone=person.time_zone,
        rfc_message_id=message.rfc_message_id,
        dated=outbox.set_date(session, message_id, now),
        reasons=(),
        title_in_subject=person.title_in_subject,
    )
    return Draft(session, message, person, now, bare)


def reasons_of(session: Session, subscription_ids: Iterable[int]) -> tuple[Reason, ...]:
    """Why somebody gets a mail that speaks for these subscriptions."""
    rows = (
        select(SubscriptionRow, conditions.c.text, consents.c.given_at)
        .outerjoin(conditions, conditions.c.id == subscriptions.c.condition_id)
        .outerjoin(consents, consents.c.subscription_id == subscriptions.c.id)
        .where(subscriptions.c.id.in_(list(subscription_ids)))
        .order_by(subscriptions.c.id, consents.c.id)
    )
    found = {
        row.SubscriptionRow.id: Reason(
            subscription_id=row.SubscriptionRow.id,
            topic=Topic.STUDY if row.SubscriptionRow.nct_id else Topic.CONDITION,
            label=row.SubscriptionRow.nct_id or row.text,
            asked_at=row.given_at or row.SubscriptionRow.created_at,
            every=row.SubscriptionRow.every.value,
            note=row.SubscriptionRow.note or "",
        )
        for row in session.execute(rows)
    }
    return tuple(found.values())


def _route(person: SubscriberRow) -> str:
    """The address as SMTP takes it: the domain in ASCII, because few servers take anything else (M32)."""
    return f"{person.email.rpartition('@')[0]}@{person.email_key.rpartition('@')[2]}"
