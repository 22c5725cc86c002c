"""The pages, asked in the process: what each says, and above all what it does not do."""

import asyncio
import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import sign_up
from sqlalchemy import select, text

from notifier.domain.signed_links import Purpose, TokenKeys
from notifier.storage import retention
from notifier.storage.engine import Database
from notifier.storage.models import messages, subscriptions
from notifier.storage.models.states import EndedReason, Every, SubscriptionState
from notifier.web import make_app
from tests.store_factories import filled_once
from tests.web_asking import asking, dump, link, set_anew, the_pages

JANE = "jane@mail.example.org"
ONE_CLICK = b"List-Unsubscribe=One-Click"
#: What programs take for a part of a link that stands in a sentence, in brackets or in quotes.
ENDS = (".", ",", ";", ")", "%3E", "]", "'", "%22", "%20", "%0D%0A", "...", ".)", "&gt;", "%E2%80%9D")
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
@filled_once
def followed(sqlite, clock):
    """Jane's subscription to a study, active."""
    return sign_up(sqlite, clock, JANE, evidence="said so")


@pytest.fixture
def waiting(sqlite, clock):
    """Jane's subscription to a study, which she has not confirmed."""
    return sign_up(sqlite, clock, JANE)


def state(database, identity):
    with database.reading() as session:
        row = select(subscriptions.c.state, subscriptions.c.ended_reason).where(
            subscriptions.c.id == identity
        )
        return tuple(session.execute(row).one())


ACTIVE, ENDED = (SubscriptionState.ACTIVE, None), (SubscriptionState.ENDED, EndedReason.UNSUBSCRIBED)


# --- GET and HEAD -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, Purpose.CONFIRM])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
async def test_nothing_but_post_changes_anything(sqlite, clock, client, waiting, method, purpose):
    before = dump(sqlite)
    for _ in range(3):
        await client.request(method, link(clock, waiting, purpose))
    assert dump(sqlite) == before


ACTIVE_CONTENT = r"<script|<img|<link|<iframe|onload|onclick|http-equiv|https?://|//"


async def test_the_page_that_confirms_is_one_form_with_one_button_that_posts_to_itself(
    clock, client, waiting
):
    page = (await client.get(link(clock, waiting, Purpose.CONFIRM))).text
    assert re.findall(r"<form[^>]*>", page) == ['<form method="post">']
    assert page.count("<button") == page.count('<button type="submit">') == 1
    assert not re.search(ACTIVE_CONTENT + "|<input", page)


async def test_the_page_that_stops_mails_has_a_button_for_each_choice_and_stopping_is_the_first(
    clock, client, followed
):
    page = (await client.get(link(clock, followed))).text
    assert re.findall(r'name="action" value="(\w+)"', page) == [
        *("stop", "daily", "weekly", "month", "quarter", "until", "all")
    ]
    assert page.count("<button") == page.count('<button type="submit"')
    assert all("action=" not in form for form in re.findall(r"<form[^>]*>", page))
    assert not re.search(ACTIVE_CONTENT, page)


async def test_head_answers_as_get_without_a_body(clock, client, followed):
    got, headed = await client.get(link(clock, followed)), await client.head(link(clock, followed))
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["content-length"] == got.headers["content-length"]


# --- one click --------------------------------------------------------------------------------------------------

MULTIPART = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, ONE_CLICK),
        ("multipart/form-data; boundary=b", MULTIPART),
        ("multipart/form-data; boundary=b", MULTIPART[:40]),
        ("multipart/form-data", MULTIPART),
        (FORM, b""),
        (FORM, b"\xff\x00%zz&&==&" * 500),
        (FORM, ONE_CLICK + b"&email=other%40example.org"),
        ("application/json", b"{broken"),
        (None, ONE_CLICK),
        (None, b""),
    ],
)
async def test_one_click_ends_it_whatever_the_form_says(sqlite, clock, client, followed, kind, body):
    answer = await client.post(
        link(clock, followed), content=body, headers={"Content-Type": kind} if kind else {}
    )
    assert answer.status_code == 200
    assert not {"location", "set-cookie"} & set(answer.headers)
    assert state(sqlite, followed[0]) == ENDED


