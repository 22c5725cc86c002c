"""What an admin does with mails that wait: look, let go, drop. No address leaves this room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select, update
from sqlmodel import Session

from notifier.errors import InputError
from notifier.storage.eligibility import keeps_back
from notifier.storage.engine.statements import changed, portions
from notifier.storage.models import (
    Fate,
    Gate,
    MessageRow,
    MessageState,
    NoticeState,
    SubscriptionState,
    changes,
    messages,
    notices,
    subscribers,
    subscriptions,
)
from notifier.storage.outbox.claims import HOUR, WAITING, haste

#: When the last thing happened to a mail.
HAPPENED = func.coalesce(messages.c.settled_at, messages.c.dated, messages.c.created_at)
#: What needs a person, and may be sent again by hand: it was given up, or nobody knows whether it arrived.
FAILED = (MessageState.REJECTED, MessageState.EXPIRED, MessageState.HELD, MessageState.UNSURE)


def overview(session: Session) -> tuple[Sequence[Row[Any]], Sequence[MessageRow], int]:
    """How many mails are in each state and since when the oldest, those that need a person, and how many notices are held."""
    by_state = select(
        messages.c.state, func.count().label("mails"), func.min(messages.c.created_at).label("oldest")
    )
    needy = (
        select(MessageRow)
        .where(messages.c.state.in_((*FAILED, MessageState.DEFERRED)))
        .order_by(messages.c.id.desc())
        .limit(50)
    )
    return (
        session.execute(by_state.group_by(messages.c.state)).all(),
        session.execute(needy).scalars().all(),
        held_notices(session),
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
    return row, list(dict.fromkeys((nct_id, str(kind)) for nct_id, kind in session.execute(told)))


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
    values = {"state": MessageState.CANCELLED, "reason": Fate.DROPPED.words, "settled_at": now}
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
    values = {"state": MessageState.CANCELLED, "reason": Fate.DROPPED.words, "settled_at": now}
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


def went_times(session: Session, now: datetime, most: int) -> Sequence[datetime]:
    """When mails went in the past hour, the newest of them; those at hand go now."""
    went = (
        select(messages.c.settled_at)
        .where(messages.c.state == MessageState.SENT, messages.c.settled_at > now - HOUR)
        .order_by(messages.c.settled_at.desc())
        .limit(most)
    )
    return session.execute(went).scalars().all()


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
    return changed(session, moving if message_id is None else moving.where(messages.c.id == message_id))


@dataclass(frozen=True, slots=True)
class ToldChange:
    """One change that a mail told."""

    change_id: int
    nct_id: str
    kind: str


def sent(
    session: Session, since: datetime, until: datetime, nct_id: str | None = None
) -> list[tuple[Row[Any], list[ToldChange]]]:
    """Every mail that the server took from `since` until before `until`, or may have, the oldest first, each with what it tells.

    `nct_id`: only those that told something of this study. The address is empty where it was wiped since.
    """
    surely = messages.c.state == MessageState.SENT
    columns = (messages.c.id, messages.c.kind, messages.c.subject, messages.c.subscriber_id)
    found = (
        select(*columns, subscribers.c.email, HAPPENED.label("at"), surely.label("surely"))
        .select_from(messages.join(subscribers))
        .where(or_(surely, may_have_arrived()), since <= HAPPENED, until > HAPPENED)
        .order_by(HAPPENED, messages.c.id)
    )
    if nct_id is not None:
        tells = select(notices.c.message_id).select_from(notices.join(changes))
        of_study = tells.where(changes.c.nct_id == nct_id, notices.c.state == NoticeState.IN_MESSAGE)
        found = found.where(messages.c.id.in_(of_study))
    rows = session.execute(found).all()
    told = tellings(session, [row.id for row in rows])
    return [(row, told.get(row.id, [])) for row in rows]


def may_have_arrived() -> ColumnElement[bool]:
    """The line broke after the mail was written, or it is being written now."""
    written = and_(messages.c.state == MessageState.SENDING, messages.c.transmitting_at.is_not(None))
    return or_(messages.c.unsure > 0, written)


def tellings(session: Session, message_ids: Sequence[int]) -> dict[int, list[ToldChange]]:
    """What each of these mails tells, by its id; a change that two subscriptions brought stands there once."""
    told: dict[int, dict[int, ToldChange]] = {}
    for portion in portions(message_ids):
        rows = session.execute(
            select(notices.c.message_id, changes.c.id, changes.c.nct_id, changes.c.kind)
            .select_from(notices.join(changes))
            .where(notices.c.message_id.in_(portion), notices.c.state == NoticeState.IN_MESSAGE)
            .order_by(changes.c.id)
        )
        for message_id, change_id, nct_id, kind in rows:
            told.setdefault(message_id, {})[change_id] = ToldChange(change_id, nct_id, str(kind))
    return {message_id: list(each.values()) for message_id, each in told.items()}


#: Times at which something would be made into mails; each of them is gone through.
MOST_MOMENTS = 300


def newest(session: Session) -> int:
    """The id of the newest mail."""
    return session.execute(select(func.max(messages.c.id))).scalar_one() or 0


def moments(session: Session, now: datetime, until: datetime) -> list[datetime]:
    """Now, and every later time at which something that waits becomes due."""
    waiting = notices.join(subscriptions)
    due = (notices.c.state == NoticeState.DUE) & (subscriptions.c.state == SubscriptionState.ACTIVE)
    found = [now]
    for when, source in (
        (subscriptions.c.next_digest_at, waiting),
        (notices.c.not_before, waiting),
        (subscribers.c.still_watching_at, None),
    ):
        times = select(when).distinct().where(when > now, when <= until).order_by(when).limit(MOST_MOMENTS)
        times = times if source is None else times.select_from(source).where(due)
        found += [at for at in session.execute(times).scalars() if at is not None]
    return sorted(set(found))[:MOST_MOMENTS]


def until(session: Session, then: datetime) -> Sequence[Row[Any]]:
    columns = (messages.c.id, messages.c.kind, messages.c.subscriber_id, messages.c.due_at)
    rows = (
        select(*columns, subscribers.c.email, haste().label("haste"))
        .select_from(messages.join(subscribers))
        .where(messages.c.state.in_((*WAITING, MessageState.SENDING)), messages.c.due_at <= then)
        .order_by(messages.c.due_at, messages.c.id)
    )
    return session.execute(rows).all()


def held_notices(session: Session) -> int:
    held = select(func.count()).where(notices.c.state == NoticeState.HELD)
    return int(session.execute(held).scalar_one())


def still_waiting(session: Session, until: datetime) -> dict[Fate, int]:
    """Notices that none of the mails tells, by why; NEXT_MAIL: their person gets enough mails that day."""
    why = keeps_back(until)
    rows = (
        select(why, func.count())
        .select_from(notices.join(subscriptions))
        .where(notices.c.state == NoticeState.DUE)
        .group_by(why)
    )
    return {reason: int(count) for reason, count in session.execute(rows)}
