"""A copy of the whole database in one file, and the way back from one, by the engine's own means. Decides nothing.

SQLite by its online backup, which never blocks a writer nor sees half a commit; PostgreSQL by its own programs, pg_dump and
pg_restore, which are told no password by name, and of our tables alone: what else is in the database, an extension or another
program's tables, is neither copied nor touched.
"""

import os
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import func, select, text, update
from sqlalchemy.engine import URL

from notifier.errors import DamagedError, InputError, StoreError
from notifier.storage import departures
from notifier.storage.engine import Database, Session, faults, file_of, metadata
from notifier.storage.models import instances, messages, studies, subscribers

_SQLITE, _POSTGRESQL = b"SQLite format 3\x00", b"PGDMP"  # how a file of each begins
_REVISION = re.compile(r"^COPY [^\n]*alembic_version[^\n]*\n([^\n\\]+)\n", re.MULTILINE)
_INSTANCE = re.compile(r"^COPY [^\n]*instance \([^\n]*\n([0-9a-f]{32})\t", re.MULTILINE)
#: What older backups hold of the database beside its tables, in the list that pg_restore makes of one.
_NOT_OURS = re.compile(r"^\d+; \d+ \d+ (EXTENSION|SCHEMA|COMMENT - (EXTENSION|SCHEMA)|ACL - SCHEMA) ")
_ADDRESS = re.compile(r"\S+@\S+")
_LINKS = text(
    "SELECT CAST(CAST(conrelid AS regclass) AS text), quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE contype = 'f' AND CAST(conrelid AS regclass) IN "
    "(SELECT to_regclass(name) FROM unnest(CAST(:names AS text[])) AS name)"
)


@dataclass(frozen=True, slots=True)
class Contents:
    """The schema of a backup, and which database it is a copy of; None where it never sent a mail nor was backed up."""

    revision: str
    instance: str | None


def make(database: Database, draft: Path) -> None:
    """Copy the database, whatever is written to it meanwhile, over an empty file, and check the copy.

    Raises DamagedError where it is the database that is broken, StoreError where the copy did not come out whole.
    """
    with database.transaction() as session:
        # A copy without an id would be taken for a database that never sent a mail.
        departures.mark(session)
    try:
        if database.is_sqlite:
            source = file_of(database.url)
            try:
                with _opened(source, "mode=ro") as old, _opened(draft, "mode=rw") as new:
                    old.backup(new)
                    new.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.Error as error:
                if "malformed" in str(error):
                    raise DamagedError(f"The database {source} {faults.DAMAGED}") from error
                raise StoreError(
                    f"The database {source} cannot be copied ({error}): check its rights, and the room on the disk of the copy"
                ) from error
            file = os.open(draft, os.O_RDWR)
            try:
                os.fsync(file)
            finally:
                os.close(file)
        else:  # our tables as they are at one moment
            _refuse_pooler(database)
            dump = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={draft}"]
            tables = [f"--table={name}" for name in _ours()]
            _run([*dump, *tables, "--dbname", _uri(database.url)], database.url)
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
    here = departures.mark(session)
    session.execute(update(instances).where(instances.c.id == here.instance).values(backed_up_at=now))


