"""Who would get what next: the very code that makes the mails, run in a transaction that is thrown away.

So it cannot say anything else than they would. What the registry will publish meanwhile is not in it.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, func, literal, select
from sqlmodel import Session

from notifier.domain.letter import LetterKind
from notifier.services.operations.mailed import Telling, tellings
from notifier.storage import outbox
from notifier.storage.models import (
    MessageState,
    NoticeState,
    SubscriptionState,
    messages,
    notices,
    passes,
    subscribers,
    subscriptions,
)
from notifier.storage.subscribers import suppression

#: Times at which something would be made into mails; each of them is gone through.
MOST_MOMENTS = 300


@dataclass(frozen=True, slots=True)
class Planned:
    """One mail that would go, not before its time."""

    at: datetime
    kind: LetterKind
    subscriber_id: int
    email: str
    tells: tuple[Telling, ...]
    made: bool  # it stands in the outbox already


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go from now until then, and what would not, and why."""

    now: datetime
    until: datetime
    mails: tuple[Planned, ...]
    stopped: dict[str, int]  # mails that would be cancelled when they are due, by why
    held: tuple[int, int]  # notices and mails that wait for an admin
    waits: dict[str, int]  # notices that would still wait after it, by why
    looked: str | None  # the data version of the last look at the registry

    def hours(self) -> Counter[tuple[datetime, LetterKind]]:
        """How many mails of each kind would go in each hour."""
        return Counter((each.at.replace(minute=0, second=0, microsecond=0), each.kind) for each in self.mails)


def plan(
    session: Session,
    now: datetime,
    until: datetime,
    *,
    domain: str,
    key: bytes,
    mails_a_day: int,
    allowed: Callable[[str], bool],
) -> Plan:
    """The plan. Changes the store: call it in a transaction that is rolled back.

    `key`: of the suppressed addresses; `allowed`: whether an address may be mailed at all.
    """
    last = session.execute(select(func.max(messages.c.id))).scalar_one() or 0
    for moment in _moments(session, now, until):
        outbox.assemble(session, moment, domain, suppression_key=key, mails_a_day=mails_a_day)
    session.flush()
    rows = _waiting(session, until)
    gone = suppression.among(session, key, {row.subscriber_id for row in rows})
    why = {row.id: _stopped(row, gone, allowed) for row in rows}
    going = [row for row in rows if why[row.id] is None]
    return Plan(
        now,
        until,
        tuple(_planned(session, going, now, last)),
        dict(Counter(reason for reason in why.values() if reason is not None)),
        (_count_held(session), outbox.held(session)),
        _still_waiting(session, until),
        session.execute(
            select(passes.c.data_timestamp).order_by(passes.c.id.desc()).limit(1)
        ).scalar_one_or_none(),
    )


def _moments(session: Session, now: datetime, until: datetime) -> list[datetime]:
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


def _waiting(session: Session, until: datetime) -> Sequence[Row[Any]]:
    columns = (messages.c.id, messages.c.kind, messages.c.subscriber_id, messages.c.due_at)
    rows = (
        select(*columns, subscribers.c.email)
        .select_from(messages.join(subscribers))
        .where(messages.c.state.in_((*outbox.WAITING, MessageState.SENDING)), messages.c.due_at <= until)
        .order_by(messages.c.due_at, messages.c.id)
    )
    return session.execute(rows).all()


def _stopped(row: Row[Any], gone: Collection[int], allowed: Callable[[str], bool]) -> str | None:
    if not row.email or row.subscriber_id in gone:
        return "suppressed"
    return None if allowed(row.email) else "not on the allow-list of recipients"


def _planned(session: Session, rows: Sequence[Row[Any]], now: datetime, last: int) -> Iterator[Planned]:
    tells = tellings(session, [row.id for row in rows])
    for row in rows:
        told = tuple(tells.get(row.id, ()))
        yield Planned(max(row.due_at, now), row.kind, row.subscriber_id, row.email, told, made=row.id <= last)


def _count_held(session: Session) -> int:
    held = select(func.count()).where(notices.c.state == NoticeState.HELD)
    return int(session.execute(held).scalar_one())


def _still_waiting(session: Session, until: datetime) -> dict[str, int]:
    """Notices that none of the mails tells, by why."""
    digest = subscriptions.c.next_digest_at
    why = case(
        (subscriptions.c.state == SubscriptionState.PAUSED, literal("paused")),
        (subscriptions.c.state != SubscriptionState.ACTIVE, literal("not active")),
        (notices.c.not_before > until, literal("settles")),
        (digest > until, literal("a later digest")),
        else_=literal("the most mails a day"),
    )
    rows = (
        select(why, func.count())
        .select_from(notices.join(subscriptions))
        .where(notices.c.state == NoticeState.DUE)
        .group_by(why)
    )
    return {reason: int(count) for reason, count in session.execute(rows)}
