"""A copy of the whole database in one file, and the way back from one, by the engine's own means. Decides nothing.

SQLite by its online backup, while a worker runs; PostgreSQL by its own programs.
"""

from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select, update

from notifier.errors import DamagedError, InputError, StoreError
from notifier.storage import restore_guard
from notifier.storage.copies import postgresql, sqlite
from notifier.storage.copies.sqlite import Contents
from notifier.storage.engine import Database, Session, faults, file_of
from notifier.storage.models import instances, messages, studies, subscribers

__all__ = ["Contents", "examine", "is_of", "loss", "make", "note", "replace"]


def make(database: Database, draft: Path) -> None:
    """Copy the database, whatever is written to it meanwhile, over an empty file, and check the copy.

    Raises DamagedError where it is the database that is broken, StoreError where the copy did not come out whole.
    """
    with database.transaction() as session:
        # A copy without an id would be taken for a database that never sent a mail.
        restore_guard.mark(session)
    try:
        if database.is_sqlite:
            sqlite.write(file_of(database.url), draft)
        else:
            postgresql.write(database, draft)
        found = examine(draft)
    except (StoreError, InputError) as fault:
        if broken := faults.damage(database, thorough=True):
            raise DamagedError(broken) from fault
        raise
    if found.revision != (needed := database.schema().current):
        raise StoreError(
            f"The copy has schema {found.revision} and not {needed}: it was thrown away; try again"
        )


def note(session: Session, now: datetime) -> None:
    """The database was copied now."""
    here = restore_guard.mark(session)
    session.execute(update(instances).where(instances.c.id == here.instance).values(backed_up_at=now))


def examine(path: Path) -> Contents:
    """Check a backup as a whole, and say what it holds. Raises InputError for what is no backup, StoreError for a broken one."""
    if not path.is_file():
        raise InputError(f"There is no file {path}: check its name")
    if sqlite.is_ours(path):
        return sqlite.examine(path)
    if postgresql.is_ours(path):
        return postgresql.examine(path)
    raise InputError(f"{path} is no backup of this program: check its name")


def is_of(database: Database, path: Path) -> bool:
    """Whether a backup is of the same kind of database."""
    return sqlite.is_ours(path) is database.is_sqlite


def loss(database: Database, found: Contents) -> str:
    """What there is to lose where this copy takes the database's place, in a sentence; empty where that is nothing, or is
    damaged: then it is put aside, not lost.
    """
    try:
        schema, broken = database.schema(), faults.damage(database)
    except StoreError:
        return ""
    if schema.empty or broken:
        return ""
    if not schema.ready:
        return "The database is not empty, and of another version: what is in it is lost."
    with database.reading() as session:
        counted = {
            name: int(session.execute(select(func.count()).select_from(table)).scalar_one())
            for name, table in (("people", subscribers), ("mails", messages), ("studies", studies))
        }
        mine = session.execute(select(instances.c.id).order_by(instances.c.id)).scalar()
    if not any(counted.values()):
        return ""
    held = ", ".join(f"{number} {name}" for name, number in counted.items())
    whose = "" if found.instance in {mine, None} or mine is None else ", and the backup is of another one"
    return f"The database holds {held}{whose}: all that is in it is lost."


def replace(database: Database, source: Path) -> Path | None:
    """Make the database what the copy is, whole or not at all; returns where a damaged one was put, if it was."""
    database.close()
    if database.is_sqlite:
        return sqlite.replace(file_of(database.url), source)
    postgresql.replace(database, source)
    return None
