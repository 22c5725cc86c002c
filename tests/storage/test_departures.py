"""Who left after a backup does not come back with it: the file beside the database, and what is done again."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from notifier.services import backups
from notifier.storage import erasure_log, subscribers, suppression
from notifier.storage.departures import Departures, Ledger
from notifier.storage.engine import Database
from notifier.storage.erasure_log import LeftAgain
from notifier.storage.models import EndedReason, SubscriberRow, SubscriptionState, Suppressed, subscriptions
from tests.conftest import MIGRATIONS
from tests.factories import A, B, C
from tests.services.test_backups import programs  # noqa: F401 - a fixture
from tests.store_factories import follow, sign_up

KEY = b"a key for tests only"
JANE, JOHN, ANN = "jane@example.org", "john@example.org", "ann@example.org"
HOUR = timedelta(hours=1)


@pytest.fixture(params=["sqlite", "fresh_postgresql"])
def database(request, tmp_path):
    plain = request.getfixturevalue(request.param)
    url = plain.url.render_as_string(hide_password=False)
    made = Database(url, MIGRATIONS, None, Departures(Ledger(tmp_path / "erasures"), lambda: KEY))
    yield made
    made.close()


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "erasures")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "copy.backup"


def live(database):
    """Who follows what, in the database."""
    rows = (
        select(SubscriberRow.email, subscriptions.c.nct_id, subscriptions.c.condition_id)
        .join(subscriptions, subscriptions.c.subscriber_id == SubscriberRow.id)
        .where(subscriptions.c.state != SubscriptionState.ENDED)
    )
    with database.reading() as session:
        return sorted((email, nct or "a condition") for email, nct, _ in session.execute(rows))


def did(database, act, *arguments, **choice):
    with database.transaction() as session:
        return act(session, *arguments, **choice)


def restored(database, target, ledger, clock):
    return backups.restore(database, target, ledger, KEY, clock.now(), sure=lambda _: None).since


def test_what_ended_after_the_backup_ends_again_and_nothing_else(database, ledger, target, clock):
    jane = did(database, follow, clock.now(), JANE, A, B, "gout")
    john = did(database, follow, clock.now(), JOHN, A)
    backups.back_up(database, target, clock.now())
    clock.move(HOUR)
    did(database, subscribers.end, [jane[0], jane[2]], EndedReason.UNSUBSCRIBED, clock.now())
    did(database, subscribers.end, john, EndedReason.ADMIN, clock.now())
    assert restored(database, target, ledger, clock) == LeftAgain(ended=3)
    assert live(database) == [(JANE, B)]
    with database.reading() as session:
        ended = select(subscriptions.c.ended_reason, subscriptions.c.ended_at).where(
            subscriptions.c.id.in_(john)
        )
        assert session.execute(ended).one() == (EndedReason.ADMIN, clock.now())


def test_what_was_taken_back_or_begun_again_since_goes_on(database, ledger, target, clock):
    jane = did(database, follow, clock.now(), JANE, A)
    john = did(database, follow, clock.now(), JOHN, A)
    backups.back_up(database, target, clock.now())
    clock.move(HOUR)
    did(database, subscribers.end, [*jane, *john], EndedReason.UNSUBSCRIBED, clock.now())
    did(database, subscribers.reopen, jane, clock.now())
    did(database, follow, clock.now(), JOHN, A)  # signed up anew
    assert restored(database, target, ledger, clock) == LeftAgain()
    assert live(database) == [(JANE, A), (JOHN, A)]


def test_who_complained_or_was_stopped_since_is_stopped_again(database, ledger, target, clock):
    did(database, follow, clock.now(), JANE, A)
    jane, john, ann = (suppression.address_hash(KEY, who) for who in (JANE, JOHN, ANN))
    did(database, suppression.suppress, ann, Suppressed.ADMIN, clock.now())
    backups.back_up(database, target, clock.now())
    did(database, suppression.suppress, jane, Suppressed.COMPLAINT, clock.now())
    did(database, suppression.suppress, john, Suppressed.DEAD, clock.now())
    did(database, suppression.lift, john)
    did(database, suppression.lift, ann)
    assert restored(database, target, ledger, clock) == LeftAgain(stopped=1)
    with database.reading() as session:
        found = [suppression.is_suppressed(session, hashed) for hashed in (jane, john, ann)]
    assert found == [Suppressed.COMPLAINT, None, None]


def test_a_restore_says_how_many_follows_it_knows_nothing_of(database, ledger, target, clock):
    did(database, follow, clock.now(), JANE, A)
    backups.back_up(database, target, clock.now())
    did(database, follow, clock.now(), JANE, B, C)
    did(database, sign_up, clock.now(), JOHN, A)  # not confirmed: nobody follows anything yet
    gone = did(database, follow, clock.now(), ANN, A)
    did(database, subscribers.end, gone, EndedReason.UNSUBSCRIBED, clock.now())
    assert restored(database, target, ledger, clock) == LeftAgain(lost=2)


def test_a_restored_database_knows_all_of_the_file_and_what_comes_after_counts_anew(
    database, ledger, target, clock
):
    jane = did(database, follow, clock.now(), JANE, A)
    backups.back_up(database, target, clock.now())
    clock.move(HOUR)
    did(database, subscribers.end, jane, EndedReason.UNSUBSCRIBED, clock.now())
    assert restored(database, target, ledger, clock).ended == 1
    assert erasure_log.leave_again(database, ledger, KEY) == LeftAgain()
    clock.move(HOUR)
    did(database, follow, clock.now(), JANE, A)
    assert erasure_log.leave_again(database, ledger, KEY) == LeftAgain()
    assert live(database) == [(JANE, A)]


def test_a_file_put_back_by_hand_is_noticed_at_the_next_start(sqlite, tmp_path, ledger, clock):
    path, copy = Path(sqlite.url.database), tmp_path / "by-hand.db"
    database = Database(sqlite.url.render_as_string(), MIGRATIONS, None, Departures(ledger, lambda: KEY))
    jane = did(database, follow, clock.now(), JANE, A)
    did(database, follow, clock.now(), JOHN, A)
    database.close()
    sqlite.close()
    shutil.copy(path, copy)
    did(database, subscribers.end, jane, EndedReason.UNSUBSCRIBED, clock.now())
    database.close()
    shutil.copy(copy, path)
    size = ledger.path.stat().st_size
    erasure_log.put_back(database, ledger, KEY, clock.now())
    assert live(database) == [(JOHN, A)]
    assert ledger.path.stat().st_size == size  # it stands there already
    database.close()


def test_what_is_undone_or_only_tried_is_not_written(database, ledger, clock):
    jane = did(database, follow, clock.now(), JANE, A)
    size = ledger.path.stat().st_size
    with database.trying() as session:
        subscribers.end(session, jane, EndedReason.UNSUBSCRIBED, clock.now())

    def failing(session):
        subscribers.end(session, jane, EndedReason.UNSUBSCRIBED, clock.now())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        did(database, failing)
    assert ledger.path.stat().st_size == size


def test_a_file_that_fails_stops_nobody_from_leaving(database, ledger, clock):
    jane = did(database, follow, clock.now(), JANE, A)
    ledger.path.unlink()
    ledger.path.mkdir()
    did(database, subscribers.end, jane, EndedReason.UNSUBSCRIBED, clock.now())
    assert live(database) == []


def test_the_file_names_nobody_and_nothing_and_is_for_its_owner_alone(database, ledger, clock):
    jane = did(database, follow, clock.now(), JANE, A, "gout")
    did(database, subscribers.end, jane, EndedReason.UNSUBSCRIBED, clock.now())
    text = ledger.path.read_text()
    assert not {each for each in ("jane", "example", A, "gout") if each in text}
    assert ledger.path.stat().st_mode & 0o777 == 0o600
