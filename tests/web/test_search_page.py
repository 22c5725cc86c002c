"""The search: what is asked of the registry and how often, what is shown of it, and what no wrong word can do."""

import asyncio
import html
import json
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import structlog

from notifier.domain.summaries import by_rules
from notifier.errors import RegistryRefused, RegistryUnavailable
from notifier.sources.clinicaltrials_gov import Hits, Pacer, Registry
from notifier.storage import subscribers
from notifier.web import searching
from notifier.web.searching import MOST_OF_NETWORK, place_within
from tests.factories import A, a_record
from tests.faults import FaultyRegistry
from tests.store_factories import a_public_study
from tests.web_asking import asking, faults, mails_of, set_anew, the_pages

SITES = [
    {"facility": "x", "city": "Silkeborg", "country": "Denmark", "status": "RECRUITING", "geoPoint": {"lat": 56.17, "lon": 9.55}},
    {"facility": "x", "city": "Aarhus", "country": "Denmark", "status": "RECRUITING", "geoPoint": {"lat": 56.16, "lon": 10.21}},
    {"facility": "x", "city": "Houston", "country": "United States", "status": "COMPLETED", "geoPoint": {"lat": 29.7, "lon": -95.4}},
]  # fmt: skip


def a_study(number, **changes):
    usual = {
        "identificationModule__nctId": f"NCT9{number:07d}",
        "identificationModule__briefTitle": f"Breast Cancer Study {number}",
        "conditionsModule__conditions": ["Breast Cancer"],
        "statusModule__overallStatus": "RECRUITING",
        "contactsLocationsModule__locations": SITES,
        "eligibilityModule__sex": "ALL",
        "eligibilityModule__minimumAge": "18 Years",
        "eligibilityModule__maximumAge": "70 Years",
        "designModule__studyType": "INTERVENTIONAL",
    }
    return a_record(**(usual | changes))


@pytest.fixture
def standin():
    odd = {
        1: {"statusModule__overallStatus": "COMPLETED"},
        2: {"eligibilityModule__sex": "MALE"},
        3: {"eligibilityModule__minimumAge": "6 Months", "eligibilityModule__maximumAge": "12 Years"},
        4: {"designModule__studyType": "OBSERVATIONAL"},
        5: {"contactsLocationsModule__locations": SITES[2:]},
    }
    return FaultyRegistry(
        [a_study(number, **odd.get(number, {})) for number in range(1, 24)], "2027-01-11T09:00:05"
    )


