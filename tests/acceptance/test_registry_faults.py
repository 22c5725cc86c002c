"""Every way in which the registry goes wrong, through whole passes: no false news, nothing lost, the watermark in place.

One day is told again and again: thirty followed studies of which one is paused, and a followed condition with many
studies under which one is new. Whatever goes wrong on that day, those two are told once, and nothing else is.
"""

import asyncio
import shutil
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from starlette.responses import Response, StreamingResponse

from notifier.errors import RegistryError
from notifier.services.watch import WatchOutcome
from notifier.sources.clinicaltrials_gov import Pacer, Registry
from notifier.storage.engine import Database
from notifier.storage.models import ChangeRow, NoticeRow, StudyRow
from notifier.storage.studies import snapshots
from tests import faults
from tests.conftest import MIGRATIONS
from tests.faults import FaultyRegistry
from tests.world import DAY_1, DAY_2, DAY_3, DAY_4, PLAIN, World, edited, no_wait, study, under

FOLLOWED = [f"NCT9100{number:04d}" for number in range(30)]
LISTED = [f"NCT9200{number:04d}" for number in range(25)]
NEW = "NCT93000001"
NEWS = ["new_study", "status_paused"]
TOPIC = "rare disease"
NOTHING = Response(b'{"totalCount":0,"studies":[]}', media_type="application/json")
QUIET = "2027-01-12T09:00:06"  # a data version without news


class SmallPages(httpx.ASGITransport):
    """Asks for pages of thirteen studies, so that every walk has several."""

    async def handle_async_request(self, request):
        if "pageSize" in request.url.params:
            request.url = request.url.copy_set_param("pageSize", "13")
        return await super().handle_async_request(request)


@pytest.fixture(scope="module")
def records():
    today = {"first_posted": "2027-01-11"}
    return {
        "before": [edited(study(i), posted="2027-01-11") for i in FOLLOWED]
        + [under(i, TOPIC, first_posted="2020-01-11", updated="2027-01-11") for i in LISTED],
        "paused": edited(study(FOLLOWED[0]), posted="2027-01-12", overallStatus="SUSPENDED"),
        "new": under(NEW, TOPIC, **today),
    }


@asynccontextmanager
async def a_world(database, records):
    rehearsal = FaultyRegistry(records["before"], DAY_1)
    async with httpx.AsyncClient(
        transport=SmallPages(rehearsal.app), base_url="http://registry/api/v2", headers=PLAIN
    ) as client:
        registry = Registry(client, pacer=Pacer(100_000), sleep=no_wait, deadline=0.2)
        yield World(database, rehearsal, registry)


@asynccontextmanager
async def a_day(database, records, *, followed=FOLLOWED):
    async with a_world(database, records) as world:
        for nct_id in followed:
            world.follow("a@example.org", study=nct_id)
        world.follow("a@example.org", condition=TOPIC)
        assert (await world.watch()).outcome == WatchOutcome.DONE
        # A day without news, so that the next sweep is compared with one that found much.
        assert (await world.next_day(QUIET)).outcome == WatchOutcome.DONE
        yield world


@pytest.fixture(scope="module")
def begun(migrated_sqlite, tmp_path_factory, records):
    """A database as it is on the evening before, to be copied."""
    path = tmp_path_factory.mktemp("begun") / "notifier.db"
    shutil.copy(migrated_sqlite, path)
    database = Database(f"sqlite:///{path}", MIGRATIONS)

    async def begin():
        async with a_day(database, records):
            database.close()  # the last connection to go writes the journal back into the file

    asyncio.run(begin())
    return path


@pytest.fixture
async def world(begun, tmp_path, records):
    shutil.copy(begun, tmp_path / "notifier.db")
    database = Database(f"sqlite:///{tmp_path}/notifier.db", MIGRATIONS)
    async with a_world(database, records) as world:
        world.rehearsal.publish([], QUIET)
        world.clock.move(timedelta(days=1))
        yield world
    database.close()


def watermark(world):
    with world.database.reading() as session:
        return snapshots.watermark(session).data_timestamp


async def look(world, *days):
    """Look on a new day, or again; gives the outcome, also where the pass had to be given up."""
    try:
        return (await (world.next_day(*days) if days else world.watch())).outcome
    except RegistryError:
        return WatchOutcome.PARTIAL


