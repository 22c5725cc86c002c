import asyncio
import gzip
import json
import tracemalloc
import zlib
from contextlib import suppress
from datetime import date
from itertools import count

import httpx
import pytest
from structlog.testing import capture_logs

from notifier import __version__
from notifier.domain.study import Same, content_digest
from notifier.errors import (
    DataMoved,
    InputError,
    NctIdError,
    RecordUnreadable,
    RegistryRefused,
    RegistryUnavailable,
    SettingsError,
)
from notifier.sources.clinicaltrials_gov import DataVersion, Gone, Pacer, Registry, StudyMoved, open_client
from tests.faults import FaultyRegistry

BASE = "https://registry.test/api/v2"
DAY = date(2026, 3, 10)
CUT_GZIP = gzip.compress(b'{"studies": [' + b" " * 10_000 + b"]}")[:-12]
VERSION = {"apiVersion": "2.0.5", "dataTimestamp": "2026-03-25T09:00:05"}


def study_json(nct_id, *, updated="2026-03-11", title="A study", aliases=()):
    ids = {"nctId": nct_id, "briefTitle": title} | ({"nctIdAliases": list(aliases)} if aliases else {})
    status = {
        "overallStatus": "RECRUITING",
        "studyFirstPostDateStruct": {"date": "2026-01-02", "type": "ACTUAL"},
        "lastUpdatePostDateStruct": {"date": updated, "type": "ACTUAL"},
    }
    return {"protocolSection": {"identificationModule": ids, "statusModule": status}}


def page(*studies, token=None, total=None, **more):
    body = {"studies": list(studies), **more}
    if token:
        body["nextPageToken"] = token
    if total is not None:
        body["totalCount"] = total
    return httpx.Response(200, json=body)


def text(status, words="", **headers):
    return httpx.Response(status, text=words, headers={k.replace("_", "-"): v for k, v in headers.items()})


def answer_of(body, **headers):
    """An answer whose body is read, and unpacked, by nobody but the client."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(200, stream=httpx.ByteStream(body), headers=named)


class Wire(httpx.MockTransport):
    """What answers comes as it does from a network: in bytes that nobody has read or unpacked."""

    async def handle_async_request(self, request):
        answer = await super().handle_async_request(request)
        if answer.is_stream_consumed:
            body, headers = answer.content, answer.headers
            return httpx.Response(answer.status_code, headers=headers, stream=httpx.ByteStream(body))
        return answer


class Script:
    """Answers one request after the other, and keeps what was asked; the last answer goes on for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def __call__(self, request):
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        made = answer(request) if callable(answer) else answer
        # A response can be read once only, so each request gets its own.
        return httpx.Response(made.status_code, headers=made.headers, stream=made.stream)

    def params(self, number=0):
        return dict(self.asked[number].url.params)


class Waits:
    """Keeps how long it was asked to wait, and waits not at all."""

    def __init__(self):
        self.seconds = []

    async def __call__(self, seconds):
        self.seconds.append(seconds)


def registry_of(handler, *, waits=None, **options):
    client = open_client(BASE, transport=Wire(handler))
    return Registry(client, pacer=Pacer(1e9), sleep=waits or Waits(), **options)


# What it says of itself, and where it asks


async def test_the_user_agent_keeps_the_token_of_httpx():
    async with open_client(BASE, contact="https://example.org/about") as client:
        agent = client.headers["User-Agent"]
    assert (
        agent == f"trial-notifier/{__version__} (+https://example.org/about) python-httpx/{httpx.__version__}"
    )


async def test_the_user_agent_can_be_replaced_whole():
    script = Script(httpx.Response(200, json=VERSION))
    client = open_client(BASE, user_agent_override="mine/1 python-httpx/9", transport=Wire(script))
    await Registry(client, pacer=Pacer(1e9)).version()
    assert script.asked[0].headers["User-Agent"] == "mine/1 python-httpx/9"


def test_a_user_agent_that_no_header_can_hold_is_refused():
    with pytest.raises(SettingsError, match="NOTIFIER_REGISTRY_USER_AGENT"):
        open_client(BASE, user_agent_override="mine\r\nX-Evil: 1")


@pytest.mark.parametrize("base", [BASE, BASE + "/"])
async def test_paths_are_joined_to_the_base(base):
    script = Script(httpx.Response(200, json=VERSION))
    client = open_client(base, transport=Wire(script))
    await Registry(client, pacer=Pacer(1e9)).version()
    assert str(script.asked[0].url) == BASE + "/version"


