"""A study's contacts go to whoever has the address they gave; they follow nothing by it, and nobody harvests them."""

import re
from datetime import timedelta

import pytest
from fakes import sign_up
from sqlalchemy import select
from store_factories import a_study, filled_once
from web_asking import KEYS, dump, faults, link, mails_of, subscriptions_of, the_pages, value_of

from notifier.domain.signed_links import Purpose
from notifier.storage import subscribers, suppression
from notifier.storage.models import MessageRow, SubscriberRow, Suppressed
from notifier.web import links

A, B = "NCT90000001", "NCT90000002"
JANE = "jane@mail.example.org"
CENTRAL = [
    {"name": "Dr. <b>Ada</b>", "phone": "+45 12 34 56 78", "phoneExt": "9", "email": "ada@hospital.example"},
    {"name": "Nobody", "phone": "ask", "email": "javascript:alert(1)"},
]
LOCATIONS = [
    {"facility": "Rigshospitalet", "city": "Copenhagen", "country": "Denmark", "contacts": CENTRAL[:1]},
    {"facility": "Charité", "city": "Berlin", "country": "Germany"},
    {"facility": "OUH", "city": "Odense", "country": "Denmark",
     "contacts": [{"name": "Please name NCT90000001 when you write", "phone": "5 49 44 42 93", "phoneExt": "+33"}]},
]  # fmt: skip


@pytest.fixture(autouse=True)
@filled_once
def stored(sqlite, clock):
    with sqlite.transaction() as session:
        for nct_id in (A, B):
            a_study(
                session,
                clock.now(),
                nct_id,
                contactsLocationsModule={"centralContacts": CENTRAL, "locations": LOCATIONS},
            )


@pytest.fixture
def pages(sqlite, clock):
    return the_pages(sqlite, clock, forms_per_network=1000)


async def asked(client, email=JANE, study=A, **form):
    return await client.post("/contacts", data={"email": email, "study": study} | form)


def the_link(database, clock):
    """The link in the newest mail."""
    with database.reading() as session:
        newest = session.execute(select(MessageRow).order_by(MessageRow.id.desc()).limit(1)).scalar_one()
    return link(clock, [newest.id], Purpose.CONTACTS)


# --- asking -----------------------------------------------------------------------------------------------------


async def test_asking_mails_a_link_and_signs_up_for_nothing(sqlite, client):
    answer = await asked(client)
    assert (answer.status_code, "look at your mail" in answer.text) == (200, True)
    assert mails_of(sqlite) == ["contacts"]
    assert subscriptions_of(sqlite) == []


async def test_the_answer_is_the_same_for_every_address(sqlite, clock, client):
    sign_up(sqlite, clock, "known@example.org", evidence="said so")
    key = subscribers.address("complained@example.org").key
    with sqlite.transaction() as session:
        hashed = suppression.address_hash(KEYS.suppression_key, key)
        suppression.suppress(session, hashed, Suppressed.COMPLAINT, clock.now())
    people = [f"{name}@example.org" for name in ("new", "known", "complained")]
    answers = [await asked(client, email=person) for person in people]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    assert mails_of(sqlite) == ["contacts", "contacts"]


async def test_one_address_cannot_harvest_many_studies(sqlite, clock, client, monkeypatch):
    monkeypatch.setattr(links, "STUDIES_A_DAY", 1)
    sign_up(sqlite, clock, JANE, evidence="said so")
    answers = [await asked(client, study=study) for study in (A, B)]
    assert answers[0].content == answers[1].content
    assert mails_of(sqlite) == ["contacts"]


async def test_an_address_that_confirmed_nothing_here_is_mailed_less(sqlite, client, monkeypatch):
    monkeypatch.setattr(links, "FOR_A_STRANGER", 1)
    answers = [await asked(client, study=study) for study in (A, B)]
    assert answers[0].content == answers[1].content
    assert mails_of(sqlite) == ["contacts"]


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"email": ""}, "contacts-email"),
        ({"email": "jane\r\nBcc: joe@example.org"}, "contacts-email"),
        ({"email": "ja\u202ene@example.org"}, "contacts-email"),
        ({"study": "<script>"}, "contacts-study"),
        ({"study": ""}, "contacts-study"),
        ({"study": "NCT99999999"}, "contacts-study"),
    ],
)
async def test_a_wrong_field_is_told_beside_it(sqlite, client, form, wrong):
    answer = await asked(client, **form)
    assert (answer.status_code, set(faults(answer.text))) == (400, {wrong})
    assert mails_of(sqlite) == []
    assert "<script" not in answer.text


