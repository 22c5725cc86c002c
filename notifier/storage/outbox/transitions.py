"""What becomes of one message: after a verdict of the world, or when the worker that held it died. Pure.

A message's row goes in; out comes what it holds from then on, by column, each time of the same columns.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifier.domain.scheduling import UNSURE_AFTER, Timetable, retry_at
from notifier.storage.models import MessageState

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
