"""The mails: assemble, claim under a lease, settle. The only code that moves a message from state to state.

A claim is committed before SMTP is spoken (S6). `transmitting` is committed before the final dot can be written, so
that a worker that dies leaves either a message that is simply due again, or one that is `unsure`. Speaks no SMTP and
renders nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from sqlalchemy import Select, func, insert, or_, select, update
from sqlmodel import Session

from notifier.letter import LetterKind
from notifier.schedule import UNSURE_AFTER, next_daily, next_weekly, retry_at, zone
from notifier.tables import (
    Every,
    MessageRow,
    MessageState,
    NoticeState,
    SubscriptionRow,
    SubscriptionState,
    changes,
    messages,
    notices,
    subscribers,
    subscriptions,
)

LEASE = timedelta(minutes=15)  # longer than one mail may take, the final dot's ten minutes included
WAITING = (MessageState.DUE, MessageState.DEFERRED, MessageState.UNSURE)
UNSENT = (*WAITING, MessageState.HELD)


@dataclass(frozen=True)
class Settlement:
    """What the world said of one message; `state` is sent, deferred, rejected or unsure."""

    message_id: int
    state: MessageState
    stage: str | None = None
    code: int | None = None
    status: str | None = None
    reply: str | None = None


# --- assemble ---------------------------------------------------------------------------------------------------


def assemble(session: Session, now: datetime, domain: str) -> int:
    """Make messages of all notices whose time has come: one a person. Returns how many were made."""
    ready = _due_notices(now)
    people = (
        session.execute(ready.with_only_columns(subscriptions.c.subscriber_id).distinct()).scalars().all()
    )
    if people:
        session.execute(insert(messages), [_new_message(person, now, domain) for person in people])
        session.execute(_give_notices_to_their_message(ready))
        session.execute(
            update(messages).where(messages.c.state == MessageState.ASSEMBLING).values(state=MessageState.DUE)
        )
    _advance_digests(session, now)
    return len(people)


def _due_notices(now: datetime) -> Select[Any]:
    """Notices of active subscriptions that are immediate, or whose digest time is past and was not before them."""
    digest = subscriptions.c.next_digest_at
    return (
        select(notices.c.id)
        .join(subscriptions, subscriptions.c.id == notices.c.subscription_id)
        .where(notices.c.state == NoticeState.DUE)
        .where(subscriptions.c.state == SubscriptionState.ACTIVE)
        # What is found after the hour of a digest belongs to the next one, also when we ran late.
        .where(or_(digest.is_(None), (digest <= now) & (notices.c.created_at <= digest)))
    )


def _new_message(subscriber_id: int, now: datetime, domain: str) -> dict[str, Any]:
    return {
        "subscriber_id": subscriber_id,
        "kind": LetterKind.UPDATE,
        "state": MessageState.ASSEMBLING,
        "rfc_message_id": new_message_id(domain),
        "created_at": now,
        "due_at": now,
        "attempts": 0,
        "unsure": 0,
    }


def new_message_id(domain: str) -> str:
    """A Message-ID of our own domain; says nothing of the machine, the person or the study (M10)."""
    return f"<{token_hex(16)}@{domain}>"


def _give_notices_to_their_message(ready: Select[Any]) -> Any:
    theirs = (
        select(messages.c.id)
        .join(subscriptions, subscriptions.c.subscriber_id == messages.c.subscriber_id)
        .where(subscriptions.c.id == notices.c.subscription_id)
        .where(messages.c.state == MessageState.ASSEMBLING)
        .scalar_subquery()
    )
    return (
        update(notices).where(notices.c.id.in_(ready)).values(message_id=theirs, state=NoticeState.IN_MESSAGE)
    )


def _advance_digests(session: Session, now: datetime) -> None:
    past = (
        select(subscriptions.c.id, subscriptions.c.every, subscribers.c.time_zone)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(subscriptions.c.next_digest_at <= now)
        .where(subscriptions.c.state != SubscriptionState.ENDED)
    )
    following = [
        {"id": i, "next_digest_at": next_digest(every, tz, now)} for i, every, tz in session.execute(past)
    ]
    if following:
        session.execute(update(SubscriptionRow), following)


def next_digest(every: Every, time_zone: str, after: datetime) -> datetime | None:
    """The next time a subscription's notices are put in a mail; None for at once."""
    if every == Every.IMMEDIATE:
        return None
    return (next_daily if every == Every.DAILY else next_weekly)(after, zone(time_zone))


def ask_to_confirm(session: Session, subscriber_id: int, now: datetime, domain: str) -> bool:
    """Queue a confirmation mail, at most one a day a person (L16). Returns whether one was queued."""
    lately = (
        select(messages.c.id)
        .where(messages.c.subscriber_id == subscriber_id)
        .where(messages.c.kind == LetterKind.CONFIRMATION)
        .where(or_(messages.c.state.in_(UNSENT), messages.c.created_at > now - timedelta(days=1)))
    )
    if session.execute(lately).first():
        return False
    row = _new_message(subscriber_id, now, domain)
    session.execute(insert(messages), [{**row, "kind": LetterKind.CONFIRMATION, "state": MessageState.DUE}])
    return True


# --- claim ------------------------------------------------------------------------------------------------------


def recover(session: Session, now: datetime, *, alone: bool) -> int:
    """Take back what dead workers held: due again, or unsure if the final dot may have been written.

    `alone`: no other worker lives (it holds the lock of the database), so no lease needs to run out first.
    """
    orphaned = messages.c.state == MessageState.SENDING
    if not alone:
        orphaned &= messages.c.lease_until < now
    lost = session.execute(select(MessageRow).where(orphaned)).scalars().all()
    for message in lost:
        if message.transmitting_at is None:
            _release(message, MessageState.DUE, now)
        else:
            _settle_unsure(message, now)
            _forget_lease(message)
    return len(lost)


