"""Who would get what next: said by the code that makes the mails, and nothing is changed by asking."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from notifier.domain.letter import LetterKind
from notifier.services.operations import plan
from notifier.settings import Settings
from notifier.storage import notices, suppression
from notifier.storage.engine import metadata
from notifier.storage.models import Every, Fate, Suppressed
from notifier.storage.subscribers import address
from tests.factories import DOMAIN, A, B, C
from tests.store_factories import a_study, assembled, claimed, filled_once, follow, mails, news

JANE, JOHN, WEEKLY = "jane@example.org", "john@example.org", "weekly@example.org"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOMORROW_8 = datetime(2027, 1, 13, 8, tzinfo=UTC)
MONDAY_8 = datetime(2027, 1, 18, 8, tzinfo=UTC)
KEY = b"a key of the tests"


@pytest.fixture
@filled_once
def store(database, clock):
    """Jane hears at once, John daily, somebody weekly; there is news of one study."""
    with database.transaction() as session:
        for nct_id in (A, B, C):
            a_study(session, clock.now(), nct_id)
        follow(session, clock.now(), JANE, A)
        follow(session, clock.now(), JOHN, A, every=Every.DAILY)
        follow(session, clock.now(), WEEKLY, A, every=Every.WEEKLY)
        news(session, clock.now())
    return database


def planned(database, now, days=7, **settings):
    with database.trying() as session:
        return plan(session, Settings(**settings), now, now + days * DAY, domain=DOMAIN, key=KEY)


def dump(database):
    with database.reading() as session:
        return {
            name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key.columns))]
            for name, table in metadata().tables.items()
        }


def test_a_plan_says_who_gets_what_and_when(store, clock):
    found = planned(store, clock.now())
    assert [(each.email, each.at) for each in found.mails] == [
        (JANE, clock.now()),
        (JOHN, TOMORROW_8),
        (WEEKLY, MONDAY_8),
    ]
    assert {(each.kind, each.tells[0].nct_id) for each in found.mails} == {(LetterKind.UPDATE, A)}


def test_asking_changes_nothing(store, clock):
    before = dump(store)
    planned(store, clock.now(), days=31)
    assert dump(store) == before


def test_the_plan_is_what_then_happens(store, clock):
    expected = [(each.email, each.at) for each in planned(store, clock.now()).mails]
    for moment in (clock.now(), TOMORROW_8, MONDAY_8):
        assembled(store, moment)
        assert len(claimed(store, moment)) == 1
    assert [mail.due_at for mail in mails(store)] == [at for _, at in expected]


def test_what_lies_beyond_the_plan_is_counted_with_the_reason(store, clock):
    found = planned(store, clock.now(), days=0)
    assert [each.email for each in found.mails] == [JANE]
    assert found.waits == {Fate.DIGEST: 2}


def test_mails_that_are_made_already_are_in_the_plan(store, clock):
    assembled(store, clock.now())
    (first, *_) = planned(store, clock.now()).mails
    assert (first.email, first.made) == (JANE, True)


def test_who_would_not_be_mailed_is_counted_with_the_reason(store, clock):
    assembled(store, clock.now())
    with store.transaction() as session:
        hashed = suppression.address_hash(KEY, address(JANE).key)
        suppression.suppress(session, hashed, Suppressed.DEAD, clock.now())
    found = planned(store, clock.now(), recipient_allowlist=(JANE, WEEKLY))
    assert [each.email for each in found.mails] == [WEEKLY]
    assert found.stopped == {"suppressed": 1, "not on the allow-list of recipients": 1}


def test_what_is_held_is_counted_apart(store, clock):
    with store.transaction() as session:
        notices.hold(session, 1)
    found = planned(store, clock.now())
    assert (found.mails, found.held) == ((), (3, 0))


def test_minor_edits_are_planned_for_when_they_have_settled(store, clock):
    with store.transaction() as session:
        follow(session, clock.now(), "late@example.org", B)
        news(session, clock.now(), nct_id=B)
        session.execute(
            notices.notices.update()
            .where(notices.notices.c.id == 4)
            .values(not_before=clock.now() + 6 * HOUR)
        )
    found = planned(store, clock.now(), days=1)
    assert ("late@example.org", clock.now() + 6 * HOUR) in [(each.email, each.at) for each in found.mails]


def test_mails_that_say_we_still_watch_are_in_the_plan(database, clock):
    with database.transaction() as session:
        a_study(session, clock.now())
        follow(session, clock.now(), JANE, A)
    (only,) = planned(database, clock.now(), days=31).mails
    assert (only.kind, only.at) == (LetterKind.STILL_WATCHING, clock.now() + 30 * DAY)