@pytest.mark.parametrize(
    "sent", [{}, {"Origin": "https://mail.example.com"}, {"Cookie": "a=b"}, {"User-Agent": "Mozilla/5.0"}]
)
async def test_one_click_asks_nobody_who_they_are(sqlite, clock, client, followed, sent):
    answer = await client.post(link(clock, followed), content=ONE_CLICK, headers=sent)
    assert answer.status_code == 200
    assert state(sqlite, followed[0]) == ENDED


async def test_a_second_post_is_the_same_page_to_the_byte(sqlite, clock, client, followed):
    first = await client.post(link(clock, followed), content=ONE_CLICK)
    after = dump(sqlite)
    second = await client.post(link(clock, followed), content=ONE_CLICK)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert dump(sqlite) == after


async def test_a_second_press_of_the_same_pause_does_not_say_that_it_was_stopped(
    sqlite, clock, client, followed
):
    for _ in range(2):
        page = await client.post(link(clock, followed), data={"action": "until", "until": "2027-03-01"})
        assert "These mails are paused" in page.text
        assert "You will get nothing of this until" in page.text
        assert not re.search("were stopped|0 updates", page.text)
    assert state(sqlite, followed[0])[0] is SubscriptionState.PAUSED


async def test_it_ends_what_the_mail_was_about_and_nothing_else(sqlite, clock, client, followed):
    other = sign_up(sqlite, clock, JANE, evidence="said so", nct_id="NCT90000003")[1:]
    somebody = sign_up(sqlite, clock, "joe@example.org", evidence="said so")
    await client.post(link(clock, followed), content=ONE_CLICK)
    assert state(sqlite, followed[0]) == ENDED
    assert state(sqlite, other[0]) == state(sqlite, somebody[0]) == ACTIVE


