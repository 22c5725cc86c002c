"""Why did I get this, why did I not: every detected change of what somebody follows, and what became of it. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select
from sqlmodel import Session

from notifier.domain.changes import Kind, Weight
from notifier.storage.models import (
    EndedReason,
    MessageState,
    NoticeState,
    SubscriptionRow,
    SubscriptionState,
    changes,
    messages,
    notices,
)
from notifier.storage.notices import CHANGED_BACK, FAR_AWAY
from notifier.storage.subscribers.changing import ended_because


class Fate(StrEnum):
    """What became of one change, for one subscription."""

    SENT = "sent"  #: Told, in a mail that the mail server took.
    ON_ITS_WAY = "on its way"  #: In a mail that has not gone yet, or was put off.
    WAITS = "waits"  #: Goes with the next mail.
    DIGEST = "in the next digest"  #: Goes with the next daily or weekly mail.
    PAUSED = "kept until the pause is over"
    SETTLES = "settles"  #: A minor edit, which waits for a while: it may be changed back.
    HELD = "held"  #: Waits for an admin.
    REJECTED = "rejected"  #: The mail server refused its mail for good.
    CHANGED_BACK = "changed back"  #: It was changed back before it was told, so nothing had changed.
    MOVED = "moved"  #: Told at the other address to which the person moved.
    MERGED = "merged"  #: Told by the subscription into which this one was merged.
    ENDED = "ended"  #: The subscription ended before it was told.
    CANCELLED = "cancelled"  #: Not told; `why` says for what other reason.
    BEFORE = "before you asked"  #: Older than the subscription, or than its confirmation.
    AFTER = "after it ended"
    TOO_LIGHT = "below your level"
    OTHER_SORT = "not of your sorts"
    FAR_AWAY = "outside of your circle"  #: Of a place farther away than was asked for.
    TOLD_LATELY = "told lately"  #: A date that moves along with each re-posting; told once a month.
    NOT_CHOSEN = "not chosen then"  #: What was chosen when it was detected left it out.


#: What ended but goes on elsewhere.
_WENT_ON = {EndedReason.MERGED: Fate.MERGED, EndedReason.MOVED: Fate.MOVED}
#: The fixed words with which a notice is cancelled.
_BY_REASON: dict[str | None, Fate] = {
    CHANGED_BACK: Fate.CHANGED_BACK,
    FAR_AWAY: Fate.FAR_AWAY,
    ended_because(EndedReason.MERGED): Fate.MERGED,
}


_KINDS, _WEIGHTS = frozenset(Kind), frozenset(Weight)


@dataclass(frozen=True, slots=True)
class Story:
    """One detected change and its fate; `at`: when its mail went; `why`: more of the reason, in fixed words."""

    change_id: int
    nct_id: str
    kind: Kind
    weight: Weight
    detected_at: datetime
    fate: Fate
    why: str | None = None
    message_id: int | None = None
    at: datetime | None = None


def fates(session: Session, subscription_id: int, now: datetime, *, limit: int = 100) -> list[Story]:
    """The newest `limit` changes of what this subscription follows, each with its fate. None is left out that can be read."""
    row = session.get(SubscriptionRow, subscription_id)
    return (
        []
        if row is None
        else [
            _story(row, found, now)
            for found in _changes(session, row, limit)
            if found.kind in _KINDS and found.weight in _WEIGHTS
        ]
    )


def _changes(session: Session, row: SubscriptionRow, limit: int) -> Sequence[Row[Any]]:
    topic: ColumnElement[bool]
    if row.nct_id is not None:
        topic = changes.c.condition_id.is_(None) & (changes.c.nct_id == row.nct_id)
    else:
        topic = changes.c.condition_id == row.condition_id
    ours = and_(notices.c.change_id == changes.c.id, notices.c.subscription_id == row.id)
    found = (
        select(
            changes,
            notices.c.state,
            notices.c.reason,
            notices.c.not_before,
            notices.c.message_id,
            messages.c.state.label("mail"),
            messages.c.reason.label("mail_reason"),
            messages.c.settled_at,
        )
        .select_from(changes.outerjoin(notices, ours).outerjoin(messages))
        .where(topic)
        .order_by(changes.c.id.desc())
        .limit(limit)
    )
    return session.execute(found).all()


def _story(row: SubscriptionRow, found: Row[Any], now: datetime) -> Story:
    fate, why = _noted(row, found, now) if found.state is not None else (_never_noted(row, found), None)
    return Story(
        change_id=found.id,
        nct_id=found.nct_id,
        kind=Kind(found.kind),
        weight=Weight(found.weight),
        detected_at=found.detected_at,
        fate=fate,
        why=why,
        message_id=found.message_id,
        at=found.settled_at if fate is Fate.SENT else None,
    )


def _never_noted(row: SubscriptionRow, found: Row[Any]) -> Fate:
    """Why no notice was made: in the order in which the rules ask."""
    if found.detected_at < (row.activated_at or row.created_at) or row.state == SubscriptionState.PENDING:
        return Fate.BEFORE
    if row.ended_reason in _WENT_ON:
        return _WENT_ON[row.ended_reason]
    if row.ended_at is not None and found.detected_at >= row.ended_at:
        return Fate.AFTER
    if found.rank > row.lightest_rank:
        return Fate.TOO_LIGHT
    if not found.group & row.groups:
        return Fate.OTHER_SORT
    return Fate.TOLD_LATELY if found.kind == Kind.START_DATE_ROLLED.value else Fate.NOT_CHOSEN


def _noted(row: SubscriptionRow, found: Row[Any], now: datetime) -> tuple[Fate, str | None]:
    if found.state == NoticeState.HELD:
        return Fate.HELD, found.reason
    if found.state == NoticeState.DUE:
        return _waiting(row, found, now), None
    if found.state == NoticeState.CANCELLED:
        return _cancelled(found.reason)
    return _in_mail(found)


def _waiting(row: SubscriptionRow, found: Row[Any], now: datetime) -> Fate:
    if row.state == SubscriptionState.PAUSED:
        return Fate.PAUSED
    if found.not_before is not None and found.not_before > now:
        return Fate.SETTLES
    return Fate.WAITS if row.next_digest_at is None else Fate.DIGEST


def _cancelled(reason: str | None) -> tuple[Fate, str | None]:
    if reason in _BY_REASON:
        return _BY_REASON[reason], None
    if reason in {ended_because(why) for why in EndedReason}:
        return Fate.ENDED, reason
    return Fate.CANCELLED, reason


def _in_mail(found: Row[Any]) -> tuple[Fate, str | None]:
    if found.mail == MessageState.SENT:
        return Fate.SENT, None
    if found.mail == MessageState.REJECTED:
        return Fate.REJECTED, None
    if found.mail == MessageState.HELD:
        return Fate.HELD, found.mail_reason
    if found.mail in {MessageState.CANCELLED, MessageState.EXPIRED}:
        return Fate.CANCELLED, found.mail_reason
    return Fate.ON_ITS_WAY, None