# The data version


async def test_the_version_is_told_and_noted():
    registry = registry_of(Script(httpx.Response(200, json=VERSION)))
    assert await registry.version() == DataVersion("2026-03-25T09:00:05")
    assert (registry.data_timestamp, registry.requests) == ("2026-03-25T09:00:05", 1)


@pytest.mark.parametrize(
    "body",
    [{}, {"apiVersion": "2.0.5"}, {"dataTimestamp": 5}, {"dataTimestamp": "soon"}, {"dataTimestamp": ""}, []],
)
async def test_a_version_of_another_shape_is_no_answer(body):
    registry = registry_of(Script(httpx.Response(200, json=body)), tries=2)
    with pytest.raises(RegistryUnavailable, match="asked for its data version"):
        await registry.version()
    assert registry.data_timestamp is None


# The sweep


async def test_the_sweep_asks_for_headers_since_a_day():
    script = Script(page(study_json("NCT00000001")))
    headers = await registry_of(script).updated_since(DAY)
    assert [(h.nct_id, h.study_first_post_date, h.last_update_post_date) for h in headers] == [
        ("NCT00000001", "2026-01-02", "2026-03-11")
    ]
    assert script.asked[0].url.path == "/api/v2/studies"
    assert script.params() == {
        "query.term": "AREA[LastUpdatePostDate]RANGE[2026-03-10,MAX]",
        "fields": "NCTId,StudyFirstPostDate,LastUpdatePostDate",
        "pageSize": "1000",
        "countTotal": "true",
    }


async def test_a_walk_follows_the_token_to_an_empty_last_page():
    script = Script(
        httpx.Response(200, json=VERSION),
        page(study_json("NCT00000001"), token="a+/=", total=2),
        page(study_json("NCT00000002"), token="b"),
        page(),
    )
    registry = registry_of(script)
    await registry.version()
    headers = await registry.updated_since(DAY)
    assert [header.nct_id for header in headers] == ["NCT00000001", "NCT00000002"]
    assert [script.params(n).get("pageToken") for n in (1, 2, 3)] == [None, "a+/=", "b"]
    assert registry.requests == 4


async def test_later_pages_are_asked_for_with_the_same_words():
    script = Script(httpx.Response(200, json=VERSION), page(token="a"), page())
    registry = registry_of(script)
    await registry.version()
    await registry.listed_under("flu", updated_since=None)
    first, second = script.params(1), script.params(2)
    del first["countTotal"], second["pageToken"]
    assert first == second


async def test_a_study_on_two_pages_is_told_once():
    script = Script(
        httpx.Response(200, json=VERSION),
        page(study_json("NCT00000001", updated="2026-03-12"), token="a"),
        page(study_json("NCT00000001", updated="2026-03-11")),
    )
    registry = registry_of(script)
    await registry.version()
    (header,) = await registry.updated_since(DAY)
    assert header.last_update_post_date == "2026-03-12"


async def test_an_empty_sweep_is_an_answer():
    assert await registry_of(Script(page(total=0))).updated_since(DAY) == []


async def test_a_walk_that_never_ends_is_cut():
    tokens = map(str, count())

    def answer(request):
        if request.url.path.endswith("/version"):
            return httpx.Response(200, json=VERSION)
        return page(study_json("NCT00000001"), token=next(tokens))

    registry = registry_of(Script(answer), most_pages=5)
    with pytest.raises(RegistryUnavailable, match=r"did not end .* after 5 pages"):
        await registry.updated_since(DAY)
    assert registry.requests in {3, 6}


async def test_the_same_token_twice_ends_the_walk_at_once():
    script = Script(page(token="a"), httpx.Response(200, json=VERSION), page(token="a"))
    with pytest.raises(RegistryUnavailable, match="did not end"):
        await registry_of(script).updated_since(DAY)
    assert len(script.asked) == 3


async def test_a_page_given_twice_in_place_of_another_is_noticed():
    script = Script(
        httpx.Response(200, json=VERSION),
        page(study_json("NCT00000001"), token="a", total=2),
        page(study_json("NCT00000001")),
        httpx.Response(200, json=VERSION),
    )
    registry = registry_of(script)
    await registry.version()
    with pytest.raises(RegistryUnavailable, match=r"counted 2 studies .* held 1"):
        await registry.updated_since(DAY)


