"""Pages that are made once and shown to everybody: always as if made anew, and with nothing of one person in them."""

import re
import shutil
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from factories import DATA, A
from sqlalchemy import event, select, update
from store_factories import a_change, a_pass, a_public_study, a_version, at, filled_once, follow
from web_asking import TEMPLATES, asking, link, set_anew, the_pages

from notifier.domain.changes import Kind
from notifier.domain.heartbeat import Pulse
from notifier.domain.signed_links import Purpose
from notifier.domain.summaries.importing import Written
from notifier.storage import subscribers
from notifier.storage.models import ConditionRow, Source, StudyRow
from notifier.storage.studies import history, snapshots, summaries
from notifier.web import site
from notifier.web.site import KeptTexts, Site, contents

PAGE, FEED = f"/studies/{A}", f"/feeds/studies/{A}.atom"
CONTACTS = [{"name": "Dr. Ada", "phone": "+45 12 34 56 78", "email": "ada@hospital.example"}]
RECORD = {"contactsLocationsModule": {"centralContacts": CONTACTS, "locations": []}}
TOKEN = re.compile(r'(name="form" value=")[^"]+')
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
@filled_once
def stored(database, clock):
    with database.transaction() as session:
        a_public_study(session, clock.now(), **RECORD)


@pytest.fixture
def pages(database, clock):
    return the_pages(database, clock, forms_per_network=1000)


def said(answer):
    """A page without the token that says when its form was shown."""
    assert answer.status_code == 200
    return TOKEN.sub(r"\1", answer.text)


def a_read(summary):
    return Written(A, "In plain words", (summary,), ("More.",), ("Less.",), "Example Society")


# --- what is kept is what would be made --------------------------------------------------------------------------


def another_version(session, now):
    snapshots.store(
        session, a_version(source=Source.SWEEP, briefTitle="Another title"), DATA, now, watch=True
    )


def a_bad_version_with_news(session, now):
    before = snapshots.kept(session, [A])[A].snapshot_id
    after = snapshots.store(
        session, a_version(source=Source.SWEEP, briefTitle="A wrong title"), DATA, now, watch=True
    )
    pass_id = a_pass(session, now)
    snapshots.store_changes(session, pass_id, A, [a_change()], between=(before, after), now=now)


ACTS = {
    "a change": lambda session, now: a_pass(session, now, a_change()),
    "another version": another_version,
    "a bad version": a_bad_version_with_news,
    "it is taken back": lambda session, now: history.take_back(session, A, 3, now),
    "an editor's read": lambda session, now: summaries.keep_imported(session, [a_read("It looks at tea.")], now),
    "the same, corrected": lambda session, now: summaries.keep_imported(session, [a_read("It is small.")], now),
    "the read is dropped": lambda session, _: summaries.drop(session, A),
    "the registry lost it": lambda session, now: snapshots.mark_missing(session, A, DATA, now),
    "watched for a month": lambda session, now: session.execute(
        update(StudyRow).where(StudyRow.nct_id == A).values(watched_since=now - 40 * DAY)
    ),
    "nobody follows it any more": lambda session, _: snapshots.forget_unfollowed(session),
}  # fmt: skip


async def test_what_is_kept_is_always_what_would_be_made_anew(client, pages, database, clock):
    """At one time by the clock: that time has moved on is not what tells two pages apart."""
    tags = []
    for name, act in ({"nothing": lambda *_: None} | ACTS).items():
        at(database, act, clock.now())
        for path in (PAGE, FEED, "/", f"{PAGE}?view=print"):
            kept = await client.get(path)
            async with asking(pages) as fresh:
                anew = await fresh.get(path)
            assert said(kept) == said(anew), (name, path)
            assert kept.headers["etag"] == anew.headers["etag"], (name, path)
            assert said(await client.get(path)) == said(anew), (name, path)
            if path == PAGE:
                tags.append(kept.headers["etag"])
    assert all(before != after for before, after in pairwise(tags))


async def test_a_new_day_is_another_page(client, clock):
    first = (await client.get(PAGE)).headers["etag"]
    clock.move(DAY)
    assert (await client.get(PAGE)).headers["etag"] != first


async def test_what_shows_of_the_settings_and_of_the_program_is_in_the_tag(database, clock, tmp_path):
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    base = templates / "page" / "base.html"
    base.write_text(base.read_text(encoding="utf-8") + "<!-- another -->", encoding="utf-8")
    pages = the_pages(database, clock)
    ways = [pages, replace(pages, contact="help@example.org"), set_anew(pages, postal_address="1 Road")]
    ways.append(replace(pages, templates=templates))
    tags = set()
    for way in ways:
        async with asking(way) as asker:
            tags.add((await asker.get(PAGE)).headers["etag"])
    assert len(tags) == len(ways)


def test_a_line_of_the_program_that_changes_is_in_the_tag_too(tmp_path):
    (tmp_path / "a.py").write_text("one", encoding="utf-8")
    (tmp_path / "a.pyc").write_text("one", encoding="utf-8")
    before = contents(tmp_path, (".py",))
    (tmp_path / "a.pyc").write_text("two", encoding="utf-8")
    assert contents(tmp_path, (".py",)) == before
    (tmp_path / "a.py").write_text("two", encoding="utf-8")
    assert contents(tmp_path, (".py",)) != before


