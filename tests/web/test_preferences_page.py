"""Everything that a person chose, on one page behind a fresh link: each button does one thing, to what is theirs alone."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes import sign_up, something_changes
from sqlalchemy import select
from store_factories import a_study, assembled, filled_once, follow, news
from web_asking import KEYS, asking, dump, faults, link, mails_of, subscriptions_of, the_pages, value_of

from notifier.domain.changes import EVERY_GROUP, Change, Group, Kind, Weight
from notifier.domain.languages import LANGUAGES
from notifier.domain.narrowing import SaidNarrowing, Trait
from notifier.domain.signed_links import Purpose
from notifier.sources.clinicaltrials_gov import Gone
from notifier.storage import subscribers
from notifier.storage.erasure_log import Ledger
from notifier.storage.models import AuditRow, ConditionRow, ConsentRow, SubscriberRow
from notifier.storage.models.states import Every, SubscriptionState
from notifier.storage.suppression import address_hash

JANE, JOE = "jane@mail.example.org", "joe@example.org"
B = "NCT90000003"
ACTIVE, PAUSED, ENDED = SubscriptionState.ACTIVE, SubscriptionState.PAUSED, SubscriptionState.ENDED
PERSON = {
    "action": "person", "language": "da", "time_zone": "Europe/Copenhagen", "hour": "18", "weekday": "6", "near": "Denmark",
    "title_in_subject": "yes",
}  # fmt: skip
CHOICE = {
    "action": "choice", "id": "1", "every": "weekly", "lightest": "minor", "note": "", "sort": "results",
}  # fmt: skip


@pytest.fixture
@filled_once
def path(sqlite, clock):
    """The link to what Jane chose: a study (1), and a condition (2). Joe follows the study too (3)."""
    sign_up(sqlite, clock, JANE, evidence="said so")
    sign_up(sqlite, clock, JANE, evidence="said so", condition="knee pain")
    sign_up(sqlite, clock, JOE, evidence="said so")
    return link(clock, (1, 0), Purpose.PREFERENCES)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_nothing_was_done_and_nothing_is_said_of_it_in_any_language(client, sqlite, path, language):
    with sqlite.transaction() as session:
        session.get_one(SubscriberRow, 1).language = language
    for asked in (path, f"{path}?said=nonsense"):
        page = await client.get(asked)
        assert (page.status_code, f'lang="{language}"' in page.text) == (200, True)
        assert 'role="status"' not in page.text
        assert "Project-Id-Version" not in page.text


def states(database):
    return [row.state for row in subscriptions_of(database)]


def person(database, identity=1):
    with database.reading() as session:
        return session.get_one(SubscriberRow, identity)


async def pressed(client, path, **form):
    """The page after a press, as a browser follows the redirect to it."""
    answer = await client.post(path, data=form)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{path}?said=")
    return await client.get(answer.headers["location"])


# --- the link ---------------------------------------------------------------------------------------------------


async def test_the_page_shows_all_that_is_theirs_and_nothing_else(client, path):
    page = (await client.get(path)).text
    assert all(each in page for each in (JANE, "NCT90000001", "knee pain"))
    assert JOE not in page


@pytest.mark.parametrize("part", ["", "/why/1", "/export", "/erase", "/"])
async def test_a_link_works_for_a_day_and_not_after_a_change_of_address(sqlite, clock, client, path, part):
    assert (await client.get(path + part)).status_code == 200
    with sqlite.transaction() as session:
        session.get_one(SubscriberRow, 1).generation = 1
    assert (await client.get(path + part)).status_code == 410
    new = link(clock, (1, 1), Purpose.PREFERENCES)
    clock.move(timedelta(days=1, seconds=1))
    late = await client.get(new + part)
    assert (late.status_code, "Mail me a link" in late.text, JANE in late.text) == (410, True, False)


@pytest.mark.parametrize("subject", [(1,), (), (1, 0, 0), (4711, 0)])
async def test_no_other_subject_opens_anything(client, clock, path, subject):
    assert (await client.get(link(clock, subject, Purpose.PREFERENCES))).status_code in {404, 410}


async def test_no_other_link_opens_it(client, clock, path):
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.CONFIRM, Purpose.UNDO, Purpose.CONTACTS):
        token = KEYS.sign(purpose, (1, 0), clock.now())
        assert (await client.get(f"/preferences/{token}")).status_code == 404


async def test_looking_changes_nothing(sqlite, client, path):
    before = dump(sqlite)
    for part in ("", "/why/1", "/export", "/erase", "?said=stopped&back=1", "?said=<x>&back=x"):
        for method in ("GET", "HEAD", "PUT", "OPTIONS"):
            for _ in range(3):
                await client.request(method, path + part)
    assert dump(sqlite) == before


# --- asking for it ----------------------------------------------------------------------------------------------


async def test_the_answer_is_the_same_for_everybody_and_the_link_goes_to_who_is_known(sqlite, client, path):
    answers = [await client.post("/preferences", data={"email": who}) for who in (JANE, "nobody@example.org")]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].content == answers[1].content
    assert mails_of(sqlite) == ["preferences"]


async def test_asking_with_no_address_says_so_beside_the_field(sqlite, client):
    answer = await client.post("/preferences", data={"email": "<jane>"})
    assert (answer.status_code, faults(answer.text).keys()) == (400, {"email"})
    assert value_of(answer.text, "email") == "<jane>"


async def test_asking_is_limited_and_comes_from_our_pages(sqlite, clock, path):
    async with asking(the_pages(sqlite, clock, forms_per_network=2)) as client:
        evil = {"Origin": "https://evil.example"}
        assert (await client.post("/preferences", data={"email": JANE}, headers=evil)).status_code == 403
        statuses = [(await client.post("/preferences", data={"email": JANE})).status_code for _ in range(2)]
    assert statuses == [200, 429]


# --- choosing ---------------------------------------------------------------------------------------------------


async def test_how_we_write(sqlite, client, path):
    page = await pressed(client, path, **PERSON)
    assert "Det er gemt." in page.text
    row = person(sqlite)
    assert (row.language, row.time_zone, row.digest_hour, row.digest_weekday) == (
        *("da", "Europe/Copenhagen"),
        *(18, 6),
    )
    assert (row.near, row.title_in_subject, row.still_watching) == ("Denmark", True, False)
    assert "Intet var anderledes" in (await pressed(client, path, **PERSON)).text


async def test_places_within_a_circle(sqlite, client, path):

    page = await pressed(client, path, **PERSON | {"near": "Aarhus", "within": "100"})
    row = person(sqlite)
    assert (row.near, row.near_lat, row.near_lon, row.near_km) == ("Aarhus", 56.2, 10.2, 100)
    assert value_of(page.text, "within") == "100"
    await pressed(client, path, **PERSON)
    assert person(sqlite).near_km is None


async def test_how_often_and_of_what(sqlite, client, path):
    page = await pressed(client, path, **CHOICE | {"note": "ask Dr. <Ö>"})
    row = subscriptions_of(sqlite)[0]
    assert (row.every, row.lightest_rank, row.groups) == (Every.WEEKLY, Weight.MINOR.rank, Group.RESULTS)
    assert (row.note, "ask Dr. &lt;Ö&gt;" in page.text) == ("ask Dr. <Ö>", True)


async def test_all_sorts_are_everything(sqlite, client, path):
    sorts = re.findall(r'id="sort-1-\w+" name="sort" value="(\w+)" checked', (await client.get(path)).text)
    assert len(sorts) == 6
    await pressed(client, path, **CHOICE | {"sort": sorts[:2]})
    await pressed(client, path, **CHOICE | {"sort": sorts})
    assert subscriptions_of(sqlite)[0].groups == EVERY_GROUP


async def test_a_condition_has_one_sort_of_news(sqlite, client, path):
    await pressed(client, path, action="choice", id="2", every="daily", note="for Ida")
    row = subscriptions_of(sqlite)[1]
    assert (row.every, row.note, row.groups) == (Every.DAILY, "for Ida", EVERY_GROUP)


@pytest.mark.parametrize("length", ["month", "quarter"])
async def test_pausing_one_and_going_on(sqlite, client, path, length):
    page = await pressed(client, path, action="pause", id="1", length=length)
    assert "This is paused." in page.text
    assert states(sqlite) == [PAUSED, ACTIVE, ACTIVE]
    await pressed(client, path, action="resume", id="1")
    assert states(sqlite) == [ACTIVE, ACTIVE, ACTIVE]


async def test_pausing_everything_until_a_day_by_their_clock(sqlite, client, path):
    await pressed(client, path, **PERSON)
    await pressed(client, path, action="pause", id="all", until="2027-03-01")
    rows = subscriptions_of(sqlite)
    assert [row.paused_until for row in rows[:2]] == [datetime(2027, 2, 28, 23, tzinfo=UTC)] * 2
    assert rows[2].state is ACTIVE
    await pressed(client, path, action="resume", id="all")
    assert states(sqlite) == [ACTIVE] * 3


async def test_stopping_one_can_be_undone(sqlite, client, path):
    page = await pressed(client, path, action="stop", id="1")
    assert states(sqlite) == [ENDED, ACTIVE, ACTIVE]
    assert 'name="action" value="undo"><input type="hidden" name="id" value="1"' in page.text
    assert "nothing was missed" in (await pressed(client, path, action="undo", id="1")).text
    assert states(sqlite) == [ACTIVE, ACTIVE, ACTIVE]


async def test_stopping_everything(sqlite, client, path):
    page = await pressed(client, path, action="stop", id="all")
    assert "You follow nothing now" in page.text
    assert states(sqlite) == [ENDED, ENDED, ACTIVE]


async def test_following_more_is_agreed_to_here_and_welcomed(sqlite, client, path):
    page = await pressed(client, path, action="follow", study=B.lower(), condition="Hip pain", consent="yes")
    assert "You follow this from now on." in page.text
    assert [row.state for row in subscriptions_of(sqlite)[3:]] == [ACTIVE, ACTIVE]
    with sqlite.reading() as session:
        consents = session.execute(select(ConsentRow).where(ConsentRow.method == "preferences")).scalars()
        assert [each.given_at is not None for each in consents] == [True, True]
    assert mails_of(sqlite) == ["welcome"]
    again = await pressed(client, path, action="follow", study=B, consent="yes")
    assert "You followed this before" in again.text


async def test_a_study_that_there_is_not_cannot_be_followed(sqlite, clock, path):
    async def fetch(nct_id):
        return Gone(nct_id)

    async with asking(the_pages(sqlite, clock, fetch=fetch)) as client:
        answer = await client.post(path, data={"action": "follow", "study": B, "consent": "yes"})
    assert (answer.status_code, set(faults(answer.text))) == (400, {"more-study"})
    assert len(subscriptions_of(sqlite)) == 3


# --- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        (PERSON | {"time_zone": "Mars"}, "time_zone"),
        (PERSON | {"time_zone": ""}, "time_zone"),
        (PERSON | {"hour": "24"}, "hour"),
        (PERSON | {"hour": "-1"}, "hour"),
        (PERSON | {"hour": "²"}, "hour"),
        (PERSON | {"weekday": "7"}, "weekday"),
        (PERSON | {"language": "tlh"}, "language"),
        (PERSON | {"near": "x" * 81}, "near"),
        (PERSON | {"near": "Aarhus", "within": "far"}, "within"),
        (PERSON | {"near": "Aarhus", "within": "1001"}, "within"),
        (PERSON | {"near": "Aarhus", "within": "²"}, "within"),
        (PERSON | {"near": "", "within": "100"}, "near"),
        (PERSON | {"near": "Nowhere at all", "within": "100"}, "near"),
        (CHOICE | {"every": "hourly"}, "every-1"),
        (CHOICE | {"lightest": "housekeeping"}, "lightest-1"),
        (CHOICE | {"sort": "gossip"}, "sort-1"),
        ({"action": "choice", "id": "1"}, "sort-1"),
        (CHOICE | {"note": "x" * 301}, "note-1"),
        ({"action": "pause", "id": "1", "until": "yesterday"}, "until-1"),
        ({"action": "pause", "id": "all", "until": ""}, "until-all"),
        ({"action": "follow", "study": "NCT1", "consent": "yes"}, "more-study"),
        ({"action": "follow", "consent": "yes"}, "more-study"),
        ({"action": "follow", "condition": "***", "consent": "yes"}, "more-condition"),
        ({"action": "follow", "study": B}, "more-consent"),
    ],
)
async def test_a_wrong_field_is_told_beside_it_and_changes_nothing(sqlite, client, path, form, wrong):
    before = dump(sqlite)
    answer = await client.post(path, data=form)
    assert (answer.status_code, set(faults(answer.text))) == (400, {wrong})
    assert dump(sqlite) == before


async def test_what_was_typed_stands_in_its_own_form_again(client, path):
    answer = await client.post(path, data=CHOICE | {"note": "mine " + "x" * 300, "every": "daily"})
    assert value_of(answer.text, "note").startswith("mine xxx")
    assert answer.text.count("mine xxx") == 1
    assert '<option value="daily" selected>' in answer.text


@pytest.mark.parametrize("action", ["choice", "pause", "resume", "stop", "undo"])
@pytest.mark.parametrize("identity", ["3", "4711", "", "x", "9" * 30])
async def test_what_is_not_theirs_cannot_be_touched(sqlite, client, path, action, identity):
    before = dump(sqlite)
    form = CHOICE | {"action": action, "id": identity, "length": "month"}
    assert "do not follow this any more" in (await pressed(client, path, **form)).text
    assert dump(sqlite) == before


async def test_why_of_what_is_not_theirs_is_no_page(client, path):
    for identity in ("3", "4711", "x", "0" * 400):
        assert (await client.get(f"{path}/why/{identity}")).status_code == 404


@pytest.mark.parametrize("form", [{}, {"action": "x"}, {"action": "\0"}])
async def test_a_button_that_we_do_not_know_says_so(sqlite, client, path, form):
    before = dump(sqlite)
    answer = await client.post(path, data=form)
    assert (answer.status_code, "not known here" in answer.text) == (400, True)
    assert dump(sqlite) == before


# --- why, export, erase -----------------------------------------------------------------------------------------


async def test_why_tells_what_became_of_each_change(sqlite, clock, client, path):
    await pressed(client, path, **CHOICE)
    something_changes(sqlite, clock, Kind.RESULTS_POSTED, before=False, after=True)
    something_changes(sqlite, clock, Kind.CONTACTS)
    page = (await client.get(f"{path}/why/1")).text
    assert "Results were posted for a study you follow." in page
    assert "It goes with your next daily or weekly mail." in page
    assert "of a sort that you chose not to hear about" in page


async def test_what_is_kept_can_be_taken_away_as_a_file(client, path):
    answer = await client.get(f"{path}/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="what-is-kept-of-me.json"'
    assert answer.headers["cache-control"] == "no-store"
    kept = json.loads(answer.content)
    assert (kept["person"]["email"], len(kept["subscriptions"])) == (JANE, 2)
    assert JOE not in answer.text


async def test_erasing_asks_once_more_and_then_nothing_is_left(sqlite, client, path):
    assert "cannot be taken back" in (await client.get(f"{path}/erase")).text
    answer = await client.post(f"{path}/erase")
    assert "Everything about you is erased" in answer.text
    assert "jane" not in str(dump(sqlite)).lower()
    assert (await client.get(path)).status_code == 410
    with sqlite.reading() as session:
        audited = session.execute(select(AuditRow)).scalar_one()
        assert subscribers.find(session, subscribers.address(JOE)) is not None
    assert (audited.actor, audited.ids) == ("the person", {"subscribers": [1]})


async def test_who_erases_themselves_is_named_by_a_hash_beside_the_database_too(
    sqlite, clock, pages, tmp_path, path
):
    """So that a backup of today, should it ever be put back, forgets them again."""
    ledger = Ledger(tmp_path / "erasures")
    async with asking(replace(pages, ledger=ledger)) as client:
        await client.post(f"{path}/erase")
    assert set(ledger.read()) == {address_hash(KEYS.suppression_key, JANE)}


# --- which new studies of a condition ---------------------------------------------------------------------------

NARROWER = {
    "action": "choice", "id": "2", "every": "weekly", "note": "", "countries": "Denmark, se", "age_group": "child",
}  # fmt: skip


async def test_a_condition_is_followed_more_narrowly_and_shown_so(sqlite, client, path):
    shown = await pressed(client, path, **NARROWER, open_only="yes", not_words="Mouse, healthy")
    assert "This is saved." in shown.text
    with sqlite.reading() as session:
        mine = subscribers.chosen(session, 1).follows[1].narrowing
    assert mine.plain() == {
        "open_only": True,
        "country": ["DK", "SE"],
        "age_group": "child",
        "not": ["mouse", "healthy"],
    }
    for value in ("Denmark, Sweden", "mouse healthy"):
        assert f'value="{value}"' in shown.text
    assert re.search(r'id="narrow-2-open"[^>]* checked', shown.text)
    shown = await pressed(client, path, **NARROWER | {"countries": "", "age_group": ""})
    with sqlite.reading() as session:
        assert not subscribers.chosen(session, 1).follows[1].narrowing


@pytest.mark.parametrize(
    ("field", "typed", "beside"),
    [
        ("countries", "Denmark, Atlantis", "write countries by their names"),
        ("age_group", "teen", "choose one of these"),
        ("sex", "both", "choose one of these"),
        ("not_words", "x" * 41, "at most 40 letters"),
    ],
)
async def test_a_wrong_choice_is_told_beside_its_field_with_all_that_was_typed(
    sqlite, client, path, field, typed, beside
):
    before = dump(sqlite)
    answer = await client.post(path, data=NARROWER | {"treatment_only": "yes", field: typed})
    assert answer.status_code == 400
    assert beside in " ".join(faults(answer.text).values())
    assert re.search(r'id="narrow-2-treatment"[^>]* checked', answer.text)
    if field in {"countries", "not_words"}:
        assert typed in answer.text
    assert dump(sqlite) == before


async def test_what_a_mail_counted_as_left_out_is_shown_by_its_link(sqlite, clock, client, path):
    with sqlite.transaction() as session:
        (condition,) = session.execute(select(ConditionRow)).scalars()
        follow(session, clock.now(), JANE, "knee pain", narrowing=SaidNarrowing(sex=Trait.MALE))
        for nct_id, sex in ((B, "FEMALE"), ("NCT90000004", "ALL")):
            a_study(session, clock.now(), nct_id, sex=sex, briefTitle=f"Title of {nct_id}")
            news(
                session,
                clock.now(),
                Change(Kind.NEW_STUDY, Weight.NOTABLE, ""),
                nct_id=nct_id,
                condition_id=condition.id,
            )
    assembled(sqlite, clock.now())
    there = link(clock, (1,), Purpose.LEFT_OUT)
    shown = await client.get(there)
    assert shown.status_code == 200
    assert f"Title of {B}" in shown.text
    assert "NCT90000004" not in shown.text
    assert "knee pain" in shown.text
    clock.move(timedelta(days=93))
    late = await client.get(there)
    assert late.status_code == 410
    assert B not in late.text
    assert (await client.get(link(clock, (999,), Purpose.LEFT_OUT))).status_code == 200
    assert (await client.get(link(clock, (1, 2), Purpose.LEFT_OUT))).status_code == 404
