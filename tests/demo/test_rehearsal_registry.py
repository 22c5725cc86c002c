"""The registry of the rehearsal answers as the real one does, as far as its description and its watchers tell."""

import gzip
import json
import signal
from pathlib import Path

import httpx
import pytest
from factories import a_record as full_record

from notifier.demo.registry import serving
from tests import faults
from tests.faults import FaultyRegistry

TIMESTAMP = "2026-03-25T09:00:05"
STUDIES = "/api/v2/studies"


def a_record(number, *, title="A study", conditions=("Asthma",), updated="2026-03-01", posted="2026-01-01"):
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08d}", "briefTitle": title},
            "statusModule": {
                "overallStatus": "RECRUITING",
                "studyFirstPostDateStruct": {"date": posted, "type": "ACTUAL"},
                "lastUpdatePostDateStruct": {"date": updated, "type": "ACTUAL"},
            },
            "conditionsModule": {"conditions": list(conditions), "keywords": ["lungs"]},
            "contactsLocationsModule": {
                "locations": [{"facility": "North", "city": "Oslo"}, {"facility": "South"}]
            },
        },
        "derivedSection": {"conditionBrowseModule": {"meshes": [{"id": "D1", "term": "Chest Diseases"}]}},
        "hasResults": False,
    }


def registry_of(*records, timestamp=TIMESTAMP):
    return FaultyRegistry(records or [a_record(n) for n in range(1, 6)], timestamp)


@pytest.fixture
def registry():
    return registry_of()


def client_of(registry):
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(registry.app), base_url="http://registry", trust_env=False
    )


async def ask(registry, path=STUDIES, /, **parameters):
    async with client_of(registry) as client:
        return await client.get(
            path, params={key.replace("__", "."): value for key, value in parameters.items()}
        )


def ids_of(page):
    return [study["protocolSection"]["identificationModule"]["nctId"] for study in page["studies"]]


async def found(registry, **parameters):
    answer = await ask(registry, pageSize=1000, **parameters)
    assert answer.status_code == 200, answer.text
    return sorted(int(nct_id[3:]) for nct_id in ids_of(answer.json()))


async def refusal(registry, path=STUDIES, /, **parameters):
    """The body of a 400, which is plain text."""
    answer = await ask(registry, path, **parameters)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    return answer.text


# --- Version and days ------------------------------------------------------------------------------------------


async def test_version_tells_the_data_timestamp(registry):
    answer = await ask(registry, "/api/v2/version")
    assert answer.json() == {"apiVersion": "2.0.5", "dataTimestamp": TIMESTAMP}


async def test_publish_replaces_inserts_and_moves_every_version_holder(registry):
    registry.publish([a_record(1, title="Renamed"), a_record(9)], "2026-03-26T09:00:04")
    studies = (await ask(registry, pageSize=100)).json()["studies"]
    assert await found(registry) == [1, 2, 3, 4, 5, 9]
    assert {study["derivedSection"]["miscInfoModule"]["versionHolder"] for study in studies} == {"2026-03-26"}
    assert (
        registry.record("NCT00000001")["protocolSection"]["identificationModule"]["briefTitle"] == "Renamed"
    )


# --- Single studies --------------------------------------------------------------------------------------------


async def test_one_study_whole_and_in_part(registry):
    whole = await ask(registry, f"{STUDIES}/nct001")
    part = await ask(registry, f"{STUDIES}/NCT00000001", fields="NCTId")
    assert whole.json() == registry.record("NCT00000001")
    assert part.json() == {"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}}


async def test_an_unknown_study_is_404_in_plain_text_and_a_malformed_id_400(registry):
    unknown = await ask(registry, f"{STUDIES}/NCT00000099")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "text/plain; charset=utf-8")
    assert "incorrect format" in await refusal(registry, f"{STUDIES}/NCT0")


# --- Pages -----------------------------------------------------------------------------------------------------


async def walk(registry, **parameters):
    pages, token = [], {}
    while True:
        page = (await ask(registry, **parameters, **token)).json()
        pages.append(page)
        if "nextPageToken" not in page:
            return pages
        token = {"pageToken": page["nextPageToken"]}


async def test_a_walk_shows_every_study_once(registry):
    pages = await walk(registry, pageSize=2)
    assert [len(page["studies"]) for page in pages] == [2, 2, 1]
    assert sorted(nct_id for page in pages for nct_id in ids_of(page)) == [
        f"NCT0000000{n}" for n in range(1, 6)
    ]