async def test_programs_the_hasty_and_other_sites_get_no_mail(sqlite, clock, client):
    token = KEYS.sign(Purpose.FORM, (), clock.now())
    evil = {"Origin": "https://evil.example"}
    answers = [
        await asked(client, website="x"),
        await asked(client, form=token),
        await client.post("/contacts", data={"email": JANE, "study": A}, headers=evil),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 403]
    assert mails_of(sqlite) == []


async def test_the_form_alone_names_the_study(client):
    page = (await client.get("/contacts", params={"study": A})).text
    assert value_of(page, "study") == A


# --- looking ----------------------------------------------------------------------------------------------------


async def test_the_link_shows_whom_to_ask_by_country(sqlite, clock, client):
    await asked(client)
    page = (await client.get(the_link(sqlite, clock))).text
    assert 'href="tel:+4512345678" rel="noreferrer"><bdi>+45 12 34 56 78 ext. 9</bdi>' in page
    assert 'href="mailto:ada@hospital.example" rel="noreferrer"' in page
    assert re.findall(r"<h2><bdi>(\w+)</bdi>", page) == ["Denmark", "Germany"]
    assert page.index("Rigshospitalet") < page.index("OUH") < page.index("Charité")


async def test_a_country_code_leads_the_number_and_a_note_is_no_person(sqlite, clock, client):
    await asked(client)
    page = (await client.get(the_link(sqlite, clock))).text
    assert 'href="tel:+33549444293" rel="noreferrer"><bdi>+33 5 49 44 42 93</bdi>' in page
    assert "&#8220;<bdi>Please name NCT90000001 when you write</bdi>&#8221;" in page
    assert "<li><bdi>Please" not in page


async def test_what_the_record_says_is_only_text(sqlite, clock, client):
    await asked(client)
    answer = await client.get(the_link(sqlite, clock))
    assert "Dr. &lt;b&gt;Ada&lt;/b&gt;" in answer.text
    assert not re.search(r'href="javascript|href="mailto:javascript|href="tel:"|<b>Ada', answer.text)
    assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == (
        "no-store",
        "noindex, nofollow",
    )


async def test_the_link_works_for_two_days(sqlite, clock, client):
    await asked(client)
    path = the_link(sqlite, clock)
    clock.move(timedelta(days=2))
    assert (await client.get(path)).status_code == 200
    clock.move(timedelta(seconds=1))
    late = await client.get(path)
    assert (late.status_code, "ada@" in late.text) == (410, False)


async def test_no_other_mail_opens_contacts(sqlite, clock, client):
    sign_up(sqlite, clock, JANE)  # whose mail asks for confirmation
    for path in (the_link(sqlite, clock), link(clock, [4711], Purpose.CONTACTS)):
        assert (await client.get(path)).status_code == 410
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES):
        assert (await client.get(f"/contacts/{KEYS.sign(purpose, [1], clock.now())}")).status_code == 404


async def test_the_link_of_somebody_who_was_erased_shows_nothing(sqlite, clock, client):
    await asked(client)
    path = the_link(sqlite, clock)
    with sqlite.transaction() as session:
        person = session.execute(select(SubscriberRow.id)).scalar_one()
        subscribers.erase(session, person, clock.now(), KEYS.suppression_key)
    assert (await client.get(path)).status_code == 410


async def test_looking_changes_nothing_and_too_much_of_it_is_refused(sqlite, clock, client):
    await asked(client)
    path, before = the_link(sqlite, clock), dump(sqlite)
    statuses = [(await client.get(path)).status_code for _ in range(links.VIEWS_AN_HOUR + 1)]
    assert statuses == [200] * links.VIEWS_AN_HOUR + [429]
    assert (await client.get(path)).headers["retry-after"] == "3600"
    clock.move(timedelta(hours=1))
    assert (await client.get(path)).status_code == 200
    assert dump(sqlite) == before
