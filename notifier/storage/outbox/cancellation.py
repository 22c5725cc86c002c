"""What the end of a subscription, its undoing, its merging into another and a pause mean for what is still to be told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select, update
from sqlmodel import Session

from notifier.storage.engine.statements import changed, is_among
from notifier.storage.models import (
    Fate,
    MessageState,
    NoticeState,
    SubscriptionState,
    messages,
    notices,
    subscriptions,
)
from notifier.storage.outbox.claims import UNSENT


def cancel_for(session: Session, subscription_ids: Sequence[int], reason: Fate, now: datetime) -> int:
    """Cancel all that is unsent for these subscriptions; returns how many notices. Mails left empty are cancelled."""
    unsent = (
        select(messages.c.id)
        .where(messages.c.id == notices.c.message_id, messages.c.state.in_(UNSENT))
        .exists()
    )
    cancelling = (
        update(notices)
        .where(notices.c.subscription_id.in_(subscription_ids))
        .where(
            or_(
                notices.c.state.in_((NoticeState.DUE, NoticeState.HELD)),
                (notices.c.state == NoticeState.IN_MESSAGE) & unsent,
            )
        )
        .values(state=NoticeState.CANCELLED, reason=reason)
    )
    cancelled = changed(session, cancelling)
    touched = select(notices.c.message_id).where(
        notices.c.subscription_id.in_(subscription_ids), notices.c.message_id.is_not(None)
    )
    cancel_empty(session, touched, reason.words, now)
    return cancelled


def restore_for(session: Session, subscription_ids: Sequence[int], reason: Fate) -> None:
    """What was cancelled for this reason is due again."""
    session.execute(
        update(notices)
        .where(notices.c.subscription_id.in_(list(subscription_ids)))
        .where(notices.c.state == NoticeState.CANCELLED, notices.c.reason == reason)
        .values(state=NoticeState.DUE, reason=None, message_id=None)
    )


def cancel_empty(session: Session, which: Any, reason: str, now: datetime) -> None:
    """Cancel those of these messages that are unsent and have nothing left to tell."""
    left = (
        select(notices.c.id)
        .where(notices.c.message_id == messages.c.id, notices.c.state == NoticeState.IN_MESSAGE)
        .exists()
    )
    session.execute(
        update(messages)
        .where(messages.c.id.in_(which), ~left, messages.c.state.in_(UNSENT))
        .values(state=MessageState.CANCELLED, reason=reason, settled_at=now)
    )


def hand_over(session: Session, old: int, new: int) -> None:
    """What is still to be told to subscription `old` is told to `new`, which is of the same person."""
    its = notices.alias("its")
    told = select(its.c.id).where(its.c.subscription_id == new, its.c.change_id == notices.c.change_id)
    open_mail = select(messages.c.id).where(
        messages.c.id == notices.c.message_id, messages.c.state.in_((*UNSENT, MessageState.SENDING))
    )
    session.execute(
        update(notices)
        .where(notices.c.subscription_id == old, ~told.exists())
        .where(
            or_(
                notices.c.state.in_((NoticeState.DUE, NoticeState.HELD)),
                (notices.c.state == NoticeState.IN_MESSAGE) & open_mail.exists(),
            )
        )
        .values(subscription_id=new)
    )


PAUSED, MOVED = "paused before it was sent", "moved before it was sent"
#: Mails that a pause takes apart. One that may have arrived goes again with the same bytes, or not at all.
_APART = (MessageState.DUE, MessageState.DEFERRED)


def give_back(
    session: Session, subscription_ids: Sequence[int], now: datetime, because: str = PAUSED
) -> None:
    """Take what these subscriptions have in unsent mails out of them; it is due again. Mails left empty are cancelled."""
    touched = (
        select(messages.c.id)
        .join(notices, notices.c.message_id == messages.c.id)
        .where(notices.c.subscription_id.in_(list(subscription_ids)))
        .where(messages.c.state.in_(_APART), messages.c.unsure == 0)
    )
    mails = list(session.execute(touched.distinct()).scalars())
    session.execute(
        update(notices)
        .where(notices.c.message_id.in_(mails), notices.c.subscription_id.in_(list(subscription_ids)))
        .where(notices.c.state == NoticeState.IN_MESSAGE)
        .values(state=NoticeState.DUE, message_id=None)
    )
    cancel_empty(session, mails, because, now)


def take_over(session: Session, old: int, new: int, now: datetime) -> None:
    """What was still to be told by subscription `old` is told by `new`, which is at another address of the same person."""
    give_back(session, [old], now, MOVED)
    session.execute(
        update(notices)
        .where(notices.c.subscription_id == old)
        .where(notices.c.state.in_((NoticeState.DUE, NoticeState.HELD)))
        .values(subscription_id=new)
    )


#: Takes out of claimed messages what was paused since they were made, unless they may have arrived already.
KEEP_FOR_LATER = (
    update(notices)
    .where(is_among(notices.c.message_id, "ids"))
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
