"""The two files beside the database that a restore does not turn back: who left, and how much was sent. Decides nothing about
single mails.

`Ledger`: who was erased, and who left or came since any backup. A line holds a keyed hash, a time and what happened; it is only
ever added to. What ends a follow or stops an address writes here in the very transaction, right before its commit, and the
database keeps how much of the file it knows of: what stands behind that in the file was lost with the disk. Knows no address.

`Fence`: keeps a restored backup, or a copy of the database, from mailing again what its original sent. The database counts how
often a mail was taken to be sent; the file keeps that count for this machine. A database that counts less than the file is
older than what was sent from here; one that has sent and is not in the file was never sent from here; and one that has no count
yet, in a place from which mails went, is from before the first of them. Either way nothing goes until an admin says so.
"""

import fcntl
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import ClassVar

import structlog
from sqlalchemy import Engine, insert, select, text, update
from sqlmodel import Session

from notifier.errors import StoreError
from notifier.storage.engine import NOTED, file_of
from notifier.storage.engine.sharing import begin_turn, turn
from notifier.storage.models import instances

log = structlog.get_logger()

FOLLOWS, ENDED, STOPPED, LIFTED, JOINED = "follows", "ended", "stopped", "lifted", "joined"
_DEPARTURE = re.compile(r"([0-9a-f]{64}) ([0-9]{8}T[0-9]{6}Z)(?: ([a-z]+)(?: ([a-z0-9_]+))?)?")
_TIME = "%Y%m%dT%H%M%SZ"
NOBODY = "0" * 64  # in the place of a hash where people are only counted
_COUNT = re.compile(r"([0-9a-f]{32}) ([0-9]{20})")
_MOST = 1_000_000  # bytes of the file of counts; a database and its place take 108
ADVICE = "run `notifier watch` and look at `notifier outbox list`; then `notifier outbox release` sends what is due, "
ADVICE += "`notifier outbox drop` forgets it"


@dataclass(frozen=True, slots=True)
class _Beside:
    """A file beside the database. Raises StoreError where it cannot be used."""

    path: Path
    KEEPS: ClassVar[str]
    SETTING: ClassVar[str]

    @contextmanager
    def _written(self, how: int) -> Iterator[int]:
        """The file, which nobody else writes meanwhile; on the disk when the block ends."""
        with self._usable():
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | how, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file
                os.fsync(file)
            finally:
                os.close(file)

    def _read(self, known: int = 0, most: int = -1) -> str:
        """What stands behind the first `known` bytes; nothing where there is no file."""
        with self._usable():
            if not self.path.exists():
                return ""
            with self.path.open("rb") as file:
                file.seek(known)
                return file.read(most).decode("ascii", "replace")

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"{self.path}, which keeps {self.KEEPS}, cannot be used ({error.strerror}): mend it or its rights, or set "
                f"{self.SETTING} to another place"
            ) from error


# --- who left ---------------------------------------------------------------------------------------------------


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


class Ledger(_Beside):
    KEEPS, SETTING = "who was erased", "NOTIFIER_ERASURES_FILE"

    def note(self, erased: Mapping[str, datetime]) -> None:
        """Add the hashes of people who were erased, on the disk before this returns."""
        self.add([DepartureEntry(hashed, at) for hashed, at in erased.items()])

    def add(self, entries: Sequence[DepartureEntry]) -> int:
        """Add lines, on the disk before this returns; returns how long the file is then."""
        with self._written(os.O_APPEND) as file:
            # A line that a full disk or a crash cut must not swallow the next one.
            size = os.fstat(file).st_size
            torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
            os.write(file, (torn * "\n" + "".join(entry.line() for entry in entries)).encode())
            return os.fstat(file).st_size

    def read(self) -> dict[str, datetime]:
        """Every erasure in the file with its time; a line that is not whole is left out."""
        return {entry.hashed: entry.at for entry in self.since(0)[0] if entry.what is None}

    def since(self, known: int) -> tuple[list[DepartureEntry], int]:
        """The lines behind the first `known` bytes, and the whole length."""
        said = self._read(known)
        entries = [
            DepartureEntry(
                match[1], datetime.strptime(match[2], _TIME).replace(tzinfo=UTC), match[3], match[4]
            )
            for match in map(_DEPARTURE.fullmatch, said.splitlines())
            if match
        ]
        return entries, known + len(said)

    def name(self) -> str:
        """By what a database knows this file from those of other machines: its first line."""
        with self._usable(), self.path.open("rb") as file:
            return f"left:{hashlib.sha256(file.readline()).hexdigest()[:24]}"


