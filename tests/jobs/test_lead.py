"""Which of several daemons asks the registry."""

import asyncio

import pytest

from notifier.errors import BusyError
from notifier.jobs import LEAD_FOR, Worker
from notifier.services.deliver import Sending
from notifier.settings import Settings
from notifier.storage.engine import Database, sharing
from tests.conftest import MIGRATIONS


def a_worker(database, clock, owner):
    asked = []
    worker = Worker(
        database,
        None,
        None,
        None,
        clock,
        Settings(),
        Sending(owner, "example.org", lambda _: "bounces@example.org"),
    )
    worker.look_now = lambda: asked.append(owner)
    return worker, asked


async def test_who_takes_the_lead_looks_at_once_and_only_then(postgresql, clock):
    (one, one_asked), (two, two_asked) = (a_worker(postgresql, clock, name) for name in ("one", "two"))
    for _ in range(2):
        await one.lead_tick()
        await two.lead_tick()
    assert (one_asked, two_asked) == (["one"], [])
    with pytest.raises(BusyError, match="another worker asks"):
        await two.watch_tick()


async def test_who_stops_lets_another_lead_at_once(postgresql, clock):
    (one, _), (two, two_asked) = (a_worker(postgresql, clock, name) for name in ("one", "two"))
    await one.lead_tick()
    await one.stand_down()
    await two.lead_tick()
    assert two_asked == ["two"]


async def test_who_lost_the_lead_ends_its_watch_pass(postgresql, clock):
    worker, _ = a_worker(postgresql, clock, "slow")
    await worker.lead_tick()
    looking = asyncio.create_task(asyncio.Event().wait(), name="watch")
    worker.running.add(looking)
    with postgresql.transaction() as session:
        sharing.give_up_lease(session, "lead", "slow")
        assert sharing.take_lease(session, "lead", "quick", LEAD_FOR)
    await worker.lead_tick()
    await asyncio.wait({looking}, timeout=5)
    assert (looking.cancelled(), worker.leads) == (True, False)


async def test_a_database_that_is_away_for_a_moment_takes_the_lead_from_nobody(clock):
    away = Database("postgresql+psycopg://nobody@127.0.0.1:9/nothing", MIGRATIONS)
    worker, _ = a_worker(away, clock, "one")
    worker.leads = True
    await worker.lead_tick()
    await worker.stand_down()
    assert worker.leads
    away.close()
