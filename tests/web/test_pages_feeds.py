"""The Atom feeds, read with an XML parser and held against the musts of RFC 4287."""

import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from notifier.domain.changes import Kind, Weight
from notifier.domain.study import content_digest, decode
from notifier.storage.models import Source
from notifier.storage.studies import snapshots, study_page
from tests.conftest import NOON
from tests.factories import A, B, a_record, raw
from tests.store_factories import a_change, a_pass, a_public_study, filled_once, follow
from tests.web_asking import pages_with

ATOM = "{http://www.w3.org/2005/Atom}"
HOME = "https://updates.example.org"
HOSTILE = "\"><script>alert(1)</script>]]>&amp;&' \x00\x08\x1f\x7f\ufffe\u2028 &#0;"


@pytest.fixture
def pages(database, clock):
    return pages_with(database, clock, organisation="Example & Co", public_url=HOME)


async def read(client, path):
    """The feed, parsed, after checking what the RFC demands of any."""
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.content)
    assert feed.tag == f"{ATOM}feed"
    check_head(feed, path)
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        check_entry(entry)
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    stamps = [entry.findtext(f"{ATOM}updated") for entry in entries]
    assert stamps == sorted(stamps, reverse=True)
    if stamps:
        assert feed.findtext(f"{ATOM}updated") == stamps[0]
    return entries


def check_head(feed, path):
    """4.1.1: one id, title and updated; an author, as entries have none; one link to itself, one alternate."""
    for name in ("id", "title", "updated"):
        assert len(feed.findall(ATOM + name)) == 1
    assert feed.find(f"{ATOM}author").findtext(f"{ATOM}name") == "Example & Co"
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert set(links) == {"self", "alternate"}
    assert links["self"] == feed.findtext(f"{ATOM}id") == HOME + path
    check_stamp(feed.findtext(f"{ATOM}updated"))


def check_entry(entry):
    """4.1.2: one id (an absolute IRI), title and updated, and an alternate link where it has no content."""
    for name in ("id", "title", "updated", "content"):
        assert len(entry.findall(ATOM + name)) == 1
    tag = r"tag:updates\.example\.org,\d{4}-\d{2}-\d{2}:(change/\d+|study/NCT\d{8})"
    assert re.fullmatch(tag, entry.findtext(f"{ATOM}id"))
    [link] = entry.findall(f"{ATOM}link")
    assert link.get("rel") == "alternate"
    assert urlsplit(link.get("href")).path.startswith("/studies/NCT")
    content = entry.find(f"{ATOM}content")
    assert content.get("type") == "html"
    assert len(content) == 0  # 4.1.3.3: HTML is text, escaped, without child elements
    check_stamp(entry.findtext(f"{ATOM}updated"))


