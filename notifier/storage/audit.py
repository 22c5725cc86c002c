"""The audit trail: what an admin did, to whom by their ids, and why (P15). Takes no address, also not in a reason."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from notifier.errors import InputError
from notifier.storage.models import AuditRow, audits

LONGEST_REASON = 400  # characters
MOST_IDS = 1000  # of one sort in one row; of more, how many and between which
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


@dataclass(frozen=True, slots=True)
class Acting:
    """Who runs a command, when, and why they say they do."""

    actor: str
    now: datetime
    reason: str | None = None


def reason(text: str | None) -> str | None:
    """What an admin gave as reason, on one line. Raises InputError for one that names an address, is empty or too long."""
    if text is None:
        return None
    said = " ".join(text.split())
    if not said:
        raise InputError("The reason is empty: write why, or leave it out")
    if _ADDRESS.search(said):
        raise InputError("The reason names an address, and the audit trail holds none: say it without")
    if len(said) > LONGEST_REASON:
        raise InputError(f"The reason has {len(said)} characters: at most {LONGEST_REASON}")
    return said


def note(
    session: Session,
    acting: Acting,
    command: str,
    *,
    people: int,
    ids: Mapping[str, Sequence[int]] | None = None,
) -> None:
    """Write down what a command did, in the transaction in which it does it.

    `ids`: what it was done to, such as {"subscribers": [12]}; `people`: how many it concerned.
    """
    row = AuditRow(
        at=acting.now,
        actor=acting.actor[:80],
        command=command,
        ids={name: _listed(each) for name, each in (ids or {}).items() if each} or None,
        people=people,
        reason=reason(acting.reason),
    )
    session.add(row)
    session.flush()


def _listed(ids: Sequence[int]) -> list[int] | dict[str, int]:
    if len(ids) <= MOST_IDS:
        return list(ids)
    return {"count": len(ids), "from": min(ids), "to": max(ids)}


def trail(session: Session, *, limit: int | None = None) -> list[AuditRow]:
    """What was done, the newest first."""
    rows = select(AuditRow).order_by(audits.c.id.desc()).limit(limit)
    return list(session.execute(rows).scalars())
