"""Claim a message under a lease, mark it, settle it, give it back or end it. Moves messages by sets, a statement for all of them.

A claim is committed before SMTP is spoken (S6). The mark is committed before the final dot can be written, so
that a worker that dies leaves either a message that is simply due again, or one that is `unsure`. What becomes of one
message is decided first, purely: its row goes in, out comes what it holds from then on, each time of the same columns.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    Update,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    type_coerce,
    update,
)
from sqlmodel import Session

from notifier.domain.changes import Weight
from notifier.domain.letter import LetterKind
from notifier.domain.scheduling import FOLD_WITHIN, TIMETABLE, UNSURE_AFTER, Timetable, retry_at
from notifier.storage import suppression
from notifier.storage.engine.sharing import wait_for_turn
from notifier.storage.engine.statements import EachRow, is_among, named
from notifier.storage.models import (
    FOLLOWED,
    Gate,
    MessageState,
    NoticeState,
    SubscriptionState,
    changes,
    messages,
    notices,
    subscribers,
    subscriptions,
)

#: What the world said of the last attempt, and what it was.
SAID = ("stage", "code", "status", "reply", "subject", "wording")
#: What a fate decides; all else of a message stays.
COLUMNS = ("state", "due_at", "attempts", "unsure", "reason", "settled_at", *SAID)
LONGEST_REPLY = 400  # characters
LONGEST_SUBJECT = 200


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


def settled(row: Any, verdict: Settlement, now: datetime, timetable: Timetable) -> dict[str, Any]:
    """After this verdict on an attempt."""
    fate = _as_it_was(row) | {"attempts": row.attempts + 1} | said(verdict)
    if verdict.state == MessageState.UNSURE:
        return fate | _unsure(row, now, timetable)
    if verdict.state == MessageState.DEFERRED:
        again = retry_at(row.attempts + 1, now, row.created_at, row.id, timetable)
        if again is None:
            return fate | _ended(MessageState.EXPIRED, "the mail server put it off for too long", now)
        return fate | {"state": MessageState.DEFERRED, "due_at": again}
    return fate | {"state": verdict.state, "settled_at": now}


def said(verdict: Settlement) -> dict[str, Any]:
    """What is kept of a verdict, by column."""
    return {
        "stage": verdict.stage,
        "code": verdict.code,
        "status": verdict.status,
        "reply": (verdict.reply or "")[:LONGEST_REPLY] or None,
        "subject": (verdict.subject or "")[:LONGEST_SUBJECT] or None,
        "wording": verdict.wording,
    }


def expired(row: Any, reason: str, now: datetime) -> dict[str, Any]:
    """Given up with a record, without another attempt."""
    return _as_it_was(row) | _ended(MessageState.EXPIRED, reason, now)


def taken_back(row: Any, now: datetime, timetable: Timetable) -> dict[str, Any]:
    """Its worker died: due again, or unsure if the final dot may have been written."""
    if row.transmitting_at is None:
        return _as_it_was(row) | {"state": MessageState.DUE, "due_at": now}
    return _as_it_was(row) | _unsure(row, now, timetable)


def _as_it_was(row: Any) -> dict[str, Any]:
    return {column: getattr(row, column) for column in COLUMNS}


def _ended(state: MessageState, reason: str, now: datetime) -> dict[str, Any]:
    return {"state": state, "reason": reason, "settled_at": now}


def _unsure(row: Any, now: datetime, timetable: Timetable) -> dict[str, Any]:
    times = {"unsure": row.unsure + 1}
    if row.unsure == 0 and timetable.resend_unsure:
        return times | {"state": MessageState.UNSURE, "due_at": now + UNSURE_AFTER}
    # It has been written twice; a third copy would be worse than none (promise 2).
    often = " twice" if row.unsure else ""
    why = f"the line broke{often} after the mail was written; it may have arrived"
    return times | _ended(MessageState.HELD, why, now)


HOUR = timedelta(hours=1)
#: Of a hundred mails an hour five are kept for what somebody waits for before their screen, as a link to confirm.
KEPT_FREE = 5
ASKED_FOR, OTHERS = "asked for", "others"
LEASE = timedelta(minutes=30)  # well longer than one mail may take, the final dot's ten minutes included
OLDEST_DATE = timedelta(days=4)  # a mail server refuses a Date that is days old (M12)
WAITING = (MessageState.DUE, MessageState.DEFERRED, MessageState.UNSURE)
UNSENT = (*WAITING, MessageState.HELD)
LONGEST_REASON = 400  # characters
_NO_LEASE = {"lease_owner": None, "lease_until": None, "transmitting_at": None}
#: What no letter is made of; times cost the most to read.
_OF_LEASES = {"lease_owner", "lease_until", "transmitting_at"}
_OF_SILENCE = {"silent_since", "still_watching", "still_watching_at", "digest_hour", "digest_weekday"}
_OF_MESSAGES = [column for column in messages.c if column.name not in _OF_LEASES]
#: An address as it stands there, sealed or not: what is compared to see that it is the same.
_STORED = type_coerce(subscribers.c.email, String).label("stored")
_OF_PEOPLE = [
    _STORED,
    *(
        column
        for column in subscribers.c
        if column.name not in {"id", "created_at", "generation", *_OF_SILENCE}
    ),
]


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
    lost = session.execute(select(messages).where(orphaned).with_for_update()).all()
    write_fates(session, {row.id: taken_back(row, now, timetable) for row in lost})
    return len(lost)


def owners(session: Session) -> list[str]:
    """Who holds leases, dead or alive."""
    sending = select(messages.c.lease_owner).where(messages.c.state == MessageState.SENDING).distinct()
    return [owner for owner in session.execute(sending).scalars() if owner is not None]


def claim(
    session: Session, now: datetime, owner: str, limit: int, *, mails_an_hour: int | None = None
) -> list[int]:
    """Put up to `limit` due messages under a lease of ours and return their ids, the longest waiting first.

    mails_an_hour: no more than that in any hour, of all workers together; what matters most goes first then.
    """
    if mails_an_hour is None:
        due = session.execute(_due(), {"now": now, "limit": limit}).scalars()
        ids = [int(identity) for identity in due if identity is not None]
    else:
        wait_for_turn(session, "mails an hour")
        left, ids = room(session, now, mails_an_hour), []
        for of_haste, free in ((ASKED_FOR, left), (OTHERS, left - mails_an_hour // 100 * KEPT_FREE)):
            if (most := min(limit, free) - len(ids)) > 0:
                due = session.execute(_due(of_haste), {"now": now, "limit": most}).scalars()
                ids += [int(identity) for identity in due if identity is not None]
    if ids:
        session.execute(_CLAIM, {"ids": ids, "who": owner, "until": now + LEASE})
    return ids


def room(session: Session, now: datetime, mails_an_hour: int) -> int:
    """How many more mails may go within this hour; what a worker has at hand, and what may have arrived, counts as gone."""
    at_hand = select(func.count(), func.min(messages.c.lease_until)).where(
        messages.c.state == MessageState.SENDING
    )
    once = (messages.c.state == MessageState.UNSURE) & (messages.c.due_at > now - HOUR + UNSURE_AFTER)
    twice = (messages.c.state == MessageState.HELD) & (messages.c.settled_at > now - HOUR)
    may_have = select(func.count(), func.min(messages.c.due_at)).where(messages.c.unsure > 0, once | twice)
    gone = sum(int(session.execute(each).one()[0]) for each in (at_hand, may_have))
    return mails_an_hour - went_since(session, now - HOUR) - gone


def went_since(session: Session, since: datetime) -> int:
    """How many mails the mail server took after then."""
    went = select(func.count()).where(messages.c.state == MessageState.SENT, messages.c.settled_at > since)
    return int(session.execute(went).scalar_one())


def above(session: Session, now: datetime, mails_an_hour: int | None) -> int:
    """How many mails are due and wait for the next hour."""
    if mails_an_hour is None:
        return 0
    return max(0, due(session, now) - max(0, room(session, now, mails_an_hour)))


@cache
def haste() -> ColumnElement[int]:
    """What goes first where not all may go: what somebody waits for before their screen, then what matters most."""
    weighs = case({each.value: each.rank + 1 for each in Weight}, value=changes.c.weight)
    heaviest = (
        select(func.min(weighs))
        .select_from(notices.join(changes, changes.c.id == notices.c.change_id))
        .where(notices.c.message_id == messages.c.id, notices.c.state == NoticeState.IN_MESSAGE)
        .correlate(messages)
        .scalar_subquery()
    )
    return case(
        (messages.c.kind.in_([kind for kind in LetterKind if kind.manner.asked_for]), 0),
        (messages.c.kind == LetterKind.CORRECTION, 1),
        (messages.c.kind == LetterKind.WELCOME, 2),
        else_=func.coalesce(heaviest, len(Weight) + 1),
    )


@cache
def _due(of_haste: str | None = None) -> Select[Any]:
    # An older mail to the same person tells of the same study and has not gone: it goes first, or the last word that
    # somebody reads would not be the latest.
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
    asked_for = messages.c.kind.in_([kind for kind in LetterKind if kind.manner.asked_for])
    rows = select(messages.c.id).where(
        messages.c.state.in_(WAITING), messages.c.due_at <= bindparam("now"), ~waiting.exists()
    )
    if of_haste is not None:
        rows = rows.where(asked_for if of_haste == ASKED_FOR else ~asked_for).order_by(haste())
    return (
        rows.order_by(messages.c.due_at, messages.c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )


def with_people(message_ids: Iterable[int]) -> Select[Any]:
    """These messages, each row with what is known of its person."""
    return _WITH_PEOPLE.where(is_among(messages.c.id, message_ids))


_WITH_PEOPLE = (
    select(*_OF_MESSAGES, *_OF_PEOPLE).select_from(messages.join(subscribers)).order_by(messages.c.id)
)


def ours(session: Session, message_ids: Iterable[int], owner: str) -> list[Any]:
    """Those of these messages that are claimed by `owner`; locked until the transaction ends."""
    rows = with_people(message_ids).where(messages.c.state == MessageState.SENDING)
    return named(session.execute(rows.where(messages.c.lease_owner == owner).with_for_update(of=messages)))


def whose(session: Session, message_ids: Sequence[int], owner: str) -> dict[int, bool]:
    """Those of these messages that exist, for with a person who is erased go theirs; and whether each is still ours."""
    rows = select(messages.c.id, messages.c.state, messages.c.lease_owner)
    found = session.execute(rows.where(messages.c.id.in_(message_ids))).all()
    return {row.id: row.state == MessageState.SENDING and owner == row.lease_owner for row in found}


class FinalCheck(NamedTuple):
    """A mail whose final dot is to be written: what must still be so for it to go."""

    message_id: int
    stored_address: str | None  # as `ours` has it
    address_hash: str  # is on no list of those that are not mailed
    #: The subscriptions that its news is told to: these, and no others, must still be followed, in a pause only if it may
    #: have arrived already. None: it tells no news.
    told_to: Collection[int] | None


def mark(session: Session, mails: Iterable[FinalCheck], now: datetime, *, owner: str) -> set[int]:
    """Note that from now on the final dot of these messages may be written, and start their leases anew. Returns the ids of
    those that may: which are still ours, and of which all is so as their letter was composed for.
    """
    rows = [
        (
            message_id,
            address,
            hashed,
            *((None, 0) if told is None else (f",{','.join(map(str, told))},", len(told))),
        )
        for message_id, address, hashed, told in mails
    ]
    written = partial(_MARK.run, session, now=now, until=now + LEASE, who=owner)
    if not rows or written(rows) == len(rows):
        return {row[0] for row in rows}
    return {row[0] for row in rows if written([row]) == 1}


def _mark(row: Mapping[str, ColumnElement[Any]]) -> Update:
    one = subscriptions.c.id
    may_be_paused = (messages.c.unsure > 0) & subscriptions.c.state.in_(FOLLOWED)
    # How many they are; less than none where one of them is not among those that the letter was composed for. As many, of which
    # each is among the others, are the very same.
    is_told = row["told"].like(literal_column("'%,'") + cast(one, String) + literal_column("',%'"))
    tells = (
        select(notices.c.id)
        .where(notices.c.message_id == messages.c.id, notices.c.subscription_id == one)
        .where(notices.c.state == NoticeState.IN_MESSAGE)
        .correlate_except(notices)
        .exists()
    )
    # Of their person's, for which SQLite needs no list of its own as it does to count each of what the notices name once.
    followed = (
        select(func.min(case((is_told, 1), else_=-1)) * func.count())
        .where(subscriptions.c.subscriber_id == messages.c.subscriber_id, tells)
        .where((subscriptions.c.state == SubscriptionState.ACTIVE) | may_be_paused)
        .correlate_except(subscriptions)
        .scalar_subquery()
    )
    address = (
        select(_STORED)
        .where(subscribers.c.id == messages.c.subscriber_id)
        .correlate(messages)
        .scalar_subquery()
    )
    return (
        update(messages)
        .where(messages.c.id == row["id"], messages.c.state == MessageState.SENDING)
        .where(messages.c.lease_owner == bindparam("who"), address == row["address"])
        .where(~suppression.is_stopped(row["hashed"], messages.c.kind))
        .where(row["told"].is_(None) | (followed == row["many"]))
        .values(transmitting_at=bindparam("now"), lease_until=bindparam("until"))
    )


_MARK = EachRow(_mark, id=Integer, address=String, hashed=String, told=String, many=Integer)


def set_dates(session: Session, rows: Sequence[Any], now: datetime) -> dict[int, datetime]:
    """The Date header of messages: set once, so that a repeated attempt has the same bytes (S13)."""
    # Where it would be refused it is better a new one.
    undated = [row.id for row in rows if row.dated is None or now - row.dated > OLDEST_DATE]
    if undated:
        session.execute(update(messages).where(is_among(messages.c.id, undated)).values(dated=now))
    return {row.id: row.dated for row in rows} | dict.fromkeys(undated, now)


def hold(session: Session, message_id: int, reason: str, *, owner: str, gate: Gate | None = None) -> None:
    """Keep a claimed message for an admin, with the reason; `gate`: whether it was the gate that found it wrong."""
    kept = {"state": MessageState.HELD, "reason": reason[:LONGEST_REASON], "gate": gate}
    _end_lease(session, [message_id], owner, kept)


def cancel(session: Session, message_id: int, reason: str, now: datetime, *, owner: str) -> None:
    """End a claimed message that nobody wants any more."""
    ended = {"state": MessageState.CANCELLED, "reason": reason, "settled_at": now}
    _end_lease(session, [message_id], owner, ended)


def release(session: Session, message_ids: Collection[int], now: datetime, *, owner: str) -> None:
    """Give claimed messages back unsent: the fault was not theirs, so no attempt is counted."""
    _end_lease(session, message_ids, owner, {"state": MessageState.DUE, "due_at": now})


def _end_lease(
    session: Session, message_ids: Collection[int], owner: str, columns: Mapping[str, Any]
) -> None:
    if message_ids:
        session.execute(
            update(messages)
            .where(messages.c.id.in_(message_ids), messages.c.state == MessageState.SENDING)
            .where(messages.c.lease_owner == owner)
            .values({**columns, **_NO_LEASE})
        )


def write_sent(session: Session, verdicts: Collection[Settlement], now: datetime, owner: str) -> None:
    """Write down that messages went, and forget their leases. Of one that is no longer ours a yes is believed, or whoever
    took it back would repeat it.
    """
    rows = [(one.message_id, *said(one).values()) for one in verdicts]
    if not rows or _SENT.run(session, rows, now=now, who=owner) == len(rows):
        return
    session.execute(
        update(messages)
        .where(messages.c.id.in_([one.message_id for one in verdicts]))
        .where(messages.c.state.in_((MessageState.UNSURE, MessageState.HELD)))
        .values(state=MessageState.SENT, settled_at=now)
    )


_SENT = EachRow(
    lambda row: (
        update(messages)
        .where(messages.c.id == row["id"], messages.c.state == MessageState.SENDING)
        .where(messages.c.lease_owner == bindparam("who"))
        .values({name: row[name] for name in SAID} | {name: null() for name in _NO_LEASE})
        .values(state=literal_column(f"'{MessageState.SENT.value}'"), settled_at=bindparam("now"))
        .values(attempts=messages.c.attempts + literal_column("1"))
    ),
    id=Integer,
    **{name: Integer if name == "code" else String for name in SAID},
)


def write_fates(session: Session, fates: dict[int, dict[str, Any]]) -> None:
    """Write down what becomes of messages, and forget their leases."""
    if fates:
        session.execute(_FATE, [{"the_id": identity, **fate} for identity, fate in fates.items()])


_FATE = (
    update(messages)
    .where(messages.c.id == bindparam("the_id"))
    .values({name: bindparam(name) for name in COLUMNS} | _NO_LEASE)
)
_CLAIM = (
    update(messages)
    .where(is_among(messages.c.id, "ids"))
    .values(state=MessageState.SENDING, lease_owner=bindparam("who"))
    .values(lease_until=bindparam("until"), transmitting_at=None)
)


# --- settle -----------------------------------------------------------------------------------------------------


def settle(
    session: Session,
    settlements: Iterable[Settlement],
    now: datetime,
    *,
    owner: str,
    timetable: Timetable = TIMETABLE,
) -> dict[int, MessageState]:
    """Write down what became of claimed messages; returns the state of each by its id (a late deferral expires).

    A message that is no longer ours stays as it is, but a yes is believed: whoever took it back must not repeat it.
    """
    verdicts = {settlement.message_id: settlement for settlement in settlements}
    went = [verdict for verdict in verdicts.values() if verdict.state == MessageState.SENT]
    write_sent(session, went, now, owner)
    states = {i: verdict.state for i, verdict in verdicts.items()}
    if others := [
        i for i, state in states.items() if state != MessageState.SENT
    ]:  # few, so that all of each is read
        rows = ours(session, others, owner)
        fates = {row.id: settled(row, verdicts[row.id], now, timetable) for row in rows}
        write_fates(session, fates)
        for row in rows:
            if fates[row.id]["state"] == MessageState.EXPIRED:
                _tell_anew(session, row, fates[row.id]["attempts"], now)
            states[row.id] = fates[row.id]["state"]
    return states


def expire_stale(
    session: Session, rows: Sequence[Row[Any]], now: datetime, timetable: Timetable = TIMETABLE
) -> set[int]:
    """End messages of ours that are no longer news; what they would have told goes with the person's next one (S14)."""
    # One that may have arrived is no news any more, but telling it anew would be telling it twice (promise 2); and what an
    # admin let by the gate would be held again.
    stale = [
        row
        for row in rows
        if row.kind == LetterKind.UPDATE
        and now - row.created_at >= timetable.stale_after
        and not row.unsure
        and row.gate != Gate.PASSED_BY
    ]
    why = "no longer news; told anew"
    write_fates(session, {row.id: expired(row, why, now) for row in stale})
    for row in stale:
        _tell_anew(session, row, row.attempts, now)
    return {row.id for row in stale}


