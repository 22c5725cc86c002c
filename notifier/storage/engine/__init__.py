"""The engine, transactions, locks and the schema check. Knows no table by name, but for those in `sharing`.

A transaction is synchronous and never spans an await: passes call it in a thread. SQLite: WAL, foreign keys on, a busy
time-out, and writers begin with BEGIN IMMEDIATE, because a transaction that starts as a reader and then writes can
fail half way (R19, R20). PostgreSQL: nothing that outlives a transaction (no session locks, settings or prepared
statements), so that a pooler may stand between. Errors of the driver end here and become one sentence.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from notifier.errors import BusyError, SchemaError, SettingsError, StoreError
from notifier.storage.engine import sharing
from notifier.storage.engine.faults import explained, file_of
from notifier.storage.models import columns, metadata

if TYPE_CHECKING:
    from notifier.storage.departures import Departures
    from notifier.storage.encryption.keys import Ring

#: `Session` and `Connection` are handed on to those who drive transactions without knowing SQL.
__all__ = ["Connection", "Database", "Schema", "Session", "file_of", "folder_of", "metadata", "owner"]

BUSY_TIMEOUT = 10.0  # seconds that SQLite waits for another writer
CHECKPOINT = 4_000  # pages, 16 MB, after which SQLite's log is carried over: a pass writes the same pages again and again
SCHEMA_TIMEOUT = 30.0  # seconds that a process waits for another one that is changing the schema
#: Seconds that a lock in PostgreSQL lasts unless its holder renews it: one that died is followed within a minute.
HELD_FOR = 60.0
#: A host that vanished without a word is noticed within a minute, and its locks are freed (R14).
_KEEPALIVE = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_SUPPORTED = {"sqlite", "postgresql+psycopg"}
_MAKING = Lock()
NOTED = "departures"  # where a session keeps who leaves, until that is written beside the database
T = TypeVar("T")


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
    """One database, SQLite or PostgreSQL, by its URL. Opens nothing until it is used.

    With a ring, its addresses are sealed; with departures, who leaves is written beside it too.
    """

    NAME = "notifier"  #: What a PostgreSQL server is told that its guest is called.

    def __init__(
        self, url: str, migrations: Path, ring: "Ring | None" = None, departures: "Departures | None" = None
    ) -> None:
        self.url = _checked(url)
        self._departures = departures
        self._migrations = migrations
        self.ring = ring
        self._writing = Lock()
        if self.is_sqlite:
            self.engine = create_engine(
                self.url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT}
            )
            event.listen(self.engine, "do_connect", _make_private)
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            # To the driver each statement stands alone, because `_begin_postgresql` says where a transaction begins.
            alone = {"autocommit": True, "prepare_threshold": None, "application_name": self.NAME}
            self.engine = create_engine(
                self.url, hide_parameters=True, pool_pre_ping=True, connect_args=alone | _KEEPALIVE
            )
            event.listen(self.engine, "begin", _begin_postgresql)
        columns.give(self.engine.dialect, ring)
        self._reading = self.engine.execution_options(notifier_reading=True)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end, or leaves nothing behind. Raises StoreError."""
        # One writer of this process after the other on SQLite, which has one at a time and lets all others sleep and look
        # again; who waits too long finds out from SQLite that it is locked.
        waits = self.is_sqlite and self._writing.acquire(timeout=BUSY_TIMEOUT)
        try:
            with (
                self._speaking_plainly(),
                Session(self.engine, expire_on_commit=False) as session,
                session.begin(),
            ):
                if self._departures is not None:
                    session.info[NOTED] = []
                yield session
                if self._departures is not None:
                    session.flush()
                    self._departures.keep(session)
        finally:
            if waits:
                self._writing.release()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking only: it sees one state of the database, and never takes the write lock."""
        with (
            self._speaking_plainly(),
            Session(self._reading, expire_on_commit=False, autoflush=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """As `reading`, for statements alone: a session for objects costs as much as half of what a page asks."""
        with self._speaking_plainly(), self._reading.begin() as connection:
            yield connection

    async def write(self, act: Callable[[Session], T]) -> T:
        """What `act` does in a transaction, in a thread."""
        return await asyncio.to_thread(self._in, self.transaction, act)

    async def read(self, look: Callable[[Session], T]) -> T:
        """What `look` finds in a session for looking only, in a thread."""
        return await asyncio.to_thread(self._in, self.reading, look)

    def _in(self, opened: Callable[[], AbstractContextManager[Session]], act: Callable[[Session], T]) -> T:
        with opened() as session:
            return act(session)

    @contextmanager
    def trying(self) -> Iterator[Session]:
        """A session to try something in: nothing of it is ever kept. Others that write wait for its end.

        On PostgreSQL numbers that it drew for new rows are not given again, as after any transaction that failed.
        """
        with (
            self._speaking_plainly(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin() as kept,
        ):
            yield session
            kept.rollback()

    @contextmanager
    def exclusive(self, name: str, refusal: str) -> Iterator[None]:
        """Hold the lock `name` of this database; raise BusyError(refusal) when somebody else does.

        The lock dies with its process, however that dies: a file lock beside SQLite; in PostgreSQL a lease that is
        renewed while the block runs, and runs out a minute after its holder (R14).
        """
        if self.is_sqlite:
            with self._file_lock(name, refusal):
                yield
            return
        lock, holder, over = f"lock:{name}", owner(), Event()
        with self.transaction() as session:
            if not sharing.take_lease(session, lock, holder, HELD_FOR):
                raise BusyError(refusal)

        def renew() -> None:
            while not over.wait(HELD_FOR / 6):
                with suppress(StoreError), self.transaction() as session:  # tried again while it still holds
                    sharing.renew_lease(session, lock, holder, HELD_FOR)

        Thread(target=renew, name=lock, daemon=True).start()
        try:
            yield
        finally:
            over.set()
            with suppress(StoreError), self.transaction() as session:  # else it runs out by itself
                sharing.give_up_lease(session, lock, holder)

    def delivering(self, refusal: str) -> AbstractContextManager[None]:
        """Held by a deliver pass. On SQLite one pass at a time; on PostgreSQL any number, kept apart by their leases."""
        return self.exclusive("deliver", refusal) if self.is_sqlite else nullcontext()

    def working(self, owner: str, refusal: str) -> AbstractContextManager[None]:
        """Held by a worker for as long as it runs. On SQLite one at a time; on PostgreSQL any number, each by its name."""
        return self.exclusive("worker" if self.is_sqlite else sharing.named("worker", owner), refusal)

    def alive(self, owner: str) -> AbstractContextManager[None]:
        """Held while `owner` delivers, so that others see when it died: see `sharing.is_alive`."""
        if self.is_sqlite:
            return nullcontext()  # there a pass is alone, and what it finds under a lease is a dead one's
        return self.exclusive(
            sharing.named("life", owner), "Another pass of this very worker is delivering: wait for it"
        )

    @contextmanager
    def alone(self, refusal: str) -> Iterator[None]:
        """Nobody else works with the database while the block runs. Raises StoreError with `refusal` where somebody does."""
        with ExitStack() as held:
            if not self.is_sqlite:
                with self.reading() as session:
                    if sharing.somebody_works(session):
                        raise BusyError(f"{refusal}; one that was killed counts for a minute more")
            for name in ("worker", "watch", "deliver"):
                held.enter_context(self.exclusive(name, refusal))
            yield

    def schema(self) -> Schema:
        """What is in the database and what is needed. Asked by every command, so without Alembic, which is slow to import."""
        with self._speaking_plainly(), self._reading.connect() as connection:
            return self._schema_of(connection)

    def _schema_of(self, connection: Connection) -> Schema:
        tables = inspect(connection).get_table_names()
        revision = text("SELECT version_num FROM alembic_version")
        current = connection.execute(revision).scalar() if "alembic_version" in tables else None
        return Schema(current, self._needed(), empty=not tables)

    def upgrade(self) -> Schema:
        """Bring the schema to what this program needs, or leave it as it was; several may call it at once."""
        from alembic import command

        refusal = "Another process is changing the database's schema: try again in a moment"
        alone = self._file_lock("schema", refusal, SCHEMA_TIMEOUT) if self.is_sqlite else nullcontext()
        with alone, self._speaking_plainly(), self.engine.begin() as connection:
            if not self.is_sqlite:
                # The table of leases may not be there yet.
                sharing.wait_for_turn(connection, "schema")
            if not (before := self._schema_of(connection)).ready:
                self._refuse_other(before)
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
        self.refuse_unready(schema)

    def refuse_unready(self, schema: Schema) -> None:
        """Raise SchemaError for a schema that is not the needed one, with what to do."""
        if schema.ready:
            return
        self._refuse_other(schema)
        raise SchemaError(
            f"The database has an older schema ({schema.current}) than this program needs "
            f"({schema.needed}): back it up, then run `notifier database upgrade`"
        )

    def knows(self, revision: str) -> bool:
        """Whether a schema is one that this program can bring to what it needs."""
        from alembic.script import ScriptDirectory

        return revision in {
            each.revision for each in ScriptDirectory.from_config(self._alembic()).walk_revisions()
        }

    def beside(self, folder: Path) -> "Database":
        """An empty SQLite database of the same schema and keys in another folder, to try things in."""
        return Database(f"sqlite:///{folder}/scratch.db", self._migrations, self.ring)

    def rewrite(self, tables: Sequence[str]) -> None:
        """Write these tables anew (SQLite: all), so that nothing of what they held before is left in their files."""
        with self._speaking_plainly(), self.engine.connect() as connection:
            # Beside SQLAlchemy, which begins a transaction for whatever it is asked, and within one this is refused.
            cursor = connection.connection.cursor()
            if self.is_sqlite:
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                return
            for table in tables:
                cursor.execute(f"VACUUM (FULL) {table}")

    def close(self) -> None:
        self.engine.dispose()

    def _refuse_other(self, schema: Schema) -> None:
        """Raise SchemaError for a database that is another program's, or of a newer version of this one."""
        if schema.current is None and not schema.empty:
            raise SchemaError(
                "The database holds tables that are not ours: check NOTIFIER_DATABASE_URL; nothing was changed"
            )
        if schema.current is not None and not self.knows(schema.current):
            raise SchemaError(
                f"The database was written by a newer version of this program (schema {schema.current}, this one "
                f"knows {schema.needed}): install that version again; nothing was changed"
            )

    def _needed(self) -> str:
        """The newest revision: a migration's file begins with its number, which is its revision."""
        return max((path.name[:4] for path in (self._migrations / "versions").glob("[0-9]*.py")), default="")

    def _alembic(self) -> Any:
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(self._migrations).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        return config

    @contextmanager
    def _file_lock(self, name: str, refusal: str, wait: float = 0) -> Iterator[None]:
        path = file_of(self.url)
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
    def _speaking_plainly(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise explained(error, self.url) from error
        except PoolTimeout as error:
            raise BusyError("All connections to the database are in use: try again in a moment") from error


def folder_of(url: str) -> Path:
    """The folder of an SQLite database's file; for any other the working directory."""
    parsed = _checked(url)
    return file_of(parsed).parent if parsed.get_backend_name() == "sqlite" else Path()


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


def _make_private(_dialect: object, _record: object, place: Sequence[Any], _options: object) -> None:
    """A database that is not there yet is made for its owner alone: it will hold addresses and what they follow."""
    # One that is there is never opened beside SQLite: the close of any descriptor drops every lock that this process
    # holds on the file, and the next process to come then deletes the journal under us. So nobody connects meanwhile.
    # SQLite gives the journal beside it the same rights. A fault here is one that connecting says better.
    with _MAKING, suppress(OSError):
        os.close(os.open(os.path.realpath(place[0]), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own idea of when to begin is switched off; `_begin_sqlite` says it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "synchronous=FULL", f"wal_autocheckpoint={CHECKPOINT}"):
        cursor.execute(f"PRAGMA {pragma}")
    # Of several that open a new file at once, some are told "locked" here at once, whatever the busy time-out: measured,
    # one in two hundred, and a second try always came through.
    for tries_left in range(4, -1, -1):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or not tries_left:
                raise
            time.sleep(0.02)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("notifier_reading"):
        # It takes no lock, and so has no fault for SQLAlchemy to word, through which it costs as much as a small statement.
        connection.connection.driver_connection.execute("BEGIN")  # type: ignore[union-attr]  # it is open
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    # In one message: what holds for the transaction alone costs no round trip, and nothing is left behind in a session.
    reading = connection.get_execution_options().get("notifier_reading")
    level = "REPEATABLE READ" if reading else "READ COMMITTED"
    connection.exec_driver_sql(
        f"BEGIN ISOLATION LEVEL {level}; SET LOCAL lock_timeout = '30s'; SET LOCAL statement_timeout = '10min'; "
        "SET LOCAL timezone = 'UTC'"
    )


def owner() -> str:
    """A new name for whoever holds leases: two containers can have the same host name and the same process id."""
    return f"{os.uname().nodename[:50]}:{os.getpid()}:{token_hex(4)}"
