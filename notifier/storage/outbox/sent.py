"""Who was mailed what between two times: what a breach notice, or a worried reader, has to be answered from (P17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlmodel import Session

from notifier.storage.engine.statements import portions
from notifier.storage.models import MessageState, NoticeState, changes, messages, notices, subscribers


@dataclass(frozen=True, slots=True)
class ToldChange:
    """One change that a mail told."""

    change_id: int
    nct_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class SentMail:
    """One mail that went, or that may have arrived without our knowing."""

    message_id: int
    subscriber_id: int
    email: str  # empty where it was wiped since
    kind: str
    subject: str | None
    at: datetime
    surely: bool
    tells: tuple[ToldChange, ...]


def sent(session: Session, since: datetime, until: datetime, nct_id: str | None = None) -> list[SentMail]:
    """Every mail that the server took from `since` until before `until`, or may have, the oldest first.

    `nct_id`: only those that told something of this study.
    """
    at = func.coalesce(messages.c.settled_at, messages.c.dated, messages.c.created_at)
    surely = messages.c.state == MessageState.SENT
    columns = (messages.c.id, messages.c.kind, messages.c.subject, messages.c.subscriber_id)
    found = (
        select(*columns, subscribers.c.email, at.label("at"), surely.label("surely"))
        .select_from(messages.join(subscribers))
        .where(or_(surely, may_have_arrived()), at >= since, at < until)
        .order_by(at, messages.c.id)
    )
    if nct_id is not None:
        found = found.where(messages.c.id.in_(_telling_of(nct_id)))
    rows = session.execute(found).all()
    tells = tellings(session, [row.id for row in rows])
    return [
        SentMail(
            row.id,
            row.subscriber_id,
            row.email,
            row.kind.value,
            row.subject,
            row.at,
            bool(row.surely),
            tuple(tells.get(row.id, ())),
        )
        for row in rows
    ]


def may_have_arrived() -> ColumnElement[bool]:
    """The line broke after the mail was written, or it is being written now."""
    written = and_(messages.c.state == MessageState.SENDING, messages.c.transmitting_at.is_not(None))
    return or_(messages.c.unsure > 0, written)


def _telling_of(nct_id: str) -> Any:
    tells = select(notices.c.message_id).select_from(notices.join(changes))
    return tells.where(changes.c.nct_id == nct_id, notices.c.state == NoticeState.IN_MESSAGE)


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
            told.setdefault(message_id, {})[change_id] = ToldChange(change_id, nct_id, kind)
    return {message_id: list(each.values()) for message_id, each in told.items()}
