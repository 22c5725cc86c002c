"""What the end of a subscription, its undoing, or its merging into another means for what is still to be told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlmodel import Session

from notifier.storage.eligibility import IN_WORDS
from notifier.storage.models import Fate, MessageState, NoticeState, messages, notices
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
    cancelled = session.execute(cancelling).rowcount  # type: ignore[attr-defined]  # an UPDATE's result has it
    touched = select(notices.c.message_id).where(
        notices.c.subscription_id.in_(subscription_ids), notices.c.message_id.is_not(None)
    )
    cancel_empty(session, touched, IN_WORDS[reason], now)
    return int(cancelled)


def restore_for(session: Session, subscription_ids: Sequence[int], reason: Fate) -> int:
    """What was cancelled for this reason is due again; returns how many notices."""
    restored = session.execute(
        update(notices)
        .where(notices.c.subscription_id.in_(list(subscription_ids)))
        .where(notices.c.state == NoticeState.CANCELLED, notices.c.reason == reason)
        .values(state=NoticeState.DUE, reason=None, message_id=None)
    )
    return int(restored.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


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