@pytest.fixture
async def pages(database, clock, standin):
    transport = httpx.ASGITransport(standin.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://registry/api/v2") as client:
        registry = Registry(client, pacer=Pacer(1000))
        yield the_pages(database, clock, search=registry.search, fetch=registry.lookup)


def titles(page):
    return page.text.count("<li>\n<h3 dir")


def questions(standin):
    return [params for path, params in standin.requests if path.endswith("/studies")]


async def test_a_search_is_one_question_and_is_kept_for_an_hour(client, standin):
    first = await client.get("/search", params={"q": "breast cancer"})
    assert (first.status_code, titles(first)) == (200, 10)
    assert "23 studies found" in first.text
    assert first.headers["cache-control"] == "no-store"
    again = await client.get("/search", params={"q": "breast cancer"})
    assert titles(again) == 10
    (asked,) = questions(standin)
    assert (asked["query.cond"], asked["pageSize"], asked["countTotal"]) == ("breast cancer", "10", "true")


async def test_pages_follow_each_other_by_the_registrys_token_and_are_found_without_it(client, standin):
    seen = []
    for number in (1, 2, 3):
        page = await client.get("/search", params={"q": "breast cancer", "page": number})
        seen += [part[:11] for part in page.text.split("/studies/")[1:]]
    assert len(set(seen)) == 23
    assert ["pageToken" in asked for asked in questions(standin)] == [False, True, True]
    alone = await client.get("/search", params={"q": "breast cancer", "page": 3, "open": "1"})
    assert titles(alone) == 2
    assert questions(standin)[-1]["pageSize"] == "30"


@pytest.mark.parametrize(
    ("asked", "total"),
    [
        ({"open": "1"}, 22),
        ({"sex": "female"}, 22),
        ({"sex": "male"}, 23),
        ({"age": "5"}, 1),
        ({"age": "40"}, 22),
        ({"type": "treats"}, 22),
        ({"type": "observes"}, 1),
        ({"place": "Denmark"}, 22),
        ({"place": "8600 Silkeborg", "within": "10"}, 22),
        ({"place": "Houston, Texas", "open": "yes"}, 22),
        ({"place": "Paris"}, 0),
    ],
)
async def test_it_is_narrowed(client, asked, total):
    page = await client.get("/search", params={"q": "breast cancer", **asked})
    assert f'<div role="status"><h2 id="found">{total} stud' in page.text


async def test_a_result_says_what_it_asks_and_how_far_its_nearest_towns_are(client):
    page = await client.get("/search", params={"q": "breast cancer", "place": "Silkeborg"})
    assert "Silkeborg (0 km), Aarhus (41 km)" in page.text
    assert "18 to 70 years" in page.text
    assert "/subscriptions?study=NCT9" in page.text
    link = urlsplit(
        page.text.split('<a href="https://clinicaltrials.gov/search')[1]
        .partition('"')[0]
        .replace("&amp;", "&")
    )
    assert parse_qs(link.query)["cond"] == ["breast cancer"]


async def test_how_near_its_nearest_open_place_is_stands_first_there_and_on_its_page(client, database):
    said = "One of its 2 places that take people now or soon is at most about 10 km from Silkeborg, Denmark."
    page = await client.get("/search", params={"q": "breast cancer", "place": "Silkeborg"})
    title = "/studies/NCT90000007?near=Silkeborg%2C+Denmark"
    (first,) = [part for part in page.text.split("<li>\n<h3 dir") if title in part]
    assert said in " ".join(first.split())
    assert first.index(title) < first.index("One of its") < first.index("<strong>")
    shown = (await client.get(title)).text
    assert shown.index(said) < shown.index('id="question"' if 'id="question"' in shown else 'id="summary"')
    assert "Et af dets 2 steder" in (await client.get(f"{title}&lang=da")).text
    for nowhere in ("", "Nowhere at all", "Lima, Peru", "<b>Silkeborg", "x" * 5000):
        other = await client.get("/studies/NCT90000007", params={"near": nowhere})
        assert other.status_code == 200
        assert "places that take people now or soon" not in other.text
        assert "<b>Silk" not in other.text


async def test_a_wrong_spelling_offers_the_name_and_follows_nothing(client, standin):
    page = await client.get("/search", params={"q": "brest cancer"})
    assert "0 studies found" in page.text
    assert "Did you mean this?" in page.text
    assert 'href="/search?q=breast+cancer"' in page.text
    assert 'action="/subscriptions"' not in page.text
    await client.get("/search", params={"q": "breast cancer"})
    assert "(23 studies)" in (await client.get("/search", params={"q": "brest cancer"})).text
    assert len(questions(standin)) == 2


async def test_a_name_in_danish_is_said_in_english(client):
    assert "The registry speaks English" in (await client.get("/search", params={"q": "brystkræft"})).text


async def test_following_from_the_results_takes_one_field_and_one_tick(client, database):
    page = await client.get("/search", params={"q": "breast cancer"})
    form = page.text.split('action="/subscriptions"')[1]
    assert form.partition("<details>")[0].count("<p") == 3  # the trap, the address, the tick
    sent = {"condition": "breast cancer", "email": "jane@example.org", "consent": "yes"}
    assert (await client.post("/subscriptions", data=sent)).status_code == 200
    assert mails_of(database) == ["confirmation"]


def fields_of(page):
    """What a browser sends of the form that signs up, but for the address and the tick."""
    form = page.text.split('action="/subscriptions')[1].partition("</form>")[0]
    sent = dict(re.findall(r'<input type="(?:hidden|text)"[^>]* name="(\w+)"[^>]*value="([^"]*)"', form))
    sent |= dict(
        re.findall(r'<input type="(?:checkbox|radio)"[^>]* name="(\w+)" value="([^"]*)" checked', form)
    )
    for name, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        sent |= dict.fromkeys([name], *re.findall(r'<option value="([^"]*)"[^>]* selected', options))
    return {name: html.unescape(value) for name, value in sent.items() if value and name != "form"}


NARROW = {
    "q": "breast cancer", "place": "Silkeborg", "within": "30", "open": "1", "age": "70", "sex": "female", "type": "treats",
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "da", "es"])
async def test_a_search_is_followed_with_its_place_and_filters(client, database, language):
    page = await client.get("/search", params={**NARROW, "lang": language})
    form = page.text.split('action="/subscriptions')[1]
    assert form.partition("<details")[0].count("<p") == 3  # the trap, the address, the tick
    assert "<details open>" in form
    sent = fields_of(page) | {"email": "jane@example.org", "consent": "yes"}
    assert (await client.post("/subscriptions", data=sent)).status_code == 200
    with database.reading() as session:
        theirs = subscribers.chosen(session, 1)
    (follows,) = theirs.follows
    assert follows.condition == "breast cancer"
    assert follows.narrowing.plain() == {
        "open_only": True, "treatment_only": True, "age_group": "older-adult", "sex": "female"
    }  # fmt: skip
    assert (theirs.near.circle.km, theirs.person.language) == (30, language)


