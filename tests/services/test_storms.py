"""A storm is held: nothing goes out until an admin says so (promise 5)."""

import asyncio
from copy import deepcopy

import pytest

from notifier.services.watch import WatchOutcome
from notifier.storage import notices
from notifier.storage.models import NoticeRow
from notifier.storage.outbox import assembly
from tests.store_factories import filled_once
from tests.world import DAY_2, DAY_3, a_world, study

IDS = [f"NCT9{number:07d}" for number in range(60)]
RECORDS = [study(nct_id) for nct_id in IDS]


def reworded(record):
    result = deepcopy(record)
    result["protocolSection"]["descriptionModule"]["briefSummary"] = (
        "The registry took in all records anew, and says so."
    )
    return result


@pytest.fixture
@filled_once
def seen_once(sqlite):
    """Somebody follows them all, and they were looked at for the first time."""

    async def first_look():
        async with a_world(sqlite, *RECORDS) as world:
            for nct_id in IDS:
                world.follow("a@example.org", study=nct_id)
            await world.watch()

    asyncio.run(first_look())
    return sqlite


@pytest.fixture
async def stormy(seen_once):
    async with a_world(seen_once, *RECORDS) as world:
        yield world, [reworded(record) for record in RECORDS]


def assemble(world):
    with world.database.transaction() as session:
        return assembly.assemble(session, world.clock.now(), "example.org")


async def test_a_storm_is_held_whole(stormy):
    world, storm = stormy
    report = await world.next_day(DAY_2, *storm)
    assert (report.outcome, report.notices, report.held) == (WatchOutcome.HELD, 60, 60)
    assert assemble(world) == 0
    assert (await world.watch()).outcome == WatchOutcome.UNCHANGED


async def test_what_is_held_goes_when_it_is_released(stormy):
    world, storm = stormy
    await world.next_day(DAY_2, *storm)
    with world.database.transaction() as session:
        assert notices.held_people(session) == 1
        assert notices.release(session, nct_id=IDS[0]) == 1
        assert notices.release(session) == 59
    assert assemble(world) == 1


async def test_what_is_dropped_is_told_to_nobody_and_later_changes_are(stormy):
    world, storm = stormy
    await world.next_day(DAY_2, *storm)
    with world.database.transaction() as session:
        assert notices.drop(session, path="protocolSection.descriptionModule.briefSummary") == 60
    assert assemble(world) == 0
    later = deepcopy(storm[0])
    later["protocolSection"]["statusModule"]["overallStatus"] = "SUSPENDED"
    report = await world.next_day(DAY_3, later)
    assert (report.outcome, report.notices) == (WatchOutcome.DONE, 1)
    assert {row.state for row in world.rows(NoticeRow)} == {"cancelled", "due"}


async def test_fifty_changed_studies_are_no_storm(stormy):
    world, storm = stormy
    report = await world.next_day(DAY_2, *storm[:50])
    assert (report.outcome, report.held) == (WatchOutcome.DONE, 0)