def no_false_news(world):
    assert set(world.kinds()) <= set(NEWS)
    assert len(world.rows(NoticeRow)) == len(world.kinds()) == len(set(world.kinds()))
    assert not [row.nct_id for row in world.rows(StudyRow) if row.missing_in or row.left_at]


def all_is_told_once(world):
    no_false_news(world)
    assert sorted(world.kinds()) == NEWS


# --- ways to go wrong ------------------------------------------------------------------------------------------------


def drip():
    async def one_byte_then_nothing():
        yield b"{"
        await asyncio.Event().wait()

    async def fault(_request, _answer):
        return StreamingResponse(one_byte_then_nothing(), media_type="application/json")

    return fault


def empty():
    async def fault(_request, _answer):
        return NOTHING

    return fault


def last_page():
    """The walk ends before its time: a page, and all behind it, is missing."""

    async def fault(_request, _answer):
        return Response(b'{"studies":[]}', media_type="application/json")

    return fault


def of_condition(request):
    return "query.cond" in request.query_params


def of_sweep(request):
    return "query.term" in request.query_params


def of_ids(request):
    return "filter.ids" in request.query_params


BROKEN = {
    "429": faults.status(429),
    "429, after seconds": faults.status(429, retry_after=7),
    "429, after a date": faults.status(429, retry_after="Wed, 13 Jan 2027 09:00:09 GMT"),
    "403": faults.status(403),
    "500": faults.status(500),
    "503": faults.status(503),
    "400": faults.status(400),
    "silence": faults.no_answer(),
    "drip": drip(),
    "cut": faults.cut_body(),
    "html": faults.html_page(),
}
WHERE = {
    "version": faults.of_version, "sweep": of_sweep, "records": of_ids, "condition": of_condition,
    "later page": faults.of_later_page,
}  # fmt: skip
#: Silence costs real time at each try.
SLOW = {"silence", "drip"}
#: One place reads every answer: there a fault of each kind, and elsewhere those that it finds at its three stages.
LASTING = [
    *((broken, "records") for broken in BROKEN if broken not in SLOW),
    *((broken, where) for broken in ("503", "cut", "html") for where in WHERE if where != "records"),
]


@pytest.mark.parametrize(("broken", "where"), LASTING)
async def test_a_fault_that_lasts_moves_nothing_and_loses_nothing(world, records, broken, where):
    world.rehearsal.fail_next(BROKEN[broken], times=10_000, when=WHERE[where])
    before = watermark(world)
    for today in (DAY_2, DAY_3):
        assert await look(world, today, records["paused"], records["new"]) == WatchOutcome.PARTIAL
        assert watermark(world) == before
        no_false_news(world)
    world.rehearsal.heal()
    assert await look(world) == WatchOutcome.DONE
    assert watermark(world) == DAY_3
    all_is_told_once(world)


@pytest.mark.parametrize(
    ("broken", "where"),
    [*(("silence", where) for where in ("version", "records", "condition")), ("drip", "records")],
)
async def test_an_answer_that_never_comes_is_not_waited_for(world, records, broken, where):
    world.rehearsal.fail_next(BROKEN[broken], times=6, when=WHERE[where])
    before = watermark(world)
    assert await look(world, DAY_2, records["paused"], records["new"]) == WatchOutcome.PARTIAL
    assert watermark(world) == before
    no_false_news(world)
    assert await look(world) == WatchOutcome.DONE
    all_is_told_once(world)


@pytest.mark.parametrize("broken", [name for name in BROKEN if name != "400"])
async def test_a_fault_that_passes_is_not_noticed(world, records, broken):
    for where in ("version", "sweep", "records", "condition"):
        world.rehearsal.fail_next(BROKEN[broken], when=WHERE[where])
    assert await look(world, DAY_2, records["paused"], records["new"]) == WatchOutcome.DONE
    assert world.rehearsal.faults_left == 0
    all_is_told_once(world)