async def test_pages_that_fall_short_because_the_data_moved_say_so():
    script = Script(
        httpx.Response(200, json=VERSION),
        page(study_json("NCT00000001"), total=2),
        httpx.Response(200, json=VERSION | {"dataTimestamp": "2026-03-26T09:00:05"}),
    )
    registry = registry_of(script)
    await registry.version()
    with pytest.raises(DataMoved, match="2026-03-26T09:00:05"):
        await registry.updated_since(DAY)


# The data moves under a walk


async def test_a_token_refused_after_new_data_means_begin_anew():
    moved = VERSION | {"dataTimestamp": "2026-03-26T09:00:05"}
    script = Script(
        httpx.Response(200, json=VERSION),
        page(study_json("NCT00000001"), token="a"),
        text(400, "Invalid page token"),
        httpx.Response(200, json=moved),
    )
    registry = registry_of(script)
    await registry.version()
    with capture_logs() as logs, pytest.raises(DataMoved):
        await registry.updated_since(DAY)
    assert (logs, registry.data_timestamp) == ([], "2026-03-26T09:00:05")


async def test_a_token_refused_on_the_same_data_is_our_fault():
    script = Script(
        page(study_json("NCT00000001"), token="a"),
        httpx.Response(200, json=VERSION),
        text(400, "Invalid page token"),
        httpx.Response(200, json=VERSION),
    )
    with capture_logs() as logs, pytest.raises(RegistryRefused, match="Invalid page token"):
        await registry_of(script).updated_since(DAY)
    assert [line["action"] for line in logs] == ["registry_refused"]
    assert logs[0]["asked"]["pageToken"] == "a"


# Under a condition


async def test_a_listing_is_asked_for_by_safe_words_newest_first():
    script = Script(page(study_json("NCT00000001")))
    listing = await registry_of(script).listed_under('flu OR "AREA[X]"', updated_since=DAY)
    assert (len(listing.headers), listing.whole) == (1, True)
    assert script.params() == {
        "query.cond": "flu or area X",
        "fields": "NCTId,StudyFirstPostDate,LastUpdatePostDate",
        "sort": "LastUpdatePostDate:desc",
        "pageSize": "1000",
        "countTotal": "true",
    }


def three_pages():
    return Script(
        httpx.Response(200, json=VERSION),
        page(study_json("NCT00000001", updated="2026-03-12"), token="a", total=3),
        page(study_json("NCT00000002", updated="2026-03-09"), token="b"),
        page(study_json("NCT00000003", updated="2020-01-01")),
    )


async def test_a_listing_stops_after_the_page_that_reaches_an_older_study():
    registry = registry_of(three_pages())
    await registry.version()
    listing = await registry.listed_under("flu", updated_since=DAY)
    assert ([h.nct_id for h in listing.headers], listing.whole) == (["NCT00000001", "NCT00000002"], False)


async def test_a_listing_goes_on_past_a_page_of_that_very_day():
    registry = registry_of(three_pages())
    await registry.version()
    listing = await registry.listed_under("flu", updated_since=date(2026, 3, 9))
    assert (len(listing.headers), listing.whole) == (3, True)


async def test_a_first_listing_goes_to_the_end():
    registry = registry_of(three_pages())
    await registry.version()
    listing = await registry.listed_under("flu", updated_since=None)
    assert (len(listing.headers), listing.whole) == (3, True)


async def test_a_condition_that_cannot_be_searched_for_is_never_sent():
    registry = registry_of(Script(page()))
    with pytest.raises(InputError):
        await registry.listed_under("()", updated_since=None)
    assert registry.requests == 0


# Full records


async def test_records_come_in_batches_of_a_hundred():
    def answer(request):
        return page(*map(study_json, request.url.params["filter.ids"].split(",")))

    ids = [f"NCT{n:08}" for n in range(1, 251)]
    script = Script(answer)
    records = await registry_of(script).records([*ids, ids[0]])
    assert (list(records.found), records.missing, records.unreadable) == (ids, (), ())
    assert [len(script.params(n)["filter.ids"].split(",")) for n in range(3)] == [100, 100, 50]
    assert script.params()["pageSize"] == "1000"
    assert "fields" not in script.params()


