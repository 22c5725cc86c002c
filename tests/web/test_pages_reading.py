"""The pages for reading, asked in the process: what each says, how it is kept, and what it never says."""

import asyncio
import html
import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from sqlalchemy import event

from notifier.domain.changes import Change, Kind, Weight
from notifier.domain.signed_links import TokenKeys
from notifier.domain.study import content_digest, decode
from notifier.domain.summaries import measure
from notifier.domain.summaries.phrases import banned_in
from notifier.errors import RecordUnreadable, RegistryUnavailable
from notifier.sources.clinicaltrials_gov import Gone, StudyMoved
from notifier.storage.models import Source, StudyRow, SubscriberRow, studies
from notifier.storage.studies import snapshots, study_page
from notifier.storage.subscribers import CONSENT_WORDING
from notifier.web.leaflets import MOST_QUERIES, ages, queries, who
from notifier.web.signing_up import Asked, Fetcher
from notifier.web.site import Site
from tests.conftest import NOON
from tests.factories import A, B, a_record, raw
from tests.store_factories import a_change, a_pass, a_public_study, a_study, filled_once, follow
from tests.web_asking import asking, pages_with

KEYS = TokenKeys(["a-key-for-tests-only"])
EVIL = "\"><script>alert(1)</script>&' {{7*7}}\x00\x08"
OF_A_PERSON = ("555-0100", "555-0101", "555-0102", "ada@example.org", "ben@example.org")


class Registry:
    """What the registry says of each study; counts how often it is asked."""

    def __init__(self):
        self.answers, self.asked = {}, []

    async def fetch(self, nct_id):
        self.asked.append(nct_id)
        await asyncio.sleep(0)
        answer = self.answers.get(nct_id, Gone(nct_id))
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def registry():
    return Registry()


@pytest.fixture
def pages(database, clock, request, registry):
    return pages_with(
        database,
        clock,
        public_url="https://updates.example.org",
        contact="help@example.org",
        postal_address="1 Example Street",
        fetch=registry.fetch,
        page_fetches_an_hour=5,
    )


@pytest.fixture
@filled_once
def stored(database):
    with database.transaction() as session:
        a_public_study(session, NOON)
        follow(session, NOON, "jane@example.org", A)


