"""The mailbox of the operator's that follows along, as it stands in the store: what it follows, was to be told, and was mailed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, select, update
from sqlmodel import Session

from notifier.domain.letter import LetterKind
from notifier.storage import subscribers
from notifier.storage.models import (
    MessageState,
    NoticeState,
    SubscriptionState,
    changes,
    conditions,
    consents,
    messages,
    notices,
    subscriptions,
)
from notifier.storage.models import subscribers as subscribers_table
from notifier.storage.subscribers import Address

METHOD = "canary"


def is_told_since(session: Session, address: Address, since: datetime) -> bool:
    """Whether it was to be told something since then."""
    return session.execute(_its(address).where(notices.c.created_at >= since)).first() is not None


def newest_told(session: Session, address: Address, before: datetime) -> Row[Any] | None:
    """What it was last to be told until then, and what became of that."""
    newest = _its(address).where(notices.c.created_at <= before).order_by(notices.c.id.desc())
    return session.execute(newest.limit(1)).first()


def is_mailed_after(session: Session, address: Address, notice_id: int) -> bool:
    """Whether the server took a mail that told it something later."""
    later = _its(address).where(notices.c.id > notice_id, messages.c.state == MessageState.SENT)
    return session.execute(later.limit(1)).first() is not None


def newest_sent(session: Session, address: Address) -> Row[Any] | None:
    """The newest mail to the canary that the server took: id, Message-ID, when."""
    columns = (messages.c.id, messages.c.rfc_message_id, messages.c.settled_at)
    sent = (
        select(*columns)
        .select_from(messages.join(subscribers_table, subscribers_table.c.id == messages.c.subscriber_id))
        .where(subscribers_table.c.email_key == address.key, messages.c.kind == LetterKind.UPDATE)
        .where(messages.c.state == MessageState.SENT)
        .order_by(messages.c.settled_at.desc())
    )
    return session.execute(sent.limit(1)).first()


def _its(address: Address) -> Select[Any]:
    """What the canary was to be told: its notices, and what became of them."""
    columns = (notices.c.id, notices.c.created_at, notices.c.reason.label("why"))
    return (
        select(*columns, messages.c.state.label("mail"), messages.c.reason.label("why_mail"))
        .select_from(
            notices.join(subscriptions)
            .join(subscribers_table, subscribers_table.c.id == subscriptions.c.subscriber_id)
            .outerjoin(messages, messages.c.id == notices.c.message_id)
        )
        .where(subscribers_table.c.email_key == address.key, subscriptions.c.id.in_(_by_us()))
    )


def _by_us() -> Select[Any]:
    return select(consents.c.subscription_id).where(consents.c.method == METHOD)


def told_to_others(session: Session, canary_id: int | None, since: datetime) -> Row[Any] | None:
    """The change that was told last, in mails made since then."""
    told = (
        select(changes.c.id, changes.c.nct_id, changes.c.condition_id, conditions.c.text, conditions.c.query)
        .select_from(messages.join(notices, notices.c.message_id == messages.c.id))
        .join(changes, changes.c.id == notices.c.change_id)
        .outerjoin(conditions, conditions.c.id == changes.c.condition_id)
        .where(messages.c.created_at >= since, messages.c.kind == LetterKind.UPDATE)
        .where(messages.c.state == MessageState.SENT, messages.c.subscriber_id != (canary_id or 0))
        .where(notices.c.state == NoticeState.IN_MESSAGE)
        .order_by(messages.c.id.desc(), changes.c.id.desc())
        .limit(1)
    )
    return session.execute(told).first()


def own(session: Session, address: Address) -> list[int]:
    """What it follows because of us; the operator may follow more with the same mailbox."""
    its = (
        select(subscriptions.c.id)
        .join(subscribers_table, subscribers_table.c.id == subscriptions.c.subscriber_id)
        .where(subscribers_table.c.email_key == address.key, subscriptions.c.id.in_(_by_us()))
        .where(subscriptions.c.state != SubscriptionState.ENDED)
    )
    return list(session.execute(its).scalars())


def ask_for_nothing(session: Session, address: Address, subscription_id: int) -> None:
    """It is told what others were told; no pass makes notices for it, and silence is no news to it."""
    session.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription_id, subscriptions.c.id.in_(_by_us()))
        .values(groups=0)
    )
    if (person := subscribers.find(session, address)) is not None and own(session, address):
        person.still_watching_at = None


def tell(session: Session, subscription_id: int, change_id: int, now: datetime) -> None:
    same = select(notices.c.id).where(
        notices.c.subscription_id == subscription_id, notices.c.change_id == change_id
    )
    if session.execute(same).first() is None:
        row = {"subscription_id": subscription_id, "change_id": change_id, "created_at": now}
        session.execute(insert(notices), [{**row, "state": NoticeState.DUE}])
