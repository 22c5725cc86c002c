"""Who asked to be erased, kept beside the database too, so that a backup that still knows them is made to forget them.

The file holds a keyed hash and a time a line, and is only ever added to; the database's own list goes back with a
restored backup, the file does not. Whoever erases writes here first: a crash in between erases at the next start.
"""

import fcntl
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select
from sqlmodel import Session

from notifier.errors import StoreError
from notifier.storage import subscribers
from notifier.storage.engine import Database
from notifier.storage.models import ErasureRow, erasures
from notifier.storage.models import subscribers as people
from notifier.storage.subscribers import suppression

log = structlog.get_logger()

_LINE = re.compile(r"([0-9a-f]{64}) ([0-9]{8}T[0-9]{6}Z)")
_TIME = "%Y%m%dT%H%M%SZ"
_WHOLE_SECOND = timedelta(seconds=1)  # what a time may have lost in the file
_AT_ONCE = 10_000  # addresses that are read and hashed at once


@dataclass(frozen=True, slots=True)
class Ledger:
    """The file."""

    path: Path

    def note(self, erased: Mapping[str, datetime]) -> None:
        """Add these hashes, on the disk before this returns. Raises StoreError."""
        lines = "".join(f"{hashed} {at.astimezone(UTC):{_TIME}}\n" for hashed, at in erased.items())
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                # A line that a full disk or a crash cut must not swallow the next one.
                size = os.fstat(file).st_size
                torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
                os.write(file, ("\n" if torn else "").encode() + lines.encode())
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise self._unusable(error) from error

    def read(self) -> dict[str, datetime]:
        """Every hash in the file with its time; a line that is not whole is left out. Raises StoreError."""
        try:
            text = self.path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unusable(error) from error
        found = (_LINE.fullmatch(line) for line in text.splitlines())
        return {match[1]: datetime.strptime(match[2], _TIME).replace(tzinfo=UTC) for match in found if match}

    def _unusable(self, error: OSError) -> StoreError:
        return StoreError(
            f"{self.path}, which keeps who was erased, cannot be used ({error.strerror}): mend it or its rights, or set "
            "NOTIFIER_ERASURES_FILE to another place"
        )


def catch_up(database: Database, ledger: Ledger | None, key: bytes, now: datetime) -> int:
    """Make database and file know of the same erasures; returns how many people had to be erased again.

    `key` is that of the hashes. Cheap where both agree: two lists are compared, and no address is looked at.
    """
    if ledger is None:
        return 0
    kept, known = ledger.read(), noted(database)
    if unnoted := newer(known, kept):
        ledger.note(unnoted)
    missing = newer(kept, known)
    return again(database, missing, key, now) if missing else 0


def keep(database: Database, ledger: Ledger | None, key: bytes, now: datetime) -> None:
    """As `catch_up`, after somebody was erased and from time to time: a file that fails is loud, and tried again."""
    try:
        again = catch_up(database, ledger, key, now)
    except StoreError as fault:
        log.error("Who was erased is not in the file yet.", action="erasures_unkept", fault=str(fault))  # noqa: TRY400 - the sentence says it
        return
    if again:
        log.warning("People who had been erased were erased again.", action="erased_again", people=again)


def newer(erased: Mapping[str, datetime], known: Mapping[str, datetime]) -> dict[str, datetime]:
    """Those of `erased` that the other list does not know, or knows of an earlier time. Pure."""
    return {
        hashed: at
        for hashed, at in erased.items()
        if hashed not in known or at - known[hashed] > _WHOLE_SECOND
    }


def noted(database: Database) -> dict[str, datetime]:
    """Whom the database itself knows to be erased."""
    with database.reading() as session:
        return {row.address_hash: row.at for row in session.execute(select(erasures))}


def again(database: Database, missing: Mapping[str, datetime], key: bytes, now: datetime) -> int:
    """Erase those of these people whom the database knows, and note all of them in it; returns how many it knew.

    Who signed up only after they were erased is left alone: they asked anew.
    """
    with database.transaction() as session:
        ids = _known_as(session, missing, key)
        for identity in ids:
            subscribers.erase(session, identity, now, key)
        for hashed, at in missing.items():
            session.merge(ErasureRow(address_hash=hashed, at=at))
    return len(ids)


def _known_as(session: Session, erased: Mapping[str, datetime], key: bytes) -> list[int]:
    """Those with these hashes who were here by then. Each address is hashed for it: seconds for a million."""
    everybody = select(people.c.id, people.c.email_key, people.c.created_at).where(people.c.email != "")
    rows = session.execute(everybody.execution_options(yield_per=_AT_ONCE))
    return [
        row.id for row in rows if _was_here(row, erased.get(suppression.address_hash(key, row.email_key)))
    ]


def _was_here(row: Any, erased_at: datetime | None) -> bool:
    return erased_at is not None and row.created_at < erased_at + _WHOLE_SECOND
