"""The file beside the database that a restore does not turn back: who was erased, and who left or came since any backup.

A line holds a keyed hash, a time and what happened; it is only ever added to. What ends a follow or stops an address
writes here in the very transaction, right before its commit, and the database keeps how much of the file it knows of:
what stands behind that in the file was lost with the disk. Knows no address, and no table by name.
"""

import fcntl
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlmodel import Session

from notifier.errors import StoreError
from notifier.storage.engine.sharing import begin_turn, turn

log = structlog.get_logger()

FOLLOWS, ENDED, STOPPED, LIFTED, JOINED = "follows", "ended", "stopped", "lifted", "joined"
_LINE = re.compile(r"([0-9a-f]{64}) ([0-9]{8}T[0-9]{6}Z)(?: ([a-z]+)(?: ([a-z0-9_]+))?)?")
_TIME = "%Y%m%dT%H%M%SZ"
NOBODY = "0" * 64  # in the place of a hash where people are only counted
_NOTED = "departures"  # where a session keeps what it will write


@dataclass(frozen=True, slots=True)
class DepartureEntry:
    """A line: whose, when, what (None: an erasure), and why or how many."""

    hashed: str
    at: datetime
    what: str | None = None
    why: str | None = None

    def line(self) -> str:
        rest = [each for each in (self.what, self.why) if each is not None]
        return " ".join([self.hashed, f"{self.at.astimezone(UTC):{_TIME}}", *rest]) + "\n"


@dataclass(frozen=True, slots=True)
class Ledger:
    path: Path

    def note(self, erased: Mapping[str, datetime]) -> None:
        """Add the hashes of people who were erased, on the disk before this returns. Raises StoreError."""
        self.add([DepartureEntry(hashed, at) for hashed, at in erased.items()])

    def add(self, entries: Sequence[DepartureEntry]) -> int:
        """Add lines, on the disk before this returns; returns how long the file is then. Raises StoreError."""
        lines = "".join(entry.line() for entry in entries)
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                # A line that a full disk or a crash cut must not swallow the next one.
                size = os.fstat(file).st_size
                torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
                os.write(file, ("\n" if torn else "").encode() + lines.encode())
                os.fsync(file)
                return os.fstat(file).st_size
            finally:
                os.close(file)
        except OSError as error:
            raise self._unusable(error) from error

    def read(self) -> dict[str, datetime]:
        """Every erasure in the file with its time; a line that is not whole is left out. Raises StoreError."""
        return {entry.hashed: entry.at for entry in self.since(0)[0] if entry.what is None}

    def since(self, known: int) -> tuple[list[DepartureEntry], int]:
        """The lines behind the first `known` bytes, and the whole length. Raises StoreError."""
        try:
            with self.path.open("rb") as file:
                file.seek(known)
                text = file.read()
        except FileNotFoundError:
            return [], 0
        except OSError as error:
            raise self._unusable(error) from error
        found = (_LINE.fullmatch(line) for line in text.decode("ascii", "replace").splitlines())
        entries = [
            DepartureEntry(
                match[1], datetime.strptime(match[2], _TIME).replace(tzinfo=UTC), match[3], match[4]
            )
            for match in found
            if match
        ]
        return entries, known + len(text)

    def name(self) -> str:
        """By what a database knows this file from those of other machines: its first line."""
        try:
            with self.path.open("rb") as file:
                return f"left:{hashlib.sha256(file.readline()).hexdigest()[:24]}"
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> StoreError:
        return StoreError(
            f"{self.path}, which keeps who was erased, cannot be used ({error.strerror}): mend it or its rights, or set "
            "NOTIFIER_ERASURES_FILE to another place"
        )


@dataclass(frozen=True, slots=True)
class Departures:
    """Writes what a transaction noted; `key`: of the hashes, asked for when there is something to write."""

    ledger: Ledger
    key: Callable[[], bytes]

    def begin(self, session: Session) -> None:
        session.info[_NOTED] = []

    def keep(self, session: Session) -> None:
        """Write it, right before the commit. A file that fails is loud, and stops nobody from leaving."""
        noted: list[tuple[str, str | None, datetime, str, str | None]] = session.info[_NOTED]
        if not noted:
            return
        key = self.key()
        entries = [
            DepartureEntry(whose if topic is None else topic_hash(key, whose, topic), at, what, why)
            for whose, topic, at, what, why in noted
        ]
        try:
            if self.ledger.path.exists():
                # One transaction of this machine after the other from here on.
                turn(session, self.ledger.name())
            size = self.ledger.add(entries)
            begin_turn(session, self.ledger.name(), str(size))
        except StoreError as fault:
            log.error("Who left is not in the file.", action="departures_unkept", fault=str(fault))  # noqa: TRY400 - the sentence says it


def topic_hash(key: bytes, email_key: str, topic: str) -> str:
    """What stands for one follow of one person: the study's number, or the words of the condition."""
    return hmac.new(key, f"{email_key} {topic}".encode(), hashlib.sha256).hexdigest()


def notes(session: Session) -> bool:
    """Whether what this session does is written beside the database too."""
    return _NOTED in session.info


def note(
    session: Session, whose: str, at: datetime, what: str, why: str | None = None, *, topic: str | None = None
) -> None:
    """Of a `topic`: a follow of this address ended, or is followed from now on; else an address, by its hash, is not mailed any
    more or is again, or so many follows of NOBODY were brought in at once, for a restore to say how many it has not.
    """
    if notes(session):
        session.info[_NOTED].append((whose, topic, at, what, why))


def forget_notes(session: Session) -> None:
    """What this session does stands in the file already."""
    if notes(session):
        session.info[_NOTED].clear()