@pytest.mark.parametrize(
    "change", ["{}/", "{}?utm_source=mail", "{}?", "{}?token=x&a=%00", *(f"{{}}{end}" for end in ENDS)]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_a_mail_program_hangs_on_to_a_link_does_no_harm(
    sqlite, clock, client, followed, method, change
):
    answer = await client.request(method, change.format(link(clock, followed)))
    assert answer.status_code == 200
    assert state(sqlite, followed[0]) == (ENDED if method == "POST" else ACTIVE)


@pytest.mark.parametrize(
    "path",
    [
        "//unsubscribe/{}",
        "/unsubscribe//{}",
        "///unsubscribe///{}//",
        "/UNSUBSCRIBE/{}",
        "/Unsubscribe/{}",
        "/unsubscribe/%20{}%20",
        "/%20unsubscribe/{}",
        "/unsubscribe/*{}*",
        "/*unsubscribe/{}**",
        "/unsubscribe/%C2%A0{}",
        "/unsubscribe/%22{}%22",
        "/unsubscribe/%3C{}%3E",
        "/unsubscribe/({})",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_is_read_as_it_was_meant(sqlite, clock, client, followed, method, path):
    token = link(clock, followed).rpartition("/")[2]
    answer = await client.request(method, f"http://pages.test{path.format(token)}")
    assert answer.status_code == 200
    assert state(sqlite, followed[0]) == (ENDED if method == "POST" else ACTIVE)


@pytest.mark.parametrize(
    "path", ["/unsubscribes/{}", "/un/subscribe/{}", "/unsubscribe/{}/more", "/unsubscribe", "/unsubscribe/*"]
)
async def test_no_path_is_ever_redirected(clock, client, followed, path):
    token = link(clock, followed).rpartition("/")[2]
    answer = await client.post(path.format(token))
    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize("days", [1, 400, 4000])
async def test_an_old_link_still_works(sqlite, clock, client, followed, days):
    path = link(clock, followed)
    clock.move(timedelta(days=days))
    assert (await client.post(path, content=ONE_CLICK)).status_code == 200
    assert state(sqlite, followed[0]) == ENDED


async def test_an_old_link_does_not_end_a_new_sign_up(sqlite, clock, client, followed):
    await client.post(link(clock, followed), content=ONE_CLICK)
    new = sign_up(sqlite, clock, JANE, evidence="said so again")
    await client.post(link(clock, followed), content=ONE_CLICK)
    assert state(sqlite, new[0]) == ACTIVE


async def test_a_person_whose_address_was_erased_reads_the_same(sqlite, clock, client, followed):
    await client.post(link(clock, followed), content=ONE_CLICK)
    clock.move(timedelta(days=40))
    retention.clean_up(sqlite, clock.now())
    for answer in (await client.get(link(clock, followed)), await client.post(link(clock, followed))):
        assert answer.status_code == 200
        assert "***" not in answer.text


async def test_a_subscription_that_is_not_there_at_all_is_over_too(clock, client):
    answer = await client.post(link(clock, [4711]), content=ONE_CLICK)
    assert answer.status_code == 200
    assert "You will not get these mails any more." in answer.text


# --- links that do not work -------------------------------------------------------------------------------------


async def test_every_bad_link_gets_one_and_the_same_page(clock, client, waiting):
    good = link(clock, waiting)
    other_purpose = good.replace("unsubscribe", "confirm")
    foreign = TokenKeys(["another key than ours"]).sign(Purpose.UNSUBSCRIBE, waiting, clock.now())
    paths = [
        other_purpose,
        f"/unsubscribe/{foreign}",
        good[:-1],
        good + "x",
        "/unsubscribe/" + good[-60:].swapcase(),
        "/unsubscribe/x",
        "/unsubscribe/",
        "/unsubscribe/%00%ff%2e%2e",
        "/unsubscribe/" + "A" * 5000,
        "/confirm/../x",
    ]
    answers = [await client.request(method, path) for path in paths for method in ("GET", "POST")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers[:-2]}) == 1


async def test_a_confirm_link_cannot_unsubscribe_nor_the_other_way_round(sqlite, clock, client, waiting):
    unsubscribe, confirm = link(clock, waiting), link(clock, waiting, Purpose.CONFIRM)
    before = dump(sqlite)
    await client.post(unsubscribe.replace("unsubscribe", "confirm"))
    await client.post(confirm.replace("confirm", "unsubscribe"))
    assert dump(sqlite) == before


async def test_a_bad_link_writes_nothing(sqlite, client):
    before = dump(sqlite)
    await client.post("/unsubscribe/" + "A" * 60, content=ONE_CLICK)
    assert dump(sqlite) == before


async def test_a_body_that_is_too_large_is_refused_and_ends_nothing(sqlite, clock, client, followed):
    answer = await client.post(link(clock, followed), content=b"a" * 70_000)
    assert answer.status_code == 413
    assert state(sqlite, followed[0]) == ACTIVE


async def asked_with(app, path, receive):
    """The status of the answer to a POST whose body comes as `receive` has it."""
    said = []
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": []}

    async def send(message):
        said.append(message)

    await app(scope, receive, send)
    return said[0]["status"]


async def test_a_body_that_never_comes_is_not_waited_for(sqlite, clock, pages, followed, monkeypatch):
    monkeypatch.setattr("notifier.web.incoming.BODY_WITHIN", 0.05)
    status = await asked_with(make_app(pages), link(clock, followed), asyncio.Event().wait)
    assert (status, state(sqlite, followed[0])) == (200, ENDED)


async def test_one_click_counts_although_the_asker_hung_up(sqlite, clock, pages, followed):
    async def hung_up():
        return {"type": "http.disconnect"}

    await asked_with(make_app(pages), link(clock, followed), hung_up)
    assert state(sqlite, followed[0]) == ENDED


# --- confirm ----------------------------------------------------------------------------------------------------


async def test_confirming_makes_it_active_and_saying_it_again_says_the_same(sqlite, clock, client, waiting):
    path = link(clock, waiting, Purpose.CONFIRM)
    first = await client.post(path)
    assert "that is confirmed" in first.text
    assert state(sqlite, waiting[0]) == ACTIVE
    after = dump(sqlite)
    clock.move(timedelta(days=1))
    assert (await client.post(path)).content == first.content
    assert dump(sqlite) == after


async def test_confirming_what_was_ended_does_not_revive_it(sqlite, clock, client, waiting):
    await client.post(link(clock, waiting))
    answer = await client.post(link(clock, waiting, Purpose.CONFIRM))
    assert answer.status_code == 200
    assert "nothing to confirm" in answer.text
    assert state(sqlite, waiting[0]) == ENDED


async def test_confirming_what_was_wiped_after_a_week_says_so(sqlite, clock, client, waiting):
    clock.move(timedelta(days=6))
    path = link(clock, waiting, Purpose.CONFIRM)
    clock.move(timedelta(days=2))
    retention.clean_up(sqlite, clock.now())
    assert "nothing to confirm" in (await client.post(path)).text


async def test_a_link_that_is_too_old_offers_a_fresh_one_and_confirms_nothing(sqlite, clock, client, waiting):
    path = link(clock, waiting, Purpose.CONFIRM)
    clock.move(timedelta(days=7, seconds=1))
    shown = await client.get(path)
    assert (shown.status_code, "Send me a fresh link" in shown.text) == (410, True)
    pressed = await client.post(path)
    assert "A fresh link is on its way" in pressed.text
    assert state(sqlite, waiting[0])[0] is SubscriptionState.PENDING
    clock.move(timedelta(days=6))
    retention.clean_up(sqlite, clock.now())
    assert "that is confirmed" in (await client.post(link(clock, waiting, Purpose.CONFIRM))).text


async def test_an_old_link_to_nothing_leads_to_the_form(sqlite, clock, client, waiting):
    path = link(clock, waiting, Purpose.CONFIRM)
    clock.move(timedelta(days=8))
    retention.clean_up(sqlite, clock.now())
    for answer in (await client.get(path), await client.post(path)):
        assert (answer.status_code, 'href="/subscriptions"' in answer.text) == (410, True)


async def test_what_is_confirmed_says_so_whenever_its_link_is_opened(sqlite, clock, client, waiting):
    path = link(clock, waiting, Purpose.CONFIRM)
    await client.post(path)
    for days in (1, 30):
        clock.move(timedelta(days=days))
        answer = await client.get(path)
        assert (answer.status_code, "already confirmed" in answer.text) == (200, True)
        assert "<button" not in answer.text


async def test_confirming_is_followed_by_one_welcome(sqlite, clock, client, waiting):
    for _ in range(2):
        await client.post(link(clock, waiting, Purpose.CONFIRM))
    with sqlite.reading() as session:
        kinds = session.execute(select(messages.c.kind)).scalars().all()
    assert [kind.value for kind in kinds].count("welcome") == 1


# --- what a page tells, and to whom -----------------------------------------------------------------------------


async def test_no_page_but_that_which_asks_says_what_is_followed_and_none_by_whom(sqlite, clock, client):
    sign_up(sqlite, clock, JANE)
    ids = sign_up(sqlite, clock, JANE, condition="knee pain", every=Every.WEEKLY)
    paths = [link(clock, ids, purpose) for purpose in (Purpose.CONFIRM, Purpose.UNSUBSCRIBE)]
    mail, *pages = [(await client.request(method, path)).text for path in paths for method in ("GET", "POST")]
    assert "jane" not in mail
    assert "When study NCT90000001 changes" in mail
    assert re.search(
        r"New studies for <bdi>knee pain</bdi> <span class=\"quiet\">\(At most once a week\)", mail
    )
    for page in pages:
        assert "j***@m***.org" in page
        assert not re.search(r"\w[.?!][A-Z]", page)  # a sentence begins after a space
        assert not re.search(r"jane|mail\.example|NCT9|knee|pain", page, re.IGNORECASE)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("jane@example.org", "j***@e***.org"),
        ("j@x.dk", "j***@x***.dk"),
        ("ørsted@bücher.example", "ø***@b***.example"),
    ],
)
async def test_an_address_is_masked(sqlite, clock, client, typed, shown):
    ids = sign_up(sqlite, clock, typed)
    assert shown in (await client.get(link(clock, ids))).text


