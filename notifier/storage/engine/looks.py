"""How a database is: its engine, its size, its journal, whether it can be written to and is whole. Changes nothing."""

from dataclasses import dataclass

from sqlalchemy import text

from notifier.errors import DamagedError
from notifier.storage.engine import Database, file_of
from notifier.storage.engine.faults import DAMAGED


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What there is to say of a database as a whole."""

    engine: str
    size: int  # bytes
    journal: str | None  # of SQLite


def look(database: Database) -> DatabaseFacts:
    """Raises StoreError where it cannot be read, or cannot be written to."""
    with database.transaction() as session:
        # An UPDATE of no row, because a database that can only be read refuses even that.
        session.execute(
            text("UPDATE alembic_version SET version_num = version_num WHERE version_num IS NULL")
        )
    with database.reading() as session:
        if database.is_sqlite:
            count, size = (
                session.execute(text(f"PRAGMA {what}")).scalar_one() for what in ("page_count", "page_size")
            )
            journal = str(session.execute(text("PRAGMA journal_mode")).scalar_one())
            version = session.execute(text("SELECT sqlite_version()")).scalar_one()
            return DatabaseFacts(f"SQLite {version}", count * size, journal)
        size = session.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        version = session.execute(text("SHOW server_version")).scalar_one()
        return DatabaseFacts(f"PostgreSQL {version}", size, None)


def damage(database: Database, *, thorough: bool = False) -> str | None:
    """What is broken in an SQLite file, and what to do, in a sentence; None: nothing is, or the server sees to it.

    Reads the whole file, in the journal's view, so writers go on. `thorough`: also that each index agrees with its
    table, which takes several times as long.
    """
    if not database.is_sqlite:
        return None
    try:
        with database.reading() as session:
            check = "integrity_check" if thorough else "quick_check"
            found = str(session.execute(text(f"PRAGMA {check}(1)")).scalar_one())
    except DamagedError as fault:
        return str(fault)
    return (
        None
        if found == "ok"
        else f"The database {file_of(database.url)} {DAMAGED} ({found.splitlines()[-1][:200]})"
    )
