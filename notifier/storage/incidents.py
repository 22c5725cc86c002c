"""What an admin should know of, once until it is over and once when it is. Knows no mail."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, literal_column, select, update
from sqlmodel import Session

from notifier.storage.engine.statements import changed
from notifier.storage.models import (
    AnomalyRow,
    Gate,
    anomalies,
    check_days,
    instances,
    messages,
    notices,
    subscribers,
    subscriptions,
)


def begin(session: Session, name: str, why: str, now: datetime, *, anew: bool = False) -> bool:
    """It is so since now, or still; returns whether it is new. What came back before its end was told goes on.

    `anew`: for another reason than before it is told once more.
    """
    row = session.get(AnomalyRow, name)
    if row is None:
        session.add(AnomalyRow(name=name, since=now, why=why, seen_at=now))
        return True
    row.over_at, row.seen_at = None, now
    if not anew or row.why == why:
        return False
    row.why, row.told_at = why, None
    return True


def end(session: Session, name: str, now: datetime) -> bool:
    """It is over; returns whether it was there. What nobody was told of is forgotten."""
    untold = delete(anomalies).where(anomalies.c.name == name, anomalies.c.told_at.is_(None))
    over = update(anomalies).where(anomalies.c.name == name, anomalies.c.over_at.is_(None))
    return changed(session, untold) + changed(session, over.values(over_at=now)) > 0


def unseen(session: Session, prefix: str, before: datetime) -> Sequence[str]:
    """The anomalies whose name begins so, still going, that nobody has seen since then: who noted them is gone."""
    names = select(anomalies.c.name).where(
        anomalies.c.name.startswith(prefix, autoescape=True),
        anomalies.c.over_at.is_(None),
        anomalies.c.seen_at < before,
    )
    return session.execute(names).scalars().all()


def of(session: Session, sort: str) -> dict[str, datetime]:
    """What is wrong now of one sort, that may concern many: each by the rest of its name, and since when."""
    rows = select(anomalies.c.name, anomalies.c.since).where(
        anomalies.c.name.startswith(f"{sort}:", autoescape=True), anomalies.c.over_at.is_(None)
    )
    return {row.name.removeprefix(f"{sort}:"): row.since for row in session.execute(rows)}


def going(session: Session) -> Sequence[AnomalyRow]:
    """What is wrong now, the oldest first."""
    return _rows(session, anomalies.c.over_at.is_(None))


def untold(session: Session) -> Sequence[AnomalyRow]:
    """What is to be told: that it began, or that it is over; the oldest first."""
    return _rows(session, anomalies.c.told_at.is_(None) | anomalies.c.over_at.is_not(None))


def _rows(session: Session, which: ColumnElement[bool]) -> Sequence[AnomalyRow]:
    rows = select(AnomalyRow).where(which).order_by(anomalies.c.since, anomalies.c.name)
    return session.execute(rows).scalars().all()


def told(session: Session, name: str, now: datetime, *, over: bool) -> None:
    """The admin knows that it began, or that it is over."""
    if over:
        session.execute(delete(anomalies).where(anomalies.c.name == name))
    else:
        session.execute(update(anomalies).where(anomalies.c.name == name).values(told_at=now))


def last_look(session: Session) -> datetime | None:
    """When we last compared with the registry, or, if never, since when somebody waits for it; None: nobody does."""
    looked: datetime | None = session.execute(select(func.max(check_days.c.last_at))).scalar_one()
    waiting: datetime | None = session.execute(select(func.min(subscriptions.c.created_at))).scalar_one()
    return looked if looked is not None else waiting


def last_backup(session: Session) -> datetime | None:
    """When we were last backed up, or, if never, since when there is something to lose; None: there is nothing."""
    made: datetime | None = session.execute(select(func.max(instances.c.backed_up_at))).scalar_one()
    filled: datetime | None = session.execute(select(func.min(subscribers.c.created_at))).scalar_one()
    return made if made is not None else filled


def is_held(session: Session) -> bool:
    """Whether anything waits for an admin's word before it is told."""
    # Written out, not bound: only then do the engines use the index of what is held, and not the whole table.
    held = select(notices.c.created_at).where(literal_column("notice.state = 'held'")).limit(1)
    mails = select(messages.c.created_at).where(literal_column("message.state = 'held'"))
    # Those are told of by themselves.
    mails = mails.where(messages.c.gate.is_distinct_from(Gate.CLOSED)).limit(1)
    return any(session.execute(each).first() is not None for each in (held, mails))
