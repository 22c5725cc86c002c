"""What every letter starts from: a message, its person, and why they get it: their subscriptions, and when they agreed to each."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlmodel import Session

from notifier.domain.geo import Near
from notifier.domain.letter import Letter, Reason, Topic
from notifier.storage import subscribers
from notifier.storage.engine.statements import is_among, named, portions
from notifier.storage.models import Gate, MessageRow, SubscriberRow, conditions, consents, subscriptions
from notifier.storage.outbox import claims


@dataclass(frozen=True, slots=True)
class LetterDraft:
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


def draft(session: Session, message_id: int, now: datetime, *, as_sent: bool = False) -> LetterDraft:
    """The letter of a message, with nothing in it yet. as_sent: it went, so nothing is written."""
    message = session.get_one(MessageRow, message_id)
    person = session.get_one(SubscriberRow, message.subscriber_id)
    bare = Letter(
        message_id=message_id,
        subscriber_id=message.subscriber_id,
        kind=message.kind,
        recipient=route(person),
        language=person.language,
        time_zone=person.time_zone,
        rfc_message_id=message.rfc_message_id,
        dated=message.dated or now if as_sent else claims.set_dates(session, [message], now)[message_id],
        reasons=(),
        title_in_subject=person.title_in_subject,
        discreet=person.discreet,
        released=message.gate == Gate.PASSED_BY,
    )
    return LetterDraft(session, message, person, now, bare)


def reasons_of(session: Session, subscription_ids: Iterable[int]) -> tuple[Reason, ...]:
    """Why somebody gets a mail that speaks for these subscriptions, oldest first."""
    return tuple(reasons(session, list(subscription_ids)).values())


def route(person: SubscriberRow | Row[Any]) -> str:
    """The address as SMTP takes it: the domain in ASCII, because few servers take anything else (M32)."""
    return f"{person.email.rpartition('@')[0]}@{person.email_key.rpartition('@')[2]}"


def reasons(session: Session, subscription_ids: Collection[int]) -> dict[int, Reason]:
    """These subscriptions as reasons, by id, oldest first."""
    wanted = sorted(set(subscription_ids))
    return {
        row.id: Reason(
            subscription_id=row.id,
            topic=Topic.STUDY if row.nct_id else Topic.CONDITION,
            label=row.nct_id or row.text,
            asked_at=row.asked_at,
            every=row.every.value,
            note=row.note or "",
        )
        for ids in portions(wanted)
        for row in named(session.execute(_REASONS, {"ids": list(ids)}))
    }


_REASONS = (
    select(
        subscriptions.c.id,
        subscriptions.c.nct_id,
        subscriptions.c.every,
        subscriptions.c.note,
        conditions.c.text,
        func.coalesce(consents.c.given_at, subscriptions.c.created_at).label("asked_at"),
    )
    .select_from(subscriptions.outerjoin(conditions).outerjoin(consents))
    .where(is_among(subscriptions.c.id, "ids"))
    .order_by(subscriptions.c.id, consents.c.id)
)
