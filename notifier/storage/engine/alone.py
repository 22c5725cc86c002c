"""To have a database for oneself, as far as locks and its own list of guests can say."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from notifier.errors import StoreError
from notifier.storage.engine import Database


@contextmanager
def alone(database: Database, refusal: str) -> Iterator[None]:
    """Nobody else works with the database while the block runs. Raises StoreError with `refusal` where somebody does."""
    if database.is_sqlite:
        with (
            database.exclusive("worker", refusal),
            database.exclusive("watch", refusal),
            database.exclusive("deliver", refusal),
        ):
            yield
        return
    guests = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name "
        "AND pid <> pg_backend_pid()"
    )
    database.close()  # our own idle connections are no guests
    with database.reading() as session:
        busy = session.execute(guests, {"name": database.NAME}).scalar_one()
    if busy:
        raise StoreError(refusal)
    yield