async def test_no_records_cost_no_request():
    registry = registry_of(Script(page()))
    records = await registry.records([])
    assert (records.found, registry.requests) == ({}, 0)


async def test_records_are_followed_over_pages():
    script = Script(
        page(study_json("NCT00000001"), token="a"),
        httpx.Response(200, json=VERSION),
        page(study_json("NCT00000002")),
    )
    records = await registry_of(script).records(["NCT00000001", "NCT00000002"])
    assert list(records.found) == ["NCT00000001", "NCT00000002"]


async def test_a_record_keeps_the_bytes_that_were_sent():
    body = b'{"studies": [\n' + json.dumps(study_json("NCT00000001"), indent=1).encode() + b"\n]}"
    records = await registry_of(Script(answer_of(body))).records(["NCT00000001"])
    raw = records.found["NCT00000001"].raw
    assert isinstance(raw, bytes)
    assert raw in body
    assert json.loads(raw) == study_json("NCT00000001")


async def test_a_study_under_another_id_is_found_by_its_alias():
    script = Script(page(study_json("NCT00000009", aliases=["NCT00000001", "NCT00000008"])))
    records = await registry_of(script).records(["NCT00000001", "NCT00000002"])
    assert {asked: study.nct_id for asked, study in records.found.items()} == {"NCT00000001": "NCT00000009"}
    assert records.missing == ("NCT00000002",)


async def test_a_record_that_is_known_is_found_by_its_alias_too():
    same, new = study_json("NCT00000009", aliases=["NCT00000001"]), study_json("NCT00000002")
    known = {"NCT00000009": content_digest(json.dumps(same).encode()), "NCT00000002": "of what it was"}
    body = json.dumps({"studies": [same, new]}).encode()
    records = await registry_of(Script(answer_of(body))).records(["NCT00000001", "NCT00000002"], known)
    assert records.found["NCT00000001"] == Same("NCT00000009", ("NCT00000001",))
    assert json.loads(records.found["NCT00000002"].raw) == new
    assert (records.missing, records.unreadable) == ((), ())


@pytest.mark.parametrize("first", [0, 1])
async def test_an_id_of_its_own_goes_before_an_alias(first):
    both = [study_json("NCT00000001"), study_json("NCT00000009", aliases=["NCT00000001"])]
    records = await registry_of(Script(page(both[first], both[1 - first]))).records(["NCT00000001"])
    assert records.found["NCT00000001"].nct_id == "NCT00000001"


#: No JSON can be made of half a character.
UNREADABLE = rb'{"protocolSection":{"identificationModule":{"nctId":"NCT00000001","briefTitle":"\ud800"}}}'


async def test_a_record_that_cannot_be_read_is_set_aside_alone():
    bad, well = UNREADABLE, json.dumps(study_json("NCT00000002")).encode()
    registry = registry_of(Script(answer_of(b'{"studies":[' + bad + b"," + well + b"]}")))
    with capture_logs() as logs:
        records = await registry.records(["NCT00000001", "NCT00000002", "NCT00000003"])
    assert (list(records.found), records.unreadable) == (["NCT00000002"], ("NCT00000001",))
    assert (records.missing, registry.unreadable) == (("NCT00000003",), 1)
    assert [(line["action"], line["nct_id"]) for line in logs] == [("record_unreadable", "NCT00000001")]


async def test_a_header_that_cannot_be_read_is_set_aside_alone():
    registry = registry_of(Script(page({"protocolSection": {}}, study_json("NCT00000002"), total=2)))
    with capture_logs() as logs:
        headers = await registry.updated_since(DAY)
    assert ([h.nct_id for h in headers], registry.unreadable) == (["NCT00000002"], 1)
    assert [line["action"] for line in logs] == ["record_unreadable"]


async def test_a_sweep_that_can_hardly_be_read_is_no_answer():
    script = Script(page(*[{"protocolSection": {}}] * 11, study_json("NCT00000002")))
    with pytest.raises(RegistryUnavailable, match="11 of 12 studies could not be read"):
        await registry_of(script).updated_since(DAY)


@pytest.mark.parametrize("nct_id", ["NCT1", "NCT00000001,NCT00000002", "../version", ""])
async def test_an_id_of_wrong_form_is_never_sent(nct_id):
    registry = registry_of(Script(page()))
    with pytest.raises(NctIdError):
        await registry.records(["NCT00000001", nct_id])
    with pytest.raises(NctIdError):
        await registry.lookup(nct_id)
    assert registry.requests == 0