async def test_a_country_is_kept_and_what_cannot_be_is_said(client, database):
    asked = {"q": "breast cancer", "place": "Danmark", "type": "observes", "age": "7"}
    page = await client.get("/search", params=asked)
    said = " ".join(page.text.split())
    assert "You also hear of studies that do more than observe." in said
    assert "Of the age we keep its group." in said
    sent = fields_of(page) | {"email": "jane@example.org", "consent": "yes"}
    answer = await client.post("/subscriptions", data=sent)
    assert answer.status_code == 200, (sent, re.findall('class="fault".*', answer.text))
    with database.reading() as session:
        (follows,) = subscribers.chosen(session, 1).follows
    assert follows.narrowing.plain() == {"country": ["DK"], "age_group": "child"}
    plain = (await client.get("/search", params={"q": "breast cancer"})).text
    assert "wherever it is" in plain
    assert "You also hear" not in plain
    assert "<details open>" not in plain


@pytest.mark.parametrize("topic", ["knee pain", "NCT90000007"])
async def test_the_first_page_signs_up_with_what_an_address_and_a_tick(client, database, topic):
    page = await client.get("/")
    form = page.text.split('action="/subscriptions"')[1]
    assert (
        form.partition("<details")[0].count("<input") == 5
    )  # its time, the trap, what, the address, the tick
    sent = fields_of(page) | {"condition": topic, "email": "jane@example.org", "consent": "yes"}
    assert (await client.post("/subscriptions", data=sent)).status_code == 200
    with database.reading() as session:
        theirs = subscribers.chosen(session, 1)
    (follows,) = theirs.follows
    assert topic in (follows.condition, follows.nct_id)
    assert (theirs.person.time_zone, follows.narrowing.plain(), theirs.near) == ("UTC", {}, None)


async def test_a_number_of_a_study_leads_to_its_page(client):
    assert (await client.get("/search", params={"q": "nct90000001"})).headers[
        "location"
    ] == "/studies/NCT90000001"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("q=" + "a" * 300, "q"),
        ("q=%00%01", "q"),
        ("q=%3E%3C%28%29", "q"),
        ("q=", "q"),
        ("q=a+b+c+d+e+f+g+h+i+j+k+l+m+n", "q"),
        ("q=cancer&place=Xanaduville", "place"),
        ("q=cancer&place=77030", "place"),
        ("q=cancer&within=50", "place"),
        ("q=cancer&place=Aarhus&within=-1", "within"),
        ("q=cancer&place=Aarhus&within=9999999", "within"),
        ("q=cancer&age=-1", "age"),
        ("q=cancer&age=%D9%A1%D9%A2", "age"),
        ("q=cancer&sex=neither", "sex"),
        ("q=cancer&type=INTERVENTIONAL%5D", "type"),
    ],
)
async def test_what_cannot_be_asked_is_said_beside_its_field(client, standin, asked, field):
    page = await client.get(f"/search?{asked}")
    assert (page.status_code, list(faults(page.text))) == (400, [field])
    assert standin.requests == []


