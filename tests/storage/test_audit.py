"""The audit trail: who did what, to whom by their ids, and why. On both engines."""

from datetime import timedelta

import pytest

from notifier.errors import InputError
from notifier.storage import audit

DAY = timedelta(days=1)


def noted(database, now, command="subscribers end", reason=None, **what):
    with database.transaction() as session:
        audit.note(session, audit.Acting("an admin", now, reason), command, **what)


def trail(database, **choice):
    with database.reading() as session:
        return audit.trail(session, **choice)


def test_what_was_done_is_kept_with_its_ids_and_its_reason(database, clock):
    noted(
        database,
        clock.now(),
        reason=" they\nasked ",
        people=1,
        ids={"subscribers": [12], "subscriptions": []},
    )
    (row,) = trail(database)
    assert (row.at, row.actor, row.command) == (clock.now(), "an admin", "subscribers end")
    assert (row.people, row.ids, row.reason) == (1, {"subscribers": [12]}, "they asked")


def test_the_newest_comes_first_and_not_more_than_asked_for(database, clock):
    for days in range(3):
        noted(database, clock.now() + days * DAY, f"command {days}", people=0)
    assert [row.command for row in trail(database, limit=2)] == ["command 2", "command 1"]


def test_of_very_many_ids_their_number_and_range_is_kept(database, clock):
    noted(database, clock.now(), people=5000, ids={"subscribers": list(range(7, 5007))})
    assert trail(database)[0].ids == {"subscribers": {"count": 5000, "from": 7, "to": 5006}}


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("jane@example.org called", "names an address"),
        ("x" * 401, "at most 400"),
    ],
)
def test_a_reason_that_does_not_belong_there_stops_the_act(database, clock, said, fault):
    with pytest.raises(InputError, match=fault) as caught:
        noted(database, clock.now(), reason=said, people=1)
    assert "jane" not in str(caught.value)
    assert trail(database) == []


def test_an_act_that_fails_leaves_no_trace(database, clock):
    class CrashError(Exception):
        pass

    def crash():
        with database.transaction() as session:
            audit.note(session, audit.Acting("an admin", clock.now()), "subscribers end", people=1)
            raise CrashError

    with pytest.raises(CrashError):
        crash()
    assert trail(database) == []