# --- answers that are whole, and wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["sweep", "records", "condition"])
async def test_an_empty_answer_where_there_was_much_is_a_fault(world, records, where):
    world.rehearsal.fail_next(empty(), times=10_000, when=WHERE[where])
    before = watermark(world)
    for today in (DAY_2, DAY_3):
        assert await look(world, today, records["paused"], records["new"]) == WatchOutcome.PARTIAL
        assert watermark(world) == before
        no_false_news(world)
    world.rehearsal.heal()
    assert await look(world) == WatchOutcome.DONE
    all_is_told_once(world)


async def test_studies_that_are_all_gone_at_once_have_not_left(world, records):
    """Neither by the list nor one by one, on as many days as it may be: it is the registry that is not well."""

    def of_records(request):
        return of_ids(request) or faults.of_one_study(request)

    async def gone(request, _answer):
        return NOTHING if of_ids(request) else Response("NCT number not found", 404)

    world.rehearsal.fail_next(gone, times=10_000, when=of_records)
    for today in (DAY_2, DAY_3, DAY_4):
        assert await look(world, today, records["paused"], records["new"]) == WatchOutcome.PARTIAL
        no_false_news(world)
    world.rehearsal.heal()
    assert await look(world) == WatchOutcome.DONE
    all_is_told_once(world)


async def test_one_study_that_the_list_forgot_is_read_by_itself(sqlite, records):
    async with a_day(sqlite, records, followed=FOLLOWED[:1]) as world:
        world.rehearsal.fail_next(empty(), when=of_ids)
        assert await look(world, DAY_2, records["paused"], records["new"]) == WatchOutcome.DONE
        all_is_told_once(world)


async def test_a_list_of_few_that_comes_back_empty_loses_nothing(sqlite, records):
    """It may be so, and stops nobody; but what was new meanwhile is told when the list comes back."""
    few = {**records, "before": records["before"][:33]}
    async with a_day(sqlite, few, followed=FOLLOWED[:1]) as world:
        world.rehearsal.fail_next(empty(), times=10_000, when=of_condition)
        older = under("NCT93000002", TOPIC, first_posted="2020-01-11", updated="2027-01-12")
        assert await look(world, DAY_2, older) == WatchOutcome.DONE
        for today in ("2027-01-15T09:00:05", "2027-01-16T09:00:05", "2027-01-18T09:00:05"):
            assert await look(world, today) == WatchOutcome.DONE
        assert world.kinds() == []
        world.rehearsal.heal()
        await look(world, "2027-01-19T09:00:05")
        assert world.kinds() == ["now_listed"]


async def test_a_list_that_stays_short_for_a_week_of_data_is_believed(world):
    for nct_id in LISTED:
        world.rehearsal.remove(nct_id)
    days = [f"2027-01-{day}T09:00:05" for day in (13, 14, 15, 18, 19)]
    assert [await look(world, today) for today in days] == [WatchOutcome.PARTIAL] * 4 + [WatchOutcome.DONE]
    assert world.kinds() == []


@pytest.mark.parametrize("where", ["sweep", "records", "condition"])
async def test_a_page_that_is_missing_is_noticed(world, records, where):
    world.rehearsal.fail_next(
        last_page(), when=lambda request: faults.of_later_page(request) and WHERE[where](request)
    )
    before = watermark(world)
    if await look(world, DAY_2, records["paused"], records["new"]) == WatchOutcome.PARTIAL:
        assert watermark(world) == before
        no_false_news(world)
        assert await look(world) == WatchOutcome.DONE
    assert world.rehearsal.faults_left == 0
    all_is_told_once(world)


async def test_a_page_that_comes_twice_is_noticed(world, records):
    world.rehearsal.repeat_page()
    before = watermark(world)
    assert await look(world, DAY_2, records["paused"], records["new"]) == WatchOutcome.PARTIAL
    assert watermark(world) == before
    no_false_news(world)
    assert await look(world) == WatchOutcome.DONE
    all_is_told_once(world)


@pytest.mark.parametrize("moves", [1, 2])
async def test_data_that_moves_under_a_walk_is_read_anew(world, records, moves):
    for today in (DAY_3, DAY_4)[:moves]:
        world.rehearsal.move_data_during_walk(today, [records["new"]])
    assert await look(world, DAY_2, records["paused"]) == WatchOutcome.DONE
    assert watermark(world) == (DAY_3, DAY_4)[moves - 1]
    all_is_told_once(world)


