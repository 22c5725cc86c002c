"""The registry of the rehearsal misbehaves on demand, and can be asked over loopback."""

import asyncio
import json
import signal

import httpx
import pytest

from notifier.demo import day
from notifier.demo.registry import serving
from tests import faults
from tests.faults import FaultyRegistry

STUDIES = "/api/v2/studies"


@pytest.fixture
def registry():
    return FaultyRegistry(day.baseline(), day.BASELINE)


async def ask(registry, path=STUDIES, /, **parameters):
    transport = httpx.ASGITransport(registry.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://registry", trust_env=False) as client:
        return await client.get(path, params=parameters)


async def walk(registry, **parameters):
    pages, token = [], {}
    while True:
        page = (await ask(registry, **parameters, **token)).json()
        pages.append([study["protocolSection"]["identificationModule"]["nctId"] for study in page["studies"]])
        if "nextPageToken" not in page:
            return pages
        token = {"pageToken": page["nextPageToken"]}


# --- Faults ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [403, 429, 500, 503])
async def test_a_status_strikes_as_often_as_it_is_told(registry, code):
    registry.fail_next(faults.status(code), times=2)
    assert [(await ask(registry)).status_code for _ in range(3)] == [code, code, 200]
    assert registry.faults_left == 0


async def test_a_429_says_how_long_to_wait_if_told(registry):
    registry.fail_next(faults.status(429))
    registry.fail_next(faults.status(429, retry_after=7))
    assert [(await ask(registry)).headers.get("retry-after") for _ in range(2)] == [None, "7"]


async def test_a_fault_waits_for_the_request_that_it_is_meant_for(registry):
    registry.fail_next(faults.status(503), when=faults.of_one_study)
    registry.fail_next(faults.status(500), when=faults.of_version)
    assert (await ask(registry)).status_code == 200
    assert (await ask(registry, "/api/v2/version")).status_code == 500
    assert (await ask(registry, f"{STUDIES}/{day.DUCHENNE}")).status_code == 503


async def test_healing_forgets_what_was_armed(registry):
    registry.fail_next(faults.status(503), times=5, when=faults.of_studies)
    registry.heal()
    assert (await ask(registry)).status_code == 200


async def test_no_answer_lasts_until_the_asker_gives_up(registry):
    registry.fail_next(faults.no_answer())
    asking = asyncio.ensure_future(ask(registry))
    done, _ = await asyncio.wait({asking}, timeout=0.02)
    asking.cancel()
    assert not done
    assert (await ask(registry)).status_code == 200


async def test_a_cut_body_is_no_json(registry):
    registry.fail_next(faults.cut_body())
    answer = await ask(registry)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_a_page_for_people_comes_under_200(registry):
    registry.fail_next(faults.html_page())
    answer = await ask(registry)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html")


async def test_a_repeated_page_comes_twice_and_then_the_walk_goes_on(registry):
    registry.repeat_page()
    pages = await walk(registry, pageSize=2)
    assert pages[0] == pages[1]
    assert len({nct_id for page in pages for nct_id in page}) == 7
    assert [len(page) for page in pages] == [2, 2, 2, 2, 1]


async def test_data_that_move_during_a_walk_kill_its_token(registry):
    registry.move_data_during_walk(day.NEXT_DAY, day.next_day())
    token = (await ask(registry, pageSize=2)).json()["nextPageToken"]
    dead = await ask(registry, pageSize=2, pageToken=token)
    assert (dead.status_code, dead.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert (await ask(registry, "/api/v2/version")).json()["dataTimestamp"] == day.NEXT_DAY
    assert len((await ask(registry)).json()["studies"]) == 8


# --- Over loopback ---------------------------------------------------------------------------------------------


async def test_a_round_trip_over_loopback_is_compressed_and_leaves_signals_alone(registry):
    handler = signal.getsignal(signal.SIGINT)
    async with serving(registry.app) as base_url, httpx.AsyncClient(trust_env=False) as client:
        assert signal.getsignal(signal.SIGINT) is handler
        answer = await client.get(f"{base_url}{STUDIES}", headers={"Accept-Encoding": "gzip"})
        version = await client.get(f"{base_url}/api/v2/version")
    assert base_url.startswith("http://127.0.0.1:")
    assert answer.headers["content-encoding"] == "gzip"
    assert (len(answer.json()["studies"]), version.status_code) == (7, 200)


async def test_a_client_that_waits_in_vain_times_out_and_the_server_still_closes(registry):
    registry.fail_next(faults.no_answer())
    async with serving(registry.app) as base_url, httpx.AsyncClient(timeout=0.05, trust_env=False) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"{base_url}{STUDIES}")
        assert (await client.get(f"{base_url}{STUDIES}", timeout=5)).status_code == 200


async def test_a_closed_server_gives_its_port_back(registry):
    async with serving(registry.app) as base_url:
        port = int(base_url.rpartition(":")[2])
    async with serving(registry.app, port) as again:
        assert again == base_url


async def test_a_port_that_is_taken_is_an_error(registry):
    async with serving(registry.app) as base_url:
        with pytest.raises(OSError, match="in use"):
            async with serving(registry.app, int(base_url.rpartition(":")[2])):
                pass


async def test_an_error_inside_the_block_comes_out_as_itself(registry):
    with pytest.raises(ZeroDivisionError):
        async with serving(registry.app):
            raise ZeroDivisionError
