"""Who would get what next: the very code that makes the mails, run in a transaction that is thrown away.

So it cannot say anything else than they would. What the registry will publish meanwhile is not in it.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifier.domain.letter import LetterKind
from notifier.storage import outbox
from notifier.storage.engine import Session
from notifier.storage.models import Fate
from notifier.storage.outbox import planning
from notifier.storage.outbox.sent import ToldChange, tellings
from notifier.storage.studies import snapshots
from notifier.storage.subscribers import suppression


@dataclass(frozen=True, slots=True)
class Planned:
    """One mail that would go, not before its time."""

    at: datetime
    kind: LetterKind
    subscriber_id: int
    email: str
    tells: tuple[ToldChange, ...]
    made: bool  # it stands in the outbox already


@dataclass(frozen=True, slots=True)
class MailPlan:
    """What would go from now until then, and what would not, and why."""

    now: datetime
    until: datetime
    mails: tuple[Planned, ...]
    stopped: dict[str, int]  # mails that would be cancelled when they are due, by why
    held: tuple[int, int]  # notices and mails that wait for an admin
    waits: dict[Fate, int]  # notices that would still wait after it, by why
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
    with_tellings: bool = True,
) -> MailPlan:
    """The plan. Changes the store: call it in a transaction that is rolled back.

    `key`: of the suppressed addresses; `allowed`: whether an address may be mailed at all; `with_tellings`: each mail says
    what it tells, for whoever looks at single mails.
    """
    last = planning.newest(session)
    for moment in planning.moments(session, now, until):
        outbox.assemble(
            session,
            moment,
            domain,
            suppression_key=key,
            mails_a_day=mails_a_day,
            everybodys_digests=False,
        )
    session.flush()
    rows = planning.until(session, until)
    gone = suppression.among(session, key, {row.subscriber_id for row in rows})
    why = {row.id: _stopped(row, gone, allowed) for row in rows}
    going = [row for row in rows if why[row.id] is None]
    return MailPlan(
        now,
        until,
        tuple(_planned(session, going, now, last, with_tellings=with_tellings)),
        dict(Counter(reason for reason in why.values() if reason is not None)),
        (planning.held_notices(session), outbox.held(session)),
        planning.still_waiting(session, until),
        mark.data_timestamp if (mark := snapshots.watermark(session)) else None,
    )


def _stopped(row: Any, gone: Collection[int], allowed: Callable[[str], bool]) -> str | None:
    if not row.email or row.subscriber_id in gone:
        return "suppressed"
    return None if allowed(row.email) else "not on the allow-list of recipients"


def _planned(
    session: Session, rows: Sequence[Any], now: datetime, last: int, *, with_tellings: bool
) -> Iterator[Planned]:
    tells = tellings(session, [row.id for row in rows]) if with_tellings else {}
    for row in rows:
        told = tuple(tells.get(row.id, ()))
        yield Planned(max(row.due_at, now), row.kind, row.subscriber_id, row.email, told, made=row.id <= last)
