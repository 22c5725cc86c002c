"""Claim a message under a lease, and settle what became of it. The only code that moves one from state to state.

A claim is committed before SMTP is spoken (S6). `transmitting` is committed before the final dot can be written, so
that a worker that dies leaves either a message that is simply due again, or one that is `unsure`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, bindparam, func, or_, select, update
from sqlmodel import Session

from notifier.letter import LetterKind
from notifier.outbox import throttle
from notifier.schedule import FOLD_WITHIN, TIMETABLE, UNSURE_AFTER, Timetable, asks_to_slow_down, retry_at
from notifier.tables import (
    MessageRow,
    MessageState,
    NoticeState,
    changes,
    messages,
    notices,
)

LEASE = timedelta(minutes=30)  # well longer than one mail may take, the final dot's ten minutes included
WAITING = (MessageState.DUE, MessageState.DEFERRED, MessageState.UNSURE)
UNSENT = (*WAITING, MessageState.HELD)


@dataclass(frozen=True)
class Settlement:
    """What the world said of one message; `state` is sent, deferred, rejected or unsure.

    subject, wording: what it was, for whoever asks later what they were sent (W15).
    """

    message_id: int
    state: MessageState
    stage: str | None = None
    code: int | None = None
    status: str | None = None
    reply: str | None = None
    subject: str | None = None
    wording: str | None = None


# --- claim ------------------------------------------------------------------------------------------------------


def recover(
    session: Session,
    now: datetime,
    *,
    alone: bool,
    dead: Iterable[str] = (),
    timetable: Timetable = TIMETABLE,
) -> int:
    """Take back what dead workers held: due again, or unsure if the final dot may have been written.

    `alone`: no other worker lives (it holds the lock of the database), so no lease needs to run out first; nor do those
    of the owners that are known to be `dead`.
    """
    orphaned = messages.c.state == MessageState.SENDING
    if not alone:
        orphaned &= or_(messages.c.lease_until < now, messages.c.lease_owner.in_(list(dead)))
    lost = session.execute(select(MessageRow).where(orphaned).with_for_update()).scalars().all()
    for message in lost:
        if message.transmitting_at is None:
            _release(message, MessageState.DUE, now)
        else:
            _settle_unsure(message, now, timetable)
            _forget_lease(message)
    return len(lost)


def owners(session: Session) -> list[str]:
    """Who holds leases, dead or alive."""
    sending = select(messages.c.lease_owner).where(messages.c.state == MessageState.SENDING).distinct()
    return [owner for owner in session.execute(sending).scalars() if owner is not None]


def claim(session: Session, now: datetime, owner: str, limit: int) -> list[int]:
    """Put up to `limit` due messages under a lease of ours and return their ids, the longest waiting first."""
    due = (
        select(messages.c.id)
        .where(state_in(messages.c.state, WAITING), messages.c.due_at <= now, ~_older_waits())
        .order_by(messages.c.due_at, messages.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = [int(identity) for identity in session.execute(due).scalars() if identity is not None]
    session.execute(
        update(messages)
        .where(messages.c.id.in_(ids))
        .values(state=MessageState.SENDING, lease_owner=owner, lease_until=now + LEASE, transmitting_at=None)
    )
    return ids


def _older_waits() -> ColumnElement[bool]:
    """An older mail to the same person tells of the same study and has not gone: it goes first, or the last word that
    somebody reads would not be the latest.
    """
    older, its, ours = messages.alias("older"), notices.alias("its"), notices.alias("ours")
    theirs, here = changes.alias("theirs"), changes.alias("here")
    same_study = (
        select(its.c.id)
        .select_from(its.join(theirs, theirs.c.id == its.c.change_id))
        .join(here, here.c.nct_id == theirs.c.nct_id)
        .join(ours, ours.c.change_id == here.c.id)
        .where(its.c.message_id == older.c.id, ours.c.message_id == messages.c.id)
        .where(its.c.state == NoticeState.IN_MESSAGE, ours.c.state == NoticeState.IN_MESSAGE)
        .correlate(older, messages)
    )
    waiting = (
        select(older.c.id)
        .where(older.c.subscriber_id == messages.c.subscriber_id, older.c.id < messages.c.id)
        .where(older.c.state.in_((*WAITING, MessageState.SENDING)), same_study.exists())
        .correlate(messages)
    )
    return waiting.exists()


def renew(session: Session, message_id: int, owner: str, now: datetime) -> MessageRow | None:
    """Start the lease of a claimed message anew; None when it is no longer ours, and then it must not be sent.

    A batch is claimed at once and sent one by one: before each mail its lease must be fresh, or another worker could
    take it back and send it too.
    """
    ours = _claimed(session, [message_id], owner)
    for message in ours:
        message.lease_until = now + LEASE
    return ours[0] if ours else None


def release(session: Session, message_ids: Iterable[int], now: datetime, *, owner: str | None = None) -> None:
    """Give claimed messages back unsent: the fault was not theirs, so no attempt is counted."""
    for message in _claimed(session, message_ids, owner):
        _release(message, MessageState.DUE, now)


def put_off(session: Session, message: MessageRow, now: datetime) -> bool:
    """Give a message that was just renewed back where its domain asked us to slow down; no attempt is counted."""
    until = throttle.slowed_until(session, message.subscriber_id, now, message.id or 0)
    if until is not None:
        _release(message, MessageState.DUE, until)
    return until is not None


def expire_stale(
    session: Session, message: MessageRow, now: datetime, timetable: Timetable = TIMETABLE
) -> bool:
    """End a message that was just renewed and is no longer news; what it would have told goes with the person's next
    one (S14).
    """
    # One that may have arrived is no news any more, but telling it anew would be telling it twice (promise 2).
    told_anew = message.kind == LetterKind.UPDATE and not message.unsure
    stale = told_anew and now - message.created_at >= timetable.stale_after
    if stale:
        _expire(session, message, now, "no longer news; told anew")
        _forget_lease(message)
    return stale


def transmitting(session: Session, message_id: int, now: datetime, *, owner: str | None = None) -> bool:
    """Note that from now on the final dot may be written, and start the lease anew; False when it is not ours."""
    ours = _claimed(session, [message_id], owner)
    for message in ours:
        message.transmitting_at, message.lease_until = now, now + LEASE
    return bool(ours)


def set_date(session: Session, message_id: int, now: datetime) -> datetime:
    """The Date header of a message: set once, so that a repeated attempt has the same bytes (S13)."""
    message = session.get_one(MessageRow, message_id)
    # A mail server refuses a Date that is days old (M12); then it is better a new one.
    if message.dated is None or now - message.dated > timedelta(days=4):
        message.dated = now
    return message.dated


# --- settle -----------------------------------------------------------------------------------------------------


def settle(
    session: Session,
    settlement: Settlement,
    now: datetime,
    *,
    owner: str | None = None,
    timetable: Timetable = TIMETABLE,
) -> MessageState:
    """Write down what became of a claimed message; returns the state it is in now (a late deferral expires).

    A message that is no longer ours stays as it is, but a yes is believed: whoever took it back must not repeat it.
    """
    claimed = _claimed(session, [settlement.message_id], owner)
    if not claimed:
        if settlement.state == MessageState.SENT:
            _believe(session, settlement.message_id, now)
        return settlement.state
    message = claimed[0]
    message.stage, message.code = settlement.stage, settlement.code
    message.status, message.reply = settlement.status, (settlement.reply or "")[:400] or None
    message.subject, message.wording = (settlement.subject or "")[:200] or None, settlement.wording
    message.attempts += 1
    if settlement.state == MessageState.UNSURE:
        _settle_unsure(message, now, timetable)
    elif settlement.state == MessageState.DEFERRED:
        _settle_deferred(session, message, now, timetable)
    else:
        message.state, message.settled_at = settlement.state, now
    _forget_lease(message)
    _learn_pace(session, message.subscriber_id, settlement, now)
    return message.state


def _believe(session: Session, message_id: int, now: datetime) -> None:
    session.execute(
        update(messages)
        .where(messages.c.id == message_id, messages.c.state.in_((MessageState.UNSURE, MessageState.HELD)))
        .values(state=MessageState.SENT, settled_at=now)
    )


def _learn_pace(session: Session, subscriber_id: int, settlement: Settlement, now: datetime) -> None:
    if settlement.state == MessageState.SENT:
        throttle.reset(session, subscriber_id)
    elif settlement.state == MessageState.DEFERRED and asks_to_slow_down(
        settlement.code, settlement.status, settlement.reply or ""
    ):
        throttle.slow_down(session, subscriber_id, now)


def _settle_deferred(session: Session, message: MessageRow, now: datetime, timetable: Timetable) -> None:
    again = retry_at(message.attempts, now, message.created_at, message.id or 0, timetable)
    if again is None:
        _expire(session, message, now, "the mail server put it off for too long")
    else:
        message.state, message.due_at = MessageState.DEFERRED, again


def _expire(session: Session, message: MessageRow, now: datetime, reason: str) -> None:
    """Give a message up with a record; nothing that it would have told is lost, unless it may have arrived."""
    message.state, message.settled_at, message.reason = MessageState.EXPIRED, now, reason
    if message.unsure:
        return
    # Where their own server put it off, another mail right away would only knock at the same door.
    again = now + FOLD_WITHIN if message.attempts else now
    session.execute(
        update(notices)
        .where(notices.c.message_id == message.id, notices.c.state == NoticeState.IN_MESSAGE)
        .values(state=NoticeState.DUE, message_id=None, folded_at=now, not_before=again)
    )


def _settle_unsure(message: MessageRow, now: datetime, timetable: Timetable) -> None:
    message.unsure += 1
    if message.unsure == 1 and timetable.resend_unsure:
        message.state, message.due_at = MessageState.UNSURE, now + UNSURE_AFTER
    elif message.unsure == 1:
        message.state, message.settled_at = MessageState.HELD, now
        message.reason = "the line broke after the mail was written; it may have arrived"
    else:
        # It has been written twice; a third copy would be worse than none (promise 2).
        message.state, message.settled_at = MessageState.HELD, now
        message.reason = "the line broke twice after the mail was written; it may have arrived"


def hold(session: Session, message_id: int, reason: str, *, owner: str | None = None) -> None:
    """Keep a claimed message for an admin, with the reason."""
    for message in _claimed(session, [message_id], owner):
        message.state, message.reason = MessageState.HELD, reason[:400]
        _forget_lease(message)


def cancel(
    session: Session, message_id: int, reason: str, now: datetime, *, owner: str | None = None
) -> None:
    """End a claimed message that nobody wants any more."""
    for message in _claimed(session, [message_id], owner):
        message.state, message.reason, message.settled_at = MessageState.CANCELLED, reason, now
        _forget_lease(message)


def waiting(session: Session) -> int:
    """How many messages have neither gone nor been given up."""
    count = select(func.count()).where(messages.c.state.in_((*WAITING, MessageState.SENDING)))
    return int(session.execute(count).scalar_one())


def held(session: Session) -> int:
    """How many messages wait for an admin."""
    count = select(func.count()).where(messages.c.state == MessageState.HELD)
    return int(session.execute(count).scalar_one())


def _claimed(session: Session, message_ids: Iterable[int], owner: str | None) -> Sequence[MessageRow]:
    """Those of these messages that are claimed, by `owner` where one is named; locked until the transaction ends."""
    rows = select(MessageRow).where(
        messages.c.id.in_(list(message_ids)), messages.c.state == MessageState.SENDING
    )
    if owner is not None:
        rows = rows.where(messages.c.lease_owner == owner)
    return session.execute(rows.with_for_update()).scalars().all()


def state_is(column: Column[Any], state: StrEnum) -> ColumnElement[bool]:
    """`column = state`, written out in the statement: see `state_in`."""
    return column == bindparam(None, state, type_=column.type, literal_execute=True)


def state_in(column: Column[Any], states: Sequence[StrEnum]) -> ColumnElement[bool]:
    """`column` is one of `states`, written out: SQLite uses a partial index only where it can read its condition."""
    listed = bindparam(None, list(states), type_=column.type, expanding=True, literal_execute=True)
    return column.in_(listed)


def _release(message: MessageRow, state: MessageState, now: datetime) -> None:
    message.state, message.due_at = state, now
    _forget_lease(message)


def _forget_lease(message: MessageRow) -> None:
    message.lease_owner = message.lease_until = message.transmitting_at = None


def roll_over(session: Session, message_id: int, nct_ids: Sequence[str]) -> None:
    """What did not fit into a sent message waits for the next one."""
    of_these = select(changes.c.id).where(changes.c.nct_id.in_(list(nct_ids)))
    session.execute(
        update(notices)
        .where(notices.c.message_id == message_id, notices.c.change_id.in_(of_these))
        .where(notices.c.state == NoticeState.IN_MESSAGE)
        .values(state=NoticeState.DUE, message_id=None)
    )
