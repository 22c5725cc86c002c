"""An INSERT that says what to do where its row is there already, in the words of the database that is used.

Only its words are imported: those of the other one are slow to load and large.
"""

from typing import TYPE_CHECKING

from sqlmodel import Session

from notifier.storage.models import Table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


def into(session: Session, row: type[Table]) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT into the table of these rows that takes `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(row)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(row)