# One study


async def test_a_lookup_gives_the_study():
    script = Script(httpx.Response(200, json=study_json("NCT00000001")))
    study = await registry_of(script).lookup("NCT00000001")
    assert (study.nct_id, script.asked[0].url.path) == ("NCT00000001", "/api/v2/studies/NCT00000001")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(
    "location", ["/api/v2/studies/NCT00000009", f"{BASE}/studies/nct00000009?format=json", "NCT00000009"]
)
async def test_an_alias_has_moved_and_is_not_followed(status, location):
    registry = registry_of(Script(text(status, location=location)))
    assert await registry.lookup("NCT00000001") == StudyMoved("NCT00000009")
    assert registry.requests == 1


async def test_an_unknown_study_is_gone():
    registry = registry_of(Script(text(404, "NCT number NCT00000001 not found")))
    assert await registry.lookup("NCT00000001") == Gone("NCT00000001")
    assert registry.requests == 1


@pytest.mark.parametrize(
    "answer",
    [
        text(301, location="https://other.test/api/v2/studies/NCT00000001"),
        text(302, location="https://other.test/maintenance"),
        text(302),
        httpx.Response(404, html="<!DOCTYPE html><h1>Page not found</h1>"),
        text(401),
    ],
)
async def test_an_answer_that_is_not_of_the_api_says_nothing_of_the_study(answer):
    with pytest.raises(RegistryUnavailable, match="NOTIFIER_REGISTRY_URL"):
        await registry_of(Script(answer)).lookup("NCT00000001")


async def test_a_lookup_of_an_unreadable_record_counts_it():
    registry = registry_of(Script(answer_of(UNREADABLE)))
    with capture_logs() as logs, pytest.raises(RecordUnreadable):
        await registry.lookup("NCT00000001")
    assert (registry.unreadable, logs[0]["action"]) == (1, "record_unreadable")


@pytest.mark.parametrize(
    "body", [b'{"protocolSection": {"iden', json.dumps(study_json("NCT00000002")).encode()]
)
async def test_a_cut_or_mistaken_record_is_asked_for_again(body):
    script = Script(answer_of(body), httpx.Response(200, json=study_json("NCT00000001")))
    assert (await registry_of(script).lookup("NCT00000001")).nct_id == "NCT00000001"


async def test_an_impatient_lookup_tries_once():
    waits = Waits()
    registry = registry_of(Script(text(503)), waits=waits)
    with pytest.raises(RegistryUnavailable, match="in one try"):
        await registry.lookup("NCT00000001", patient=False)
    assert (registry.requests, waits.seconds) == (1, [])


# Tries


FAULTS = {
    "429": (text(429), "it answered 429 (Too Many Requests)"),
    "403": (text(403), "it answered 403 (Forbidden)"),
    "408": (text(408), "it answered 408 (Request Timeout)"),
    "500": (text(500), "it answered 500 (Internal Server Error)"),
    "503": (text(503, "<html>", content_type="text/html"), "it answered 503 (Service Unavailable)"),
    "599": (text(599), "it answered 599"),
    "204": (text(204), "it answered 204"),
    "connect": (httpx.ConnectError("refused"), "the connection failed (ConnectError)"),
    "connect time-out": (httpx.ConnectTimeout("slow"), "it was silent too long (ConnectTimeout)"),
    "read time-out": (httpx.ReadTimeout("slow"), "it was silent too long (ReadTimeout)"),
    "cut connection": (httpx.RemoteProtocolError("closed"), "the connection failed (RemoteProtocolError)"),
    "cut JSON": (answer_of(b'{"studies": [{"protocolSection"'), "cut, or is not a page of studies"),
    "another JSON": (answer_of(b'{"error": "try later"}'), "cut, or is not a page of studies"),
    "cut gzip": (answer_of(CUT_GZIP, content_encoding="gzip"), "cut, or is not a page of studies"),
    "gzip in gzip": (answer_of(gzip.compress(CUT_GZIP), content_encoding="gzip, gzip"), "several times over"),
    "broken gzip": (answer_of(b"\x1f\x8bnonsense", content_encoding="gzip"), "compression was broken"),
    "empty": (answer_of(b""), "a page that is not the API's"),
    "text": (answer_of(b"Service is being updated"), "a page that is not the API's"),
    "HTML": (answer_of(b"<html>", content_type="text/html; charset=utf-8"), "a page that is not the API's"),
    "HTML named JSON": (answer_of(b"\n<html>", content_type="application/json"), "a page that is not the API's"),
    "JSON named HTML": (answer_of(b'{"studies": []}', content_type="Text/HTML"), "a page that is not the API's"),
}  # fmt: skip