@pytest.mark.parametrize(
    "asked",
    [
        "q=cancer&page=-1",
        "q=cancer&page[]=2&q[]=x",
        "q=cancer&page=99999999999",
        "q=a&q=cancer",
        "x=y&q=cancer",
        "place=Denmark&open=maybe",
    ],
)
async def test_odd_addresses_are_read_as_far_as_they_can_be(client, asked):
    assert (await client.get(f"/search?{asked}")).status_code == 200


async def test_words_are_no_operators_and_no_markup(client, standin):
    page = await client.get("/search", params={"q": '"<b>cancer</b>" OR AREA[NCTId]NCT1 AND NOT (x)'})
    assert page.status_code == 200
    assert "<b>" not in page.text
    ((_, asked),) = standin.requests
    assert asked["query.term"] == "b cancer b or area NCTId NCT1 and not x"


@pytest.mark.parametrize(
    "fault", [RegistryUnavailable("breast cancer"), RegistryRefused("breast cancer"), TimeoutError]
)
async def test_without_the_registry_what_is_stored_stands_and_the_words_are_in_no_log(
    pages, database, clock, fault
):
    async def search(*_):
        if fault is TimeoutError:
            await asyncio.sleep(60)
        raise fault

    with database.transaction() as session:
        a_public_study(session, clock.now(), identificationModule__briefTitle="Breast Cancer at Home")
    with structlog.testing.capture_logs() as logs:
        async with asking(replace(pages, search=search, patience=0.01)) as client:
            page = await client.get("/search", params={"q": "breast cancer"})
    assert (page.status_code, page.headers["retry-after"]) == (200, "60")
    assert "We could not ask the registry just now" in page.text
    assert f"/studies/{A}" in page.text
    assert "breast" not in json.dumps(logs, default=str).lower()


async def test_caps_hold_by_network_and_for_all(pages, standin):
    async with asking(set_anew(pages, page_fetches_an_hour=2)) as client:
        shown = [await client.get("/search", params={"q": f"cancer {number}"}) for number in range(4)]
    assert ["very many searches" in page.text for page in shown] == [False, False, True, True]
    assert len(standin.requests) == 2
    async with asking(set_anew(pages, page_fetches_an_hour=1000)) as client:
        for number in range(MOST_OF_NETWORK):
            await client.get("/search", params={"q": f"other {number}"})
        assert "very many searches" in (await client.get("/search", params={"q": "one more"})).text


async def test_who_asks_for_the_same_waits_for_the_same_answer(pages, standin):
    asked = []

    async def search(*given):
        asked.append(given)
        await asyncio.sleep(0)
        return Hits((), 0, None)

    async with asking(replace(pages, search=search)) as client:
        await asyncio.gather(*(client.get("/search", params={"q": "cancer"}) for _ in range(5)))
    assert len(asked) == 1


