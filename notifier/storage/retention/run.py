"""Deletes what was kept long enough (P7). Run once a day; running it twice does nothing more."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from notifier.storage import rate_limits, subscribers
from notifier.storage.engine import Database, Session, sharing
from notifier.storage.retention import rules
from notifier.storage.studies import summaries

UNCONFIRMED_FOR = timedelta(days=7)
#: Who asked for a link and signed up for nothing.
ASKED_FOR = timedelta(days=7)
ADDRESS_AFTER_END = timedelta(days=28)
HISTORY_FOR = timedelta(days=365)  # of mails, and of what came back
AUDIT_FOR = timedelta(days=730)
TALLIES_FOR = timedelta(days=2)  # of visitors, and of a day's budget
BATCH = 500  # rows a transaction: SQLite lets nobody else write meanwhile

log = structlog.get_logger()


def clean_up(database: Database, now: datetime, moved: Callable[[], None] = lambda: None) -> None:
    """Wipe sign-ups that were never confirmed, addresses of people who left, and old history; each batch calls `moved`."""
    with database.transaction() as session:
        unconfirmed = subscribers.wipe_unconfirmed(session, now - UNCONFIRMED_FOR)
        counted = rate_limits.forget(session, now - TALLIES_FOR, but=[summaries.REFUSED])
        counted += rate_limits.forget(session, now - summaries.REFUSED_FOR)
        if not database.is_sqlite:
            sharing.forget_the_dead(session)

    def in_batches(work: Callable[[Session], int]) -> int:
        return _in_batches(database, work, moved)

    gone, asked, past = now - ADDRESS_AFTER_END, now - ASKED_FOR, now - HISTORY_FOR
    log.info(
        "Cleaned up.",
        action="cleaned_up",
        unconfirmed=unconfirmed,
        tallies=counted,
        forgotten=in_batches(lambda session: subscribers.forget_gone(session, gone, asked, BATCH)),
        mails=in_batches(lambda session: rules.forget_mails(session, past, BATCH)),
        notices=in_batches(lambda session: rules.forget_told(session, past, BATCH)),
        bounces=in_batches(lambda session: rules.forget_bounces(session, past, BATCH)),
        audit=in_batches(lambda session: rules.forget_audit(session, now - AUDIT_FOR, BATCH)),
    )


def _in_batches(database: Database, work: Callable[[Session], int], moved: Callable[[], None]) -> int:
    """Do the work until a batch is not full; each is a transaction of its own, so that others come in between."""
    total = 0
    while True:
        with database.transaction() as session:
            done = work(session)
        moved()
        total += done
        if done < BATCH:
            return total