@pytest.mark.parametrize("fault", [fault for fault, _ in FAULTS.values()], ids=FAULTS)
async def test_a_passing_fault_is_asked_over(fault):
    waits = Waits()
    registry = registry_of(Script(fault, fault, page(study_json("NCT00000001"))), waits=waits)
    with capture_logs() as logs:
        assert len(await registry.updated_since(DAY)) == 1
    assert (registry.requests, len(waits.seconds)) == (3, 2)
    assert [(line["action"], line["tried"]) for line in logs] == [
        ("registry_retry", 1),
        ("registry_retry", 2),
    ]


async def test_where_nobody_listens_it_gives_up_sooner():
    registry = registry_of(Script(FAULTS["connect"][0]))
    with pytest.raises(RegistryUnavailable, match="in 3 tries"):
        await registry.version()


@pytest.mark.parametrize(("fault", "words"), FAULTS.values(), ids=FAULTS)
async def test_a_lasting_fault_ends_in_one_sentence(fault, words):
    registry = registry_of(Script(fault))
    with pytest.raises(
        RegistryUnavailable, match=r"in [36] tries when asked for the studies updated since"
    ) as told:
        await registry.updated_since(DAY)
    assert registry.requests in {3, 6}
    assert words in str(told.value)
    assert "\n" not in str(told.value)
    assert told.value.__cause__ is not None


async def test_waits_grow_between_one_and_sixty_seconds():
    waits = Waits()
    with pytest.raises(RegistryUnavailable):
        await registry_of(Script(text(503)), waits=waits, tries=9).version()
    for number, seconds in enumerate(waits.seconds):
        assert 1 <= min(1.5 * 2**number, 30) <= seconds <= min(3 * 2**number, 60)
    assert len(waits.seconds) == 8


async def test_two_clients_do_not_wait_alike():
    waits = Waits(), Waits()
    for one in waits:
        with pytest.raises(RegistryUnavailable):
            await registry_of(Script(text(503)), waits=one).version()
    assert waits[0].seconds != waits[1].seconds


async def test_the_longest_wait_is_a_setting():
    waits = Waits()
    with pytest.raises(RegistryUnavailable):
        await registry_of(Script(text(503)), waits=waits, longest_wait=2).version()
    assert max(waits.seconds) <= 2


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"retry_after": "120"}, 120, 120),
        ({"retry_after": "86400"}, 300, 300),
        ({"retry_after": "Wed, 25 Mar 2026 09:02:00 GMT", "date": "Wed, 25 Mar 2026 09:00:00 GMT"}, 120, 120),
        ({"retry_after": "Thu, 26 Mar 2026 09:02:00 GMT", "date": "Wed, 25 Mar 2026 09:00:00 GMT"}, 300, 300),
        ({"retry_after": "Wed, 25 Mar 2020 09:02:00 GMT", "date": "Wed, 25 Mar 2026 09:00:00 GMT"}, 1, 3),
        ({"retry_after": "Wed, 25 Mar 2026 09:02:00 GMT"}, 1, 3),
        ({"retry_after": "0"}, 1, 3),
        ({"retry_after": "-5"}, 1, 3),
        ({"retry_after": "soon"}, 1, 3),
    ],
)
async def test_retry_after_is_obeyed_in_both_forms_within_bounds(headers, least, most):
    waits = Waits()
    await registry_of(Script(text(429, **headers), httpx.Response(200, json=VERSION)), waits=waits).version()
    assert least <= waits.seconds[0] <= most


async def test_a_403_names_the_user_agent_and_its_setting():
    with pytest.raises(RegistryUnavailable, match="403") as told:
        await registry_of(Script(text(403))).version()
    assert "NOTIFIER_REGISTRY_USER_AGENT" in str(told.value)
    assert f"python-httpx/{httpx.__version__}" in str(told.value)