async def test_the_organisations_name_cannot_break_the_page(pages, clock):
    named = set_anew(pages, organisation="<script>alert(1)</script> & sons")
    async with asking(named) as asker:
        page = (await asker.get("/unsubscribe/x")).text
    assert "&lt;script&gt;" in page
    assert "<script" not in page


# --- headers ----------------------------------------------------------------------------------------------------


def expected_headers(style):
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow",
        "x-content-type-options": "nosniff",
        "content-security-policy": f"default-src 'none'; img-src 'self'; style-src 'sha256-{digest}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'",
        "strict-transport-security": "max-age=31536000",
    }


def spoil(database):
    database.close()
    Path(database.url.database).write_text("no database any more")


async def test_every_answer_has_the_headers_errors_included(sqlite, clock, client, followed, pages):
    good = link(clock, followed)
    answers = [
        await client.get(good),
        await client.head(good),
        await client.post(good),
        await client.get("/healthz"),
        await client.get("/readyz"),
        await client.get("/unsubscribe/x"),
        await client.get("/nothing/here"),
        await client.put(good),
        await client.post(good, content=b"a" * 70_000),
    ]
    spoil(sqlite)
    answers.append(await client.get(good))
    style = (pages.templates / "page" / "style.css").read_text(encoding="utf-8")
    codes = [answer.status_code for answer in answers]
    assert codes == [200, 200, 200, 200, 200, 404, 404, 405, 413, 503]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in expected_headers(style)} == expected_headers(style)