def check_stamp(text):
    """3.3: RFC 3339, with a capital T and Z."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)
    assert datetime.fromisoformat(text).tzinfo is not None


@pytest.fixture
@filled_once
def stored(database):
    with database.transaction() as session:
        a_public_study(session, NOON)


async def test_a_study_without_changes_has_a_feed_without_entries(client, stored):
    assert await read(client, f"/feeds/studies/{A}.atom") == []


async def test_each_update_is_an_entry_in_the_words_of_the_mails_with_an_id_for_ever(
    client, database, stored
):
    with database.transaction() as session:
        a_pass(session, NOON, a_change(Kind.STATUS_PAUSED, before="RECRUITING", after="SUSPENDED"))
    [first] = await read(client, f"/feeds/studies/{A}.atom")
    assert first.findtext(f"{ATOM}title").startswith("A study you follow is on hold")
    assert "It may start again." in first.findtext(f"{ATOM}content")
    with database.transaction() as session:
        a_pass(session, NOON + timedelta(days=1), a_change(Kind.TITLE, Weight.NOTABLE))
    newer, older = await read(client, f"/feeds/studies/{A}.atom")
    assert ET.tostring(older) == ET.tostring(first)
    assert newer.findtext(f"{ATOM}id") == "tag:updates.example.org,2027-01-13:change/2"
    assert newer.find(f"{ATOM}link").get("href") == f"{HOME}/studies/{A}#change-2"


async def test_a_feed_is_asked_for_again_by_tag_or_date(client, database, stored):
    path = f"/feeds/studies/{A}.atom"
    first = await client.get(path)
    date = first.headers["last-modified"]
    assert parsedate_to_datetime(date) == NOON
    assert (await client.get(path, headers={"If-Modified-Since": date})).status_code == 304
    assert (await client.get(path, headers={"If-None-Match": first.headers["etag"]})).status_code == 304
    odd = {"If-None-Match": '"x"', "If-Modified-Since": date}
    assert (await client.get(path, headers=odd)).status_code == 200  # the tag goes before the date
    assert (await client.get(path, headers={"If-Modified-Since": "yesterday"})).status_code == 200
    with database.transaction() as session:
        a_pass(session, NOON + timedelta(days=1), a_change())
    assert (await client.get(path, headers={"If-Modified-Since": date})).status_code == 200


async def test_a_feed_of_a_condition_has_new_studies_and_changes_and_says_which(client, database, stored):
    with database.transaction() as session:
        a_public_study(session, NOON + timedelta(hours=1), B, studyFirstPostDateStruct={"date": "2027-01-10"})
        a_pass(session, NOON + timedelta(days=1), a_change(), nct_id=A)
        a_pass(session, NOON + timedelta(days=2), a_change(), nct_id=B)
        follow(session, NOON, "jane@example.org", "knee pain")
        a_pass(session, NOON + timedelta(days=3), a_change(Kind.NEW_STUDY), nct_id=A, condition_id=1)
    entries = await read(client, "/feeds/conditions.atom?q=knee+pain")
    ids = [entry.findtext(f"{ATOM}id").partition(":")[2].partition(":")[2] for entry in entries]
    assert ids == ["change/2", "change/1", f"study/{B}"]
    assert f"({B})" in entries[0].findtext(f"{ATOM}title")
    content = entries[2].findtext(f"{ATOM}content")
    assert "a new study was posted" in content
    assert content.index("?</strong>") < content.index("a new study was posted")  # what it asks stands first
    assert all("?</strong>" not in each.findtext(f"{ATOM}content") for each in entries[:2])
    assert "You follow" not in "".join(entry.findtext(f"{ATOM}content") for entry in entries)


async def test_a_feed_of_a_condition_without_studies_is_empty(client):
    assert await read(client, "/feeds/conditions.atom?q=gout") == []


async def test_an_empty_feed_was_updated_when_this_site_began_to_look(client, database):
    with database.transaction() as session:
        a_public_study(session, NOON)
        a_pass(session, NOON - timedelta(days=3), a_change())
    answer = await client.get("/feeds/conditions.atom?q=gout")
    assert f"<updated>{NOON - timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}</updated>" in answer.text


async def test_no_text_of_a_record_breaks_a_feed(client, database):
    record = a_record(
        briefTitle=HOSTILE, conditions=["knee", HOSTILE], whyStopped=HOSTILE, overallStatus="SUSPENDED"
    )
    study = decode(raw(record))
    with database.transaction() as session:
        version = snapshots.Version(study, content_digest(study.raw), Source.BASELINE)
        snapshot = snapshots.store(session, version, "2027-01-12T09:00:05", NOON, watch=True)
        study_page.publish(session, A, NOON)
        kinds = [
            kind for kind in Kind if kind not in {Kind.NEW_STUDY, Kind.NOW_LISTED, Kind.NO_LONGER_LISTED}
        ]
        for kind in kinds:
            a_pass(session, NOON, a_change(kind, before={"name": HOSTILE}, after=HOSTILE), snapshot=snapshot)
    for path in (f"/feeds/studies/{A}.atom", "/feeds/conditions.atom?q=knee"):
        entries = await read(client, path)
        assert len(entries) == 30
        for entry in entries:
            content = entry.findtext(f"{ATOM}content")
            assert "<script" not in content
            assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", content)


async def test_a_search_that_breaks_xml_or_finds_no_words_is_harmless(client):
    await read(client, "/feeds/conditions.atom?q=a%26b")
    for typed in ("", "?q=", "?q=%25", f"?q={'x' * 5000}"):
        assert (await client.get(f"/feeds/conditions.atom{typed}")).status_code == 400
    for typed in ("%00a", "%0Ba", "a%EF%BF%BE", "%3C%2Ffeed%3E", "%22%27%3E"):
        answer = await client.get(f"/feeds/conditions.atom?q={typed}x")
        assert answer.status_code == 200
        ET.fromstring(answer.content)


@pytest.mark.parametrize(("path", "status"), [("NCT1", 404), (B, 404), ("x/y", 404), (A.lower(), 301)])
async def test_a_feed_of_no_stored_study_is_not_found(client, stored, path, status):
    answer = await client.get(f"/feeds/studies/{path}.atom")
    assert answer.status_code == status


async def test_pages_name_their_feeds(client, stored):
    for page, feed in (
        (f"/studies/{A}", f"/feeds/studies/{A}.atom"),
        ("/conditions?q=knee", "/feeds/conditions.atom?q=knee"),
    ):
        assert re.search(
            rf'<link rel="alternate" type="application/atom\+xml" title="[^"]+" href="{re.escape(feed)}">',
            (await client.get(page)).text,
        )
        assert (await client.get(feed)).status_code == 200
