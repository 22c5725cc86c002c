"""Followed conditions, and why a study stands under one. The store's part on both engines."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from notifier.domain.study import Header
from notifier.storage import subscribers
from notifier.storage.models import ConditionRow, EndedReason, Listed, ListingRow
from notifier.storage.studies import conditions, snapshots
from notifier.storage.studies.conditions import WALK_EVERY, FollowedCondition, judge
from tests.factories import DATA, A, B, C
from tests.store_factories import at, follow, sign_up

DAY = timedelta(days=1)
JANE = "jane@example.org"
TODAY = date(2027, 1, 12)
WATCHED = FollowedCondition(1, "knee pain", watched=True, looked_in="2027-01-11T09:00:05", walked_at=None)
UNSEEN = FollowedCondition(1, "knee pain", watched=False, looked_in=None, walked_at=None)


@pytest.mark.parametrize(
    ("posted", "updated", "why"),
    [
        ("2027-01-11", "2027-01-11", Listed.NEW),
        ("2026-12-13", "2026-12-13", Listed.NEW),  # thirty days ago, to the day
        ("2026-12-12", "2026-12-12", Listed.DRIFTED),
        ("2019-05-01", "2027-01-11", Listed.NOW_LISTED),
        ("2019-05-01", "2027-01-09", Listed.NOW_LISTED),  # the registry publishes up to two days late
        ("2019-05-01", "2027-01-08", Listed.DRIFTED),
        ("2027-01", "2027-01", Listed.DRIFTED),  # a month alone is never recent enough
        ("2027-01", "2027-01-11", Listed.NOW_LISTED),
        ("2019-05-01", "2027-01", Listed.DRIFTED),
        (None, None, Listed.DRIFTED),
        ("", "soon", Listed.DRIFTED),
    ],
)
def test_why_a_study_stands_under_a_watched_condition(posted, updated, why):
    header = Header(nct_id=A, study_first_post_date=posted, last_update_post_date=updated)
    assert judge(header, WATCHED, data_day=TODAY, new_within=timedelta(days=30)) is why


@pytest.mark.parametrize("posted", ["2027-01-12", "2019-05-01", None])
def test_the_first_look_at_a_condition_is_a_baseline(posted):
    header = Header(nct_id=A, study_first_post_date=posted, last_update_post_date="2027-01-12")
    assert judge(header, UNSEEN, data_day=TODAY, new_within=timedelta(days=30)) is Listed.BASELINE


def test_the_whole_list_is_walked_first_and_then_once_a_week(clock):
    walked = FollowedCondition(1, "q", watched=True, looked_in="2027-01-11", walked_at=clock.now())
    assert UNSEEN.walk_is_due(clock.now())
    assert WATCHED.walk_is_due(clock.now())
    assert not walked.walk_is_due(clock.now() + WALK_EVERY - DAY)
    assert walked.walk_is_due(clock.now() + WALK_EVERY)


# --- the store --------------------------------------------------------------------------------------------------


def queries(database):
    return [followed.query for followed in at(database, conditions.followed)]


def test_conditions_that_somebody_follows_are_looked_at(database, clock):
    at(database, follow, clock.now(), JANE, "knee pain")
    at(database, sign_up, clock.now(), "john@example.org", "back pain")
    assert queries(database) == ["knee pain"]
    at(database, subscribers.end, [1], EndedReason.ADMIN, clock.now())
    assert queries(database) == []


def test_what_was_never_looked_at_comes_first_then_what_was_not_for_longest(database, clock):
    at(database, follow, clock.now(), JANE, "a", "b", "c")
    a, b, _ = at(database, conditions.followed)
    at(database, conditions.mark_looked, [(a, True)], "2027-01-12", clock.now())
    at(database, conditions.mark_looked, [(b, True)], "2027-01-11", clock.now())
    assert queries(database) == ["c", "b", "a"]


def test_a_look_is_noted_and_a_walk_only_when_it_reached_the_end(database, clock):
    at(database, follow, clock.now(), JANE, "knee pain")
    (condition,) = at(database, conditions.followed)
    at(database, conditions.mark_looked, [(condition, False)], DATA, clock.now())
    (condition,) = at(database, conditions.followed)
    assert (condition.watched, condition.looked_in, condition.walked_at) == (True, DATA, None)
    at(database, conditions.mark_looked, [(condition, True)], DATA, clock.now() + DAY)
    with database.reading() as session:
        row = session.get_one(ConditionRow, condition.id)
    assert (row.watched_since, row.walked_at) == (clock.now(), clock.now() + DAY)


def test_what_was_noted_under_a_condition_stays_as_it_was_noted(database, clock):
    at(database, follow, clock.now(), JANE, "knee pain")
    (condition,) = at(database, conditions.followed)
    at(database, conditions.store, condition, {A: Listed.BASELINE, B: Listed.NEW}, DATA, clock.now())
    at(database, conditions.store, condition, {A: Listed.NEW, C: Listed.DRIFTED}, DATA, clock.now() + DAY)
    assert at(database, conditions.seen, condition.id) == {A, B, C}
    with database.reading() as session:
        rows = session.execute(select(ListingRow)).scalars()
        noted = {row.nct_id: (row.listed, row.seen_at) for row in rows}
    assert noted[A] == (Listed.BASELINE, clock.now())
    assert noted[C] == (Listed.DRIFTED, clock.now() + DAY)


def test_a_condition_that_nobody_follows_any_more_starts_with_a_fresh_baseline(database, clock):
    at(database, follow, clock.now(), JANE, "knee pain")
    (condition,) = at(database, conditions.followed)
    at(database, conditions.mark_looked, [(condition, True)], DATA, clock.now())
    at(database, snapshots.forget_unfollowed)
    assert at(database, conditions.followed)[0].watched
    at(database, subscribers.end, [1], EndedReason.ADMIN, clock.now())
    at(database, snapshots.forget_unfollowed)
    at(database, follow, clock.now() + DAY, JANE, "knee pain")
    assert not at(database, conditions.followed)[0].watched
