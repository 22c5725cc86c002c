"""What the driver's errors mean for a person, one sentence each, without any data of a row; and how a database is: its engine,
its size, its journal, whether it can be written to and is whole. Changes nothing.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from notifier.errors import BusyError, DamagedError, StoreError

if TYPE_CHECKING:
    from notifier.storage.engine import Database

DAMAGED = "is damaged: restore a backup with `notifier restore FILE`, which keeps the damaged file under another name"

_KINDS = {each.__name__: each for each in (BusyError, DamagedError, StoreError)}
#: What a driver's text says, and what it means for a person; the first that fits.
_FAULTS = [
    line.split("\t") for line in Path(__file__).with_suffix(".tsv").read_text("utf-8").splitlines()[1:]
]


def explained(error: DBAPIError, url: URL) -> StoreError:
    """What an error of the driver means for a person; shows no row and no password."""
    is_sqlite = url.get_backend_name() == "sqlite"
    where = f"database {file_of(url)}" if is_sqlite else f"database on {url.host or 'this machine'}"
    told = (str(error.orig or "") or "no reason given").splitlines()[0]
    for words, kind, advice in _FAULTS:
        if re.search(words, told.lower()):
            said = advice.format(said=_said(told, url), damaged=DAMAGED)
            return _KINDS[kind](f"The {where} {said}")
    # A driver's text can quote a row; only its first clause, which names the fault, is kept.
    without_data = told.split(":", maxsplit=1)[0].split("DETAIL", maxsplit=1)[0][:200]
    return StoreError(f"The {where} refused ({type(error.orig).__name__}): {without_data}")


def _said(told: str, url: URL) -> str:
    """The server's, or the machine's, own words on why there is no connection, without what we told it."""
    words = " ".join(told.rpartition("failed: ")[2].split())
    for secret in {url.password, quote(str(url.password)), quote_plus(str(url.password))} - {
        None,
        "",
        "None",
    }:
        words = words.replace(str(secret), "***")
    return words[:200]


def file_of(url: URL) -> Path:
    return Path(url.database or "").absolute()


def look(database: "Database") -> tuple[str, int, str | None]:
    """The engine of a database, its size in bytes, and SQLite's journal. Raises StoreError where it cannot be read, or cannot be
    written to.
    """
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
            return f"SQLite {version}", count * size, journal
        size = session.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        version = session.execute(text("SHOW server_version")).scalar_one()
        return f"PostgreSQL {version}", size, None


def damage(database: "Database", *, thorough: bool = False) -> str | None:
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