async def test_a_refused_question_is_logged_and_not_repeated():
    words = "Parameter 'fields' contains\ninvalid field name: 'X' " + "x" * 500
    registry = registry_of(Script(text(400, words)))
    with capture_logs() as logs, pytest.raises(RegistryRefused, match="contains invalid field name") as told:
        await registry.updated_since(DAY)
    assert registry.requests == 1
    assert [line["action"] for line in logs] == ["registry_refused"]
    assert logs[0]["asked"]["query.term"] == "AREA[LastUpdatePostDate]RANGE[2026-03-10,MAX]"
    assert "x" * 140 in str(told.value)
    assert "x" * 200 not in str(told.value)


@pytest.mark.parametrize("status", [404, 410, 301, 308, 401])
async def test_a_wrong_way_to_the_api_is_told_at_once(status):
    registry = registry_of(Script(text(status, location="https://other.test/api/v2/studies")))
    with pytest.raises(RegistryUnavailable, match=rf"{status}.*https://other.test.*NOTIFIER_REGISTRY_URL"):
        await registry.updated_since(DAY)
    assert registry.requests == 1


# Size and time of a body


async def test_a_compressed_page_is_unpacked():
    body = gzip.compress(json.dumps({"studies": [study_json("NCT00000001")]}).encode())
    script = Script(answer_of(body, content_encoding="gzip", content_type="application/json"))
    assert len(await registry_of(script).updated_since(DAY)) == 1
    assert "gzip" in script.asked[0].headers["Accept-Encoding"]


async def test_a_body_that_unpacks_too_large_is_cut_and_not_repeated():
    bomb = gzip.compress(b'{"studies": [' + b" " * 2_000_000)
    registry = registry_of(Script(answer_of(bomb, content_encoding="gzip")), largest_body=1_000_000)
    with pytest.raises(RegistryUnavailable, match="larger than 1 MB"):
        await registry.updated_since(DAY)
    assert registry.requests == 1


class Drip(httpx.AsyncByteStream):
    async def __aiter__(self):
        yield b'{"studies": ['
        await asyncio.Event().wait()


async def test_a_slow_drip_does_not_hang_for_ever():
    registry = registry_of(Script(httpx.Response(200, stream=Drip())), deadline=0.01, tries=2)
    with pytest.raises(RegistryUnavailable, match=r"not whole after 0\.01 seconds"):
        await registry.updated_since(DAY)
    assert registry.requests == 2


async def test_a_cancelled_question_lets_the_next_one_through():
    begun = asyncio.Event()

    async def silent(request):
        begun.set()
        await asyncio.Event().wait()

    client = open_client(BASE, transport=Wire(silent))
    pacer = Pacer(1e9)
    asking = asyncio.create_task(Registry(client, pacer=pacer).version())
    await begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    registry = Registry(
        open_client(BASE, transport=Wire(Script(httpx.Response(200, json=VERSION)))), pacer=pacer
    )
    assert (await registry.version()).data_timestamp == "2026-03-25T09:00:05"


# Pace


class Machine:
    """A clock that moves only by sleeping, and by what a test adds to it."""

    def __init__(self):
        self.time = 1000.0
        self.starts = []

    def monotonic(self):
        return self.time

    async def sleep(self, seconds):
        self.time += seconds

    def pacer(self, pace):
        return Pacer(pace, monotonic=self.monotonic, sleep=self.sleep)

    def registry(self, pace, *answers):
        script = Script(*answers)

        async def noted(request):
            self.starts.append(self.time)
            return await script(request)

        client = open_client(BASE, transport=Wire(noted))
        return Registry(client, pacer=self.pacer(pace), sleep=self.sleep)


async def test_requests_keep_their_distance():
    machine = Machine()
    registry = machine.registry(2, httpx.Response(200, json=VERSION))
    for _ in range(4):
        await registry.version()
    assert machine.starts == [1000, 1000.5, 1001, 1001.5]


async def test_time_spent_elsewhere_counts():
    machine = Machine()
    registry = machine.registry(1, httpx.Response(200, json=VERSION))
    await registry.version()
    machine.time += 0.75
    await registry.version()
    machine.time += 60
    await registry.version()
    assert machine.starts == [1000, 1001, 1061]


async def test_tries_keep_their_distance_too():
    machine = Machine()
    registry = machine.registry(0.01, text(503), text(503), httpx.Response(200, json=VERSION))
    await registry.version()
    assert machine.starts == [1000, 1100, 1200]


