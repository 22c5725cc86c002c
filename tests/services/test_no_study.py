"""A followed condition under which the registry has no study at all: said to the person, once, to the admin, and in doctor."""

from datetime import timedelta

import pytest
import structlog
from starlette.responses import PlainTextResponse

from notifier.domain.illnesses import nearest
from notifier.domain.letter import LetterKind
from notifier.services import monitoring
from notifier.storage import letters, subscribers
from notifier.storage.models import EndedReason
from notifier.storage.outbox import transactional
from notifier.storage.studies import conditions
from tests.factories import DOMAIN
from tests.faults import of_studies
from tests.mails import renderer
from tests.store_factories import assembled, at, claimed, mails, settled
from tests.world import A, a_world, under

JANE, JOHN = "jane@example.org", "john@example.org"
TYPED = "brest cancr"


def passed(world, now=None):
    """One deliver pass: what each mail of it says."""
    database, now = world.database, now or world.clock.now()
    with database.transaction() as session:
        transactional.say_no_study(session, now, DOMAIN, b"a key for tests")
    assembled(database, now)
    found = []
    for message in claimed(database, now):
        letter = at(database, letters.compose, message, now)
        found.append(renderer().render(letter))
        settled(database, now, message, "sent")
        at(database, letters.after_sending, [(letter, ())], now)
    return found


def words(mail):
    return " ".join(mail.text.split())


async def test_who_was_not_welcomed_is_told_once_after_the_first_look(database):
    async with a_world(database) as world:
        world.follow(JANE, condition=TYPED)
        assert passed(world) == []
        await world.watch()
        (mail,) = passed(world)
        assert "finds no study under a topic you follow" in words(mail)
        assert "“breast cancer”" in words(mail)
        assert mail.subject == "About a topic you follow"
        assert "agreed to this" not in words(mail)
        assert TYPED not in mail.subject
        assert passed(world, world.clock.now() + timedelta(days=1)) == []


async def test_a_welcome_says_it_where_it_is_known_and_no_other_mail(sqlite):
    async with a_world(sqlite) as world:
        world.follow(JOHN, condition=TYPED)
        await world.watch()
        assert len(passed(world)) == 1
        world.follow(JANE, condition=TYPED)
        with sqlite.transaction() as session:
            transactional.welcome(session, [2], world.clock.now(), DOMAIN)
        (mail,) = passed(world)
        assert "From now on we watch for you." in words(mail)
        assert "finds no study at all" in words(mail)
        assert passed(world) == []


async def test_a_welcome_that_came_before_the_look_is_followed_by_a_mail(sqlite):
    async with a_world(sqlite) as world:
        world.follow(JANE, condition=TYPED)
        with sqlite.transaction() as session:
            transactional.welcome(session, [1], world.clock.now(), DOMAIN)
        (mail,) = passed(world)
        assert "finds no study" not in words(mail)
        await world.watch()
        (mail,) = passed(world)
        assert "finds no study under a topic you follow" in words(mail)


async def test_a_study_that_comes_before_the_mail_goes_makes_it_needless(sqlite):
    async with a_world(sqlite) as world:
        world.follow(JANE, condition="rare disease")
        await world.watch()
        now = world.clock.now()
        with sqlite.transaction() as session:
            transactional.say_no_study(session, now, DOMAIN, None)
        await world.next_day("2027-01-13T09:00:05", under(A, "Rare Disease", first_posted="2027-01-12"))
        (mail,) = (each for each in mails(sqlite) if each.kind is LetterKind.WELCOME)
        claimed(sqlite, world.clock.now())
        assert at(sqlite, letters.compose, mail.id, world.clock.now()) is None


def fruitless(database):
    with database.reading() as session:
        return monitoring.fruitless(session)


async def test_a_condition_with_studies_or_without_a_look_is_not_said_to_have_none(sqlite):
    async with a_world(sqlite, under(A, "Rare Disease", first_posted="2020-01-12")) as world:
        world.follow(JANE, condition="rare disease")
        await world.watch()
        world.follow(JANE, condition=TYPED)
        assert passed(world) == []
        assert fruitless(sqlite) is None


async def test_the_admin_and_the_person_see_it(sqlite):
    async with a_world(sqlite) as world:
        world.follow(JANE, condition=TYPED)
        await world.watch()
        why = fruitless(sqlite)
        assert why == f'the registry finds no study at all under "{TYPED}" (near to it: breast cancer)'
        with sqlite.reading() as session:
            (row,) = subscribers.followed(session)
            theirs = subscribers.chosen(session, 1)
            assert conditions.fruitless(session) == [TYPED]
        assert row.missing
        assert theirs.follows[0].nearest == ("breast cancer",)
        with sqlite.transaction() as session:
            subscribers.end(session, [1], EndedReason.ADMIN, world.clock.now())
        assert fruitless(sqlite) is None


@pytest.mark.parametrize("language", ["en", "da", "de"])
async def test_it_is_said_in_each_language_and_passes_the_gate(sqlite, language):
    async with a_world(sqlite) as world:
        for typed in (TYPED, "xyzzy"):
            world.follow(JANE, condition=typed, language=language)
        await world.watch()
        (mail,) = passed(world)
        assert "xyzzy" in words(mail)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("brest cancr", ("breast cancer",)),
        ("alzeimers disease", ("alzheimer's disease",)),
        ("parkinsons", ("parkinson's disease",)),
        ("breast cancer stage IV HER2 negative", ("breast cancer",)),
        ("xyzzy", ()),
        ("breast cancer", ()),
    ],
)
def test_names_are_near_where_they_are_written_nearly_alike_or_are_a_part(typed, names):
    assert nearest(typed) == names


def test_names_of_stored_studies_are_asked_too():
    assert nearest("zellweger sindrome", ["Zellweger Syndrome", "Flu"]) == ("Zellweger Syndrome",)


def saying(code):
    """A registry's answer that repeats what it was asked."""

    async def fault(request, _answer):
        asked = str(request.url)
        said = {"Location": f"https://portal.test/sign-in?back={asked}"} if code == 302 else {}
        return PlainTextResponse(f"Too complicated query: {request.query_params}", code, said)

    return fault


@pytest.mark.parametrize("code", [400, 302])
async def test_no_words_that_a_person_typed_stand_in_the_log(sqlite, code):
    async with a_world(sqlite) as world:
        world.follow(JANE, condition=TYPED)
        with structlog.testing.capture_logs() as logs:
            world.rehearsal.fail_next(saying(code), times=99, when=of_studies)
            await world.watch()
            world.rehearsal.heal()
            await world.watch()
            monitoring.note(sqlite, monitoring.Name.NO_STUDY, fruitless(sqlite), world.clock)
    assert {"condition_failed", "anomaly"} <= {line.get("action") for line in logs}
    assert [line for line in logs if any(word in str(line).casefold() for word in TYPED.split())] == []
