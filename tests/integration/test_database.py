import pytest

from notifier.database import Database
from notifier.errors import BusyError, SchemaError, SettingsError, StoreError
from notifier.tables import PassOutcome, PassRow


def a_pass(now):
    return PassRow(
        data_timestamp="2027-01-12T09:00:05",
        started_at=now,
        finished_at=now,
        outcome=PassOutcome.DONE,
        requests=1,
    )


def test_a_transaction_that_fails_leaves_nothing(database, clock):
    with pytest.raises(RuntimeError), database.transaction() as session:
        session.add(a_pass(clock.now()))
        session.flush()
        raise RuntimeError
    with database.reading() as session:
        assert session.get(PassRow, 1) is None


def test_times_come_back_in_utc(database, clock):
    with database.transaction() as session:
        session.add(a_pass(clock.now()))
    with database.reading() as session:
        assert session.get(PassRow, 1).started_at == clock.now()
