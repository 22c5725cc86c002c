"""The database read from outside: plain SQL, a fresh connection each time, which is closed again.

A connection that stayed would itself keep the journal from being deleted, and so hide what the rig looks for.
"""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import DatabaseError

_PEOPLE = "SELECT id, email, language, time_zone, digest_hour FROM subscriber"
_FOLLOWS = """
    SELECT s.id, s.subscriber_id, s.nct_id, c.query, s.state, s.every, s.lightest_rank, s."groups", s.ended_reason,
        s.paused_until
    FROM subscription s LEFT JOIN condition c ON c.id = s.condition_id ORDER BY s.id
"""
_MAILS = "SELECT id, subscriber_id, kind, state, rfc_message_id, reason, attempts FROM message"
_DUE_NOTICES = """
    SELECT count(*) FROM notice n JOIN subscription s ON s.id = n.subscription_id
    WHERE n.state = 'due' AND s.state = 'active' AND s.every = 'immediate'
"""


class Unreadable(Exception):
    """The database does not answer a plain question any more."""


@dataclass(frozen=True, slots=True)
class Follow:
    """What one person follows, as it stands in the database."""

    id: int
    topic: str
    state: str
    every: str
    lightest: int
    groups: int
    ended_reason: str | None
    paused: bool

    @property
    def live(self) -> bool:
        return self.state != "ended"


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the database has them; `follows` by its id."""

    id: int
    language: str
    time_zone: str
    hour: int
    follows: dict[int, Follow] = field(default_factory=dict)

    def of(self, topic: str) -> Follow | None:
        """What is followed of it now."""
        return next((each for each in self.follows.values() if each.topic == topic and each.live), None)

    @property
    def live(self) -> list[Follow]:
        return [each for each in self.follows.values() if each.live]


@dataclass(frozen=True, slots=True)
class Mail:
    id: int
    person_id: int
    kind: str
    state: str
    message_id: str
    reason: str | None
    attempts: int


class Books:
    """Every method is one look."""

    def __init__(self, url: str, folder: Path) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.path = folder / "notifier.db"
        if self.is_sqlite:
            self._engine = create_engine(f"sqlite:///file:{self.path}?mode=ro&uri=true", poolclass=NullPool)
        else:
            self._engine = create_engine(parsed, poolclass=NullPool, connect_args={"prepare_threshold": None})

    def _rows(self, *statements: str):
        try:
            with self._engine.connect() as connection:
                return [connection.execute(text(statement)).all() for statement in statements]
        except DatabaseError as fault:
            raise Unreadable(str(fault.orig)) from None

    def people(self) -> dict[str, Person]:
        """Everybody by address, at one moment."""
        people, follows = self._rows(_PEOPLE, _FOLLOWS)
        by_id = {row[0]: Person(row[0], *row[2:]) for row in people}
        for id_, owner, nct_id, query, state, every, lightest, groups, reason, until in follows:
            if owner in by_id:
                follow = Follow(
                    id_, nct_id or query, state, every, lightest, groups, reason, until is not None
                )
                by_id[owner].follows[id_] = follow
        return {row[1]: by_id[row[0]] for row in people}

    def mails(self) -> list[Mail]:
        (rows,) = self._rows(_MAILS)
        return [Mail(*row) for row in rows]

    def due_notices(self) -> int:
        return self._rows(_DUE_NOTICES)[0][0][0]

    def reasons(self) -> set[str]:
        """The reasons in the audit trail; some commands put what was done before it."""
        return {row[0].rpartition(": ")[2] for row in self._rows("SELECT reason FROM audit")[0] if row[0]}

    def watermark(self) -> str:
        """The newest data that a pass has seen to its end."""
        return (
            self._rows("SELECT max(data_timestamp) FROM watch_pass WHERE outcome IN ('done', 'held')")[0][0][
                0
            ]
            or ""
        )

    def versions(self) -> dict[str, int]:
        """How many versions there are of each study."""
        return dict(map(tuple, self._rows("SELECT nct_id, count(*) FROM snapshot GROUP BY nct_id")[0]))

    def damage(self) -> list[str]:
        """What SQLite finds wrong with its file; PostgreSQL looks after itself."""
        if not self.is_sqlite:
            return []
        return [row[0] for row in self._rows("PRAGMA integrity_check")[0] if row[0] != "ok"]