async def test_the_style_is_the_one_that_the_policy_allows(clock, client, followed):
    answer = await client.get(link(clock, followed))
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]
    assert "style=" not in answer.text


async def test_a_method_that_a_page_does_not_have_is_told_which_it_has(clock, client, followed):
    answer = await client.put(link(clock, followed))
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


class Bursting(Database):
    """A database that fails in a way that nobody foresaw, with an address in its words."""

    def reading(self):
        raise ZeroDivisionError("for jane@mail.example.org")


async def test_an_error_of_ours_is_a_calm_page_without_its_words(pages, clock, followed):
    broken = Bursting(str(pages.database.url), pages.templates)
    async with asking(replace(pages, database=broken)) as asker:
        answer = await asker.get(link(clock, followed))
    assert answer.status_code == 500
    assert "try again in a few minutes" in answer.text
    assert "jane" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


# --- health -----------------------------------------------------------------------------------------------------


async def test_healthz_needs_no_database_and_readyz_does(client, sqlite, pages):
    assert (await client.get("/healthz")).text == "ok\n"
    assert (await client.get("/readyz")).text == "ready\n"
    with sqlite.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready\n")
    assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/conditions?q=gout"),
        ("GET", "/studies/NCT90000001"),
        ("GET", "/feeds/studies/NCT90000001.atom"),
        ("GET", "/feeds/conditions.atom?q=gout"),
        *[("GET", purpose) for purpose in (Purpose.CONFIRM, Purpose.UNSUBSCRIBE, Purpose.PREFERENCES)],
        *[("POST", purpose) for purpose in (Purpose.CONFIRM, Purpose.UNSUBSCRIBE, Purpose.PREFERENCES)],
    ],
)
async def test_while_the_database_is_away_every_page_says_when_to_come_again(
    clock, request, method, path, accept
):
    templates = request.config.rootpath / "templates"
    away = Database("postgresql+psycopg://us:a-secret@127.0.0.1:1/notifier", templates)
    where = path
    if isinstance(path, Purpose):
        where = link(clock, [1, 0] if path is Purpose.PREFERENCES else [1], path)
    async with asking(the_pages(away, clock)) as asker:
        answer = await asker.request(
            method,
            where,
            headers={"Accept": accept, "Content-Type": FORM},
            content=ONE_CLICK if method == "POST" else b"",
        )
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert answer.headers["Content-Type"].startswith(accept)
    assert "a-secret" not in answer.text