# --- what it spares ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PAGE, FEED, f"{PAGE}?page=1", f"{PAGE}?view=print"])
async def test_a_page_that_is_known_costs_no_look_at_the_record(client, database, path):
    statements = []
    first = await client.get(path)
    event.listen(database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    for known in ({}, {"If-None-Match": first.headers["etag"]}):
        answer = await client.get(path, headers=known)
        assert answer.status_code == (304 if known else 200)
    assert statements
    assert not [each for each in statements if "record" in each]


def test_so_many_texts_are_kept_and_the_one_that_was_asked_for_last_longest():
    kept = KeptTexts(most=10, longest=6)
    for tag, text in (("a", b"1234"), ("b", b"1234"), ("long", b"1234567")):
        kept.put(tag, [text])
    assert (kept.get("long"), kept.get("a")) == (None, [b"1234"])
    kept.put("c", [b"1234"])
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == ([b"1234"], None, [b"1234"])


def test_the_pages_of_some_hundreds_of_studies_are_all_kept_however_they_are_asked_for():
    # Asked for in a round, the one that went first would be the next that is wanted, and none would be found.
    kept, page = KeptTexts(), b"a page of a usual size".ljust(60_000)
    for number in range(300):
        kept.put(str(number), [page])
    assert all(kept.get(str(number)) for number in range(300))


# --- nothing of one person ---------------------------------------------------------------------------------------


async def test_behind_each_page_is_a_rest_as_long_as_it_took_in_which_mails_are_made(pages, monkeypatch):
    now, rests = [100.0], []

    def sleep(seconds):
        rests.append(round(seconds, 6))
        now[0] += seconds

    def take(seconds):
        now[0] += seconds
        return "a page"

    monkeypatch.setattr(site, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))
    pulse = Pulse()
    pulse.expect("deliver", timedelta(minutes=1), timedelta(minutes=1))
    shown = Site(replace(pages, pulse=pulse))
    pulse.begin("deliver")
    await shown.by_turns(take, 0.001)
    await shown.by_turns(take, 0.001)
    assert not rests  # one visitor alone
    monkeypatch.setattr(shown, "_asked", 1)  # as while another waits
    pulse.end("deliver")
    await shown.by_turns(take, 0.001)
    await shown.by_turns(take, 0.001)
    assert not rests  # no mail goes
    pulse.begin("deliver")
    now[0] += 1
    for took in (0.001, 0.002, 20.0):
        assert await shown.by_turns(take, took) == "a page"
    with pytest.raises(TypeError):
        await shown.by_turns(take, None)
    assert rests == [0.001, 0.002, site.LONGEST_REST]  # before the first one nobody waits
    now[0] += 1
    await shown.by_turns(take, 0.001)
    assert len(rests) == 3


async def test_that_somebody_follows_a_condition_does_not_show_in_the_tags_of_its_studies(
    client, database, clock
):
    before = [(await client.get(path)).headers["etag"] for path in (PAGE, FEED)]
    with database.transaction() as session:
        follow(session, clock.now(), "jane@example.org", "tea")
        followed = session.execute(select(ConditionRow.id)).scalar_one()
        a_pass(session, clock.now(), a_change(Kind.NEW_STUDY), condition_id=followed)
    assert [(await client.get(path)).headers["etag"] for path in (PAGE, FEED)] == before


async def test_nobody_is_shown_what_another_visitor_did(client, database, clock):
    before = said(await client.get(PAGE))
    with database.transaction() as session:
        address = subscribers.address("jane@example.org")
        subscribers.send_contacts(session, address, A, clock.now(), "example.org", b"k" * 32)
        ids = follow(session, clock.now(), "jane@example.org", A)
    unlocked = await client.get(link(clock, [1], Purpose.CONTACTS))
    assert "ada@hospital.example" in unlocked.text
    assert unlocked.headers["cache-control"] == "no-store"
    assert "etag" not in unlocked.headers
    wrong = await client.post("/subscriptions", data={"email": "jane@", "about": A, "study": A})
    assert "jane@" in wrong.text
    await client.post("/contacts", data={"email": "jane@", "study": A})
    await client.get(link(clock, ids[:1], Purpose.UNSUBSCRIBE))
    sought = await client.get(PAGE, params={"place": "Jane’s town", "country": "Jane’s country"})
    assert sought.status_code == 200
    for path in (PAGE, f"{PAGE}?view=print", FEED, "/", "/conditions"):
        seen = (await client.get(path)).text
        for secret in ("jane", "Jane", "ada@hospital", "12 34 56"):
            assert secret not in seen, (path, secret)
    assert said(await client.get(PAGE)) == before


async def test_every_visitor_gets_a_token_of_their_own_time(client, clock):
    first = TOKEN.search((await client.get(PAGE)).text)[0]
    clock.move(timedelta(minutes=1))
    assert TOKEN.search((await client.get(PAGE)).text)[0] != first


async def test_when_the_last_follower_is_erased_the_page_no_longer_says_how_long_it_was_watched(
    client, database, clock
):
    with database.transaction() as session:
        follow(session, clock.now(), "jane@example.org", A)
        session.execute(
            update(StudyRow).where(StudyRow.nct_id == A).values(watched_since=clock.now() - 40 * DAY)
        )
    assert "in the past month" in (await client.get(PAGE)).text
    with database.transaction() as session:
        subscribers.erase(session, 1, clock.now(), b"k" * 32)
        snapshots.forget_unfollowed(session)
    assert "in the past month" not in (await client.get(PAGE)).text
