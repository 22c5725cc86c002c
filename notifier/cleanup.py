"""Deletes what was kept long enough (P7). Run once a day; running it twice does nothing more."""

from datetime import datetime, timedelta

import structlog

from notifier import subscribers
from notifier.database import Database

UNCONFIRMED_FOR = timedelta(days=7)
ADDRESS_AFTER_END = timedelta(days=28)

log = structlog.get_logger()


def clean_up(database: Database, now: datetime) -> None:
    """Wipe sign-ups that were never confirmed, and addresses of people who left."""
    with database.transaction() as session:
        unconfirmed = subscribers.wipe_unconfirmed(session, now - UNCONFIRMED_FOR)
        forgotten = subscribers.forget_gone(session, now - ADDRESS_AFTER_END)
    log.info("Cleaned up.", action="cleaned_up", unconfirmed=unconfirmed, forgotten=forgotten)
