"""What statements need on either database: an INSERT that says what to do where its row is there already, and lists of values
that are not too long.

Only the words of the database that is used are imported: those of the other one are slow to load and large.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from sqlmodel import Session

from notifier.storage.models import Table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
AT_ONCE = 5_000  # values in one statement: SQLite stops at 32,766


def into(session: Session, row: type[Table]) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT into the table of these rows that takes `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(row)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(row)


def portions(values: Iterable[T]) -> Iterator[list[T]]:
    """As many at once as one statement takes."""
    rest = iter(values)
    while some := list(islice(rest, AT_ONCE)):
        yield some
