"""What a pause means for mails: nothing is sent meanwhile, nothing is lost, and it ends by itself when its day comes."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam, exists, select, update
from sqlmodel import Session

from notifier.storage.models import (
    MessageState,
    NoticeState,
    SubscriptionState,
    messages,
    notices,
    subscriptions,
)
from notifier.storage.outbox.cancellation import cancel_empty

PAUSED, MOVED = "paused before it was sent", "moved before it was sent"
#: Mails that a pause takes apart. One that may have arrived goes again with the same bytes, or not at all.
_APART = (MessageState.DUE, MessageState.DEFERRED)


def wake(session: Session, now: datetime) -> int:
    """Make active again what was paused until now; returns how many. All that came meanwhile is due."""
    woken = session.execute(
        update(subscriptions)
        .where(subscriptions.c.paused_until <= now, subscriptions.c.state == SubscriptionState.PAUSED)
        .values(state=SubscriptionState.ACTIVE, paused_until=None)
    )
    return int(woken.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def give_back(session: Session, subscription_ids: Sequence[int], now: datetime, because: str = PAUSED) -> int:
    """Take what these subscriptions have in unsent mails out of them; returns how much. It is due again.

    Mails left empty are cancelled.
    """
    touched = (
        select(messages.c.id)
        .join(notices, notices.c.message_id == messages.c.id)
        .where(notices.c.subscription_id.in_(list(subscription_ids)))
        .where(messages.c.state.in_(_APART), messages.c.unsure == 0)
    )
    mails = list(session.execute(touched.distinct()).scalars())
    given = session.execute(
        update(notices)
        .where(notices.c.message_id.in_(mails), notices.c.subscription_id.in_(list(subscription_ids)))
        .where(notices.c.state == NoticeState.IN_MESSAGE)
        .values(state=NoticeState.DUE, message_id=None)
    )
    cancel_empty(session, mails, because, now)
    return int(given.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def take_over(session: Session, old: int, new: int, now: datetime) -> None:
    """What was still to be told by subscription `old` is told by `new`, which is at another address of the same person."""
    give_back(session, [old], now, MOVED)
    session.execute(
        update(notices)
        .where(notices.c.subscription_id == old)
        .where(notices.c.state.in_((NoticeState.DUE, NoticeState.HELD)))
        .values(subscription_id=new)
    )


def keep_for_later(session: Session, message_ids: Collection[int]) -> None:
    """Take out of claimed messages what was paused since they were made, unless they may have arrived already."""
    session.execute(_KEEP, {"ids": list(message_ids)})


_KEEP = (
    update(notices)
    .where(notices.c.message_id.in_(bindparam("ids", expanding=True)))
    .where(notices.c.state == NoticeState.IN_MESSAGE)
    .where(
        exists().where(
            subscriptions.c.id == notices.c.subscription_id,
            subscriptions.c.state == SubscriptionState.PAUSED,
        )
    )
    .where(exists().where(messages.c.id == notices.c.message_id, messages.c.unsure == 0))
    .values(state=NoticeState.DUE, message_id=None)
)
