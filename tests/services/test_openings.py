"""What a welcome says is open now: only what is, and fits; and no registry holds it back. On the whole deliver pass."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import text

from notifier.domain import narrowing
from notifier.domain.geo import Circle, Near
from notifier.domain.narrowing import EVERY_STUDY, SaidNarrowing
from notifier.domain.study import decode
from notifier.errors import RegistryUnavailable
from notifier.mail.smtp.verdict import SendStage, judge
from notifier.services.deliver import Openings, Sending, deliver
from notifier.services.deliver import openings as asking
from notifier.storage import retention, subscribers
from notifier.storage.letters import gathering
from notifier.storage.models import EndedReason
from notifier.storage.outbox import transactional
from notifier.storage.subscribers import Choice
from tests.factories import DOMAIN, raw
from tests.mails import renderer
from tests.storage.test_narrower import CHOICES, CLOSE, FRANCE, JANE, JOHN, RARE, new
from tests.world import a_world

SENDING = Sending("here:1", DOMAIN, lambda _: "bounces@example.org", connections=1, suppression_key=b"a key")
LOOKING = "as looking for people, or about to:"


class Box:
    """A transport that takes every mail, and keeps its text."""

    def __init__(self):
        self.texts = []

    @asynccontextmanager
    async def session(self):
        yield self

    async def send(self, envelope, *, before_data):
        await before_data()
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.texts.append(" ".join(mail.get_body(("plain",)).get_content().split()))
        return judge(SendStage.REPLY, 250, "2.0.0 taken")


def number(of):
    return f"NCT9{of:07d}"


async def welcome(world, *, who=JANE, near=None, conditions=(RARE,), said=None, openings=None, **person):
    """The text of the mail to somebody who has just confirmed."""
    for each in conditions:
        world.follow(who, condition=each, choice=Choice(narrowing=said or SaidNarrowing()), **person)
    with world.database.transaction() as session:
        someone = subscribers.people.find(session, subscribers.address(who)).id
        if near is not None:
            subscribers.set_near(session, someone, near)
        ids = subscribers.live_ids(session, someone)
        transactional.welcome(session, ids, world.clock.now(), DOMAIN)
    box = Box()
    openings = openings or Openings(world.registry.search, world.clock)
    report = await deliver(world.database, box, renderer(), world.clock, SENDING, openings=openings)
    assert report.sent == 1
    return box.texts[-1]


def asked(world):
    return [params for path, params in world.rehearsal.requests if "filter.overallStatus" in params]


async def test_it_lists_ten_that_are_open_with_their_questions_and_a_link_to_the_rest(database):
    records = [new(number(each), title=f"A Study of Walking {each}") for each in range(1, 13)]
    records += [new(number(50), status="COMPLETED"), new(number(51), status="ACTIVE_NOT_RECRUITING")]
    async with a_world(database, *records) as world:
        mail = await welcome(world)
    assert f"On 12 January 2027 the registry listed these studies under this topic {LOOKING}" in mail
    listed = [each for each in range(1, 60) if f"/studies/{number(each)}" in mail]
    assert len(listed) == 10
    assert not {50, 51} & {*listed}
    assert mail.count("Does ") + mail.count("Can ") + mail.count("What ") + mail.count("Is ") >= 10
    assert "/search?q=rare+disease&open=1" in mail
    assert "Only the study team can tell" in mail
    (one,) = asked(world)
    assert (one["query.cond"], one["pageSize"]) == (RARE, str(asking.A_PAGE))


@pytest.mark.parametrize("name", CHOICES)
def test_the_same_fits_as_the_store_says(name):
    said, fitting, other = CHOICES[name]
    chosen = said.over(EVERY_STUDY)
    assert narrowing.fits(decode(raw(new(**fitting))), chosen)
    assert not narrowing.fits(decode(raw(new(**other))), chosen)


@pytest.mark.parametrize("name", [name for name in CHOICES if not name.startswith("open")])
async def test_it_lists_what_fits(sqlite, name):
    said, fitting, other = CHOICES[name]
    fitting, other = ({**each, "status": "RECRUITING"} for each in (fitting, other))
    async with a_world(sqlite, new(number(1), **fitting), new(number(2), **other)) as world:
        mail = await welcome(world, said=said)
    assert "these studies, which fit what you chose," in mail
    assert f"/studies/{number(1)}" in mail
    assert f"/studies/{number(2)}" not in mail


async def test_it_lists_what_is_near_and_says_how_near(sqlite):
    near = Near("Odense", Circle.around(55.4, 10.4, 50))
    # The registry is asked for a wider circle, so that it finds what is not near either.
    beyond = {**CLOSE, "geoPoint": {"lat": 56.2, "lon": 10.4}}
    records = [new(number(at), places=places) for at, places in enumerate(([FRANCE], [CLOSE, FRANCE], [beyond]), 1)]  # fmt: skip
    async with a_world(sqlite, *records) as world:
        mail = await welcome(world, near=near)
    assert [number(each) for each in (1, 2, 3) if f"/studies/{number(each)}" in mail] == [number(2)]
    assert "One of its 2 places that take people now or soon is about 40 km from Odense." in mail
    assert "&place=Odense&within=50" in mail
    assert [each["filter.geo"] for each in asked(world)] == [
        "distance(55,10,150km)"
    ]  # never the place itself


async def test_what_the_registry_counts_as_open_and_its_record_does_not_is_not_listed(sqlite):
    async with a_world(sqlite, new(number(1), status="COMPLETED"), new(number(2))) as world:

        async def search(sought, **more):
            return await world.registry.search(replace(sought, open=False), **more)

        mail = await welcome(world, openings=Openings(search, world.clock))
    assert [number(each) for each in (1, 2) if f"/studies/{number(each)}" in mail] == [number(2)]


async def test_none_is_said_where_there_is_none_and_never_else(sqlite):
    async with a_world(sqlite, new(number(1), status="COMPLETED")) as world:
        mail = await welcome(world)
        assert "found no study under this topic that takes people now or soon." in mail
    said = SaidNarrowing(not_words=("walking",))
    async with a_world(sqlite, new(number(2))) as world:
        mail = await welcome(world, who=JOHN, said=said)
        assert "found no study" not in mail  # there may be others beyond what was read
        assert "/search?q=rare+disease&open=1" in mail


@pytest.mark.parametrize("how", ["fails", "hangs", "breaks"])
async def test_a_registry_that_does_not_answer_holds_no_welcome_back(sqlite, monkeypatch, how):
    monkeypatch.setattr(asking, "PATIENCE", 0.01)
    questions = []

    async def search(sought, **_):
        questions.append(sought)
        if how == "hangs":
            await asyncio.Event().wait()
        if how == "breaks":
            raise AssertionError("nobody foresaw this")
        raise RegistryUnavailable("no answer")

    async with a_world(sqlite, new(number(1))) as world:
        openings = Openings(search, world.clock)
        for who in (JANE, JOHN):
            mail = await welcome(world, who=who, openings=openings)
            assert LOOKING not in mail
            assert "found no study" not in mail
            assert "/search?q=rare+disease&open=1" in mail
        assert len(questions) == 1  # it is left in peace for a while
        world.clock.move(asking.RESTS_FOR)
        await welcome(world, who="late@example.org", openings=openings)
        assert len(questions) == 2


@pytest.mark.parametrize(
    "damage",
    [
        "condition SET query = ''",
        "condition SET query = 'NCT01234567'",
        f"condition SET query = '{'a ' * 20}'",
        "condition SET query = x'ff'",
        "subscriber SET near = 'Odense', near_lat = 9e999, near_lon = 10, near_km = 50",
        "subscriber SET near = 'Odense', near_lat = 'abc', near_lon = 10, near_km = 50",
        "subscriber SET language = x'00ff'",
    ],
)
async def test_a_damaged_row_holds_no_mail_of_others_back(sqlite, damage):
    async with a_world(sqlite, new(number(1))) as world:
        world.follow(JOHN, condition="walking")
        with sqlite.transaction() as session:
            transactional.welcome(session, [1], world.clock.now(), DOMAIN)
            session.execute(text(f"UPDATE {damage} WHERE id = 1"))
        box = Box()
        openings = Openings(world.registry.search, world.clock)
        await deliver(world.database, box, renderer(), world.clock, SENDING, openings=openings)
        assert LOOKING in await welcome(world, openings=openings)


async def test_a_study_is_read_once_for_all_who_chose_alike(sqlite, monkeypatch):
    reads = []
    by_rules = asking.by_rules
    monkeypatch.setattr(asking, "by_rules", lambda *given: reads.append(given) or by_rules(*given))
    async with a_world(sqlite, new(number(1))) as world:
        openings = Openings(world.registry.search, world.clock)
        for who in (JANE, JOHN):
            assert LOOKING in await welcome(world, who=who, openings=openings)
        assert len(reads) == 1
        await welcome(world, who="dutch@example.org", openings=openings, language="de")
        assert len(reads) == 2


async def test_one_question_serves_all_who_chose_alike_and_all_questions_have_a_limit(sqlite, monkeypatch):
    async with a_world(sqlite, new(number(1))) as world:
        openings = Openings(world.registry.search, world.clock)
        for who in (JANE, JOHN):
            assert LOOKING in await welcome(world, who=who, openings=openings)
        assert len(asked(world)) == 1
        await welcome(world, who="dutch@example.org", openings=openings, language="de")
        assert len(asked(world)) == 1
        monkeypatch.setattr(asking, "MOST_AN_HOUR", 1)
        mail = await welcome(
            world, who="more@example.org", openings=openings, said=SaidNarrowing(countries=("DK",))
        )
        assert LOOKING not in mail
        world.clock.move(timedelta(hours=1))
        assert LOOKING in await welcome(world, who="last@example.org", openings=openings)
        assert len(asked(world)) == 2


async def test_of_many_conditions_a_few_are_looked_up_and_each_says_few(sqlite):
    records = [new(number(each)) for each in range(1, 7)]
    conditions = [RARE, *(f"rare disease {each}" for each in range(7))]
    async with a_world(sqlite, *records) as world:
        mail = await welcome(world, conditions=conditions)
        assert len(asked(world)) == gathering.MOST_CONDITIONS
    assert mail.count("/studies/NCT9") == 3  # under the others the registry found none


async def test_what_was_found_is_kept_with_the_mail_and_damage_to_it_is_no_harm(sqlite):
    async with a_world(sqlite, new(number(1))) as world:
        await welcome(world)
        with sqlite.transaction() as session:
            found = session.execute(text("SELECT openings FROM message")).scalar_one()
            assert number(1) in found
            assert gathering.to_look_up(session, [1]) == []  # it is not asked again for it
            then = world.clock.now() + timedelta(days=1)
            subscribers.end(session, subscribers.live_ids(session, 1), EndedReason.ADMIN, world.clock.now())
            assert retention.forget_gone(session, then, then, 10) == 1
            assert session.execute(text("SELECT openings FROM message")).scalar_one() is None
    for wrong in (None, "", 7, [], {}, {"1": 7}, {"1": {}}, {"1": {"day": "x", "studies": []}}):
        assert gathering.found_open(wrong, 1) is None
    for wrong in ([[]], [7], [["a"]], ["abcde" * 3], 7):
        assert gathering.found_open({"1": {"day": "2027-01-12", "studies": wrong}}, 1) is None
    sound = {"1": {"day": "2027-01-12", "studies": [["NCT90000001", "t", "q", "s", ""]] * 20}}
    assert len(gathering.found_open(sound, 1).studies) == gathering.MOST_STUDIES
    assert gathering.found_open(sound, 1).day == date(2027, 1, 12)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("da", "Den 12. januar 2027 stod disse studier i registret under dette emne"),
        ("de", "Am 12. Januar 2027 führte das Register diese Studien unter diesem Thema"),
        ("es", "El 12 de enero de 2027, el registro tenía estos estudios sobre este tema"),
    ],
)
async def test_it_is_said_in_the_readers_language_and_leads_to_pages_in_it(sqlite, language, said):
    async with a_world(sqlite, new(number(1))) as world:
        mail = await welcome(world, language=language)
    assert said in mail
    assert f"/studies/{number(1)}?lang={language}" in mail
    assert f"/search?q=rare+disease&open=1&lang={language}" in mail
