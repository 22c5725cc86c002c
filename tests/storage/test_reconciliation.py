"""Every change and everybody who asked for it is accounted for, and what cannot be explained is seen. On both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from notifier.domain.changes import EVERY_GROUP, Group, Kind, Weight
from notifier.storage import notices as noticing
from notifier.storage import subscribers
from notifier.storage.models import messages, notices, subscriptions
from notifier.storage.models.states import EndedReason, Every, Fate, MessageState, NoticeState
from notifier.storage.reconciliation import UNEXPLAINED, account, became
from tests.factories import A, B
from tests.store_factories import a_change, a_study, assembled, claimed, filled_once, follow, news, settled

JANE, JOHN, WEEKLY = "jane@example.org", "john@example.org", "weekly@example.org"
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
@filled_once
def store(database, clock):
    """Three people follow a study since yesterday, one of them weekly; today something important changed."""
    with database.transaction() as session:
        for nct_id in (A, B):
            a_study(session, clock.now() - DAY, nct_id)
        follow(session, clock.now() - DAY, JANE, A)
        follow(session, clock.now() - DAY, JOHN, A)
        follow(session, clock.now() - DAY, WEEKLY, A, every=Every.WEEKLY)
        news(session, clock.now())
    return database


def accounted(database, clock, after=HOUR):
    with database.reading() as session:
        return account(session, clock.now() - HOUR, clock.now() + HOUR, clock.now() + after)


def change(database, statement):
    with database.transaction() as session:
        session.execute(statement)


def test_all_that_was_found_is_accounted_for(store, clock):
    assembled(store, clock.now())
    first, second = claimed(store, clock.now())
    settled(store, clock.now(), first, "sent"), settled(store, clock.now(), second, "deferred")
    found = accounted(store, clock)
    assert found.sentence() == "1 notifiable changes, 2 mails due, 1 accepted, 1 deferred, 0 unexplained"
    assert (found.tellings, found.accepted) == (3, 1)
    assert found.waiting == {"its mail is deferred": 1, "in the next digest": 1}


def test_what_waits_says_for_what(store, clock):
    assert accounted(store, clock).waiting == {"next pass": 2, "in the next digest": 1}
    change(store, update(notices).values(not_before=clock.now() + 6 * HOUR))
    assert accounted(store, clock).waiting == {"settles": 3}
    change(store, update(notices).values(folded_at=clock.now()))
    assert accounted(store, clock).waiting == {"put off by their server, goes with the next mail": 3}
    change(store, update(subscriptions).values(state="paused"))
    assert accounted(store, clock).waiting == {"paused by the person": 3}
    change(store, update(notices).values(state=NoticeState.HELD))
    assert accounted(store, clock).waiting == {"held for an admin": 3}


def test_who_left_and_what_was_dropped_is_explained(store, clock):
    with store.transaction() as session:
        ids = subscribers.ids_of(session, subscribers.address(JANE))
        subscribers.end(session, ids, EndedReason.UNSUBSCRIBED, clock.now())
        noticing.hold(session, 1), noticing.drop(session)
    found = accounted(store, clock)
    assert found.untold == {"subscription ended: unsubscribed": 1, "dropped by an admin": 2}
    assert found.faults == 0


def test_a_notice_that_was_never_made_is_unexplained(store, clock):
    change(store, delete(notices).where(notices.c.id == 1))
    found = accounted(store, clock)
    assert (found.faults, found.unexplained) == (1, {"no notice was made": 1})


def test_a_notice_in_no_mail_for_long_is_unexplained(store, clock):
    change(store, update(subscriptions).values(next_digest_at=None))
    assert accounted(store, clock, after=25 * HOUR).faults == 0
    assert accounted(store, clock, after=27 * HOUR).unexplained == {"due for long, and in no mail": 3}


def test_a_mail_that_was_cancelled_without_a_reason_is_unexplained(store, clock):
    assembled(store, clock.now())
    change(store, update(messages).values(state=MessageState.CANCELLED))
    assert accounted(store, clock).faults == 2
    change(store, update(messages).values(reason="suppressed"))
    assert accounted(store, clock).untold == {"suppressed": 2}


def test_who_joined_or_chose_since_asked_for_nothing_then(store, clock):
    with store.transaction() as session:
        follow(session, clock.now() + HOUR / 2, "late@example.org", A)
        follow(
            session,
            clock.now() - DAY,
            "picky@example.org",
            A,
            lightest=Weight.IMPORTANT,
            groups=Group.RESULTS,
        )
    assert accounted(store, clock).faults == 0
    change(store, update(subscriptions).values(groups=255, chosen_at=clock.now() + HOUR / 2))
    found = accounted(store, clock)
    assert (found.faults, found.untold) == (0, {"chosen since": 1})


def test_who_takes_an_unsubscribe_back_after_a_drop_is_explained(store, clock):
    with store.transaction() as session:
        ids = subscribers.ids_of(session, subscribers.address(JANE))
        subscribers.end(session, ids, EndedReason.UNSUBSCRIBED, clock.now() + MINUTE)
        news(session, clock.now() + 2 * MINUTE)
        noticing.hold(session, 2), noticing.drop(session)
        subscribers.reopen(session, ids, clock.now() + 3 * MINUTE)
    assert accounted(store, clock).faults == 0
    assert accounted(store, clock).untold == {"dropped by an admin": 2, "chosen since": 1}


def test_who_asks_for_more_from_now_on_asked_for_less_before(store, clock):
    with store.transaction() as session:
        follow(session, clock.now() - DAY, "picky@example.org", A, groups=Group.RESULTS)
        follow(session, clock.now() + HOUR, "picky@example.org", A, groups=EVERY_GROUP)
    assert accounted(store, clock).untold == {"chosen since": 1}


def test_who_joined_in_the_very_moment_of_a_pass_is_explained(store, clock):
    with store.transaction() as session:
        follow(session, clock.now() - timedelta(seconds=1), "now@example.org", A)
    assert accounted(store, clock).untold == {"joined as it was found": 1}


def test_new_studies_of_a_condition_are_accounted_for(store, clock):
    with store.transaction() as session:
        follow(session, clock.now() - DAY, JANE, "asthma")
        news(session, clock.now(), a_change(Kind.NEW_STUDY), nct_id=B, condition_id=1)
    assert (accounted(store, clock).changes, accounted(store, clock).tellings) == (2, 4)
    change(store, delete(notices).where(notices.c.change_id == 2))
    assert accounted(store, clock).faults == 1


def test_housekeeping_is_no_change_that_anybody_waits_for(store, clock):
    with store.transaction() as session:
        news(session, clock.now(), a_change(weight=Weight.HOUSEKEEPING))
    assert accounted(store, clock).changes == 1


@pytest.mark.parametrize("state", list(NoticeState))
@pytest.mark.parametrize("mail", [None, *MessageState])
def test_every_state_is_explained_or_named(state, mail):
    name, why = became(state, Fate.DROPPED, mail, "a reason", "next pass")
    assert why
    assert (name == UNEXPLAINED) == (state is NoticeState.IN_MESSAGE and mail is None)
