"""A database that was put back learns from the file beside it who was erased since, who left, and who must not be mailed.

The database's own lists go back with a restored backup, the file (`departures`) does not. Who was erased is erased
again, what ended ends again, and what nobody can bring back, because it began after the backup, is counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlmodel import Session

from notifier.errors import StoreError
from notifier.storage import departures, subscribers, suppression
from notifier.storage.departures import Ledger
from notifier.storage.engine import Database
from notifier.storage.engine.sharing import begin_turn, turn
from notifier.storage.models import ErasureRow, conditions, erasures, subscriptions
from notifier.storage.models import subscribers as people
from notifier.storage.models.states import EndedReason, SubscriptionState, Suppressed

log = structlog.get_logger()

_WHOLE_SECOND = timedelta(seconds=1)  # what a time may have lost in the file
_AT_ONCE = 10_000  # addresses that are read and hashed at once


def catch_up(database: Database, ledger: Ledger | None, key: bytes, now: datetime) -> int:
    """Make database and file know of the same erasures; returns how many people had to be erased again.

    `key` is that of the hashes. Cheap where both agree: two lists are compared, and no address is looked at.
    """
    if ledger is None:
        return 0
    kept, known = ledger.read(), noted(database)
    if unnoted := newer(known, kept):
        ledger.note(unnoted)
    missing = newer(kept, known)
    return again(database, missing, key, now) if missing else 0


def keep(database: Database, ledger: Ledger | None, key: bytes, now: datetime) -> None:
    """As `catch_up`, after somebody was erased and from time to time: a file that fails is loud, and tried again."""
    try:
        again = catch_up(database, ledger, key, now)
    except StoreError as fault:
        log.error("Who was erased is not in the file yet.", action="erasures_unkept", fault=str(fault))  # noqa: TRY400 - the sentence says it
        return
    if again:
        log.warning("People who had been erased were erased again.", action="erased_again", people=again)


def newer(erased: Mapping[str, datetime], known: Mapping[str, datetime]) -> dict[str, datetime]:
    """Those of `erased` that the other list does not know, or knows of an earlier time. Pure."""
    return {
        hashed: at
        for hashed, at in erased.items()
        if hashed not in known or at - known[hashed] > _WHOLE_SECOND
    }


def noted(database: Database) -> dict[str, datetime]:
    """Whom the database itself knows to be erased."""
    with database.reading() as session:
        return {row.address_hash: row.at for row in session.execute(select(erasures))}


def again(database: Database, missing: Mapping[str, datetime], key: bytes, now: datetime) -> int:
    """Erase those of these people whom the database knows, and note all of them in it; returns how many it knew.

    Who signed up only after they were erased is left alone: they asked anew.
    """
    with database.transaction() as session:
        # Those with these hashes who were here by then. Each address is hashed for it: seconds for a million.
        everybody = select(people.c.id, people.c.email_key, people.c.created_at).where(people.c.email != "")
        rows = session.execute(everybody.execution_options(yield_per=_AT_ONCE))
        ids = [
            row.id
            for row in rows
            if (erased_at := missing.get(suppression.address_hash(key, row.email_key))) is not None
            and row.created_at < erased_at + _WHOLE_SECOND
        ]
        for identity in ids:
            subscribers.erase(session, identity, now, key)
        for hashed, at in missing.items():
            session.merge(ErasureRow(address_hash=hashed, at=at))
    return len(ids)


# --- who left, and who came ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeftAgain:
    """What was done anew in a database that is older than the file, and what it cannot know."""

    ended: int = 0  # follows
    stopped: int = 0  # addresses
    lost: int = 0  # follows that began since, of which it knows nothing


def put_back(database: Database, ledger: Ledger | None, key: bytes, now: datetime) -> None:
    """At a start: a database that was put back by hand must not bring back anybody who was erased, or left, since."""
    keep(database, ledger, key, now)
    try:
        done = leave_again(database, ledger, key)
    except StoreError as fault:
        log.error("Who left since cannot be looked up.", action="departures_unread", fault=str(fault))  # noqa: TRY400 - as above
        return
    if done != LeftAgain():
        log.warning(
            "The database is older than what happened here: what had ended was ended again.",
            action="left_again",
            follows=done.ended,
            addresses=done.stopped,
            lost=done.lost,
        )


def leave_again(database: Database, ledger: Ledger | None, key: bytes) -> LeftAgain:
    """Do again what stands in the file and the database does not know of. Cheap where it knows all."""
    if ledger is None or not ledger.path.exists():
        return LeftAgain()
    name = ledger.name()
    with database.transaction() as session:
        known = int(turn(session, name) or 0)
        entries, size = ledger.since(known)
        follows = {
            each.hashed: each for each in entries if each.what in {departures.FOLLOWS, departures.ENDED}
        }
        stops = {
            each.hashed: each for each in entries if each.what in {departures.STOPPED, departures.LIFTED}
        }
        lost = sum(int(each.why or 0) for each in entries if each.what == departures.JOINED)
        over: dict[tuple[datetime, EndedReason], list[int]] = {}
        for row in _live(session) if follows else ():
            found = follows.pop(departures.topic_hash(key, row.email_key, row.nct_id or row.query), None)
            if found is None or found.what == departures.FOLLOWS:
                continue
            if (row.activated_at or row.created_at) < found.at + _WHOLE_SECOND:
                over.setdefault((found.at, EndedReason(found.why or EndedReason.UNSUBSCRIBED)), []).append(
                    row.id
                )
        ended = sum(subscribers.end(session, ids, reason, at) for (at, reason), ids in over.items())
        stopped = 0
        for hashed, each in stops.items():
            if each.what == departures.STOPPED:
                reason = Suppressed(each.why or Suppressed.ADMIN)
                stopped += suppression.suppress(session, hashed, reason, each.at)
            else:
                suppression.lift(session, hashed)
        lost += sum(each.what == departures.FOLLOWS for each in follows.values())
        done = LeftAgain(ended, stopped, lost)
        if size != known:
            begin_turn(session, name, str(size))
        departures.forget_notes(session)
    return done


def _live(session: Session) -> Sequence[Any]:
    """Every follow that goes on. Each address is hashed with its topic: seconds for a million."""
    rows = (
        select(
            subscriptions.c.id,
            people.c.email_key,
            subscriptions.c.nct_id,
            conditions.c.query,
            subscriptions.c.created_at,
            subscriptions.c.activated_at,
        )
        .join(people, people.c.id == subscriptions.c.subscriber_id)
        .outerjoin(conditions, conditions.c.id == subscriptions.c.condition_id)
        .where(subscriptions.c.state != SubscriptionState.ENDED, people.c.email != "")
    )
    return session.execute(rows).all()
