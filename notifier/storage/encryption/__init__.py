"""Turns a database whose addresses are open into one whose addresses are sealed, and back; and refuses one of the other sort.

Works in batches from the oldest person on, so that a look at the oldest and the newest says whether it came to its end.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, String, bindparam, select, type_coerce, update

from notifier.errors import SettingsError, StoreError
from notifier.storage.engine import Database
from notifier.storage.models import SubscriberRow, columns, subscribers

if TYPE_CHECKING:
    from notifier.storage.encryption.keys import Ring

A_WORKER_RUNS = (
    "A worker, a pass or the pages use this database: stop them before its addresses are sealed or opened"
)
_AT_ONCE = 1000  # people in one transaction
_EMAIL = type_coerce(subscribers.c.email, String).label("email")
_KEY = type_coerce(subscribers.c.email_key, String).label("email_key")
_PLAINLY = (
    update(subscribers)
    .where(subscribers.c.id == bindparam("the_id"))
    .values(email=bindparam("plain", type_=String), email_key=bindparam("plain_key", type_=String))
)


def ring_of(keys: Sequence[str] | None) -> "Ring | None":
    """The ring of these keys, newest first; None where there are none, and addresses are stored as they are."""
    if not keys:
        return None
    from notifier.storage.encryption.keys import Ring  # noqa: PLC0415 - loads what a database without keys never needs

    return Ring(keys)


def check(database: Database) -> None:
    """Raise where the addresses are not stored as the settings say. Looks at two people."""
    ring, stored = database.ring, _ends(database)
    if ring is None:
        if any(map(columns.is_sealed, stored)):
            raise SettingsError(
                "The addresses in the database are sealed, and NOTIFIER_ADDRESS_KEYS is not set: set it to the keys they "
                "were sealed with; nothing was changed"
            )
        return
    if all(columns.is_newest(each, ring) for each in stored):
        return
    if not any(map(columns.is_sealed, stored)):
        raise SettingsError(
            "NOTIFIER_ADDRESS_KEYS is set, and the addresses in the database are not sealed: run "
            "`notifier database seal`, or unset it; nothing was changed"
        )
    for each in stored:
        columns.opened(each, ring)
    raise StoreError(
        "Some addresses in the database are not sealed with the newest key of NOTIFIER_ADDRESS_KEYS: run "
        "`notifier database seal`, which goes on where it was stopped"
    )


def seal(database: Database) -> int:
    """Seal every address with the newest key, or seal it anew; returns how many were not. Leaves no open text behind."""
    ring = _ring(database)
    with database.alone(A_WORKER_RUNS):
        count = _each(
            database,
            lambda row: not columns.is_newest(row.email, ring),
            lambda session, people: session.execute(update(SubscriberRow), people),
        )
        database.rewrite([subscribers.name])
    return count


def unseal(database: Database) -> int:
    """Store every address open again; returns how many were not."""
    _ring(database)
    with database.alone(A_WORKER_RUNS):
        return _each(database, lambda row: columns.is_sealed(row.email), _open)


def _ring(database: Database) -> "Ring":
    if database.ring is None:
        raise SettingsError(
            "NOTIFIER_ADDRESS_KEYS is not set, and without a key no address can be sealed or opened: set it to long "
            "random text, for example from `openssl rand -base64 48`, and keep it where the database is not"
        )
    return database.ring


def _ends(database: Database) -> list[str]:
    """The address of the oldest and of the newest person, as they are stored."""
    with database.reading() as session:
        there = select(_EMAIL).where(subscribers.c.email != "").limit(1)
        ends = (there.order_by(subscribers.c.id), there.order_by(subscribers.c.id.desc()))
        found = [session.execute(end).scalar() for end in ends]
    return [each for each in found if each is not None]


def _each(
    database: Database, is_due: Callable[[Row[Any]], bool], turn: Callable[[Any, list[dict[str, Any]]], None]
) -> int:
    """Turn those who are due, a batch a transaction; returns how many."""
    count, last = 0, 0
    while True:
        with database.transaction() as session:
            there = select(subscribers.c.id, _EMAIL, _KEY).where(
                subscribers.c.id > last, subscribers.c.email != ""
            )
            rows = session.execute(there.order_by(subscribers.c.id).limit(_AT_ONCE)).all()
            if not rows:
                return count
            due = [_opened(row, database.ring) for row in rows if is_due(row)]
            if due:
                turn(session, due)
        count, last = count + len(due), rows[-1].id


def _opened(row: Row[Any], ring: "Ring | None") -> dict[str, Any]:
    email, email_key = columns.opened(row.email, ring), columns.opened(row.email_key, ring)
    return {"id": row.id, "email": email, "email_key": email_key}


def _open(session: Any, people: list[dict[str, Any]]) -> None:
    session.connection().execute(
        _PLAINLY,
        [{"the_id": each["id"], "plain": each["email"], "plain_key": each["email_key"]} for each in people],
    )