async def test_a_page_filled_exactly_still_has_a_token_and_the_next_is_empty(registry):
    pages = await walk(registry, pageSize=5)
    assert [len(page["studies"]) for page in pages] == [5, 0]


async def test_the_total_is_counted_on_the_first_page_only(registry):
    pages = await walk(registry, pageSize=2, countTotal="true", query__cond="asthma")
    assert [page.get("totalCount") for page in pages] == [5, None, None]


@pytest.mark.parametrize(("asked", "given"), [(None, 10), (0, 10), (12, 12), (5000, 1000)])
async def test_page_size_has_a_default_and_a_ceiling(asked, given):
    registry = registry_of(*(a_record(n) for n in range(1, 1003)))
    page = (await ask(registry, **({} if asked is None else {"pageSize": asked}), fields="NCTId")).json()
    assert len(page["studies"]) == given


async def test_a_token_serves_other_page_sizes_but_no_other_question(registry):
    token = (await ask(registry, pageSize=2, query__cond="asthma")).json()["nextPageToken"]
    longer = await ask(registry, pageSize=100, query__cond="asthma", pageToken=token)
    assert len(longer.json()["studies"]) == 3
    assert "pageToken" in await refusal(registry, query__cond="lungs", pageToken=token)


@pytest.mark.parametrize("token", ["", "abracadabra", "MiAx", "ÿ"])
async def test_a_wrong_token_is_refused(registry, token):
    assert "pageToken" in await refusal(registry, pageToken=token)


async def test_a_token_dies_with_its_data(registry):
    token = (await ask(registry, pageSize=2)).json()["nextPageToken"]
    registry.publish([], "2026-03-26T09:00:05")
    assert "pageToken" in await refusal(registry, pageSize=2, pageToken=token)


async def test_the_unsorted_order_is_another_one_every_day():
    records = [a_record(n) for n in range(1, 30)]
    one, other = (
        registry_of(*records, timestamp=day) for day in ("2026-03-25T09:00:05", "2026-03-26T09:00:05")
    )
    first, second = [ids_of((await ask(registry, pageSize=50)).json()) for registry in (one, other)]
    assert first != second
    assert sorted(first) == sorted(second)


# --- Fields and order ------------------------------------------------------------------------------------------


async def test_fields_take_pieces_branches_and_paths(registry):
    answer = await ask(
        registry,
        pageSize=1,
        fields="HasResults|LocationFacility,ConditionsModule, protocolSection.statusModule.overallStatus",
    )
    assert answer.json()["studies"] == [
        {
            "protocolSection": {
                "statusModule": {"overallStatus": "RECRUITING"},
                "conditionsModule": {"conditions": ["Asthma"], "keywords": ["lungs"]},
                "contactsLocationsModule": {"locations": [{"facility": "North"}, {"facility": "South"}]},
            },
            "hasResults": False,
        }
    ]


async def test_a_branch_asked_for_with_one_of_its_leaves_stays_whole(registry):
    answer = await ask(registry, pageSize=1, fields="BriefTitle,IdentificationModule")
    (study,) = answer.json()["studies"]
    assert set(study["protocolSection"]["identificationModule"]) == {"nctId", "briefTitle"}


async def test_a_field_that_a_study_lacks_is_left_out(registry):
    (study,) = (await ask(registry, pageSize=1, fields="Acronym,ResultsSection")).json()["studies"]
    assert study == {}


@pytest.mark.parametrize("name", ["StudyDesign", "nctid", ""])
async def test_a_wrong_field_name_is_refused(registry, name):
    expected = f"Parameter 'fields' contains invalid field name: '{name}'"
    assert await refusal(registry, fields=f"NCTId,{name}") == expected


async def test_the_newest_update_comes_first_and_what_has_no_date_last():
    bare = a_record(1)
    del bare["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"]
    registry = registry_of(bare, a_record(2, updated="2026-03-01"), a_record(3, updated="2026-03-02"))
    answer = await ask(registry, sort="LastUpdatePostDate:desc")
    assert [nct_id[-1] for nct_id in ids_of(answer.json())] == ["3", "2", "1"]
    assert "sort" in await refusal(registry, sort="LastUpdatePostDate:asc")


# --- Search ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ids", ["NCT00000002,NCT00000004", "nct2|nct004", "NCT2, NCT4 | NCT77"])
async def test_filter_ids_takes_a_list_in_any_form(registry, ids):
    assert await found(registry, filter__ids=ids) == [2, 4]


