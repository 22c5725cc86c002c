"""Keeps a restored backup, or a copy of the database, from mailing again what its original sent.

The database counts how often a mail was taken to be sent; a file beside the keys keeps that count for this machine. A
database that counts less than the file is older than what was sent from here; one that has sent and is not in the file
was never sent from here; and one that has no count yet, in a place from which mails went, is from before the first of
them. Either way nothing goes until an admin says so. Decides nothing about single mails.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from sqlalchemy import Engine, insert, select, text, update
from sqlmodel import Session

from notifier.errors import StoreError
from notifier.storage.engine import file_of
from notifier.storage.models import instances

_LINE = re.compile(r"([0-9a-f]{32}) ([0-9]{20})")
_MOST = 1_000_000  # bytes of the file; a database and its place take 108
ADVICE = "run `notifier watch` and look at `notifier outbox list`; then `notifier outbox release` sends what is due, "
ADVICE += "`notifier outbox drop` forgets it"


@dataclass(frozen=True, slots=True)
class DatabaseMark:
    """How many mails a database counts as taken to be sent, and where it is."""

    instance: str
    claims: int
    place: str


@dataclass(frozen=True, slots=True)
class Fence:
    """The file of this machine; a line holds the id of a database, or of a place, and its count, both of fixed width."""

    path: Path

    def closed(self, session: Session) -> str | None:
        """Why nothing may be sent from here, in one sentence; None: all is well. Only looks.

        Raises StoreError where the file cannot be used.
        """
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
        """Keep the count on this machine, before a mail of it can go. Raises StoreError."""
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                kept = self._known() | {mark.instance: mark.claims, mark.place: mark.claims}
                lines = "".join(f"{name} {claims:020}\n" for name, claims in kept.items())
                # All in one write, a line as long as it was, so that a full disk or a crash leaves no half of it.
                os.pwrite(file, lines.encode(), 0)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise self._unusable(error) from error

    def renew(self, session: Session) -> None:
        """From now on this machine sends from this database, whatever was sent before."""
        self.note(mark(session))

    def _known(self) -> dict[str, int]:
        try:
            with self.path.open("rb") as file:
                text = file.read(_MOST + 1).decode("ascii", "replace")
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unusable(error) from error
        found = [_LINE.fullmatch(line) for line in text.splitlines()]
        if len(text) > _MOST or not all(found):
            raise StoreError(
                f"{self.path} is not a count of what was sent: restore it, or remove it and then run `notifier outbox release`"
            )
        return {match[1]: int(match[2]) for match in found if match}

    def _unusable(self, error: OSError) -> StoreError:
        return StoreError(
            f"{self.path}, which keeps count of what was sent, cannot be used ({error.strerror}): mend it or its "
            "rights, or set NOTIFIER_FENCE_FILE to another place"
        )


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
