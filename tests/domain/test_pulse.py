"""Whether work goes on, by a clock that the tests move."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from notifier import jobs as schedule
from notifier.domain.heartbeat import Pulse
from notifier.settings import Settings

MINUTE, PATIENCE = timedelta(minutes=1), timedelta(minutes=20)


class Seconds:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def move(self, by):
        self.now += by.total_seconds()


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def pulse(seconds):
    found = Pulse(seconds)
    found.expect("deliver", MINUTE, PATIENCE)
    return found


def test_a_job_that_never_begins_is_late_after_its_time_and_its_patience(pulse, seconds):
    seconds.move(MINUTE + PATIENCE)
    assert pulse.late() == []
    seconds.move(timedelta(seconds=1))
    assert pulse.late() == ["deliver"]


def test_a_run_that_moves_is_never_late_however_long_it_takes(pulse, seconds):
    pulse.begin("deliver")
    for _ in range(100):
        seconds.move(PATIENCE)
        assert pulse.late() == []
        pulse.move("deliver")


def test_a_run_that_stands_still_is_late(pulse, seconds):
    pulse.begin("deliver")
    pulse.move("deliver")
    seconds.move(PATIENCE + timedelta(seconds=1))
    assert pulse.late() == ["deliver"]
    pulse.end("deliver")
    assert pulse.late() == []


def test_a_job_that_failed_twice_in_a_row_fails_until_a_run_ends_well(pulse):
    assert pulse.went_well("deliver")  # nobody knows how the last process left it
    assert (pulse.failed("deliver"), pulse.failing()) == (1, [])
    assert not pulse.went_well("deliver")
    assert [pulse.failed("deliver") for _ in range(3)] == [1, 2, 3]
    assert pulse.failing() == ["deliver"]
    assert pulse.went_well("deliver")
    assert pulse.failing() == []


def test_what_nobody_expects_is_never_late(pulse, seconds):
    pulse.begin("lead")
    pulse.move("lead")
    pulse.end("lead")
    assert list(pulse.ages()) == ["deliver"]


def test_every_job_of_the_daemon_is_waited_for_as_long_as_one_step_of_it_may_take():
    """A name that no patience is known for would end the daemon at its start."""
    source = Path(schedule.__file__).read_text(encoding="utf-8")
    jobs = set(re.findall(r'\("(\w+)", worker\.\w+_tick', source))
    slow = Settings(smtp_final_timeout=timedelta(hours=2))
    assert jobs == set(schedule.PATIENCE)
    assert schedule.patience("deliver", slow) > timedelta(hours=2)
    assert schedule.patience("watch", slow) == schedule.PATIENCE["watch"]
