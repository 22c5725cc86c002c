"""How a database is: its engine, its size, its journal, and whether it can be written to. Changes nothing."""

from dataclasses import dataclass

from sqlalchemy import text

from notifier.storage.engine import Database


@dataclass(frozen=True, slots=True)
class Look:
    """What there is to say of a database as a whole."""

    engine: str
    size: int  # bytes
    journal: str | None  # of SQLite


def look(database: Database) -> Look:
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
            return Look(f"SQLite {version}", count * size, journal)
        size = session.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        version = session.execute(text("SHOW server_version")).scalar_one()
        return Look(f"PostgreSQL {version}", size, None)
