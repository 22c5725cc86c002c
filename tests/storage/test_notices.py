"""Who is concerned by a change. On both engines."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from notifier.domain.changes import Group, Kind, Weight
from notifier.errors import StoreError
from notifier.storage import notices, subscribers
from notifier.storage.models import SubscriptionRow, conditions, subscriptions
from notifier.storage.models.states import EndedReason, NoticeState, SubscriptionState
from tests.factories import A, B
from tests.store_factories import a_change, a_pass, a_study, assembled, at, follow, news, sign_up, told

JANE, JOHN = "jane@example.org", "john@example.org"
DAY = timedelta(days=1)


def concerned(database):
    """The addresses that are told of something, once for each change."""
    with database.reading() as session:
        rows = session.execute(select(SubscriptionRow)).scalars()
        owners = {row.id: subscribers.named(session, [row.id]).email for row in rows}
    return sorted(owners[notice.subscription_id] for notice in told(database))


def test_every_follower_of_the_study_is_told_and_nobody_else(store, clock):
    at(store, follow, clock.now(), JANE, A)
    at(store, follow, clock.now(), JOHN, B)
    assert at(store, news, clock.now(), nct_id=A) == 1
    assert concerned(store) == [JANE]


def test_each_change_is_told(store, clock):
    at(store, follow, clock.now(), JANE, A)
    found = [a_change(Kind.CONTACTS), a_change(Kind.SITE_OPENED), a_change(Kind.RESULTS_POSTED)]
    assert at(store, news, clock.now(), *found) == 3


@pytest.mark.parametrize(("state", "kept"), [("pending", 0), ("paused", 1)])
def test_news_is_gathered_for_the_active_and_the_paused(store, clock, state, kept):
    at(store, follow, clock.now(), JANE, A)
    with store.transaction() as session:
        session.execute(update(subscriptions).values(state=SubscriptionState(state)))
    assert at(store, news, clock.now()) == kept


def test_the_ended_are_not_told(store, clock):
    at(store, follow, clock.now(), JANE, A)
    at(store, subscribers.end, [1], EndedReason.UNSUBSCRIBED, clock.now())
    assert at(store, news, clock.now()) == 0


@pytest.mark.parametrize(
    ("lightest", "heard"), [(Weight.IMPORTANT, 1), (Weight.NOTABLE, 2), (Weight.MINOR, 3)]
)
def test_who_asked_for_heavy_changes_hears_no_lighter_ones(store, clock, lightest, heard):
    at(store, follow, clock.now(), JANE, A, lightest=lightest)
    found = [a_change(Kind.CONTACTS, weight, after=weight) for weight in Weight]
    assert at(store, news, clock.now(), *found) == heard


def test_who_asked_for_one_sort_of_change_hears_no_other(store, clock):
    at(store, follow, clock.now(), JANE, A, groups=Group.RESULTS)
    assert at(store, news, clock.now(), a_change(Kind.RESULTS_POSTED), a_change(Kind.SITE_OPENED)) == 1


def test_a_study_that_is_new_under_a_condition_is_told_to_those_who_follow_the_condition(store, clock):
    at(store, follow, clock.now(), JANE, "knee pain")
    at(store, follow, clock.now(), JOHN, "back pain", A)
    with store.reading() as session:
        knee = session.execute(select(conditions.c.id).where(conditions.c.query == "knee pain")).scalar_one()
    assert at(store, news, clock.now(), a_change(Kind.NEW_STUDY), condition_id=knee) == 1
    assert concerned(store) == [JANE]


def test_a_change_of_a_study_is_not_told_to_those_who_follow_only_a_condition(store, clock):
    at(store, follow, clock.now(), JANE, "knee pain")
    assert at(store, news, clock.now(), a_change(Kind.CONTACTS)) == 0


def test_a_pair_of_subscription_and_change_exists_once(store, clock):
    at(store, follow, clock.now(), JANE, A)
    pass_id = at(store, a_pass, clock.now(), a_change())
    at(store, notices.make, pass_id, clock.now())
    with pytest.raises(StoreError):
        at(store, notices.make, pass_id, clock.now())
    assert len(told(store)) == 1


def test_who_signs_up_later_is_not_told_of_what_was_before(store, clock):
    at(store, news, clock.now())
    at(store, follow, clock.now(), JANE, A)
    assert at(store, news, clock.now() + DAY) == 1
    assert len(told(store)) == 1


def test_a_minor_edit_settles_before_it_is_told(store, clock):
    at(store, follow, clock.now(), JANE, A, lightest=Weight.MINOR)
    pass_id = at(store, a_pass, clock.now(), a_change(weight=Weight.MINOR))
    at(store, notices.make, pass_id, clock.now(), settle=DAY)
    assert [assembled(store, clock.now()), assembled(store, clock.now() + DAY)] == [0, 1]


# --- there and back ---------------------------------------------------------------------------------------------


def there_and_back(store, now):
    at(store, news, now, a_change(before="open", after="shut"))
    return at(store, news, now + DAY, a_change(before="shut", after="open"))


def test_what_was_changed_back_before_it_was_told_is_told_to_nobody(store, clock):
    at(store, follow, clock.now(), JANE, A)
    assert there_and_back(store, clock.now()) == 0
    assert [notice.state for notice in told(store)] == [NoticeState.CANCELLED] * 2
    assert assembled(store, clock.now() + DAY) == 0


def test_who_was_told_of_the_way_there_is_told_of_the_way_back(store, clock):
    at(store, follow, clock.now(), JANE, A)
    at(store, news, clock.now(), a_change(before="open", after="shut"))
    assembled(store, clock.now())
    assert at(store, news, clock.now() + DAY, a_change(before="shut", after="open")) == 1


def test_a_change_of_another_study_undoes_nothing(store, clock):
    at(store, follow, clock.now(), JANE, A, B)
    at(store, news, clock.now(), a_change(before="open", after="shut"), nct_id=A)
    assert at(store, news, clock.now() + DAY, a_change(before="shut", after="open"), nct_id=B) == 1
    assert {notice.state for notice in told(store)} == {NoticeState.DUE}


def test_a_date_that_moves_along_with_each_re_posting_is_told_once_a_month(store, clock):
    at(store, follow, clock.now(), JANE, A)
    heard = [
        at(store, news, clock.now() + days * DAY, a_change(Kind.START_DATE_ROLLED, after=str(days)))
        for days in (0, 20, 29, 31)
    ]
    assert heard == [1, 0, 0, 1]


def test_pending_sign_ups_hear_from_their_confirmation_on(store, clock):
    at(store, sign_up, clock.now(), JANE, A)
    assert at(store, news, clock.now()) == 0
    at(store, subscribers.confirm, [1], clock.now())
    assert at(store, news, clock.now() + DAY) == 1


def test_who_leaves_while_a_pass_is_written_down_has_nothing_due(postgresql, clock):
    """Both at once: the end is not committed when the pass asks who follows, and is when the pass commits."""
    at(postgresql, a_study, clock.now(), A)
    ids = at(postgresql, follow, clock.now(), JANE, A)
    waits = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with ThreadPoolExecutor(1) as beside:
        with postgresql.transaction() as leaving:
            subscribers.end(leaving, ids, EndedReason.UNSUBSCRIBED, clock.now())
            passing = beside.submit(at, postgresql, news, clock.now())
            # Asked in a transaction of its own each time: within one the first answer is kept.
            while not passing.done() and not at(postgresql, Session.scalar, waits):
                pass
        passing.result()
    assert [notice.state for notice in told(postgresql) if notice.state is NoticeState.DUE] == []