@pytest.mark.parametrize("wrong", ["XYZ", "NCT0", "NCT123456789", "00000001"])
async def test_one_malformed_id_spoils_the_list(registry, wrong):
    expected = f"filter.ids has incorrect format for value {wrong}"
    assert await refusal(registry, filter__ids=f"NCT00000001,{wrong}") == expected


@pytest.mark.parametrize("parameter", ["query.term", "filter.advanced"])
async def test_both_expert_parameters_take_date_ranges(registry, parameter):
    registry.publish([a_record(5, updated="2026-04-01")], TIMESTAMP)
    assert await found(registry, **{parameter: "AREA[LastUpdatePostDate]RANGE[2026-04-01,MAX]"}) == [5]


async def test_condition_filter_and_ids_narrow_one_another(registry):
    registry.publish([a_record(5, updated="2026-04-01"), a_record(6, updated="2026-04-01")], TIMESTAMP)
    since = "AREA[LastUpdatePostDate]RANGE[2026-03-20,MAX]"
    assert await found(registry, query__cond="asthma", filter__advanced=since, filter__ids="nct1,nct5") == [5]


@pytest.mark.parametrize(
    ("parameter", "box"),
    [
        ("query.cond", "Conditions or disease"),
        ("query.term", "Other terms"),
        ("filter.advanced", "advanced filter"),
    ],
)
async def test_a_question_that_cannot_be_read_is_refused_by_the_name_of_its_box(registry, parameter, box):
    expected = f"Error parsing query in {box}: no viable alternative at input 'cancer)'"
    assert await refusal(registry, **{parameter: "cancer)"}) == expected


@pytest.mark.parametrize(
    ("path", "parameters", "why"),
    [
        (STUDIES, {"query.recrs": "OPEN"}, "`query.recrs` is unknown parameter"),
        (f"{STUDIES}/nct1", {"pageSize": "1"}, "`pageSize` is unknown parameter"),
        ("/api/v2/version", {"x": "1"}, "`x` is unknown parameter"),
        (STUDIES, {"format": "csv"}, "`format` is unknown parameter"),
        (STUDIES, {"pageSize": "-1"}, "Invalid value in parameter `pageSize`: `-1`"),
    ],
)
async def test_unknown_parameters_and_values_are_refused(registry, path, parameters, why):
    assert await refusal(registry, path, **parameters) == why


# --- Real records -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["made", "real"])
async def test_records_are_served_and_cut_by_every_field_they_have(kind):
    """Whatever path a record has is a field that can be asked for, and comes back whole."""
    file = Path(__file__).parents[3] / "shared" / "registry" / "pages" / "hundred_studies.json.gz"
    if kind == "made":
        records = [full_record(identificationModule__nctId=f"NCT9000{n:04d}") for n in range(20)]
    elif not file.exists():
        pytest.skip("the real records are not on this machine")
    else:
        records = json.loads(gzip.decompress(file.read_bytes()))["studies"][:20]
    registry = FaultyRegistry(records, TIMESTAMP)
    whole = (await ask(registry, pageSize=20)).json()["studies"]
    parts = (
        await ask(
            registry,
            pageSize=20,
            fields="ProtocolSection,ResultsSection,DerivedSection,DocumentSection,AnnotationSection,HasResults",
        )
    ).json()["studies"]
    assert len(whole) == 20
    assert whole == parts


# --- Over loopback ---------------------------------------------------------------------------------------------


async def test_a_round_trip_over_loopback_is_compressed_and_leaves_signals_alone(registry):
    handler = signal.getsignal(signal.SIGINT)
    async with serving(registry.app) as base_url, httpx.AsyncClient(trust_env=False) as client:
        assert signal.getsignal(signal.SIGINT) is handler
        answer = await client.get(f"{base_url}{STUDIES}", headers={"Accept-Encoding": "gzip"})
        version = await client.get(f"{base_url}/api/v2/version")
    assert base_url.startswith("http://127.0.0.1:")
    assert answer.headers["content-encoding"] == "gzip"
    assert (len(answer.json()["studies"]), version.status_code) == (5, 200)


async def test_a_client_that_waits_in_vain_times_out_and_the_server_still_closes(registry):
    registry.fail_next(faults.no_answer())
    async with serving(registry.app) as base_url, httpx.AsyncClient(timeout=0.05, trust_env=False) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"{base_url}{STUDIES}")
        assert (await client.get(f"{base_url}{STUDIES}", timeout=5)).status_code == 200


async def test_a_port_that_is_taken_is_an_error(registry):
    async with serving(registry.app) as base_url:
        with pytest.raises(OSError, match="in use"):
            async with serving(registry.app, int(base_url.rpartition(":")[2])):
                pass
