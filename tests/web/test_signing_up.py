"""Signing up on the page or from another site: what is taken, what is refused and how, and that no answer tells on anybody."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from fakes import sign_up
from sqlalchemy import select
from store_factories import a_study
from web_asking import (
    FRIEND,
    KEYS,
    OWN,
    TEMPLATES,
    asking,
    dump,
    faults,
    link,
    mails_of,
    subscriptions_of,
    the_pages,
    value_of,
)

from notifier.domain.signed_links import Purpose
from notifier.errors import RegistryUnavailable, StoreError
from notifier.sources.clinicaltrials_gov import Gone, StudyMoved
from notifier.storage import subscribers, suppression
from notifier.storage.engine import Database
from notifier.storage.models import ConsentRow, SubscriberRow, conditions
from notifier.storage.models.states import Every, SubscriptionState, Suppressed
from notifier.storage.subscribers import CONSENT_VERSION, CONSENT_WORDING
from notifier.web import forms, incoming

A = "NCT90000001"
JANE = "jane@mail.example.org"
JSON = {"Accept": "application/json"}


@pytest.fixture
def pages(database, clock):
    with database.transaction() as session:
        a_study(session, clock.now(), conditionsModule__conditions=["Knee  Pain", "<b>Osteoarthritis</b>"])
    return the_pages(database, clock)


def a_form(**changes):
    form = {"email": JANE, "study": A, "consent": "yes"} | changes
    return {name: text for name, text in form.items() if text is not None}


async def sent(client, headers=None, **changes):
    return await client.post("/subscriptions", data=a_form(**changes), headers=headers)


def one(database, kind):
    with database.reading() as session:
        return session.execute(select(kind)).scalar_one()


# --- what is taken ----------------------------------------------------------------------------------------------


async def test_a_sign_up_waits_for_the_mail_and_keeps_the_words_that_were_agreed_to(database, client):
    page = (await client.get("/subscriptions", params={"study": A})).text
    answer = await sent(client, every="weekly", condition="Knee Pain", language="da")
    assert (answer.status_code, "look at your mail" in answer.text) == (200, True)
    assert [(row.state, row.every) for row in subscriptions_of(database)] == [
        (SubscriptionState.PENDING, Every.WEEKLY)
    ] * 2
    with database.reading() as session:
        consents = session.execute(select(ConsentRow)).scalars().all()
    assert {(row.method, row.actor, row.evidence, row.given_at) for row in consents} == {
        ("form", "the person", None, None)
    }
    assert {row.wording_version for row in consents} == {CONSENT_VERSION}
    assert CONSENT_WORDING in page
    assert one(database, SubscriberRow).language == "da"
    assert mails_of(database) == ["confirmation"]


async def test_the_same_form_as_json(database, client):
    answer = await sent(client, headers=JSON)
    assert answer.json()["ok"] is True
    assert len(subscriptions_of(database)) == 1


@pytest.mark.parametrize(("email", "asked"), [("jane@gmial.con", True), ("jane@gmail.com", False)])
async def test_a_slip_in_the_address_is_asked_about_and_taken(database, client, email, asked):
    assert ("Did you mean gmail.com?" in (await sent(client, email=email)).text) is asked
    assert ("question" in (await sent(client, headers=JSON, email=email)).json()) is asked
    assert len(subscriptions_of(database)) == 1


async def test_what_is_searched_is_shown_where_it_is_not_what_was_typed(database, client):
    page = (await sent(client, condition="HER2- breast cancer")).text
    assert "HER2- breast cancer" in page
    assert "HER2 negative breast cancer" in page
    answer = (await sent(client, headers=JSON, condition="HER2- breast cancer")).json()
    assert answer["searched"] == {"HER2- breast cancer": "HER2 negative breast cancer"}
    assert "searched" not in (await sent(client, headers=JSON, condition="Breast  cancer")).json()


async def test_two_conditions_in_one_field_are_asked_back(database, client):
    answer = await sent(client, condition="asthma OR COPD")
    assert (answer.status_code, "One condition each" in answer.text) == (400, True)
    assert subscriptions_of(database) == []


async def test_a_form_in_parts_is_taken_and_a_file_is_not(database, client):
    parts = {name: (None, text) for name, text in a_form().items()}
    refused = await client.post("/subscriptions", files=parts | {"study": ("a.txt", b"NCT90000001")})
    assert refused.status_code == 400
    assert (await client.post("/subscriptions", files=parts)).status_code == 200
    assert len(subscriptions_of(database)) == 1


@pytest.mark.parametrize(
    "address", ["jane+trials@example.org", "ørsted@example.org", "jane@bücher.example", "O'Neil@example.org"]
)
async def test_real_addresses_of_every_kind_are_taken(database, client, address):
    assert (await sent(client, email=address)).status_code == 200
    assert one(database, SubscriberRow).email == address


async def test_fields_that_we_do_not_know_change_nothing(database, client):
    answer = await sent(client, is_admin="yes", state="active", lightest="minor")
    assert answer.status_code == 200
    assert subscriptions_of(database)[0].state is SubscriptionState.PENDING


HOSTILE = (
    "<script>alert(1)</script>", "\u202e\x00\r\nBcc: a@example.org", "' OR 1=1 --", "{{ 7*7 }}", "%(x)s %s", "x" * 5000,
)  # fmt: skip


@pytest.mark.parametrize("wrong", HOSTILE)
async def test_no_field_takes_what_is_meant_to_harm(sqlite, clock, client, wrong):
    """Each by itself: the form comes again with a sentence, or it is taken as the plain text that it is."""
    names = (*forms.NARROW_FIELDS, "condition", "near", "within", "time_zone", "language", "every", "about")
    for name in names:
        sent = {"condition": "gout", "email": "jane@example.org", "consent": "yes", name: wrong}
        answer = await client.post("/subscriptions", data=sent)
        assert answer.status_code in {200, 400}, name
        assert "<script>" not in answer.text
        assert "\u202e" not in answer.text
    with sqlite.reading() as session:
        theirs = subscribers.chosen(session, 1)
    pending = [each.id for each in theirs.follows] if theirs else []
    if pending:
        page = await client.get(link(clock, pending, Purpose.CONFIRM))
        assert page.status_code == 200
        assert "<script>" not in page.text


async def test_nothing_that_was_typed_reaches_the_confirmation_mail(database, client):
    await sent(client, study=None, condition="Visit http://evil.example now")
    with database.reading() as session:
        assert session.execute(select(conditions.c.query)).scalar_one() == "visit http evil.example now"
    assert mails_of(database) == ["confirmation"]  # whose letter has no place for it


async def test_presses_at_once_are_one_sign_up(postgresql, clock):
    async with asking(the_pages(postgresql, clock)) as client:
        answers = await asyncio.gather(*(sent(client) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len(subscriptions_of(postgresql)) == 1
    assert mails_of(postgresql) == ["confirmation"]


# --- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "text", "beside"),
    [
        ("email", "jane", "updates-email"),
        ("email", "jane@example.org\r\nBcc: joe@example.org", "updates-email"),
        ("study", "NCT1", "updates-study"),
        ("condition", "***", "updates-condition"),
        ("every", "hourly", "updates-every"),
        ("consent", None, "updates-consent"),
        ("language", "<i>", "updates-language"),
        ("time_zone", "Mars", "updates-time-zone"),
    ],
)
async def test_a_wrong_field_is_told_beside_it_and_changes_nothing(database, client, field, text, beside):
    before = dump(database)
    answer = await sent(client, **{field: text})
    assert answer.status_code == 400
    assert set(faults(answer.text)) == {beside}
    assert list((await sent(client, headers=JSON, **{field: text})).json()["errors"]) == [field]
    assert dump(database) == before


async def test_what_was_typed_stands_in_the_form_again(client):
    answer = await sent(client, email='ja"ne<x>', about=A, every="weekly", condition="Knee Pain")
    assert value_of(answer.text, "email") == 'ja"ne<x>'
    assert 'value="weekly" checked' in answer.text
    assert 'value="Knee Pain" checked' in answer.text
    assert 'value="&lt;b&gt;Osteoarthritis&lt;/b&gt;">' in answer.text
    assert "<b>Osteo" not in answer.text


async def test_a_wrong_field_says_so_to_those_who_cannot_see(client):
    page = (await sent(client, email="jane")).text
    field = re.search(r'<input[^>]*name="email"[^>]*>', page)[0]
    assert 'aria-invalid="true" aria-describedby="updates-email-fault"' in field


HOSTILE = [
    "\0", "\u202e\u2066", "a\r\nBcc: x@y.org", "שלום", "😀" * 300, "{{ 7*7 }}", "' OR 1=1 --", "x" * 60_000,
]  # fmt: skip


@pytest.mark.parametrize(
    "field", ["email", "study", "condition", "every", "language", "time_zone", "about", "form"]
)
async def test_hostile_text_in_any_field_is_only_text(database, clock, pages, field):
    async with asking(the_pages(database, clock, forms_per_network=100)) as client:
        for text in HOSTILE:
            answer = await sent(client, **{field: text})
            assert answer.status_code in {200, 400}
            assert "\0" not in answer.text
            assert "49" not in answer.text.partition("<main>")[2]
    assert {row.state for row in subscriptions_of(database)} <= {SubscriptionState.PENDING}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"email=%ff", "application/x-www-form-urlencoded", 400),
        (b"&".join([b"a=b"] * 300), "application/x-www-form-urlencoded", 400),
        (b"--x", "multipart/form-data", 400),
        (b'{"email": "jane@example.org"}', "application/json", 400),
    ],
)
async def test_a_body_that_is_no_form_is_one_sentence(database, client, body, kind, status):
    before = dump(database)
    for accept in ("text/html", "application/json"):
        answer = await client.post(
            "/subscriptions", content=body, headers={"Content-Type": kind, "Accept": accept}
        )
        assert answer.status_code == status
    assert answer.json()["ok"] is False
    assert dump(database) == before


class Failing(Database):
    """A database that cannot be written."""

    def transaction(self):
        raise StoreError("The database has no room left on its disk: make room; nothing was changed")


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
async def test_a_sign_up_that_cannot_be_kept_says_so_and_when_to_try_again(sqlite, clock, accept):
    pages = the_pages(Failing(str(sqlite.url), TEMPLATES), clock)
    async with asking(pages) as client:
        answer = await sent(client, headers={"Accept": accept})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "60"
        assert answer.headers["Content-Type"].startswith(accept)
        assert "nothing was changed" in answer.text


# --- the study --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status", "followed"),
    [
        (Gone("NCT90000002"), 400, []),
        (StudyMoved("NCT90000009"), 200, ["NCT90000009"]),
        (RegistryUnavailable("It does not answer."), 200, ["NCT90000002"]),
    ],
)
async def test_a_study_that_is_not_stored_is_looked_up(database, clock, answer, status, followed):
    async def fetch(_nct_id):
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with asking(the_pages(database, clock, fetch=fetch)) as client:
        assert (await sent(client, study="NCT90000002")).status_code == status
    assert [row.nct_id for row in subscriptions_of(database)] == followed


# --- nobody learns who is known here (L15) ----------------------------------------------------------------------


def in_every_state(database, clock):
    """An address for each state that there is."""
    sign_up(database, clock, "pending@example.org")
    sign_up(database, clock, "active@example.org", evidence="said so")
    for name, reason in (("dead", Suppressed.DEAD), ("complained", Suppressed.COMPLAINT)):
        with database.transaction() as session:
            key = subscribers.address(f"{name}@example.org").key
            hashed = suppression.address_hash(KEYS.suppression_key, key)
            suppression.suppress(session, hashed, reason, clock.now())
    return [f"{name}@example.org" for name in ("new", "pending", "active", "dead", "complained")]


@pytest.mark.parametrize("headers", [{}, JSON])
async def test_the_answer_is_the_same_for_every_address(database, clock, client, headers):
    addresses = in_every_state(database, clock)
    answers = [await sent(client, headers=headers, email=address) for address in addresses]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1


# --- limits -----------------------------------------------------------------------------------------------------


async def test_a_form_that_a_program_filled_in_gets_the_same_answer_and_does_nothing(database, client):
    right, before = await sent(client), dump(database)
    trapped = await sent(client, email="joe@example.org", website="https://spam.example")
    assert (trapped.status_code, trapped.content) == (right.status_code, right.content)
    assert dump(database) == before


async def test_a_form_that_was_sent_too_fast_asks_for_another_press(database, clock, client):
    token = value_of((await client.get("/subscriptions", params={"study": A})).text, "form")
    clock.move(timedelta(seconds=1))
    fast = await sent(client, form=token)
    assert (fast.status_code, "press the button again" in fast.text) == (400, True)
    assert subscriptions_of(database) == []
    again = await sent(client, form=value_of(fast.text, "form"))
    assert (again.status_code, len(subscriptions_of(database))) == (200, 1)


@pytest.mark.parametrize("token", ["old", "made up " * 9])
async def test_a_form_that_was_open_too_long_is_kept_and_pressed_again(database, clock, client, token):
    shown = KEYS.sign(Purpose.FORM, (), clock.now()) if token == "old" else token
    clock.move(timedelta(days=2))
    late = await sent(client, form=shown)
    assert (late.status_code, value_of(late.text, "email")) == (400, JANE)
    assert "was open for a long time" in late.text
    assert (await sent(client, form=value_of(late.text, "form"))).status_code == 200


async def test_a_network_that_asks_too_often_is_told_when_to_come_back(database, clock, pages):
    token = KEYS.sign(Purpose.FORM, (), clock.now())
    clock.move(timedelta(minutes=1))
    async with asking(the_pages(database, clock, forms_per_network=2)) as client:
        statuses = [(await sent(client, form=token, email=f"{n}@example.org")).status_code for n in range(3)]
        answer = await sent(client, form=token)
    assert statuses == [200, 200, 429]
    assert (answer.headers["retry-after"], value_of(answer.text, "email")) == ("3600", JANE)
    assert len(subscriptions_of(database)) == 2


async def test_a_form_that_does_not_say_when_it_was_shown_counts_twice(database, clock, pages):
    async with asking(the_pages(database, clock, forms_per_network=3)) as client:
        assert [(await sent(client)).status_code for _ in range(2)] == [200, 429]


# --- other sites ------------------------------------------------------------------------------------------------

CAME = [
    ({}, True),
    ({"Origin": OWN}, True),
    ({"Origin": FRIEND, "Sec-Fetch-Site": "cross-site"}, True),
    ({"Origin": FRIEND.upper()}, True),
    ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),  # our own pages, which tell no referrer
    ({"Origin": "null"}, True),
    ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Origin": "https://evil.example"}, False),
    ({"Origin": FRIEND + ".evil.example"}, False),
    ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-site"}, False),
]


@pytest.mark.parametrize(("headers", "welcome"), CAME)
async def test_a_form_is_taken_from_our_pages_and_from_friends_alone(database, client, headers, welcome):
    answer = await sent(client, headers=headers)
    assert answer.status_code == (200 if welcome else 403)
    assert len(subscriptions_of(database)) == (1 if welcome else 0)
    assert "set-cookie" not in answer.headers


async def test_a_friends_page_may_read_the_answer(client):
    asked = {"Origin": FRIEND, "Access-Control-Request-Method": "POST"}
    preflight = await client.options("/subscriptions", headers=asked)
    answer = await sent(client, headers={"Origin": FRIEND, **JSON})
    for each in (preflight, answer):
        assert each.headers["access-control-allow-origin"] == FRIEND
        assert each.headers["vary"] == "Origin, Accept-Language"
    assert (preflight.status_code, preflight.headers["access-control-allow-methods"]) == (204, "POST")


async def test_no_other_page_may(client):
    evil = {"Origin": "https://evil.example"}
    for answer in (await client.options("/subscriptions", headers=evil), await sent(client, headers=evil)):
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


# --- the form alone ---------------------------------------------------------------------------------------------


async def test_the_form_of_a_study_offers_its_terms_and_ticks_none(client):
    page = (await client.get("/subscriptions", params={"study": A})).text
    assert f'value="{A}" checked' in page
    assert 'name="condition" value="Knee Pain">' in page
    assert not re.search(r'name="consent"[^>]*checked', page)
    assert 'href="/terms"' in page


async def test_the_form_of_a_condition_has_it_filled_in(client):
    page = (await client.get("/subscriptions", params={"condition": "knee <pain>"})).text
    assert value_of(page, "condition") == "knee <pain>"


async def test_a_wrong_address_of_the_form_says_what_is_wrong(client):
    answer = await client.get("/subscriptions", params={"study": "NCT1"})
    assert (answer.status_code, set(faults(answer.text))) == (400, {"updates-study"})


async def test_looking_changes_nothing(database, client):
    before = dump(database)
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        for _ in range(3):
            await client.request(method, "/subscriptions", params={"study": A})
    assert dump(database) == before


async def test_what_a_stranger_types_around_a_condition_is_in_nobodys_mail(client, database):
    await sent(client, study=None, condition="\U0001f480 <Knee> pain!!! \u202e #scam")
    await sent(client, study=None, condition="knee pain scam", email="joe@example.org")
    with database.reading() as session:
        assert session.execute(select(conditions.c.text)).scalars().all() == ["Knee pain scam"]


FOLD = {
    "study": None, "condition": "knee pain", "open_only": "yes", "countries": "Danmark", "age_group": "older-adult",
    "not_words": "mouse",
}  # fmt: skip


async def test_the_fold_narrows_the_condition_and_says_where(database, client):
    assert (await sent(client, **FOLD, near="Denmark")).status_code == 200
    with database.reading() as session:
        mine = subscribers.chosen(session, 1)
    assert mine.near.place == "Denmark"
    assert mine.follows[0].narrowing.plain() == {
        "open_only": True, "country": ["DK"], "age_group": "older-adult", "not": ["mouse"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "typed", "at"),
    [
        ("countries", "Atlantis", "updates-countries"),
        ("age_group", "old", "updates-age"),
        ("sex", "any other", "updates-sex"),
        ("not_words", "x" * 41, "updates-not"),
        ("near", "Nowhere on the map", "updates-near"),
        ("within", "far", "updates-within"),
    ],
)
async def test_what_is_wrong_in_the_fold_is_told_beside_it_and_the_fold_is_open(
    database, client, field, typed, at
):
    fold = FOLD | {"near": "Aarhus", field: typed} | ({"within": "50"} if field == "near" else {})
    answer = await sent(client, **fold)
    assert answer.status_code == 400
    assert at in faults(answer.text)
    assert "<details open>" in answer.text
    assert value_of(answer.text, "not_words") == (typed if field == "not_words" else "mouse")
    assert not subscriptions_of(database)


async def test_an_answer_comes_at_a_whole_beat_however_long_its_work_took(pages, monkeypatch):
    slept, times = [], iter([10.0, 10.125, 20.0, 20.3125])

    async def sleep(seconds):
        slept.append(seconds)

    loop = SimpleNamespace(time=lambda: next(times))
    stopped = SimpleNamespace(get_running_loop=lambda: loop, sleep=sleep, timeout=asyncio.timeout)
    monkeypatch.setattr(incoming, "asyncio", stopped)
    async with asking(replace(pages, steady=0.25)) as client:
        for _ in range(2):
            assert (await sent(client)).status_code == 200
    assert slept == [0.125, 0.1875]