class Reader(HTMLParser):
    """The tags of a page, and what it says."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.said = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.said.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.said).split())

    def all(self, name):
        return [attrs for tag, attrs in self.tags if tag == name]


def everything_evil(record):
    """The record with every text that is no code, id or date made hostile."""
    if isinstance(record, dict):
        return {key: value if key in KEPT else everything_evil(value) for key, value in record.items()}
    if isinstance(record, list):
        return [everything_evil(part) for part in record]
    return f"{record} {EVIL}" if isinstance(record, str) else record


KEPT = {"nctId", "nctIdAliases", "overallStatus", "lastKnownStatus", "date", "type", "status"}


# --- the study page ---------------------------------------------------------------------------------------------


async def test_the_page_reads_like_a_leaflet(client, stored):
    page = Reader((await client.get(f"/studies/{A}")).text)
    order = [
        "Camomile tea for knee pain",
        "Looking for people now, in the United States and Denmark (record dated 12 February 2026).",
        f"{A} · first posted 9 March 2025 · last updated 12 February 2026",
        "The registry’s title: Camomile Tea for Knee Pain",
        "Can camomile tea ease pain in adults with knee pain more than water?",
        "Summary",
        "What is done",
        "What is mainly measured",
        "In the study team’s words",
        "What this could mean",
        "What this could lead to",
        "What could go wrong",
        "This is informational only. It is not medical advice or a prediction.",
        "Example Patients' Association wrote this page",
        "Sign up to get updates when this study changes or when new studies for “Knee Pain” or “Osteoarthritis”",
        "Knee Pain Osteoarthritis",
        "Status in the registry: Recruiting",
        "18 to 80 years",
        "People of any sex",
        "Age >= 18 years",
        "Denmark",
        "Italy",
        "What changed",
        "We have seen no change of this study so far",
    ]
    text, at = page.text, 0
    for words in order:
        assert words in text[at:], words
        at = text.index(words, at)
    links = [each.get("href") for each in page.all("a")]
    assert f"https://clinicaltrials.gov/study/{A}" in links


async def test_no_number_and_no_address_of_a_person_is_in_the_page_or_the_feed(client, database, stored):
    before = {"name": "Old Example", "phone": "(0)30 123-4567", "email": "old@example.org"}
    short = {"name": "Desk", "phone": "12-345", "phoneExt": "678"}  # too short to be known in running text
    site = {"facility": "Hospital", "country": "Denmark", "contacts": [before, short]}
    found = [
        Change(kind=Kind.CONTACTS, weight=Weight.IMPORTANT, path="x", before=before, after=None),
        Change(kind=Kind.SITE_OPENED, weight=Weight.IMPORTANT, path="y", before=site, after=site),
        a_change(
            Kind.ELIGIBILITY_CRITERIA, before="* Call (0)30 123-4567", after="* Write to new@example.org"
        ),
    ]
    with database.transaction() as session:
        a_study(session, NOON, eligibilityCriteria="Ask 555-0100 or carl.x@mail.example.org")
        a_pass(session, NOON, *found)
    for path in (
        f"/studies/{A}",
        f"/feeds/studies/{A}.atom",
        "/feeds/conditions.atom?q=knee",
        "/conditions?q=knee",
    ):
        text = html.unescape(html.unescape((await client.get(path)).text)).replace("help@example.org", "")
        assert not [each for each in (*OF_A_PERSON, "123-4567", "12-345", "678") if each in text], path
        assert not re.findall(r"[\w.]+@[\w.]+", text), path
    page = (await client.get(f"/studies/{A}")).text
    assert "Ada Example" in page
    assert "Old Example, •••" in page


async def test_the_history_stands_in_the_words_of_the_mails_with_a_date_and_an_id(client, database, stored):
    change = a_change(Kind.STATUS_PAUSED, before="RECRUITING", after="SUSPENDED")
    with database.transaction() as session:
        a_pass(session, NOON + timedelta(days=1), change)
        a_pass(session, NOON + timedelta(days=2), a_change(Kind.TITLE, Weight.NOTABLE, "Old", "New"))
    page = Reader((await client.get(f"/studies/{A}")).text)
    assert (
        "the whole study is on hold. It has paused taking new participants. It may start again." in page.text
    )
    assert page.text.index("14 January 2027") < page.text.index("13 January 2027")
    assert [each["id"] for each in page.all("article")[1:]] == ["change-2", "change-1"]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (31, "twice in the past month."),
        (75, "3 times in the past 2 months."),
        (800, "3 times in the past year."),
    ],
)
async def test_how_often_to_expect_news_is_said_and_never_when_somebody_began_to_follow(
    client, database, stored, clock, days, said
):
    with database.transaction() as session:
        session.execute(studies.update().values(watched_since=NOON))
        for ago in (8, 9, 35):
            a_pass(session, NOON + timedelta(days=days - ago), a_change(after=str(ago)))
    assert "This study has changed" not in (await client.get(f"/studies/{A}")).text
    clock.move(timedelta(days=days))
    page = Reader((await client.get(f"/studies/{A}")).text).text
    assert f"This study has changed {said}" in page
    assert "began to" not in page


async def test_a_long_history_is_paged(client, database, stored):
    with database.transaction() as session:
        for day in range(25):
            a_pass(session, NOON + timedelta(days=day), a_change(after=str(day)))
    first = (await client.get(f"/studies/{A}")).text
    second = (await client.get(f"/studies/{A}?page=2")).text
    assert (first.count('class="event"'), second.count('class="event"')) == (20, 5)
    assert f"/studies/{A}?page=2#changes" in first
    assert "Newer changes" in second
    assert (await client.get(f"/studies/{A}?page=3")).status_code == 404
    for odd in ("0", "-1", "x", "9" * 30, "%00", "1e3", "\uff12"):
        assert (await client.get(f"/studies/{A}?page={odd}")).text.count('class="event"') == 20


async def test_nothing_of_who_follows_what_is_on_a_page(client, database, stored):
    with database.transaction() as session:
        follow(session, NOON, "karl@example.org", A, "my own rare words")
        a_pass(session, NOON, a_change(Kind.NEW_STUDY), condition_id=1)
    for path in ("/", f"/studies/{A}", f"/feeds/studies/{A}.atom", "/conditions?q=knee"):
        text = (await client.get(path)).text
        assert "jane" not in text
        assert "rare words" not in text
        assert "follower" not in text


async def test_every_text_of_a_hostile_record_is_escaped_everywhere(client, database):
    record = everything_evil(a_record())
    study = decode(raw(record))
    with database.transaction() as session:
        version = snapshots.Version(study, content_digest(study.raw), Source.BASELINE)
        snapshot = snapshots.store(session, version, "2027-01-12T09:00:05", NOON, watch=True)
        sides = {"before": everything_evil({"name": "a", "facility": "b"}), "after": EVIL}
        a_pass(
            session,
            NOON,
            *(a_change(kind, **sides) for kind in Kind if kind not in NOT_OF_A_STUDY),
            snapshot=snapshot,
        )
    for path in ("/", f"/studies/{A}", "/conditions?q=camomile", f"/conditions?q={quote(EVIL)}"):
        page = (await client.get(path)).text
        reader = Reader(page)
        assert {each["type"] for each in reader.all("script")} <= {"application/ld+json"}, path
        assert page.count("<script") == len(reader.all("script"))
        assert "\x00" not in page
        assert " 49" not in page
        assert all(not name.startswith("on") for _, attrs in reader.tags for name in attrs)
    for path in (f"/feeds/studies/{A}.atom", "/feeds/conditions.atom?q=camomile"):
        feed = (await client.get(path)).text
        assert "<script" not in feed


NOT_OF_A_STUDY = {Kind.NEW_STUDY, Kind.NOW_LISTED, Kind.NO_LONGER_LISTED}


async def test_a_page_is_one_whole_document_of_known_parts(client, stored):
    answer = await client.get(f"/studies/{A}")
    page = Reader(answer.text)
    assert not {tag for tag, _ in page.tags} & {"img", "iframe", "object", "embed", "video"}
    ids = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
    assert len(ids) == len(set(ids))
    here = {each["href"][1:] for each in page.all("a") if each.get("href", "").startswith("#")}
    assert here <= set(ids)
    assert len(page.all("h1")) == 1
    [canonical] = [each["href"] for each in page.all("link") if each["rel"] == "canonical"]
    assert canonical == f"https://updates.example.org/studies/{A}"
    cards = {
        each.get("property") or each.get("name"): each["content"]
        for each in page.all("meta")
        if "content" in each
    }
    assert cards["og:title"] == "Camomile tea for knee pain"
    assert cards["twitter:card"] == "summary"
    assert 20 < len(cards["description"]) <= 200
    assert "og:image" not in cards


async def test_a_page_finds_its_places_without_a_script(client, database):
    site = a_record()["protocolSection"]["contactsLocationsModule"]["locations"][0]
    places = [
        site | {"facility": f"Hospital {i}", "city": f"Town {i}", "country": f"Land {i % 3}"}
        for i in range(30)
    ]
    with database.transaction() as session:
        a_study(session, NOON, locations=places)
    whole = (await client.get(f"/studies/{A}")).text
    found = (await client.get(f"/studies/{A}?place=town+17")).text
    first = (await client.get(f"/studies/{A}?country=Land+2")).text
    odd = (await client.get(f"/studies/{A}?place=%00%3Cscript%3E{'x' * 5000}")).text
    assert whole.count('class="place"') == 30
    assert "Town 17" in found
    assert found.count('class="place"') == 1
    assert "1 of 30 fits" in found
    assert first.index(">Land 2</span>") < first.index(">Land 0</span>")
    assert "0 of 30 fit" in odd
    assert "<script>xxx" not in odd


async def test_what_is_long_is_folded(client, database):
    with database.transaction() as session:
        a_study(
            session, NOON, conditions=[f"Term {i}" for i in range(40)], eligibilityCriteria="* Rule\n" * 40
        )
    page = Reader((await client.get(f"/studies/{A}")).text)
    assert "And 32 more" in page.text
    folded = [attrs for tag, attrs in page.tags if tag == "details" and "open" not in attrs]
    assert len(folded) >= 2
    printed = (await client.get(f"/studies/{A}?view=print")).text
    assert "<form" not in printed
    assert "The further rules are long." in printed


async def test_who_can_join_is_not_asked_where_nobody_can(client, database):
    with database.transaction() as session:
        a_study(session, NOON, overallStatus="COMPLETED", whyStopped=None)
    page = Reader((await client.get(f"/studies/{A}")).text).text
    assert "Who took part" in page
    assert "Who can join" not in page
    assert page.index("Ended ") < page.index("What is done")
    assert "takes no new participants" in page
    assert "before you travel" not in page


@pytest.mark.parametrize(
    ("status", "heading", "said"),
    [
        ("RECRUITING", "Who can join", "before you travel"),
        ("UNKNOWN", "Who can join", "Whether anybody can still join is not known."),
        ("TEMPORARILY_NOT_AVAILABLE", "Who can join", "before you travel"),
        ("A_NEW_WORD", "Who can join", "before you travel"),
        ("TERMINATED", "Who took part", "Nobody can join any more."),
        ("WITHDRAWN", "Who could have joined", "no place took part"),
    ],
)
async def test_nobody_is_told_that_nobody_can_join_unless_the_record_says_so(
    client, database, status, heading, said
):
    with database.transaction() as session:
        a_study(session, NOON, overallStatus=status)
    page = Reader((await client.get(f"/studies/{A}")).text).text
    assert heading in page
    assert said in page
    assert ("Nobody can join any more" in page) == (status == "TERMINATED")


async def test_a_page_tells_programs_what_it_is_about(client, stored):
    page = (await client.get(f"/studies/{A}")).text
    [told] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    facts = json.loads(told)
    assert facts["additionalType"] == "https://schema.org/MedicalStudy"
    assert facts["identifier"] == A
    assert facts["status"] == "https://schema.org/Recruiting"
    assert [each["name"] for each in facts["healthCondition"]] == ["Knee Pain", "Osteoarthritis"]
    assert f'content="{facts["description"]}"' in page


async def test_a_study_of_many_places_and_terms_renders_in_few_statements(client, database, request):
    site = a_record()["protocolSection"]["contactsLocationsModule"]["locations"][0]
    places = [site | {"facility": f"Place {i}", "country": f"Land {i % 30}"} for i in range(400)]
    terms = [f"Term {i}" for i in range(340)]
    with database.transaction() as session:
        a_study(session, NOON, locations=places, conditions=terms, eligibilityCriteria="* Rule\n" * 2000)
        follow(session, NOON, "jane@example.org", A)
    statements = []
    event.listen(database.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    page = (await client.get(f"/studies/{A}")).text
    assert page.count("<details>") >= 30
    assert page.count('class="place"') == 400
    assert len([each for each in statements if each.lstrip().upper().startswith("SELECT")]) <= 10
    assert page.count('name="condition"') == 10


def test_criteria_keep_their_words_their_order_and_their_numbers():
    text = "Inclusion Criteria:\n\n* Age \\>= 18\n  * or older\n1. First\n2) Second\nNot an item\n\nExclusion:\n- None"
    study = decode(raw(a_record(eligibilityCriteria=text)))
    said = [
        block.text or [(item.text, item.depth, item.numbered) for item in block.items]
        for block in who(study, str).criteria
    ]
    assert said == [
        "Inclusion Criteria:",
        [("Age >= 18", 0, False), ("or older", 1, False), ("1. First", 0, True), ("2) Second", 0, True)],
        "Not an item",
        "Exclusion:",
        [("None", 0, False)],
    ]


@pytest.mark.parametrize(
    ("lowest", "highest", "said"),
    [
        ("18 Years", "80 Years", "18 to 80 years"),
        ("6 Months", "17 Years", "6 months to 17 years"),
        ("1 Year", None, "1 year and older"),
        (None, "1 Day", "Up to 1 day"),
        (None, None, "The record gives no age limits."),
        ("N/A", "80 Years", "Up to 80 years"),
        ("1 Year", "2 Years", "1 to 2 years"),
    ],
)
def test_ages_are_said_as_the_record_has_them(lowest, highest, said):
    assert ages(lowest, highest) == said


# --- addresses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["nct90000001", "NCT90000001/", "%20NCT90000001", "NCT%209000%200001", "Nct90000001%0A"]
)
async def test_other_ways_of_writing_an_id_lead_to_its_one_page(client, stored, written):
    answer = await client.get(f"/studies/{written}")
    assert (answer.status_code, answer.headers["location"]) == (301, f"/studies/{A}")


@pytest.mark.parametrize(
    "written",
    ["NCT1", "x", "", "NCT900000011", "NCT\uff1990000000", "NCT90000001/x", "..%2f..", "%00", "a" * 9000],
)
async def test_what_is_no_id_is_not_found_in_one_sentence_and_not_asked_for(client, registry, written):
    answer = await client.get(f"/studies/{written}")
    assert answer.status_code == 404
    assert "This is not the number of a study." in answer.text
    assert registry.asked == []
    assert answer.headers["cache-control"] == "no-store"


async def test_an_id_that_was_merged_away_leads_to_the_new_one(client, registry):
    registry.answers = {B: StudyMoved(A), A: decode(raw(a_record()))}
    answer = await client.get(f"/studies/{B}")
    assert (answer.status_code, answer.headers["location"]) == (301, f"/studies/{A}")
    assert (await client.get(f"/feeds/studies/{B}.atom")).headers["location"] == f"/feeds/studies/{A}.atom"
    assert (await client.get(f"/studies/{A}")).status_code == 200


async def test_a_record_that_comes_under_another_id_leads_there(client, registry):
    registry.answers = {B: decode(raw(a_record()))}
    assert (await client.get(f"/studies/{B}")).headers["location"] == f"/studies/{A}"
    assert (await client.get(f"/studies/{A}")).status_code == 200
    assert registry.asked == [B]


# --- asking the registry ----------------------------------------------------------------------------------------


async def test_a_study_that_is_not_stored_is_fetched_once_however_many_ask(client, registry):
    registry.answers = {A: decode(raw(a_record()))}
    answers = await asyncio.gather(*(client.get(f"/studies/{A}") for _ in range(8)))
    assert {each.status_code for each in answers} == {200}
    assert registry.asked == [A]
    assert (await client.get(f"/studies/{A}")).status_code == 200
    assert registry.asked == [A]


def a_sign_up(**changes):
    return {"email": "jane@example.org", "consent": "yes"} | changes


async def never(_nct_id):
    await asyncio.Event().wait()


async def test_a_registry_that_hangs_keeps_nobody_waiting_for_long(pages, stored, database, clock):
    with database.transaction() as session:
        a_study(session, NOON, B)
    clock.move(timedelta(days=2))  # nobody follows it, and it was read before that: it is due
    async with asking(replace(pages, fetch=never, patience=0.01)) as asker:
        assert (await asker.get("/studies/NCT90000009")).status_code == 503
        assert (await asker.get(f"/studies/{B}")).status_code == 200
        answer = await asker.post("/subscriptions", data=a_sign_up(study="NCT90000009"))
        assert answer.status_code == 200


async def test_a_study_that_the_registry_does_not_know_is_not_found(client, registry):
    answer = await client.get(f"/studies/{A}")
    assert answer.status_code == 404
    assert "The registry does not know a study with this number." in answer.text


@pytest.mark.parametrize("fault", [RegistryUnavailable("no"), RecordUnreadable("odd", A)])
async def test_a_registry_that_cannot_be_asked_is_said_with_a_time_to_try_again(client, registry, fault):
    registry.answers = {A: fault}
    answer = await client.get(f"/studies/{A}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "300")
    assert "Please try again in a few minutes" in answer.text
    assert f"https://clinicaltrials.gov/study/{A}" in answer.text
    registry.answers = {A: decode(raw(a_record()))}
    assert (await client.get(f"/studies/{A}")).status_code == 200


async def test_pages_ask_the_registry_only_so_often_in_an_hour(client, registry, clock):
    for number in range(5):
        await client.get(f"/studies/NCT8000000{number}")
    registry.answers = {A: decode(raw(a_record()))}
    assert (await client.get(f"/studies/{A}")).status_code == 503
    assert len(registry.asked) == 5
    clock.move(timedelta(hours=1))
    assert (await client.get(f"/studies/{A}")).status_code == 200


async def test_what_nobody_follows_is_read_anew_after_a_day_or_shown_as_it_was(client, registry, clock):
    registry.answers = {A: decode(raw(a_record()))}
    await client.get(f"/studies/{A}")
    clock.move(timedelta(days=1))
    registry.answers = {A: RegistryUnavailable("no")}
    assert "Camomile Tea" in (await client.get(f"/studies/{A}")).text
    registry.answers = {A: decode(raw(a_record(briefTitle="Tea, again")))}
    assert "Tea, again" in (await client.get(f"/studies/{A}")).text
    clock.move(timedelta(days=1))
    registry.answers = {}
    gone = await client.get(f"/studies/{A}")
    assert gone.status_code == 200
    assert "The registry did not show this study when we last asked." in gone.text


async def test_what_is_followed_is_never_asked_for_by_a_page(client, registry, stored, clock):
    clock.move(timedelta(days=9))
    assert (await client.get(f"/studies/{A}")).status_code == 200
    assert registry.asked == []


# --- being kept -------------------------------------------------------------------------------------------------

KEPT_PATHS = ["/", "/conditions", "/conditions?q=knee", f"/studies/{A}", f"/feeds/studies/{A}.atom"]
KEPT_PATHS += ["/feeds/conditions.atom?q=knee", "/terms", "/privacy"]


@pytest.mark.parametrize("path", KEPT_PATHS)
async def test_a_page_is_kept_and_asked_for_again_by_its_tag(client, stored, clock, path):
    first = await client.get(path)
    assert first.status_code == 200
    theirs = path.startswith("/conditions?")  # what a reader typed stands in no copy of a proxy's
    assert first.headers["cache-control"] == ("no-store" if theirs else "public, max-age=300")
    assert first.headers.get("vary") == (None if "/feeds/" in path else "Accept-Language")
    assert "set-cookie" not in first.headers
    clock.move(timedelta(minutes=7))  # the form says another time; that is no other page
    again = await client.get(path, headers={"If-None-Match": f'"x", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert (await client.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


@pytest.mark.parametrize("path", [*KEPT_PATHS, "/studies/x", "/conditions?q=%25"])
async def test_head_answers_as_get_without_a_body(client, stored, path):
    got, headed = await client.get(path), await client.head(path)
    assert (headed.status_code, headed.content) == (got.status_code, b"")
    assert headed.headers == got.headers


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", True),
        ("?page=1", True),
        ("?lang=da", True),
        ("?near=Silkeborg", False),
        ("?place=Aarhus&page=1", False),
        ("?utm_term=my+own+words", False),
    ],
)
async def test_no_copy_is_kept_of_a_page_with_a_readers_words(client, stored, query, kept):
    for path in (f"/studies/{A}", "/conditions"):
        said = (await client.get(path + query)).headers
        assert said["cache-control"].startswith("public" if kept else "no-store")
        assert ("x-robots-tag" in said) is not kept


async def test_a_change_makes_another_tag(client, database, stored):
    tags = [(await client.get(f"/studies/{A}")).headers["etag"]]
    with database.transaction() as session:
        a_pass(session, NOON, a_change())
    tags.append((await client.get(f"/studies/{A}")).headers["etag"])
    assert len(set(tags)) == 2


async def test_reading_changes_nothing(client, database, stored):
    for _ in range(3):
        for path in KEPT_PATHS:
            await client.get(path)
            await client.head(path)
    with database.reading() as session:
        assert session.get(StudyRow, A).last_read_at == NOON
        assert session.get(SubscriberRow, 1).silent_since == NOON


@pytest.mark.parametrize(
    "path", ["/", "/conditions", f"/studies/{A}", "/terms", "/privacy", f"/feeds/studies/{A}.atom"]
)
async def test_pages_for_reading_take_no_post(client, stored, path):
    assert (await client.post(path, content=b"x=1")).status_code == 405


@pytest.mark.parametrize("end", ["-gzip", "--gzip", "-br", ";gzip", "-zstd"])
async def test_a_tag_is_known_by_what_a_server_before_us_made_of_it(client, stored, end):
    tag = (await client.get("/terms")).headers["etag"]
    for theirs in (f'{tag[:-1]}{end}"', f'{tag.removeprefix("W/")[:-1]}{end}"', f'"x", {tag}{end}'):
        assert (await client.get("/terms", headers={"If-None-Match": theirs})).status_code == 304
    assert (await client.get("/terms", headers={"If-None-Match": f'"x{end}"'})).status_code == 200


@pytest.mark.parametrize("zone", ["+99999999999999", "-9999", "nonsense", "+0000 (" * 2000])
async def test_a_date_that_cannot_be_read_is_as_none(client, stored, zone):
    since = {"If-Modified-Since": f"Mon, 01 Jan 2029 00:00:00 {zone}"}
    assert (await client.get(f"/feeds/studies/{A}.atom", headers=since)).status_code in {200, 304}


@pytest.fixture
async def below(database, clock, request):
    """The pages at an address with a path, behind a proxy that takes it away, or does not."""
    pages = pages_with(
        database,
        clock,
        organisation="x",
        public_url="https://example.org/our/trials",
        shortest_look=timedelta(0),
        steady=0,
    )
    async with asking(pages) as asker:
        yield asker


OF_A_READER = [
    "/", "/conditions?q=knee", f"/studies/{A}", "/terms", "/privacy", "/subscriptions", "/preferences", "/contacts",
]  # fmt: skip


@pytest.mark.parametrize("path", [*OF_A_READER, "/nothing", "/confirm/x", f"/feeds/studies/{A}.atom"])
@pytest.mark.parametrize("before", ["", "/our/trials", "/Our/Trials"])
async def test_every_link_of_a_page_keeps_the_path_below_which_the_pages_are(below, stored, path, before):
    answer = await below.get(before + path)
    assert (answer.status_code == 200) is (path not in {"/nothing", "/confirm/x"})
    page = Reader(answer.text)
    links = [
        each.get(name)
        for tag in ("a", "form", "link")
        for each in page.all(tag)
        for name in ("href", "action")
    ]
    ours = [link for link in links if link and link.startswith(("/", "https://example.org"))]
    assert ours
    assert [
        link for link in ours if not link.removeprefix("https://example.org").startswith("/our/trials")
    ] == []


async def test_a_redirect_keeps_the_path_too(below, stored):
    for path in (f"/studies/{A.lower()}", f"/conditions?q={A}", f"/our/trials/conditions?q={A}"):
        assert (await below.get(path)).headers["location"] == f"/our/trials/studies/{A}"


# --- home, search, legal ----------------------------------------------------------------------------------------


async def test_the_first_page_has_a_search_the_newest_studies_and_the_health_data_policy(client, stored):
    page = Reader((await client.get("/")).text)
    assert "Camomile Tea for Knee Pain" in page.text
    assert "/privacy" in [each.get("href") for each in page.all("a")]
    assert [each.get("action") for each in page.all("form")] == ["/search", "/subscriptions"]


@pytest.mark.parametrize(
    "path", ["/", "/conditions", "/conditions?q=camomile", "/feeds/conditions.atom?q=camomile"]
)
async def test_what_is_stored_for_followers_alone_is_listed_nowhere(client, database, path):
    with database.transaction() as session:
        a_study(session, NOON)
        follow(session, NOON, "jane@example.org", A)
        a_pass(session, NOON, a_change())
    assert (await client.get(f"/studies/{A}")).status_code == 200  # as their own mail leads them there
    assert A not in (await client.get(path)).text
    with database.transaction() as session:
        study_page.publish(session, A, NOON)
    assert A in (await client.get(path)).text
    with database.transaction() as session:
        study_page.publish(session, A, None)
    assert A not in (await client.get(path)).text


async def test_a_search_offers_to_follow_a_condition_that_has_no_study(client, stored):
    answer = await client.get("/conditions?q=Gout%20of%20the%20Knee")
    page = Reader(answer.text)
    assert "No study here fits" in page.text
    named = [each["value"] for each in page.all("input") if each.get("name") == "condition"]
    assert named == ["Gout of the Knee"]


async def test_a_search_for_a_number_leads_to_the_study(client, stored):
    assert (await client.get(f"/conditions?q={A.lower()}")).headers["location"] == f"/studies/{A}"


@pytest.mark.parametrize(
    "typed", ["%25", "''", "%00", "---", "%20", "x" * 10_000, "a%20" * 3000, "%F0%9F%98%80"]
)
async def test_a_search_that_cannot_be_made_says_so_beside_the_field(client, stored, typed):
    answer = await client.get(f"/conditions?q={typed}")
    assert answer.status_code == 400
    assert 'aria-describedby="q-fault"' in answer.text
    assert len(answer.text) < 20_000


async def test_a_search_is_paged_and_empty_beyond_its_end(client, database):
    with database.transaction() as session:
        for number in range(25):
            a_public_study(session, NOON, f"NCT7000{number:04}")
    first, second = [(await client.get(f"/conditions?q=knee&page={n}")).text for n in (1, 2)]
    assert (first.count("<li>\n<h3"), second.count("<li>\n<h3")) == (20, 5)
    assert "No study here comes after these" in (await client.get("/conditions?q=knee&page=3")).text


async def test_the_policies_name_who_runs_the_site_and_what_is_kept(client):
    privacy, terms = [Reader((await client.get(path)).text).text for path in ("/privacy", "/terms")]
    for words in ("seven days", "28 days", "45 days", "six months", "scrambled form", "consumer health data"):
        assert words in privacy, words
    for text in (privacy, terms):
        assert "Example Patients' Association" in text
        assert "help@example.org" in text


async def test_policies_of_the_operators_own_are_led_to(database, clock, request):
    elsewhere = {"terms_url": "https://example.org/t", "privacy_url": "https://example.org/p"}
    pages = pages_with(database, clock, organisation=None, **elsewhere)
    async with asking(pages) as asker:
        assert (await asker.get("/terms")).headers["location"] == "https://example.org/t"
        assert 'href="https://example.org/p"' in (await asker.get("/")).text


@pytest.mark.parametrize(
    "path", ["/", "/conditions", "/conditions?q=gout", "/terms", "/privacy", "/studies/NCT1"]
)
async def test_our_own_words_are_plain_and_claim_nothing(client, path):
    paragraphs = re.findall(
        r"<(?:p|li|h\d)\b[^>]*>(.*?)</(?:p|li|h\d)>", (await client.get(path)).text, re.DOTALL
    )
    texts = [" ".join(html.unescape(re.sub(r"<[^>]+>", "", each)).split()) for each in paragraphs]
    texts = [each for each in texts if each != CONSENT_WORDING]  # which is law first
    whole = " ".join(each for each in texts if each.endswith((".", "?", ":")))
    assert [each for each in texts if measure.longest(each) > measure.LONGEST] == []
    assert measure.average(whole) <= measure.LONGEST_ON_AVERAGE
    assert measure.grade(whole) <= measure.HARDEST
    assert banned_in(whole) == ()


async def test_a_search_that_cannot_be_followed_says_why(client):
    page = (await client.get("/conditions?q=asthma+OR+COPD")).text
    assert "One condition each: follow &#34;asthma&#34; and &#34;COPD&#34;" in page
    assert 'id="updates-email"' not in page


def test_of_endless_conditions_only_so_many_are_read_as_what_one_can_follow():
    assert len(queries(tuple(f"illness {number}" for number in range(MOST_QUERIES * 2)))) == MOST_QUERIES


async def test_who_looked_before_the_answer_to_another_came_does_not_ask_again(database, pages, registry):
    registry.answers = {A: decode(raw(a_record()))}
    fetcher = Fetcher(Site(pages))
    assert [await fetcher.fetch(A), await fetcher.fetch(A)] == [Asked.THERE, Asked.THERE]
    assert registry.asked == [A]
