"""Deletes what was kept long enough (P7). Run once a day; running it twice does nothing more."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from notifier.storage.engine import Database, Session, sharing
from notifier.storage.engine.statements import changed
from notifier.storage.models import (
    SubscriberRow,
    audits,
    bounces,
    messages,
    notices,
    subscribers,
    subscriptions,
)
from notifier.storage.models.states import MessageState, NoticeState, SubscriptionState
from notifier.storage.studies import summaries

UNCONFIRMED_FOR = timedelta(days=7)
#: Who asked for a link and signed up for nothing.
ASKED_FOR = timedelta(days=7)
ADDRESS_AFTER_END = timedelta(days=28)
HISTORY_FOR = timedelta(days=365)  # of mails, and of what came back
AUDIT_FOR = timedelta(days=730)
TALLIES_FOR = timedelta(days=2)  # of visitors, and of a day's budget
BATCH = 500  # rows a transaction: SQLite lets nobody else write meanwhile

_OVER = (MessageState.SENT, MessageState.REJECTED, MessageState.EXPIRED, MessageState.CANCELLED)
_TOLD_OR_NOT = (NoticeState.IN_MESSAGE, NoticeState.CANCELLED)

log = structlog.get_logger()


def clean_up(database: Database, now: datetime, moved: Callable[[], None] = lambda: None) -> None:
    """Wipe sign-ups that were never confirmed, addresses of people who left, and old history; each batch calls `moved`."""
    with database.transaction() as session:
        unconfirmed = wipe_unconfirmed(session, now - UNCONFIRMED_FOR)
        counted = sharing.forget(session, now - TALLIES_FOR, but=[summaries.REFUSED])
        counted += sharing.forget(session, now - summaries.REFUSED_FOR)
        if not database.is_sqlite:
            sharing.forget_the_dead(session)

    def in_batches(work: Callable[[Session], int]) -> int:
        total = 0
        while True:
            with database.transaction() as session:
                done = work(session)
            moved()
            total += done
            if done < BATCH:
                return total

    # What was, or was not, told to subscriptions that ended long ago: they are never told of anything again.
    long_over = (subscriptions.c.state == SubscriptionState.ENDED) & (
        subscriptions.c.ended_at < now - HISTORY_FOR
    )
    told_long_ago = and_(
        notices.c.subscription_id.in_(select(subscriptions.c.id).where(long_over)),
        notices.c.state.in_(_TOLD_OR_NOT),
    )
    gone, asked, past = now - ADDRESS_AFTER_END, now - ASKED_FOR, now - HISTORY_FOR
    log.info(
        "Cleaned up.",
        action="cleaned_up",
        unconfirmed=unconfirmed,
        tallies=counted,
        forgotten=in_batches(lambda session: forget_gone(session, gone, asked, BATCH)),
        mails=in_batches(lambda session: forget_mails(session, past)),
        notices=in_batches(lambda session: _forget(session, notices, told_long_ago)),
        bounces=in_batches(lambda session: _forget(session, bounces, bounces.c.came_at < past)),
        audit=in_batches(lambda session: _forget(session, audits, audits.c.at < now - AUDIT_FOR)),
    )


def forget_mails(session: Session, before: datetime) -> int:
    """Delete mails made before then of which nothing is to come any more; what they told stays told."""
    old = (
        select(messages.c.id)
        .where(messages.c.created_at < before, messages.c.state.in_(_OVER))
        .order_by(messages.c.created_at)
        .limit(BATCH)
    )
    ids = session.execute(old).scalars().all()
    # First, because a notice goes with its mail, and a change without its notice could be told anew.
    session.execute(update(notices).where(notices.c.message_id.in_(ids)).values(message_id=None))
    session.execute(delete(messages).where(messages.c.id.in_(ids)))
    return len(ids)


def _forget(session: Session, table: Any, old: ColumnElement[bool]) -> int:
    ids = session.execute(select(table.c.id).where(old).limit(BATCH)).scalars().all()
    session.execute(delete(table).where(table.c.id.in_(ids)))
    return len(ids)


def wipe_unconfirmed(session: Session, before: datetime) -> int:
    """Delete sign-ups that nobody confirmed since then, with their consent records; returns how many (L16)."""
    stale = (subscriptions.c.state == SubscriptionState.PENDING) & (subscriptions.c.created_at < before)
    return changed(session, delete(subscriptions).where(stale))


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
        # And what may name them or what they followed: notes and choices, and their mails' subjects and replies, for a mail
        # server's reply often repeats the address.
        gone, follows = [each["id"] for each in wiped], subscriptions.c
        said = or_(
            *(column.is_not(None) for column in (follows.note, follows.countries, follows.not_words)),
            follows.narrow != 0,
        )
        theirs = update(subscriptions).where(follows.subscriber_id.in_(gone), said)
        session.execute(theirs.values(note=None, narrow=0, countries=None, not_words=None))
        mails = update(messages).where(messages.c.subscriber_id.in_(gone))
        session.execute(mails.values(subject=None, reply=None, openings=None))
    return len(wiped)


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
