"""What another site's page takes in: a fragment, its JSON, an element. The same for everybody, and for allowed sites alone."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from factories import A
from store_factories import a_change, a_public_study, filled_once, mails, news
from web_asking import FRIEND, OWN, asking, the_pages

from notifier.domain.branding import Face
from notifier.domain.changes import Kind

STUDY, CONDITION = f"/embed/studies/{A}", "/embed/conditions?q=knee+pain"
JSON = {"Accept": "application/json"}
FRIENDS = {"Origin": FRIEND}


@pytest.fixture(autouse=True)
@filled_once
def stored(database, clock):
    with database.transaction() as session:
        a_public_study(session, clock.now(), conditionsModule={"conditions": ["Knee Pain"]})


async def test_a_study_stands_alone_with_its_status_question_and_form(client):
    page = await client.get(STUDY)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.lstrip().startswith('<section class="notifier-embed" lang="en"')
    assert f'action="{OWN}/subscriptions"' in page.text
    assert f'href="{OWN}/studies/{A}"' in page.text
    assert f'name="study" value="{A}"' in page.text
    assert "<script" not in page.text
    assert not re.search(r'(?:href|src|action)="(?!https?://)', page.text)  # each address is whole


async def test_json_says_the_same(client):
    found = await client.get(STUDY, headers=JSON)
    assert found.headers["content-type"] == "application/json"
    told, page = found.json(), (await client.get(STUDY)).text
    assert told["nct_id"] == A
    assert told["url"] == f"{OWN}/studies/{A}"
    for name in ("title", "status"):
        assert told[name]
        assert told[name] in page
    assert told["form"]["fields"] == {"study": A, "every": "immediate", "language": "en"}


async def test_what_changed_is_told_the_newest_first(client, database, clock):
    with database.transaction() as session:
        news(
            session,
            clock.now(),
            a_change(Kind.STATUS_OPENED, before="NOT_YET_RECRUITING", after="RECRUITING"),
        )
    told = (await client.get(STUDY, headers=JSON)).json()
    assert len(told["changed"]) == 1
    assert told["changed"][0]["says"] in (await client.get(STUDY)).text


async def test_a_condition_lists_its_studies_with_a_form(client):
    told = (await client.get(CONDITION, headers=JSON)).json()
    assert [each["nct_id"] for each in told["studies"]] == [A]
    assert told["form"]["fields"]["condition"] == "knee pain"
    page = (await client.get(CONDITION)).text
    assert f'href="{OWN}/studies/{A}"' in page
    assert 'name="condition" value="knee pain"' in page


@pytest.mark.parametrize("path", [STUDY, CONDITION, "/embed/notifier.js"])
async def test_it_is_kept_and_knows_nobody(client, path):
    first = await client.get(path, headers={"Cookie": "a=b", **FRIENDS})
    assert first.headers["cache-control"].startswith("public")
    assert "set-cookie" not in first.headers
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", [STUDY, CONDITION, "/embed/studies/NCT1"])
@pytest.mark.parametrize("kind", [{}, JSON])
async def test_only_allowed_sites_may_read_and_frame_it(client, path, kind):
    friend = await client.get(path, headers=FRIENDS | kind)
    stranger = await client.get(path, headers={"Origin": "https://stranger.example.org"} | kind)
    assert friend.headers["access-control-allow-origin"] == FRIEND
    assert "access-control-allow-origin" not in stranger.headers
    for answer in (friend, stranger):
        assert {"origin", "accept"} <= set(re.split(r",\s*", answer.headers["vary"].lower()))
        assert f"frame-ancestors {FRIEND};"[:-1] in answer.headers["content-security-policy"]
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["x-robots-tag"].startswith("noindex")


async def test_where_no_site_is_allowed_none_may_frame_it(database, clock):
    async with asking(the_pages(database, clock, form_origins=())) as client:
        policy = (await client.get(STUDY)).headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy


async def test_other_pages_stay_out_of_frames(client):
    assert "frame-ancestors 'none'" in (await client.get(f"/studies/{A}")).headers["content-security-policy"]


async def test_its_look_is_the_one_that_the_policy_allows(client):
    page = await client.get(STUDY)
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.headers["content-security-policy"]
    assert "style=" not in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/embed/studies/NCT1", 404), ("/embed/studies/", 404), ("/embed/conditions", 400), ("/embed/conditions?q=%25", 400),
     ("/embed/conditions?q=" + "a" * 300, 400), ("/embed/studies/NCT91111111", 503), ("/embed/other", 404)],
)  # fmt: skip
async def test_what_is_not_there_is_said(client, path, status):
    page = await client.get(path)
    assert page.status_code == status
    assert set((await client.get(path, headers=JSON)).json()) == {"error"}


async def test_another_way_of_writing_it_leads_there(client):
    moved = await client.get(f"/embed/studies/{A.lower()}", headers=FRIENDS)
    assert (moved.status_code, moved.headers["location"]) == (301, STUDY)
    assert moved.headers["access-control-allow-origin"] == FRIEND


async def test_it_speaks_the_language_that_is_asked_for(client):
    page = await client.get(STUDY + "?lang=da")
    assert 'class="notifier-embed" lang="da"' in page.text
    assert f'href="{OWN}/studies/{A}?lang=da"' in page.text
    assert 'name="language" value="da"' in page.text


async def test_words_of_a_visitor_or_of_the_record_are_no_markup(client, database, clock):
    page = await client.get("/embed/conditions?q=%3Cscript%3Ealert(1)%3C/script%3E+pain")
    assert "<script" not in page.text
    with database.transaction() as session:
        a_public_study(session, clock.now(), identificationModule__briefTitle="<img src=x onerror=alert(1)>")
    assert "<img" not in (await client.get(STUDY)).text


async def test_the_element_is_small_and_names_no_place(client):
    script = await client.get("/embed/notifier.js", headers=FRIENDS)
    assert script.headers["content-type"].startswith("text/javascript")
    assert len(script.content) <= 3_000
    assert OWN not in script.text  # it asks where it came from
    assert 'credentials: "omit"' in script.text


async def test_the_form_can_be_posted_from_the_page_of_an_allowed_site(client, database):
    told = (await client.get(STUDY, headers=JSON | FRIENDS)).json()
    form = told["form"]["fields"] | {"email": "jane@example.org", "consent": "yes"}
    posted = await client.post(told["form"]["action"], data=form, headers=JSON | FRIENDS)
    assert (posted.status_code, posted.json()["ok"]) == (200, True)
    assert [mail.kind.value for mail in mails(database)] == ["confirmation"]
    stranger = {"Origin": "https://stranger.example.org"}
    assert (await client.post(told["form"]["action"], data=form, headers=JSON | stranger)).status_code == 403


async def test_it_has_the_organisations_accent(database, clock):
    face = Face("Example & Sons", accent=("#7a1f5c", "#f0a6d8"))
    async with asking(replace(the_pages(database, clock), face=face)) as client:
        page = (await client.get(STUDY)).text
    assert "light-dark(#7a1f5c, #f0a6d8)" in page
    assert "Example &amp; Sons" in page
    assert "LIGHT" not in page
