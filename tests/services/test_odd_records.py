"""A record with one value that nobody foresaw: what fits is told, what does not counts as absent, and nobody is left in the dark."""

from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import date
from pathlib import Path

import pytest
from smtp_peer import SmtpPeer

from notifier import app
from notifier.domain.study import comparable, decode, decode_page, unread_in
from notifier.domain.summaries import standing
from notifier.domain.summaries.voice import voice
from notifier.errors import RegistryUnavailable
from notifier.mail.smtp import SmtpAddress, SmtpTransport
from notifier.services.deliver import Sending, deliver
from notifier.storage import incidents
from tests.factories import raw
from tests.fakes import FakeRenderer
from tests.world import DAY_2, DAY_3, DAY_4, A, B, a_world, edited, study

SENDING = Sending("a-worker", "example.org", lambda _: "bounces@example.org", suppression_key=b"a key")
#: Where a value stands, and what nobody foresaw there.
ODD = {
    "a status as a list": ("statusModule.overallStatus", ["RECRUITING"]),
    "no places": ("contactsLocationsModule.locations", None),
    "places as text": ("contactsLocationsModule.locations", "Copenhagen"),
    "a date as text": ("statusModule.startDateStruct", "2026-05"),
    "a date as a number": ("statusModule.completionDateStruct.date", 2029),
    "a count as text": ("designModule.enrollmentInfo.count", "many"),
    "criteria as a list": ("eligibilityModule.eligibilityCriteria", ["be well"]),
    "a yes as text": ("eligibilityModule.healthyVolunteers", "yes"),
    "conditions as a number": ("conditionsModule.conditions", 5),
    "a title as an object": ("identificationModule.briefTitle", {"en": "A title"}),
    "a module as text": ("designModule", "a design"),
    "a module as nothing": ("eligibilityModule", None),
    "outcomes as text": ("outcomesModule.primaryOutcomes", "survival"),
}


def with_value(record, path, value):
    result = deepcopy(record)
    *way, last = path.split(".")
    part = result["protocolSection"]
    for key in way:
        part = part[key]
    part[last] = value
    return result


def newer(record, day, **status):
    return edited(record, posted=f"2027-01-{day}", **status)


@pytest.fixture
async def world(sqlite):
    async with a_world(sqlite, study(A), study(B)) as world:
        world.follow("jane@example.org", study=A)
        world.follow("john@example.org", study=B)
        await world.watch()
        yield world


@pytest.mark.parametrize("name", sorted(ODD))
async def test_an_odd_value_is_no_change_nor_is_its_coming_back(world, name):
    odd = with_value(newer(study(A), 12), *ODD[name])
    report = await world.next_day(DAY_2, odd, newer(study(B), 12))
    assert (report.outcome, report.unreadable, world.kinds()) == ("done", 0, [])
    await world.next_day(DAY_3, newer(study(A), 13), newer(study(B), 12))
    assert world.kinds() == []


async def test_beside_an_odd_value_all_else_is_told(world):
    odd = with_value(
        newer(study(A), 12, overallStatus="SUSPENDED"), "contactsLocationsModule.locations", None
    )
    await world.next_day(DAY_2, odd, study(B))
    assert world.kinds() == ["status_paused"]


async def test_what_changed_while_it_could_not_be_read_is_told_when_it_can(world):
    odd = with_value(newer(study(A), 12), "statusModule.overallStatus", 7)
    await world.next_day(DAY_2, odd, study(B))
    await world.next_day(DAY_3, with_value(newer(study(A), 13), "statusModule.overallStatus", None), study(B))
    assert world.kinds() == []
    await world.next_day(DAY_4, newer(study(A), 14, overallStatus="SUSPENDED"), study(B))
    assert world.kinds() == ["status_paused"]


async def test_a_place_on_no_map_is_still_the_same_place(world):
    odd = newer(study(A), 12)
    odd["protocolSection"]["contactsLocationsModule"]["locations"][0]["geoPoint"] = "55.67 N 12.56 E"
    await world.next_day(DAY_2, odd, study(B))
    await world.next_day(DAY_3, newer(study(A), 13), study(B))
    assert world.kinds() == []


