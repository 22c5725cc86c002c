"""How often something was done lately, kept in the database: what limits and budgets of all processes are kept by.

Counts in windows that begin with the first deed after the last window. Knows nobody: who did it is a keyed hash.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import case, delete
from sqlmodel import Session

from notifier.storage.engine.statements import into
from notifier.storage.models import TallyRow, tallies


def take(session: Session, name: str, who: str, *, most: int, within: timedelta, now: datetime) -> bool:
    """Count one more of `name` by `who`; False where that makes more than `most` in a window of `within`."""
    over = tallies.c.since <= now - within
    counted = (
        into(session, TallyRow)
        .values(name=name, who=who, since=now, times=1)
        .on_conflict_do_update(
            index_elements=["name", "who"],
            set_={
                "times": case((over, 1), else_=tallies.c.times + 1),
                "since": case((over, now), else_=tallies.c.since),
            },
        )
        .returning(tallies.c.times)
    )
    return int(session.execute(counted).scalar_one()) <= most


def forget(session: Session, before: datetime, *, but: Collection[str] = ()) -> int:
    """Delete windows that began before then, `but` not those of these names; returns how many."""
    old = (tallies.c.since < before) & tallies.c.name.not_in(but)
    return int(session.execute(delete(tallies).where(old)).rowcount)  # type: ignore[attr-defined]  # a DELETE's result has it
