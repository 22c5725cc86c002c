"""The demo's studies: made up, in the registry's format, and moving as the demo tells."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from notifier.demo import day
from notifier.demo.registry import paths
from tests.faults import FaultyRegistry

DAYS = [day.baseline, day.next_day, day.day_after]


def by_id(records):
    return {record["protocolSection"]["identificationModule"]["nctId"]: record for record in records}


def leaves(node, path="") -> Iterator[tuple[str, str]]:
    """Every (dotted path, value) of a record, lists counted by place."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    if items is None:
        yield path, node
        return
    for key, value in items:
        yield from leaves(value, f"{path}.{key}" if path else str(key))


def moved(before, after):
    """The leaves that differ, without the dates that every update moves."""
    old, new = dict(leaves(before)), dict(leaves(after))
    differ = {path for path in old | new if old.get(path) != new.get(path)}
    return {path for path in differ if not re.search("statusVerified|lastUpdate|versionHolder", path)}


async def found(registry, **parameters):
    transport = httpx.ASGITransport(registry.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://registry", trust_env=False) as client:
        answer = await client.get("/api/v2/studies", params={"pageSize": 100, **parameters})
    return set(by_id(answer.json()["studies"]))


@pytest.fixture
def registry():
    return FaultyRegistry(day.baseline(), day.BASELINE)


def test_the_first_day_has_seven_studies():
    assert set(by_id(day.baseline())) == {
        day.BLOOD_TEST,
        day.FOCUSED_RADIOTHERAPY,
        day.EXERCISE,
        day.HEART_TRACER,
        day.DUCHENNE,
        day.BREATHING,
        day.REMINDERS,
    }


@pytest.mark.parametrize("records_of", DAYS)
def test_every_path_is_one_of_the_registrys(records_of):
    known = set(paths().values())
    used = {re.sub(r"\.\d+", "", path) for record in records_of() for path, _ in leaves(record)}
    assert {path for path in used if not path.endswith(("geoPoint.lat", "geoPoint.lon"))} <= known


@pytest.mark.parametrize("records_of", DAYS)
def test_nothing_in_them_can_be_taken_for_real(records_of):
    text = json.dumps(records_of())
    assert set(re.findall(r"NCT\d+", text)) == set(by_id(records_of()))
    assert all(nct_id.startswith("NCT9") for nct_id in by_id(records_of()))
    assert set(re.findall(r"@([\w.-]+)", text)) <= {"example.org"}


def test_no_id_is_one_of_a_real_record():
    file = Path(__file__).parents[3] / "shared" / "registry" / "studies.jsonl.gz"
    if not file.exists():
        pytest.skip("the real records are not on this machine")
    real = set(re.findall(rb"NCT9\d{7}", gzip.decompress(file.read_bytes())))
    assert not real & {nct_id.encode() for nct_id in by_id([*day.baseline(), *day.next_day()])}


@pytest.mark.parametrize(
    ("records_of", "date"), [(day.next_day, "2027-01-12"), (day.day_after, "2027-01-13")]
)
def test_what_changed_was_posted_on_its_day(records_of, date):
    status = [record["protocolSection"]["statusModule"] for record in records_of()]
    assert {module["lastUpdatePostDateStruct"]["date"] for module in status} == {date}
    assert all(module["lastUpdateSubmitDate"] < date for module in status)


def test_the_next_day_one_begins_one_grows_and_one_is_only_verified():
    before, after = by_id(day.baseline()), by_id(day.next_day())
    changed = {nct_id: moved(before[nct_id], after[nct_id]) for nct_id in before.keys() & after.keys()}
    places = "protocolSection.contactsLocationsModule.locations"
    assert "protocolSection.statusModule.overallStatus" in changed[day.BLOOD_TEST]
    assert {path.rsplit(".", 2)[0] for path in changed[day.FOCUSED_RADIOTHERAPY]} <= {places, f"{places}.5"}
    assert changed[day.EXERCISE] == set()
    assert set(changed) == {day.BLOOD_TEST, day.FOCUSED_RADIOTHERAPY, day.EXERCISE}


async def test_the_new_study_appears_under_the_condition_on_its_first_day(registry):
    assert await found(registry, **{"query.cond": day.CONDITION}) == {
        day.BLOOD_TEST,
        day.FOCUSED_RADIOTHERAPY,
    }
    registry.publish(day.next_day(), day.NEXT_DAY)
    posted = {"filter.advanced": "AREA[StudyFirstPostDate]RANGE[2027-01-12,MAX]"}
    assert await found(registry, **{"query.cond": day.CONDITION}, **posted) == {day.EVERY_SPOT}


async def test_the_updates_of_each_day_are_what_its_sweep_finds(registry):
    for records, timestamp in ((day.next_day(), day.NEXT_DAY), (day.day_after(), day.DAY_AFTER)):
        registry.publish(records, timestamp)
        sweep = f"AREA[LastUpdatePostDate]RANGE[{timestamp[:10]},MAX]"
        assert await found(registry, **{"query.term": sweep}) == set(by_id(records))