def _tell_anew(session: Session, row: Row[Any], attempts: int, now: datetime) -> None:
    """Nothing that an expired mail would have told is lost, unless it may have arrived."""
    if row.unsure:
        return
    # Where their own server put it off, another mail right away would only knock at the same door.
    again = now + FOLD_WITHIN if attempts else now
    session.execute(
        update(notices)
        .where(notices.c.message_id == row.id, notices.c.state == NoticeState.IN_MESSAGE)
        .values(state=NoticeState.DUE, message_id=None, folded_at=now, not_before=again)
    )


def roll_over(session: Session, message_id: int, nct_ids: Sequence[str]) -> None:
    """What did not fit into a sent message waits for the next one."""
    of_these = select(changes.c.id).where(changes.c.nct_id.in_(list(nct_ids)))
    session.execute(
        update(notices)
        .where(notices.c.message_id == message_id, notices.c.change_id.in_(of_these))
        .where(notices.c.state == NoticeState.IN_MESSAGE)
        .values(state=NoticeState.DUE, message_id=None)
    )


# --- count ------------------------------------------------------------------------------------------------------


def waiting(session: Session) -> int:
    """How many messages have neither gone nor been given up."""
    # Two counts, each with an index of its own: for one over both the database would read every mail there ever was.
    # And with the least of what it holds, or SQLite takes a larger one that holds the state of every mail.
    counts = (
        select(func.count(), func.min(messages.c.due_at)).where(messages.c.state.in_(WAITING)),
        select(func.count(), func.min(messages.c.lease_until)).where(
            messages.c.state == MessageState.SENDING
        ),
    )
    return sum(int(session.execute(each).one()[0]) for each in counts)


def due(session: Session, now: datetime) -> int:
    """How many messages may be claimed now."""
    count = select(func.count()).where(messages.c.state.in_(WAITING), messages.c.due_at <= now)
    return int(session.execute(count).scalar_one())


def held(session: Session) -> int:
    """How many messages wait for an admin."""
    count = select(func.count()).where(messages.c.state == MessageState.HELD)
    return int(session.execute(count).scalar_one())
