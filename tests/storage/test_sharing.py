"""What several processes on one database agree on: the lead, the turn, who lives, the pace."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from notifier import app
from notifier.errors import BusyError, StoreError
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov import Pacer
from notifier.storage.engine import sharing
from tests.factories import a_record
from tests.world import A, a_world


def lead(database, who, seconds=60.0):
    with database.transaction() as session:
        return sharing.take_lease(session, "lead", who, seconds)


def lives(database, who):
    with database.transaction() as session:
        return sharing.is_alive(session, who)


def begin(database, who):
    with database.transaction() as session:
        sharing.begin_turn(session, "watch", who)


def reserved(database, gap):
    with database.transaction() as session:
        return sharing.reserve(session, "registry", gap)


# --- the lead ---------------------------------------------------------------------------------------------------


def test_one_leads_and_renews_and_the_others_stand_by(postgresql):
    assert [lead(postgresql, who) for who in ("one", "two", "one")] == [True, False, True]


def test_of_many_who_reach_for_the_lead_at_once_one_has_it(postgresql):
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda n: lead(postgresql, f"worker {n}"), range(8))) == 1


def test_a_lead_that_is_not_renewed_goes_to_another(postgresql):
    assert lead(postgresql, "dead", seconds=0.0)
    assert lead(postgresql, "two")
    assert not lead(postgresql, "dead")


def test_a_lead_that_is_given_up_is_free_at_once_and_only_its_holder_can(postgresql):
    lead(postgresql, "one")
    for who, then in (("two", False), ("one", True)):
        with postgresql.transaction() as session:
            sharing.give_up_lease(session, "lead", who)
        assert lead(postgresql, "two") is then


# --- the turn ---------------------------------------------------------------------------------------------------


def test_the_turn_is_of_the_last_who_began(database):
    begin(database, "first")
    begin(database, "second")
    with database.transaction() as session:
        assert sharing.turn(session, "watch") == "second"


async def test_a_watch_pass_that_lost_its_turn_stores_nothing(database, monkeypatch):
    async with a_world(database, a_record(identificationModule__nctId=A)) as world:
        world.follow("ann@example.org", study=A)
        version = world.registry.version

        async def meanwhile():
            begin(database, "another worker's")
            return await version()

        looks = [version, meanwhile]

        async def asked():
            return await looks.pop(0)()

        monkeypatch.setattr(world.registry, "version", asked)
        with pytest.raises(BusyError, match="Another watch pass began"):
            await world.watch()
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM watch_pass")).scalar() == 0


# --- life -------------------------------------------------------------------------------------------------------


def test_a_worker_lives_while_it_holds_its_lock(postgresql):
    assert not lives(postgresql, "one")
    with postgresql.alive("one"):
        assert lives(postgresql, "one")
        assert not lives(postgresql, "two")
    assert not lives(postgresql, "one")


# --- the pace ---------------------------------------------------------------------------------------------------


def test_all_who_ask_at_once_are_given_places_one_gap_apart(database):
    with ThreadPoolExecutor(4) as pool:
        started = time.monotonic()
        places = sorted(pool.map(lambda _: time.monotonic() + reserved(database, 10.0), range(4)))
    assert [round((place - started) / 10) for place in places] == [0, 1, 2, 3]


def test_after_a_pause_nobody_waits(database):
    reserved(database, 0.001)
    time.sleep(0.01)
    assert reserved(database, 5.0) == 0.0


def test_a_clock_that_was_set_back_stops_nobody_for_long(database):
    reserved(database, 1.0)
    with database.transaction() as session:
        session.execute(text("UPDATE pace SET next_at = next_at + 3600"))
    assert reserved(database, 1.0) < 0.1


async def test_two_pacers_on_one_database_share_its_pace(database):
    starts = []

    async def asks():
        pacer = app.make_pacer(Settings(registry_requests_per_second=20), database)
        for _ in range(4):
            await pacer.wait()
            starts.append(time.monotonic())

    began = time.monotonic()  # the first may be told late that it may go
    await asyncio.gather(asks(), asks())
    assert max(starts) - began >= 7 * 0.05 * 0.95


async def test_a_process_whose_database_is_away_keeps_its_own_pace():
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    async def away(_gap):
        raise StoreError("The database does not answer")

    pacer = Pacer(1, monotonic=lambda: 0.0, sleep=sleep, reserve=away)
    for _ in range(2):
        await pacer.wait()
    assert waits == [1.0]


async def test_the_registry_s_client_shares_the_pace_also_where_it_opens_the_database_itself(sqlite):
    settings = Settings(
        database_url=sqlite.url.render_as_string(),
        registry_url="http://127.0.0.1:9",
        registry_requests_per_second=1,
    )
    async with app.open_registry(settings) as registry:
        await registry.pacer.wait()
        assert reserved(sqlite, 1.0) > 0.0