@dataclass(frozen=True, slots=True)
class Departures:
    """Writes what a transaction noted; `key`: of the hashes, asked for when there is something to write."""

    ledger: Ledger
    key: Callable[[], bytes]

    def keep(self, session: Session) -> None:
        """Write it, right before the commit. A file that fails is loud, and stops nobody from leaving."""
        noted: list[tuple[str, str | None, datetime, str, str | None]] = session.info[NOTED]
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
    return NOTED in session.info


def note(
    session: Session, whose: str, at: datetime, what: str, why: str | None = None, *, topic: str | None = None
) -> None:
    """Of a `topic`: a follow of this address ended, or is followed from now on; else an address, by its hash, is not mailed any
    more or is again, or so many follows of NOBODY were brought in at once, for a restore to say how many it has not.
    """
    if notes(session):
        session.info[NOTED].append((whose, topic, at, what, why))


def forget_notes(session: Session) -> None:
    """What this session does stands in the file already."""
    if notes(session):
        session.info[NOTED].clear()


# --- how much was sent ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DatabaseMark:
    """How many mails a database counts as taken to be sent, and where it is."""

    instance: str
    claims: int
    place: str


class Fence(_Beside):
    """A line holds the id of a database, or of a place, and its count, both of fixed width."""

    KEEPS, SETTING = "count of what was sent", "NOTIFIER_FENCE_FILE"

    def closed(self, session: Session) -> str | None:
        """Why nothing may be sent from here, in one sentence; None: all is well. Only looks."""
        here = _marked(session) or DatabaseMark("", 0, _place(session))
        return verdict(here, self._known(), self.path)

    def enter(self, session: Session) -> str | None:
        """As `closed`, before mails are sent: a database that never sent one is taken in without a word."""
        here, known = mark(session), self._known()
        closed = verdict(here, known, self.path)
        if closed is None and here.instance not in known:
            self.note(here)
        return closed

    def count(self, session: Session, mails: int) -> DatabaseMark:
        """Count mails that are taken to be sent, in the transaction that takes them; `note` it after its commit."""
        session.execute(update(instances).values(claims=instances.c.claims + mails))
        return mark(session)

    def note(self, mark: DatabaseMark) -> None:
        """Keep the count on this machine, before a mail of it can go."""
        with self._written(0) as file:
            kept = self._known() | {mark.instance: mark.claims, mark.place: mark.claims}
            lines = "".join(f"{name} {claims:020}\n" for name, claims in kept.items())
            # All in one write, a line as long as it was, so that a full disk or a crash leaves no half of it.
            os.pwrite(file, lines.encode(), 0)

    def renew(self, session: Session) -> None:
        """From now on this machine sends from this database, whatever was sent before."""
        self.note(mark(session))

    def _known(self) -> dict[str, int]:
        said = self._read(most=_MOST + 1)
        found = [_COUNT.fullmatch(line) for line in said.splitlines()]
        if len(said) > _MOST or not all(found):
            raise StoreError(
                f"{self.path} is not a count of what was sent: restore it, or remove it and then run `notifier outbox release`"
            )
        return {match[1]: int(match[2]) for match in found if match}


def verdict(here: DatabaseMark, counted: Mapping[str, int], path: Path) -> str | None:
    """Why this database may not send where so much was counted; None: it may. Pure."""
    known = counted.get(here.instance)
    if known is None and here.claims > 0:
        return (
            f"This database sent its mails from another place, {path} does not know it: if it is a copy, mails would "
            f"come twice, so nothing is sent; {ADVICE}"
        )
    if known is None:  # it is new, or from before the first mail of all that went from where it is
        known = counted.get(here.place, 0)
    if here.claims < known:
        return (
            f"This database is older than what was sent from here, as a restored backup is ({here.claims} mails are "
            f"counted in it, {known} in {path}): mails would come twice, so nothing is sent; {ADVICE}"
        )
    return None


def mark(session: Session) -> DatabaseMark:
    """The database's own id and count; one that has none yet is given it."""
    if (found := _marked(session)) is not None:
        return found
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE instance IN EXCLUSIVE MODE"))  # two workers may start at once
        if (found := _marked(session)) is not None:
            return found
    new = DatabaseMark(token_hex(16), 0, _place(session))
    session.execute(insert(instances).values(id=new.instance, claims=new.claims))
    return new


def _marked(session: Session) -> DatabaseMark | None:
    row = session.execute(select(instances).order_by(instances.c.id)).first()
    return None if row is None else DatabaseMark(row.id, row.claims, _place(session))


def _place(session: Session) -> str:
    """The database's address, whoever signs in there, as an id."""
    bind = session.get_bind()
    url = bind.url if isinstance(bind, Engine) else bind.engine.url
    where = (
        file_of(url).resolve() if url.get_backend_name() == "sqlite" else (url.host, url.port, url.database)
    )
    return hashlib.sha256(str(where).encode()).hexdigest()[:32]
