"""What programs ask for at addresses that are the same everywhere."""

import re
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import NOON
from tests.factories import A, B
from tests.store_factories import a_public_study, a_study, follow
from tests.web_asking import asking, the_pages

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def pages(sqlite, clock):
    return the_pages(
        sqlite, clock, public_url="https://updates.example.org/trials", contact="help@example.org"
    )


async def test_robots_may_read_everything_and_find_the_sitemap(client):
    answer = await client.get("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.splitlines() == [
        "User-agent: *",
        "Disallow:",
        "",
        "Sitemap: https://updates.example.org/trials/sitemap.xml",
    ]


async def test_the_sitemap_names_public_studies_and_none_that_is_here_for_a_follower(client, sqlite):
    with sqlite.transaction() as session:
        a_public_study(session, NOON, A)
        a_study(session, NOON, B)
        follow(session, NOON, "jane@example.org", B)
    answer = await client.get("/sitemap.xml")
    assert answer.headers["content-type"].startswith("application/xml")
    places = [each.text for each in ET.fromstring(answer.content).iter(f"{SITEMAP}loc")]
    assert places == [
        "https://updates.example.org/trials/",
        f"https://updates.example.org/trials/studies/{A}",
    ]
    assert B not in answer.text
    again = await client.get("/sitemap.xml", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_there_is_an_icon(client):
    answer = await client.get("/favicon.ico")
    assert answer.content[:4] == b"\x00\x00\x01\x00"
    assert "public" in answer.headers["cache-control"]


async def test_security_txt_says_whom_to_tell_and_is_good_for_less_than_a_year(client):
    answer = await client.get("/.well-known/security.txt")
    assert "Contact: mailto:help@example.org" in answer.text.splitlines()
    expires = datetime.fromisoformat(re.search(r"^Expires: (\S+)$", answer.text, re.MULTILINE)[1])
    assert NOON + timedelta(days=180) < expires < NOON + timedelta(days=365)


async def test_where_nobody_is_named_there_is_no_security_txt(sqlite, clock):
    async with asking(the_pages(sqlite, clock, contact=None)) as asker:
        missing = await asker.get("/.well-known/security.txt")
    assert (missing.status_code, missing.text) == (404, "There is no page at this address.\n")


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("POST", "/healthz", 405, "This page cannot be used in that way."),
        ("POST", "/readyz", 405, "This page cannot be used in that way."),
        ("DELETE", "/metrics", 405, "This page cannot be used in that way."),
        ("PUT", "/robots.txt", 405, "This page cannot be used in that way."),
        ("POST", "/webhooks/nobody", 404, "There is no page at this address."),
    ],
)
async def test_a_program_is_refused_in_a_line_of_text_as_it_is_answered(
    client, method, path, status, sentence
):
    refused = await client.request(method, path, headers={"Accept-Language": "de"})
    assert (refused.status_code, refused.text) == (status, f"{sentence}\n")
    assert refused.headers["content-type"].startswith("text/plain")
    assert ("allow" in refused.headers) is (status == 405)


@pytest.mark.parametrize(
    ("method", "path", "status", "names"),
    [
        ("PUT", "/subscriptions", 405, {"ok", "errors"}),
        ("POST", "/embed/conditions", 405, {"error"}),
        ("GET", "/embed/nothing", 404, {"error"}),
        ("GET", "/nowhere", 404, {"ok", "errors"}),
    ],
)
async def test_whoever_asks_for_json_is_refused_in_json(client, method, path, status, names):
    refused = await client.request(method, path, headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json().keys()) == (status, names)


async def test_an_address_without_a_page_offers_a_search(client):
    lost = await client.get("/nowhere")
    assert lost.status_code == 404
    assert 'role="search"' in lost.text
    assert 'role="search"' not in (await client.get("/conditions?q=")).text.split("<main")[0]
