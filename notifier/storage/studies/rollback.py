"""Forgets a bad version of a study, so that the next look compares with the one before it.

What it brought and nobody was told yet is told to nobody. What was told stays on record, for a correction. Only the newest
version can be forgotten: an older one has been compared with already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlmodel import Session

from notifier.domain.changes import Weight
from notifier.errors import BusyError, InputError
from notifier.storage.eligibility import IN_WORDS
from notifier.storage.models import (
    Fate,
    MessageState,
    NoticeState,
    changes,
    messages,
    notices,
    snapshots,
    subscriptions,
)
from notifier.storage.outbox.cancellation import cancel_empty
from notifier.storage.studies import history
from notifier.storage.studies import snapshots as versions


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What came of it."""

    version: int  # that is the newest now
    changes: tuple[int, ...]  # ids
    untold: int  # notices that are told to nobody now
    told: int  # people who were told, or may have been


def take_back(session: Session, nct_id: str, number: int, now: datetime) -> TakenBack:
    """Forget this version of the study. Raises InputError where it is not the newest of several.

    Raises BusyError while a mail that tells of it is on its way.
    """
    history.row(session, nct_id)
    known = history.versions(session, nct_id)
    _check(known, number, nct_id)
    before, bad = known[-2], known[-1]
    brought = and_(
        changes.c.nct_id == nct_id,
        changes.c.condition_id.is_(None),
        changes.c.after_snapshot_id == bad.snapshot_id,
        changes.c.before_snapshot_id != bad.snapshot_id,
    )
    ids = session.execute(select(changes.c.id).where(brought).order_by(changes.c.id)).scalars().all()
    of_them = notices.c.change_id.in_(ids)
    _wait_for_mails(session, of_them)
    untold = _cancel(session, of_them, now)
    told = int(session.execute(_told(of_them)).scalar_one())
    # No page shows them any more, and no silence counts them; their rows say what was told.
    session.execute(
        update(changes)
        .where(changes.c.id.in_(ids))
        .values(weight=Weight.HOUSEKEEPING.value, rank=Weight.HOUSEKEEPING.rank)
    )
    _forget(session, nct_id, bad.snapshot_id, before.snapshot_id)
    return TakenBack(before.number, tuple(ids), untold, told)


def _check(known: Sequence[history.StoredVersion], number: int, nct_id: str) -> None:
    if number not in {version.number for version in known}:
        raise InputError(f"There is no version {number} of {nct_id}: the stored ones are 1 to {len(known)}")
    if number != len(known):
        raise InputError(
            f"Version {number} of {nct_id} is not the newest: what came later was compared with it, so take back "
            f"version {len(known)} first"
        )
    if len(known) < 2:
        raise InputError(f"{nct_id} has only this version: there is none before it to go back to")


def _wait_for_mails(session: Session, of_them: ColumnElement[bool]) -> None:
    going = select(notices.c.id).join(messages, messages.c.id == notices.c.message_id)
    if session.execute(going.where(of_them, messages.c.state == MessageState.SENDING).limit(1)).first():
        raise BusyError("A mail that tells of it is being sent this moment: try again in a minute")


def _cancel(session: Session, of_them: ColumnElement[bool], now: datetime) -> int:
    gone = select(messages.c.id).where(
        messages.c.id == notices.c.message_id, messages.c.state == MessageState.SENT
    )
    untold = or_(
        notices.c.state.in_((NoticeState.DUE, NoticeState.HELD)),
        and_(notices.c.state == NoticeState.IN_MESSAGE, ~gone.exists()),
    )
    touched = select(notices.c.message_id).where(of_them, notices.c.message_id.is_not(None))
    cancelled = session.execute(
        update(notices).where(of_them, untold).values(state=NoticeState.CANCELLED, reason=Fate.TAKEN_BACK)
    )
    cancel_empty(session, touched, IN_WORDS[Fate.TAKEN_BACK], now)
    return int(cancelled.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def _told(of_them: ColumnElement[bool]) -> Any:
    sent = or_(messages.c.state == MessageState.SENT, messages.c.unsure > 0)
    return (
        select(func.count(func.distinct(subscriptions.c.subscriber_id)))
        .select_from(
            notices.join(messages, messages.c.id == notices.c.message_id).join(
                subscriptions, subscriptions.c.id == notices.c.subscription_id
            )
        )
        .where(of_them, sent)
    )


def _forget(session: Session, nct_id: str, bad: int, before: int) -> None:
    """The version before is the newest again, and stands wherever the forgotten one stood."""
    session.execute(
        update(changes).where(changes.c.after_snapshot_id == bad).values(after_snapshot_id=before)
    )
    session.execute(
        update(changes).where(changes.c.before_snapshot_id == bad).values(before_snapshot_id=before)
    )
    versions.go_back(session, nct_id, before)
    session.execute(delete(snapshots).where(snapshots.c.id == bad))
