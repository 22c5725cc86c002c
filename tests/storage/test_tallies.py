"""Limits hold in a window, for each alone, and begin anew after it."""

from datetime import timedelta

from notifier.storage.engine import sharing

HOUR = timedelta(hours=1)


def taken(database, clock, who="one", times=1, most=2):
    with database.transaction() as session:
        return [
            sharing.take(session, "form", who, most=most, within=HOUR, now=clock.now()) for _ in range(times)
        ]


def test_a_window_has_room_for_so_many_and_no_more(database, clock):
    assert taken(database, clock, times=3) == [True, True, False]


def test_everybody_has_a_window_of_their_own(database, clock):
    taken(database, clock, times=3)
    assert taken(database, clock, who="another") == [True]


def test_a_new_window_begins_when_the_old_one_is_over(database, clock):
    taken(database, clock, times=3)
    clock.move(HOUR - timedelta(seconds=1))
    assert taken(database, clock) == [False]
    clock.move(timedelta(seconds=1))
    assert taken(database, clock, times=3) == [True, True, False]


def test_old_windows_are_forgotten(database, clock):
    taken(database, clock)
    with database.transaction() as session:
        assert sharing.forget(session, clock.now()) == 0
        assert sharing.forget(session, clock.now() + HOUR) == 1