def claim(session: Session, now: datetime, owner: str, limit: int) -> list[int]:
    """Put up to `limit` due messages under a lease of ours and return their ids, the longest waiting first."""
    due = (
        select(messages.c.id)
        .where(messages.c.state.in_(WAITING), messages.c.due_at <= now)
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


def release(session: Session, message_ids: Iterable[int], now: datetime) -> None:
    """Give claimed messages back unsent: the fault was not theirs, so no attempt is counted."""
    for message in _claimed(session, message_ids):
        _release(message, MessageState.DUE, now)


def transmitting(session: Session, message_id: int, now: datetime) -> None:
    """Note that from now on the final dot may be written."""
    for message in _claimed(session, [message_id]):
        message.transmitting_at = now


def set_date(session: Session, message_id: int, now: datetime) -> datetime:
    """The Date header of a message: set once, so that a repeated attempt has the same bytes (S13)."""
    message = session.get_one(MessageRow, message_id)
    # A mail server refuses a Date that is days old (M12); then it is better a new one.
    if message.dated is None or now - message.dated > timedelta(days=4):
        message.dated = now
    return message.dated


# --- settle -----------------------------------------------------------------------------------------------------


def settle(session: Session, settlement: Settlement, now: datetime) -> MessageState:
    """Write down what became of a claimed message; returns the state it is in now (a late deferral expires)."""
    claimed = _claimed(session, [settlement.message_id])
    if not claimed:
        return settlement.state
    message = claimed[0]
    message.stage, message.code = settlement.stage, settlement.code
    message.status, message.reply = settlement.status, (settlement.reply or "")[:400] or None
    message.attempts += 1
    if settlement.state == MessageState.UNSURE:
        _settle_unsure(message, now)
    elif settlement.state == MessageState.DEFERRED:
        _settle_deferred(message, now)
    else:
        message.state, message.settled_at = settlement.state, now
    _forget_lease(message)
    return message.state


def _settle_deferred(message: MessageRow, now: datetime) -> None:
    again = retry_at(message.attempts, now, message.created_at, message.id or 0)
    if again is None:
        message.state, message.settled_at = MessageState.EXPIRED, now
        message.reason = "the mail server put it off for too long"
    else:
        message.state, message.due_at = MessageState.DEFERRED, again


def _settle_unsure(message: MessageRow, now: datetime) -> None:
    message.unsure += 1
    if message.unsure == 1:
        message.state, message.due_at = MessageState.UNSURE, now + UNSURE_AFTER
    else:
        # It has been written twice; a third copy would be worse than none (promise 2).
        message.state, message.settled_at = MessageState.HELD, now
        message.reason = "the line broke twice after the mail was written; it may have arrived"


def hold(session: Session, message_id: int, reason: str) -> None:
    """Keep a claimed message for an admin, with the reason."""
    for message in _claimed(session, [message_id]):
        message.state, message.reason = MessageState.HELD, reason[:400]
        _forget_lease(message)


def cancel(session: Session, message_id: int, reason: str, now: datetime) -> None:
    """End a claimed message that nobody wants any more."""
    for message in _claimed(session, [message_id]):
        message.state, message.reason, message.settled_at = MessageState.CANCELLED, reason, now
        _forget_lease(message)


def cancel_for(session: Session, subscription_ids: Sequence[int], reason: str, now: datetime) -> int:
    """Cancel all that is unsent for these subscriptions; returns how many notices. Mails left empty are cancelled."""
    unsent = select(messages.c.id).where(messages.c.state.in_(UNSENT))
    cancelling = (
        update(notices)
        .where(notices.c.subscription_id.in_(subscription_ids))
        .where(
            or_(
                notices.c.state.in_((NoticeState.DUE, NoticeState.HELD)),
                (notices.c.state == NoticeState.IN_MESSAGE) & notices.c.message_id.in_(unsent),
            )
        )
        .values(state=NoticeState.CANCELLED, reason=reason)
    )
    cancelled = session.execute(cancelling).rowcount  # type: ignore[attr-defined]  # an UPDATE's result has it
    live = select(notices.c.message_id).where(
        notices.c.state == NoticeState.IN_MESSAGE, notices.c.message_id.is_not(None)
    )
    touched = select(notices.c.message_id).where(
        notices.c.subscription_id.in_(subscription_ids), notices.c.message_id.is_not(None)
    )
    session.execute(
        update(messages)
        .where(messages.c.id.in_(touched), messages.c.id.not_in(live))
        .where(messages.c.state.in_(UNSENT))
        .values(state=MessageState.CANCELLED, reason=reason, settled_at=now)
    )
    return int(cancelled)


def waiting(session: Session) -> int:
    """How many messages have neither gone nor been given up."""
    count = select(func.count()).where(messages.c.state.in_((*WAITING, MessageState.SENDING)))
    return int(session.execute(count).scalar_one())


def held(session: Session) -> int:
    """How many messages wait for an admin."""
    count = select(func.count()).where(messages.c.state == MessageState.HELD)
    return int(session.execute(count).scalar_one())


def _claimed(session: Session, message_ids: Iterable[int]) -> Sequence[MessageRow]:
    rows = select(MessageRow).where(
        messages.c.id.in_(list(message_ids)), messages.c.state == MessageState.SENDING
    )
    return session.execute(rows).scalars().all()


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