def examine(path: Path) -> Contents:
    """Check a backup from its beginning to its end, and say what it holds. Raises InputError for what is no backup, StoreError
    for a broken one.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path}: check its name")
    if _begins(path, _SQLITE):
        # Immutable: nothing may be written beside a backup, not even a journal, and it may lie on a disk that is read-only.
        with _plainly(path), _opened(path, "mode=ro&immutable=1") as copy:
            if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise StoreError(f"{path} is damaged: use another backup; nothing was changed")
            tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            revision = (
                _first(copy, "SELECT version_num FROM alembic_version")
                if "alembic_version" in tables
                else None
            )
            if revision is None or "subscriber" not in tables:
                raise StoreError(
                    f"{path} is no database of this program: check its name; nothing was changed"
                )
            return Contents(revision, _first(copy, "SELECT id FROM instance ORDER BY id"))
    if not _begins(path, _POSTGRESQL):
        raise InputError(f"{path} is no backup of this program: check its name")
    _run(["pg_restore", f"--file={os.devnull}", str(path)])
    told = _run(
        ["pg_restore", "--data-only", "--table=alembic_version", "--table=instance", "--file=-", str(path)]
    )
    schema, instance = _REVISION.search(told), _INSTANCE.search(told)
    if schema is None:
        raise StoreError(f"{path} is no database of this program: check its name; nothing was changed")
    return Contents(schema[1], instance[1] if instance else None)


def is_of(database: Database, path: Path) -> bool:
    """Whether a backup is of the same kind of database."""
    return _begins(path, _SQLITE) is database.is_sqlite


def _begins(path: Path, sign: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(sign)) == sign


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
    if not database.is_sqlite:
        _replace_postgresql(database, source)
        return None
    live = file_of(database.url)
    aside, broken = None, False
    if live.exists() and live.stat().st_size:
        try:
            with _opened(live, "mode=rw") as found:
                broken = found.execute("PRAGMA quick_check(1)").fetchone() != ("ok",)
        except sqlite3.DatabaseError:
            broken = True
    if broken:
        aside = live.with_name(f"{live.name}.damaged")
        for number in range(1, 1000):
            if not aside.exists():
                break
            aside = live.with_name(f"{live.name}.damaged.{number}")
        for end in ("", "-wal", "-shm"):
            beside = live.with_name(live.name + end)
            if beside.exists():
                beside.rename(aside.with_name(aside.name + end))
    with _plainly(live), _opened(source, "mode=ro") as new, _opened(live, "mode=rwc") as old:
        new.backup(old)
    live.chmod(0o600)
    return aside


# --- SQLite --------------------------------------------------------------------------------------------------------


def _first(copy: sqlite3.Connection, question: str) -> str | None:
    row = copy.execute(question).fetchone()
    return None if row is None else str(row[0])


@contextmanager
def _opened(path: Path, how: str) -> Iterator[sqlite3.Connection]:
    place = f"file:{quote(str(path.absolute()))}?{how}"
    with closing(sqlite3.connect(place, uri=True, timeout=30, isolation_level=None)) as connection:
        yield connection


@contextmanager
def _plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(
            f"{path} cannot be copied or read as a database ({error}): check the file, its rights and the room on its "
            "disk; nothing was changed"
        ) from error


# --- PostgreSQL ----------------------------------------------------------------------------------------------------


def _replace_postgresql(database: Database, copy: Path) -> None:
    """Make the live database what the copy is, in one transaction: its tables go and come with it, or all stays."""
    _refuse_pooler(database)
    listed = _run(["pg_restore", "--list", str(copy)]).splitlines()
    with tempfile.TemporaryDirectory(prefix="notifier-") as folder:
        wanted = Path(folder) / "list"
        wanted.write_text("\n".join(line for line in listed if not _NOT_OURS.match(line)), encoding="utf-8")
        # pg_restore drops only what its copy knows, and a newer schema may hold on to that by a key that the copy has not: so
        # our tables have no foreign keys meanwhile.
        with database.transaction() as session:
            links = session.execute(_LINKS, {"names": _ours()}).all()
            for table, name, _ in links:
                session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
        restore = ["pg_restore", "--clean", "--if-exists", "--single-transaction", "--no-owner"]
        restore += ["--no-privileges", f"--use-list={wanted}", "--dbname", _uri(database.url), str(copy)]
        try:
            _run(restore, database.url)
        except StoreError:
            with database.transaction() as session:
                for table, name, link in links:
                    session.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT {name} {link}"))
            raise
    there = {line.split()[5] for line in listed if re.match(r"^\d+; \d+ \d+ TABLE ", line)}
    if there:
        # What a newer schema had beside them is made anew by its migrations.
        with database.transaction() as session:
            for name in set(_ours()) - there:
                session.execute(text(f'DROP TABLE IF EXISTS "{name}" CASCADE'))


def _ours() -> list[str]:
    return [*metadata().tables, "alembic_version"]


def _refuse_pooler(database: Database) -> None:
    """pg_dump and pg_restore set up their session, and through a pooler they would leave that to whoever comes next."""
    with database.reading() as session:
        server = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        known = session.connection().connection.driver_connection.info.backend_pid  # type: ignore[union-attr]  # psycopg's has it
    if server != known:
        raise StoreError(
            "NOTIFIER_DATABASE_URL leads to a pooler, such as PgBouncer: for this command set it to the server itself; "
            "nothing was changed"
        )


def _run(command: Sequence[str], url: URL | None = None) -> str:
    password = {"PGPASSWORD": str(url.password)} if url is not None and url.password else {}
    try:
        done = subprocess.run(  # noqa: S603 - our own words, and a path as one word
            command, env={**os.environ, **password, "LC_ALL": "C"}, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise StoreError(
            f"{command[0]} is not installed here: install PostgreSQL's client programs, of the server's version or newer"
        ) from None
    if done.returncode:
        # The line that names the error, and no other: those around it can quote a row.
        lines = done.stderr.decode("utf-8", "replace").splitlines() or ["it said nothing"]
        telling = [line for word in ("ERROR:", "FATAL:", "error:") for line in lines if word in line]
        words = _ADDRESS.sub("<address>", (telling or lines)[0].removeprefix(f"{command[0]}: "))[:300]
        raise StoreError(
            f"{command[0]} could not do it ({words}): check that the database answers, and that the program is not older "
            "than the server; nothing was changed"
        )
    return done.stdout.decode("utf-8", "replace")


def _uri(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