async def test_an_odd_answer_is_no_failure(pages):
    async def odd(scope, receive, send):
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        body = b'{"totalCount":-5,"studies":[{},{"protocolSection":null},[],3,{"protocolSection":{"identificationModule":{"nctId":"NCT90000001"}}}]}'
        await send({"type": "http.response.body", "body": body})

    async with httpx.AsyncClient(transport=httpx.ASGITransport(odd), base_url="http://registry") as web:
        registry = Registry(web, pacer=Pacer(1000))
        async with asking(replace(pages, search=registry.search)) as client:
            page = await client.get("/search", params={"q": "cancer"})
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("place", "recorded"),
    [
        ("Russia", "Russian Federation"),
        ("Russian Federation", "Russia"),
        ("Sydkorea", "Korea, Republic of"),
        ("T\u00fcrkiye", "Turkey"),
        ("Bosnia and Herzegovina", "Bosnia and Herzegovina"),
        ("Mexico", "Mexico"),  # not the city, where nobody says kilometres
        ("Ivory Coast", "C\u00f4te D'Ivoire"),
        ("Macau", "Macau"),
    ],
)
async def test_a_country_is_found_by_whatever_name_people_and_records_have_for_it(
    client, standin, place, recorded
):
    far_off = [{"facility": "x", "city": "x", "country": recorded, "status": "RECRUITING"}]
    standin.publish([a_study(99, contactsLocationsModule__locations=far_off)], "2026-11-28T09:00:05")
    page = await client.get("/search", params={"q": "breast cancer", "place": place})
    assert page.status_code == 200
    assert "NCT90000099" in page.text


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("lung cancer Denmark", ("lung cancer", "Denmark")),
        ("lung cancer in the United States", ("lung cancer", "United States")),
        ("lung cancer UK", ("lung cancer", "UK")),
        ("c\u00e1ncer de pulm\u00f3n en Espa\u00f1a", ("c\u00e1ncer de pulm\u00f3n", "Espa\u00f1a")),
        ("lung cancer Copenhagen", ("lung cancer", "Copenhagen")),
        ("Krebs in Wien", ("Krebs", "Wien")),
        ("breast cancer Houston Texas", ("breast cancer", "Houston Texas")),
        ("diabetes 8600 Silkeborg", ("diabetes", "8600 Silkeborg")),
        ("breast cancer male", None),  # Mal\u00e9
        ("breast cancer of the liver", None),
        ("Lyme disease", None),
        ("in Denmark", None),
        ("xyzzy Berlin", None),
    ],
)
def test_a_place_at_the_end_of_the_words_is_a_place(typed, found):
    assert place_within(typed) == found


async def test_words_with_a_place_in_them_are_not_followed_as_the_name_of_an_illness(client):
    page = await client.get("/search", params={"q": "breast cancer Aarhus Denmark"})
    assert "/search?q=breast+cancer&amp;place=Aarhus+Denmark" in page.text
    assert 'name="email"' not in page.text


def by_wire(status, text, **headers):
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(text.encode()))


@pytest.mark.parametrize(
    "answer",
    [
        lambda asked: by_wire(400, f"Too complicated query: {asked.url}"),
        lambda asked: by_wire(302, "", Location=f"https://portal.test/?back={asked.url}"),
        lambda asked: by_wire(200, f"<html>{asked.url}</html>"),
        lambda asked: by_wire(503, str(asked.url)),
        lambda asked: by_wire(200, json.dumps({"studies": [{"x": str(asked.url)}], "totalCount": 1})),
    ],
)
async def test_whatever_the_registry_answers_no_word_of_a_visitor_stands_in_the_log(database, clock, answer):
    transport = httpx.MockTransport(answer)
    typed = {"q": "brest cancr", "place": "Silkeborg", "age": "47"}
    async with httpx.AsyncClient(transport=transport, base_url="http://registry/api/v2") as line:
        registry = Registry(line, pacer=Pacer(1000))
        async with asking(the_pages(database, clock, search=registry.search)) as visitor:
            with structlog.testing.capture_logs() as logs:
                page = await visitor.get("/search", params=typed)
    assert page.status_code == 200
    assert logs
    said = str(logs).casefold()
    assert [word for word in ("brest", "cancr", "silkeborg", "56.1", "9.5", "47 years") if word in said] == []


async def test_a_record_that_nobody_foresaw_takes_no_answer_from_the_others(client, standin, monkeypatch):
    def odd(study, *given):
        if study.nct_id == "NCT90000007":
            raise ZeroDivisionError
        return by_rules(study, *given)

    monkeypatch.setattr(searching, "by_rules", odd)
    page = await client.get("/search", params={"q": "breast cancer", "place": "Silkeborg", "within": "20"})
    assert page.status_code == 200
    assert "NCT90000007" in page.text
    assert titles(page) == 10