async def test_a_slow_answer_keeps_no_other_waiting_for_its_turn():
    machine = Machine()
    pacer = machine.pacer(10)
    await asyncio.gather(*(pacer.wait() for _ in range(5)))
    assert round(machine.time, 6) == 1000.4


async def test_a_visitor_does_not_wait_for_the_answer_to_a_pass():
    begun, over = asyncio.Event(), asyncio.Event()

    async def slow(request):
        if request.url.path.endswith("/version"):
            begun.set()
            await over.wait()
            return httpx.Response(200, json=VERSION)
        return answer_of(json.dumps(study_json("NCT00000002")).encode())

    client = open_client(BASE, transport=Wire(slow))
    registry = Registry(client, pacer=Pacer(1e9))
    passing = asyncio.create_task(registry.version())
    await begun.wait()
    async with asyncio.timeout(5):
        assert (await registry.lookup("NCT00000002", patient=False)).nct_id == "NCT00000002"
    assert not passing.done()
    over.set()
    await passing


@pytest.mark.parametrize("packed", ["gzip", "deflate"])
async def test_what_is_packed_is_unpacked_no_further_than_the_limit(packed):
    content = b"0" * 50_000_000
    body = gzip.compress(content, 1) if packed == "gzip" else zlib.compress(content, 1)
    answer = httpx.Response(200, headers={"content-encoding": packed}, stream=Whole(body))
    client = open_client(BASE, transport=Wire(lambda _: answer))
    registry = Registry(client, pacer=Pacer(1e9), largest_body=2_000_000)
    tracemalloc.start()
    with pytest.raises(RegistryUnavailable, match="larger than 2 MB"):
        await registry.version()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10_000_000


class Whole(httpx.AsyncByteStream):
    """A body in one piece."""

    def __init__(self, body):
        self.body = body

    async def __aiter__(self):
        yield self.body


async def test_a_wait_that_is_cancelled_lets_the_next_one_through():
    waiting = asyncio.Event()

    async def sleep(seconds):
        waiting.set()
        await asyncio.Event().wait()

    machine = Machine()
    pacer = Pacer(1, monotonic=machine.monotonic, sleep=sleep)
    await pacer.wait()
    second = asyncio.create_task(pacer.wait())
    await waiting.wait()
    second.cancel()
    machine.time += 1
    with suppress(asyncio.CancelledError):
        await second
    assert not pacer._lock.locked()


async def test_a_clock_that_goes_backwards_costs_one_gap_at_most():
    machine = Machine()
    registry = machine.registry(1, httpx.Response(200, json=VERSION))
    await registry.version()
    machine.time -= 500
    await registry.version()
    assert machine.starts == [1000, 501]


# Against the registry of the rehearsal, which speaks the API


@pytest.fixture(scope="module")
def many():
    return [study_json(f"NCT{n:08}", updated=f"2026-03-{n % 28 + 1:02}") for n in range(1, 2501)]


def rehearsed(rehearsal):
    client = open_client(BASE, transport=httpx.ASGITransport(rehearsal.app))
    return Registry(client, pacer=Pacer(1e9), sleep=Waits())


async def test_a_real_walk_brings_every_study_once(many):
    registry = rehearsed(FaultyRegistry(many, "2026-03-25T09:00:05"))
    await registry.version()
    headers = await registry.updated_since(DAY)
    expected = {f"NCT{n:08}" for n in range(1, 2501) if n % 28 + 1 >= 10}
    assert {header.nct_id for header in headers} == expected
    assert (len(headers), registry.requests, registry.unreadable) == (len(expected), 3, 0)


async def test_records_and_lookups_agree_on_aliases(many):
    rehearsal = FaultyRegistry(many[:9], "2026-03-25T09:00:05")
    rehearsal.alias("NCT00000099", "NCT00000003")
    registry = rehearsed(rehearsal)
    records = await registry.records(["NCT00000099", "NCT00000002", "NCT00000077"])
    found = {asked: study.nct_id for asked, study in records.found.items()}
    assert found == {"NCT00000099": "NCT00000003", "NCT00000002": "NCT00000002"}
    assert records.missing == ("NCT00000077",)
    assert await registry.lookup("NCT00000099") == StudyMoved("NCT00000003")
    assert await registry.lookup("NCT00000077") == Gone("NCT00000077")
