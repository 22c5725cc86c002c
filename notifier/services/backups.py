"""A backup of the whole database in one file, checked; and the way back from one. Decides nothing about mails.

A copy is written under another name, checked, and only then given its own; it is for its owner alone, because it holds
addresses and what they follow. What was restored mails nothing until an admin says so (`storage.departures`), and
forgets whom its original forgot since.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notifier.errors import InputError, SchemaError, StoreError
from notifier.storage import copies, erasure_log
from notifier.storage.copies import examine
from notifier.storage.engine import Database, file_of
from notifier.storage.erasure_log import Ledger, LeftAgain

A_WORKER_RUNS = "A worker, or a pass, uses this database: stop it before a backup is put in its place"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did beside restoring."""

    erased: int  # people who were erased since the backup, and were erased again
    since: LeftAgain  # what else happened since
    aside: Path | None  # where a damaged database was put


def back_up(database: Database, target: Path, now: datetime) -> int:
    """Copy the database to a file that is not there yet; returns its bytes. Raises StoreError, InputError."""
    if target.exists():
        raise InputError(f"{target} is there already and is not overwritten: choose another name")
    # A file beside the target that only we may read, and that does not stay.
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"{target} cannot be written ({error.strerror}): check its folder, its rights and the room on its disk"
        ) from error
    try:
        copies.make(database, draft)
        size = draft.stat().st_size
        draft.chmod(0o600)
        try:
            os.link(draft, target)  # unlike a renaming it never takes the place of another file
        except FileExistsError:
            raise InputError(
                f"{target} is there already and is not overwritten: choose another name"
            ) from None
        except OSError:  # a disk that knows no links
            draft.rename(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        for end in ("", "-journal", "-wal", "-shm"):
            draft.with_name(draft.name + end).unlink(missing_ok=True)
    with database.transaction() as session:
        copies.note(session, now)
    return size


def restore(
    database: Database,
    source: Path,
    ledger: Ledger | None,
    key: bytes,
    now: datetime,
    *,
    sure: Callable[[str], None],
) -> Restored:
    """Put a backup in the place of the database, whole or not at all. `key`: of the hashes of erased people.

    Refuses while a worker runs, and a copy of a newer schema. `sure` is told what would be lost, counted, where that is
    anything, and raises where it is not to be.
    """
    if database.is_sqlite and source.resolve() == file_of(database.url).resolve():
        raise InputError(f"{source} is the database itself, and no backup: name a backup")
    found = examine(source)
    if not copies.is_of(database, source):
        raise InputError(f"{source} is a backup of the other kind of database: check NOTIFIER_DATABASE_URL")
    if not database.knows(found.revision):
        raise SchemaError(
            f"{source} was written by a newer version of this program (schema {found.revision}): install that version"
        )
    with database.alone(A_WORKER_RUNS):
        if loss := copies.loss(database, found):
            sure(loss)
        if database.is_sqlite:
            live = file_of(database.url)
            # In a folder of its own beside it, so that nobody who was erased ever comes back into the database itself.
            with tempfile.TemporaryDirectory(prefix=f".{live.name}.", dir=live.parent) as folder:
                made = database.beside(Path(folder))
                copy = file_of(made.url)
                copies.replace(made, source)
                made.upgrade()
                erased = _erased_again(made, ledger, _erased_here(database), key, now)
                since = erasure_log.leave_again(made, ledger, key)
                made.close()
                aside = copies.replace(database, copy)
            return Restored(erased, since, aside)
        known = _erased_here(database)
        copies.replace(database, source)
        database.upgrade()
        erased = _erased_again(database, ledger, known, key, now)
        return Restored(erased, erasure_log.leave_again(database, ledger, key), None)


def _erased_here(database: Database) -> dict[str, datetime]:
    """Whom the database that is about to go knows to be erased; nobody, where it cannot be read any more."""
    with suppress(StoreError):
        if database.schema().ready:
            return erasure_log.noted(database)
    return {}


def _erased_again(
    database: Database, ledger: Ledger | None, since: dict[str, datetime], key: bytes, now: datetime
) -> int:
    if ledger is not None:
        since = since | erasure_log.newer(ledger.read(), since)
    return erasure_log.again(database, erasure_log.newer(since, erasure_log.noted(database)), key, now)
