"""Copies of SQLite databases, made and read by SQLite's online backup: it never blocks a writer, nor sees half a commit."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from notifier.errors import DamagedError, StoreError
from notifier.storage.engine.faults import DAMAGED

HEADER = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class Contents:
    """The schema of a backup, and which database it is a copy of; None where it never sent a mail nor was backed up."""

    revision: str
    instance: str | None


def is_ours(path: Path) -> bool:
    """Whether the file is an SQLite database at all."""
    with path.open("rb") as file:
        return file.read(len(HEADER)) == HEADER


def write(source: Path, draft: Path) -> None:
    """Copy a database, whatever is written to it meanwhile, into a file that needs no journal beside it."""
    try:
        with _opened(source, "mode=ro") as old, _opened(draft, "mode=rw") as new:
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        if "malformed" in str(error):
            raise DamagedError(f"The database {source} {DAMAGED}") from error
        raise StoreError(
            f"The database {source} cannot be copied ({error}): check its rights, and the room on the disk of the copy"
        ) from error
    file = os.open(draft, os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def examine(path: Path) -> Contents:
    """Check a copy from its first page to its last, and say what it holds. Raises StoreError."""
    # Immutable: nothing may be written beside a backup, not even a journal, and it may lie on a disk that is read-only.
    with _plainly(path), _opened(path, "mode=ro&immutable=1") as copy:
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise StoreError(f"{path} is damaged: use another backup; nothing was changed")
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        revision = (
            _first(copy, "SELECT version_num FROM alembic_version") if "alembic_version" in tables else None
        )
        if revision is None or "subscriber" not in tables:
            raise StoreError(f"{path} is no database of this program: check its name; nothing was changed")
        return Contents(revision, _first(copy, "SELECT id FROM instance ORDER BY id"))


def replace(live: Path, copy: Path) -> Path | None:
    """Make the live database what the copy is, in one transaction of SQLite; returns where a damaged one was put."""
    aside = None
    if not _is_readable(live):
        aside = live.with_name(f"{live.name}.damaged")
        for number in range(1, 1000):
            if not aside.exists():
                break
            aside = live.with_name(f"{live.name}.damaged.{number}")
        for end in ("", "-wal", "-shm"):
            beside = live.with_name(live.name + end)
            if beside.exists():
                beside.rename(aside.with_name(aside.name + end))
    with _plainly(live), _opened(copy, "mode=ro") as new, _opened(live, "mode=rwc") as old:
        new.backup(old)
    live.chmod(0o600)
    return aside


def _is_readable(path: Path) -> bool:
    if not path.exists() or path.stat().st_size == 0:
        return True
    try:
        with _opened(path, "mode=rw") as found:
            return bool(found.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


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
