"""Gathers from the store what one mail is made of. Leaves out what nobody wants any more. Words nothing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import Session

from notifier import outbox, snapshots, subscribers
from notifier.changes import Change, Kind, Weight
from notifier.changes.table import position
from notifier.letter import Entry, Letter, LetterKind, Reason, Told, Topic
from notifier.tables import (
    MessageRow,
    NoticeState,
    SubscriberRow,
    SubscriptionRow,
    SubscriptionState,
    changes,
    conditions,
    consents,
    notices,
    studies,
    subscriptions,
)

#: Kinds whose history is told: how often, and how far in all, a date has moved.
WITH_HISTORY = (Kind.START_DATE, Kind.PRIMARY_COMPLETION_DATE, Kind.COMPLETION_DATE)


def compose(session: Session, message_id: int, now: datetime) -> Letter | None:
    """The letter of a claimed message as things stand now; None when there is nothing left to say (S9)."""
    message = session.get_one(MessageRow, message_id)
    person = session.get_one(SubscriberRow, message.subscriber_id)
    reasons, entries = (
        _update(session, message_id)
        if message.kind == LetterKind.UPDATE
        else (_reasons(session, subscribers.pending_of(session, message.subscriber_id)), ())
    )
    if not reasons:
        return None
    return Letter(
        message_id=message_id,
        kind=message.kind,
        recipient=person.email,
        language=person.language,
        time_zone=person.time_zone,
        rfc_message_id=message.rfc_message_id,
        dated=outbox.set_date(session, message_id, now),
        reasons=reasons,
        entries=entries,
    )


def _update(session: Session, message_id: int) -> tuple[tuple[Reason, ...], tuple[Entry, ...]]:
    _drop_unwanted(session, message_id)
    rows = _told(session, message_id)
    reasons = {
        reason.subscription_id: reason for reason in _reasons(session, {row.subscription_id for row in rows})
    }
    by_study: dict[str, list[Row[Any]]] = {}
    for row in rows:
        by_study.setdefault(row.nct_id, []).append(row)
    entries = [_entry(session, told, reasons) for told in by_study.values()]
    entries.sort(key=lambda entry: (min(t.change.weight.rank for t in entry.told), entry.study.nct_id))
    return tuple(reasons.values()), tuple(entries)


def _drop_unwanted(session: Session, message_id: int) -> None:
    """Take out of a message what its subscription no longer wants; it may have ended since the message was made."""
    gone = select(subscriptions.c.id).where(subscriptions.c.state != SubscriptionState.ACTIVE)
    session.execute(
        update(notices)
        .where(notices.c.message_id == message_id, notices.c.subscription_id.in_(gone))
        .values(state=NoticeState.CANCELLED, reason="subscription not active when its mail was due")
    )


def _told(session: Session, message_id: int) -> Sequence[Row[Any]]:
    rows = (
        select(
            notices.c.subscription_id,
            changes,
            conditions.c.text.label("condition"),
            studies.c.first_seen,
            studies.c.snapshot_id,
        )
        .select_from(notices.join(changes).join(studies).outerjoin(conditions))
        .where(notices.c.message_id == message_id, notices.c.state == NoticeState.IN_MESSAGE)
        .order_by(changes.c.id)
    )
    return session.execute(rows).all()


def _entry(session: Session, rows: Sequence[Row[Any]], reasons: dict[int, Reason]) -> Entry:
    once = {row.id: row for row in rows}  # two subscriptions may bring the same change
    told = [
        Told(_change(row), row.detected_at, row.condition, _earlier(session, row)) for row in once.values()
    ]
    told.sort(key=lambda t: (t.change.weight.rank, position(t.change.kind)))
    newest = max((row.after_snapshot_id or 0 for row in rows), default=0) or rows[0].snapshot_id
    return Entry(
        study=snapshots.study(session, newest),
        first_seen=rows[0].first_seen,
        told=tuple(told),
        reasons=tuple(reasons[i] for i in dict.fromkeys(row.subscription_id for row in rows)),
    )


def _change(row: Row[Any]) -> Change:
    return Change(
        kind=Kind(row.kind),
        weight=Weight(row.weight),
        path=row.path or "",
        before=row.before,
        after=row.after,
    )


def _earlier(session: Session, row: Row[Any]) -> tuple[Change, ...]:
    if row.kind not in WITH_HISTORY:
        return ()
    before = (
        select(changes)
        .where(changes.c.nct_id == row.nct_id, changes.c.kind == row.kind, changes.c.id < row.id)
        .order_by(changes.c.id)
    )
    return tuple(_change(earlier) for earlier in session.execute(before))


def _reasons(session: Session, subscription_ids: Iterable[int]) -> tuple[Reason, ...]:
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
        )
        for row in session.execute(rows)
    }
    return tuple(found.values())
