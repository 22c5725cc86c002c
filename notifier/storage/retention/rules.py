"""What is deleted after a time, in batches, so that no transaction holds others up for long. Each returns how many rows.

The pair of a subscription and a change stays for as long as the subscription goes on, without its mail: it is what
keeps a change from being told twice, and it says no more than the subscription itself. No suppression is ever deleted.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import Session

from notifier.storage.models import (
    MessageState,
    NoticeState,
    SubscriptionState,
    audits,
    bounces,
    messages,
    notices,
    subscriptions,
)

_OVER = (MessageState.SENT, MessageState.REJECTED, MessageState.EXPIRED, MessageState.CANCELLED)
_TOLD_OR_NOT = (NoticeState.IN_MESSAGE, NoticeState.CANCELLED)


def forget_mails(session: Session, before: datetime, limit: int) -> int:
    """Delete mails made before then of which nothing is to come any more; what they told stays told."""
    old = (
        select(messages.c.id)
        .where(messages.c.created_at < before, messages.c.state.in_(_OVER))
        .order_by(messages.c.created_at)
        .limit(limit)
    )
    ids = session.execute(old).scalars().all()
    # First, because a notice goes with its mail, and a change without its notice could be told anew.
    session.execute(update(notices).where(notices.c.message_id.in_(ids)).values(message_id=None))
    return _deleted(session, messages, ids)


def forget_told(session: Session, before: datetime, limit: int) -> int:
    """Delete what was, or was not, told to subscriptions that ended before then: they are never told of anything again."""
    over = (subscriptions.c.state == SubscriptionState.ENDED) & (subscriptions.c.ended_at < before)
    old = (
        select(notices.c.id)
        .select_from(notices.join(subscriptions))
        .where(over, notices.c.state.in_(_TOLD_OR_NOT))
        .limit(limit)
    )
    return _deleted(session, notices, session.execute(old).scalars().all())


def forget_bounces(session: Session, before: datetime, limit: int) -> int:
    """Delete what came back before then; the suppression that it led to stays."""
    old = select(bounces.c.id).where(bounces.c.came_at < before).limit(limit)
    return _deleted(session, bounces, session.execute(old).scalars().all())


def forget_audit(session: Session, before: datetime, limit: int) -> int:
    """Delete what admins did before then."""
    old = select(audits.c.id).where(audits.c.at < before).limit(limit)
    return _deleted(session, audits, session.execute(old).scalars().all())


def _deleted(session: Session, table: Any, ids: Any) -> int:
    session.execute(delete(table).where(table.c.id.in_(ids)))
    return len(ids)