async def test_a_word_of_tomorrow_is_told_as_it_is(world):
    await world.next_day(DAY_2, newer(study(A), 12, overallStatus="HIBERNATING"), study(B))
    assert world.kinds() == ["status_changed"]
    settings = app.load_settings({"NOTIFIER_SECRET_KEYS": "k" * 40}, Path("/nonexistent"))
    renderer = app.make_renderer(settings, app.open_keys(settings))
    letters = FakeRenderer()
    async with a_transport() as transport:
        await deliver(world.database, transport, letters, world.clock, SENDING)
    (letter,) = letters.letters
    assert "ibernating" in renderer.render(letter).content.decode()


@asynccontextmanager
async def a_transport():
    async with SmtpPeer() as peer:
        transport = SmtpTransport(SmtpAddress("127.0.0.1", peer.port))
        yield transport
        await transport.close()


def test_a_lone_entry_stands_for_its_list():
    record = study(A)
    record["protocolSection"]["conditionsModule"]["conditions"] = "Asthma"
    record["protocolSection"]["contactsLocationsModule"]["locations"] = {"city": "Aarhus"}
    found = decode(raw(record))
    assert (found.conditions, [place.city for place in found.locations]) == (("Asthma",), ["Aarhus"])
    assert unread_in(raw(record)) == ()


def test_versions_that_are_well_are_compared_as_they_are():
    one = raw(study(A))
    assert comparable(one, one) == (one, one)


# --- a record that stays unreadable -----------------------------------------------------------------------------


async def test_a_record_that_stays_unreadable_is_told_to_all_whom_it_concerns_once(world, unread):
    unread.add(A)
    for number in range(12, 22):
        day = f"2027-01-{number}T09:00:06"
        report = await world.next_day(
            day, newer(study(A), number), newer(study(B), number, overallStatus="SUSPENDED")
        )
        assert (report.outcome, report.unreadable) == ("done", 1)
    with world.database.reading() as session:
        assert list(incidents.of(session, "record")) == [A]
    assert sorted(world.kinds()) == ["record_unreadable", "status_paused"]
    letters = FakeRenderer()
    async with a_transport() as transport:
        await deliver(world.database, transport, letters, world.clock, SENDING)
    settings = app.load_settings({"NOTIFIER_SECRET_KEYS": "k" * 40}, Path("/nonexistent"))
    renderer = app.make_renderer(settings, app.open_keys(settings))
    (letter,) = [each for each in letters.letters if each.recipient == "jane@example.org"]
    assert "We cannot read the record" in renderer.render(letter).content.decode()
    unread.clear()
    report = await world.next_day(
        "2027-01-23T09:00:06", newer(study(A), 23, overallStatus="SUSPENDED"), study(B)
    )
    assert report.unreadable == 0
    assert "status_paused" in world.kinds()[2:]
    with world.database.reading() as session:
        assert incidents.of(session, "record") == {}


# --- a page with one that nobody can read -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [b'{"a":"\\ud800"}', b'{"a":"\xff"}', b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'{"a":truth}'],
)
def test_one_bad_study_is_cut_out_of_its_page(bad):
    page = decode_page(
        b'{"totalCount":3,"studies":[{"x":"]}\\""},' + bad + b',{"y":[{}]}],"nextPageToken":"t"}'
    )
    assert [bytes(each) for each in page.studies] == [b'{"x":"]}\\""}', bad, b'{"y":[{}]}']
    assert (page.next_page_token, page.total_count) == ("t", 3)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"studies":[{}',
        b'{"studies":[{"a":"\\ud800"},',
        b'{"studies":5}',
        b'{"studies":[' + b'"\\' * 100_000,
    ],
)
def test_what_is_no_whole_page_is_none(body):
    with pytest.raises(RegistryUnavailable):
        decode_page(body)


def test_a_page_says_a_status_of_tomorrow_in_the_registrys_word():
    found = decode(raw(with_value(study(A), "statusModule.overallStatus", "HIBERNATING")))
    assert "Hibernating" in standing.status_line(found, voice("en"), date(2027, 1, 12))
