"""What an admin does with mails that wait: look, let go, drop. No address leaves this room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, update
from sqlmodel import Session

from notifier.errors import InputError
from notifier.storage.eligibility import IN_WORDS
from notifier.storage.models import (
    Fate,
    Gate,
    MessageRow,
    MessageState,
    NoticeState,
    changes,
    messages,
    notices,
    subscriptions,
)
from notifier.storage.outbox.claims import WAITING

#: What needs a person: it was given up, or nobody knows whether it arrived.
_FAILED = (MessageState.REJECTED, MessageState.EXPIRED, MessageState.HELD, MessageState.UNSURE)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many messages are in a state, and since when the oldest."""

    state: MessageState
    count: int
    oldest: datetime


def overview(session: Session) -> tuple[list[Waiting], list[MessageRow], int]:
    """Messages by state, those that need a person, and how many notices are held."""
    by_state = session.execute(
        select(messages.c.state, func.count(), func.min(messages.c.created_at)).group_by(messages.c.state)
    )
    needy = (
        select(MessageRow)
        .where(messages.c.state.in_((*_FAILED, MessageState.DEFERRED)))
        .order_by(messages.c.id.desc())
        .limit(50)
    )
    held = select(func.count()).where(notices.c.state == NoticeState.HELD)
    return (
        [Waiting(state, count, oldest) for state, count, oldest in by_state],
        list(session.execute(needy).scalars()),
        int(session.execute(held).scalar_one()),
    )


def shown(session: Session, message_id: int) -> tuple[MessageRow, list[tuple[str, str]]]:
    """One message, and what it tells: NCT id and kind of change. Raises InputError where there is none."""
    row = session.get(MessageRow, message_id)
    if row is None:
        raise InputError(f"There is no message {message_id}: see `notifier outbox list`")
    told = (
        select(changes.c.nct_id, changes.c.kind)
        .select_from(notices.join(changes))
        .where(notices.c.message_id == message_id)
        .order_by(changes.c.id)
    )
    return row, list(dict.fromkeys((nct_id, kind) for nct_id, kind in session.execute(told)))


def release_messages(session: Session, now: datetime, message_id: int | None = None) -> int:
    """Let every held message go, or this one; returns how many. One that the gate held goes as it is."""
    closed = messages.c.gate == Gate.CLOSED
    values = {
        "state": MessageState.DUE,
        "due_at": now,
        "reason": None,
        "gate": case((closed, Gate.PASSED_BY), else_=messages.c.gate),
        # It is news from now on: as old as it may be, it is not folded into a mail that the gate would hold again.
        "created_at": case((closed, now), else_=messages.c.created_at),
    }
    return _move(session, MessageState.HELD, values, message_id)


def drop_messages(session: Session, now: datetime, message_id: int | None = None) -> int:
    """Cancel every held message, or this one; returns how many."""
    values = {"state": MessageState.CANCELLED, "reason": IN_WORDS[Fate.DROPPED], "settled_at": now}
    return _move(session, MessageState.HELD, values, message_id)


def at_the_gate(session: Session) -> Sequence[tuple[int, str]]:
    """The mails that say what nobody stored and wait for an admin, each with the reason, the oldest first."""
    held = select(messages.c.id, messages.c.reason).where(
        messages.c.state == MessageState.HELD, messages.c.gate == Gate.CLOSED
    )
    rows = session.execute(held.order_by(messages.c.id))
    return [(identity, reason or "no reason noted") for identity, reason in rows]


def drop_waiting(session: Session, now: datetime) -> int:
    """Cancel every message that waits, and every notice that would become one; returns how many messages."""
    session.execute(
        update(notices)
        .where(notices.c.state == NoticeState.DUE)
        .values(state=NoticeState.CANCELLED, reason=Fate.DROPPED)
    )
    values = {"state": MessageState.CANCELLED, "reason": IN_WORDS[Fate.DROPPED], "settled_at": now}
    return sum(_move(session, state, values) for state in WAITING)


def people_held(session: Session, message_id: int | None = None) -> int:
    """How many people have a mail that waits for an admin, this one or any."""
    held = select(func.count(func.distinct(messages.c.subscriber_id)))
    held = held.where(messages.c.state == MessageState.HELD)
    return int(
        session.execute(held if message_id is None else held.where(messages.c.id == message_id)).scalar_one()
    )


def people_waiting(session: Session) -> int:
    """How many people a mail waits for, made already or still to be made."""
    mails = select(messages.c.subscriber_id).where(messages.c.state.in_(WAITING))
    news = (
        select(subscriptions.c.subscriber_id)
        .select_from(notices.join(subscriptions))
        .where(notices.c.state == NoticeState.DUE)
    )
    people = mails.union(news).subquery()
    return int(session.execute(select(func.count()).select_from(people)).scalar_one())


def sent_between(session: Session, since: datetime, until: datetime) -> int:
    """How many mails of all sorts the mail server took in a time."""
    sent = select(func.count()).where(
        messages.c.state == MessageState.SENT, messages.c.settled_at >= since, messages.c.settled_at < until
    )
    return int(session.execute(sent).scalar_one())


def oldest_waiting(session: Session) -> datetime | None:
    """Since when the oldest mail waits to be sent."""
    oldest = select(func.min(messages.c.created_at)).where(messages.c.state.in_(WAITING))
    found: datetime | None = session.execute(oldest).scalar_one()
    return found


def _move(
    session: Session, state: MessageState, values: dict[str, Any], message_id: int | None = None
) -> int:
    moving = update(messages).where(messages.c.state == state).values(values)
    moved = session.execute(moving if message_id is None else moving.where(messages.c.id == message_id))
    return int(moved.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it