async def test_data_that_never_stands_still_is_left_for_the_next_pass(world, records):
    for hour in range(10, 16):
        world.rehearsal.move_data_during_walk(f"2027-01-13T{hour}:00:00", [records["new"]])
    before = watermark(world)
    assert await look(world, DAY_2, records["paused"]) == WatchOutcome.PARTIAL
    assert watermark(world) == before
    world.rehearsal.heal()
    assert await look(world) == WatchOutcome.DONE
    all_is_told_once(world)


# --- time that goes backwards -----------------------------------------------------------------------------------


async def test_data_that_goes_back_is_not_news(world, records):
    """A copy of the registry that lags behind answers with yesterday's records."""
    assert await look(world, DAY_3, records["paused"], records["new"]) == WatchOutcome.DONE
    for _ in range(2):
        assert await look(world, DAY_2, records["before"][0]) == WatchOutcome.PARTIAL
        assert watermark(world) == DAY_3
    assert await look(world, DAY_4, records["paused"]) == WatchOutcome.DONE
    all_is_told_once(world)


async def test_data_that_goes_back_under_a_walk_is_not_news(world, records):
    world.rehearsal.move_data_during_walk(DAY_1, records["before"])
    assert await look(world, DAY_3, records["paused"], records["new"]) == WatchOutcome.PARTIAL
    assert await look(world) == WatchOutcome.PARTIAL
    assert world.kinds() == []
    assert await look(world, DAY_4, records["paused"]) == WatchOutcome.DONE
    all_is_told_once(world)


async def test_older_data_than_a_pass_stored_that_did_not_end_is_not_news(world, records):
    world.rehearsal.fail_next(faults.status(503), times=6, when=of_condition)
    assert await look(world, DAY_3, records["paused"], records["new"]) == WatchOutcome.PARTIAL
    assert world.kinds() == ["status_paused"]
    assert await look(world, DAY_2, records["before"][0]) == WatchOutcome.PARTIAL
    assert await look(world, DAY_4, records["paused"]) == WatchOutcome.DONE
    all_is_told_once(world)


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(days=40), timedelta(days=4000)])
async def test_our_clock_may_go_back(world, records, back):
    world.clock.move(-back)
    assert await look(world, DAY_2, records["paused"], records["new"]) == WatchOutcome.DONE
    all_is_told_once(world)
    world.clock.move(2 * back)
    assert await look(world) == WatchOutcome.UNCHANGED
    all_is_told_once(world)


async def test_a_list_walked_by_a_clock_of_the_future_is_walked_again(world):
    world.clock.move(-timedelta(days=4000))
    await look(world, DAY_2)
    pages = [asked for _, asked in world.rehearsal.requests if "query.cond" in asked]
    assert len(pages) == 2  # of thirteen each: the whole list, although nothing in it was updated lately


async def test_what_was_told_is_what_was_stored(world, records):
    """A pass that was given up half way leaves no change behind that nobody is told of."""
    world.rehearsal.fail_next(faults.status(503), times=6, when=faults.of_later_page)
    assert await look(world, DAY_2, records["paused"], records["new"]) == WatchOutcome.PARTIAL
    assert len(world.rows(ChangeRow)) == len(world.rows(NoticeRow)) == 0


async def test_a_new_study_whose_record_is_late_is_told_when_it_comes(sqlite, records):
    """The search lists it, its record is not there yet, for longer than a look back reaches."""
    async with a_day(sqlite, records, followed=FOLLOWED[:1]) as world:

        async def gone(request, answer):
            if NEW not in str(request.url):
                return await answer()
            return Response("NCT number not found", 404) if not of_ids(request) else NOTHING

        late = under(NEW, TOPIC, first_posted="2020-01-11", updated="2027-01-12")
        world.rehearsal.fail_next(
            gone, times=10_000, when=lambda request: of_ids(request) or faults.of_one_study(request)
        )
        for today in (DAY_2, "2027-01-15T09:00:05", "2027-01-16T09:00:05", "2027-01-18T09:00:05"):
            assert await look(world, today, late) == WatchOutcome.DONE
        assert world.kinds() == []
        world.rehearsal.heal()
        assert await look(world, "2027-01-19T09:00:05") == WatchOutcome.DONE
        assert world.kinds() == ["now_listed"]
