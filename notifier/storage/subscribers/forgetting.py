"""Deletes what was kept long enough (P7)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlmodel import Session

from notifier.storage.models import SubscriberRow, SubscriptionState, messages, subscribers, subscriptions


def wipe_unconfirmed(session: Session, before: datetime) -> int:
    """Delete sign-ups that nobody confirmed since then, with their consent records; returns how many (L16)."""
    stale = (subscriptions.c.state == SubscriptionState.PENDING) & (subscriptions.c.created_at < before)
    deleted = session.execute(delete(subscriptions).where(stale))
    return int(deleted.rowcount)  # type: ignore[attr-defined]  # a DELETE's result has it


def forget_gone(session: Session, ended_before: datetime, asked_before: datetime, limit: int) -> int:
    """Wipe the address of everybody who left; returns how many, at most `limit` (P7).

    Who had subscriptions left when the last one ended, before `ended_before`. Who has none at all, because none was ever
    confirmed or they only asked for a link, when neither they nor a mail to them is newer than `asked_before`. What is
    left of them has no address: the rows keep old links and counts right.
    """
    ids = session.execute(select(subscribers.c.id).where(_gone(ended_before, asked_before)).limit(limit))
    wiped = [
        {
            "id": identity,
            "email": "",
            "email_key": f"wiped:{identity}",
            **dict.fromkeys(("near", "near_lat", "near_lon", "near_km", "near_lon_km")),
        }
        for identity in ids.scalars()
    ]
    if wiped:
        session.execute(update(SubscriberRow), wiped)
        _unsay(session, [each["id"] for each in wiped])
    return len(wiped)


def _unsay(session: Session, ids: Sequence[Any]) -> None:
    """Clear what may name these people or what they followed: their notes, and their mails' subjects and replies."""
    noted = subscriptions.c.subscriber_id.in_(ids) & subscriptions.c.note.is_not(None)
    session.execute(update(subscriptions).where(noted).values(note=None))
    # A mail server's reply often repeats the address.
    session.execute(
        update(messages).where(messages.c.subscriber_id.in_(ids)).values(subject=None, reply=None)
    )


def _gone(ended_before: datetime, asked_before: datetime) -> ColumnElement[bool]:
    theirs = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscribers.c.id)
    living = theirs.where(
        (subscriptions.c.state != SubscriptionState.ENDED) | (subscriptions.c.ended_at >= ended_before)
    )
    lately = select(messages.c.id).where(
        messages.c.subscriber_id == subscribers.c.id, messages.c.created_at >= asked_before
    )
    only_asked = ~theirs.exists() & ((subscribers.c.created_at >= asked_before) | lately.exists())
    return (subscribers.c.email != "") & ~living.exists() & ~only_asked
