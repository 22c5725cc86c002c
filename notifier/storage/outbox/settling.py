"""Write down what became of messages, by sets, and what follows from it for what they would have told."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import Session

from notifier.domain.letter import LetterKind
from notifier.domain.scheduling import FOLD_WITHIN, TIMETABLE, Timetable
from notifier.storage.models import Gate, MessageState, NoticeState, changes, notices
from notifier.storage.outbox.claims import (
    Settlement,
    expired,
    ours,
    settled,
    write_fates,
    write_sent,
)


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
