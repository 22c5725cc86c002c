"""When something is due. Expected times were worked out by hand from the zones' rules."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.scheduling import (
    GIVE_UP_AFTER,
    RETRY_AFTER,
    Timetable,
    daytime,
    next_daily,
    next_weekly,
    retry_at,
    zone,
)
from notifier.errors import InputError

COPENHAGEN, NEW_YORK = zone("Europe/Copenhagen"), zone("America/New_York")
ZONES = [
    COPENHAGEN, NEW_YORK, *map(zone, ("UTC", "Asia/Kathmandu", "Pacific/Kiritimati", "Australia/Lord_Howe", "Pacific/Apia")),
]  # fmt: skip
instants = st.datetimes(datetime(2008, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds UTC


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("where", "after", "due"),
    [
        (COPENHAGEN, "2027-01-12T06:59:59", "2027-01-12T07:00:00"),
        (COPENHAGEN, "2027-01-12T07:00:00", "2027-01-13T07:00:00"),
        (COPENHAGEN, "2027-03-27T07:00:00", "2027-03-28T06:00:00"),  # the night that summer time begins
        (COPENHAGEN, "2027-10-30T06:00:00", "2027-10-31T07:00:00"),  # the night that it ends
        (NEW_YORK, "2027-03-13T13:00:00", "2027-03-14T12:00:00"),
        (NEW_YORK, "2027-11-06T12:00:00", "2027-11-07T13:00:00"),
        (COPENHAGEN, "2028-02-28T07:00:00", "2028-02-29T07:00:00"),  # a leap day
        (COPENHAGEN, "2028-02-29T07:00:00", "2028-03-01T07:00:00"),
        (COPENHAGEN, "2027-12-31T23:30:00", "2028-01-01T07:00:00"),
        (NEW_YORK, "2027-01-13T02:00:00", "2027-01-13T13:00:00"),  # still the evening before, there
    ],
)
def test_a_daily_mail_comes_at_eight_in_the_reader_s_zone(where, after, due):
    assert next_daily(utc(after), where) == utc(due)


@pytest.mark.parametrize(
    ("where", "after", "due"),
    [
        (COPENHAGEN, "2027-01-12T12:00:00", "2027-01-18T07:00:00"),
        (COPENHAGEN, "2027-01-18T06:59:59", "2027-01-18T07:00:00"),
        (COPENHAGEN, "2027-01-18T07:00:00", "2027-01-25T07:00:00"),
        (COPENHAGEN, "2027-03-22T07:00:00", "2027-03-29T06:00:00"),
        (COPENHAGEN, "2027-10-25T06:00:00", "2027-11-01T07:00:00"),
        (NEW_YORK, "2027-03-08T13:00:00", "2027-03-15T12:00:00"),
        (NEW_YORK, "2027-11-01T12:00:00", "2027-11-08T13:00:00"),
        (COPENHAGEN, "2028-02-28T07:00:00", "2028-03-06T07:00:00"),  # over a leap day
        (NEW_YORK, "2027-01-18T02:00:00", "2027-01-18T13:00:00"),  # Monday in UTC, still Sunday there
    ],
)
def test_a_weekly_mail_comes_on_monday_at_eight_in_the_reader_s_zone(where, after, due):
    assert next_weekly(utc(after), where) == utc(due)


@given(instants, st.sampled_from(ZONES), st.integers(0, 23))
def test_the_next_daily_mail_is_later_at_that_hour_and_soon(after, where, hour):
    due = next_daily(after, where, hour)
    assert after < due <= after + timedelta(hours=50 if where.key == "Pacific/Apia" else 26)
    assert due.tzinfo is UTC
    # An hour that a change of the clock leaves out comes as the one after it.
    assert due.astimezone(where).hour in {hour, hour + 1}


@given(instants, st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 6))
def test_the_next_weekly_mail_is_later_on_that_day_and_soon(after, where, hour, weekday):
    due = next_weekly(after, where, hour, weekday)
    assert after < due <= after + timedelta(days=8, hours=2)
    assert due.astimezone(where).weekday() == weekday or where.key == "Pacific/Apia"


@given(instants, st.sampled_from(ZONES), st.integers(0, 23))
def test_nothing_lies_between_one_daily_mail_and_the_next(after, where, hour):
    due = next_daily(after, where, hour)
    assert next_daily(due - timedelta(seconds=1), where, hour) == due


@pytest.mark.parametrize(
    ("now", "by_day"),
    [
        ("2027-01-12T06:59:59", "2027-01-12T07:00:00"),
        ("2027-01-12T07:00:00", "2027-01-12T07:00:00"),
        ("2027-01-12T18:59:59", "2027-01-12T18:59:59"),
        ("2027-01-12T19:00:00", "2027-01-13T07:00:00"),
        ("2027-03-27T22:00:00", "2027-03-28T06:00:00"),  # into the morning after summer time began
    ],
)
def test_what_comes_by_day_waits_for_the_morning(now, by_day):
    assert daytime(utc(now), COPENHAGEN) == utc(by_day)


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../../etc/passwd", "Europe", "/etc/localtime", "a\0b", "x" * 300]
)
def test_what_is_no_zone_is_refused_with_an_example(name):
    with pytest.raises(InputError, match="Europe/Copenhagen") as caught:
        zone(name)
    assert len(str(caught.value).splitlines()) == 1


# --- the retry timetable ----------------------------------------------------------------------------------------

START = utc("2027-01-12T12:00:00")


def attempts(seed):
    """When a mail that the server always puts off is tried, from the start until it is given up."""
    at, number = START, 0
    while at is not None:
        yield at
        number += 1
        at = retry_at(number, at, START, seed)


@pytest.mark.parametrize("seed", [0, 1, 7, 99, 123_456])
def test_a_mail_that_is_put_off_is_tried_less_and_less_often_for_five_days(seed):
    times = list(attempts(seed))
    waits = [later - earlier for earlier, later in pairwise(times)]
    for planned, wait in zip(RETRY_AFTER, waits, strict=False):
        assert planned <= wait < planned * 1.2
    assert all(RETRY_AFTER[-1] <= wait < RETRY_AFTER[-1] * 1.2 for wait in waits[len(RETRY_AFTER) :])
    assert GIVE_UP_AFTER <= times[-1] - START < GIVE_UP_AFTER + RETRY_AFTER[-1] * 1.2


def test_mails_put_off_together_do_not_come_back_together():
    assert len({retry_at(1, START, START, seed) for seed in range(100)}) == 100


def test_after_five_days_it_is_given_up():
    assert retry_at(3, START + GIVE_UP_AFTER - timedelta(seconds=1), START, 1) is not None
    assert retry_at(1, START + GIVE_UP_AFTER, START, 1) is None


def test_another_timetable_is_followed_and_its_last_wait_repeats():
    timetable = Timetable(
        retry_after=(timedelta(minutes=1), timedelta(hours=1)), give_up_after=timedelta(days=1)
    )
    waits = [retry_at(attempts, START, START, 0, timetable) - START for attempts in (1, 2, 3)]
    assert waits == [timedelta(minutes=1), timedelta(hours=1), timedelta(hours=1)]
    assert retry_at(1, START + timedelta(days=1), START, 0, timetable) is None
