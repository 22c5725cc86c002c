"""A condition that is followed more narrowly: what does not fit is left out and counted once, and told once it fits."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from notifier.domain import narrowing
from notifier.domain.changes import Kind
from notifier.domain.geo import Circle, Near
from notifier.domain.narrowing import SaidNarrowing, Trait
from notifier.domain.study import decode
from notifier.errors import InputError
from notifier.services import sign_up_rules as rules
from notifier.services.operations import replay
from notifier.storage import eligibility, letters, notices, reconciliation, subscribers
from notifier.storage.models import Fate, NoticeRow, NoticeState, SubscriptionRow
from notifier.storage.subscribers import Choice
from tests.factories import a_record, raw
from tests.mails import renderer
from tests.store_factories import assembled, at, claimed, follow, settled
from tests.world import A, B, C, a_world, under

JANE, JOHN = "jane@example.org", "john@example.org"
RARE = "rare disease"
DENMARK = {
    "facility": "Clinic", "city": "Odense", "country": "Denmark", "geoPoint": {"lat": 55.4, "lon": 10.4},
}  # fmt: skip
FRANCE = {"facility": "Clinic", "city": "Paris", "country": "France", "geoPoint": {"lat": 48.9, "lon": 2.4}}


def new(nct_id=C, posted="2027-01-12", updated=None, **parts):
    """A new study under the condition: open, interventional, for adults of both sexes, in Denmark, unless said."""
    record = under(nct_id, "Rare Disease", first_posted=posted, updated=updated)
    protocol = record["protocolSection"]
    protocol["statusModule"]["overallStatus"] = parts.get("status", "RECRUITING")
    protocol["designModule"]["studyType"] = parts.get("type", "INTERVENTIONAL")
    protocol["contactsLocationsModule"]["locations"] = parts.get("places", [DENMARK])
    protocol["identificationModule"]["briefTitle"] = parts.get("title", "A Study of Walking")
    who = protocol["eligibilityModule"]
    who["stdAges"], who["sex"] = parts.get("ages", ["ADULT", "OLDER_ADULT"]), parts.get("sex", "ALL")
    for module, key in parts.get("without", ()):
        protocol[module].pop(key, None)
    return record


async def later(world, number, *records):
    world.clock.now = lambda: datetime(2027, 1, number, 12, tzinfo=UTC)
    world.rehearsal.publish(records, f"2027-01-{number}T09:00:05")
    return await world.watch()


def fates(world, subscription=1):
    with world.database.reading() as session:
        told = eligibility.account(session, subscription, world.clock.now())
    return [(story.nct_id, story.kind, story.fate) for story in reversed(told)]


def mailed(world):
    """All that is due goes out; the letters."""
    now = world.clock.now() + timedelta(hours=7)
    assembled(world.database, now)
    made = []
    for message in claimed(world.database, now):
        made.append(at(world.database, letters.compose, message, now))
        settled(world.database, now, message, "sent")
    return made


#: What is chosen, a study that fits it, and one that does not.
CHOICES = {
    "open": (SaidNarrowing(open_only=True), {"status": "NOT_YET_RECRUITING"}, {"status": "COMPLETED"}),
    "open, paused": (SaidNarrowing(open_only=True), {"status": "RECRUITING"}, {"status": "SUSPENDED"}),
    "treats": (SaidNarrowing(treatment_only=True), {"type": "EXPANDED_ACCESS"}, {"type": "OBSERVATIONAL"}),
    "country": (SaidNarrowing(countries=("SE", "DK")), {"places": [FRANCE, DENMARK]}, {"places": [FRANCE]}),
    "age": (SaidNarrowing(age_group=Trait.CHILD), {"ages": ["CHILD", "ADULT"]}, {"ages": ["OLDER_ADULT"]}),
    "sex": (SaidNarrowing(sex=Trait.FEMALE), {"sex": "FEMALE"}, {"sex": "MALE"}),
    "words": (SaidNarrowing(not_words=("mouse", "pediatric")), {"title": "The Paediatrician's Mousetrap"}, {"title": "Pédiatric Walking"}),
}  # fmt: skip
#: What is not known.
UNKNOWN = {
    "status": (SaidNarrowing(open_only=True), {"without": [("statusModule", "overallStatus")]}),
    "status of no meaning": (SaidNarrowing(open_only=True), {"status": "UNKNOWN"}),
    "status unheard of": (SaidNarrowing(open_only=True), {"status": "DREAMING"}),
    "type": (SaidNarrowing(treatment_only=True), {"without": [("designModule", "studyType")]}),
    "places": (SaidNarrowing(countries=("DK",)), {"places": []}),
    "country": (SaidNarrowing(countries=("DK",)), {"places": [FRANCE | {"country": "Atlantis"}]}),
    "ages": (SaidNarrowing(age_group=Trait.CHILD), {"without": [("eligibilityModule", "stdAges")]}),
    "ages unheard of": (SaidNarrowing(age_group=Trait.CHILD), {"ages": ["ADULT", "ELVES"]}),
    "sex": (SaidNarrowing(sex=Trait.MALE), {"without": [("eligibilityModule", "sex")]}),
}


async def told_of(database, said, **parts):
    """Whether Jane, who chose this, is told of such a study; John, who chose nothing, always is."""
    async with a_world(database, new(A, posted="2026-01-12")) as world:
        world.follow(JANE, condition=RARE, choice=Choice(narrowing=said))
        world.follow(JOHN, condition=RARE)
        await world.watch()
        await later(world, 13, new(A, posted="2026-01-12"), new(**parts))
        assert fates(world, 2) == [(C, Kind.NEW_STUDY, Fate.NEXT_MAIL)]
        ((_, _, fate),) = fates(world)
        assert fate in {Fate.NEXT_MAIL, Fate.DOES_NOT_FIT}
        with database.reading() as session:
            now = world.clock.now()
            account = reconciliation.account(session, now - timedelta(days=1), now + timedelta(1), now)
        assert not account.unexplained
        assert sum(account.waiting.values()) + sum(account.untold.values()) == account.tellings == 2
        return fate is Fate.NEXT_MAIL


@pytest.mark.parametrize("name", sorted(CHOICES))
async def test_what_fits_is_told_and_what_does_not_is_left_out(database, name):
    said, fits, strange = CHOICES[name]
    assert not await told_of(database, said, **strange)
    del fits


@pytest.mark.parametrize("name", sorted(CHOICES))
async def test_what_fits_is_told(sqlite, name):
    said, fits, _ = CHOICES[name]
    assert await told_of(sqlite, said, **fits)


@pytest.mark.parametrize("name", sorted(UNKNOWN))
async def test_what_is_not_known_is_told(sqlite, name):
    said, parts = UNKNOWN[name]
    assert await told_of(sqlite, said, **parts)


async def test_told_and_counted_as_left_out_are_all_and_each_is_counted_once(database):
    old = new(A, posted="2026-01-12")
    async with a_world(database, old) as world:
        world.follow(JANE, condition=RARE, choice=Choice(narrowing=SaidNarrowing(open_only=True)))
        await world.watch()
        ids = [f"NCT9000{number:04}" for number in range(100, 108)]
        closed = [new(nct_id, status="COMPLETED") for nct_id in ids[:6]]
        await later(world, 13, old, *closed, *(new(nct_id) for nct_id in ids[6:]))
        (letter,) = mailed(world)
        assert {entry.study.nct_id for entry in letter.entries} == set(ids[6:])
        assert letter.left_out == 6
        with database.reading() as session:
            found, _ = notices.counted_in(session, letter.message_id)
        assert {each.nct_id for each in found} == set(ids[:6])
        await later(
            world, 14, old, *closed, *(new(nct_id) for nct_id in ids[6:]), new(B, posted="2027-01-13")
        )
        (letter,) = mailed(world)
        assert letter.left_out == 0
        assert renderer().render(letter).text.count("did not fit") == 0


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1 more new study did not fit"), (6, "6 more new studies did not fit")]
)
async def test_the_mail_says_how_many_did_not_fit_and_leads_to_them(sqlite, number, said):
    old = new(A, posted="2026-01-12")
    async with a_world(sqlite, old) as world:
        world.follow(JANE, condition=RARE, choice=Choice(narrowing=SaidNarrowing(sex=Trait.FEMALE)))
        await world.watch()
        men = [new(f"NCT9000{each:04}", sex="MALE") for each in range(100, 100 + number)]
        await later(world, 13, old, new(), *men)
        (letter,) = mailed(world)
    made = renderer().render(letter)
    for part in (made.text, made.html):
        assert said in part
        assert "/left-out/" in part


async def test_a_study_that_opens_later_is_told_then_and_once(database):
    old = new(A, posted="2026-01-12")
    async with a_world(database, old) as world:
        world.follow(JANE, condition=RARE, choice=Choice(narrowing=SaidNarrowing(open_only=True)))
        world.follow(JOHN, condition=RARE)
        await world.watch()
        await later(world, 13, old, new(status="WITHDRAWN"))
        assert fates(world) == [(C, Kind.NEW_STUDY, Fate.DOES_NOT_FIT)]
        mailed(world)
        await later(world, 14, old, new(status="WITHDRAWN", title="Anew", updated="2027-01-13"))
        assert len(fates(world)) == 1
        await later(world, 15, old, new(updated="2027-01-14"))
        assert fates(world)[1:] == [(C, Kind.NOW_FITS, Fate.NEXT_MAIL)]
        assert fates(world, 2)[1:] == [(C, Kind.NOW_FITS, Fate.FITTED_BEFORE)]
        (letter,) = mailed(world)
        assert letter.recipient == JANE
        assert letter.entries[0].study.overall_status == "RECRUITING"
        assert "now fits what you chose" in renderer().render(letter).text
        # It closes, and opens again.
        await later(world, 16, old, new(status="SUSPENDED", updated="2027-01-15"))
        await later(world, 17, old, new(updated="2027-01-16"))
        assert len(fates(world)) == 2
        with database.reading() as session:
            now = world.clock.now()
            account = reconciliation.account(session, now - timedelta(days=6), now + timedelta(1), now)
        assert not account.unexplained


async def test_a_place_near_that_is_added_later_is_told_then(database):
    old = new(A, posted="2026-01-12")
    async with a_world(database, old) as world:
        world.follow(JANE, condition=RARE)
        with database.transaction() as session:
            subscribers.set_near(session, 1, Near("Odense", Circle.around(55.4, 10.4, 50)))
        await world.watch()
        await later(world, 13, old, new(places=[FRANCE]))
        assert fates(world) == [(C, Kind.NEW_STUDY, Fate.FAR_AWAY)]
        await later(world, 14, old, new(places=[FRANCE, DENMARK], updated="2027-01-13"))
        assert fates(world)[1:] == [(C, Kind.NOW_FITS, Fate.NEXT_MAIL)]


async def test_a_followed_study_is_told_whatever_was_chosen_of_its_condition(database):
    old = new(A, posted="2026-01-12")
    async with a_world(database, old) as world:
        world.follow(JANE, condition=RARE, choice=Choice(narrowing=SaidNarrowing(open_only=True)))
        world.follow(JANE, study=A)
        await world.watch()
        await later(world, 13, new(A, posted="2026-01-12", updated="2027-01-12", status="COMPLETED"))
        assert [fate for _, _, fate in fates(world, 2)] == [Fate.NEXT_MAIL]


async def test_a_simulation_leaves_out_the_same(sqlite):
    old = new(A, posted="2026-01-12")
    async with a_world(sqlite, old) as world:
        world.follow(JANE, condition=RARE, choice=Choice(narrowing=SaidNarrowing(countries=("DK",))))
        await world.watch()
        await later(world, 13, old, new(), new(B, places=[FRANCE]))
        since = datetime(2027, 1, 13, tzinfo=UTC)
        (mail,) = replay(world.database, since, world.clock.now() + timedelta(hours=1), timedelta(0))
    assert (mail.told, mail.left_out) == (((C, "new_study"),), 1)


async def test_what_is_taken_back_or_left_out_by_nobodys_choice_is_found(sqlite):
    """The reconciliation counts by itself."""
    old = new(A, posted="2026-01-12")
    async with a_world(sqlite, old) as world:
        world.follow(JANE, condition=RARE)
        await world.watch()
        await later(world, 13, old, new())
        with sqlite.transaction() as session:
            session.execute(update(NoticeRow).values(state=NoticeState.CANCELLED, reason=Fate.DOES_NOT_FIT))
        with sqlite.reading() as session:
            now = world.clock.now()
            account = reconciliation.account(session, now - timedelta(days=1), now + timedelta(1), now)
    assert account.unexplained == {"left out by nobody's choice": 1}


async def test_a_choice_that_cannot_be_read_leaves_nothing_out_for_others(database):
    old = new(A, posted="2026-01-12")
    async with a_world(database, old) as world:
        for who in (JANE, JOHN):
            world.follow(who, condition=RARE, choice=Choice(narrowing=SaidNarrowing(open_only=True)))
        await world.watch()
        with database.transaction() as session:
            session.execute(text("UPDATE subscription SET narrow = 99999 WHERE id = 1"))
        await later(world, 13, old, new(status="COMPLETED"))
        assert [fate for _, _, fate in fates(world)] == [Fate.NEXT_MAIL]
        assert [fate for _, _, fate in fates(world, 2)] == [Fate.DOES_NOT_FIT]
        with database.reading() as session:
            assert subscribers.chosen(session, 1).follows[0].narrowing == narrowing.EVERY_STUDY


def test_what_is_said_again_is_changed_and_the_rest_stays(database, clock):
    def said(**words):
        with database.transaction() as session:
            follow(session, clock.now(), JANE, "knee pain", narrowing=rules.narrowed(**words))
            row = session.execute(select(SubscriptionRow)).scalar_one()
            return subscribers.narrowing_of(row).plain()

    first = said(
        open_only="yes", country="Danmark; se", age_group="older adult", sex="female", without="Mouse"
    )
    assert first == {
        "open_only": True, "country": ["DK", "SE"], "age_group": "older-adult", "sex": "female", "not": ["mouse"],
    }  # fmt: skip
    assert said() == first
    assert said(sex="any", open_only="no", treatment_only="yes") == {
        "treatment_only": True, "country": ["DK", "SE"], "age_group": "older-adult", "not": ["mouse"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"country": "Atlantis"}, "'Atlantis' is not a country"),
        ({"country": "ZZ"}, "'ZZ' is not a country"),
        ({"age_group": "teen"}, "'teen' is not an age group: give child, adult, older-adult or any"),
        ({"sex": "yes"}, "'yes' is not a sex"),
        ({"open_only": "maybe"}, "open_only is 'maybe': give yes or no"),
        ({"without": "x" * 41}, "at most 40 letters"),
        ({"without": " ".join(f"word{n}" for n in range(21))}, "at most 20 words"),
    ],
)
def test_wrong_words_are_refused_in_one_sentence(words, why):
    with pytest.raises(InputError, match=why) as refused:
        rules.narrowed(**words)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "name", ["Turkey (Türkiye)", "Korea, Republic of", "Côte d’Ivoire", "Bosnia and Herzegovina"]
)
def test_names_of_countries_as_the_registry_has_them(name):
    record = a_record()
    record["protocolSection"]["contactsLocationsModule"]["locations"] = [{"city": "X", "country": name}]
    assert narrowing.NO_COUNTRY_OF_OURS not in narrowing.countries_of(decode(raw(record)))


PAUSED = {**DENMARK, "status": "SUSPENDED", "geoPoint": {"lat": 55.41, "lon": 10.4}}
CLOSE = {**DENMARK, "status": "RECRUITING", "geoPoint": {"lat": 55.76, "lon": 10.4}}


@pytest.mark.parametrize(
    ("language", "places", "said"),
    [
        ("en", [FRANCE, CLOSE], "One of its 2 places that take people now or soon is about 40 km from Odense"),
        ("en", [PAUSED, CLOSE], "Its place that takes people now or soon is about 40 km from Odense"),
        ("da", [FRANCE, CLOSE], "Et af dets 2 steder, der tager deltagere nu eller snart, er omkring 40 km fra Odense"),
        ("de", [FRANCE, CLOSE], "Einer ihrer 2 Orte, die jetzt oder bald Menschen aufnehmen, ist etwa 40 km von Odense"),
        ("es", [FRANCE, CLOSE], "Uno de sus 2 centros que aceptan personas ahora o pronto está a unos 40 km de Odense"),
    ],
)  # fmt: skip
async def test_a_new_study_says_first_how_near_its_nearest_open_place_is(sqlite, language, places, said):
    old = new(A, posted="2026-01-12")
    async with a_world(sqlite, old) as world:
        world.follow(JANE, condition=RARE, language=language)
        with sqlite.transaction() as session:
            subscribers.set_near(session, 1, Near("Odense", Circle.around(55.4, 10.4, 50)))
        await world.watch()
        await later(world, 13, old, new(places=places))
        (letter,) = mailed(world)
    text = " ".join(renderer().render(letter).text.split())
    assert said in text
    assert text.index(said) < text.index("Odense (Denmark)")


async def test_of_a_study_that_takes_nobody_no_place_is_said_to_be_near(sqlite):
    old = new(A, posted="2026-01-12")
    async with a_world(sqlite, old) as world:
        world.follow(JANE, condition=RARE)
        with sqlite.transaction() as session:
            subscribers.set_near(session, 1, Near("Odense", Circle.around(55.4, 10.4, 50)))
        await world.watch()
        await later(world, 13, old, new(places=[CLOSE], status="SUSPENDED"))
        (letter,) = mailed(world)
    assert "Near you" not in renderer().render(letter).text
