"""The engine, transactions, locks and the schema check. Knows no table by name and decides nothing.

A transaction is synchronous and never spans an await: passes call it in a thread. SQLite: WAL, foreign keys on, a busy
time-out, and writers begin with BEGIN IMMEDIATE, because a transaction that starts as a reader and then writes can
fail half way (R19, R20). Errors of the driver end here and become one sentence.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from notifier.errors import BusyError, SchemaError, SettingsError, StoreError
from notifier.tables import Table

#: `Session` is handed on to those who drive transactions without knowing SQL.
__all__ = ["Database", "Schema", "Session", "metadata", "owner"]

BUSY_TIMEOUT = 10.0  # seconds that SQLite waits for another writer
SCHEMA_TIMEOUT = 30.0  # seconds that a process waits for another one that is changing the schema
_LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's code for a lock that did not come within lock_timeout
_SUPPORTED = {"sqlite", "postgresql+psycopg"}


@dataclass(frozen=True)
class Schema:
    """The schema's revision in the database (None: there is none yet) and the one this program needs."""

    current: str | None
    needed: str
    empty: bool

    @property
    def ready(self) -> bool:
        return self.current == self.needed


class Database:
    """One database, SQLite or PostgreSQL, by its URL. Opens nothing until it is used."""

    def __init__(self, url: str, migrations: Path) -> None:
        self.url = _checked(url)
        self._migrations = migrations
        self.engine = _engine(self.url)
        self._reading = self.engine.execution_options(notifier_reading=True)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end, or leaves nothing behind. Raises StoreError."""
        with (
            self._speaking_plainly(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking only; it never takes the write lock."""
        with (
            self._speaking_plainly(),
            Session(self._reading, expire_on_commit=False, autoflush=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def exclusive(self, name: str, refusal: str, *, wait: float = 0) -> Iterator[None]:
        """Hold the lock `name` of this database; raise BusyError(refusal) when somebody else does for `wait` seconds.

        The lock dies with its process, however that dies: a file lock beside SQLite, a session's advisory lock on a
        connection of its own in PostgreSQL (R14).
        """
        lock = self._file_lock if self.is_sqlite else self._advisory_lock
        with lock(name, refusal, wait):
            yield

    def delivering(self, refusal: str) -> AbstractContextManager[None]:
        """Held by a deliver pass. On SQLite one pass at a time; on PostgreSQL any number, kept apart by their leases."""
        return self.exclusive("deliver", refusal) if self.is_sqlite else nullcontext()

    def schema(self) -> Schema:
        """What is in the database and what is needed."""
        from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - not needed by every command
        from alembic.script import ScriptDirectory  # noqa: PLC0415

        needed = ScriptDirectory.from_config(self._alembic()).get_current_head() or ""
        with self._speaking_plainly(), self._reading.connect() as connection:
            # In this order: another process may fill it in between, and then "not empty, none of ours" would be wrong.
            empty = not inspect(connection).get_table_names()
            current = MigrationContext.configure(connection).get_current_revision()
            return Schema(current, needed, empty)

    def upgrade(self) -> Schema:
        """Bring the schema to what this program needs, or leave it as it was; several may call it at once."""
        from alembic import command  # noqa: PLC0415 - not needed by every command

        with self.exclusive(
            "schema",
            "Another process is changing the database's schema: try again in a moment",
            wait=SCHEMA_TIMEOUT,
        ):
            if not (before := self.schema()).ready:
                self._refuse_newer(before)
                with self._speaking_plainly(), self.engine.begin() as connection:
                    config = self._alembic()
                    config.attributes["connection"] = connection
                    command.upgrade(config, "head")
        return self.schema()

    def open(self) -> None:
        """Make sure that the schema is the needed one; an empty database gets it. Raises SchemaError."""
        if (schema := self.schema()).ready:
            return
        if schema.empty:
            self.upgrade()
            return
        self._refuse_newer(schema)
        raise SchemaError(
            f"The database has an older schema ({schema.current or 'none of ours'}) than this program needs "
            f"({schema.needed}): back it up, then run `notifier database upgrade`"
        )

    def beside(self, folder: Path) -> "Database":
        """An empty SQLite database of the same schema in another folder, to try things in."""
        return Database(f"sqlite:///{folder}/scratch.db", self._migrations)

    def close(self) -> None:
        self.engine.dispose()

    def _refuse_newer(self, schema: Schema) -> None:
        from alembic.script import ScriptDirectory  # noqa: PLC0415

        known = {script.revision for script in ScriptDirectory.from_config(self._alembic()).walk_revisions()}
        if schema.current is not None and schema.current not in known:
            raise SchemaError(
                f"The database was written by a newer version of this program (schema {schema.current}, this one "
                f"knows {schema.needed}): install that version again; nothing was changed"
            )

    def _alembic(self) -> Any:
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(self._migrations).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        return config

    @contextmanager
    def _file_lock(self, name: str, refusal: str, wait: float) -> Iterator[None]:
        path = _file_of(self.url)
        lock = FileLock(f"{path}.{name}.lock", timeout=wait)
        try:
            lock.acquire()
        except Timeout:
            raise BusyError(refusal) from None
        except OSError as error:
            raise StoreError(
                f"The folder of the database {path} cannot be written ({error.strerror or error}): "
                "make it writable, or set NOTIFIER_DATABASE_URL to another place"
            ) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _advisory_lock(self, name: str, refusal: str, wait: float) -> Iterator[None]:
        alone = create_engine(
            self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True
        )
        with self._speaking_plainly():
            connection = alone.connect()
        try:
            with self._speaking_plainly():
                mine = _advisory_lock_is_mine(connection, name, wait)
            if not mine:
                raise BusyError(refusal)
            yield
        finally:
            connection.close()
            alone.dispose()

    @contextmanager
    def _speaking_plainly(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _explained(error, self.url) from error
        except PoolTimeout as error:
            raise BusyError("All connections to the database are in use: try again in a moment") from error


def metadata() -> MetaData:
    """What the schema should be, for the migrations and their test."""
    return Table.metadata


def _checked(url: str) -> URL:
    example = "set NOTIFIER_DATABASE_URL to something like sqlite:///notifier.db or postgresql+psycopg://user:pass@host/db"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise SettingsError(f"NOTIFIER_DATABASE_URL is not the address of a database: {example}") from None
    if parsed.drivername not in _SUPPORTED:
        raise SettingsError(
            f"NOTIFIER_DATABASE_URL names {parsed.drivername!r}, which is not supported: {example}"
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise SettingsError(f"NOTIFIER_DATABASE_URL names no file, and a watcher must remember: {example}")
    return parsed


def _advisory_lock_is_mine(connection: Connection, name: str, wait: float) -> bool:
    lock = {"name": name}
    if not wait:
        attempt = text("SELECT pg_try_advisory_lock(hashtext('notifier'), hashtext(:name))")
        return bool(connection.execute(attempt, lock).scalar())
    connection.execute(
        text("SELECT set_config('lock_timeout', :wait, false)"), {"wait": f"{wait * 1000:.0f}ms"}
    )
    try:
        connection.execute(text("SELECT pg_advisory_lock(hashtext('notifier'), hashtext(:name))"), lock)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            return False
        raise
    return True


def _file_of(url: URL) -> Path:
    return Path(url.database or "").absolute()


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = "-c lock_timeout=30s -c statement_timeout=10min -c timezone=UTC"
    return create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args={"options": options})


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own idea of when to begin is switched off; `_begin_sqlite` says it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("notifier_reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


#: Words of a driver's text, and what they mean for a person; the first that fits.
_FAULTS: tuple[tuple[tuple[str, ...], type[StoreError], str], ...] = (
    (
        ("is locked", "lock timeout", "deadlock"),
        BusyError,
        "is busy with another writer: try again in a moment",
    ),
    (("readonly",), StoreError, "cannot be written: check the rights of the file and its folder"),
    (
        ("disk is full", "no space left"),
        StoreError,
        "has no room left on its disk: make room; nothing was changed",
    ),
    (
        ("disk i/o",),
        StoreError,
        "cannot be written or read: its disk is full, limited or failing; nothing was changed",
    ),
    (
        ("unable to open",),
        StoreError,
        "cannot be opened: check that it is a file and that its folder exists and can be written",
    ),
    (("not a database",), StoreError, "is not one of ours: check NOTIFIER_DATABASE_URL, or restore a backup"),
    (("malformed",), StoreError, "is damaged: restore a backup"),
    (
        ("connection", "failed to resolve", "conninfo"),
        StoreError,
        "does not answer: check that it runs and that NOTIFIER_DATABASE_URL is right",
    ),
)


def _explained(error: DBAPIError, url: URL) -> StoreError:
    where = f"database {_file_of(url)}" if url.get_backend_name() == "sqlite" else f"database on {url.host}"
    told = (
        str(error.orig).splitlines()[0] if error.orig is not None and str(error.orig) else "no reason given"
    )
    for words, kind, advice in _FAULTS:
        if any(word in told.lower() for word in words):
            return kind(f"The {where} {advice}")
    return StoreError(f"The {where} refused ({type(error.orig).__name__}): {_without_data(told)}")


def _without_data(told: str) -> str:
    # A driver's text can quote a row; only its first clause, which names the fault, is kept.
    return told.split(":", maxsplit=1)[0].split("DETAIL", maxsplit=1)[0][:200]


def owner() -> str:
    """A new name for whoever holds leases: two containers can have the same host name and the same process id."""
    return f"{os.uname().nodename[:50]}:{os.getpid()}:{token_hex(4)}"
