"""A study that leaves a followed condition's search: told once, to whoever was told that it came, and never for a slip."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from notifier.services.watch import WatchOutcome
from notifier.storage import eligibility, letters, reconciliation
from notifier.storage.models import Every, Fate, ListingRow, NoticeState, conditions
from notifier.storage.retention import forget_mails
from notifier.storage.subscribers import Choice
from tests import faults
from tests.mails import renderer
from tests.store_factories import assembled, at, claimed, settled, told
from tests.world import A, B, C, a_world, under

JANE, JOHN, WEEKLY = "jane@example.org", "john@example.org", "weekly@example.org"
RARE = "rare disease"


def day(number):
    return f"2027-01-{number}T09:00:05"


async def later(world, number, *records):
    """The day of that data version, with these records published."""
    world.clock.now = lambda: datetime(2027, 1, number, 12, tzinfo=UTC)
    world.rehearsal.publish(records, day(number))
    return await world.watch()


def mailed(world):
    """All that is due goes out; how many mails."""
    now = world.clock.now() + timedelta(hours=7)  # minor edits settle
    assembled(world.database, now)
    sent = claimed(world.database, now)
    for message in sent:
        at(world.database, letters.compose, message, now)
        settled(world.database, now, message, "sent")
    return len(sent)


def states(world):
    return [(notice.subscription_id, notice.state, notice.reason) for notice in told(world.database)]


def came(updated=None, *conditions):
    return under(C, *(conditions or ("Rare Disease",)), first_posted="2027-01-12", updated=updated)


def went(updated="2027-01-20"):
    return came(updated, "Something Else")


async def listed(world, *, people=(JANE,)):
    """These were told of C under the condition, under which A stands too."""
    for who in people:
        world.follow(who, condition=RARE)
    await world.watch()
    await later(world, 13, came())
    assert mailed(world) == len(people)


async def test_it_is_told_once_to_whoever_was_told_that_it_came(database):
    async with a_world(database, under(A, "Rare Disease", first_posted="2020-01-11")) as world:
        await listed(world)
        world.follow(JOHN, condition=RARE)
        assert (await later(world, 21, went())).notices == 0  # absent once
        assert (await later(world, 22)).notices == 1
        assert world.kinds() == ["new_study", "no_longer_listed"]
        assert states(world)[1:] == [(1, NoticeState.DUE, None)]
        assert mailed(world) == 1
        for number in (23, 30):
            assert (await later(world, number)).notices == 0
        with database.reading() as session:
            now = world.clock.now()
            (first, *_), (other, *_) = (eligibility.account(session, who, now) for who in (1, 2))
            account = reconciliation.account(session, datetime(2027, 1, 1, tzinfo=UTC), now, now)
        assert (first.fate, other.fate) == (Fate.SENT, Fate.NEVER_TOLD)
        assert account.faults == 0


async def test_it_is_told_also_where_the_mail_that_told_it_is_deleted(sqlite):
    async with a_world(sqlite, under(A, "Rare Disease", first_posted="2020-01-11")) as world:
        await listed(world)
        await later(world, 21, went())
        with sqlite.transaction() as session:
            assert forget_mails(session, world.clock.now()) == 1
        assert (await later(world, 22)).notices == 1


async def test_a_weekly_reader_who_was_not_told_yet_is_told_neither(database):
    async with a_world(database, under(A, "Rare Disease", first_posted="2020-01-11")) as world:
        await listed(world)
        world.follow(WEEKLY, condition=RARE, choice=Choice(every=Every.WEEKLY))
        there = under(B, "Rare Disease", first_posted="2027-01-14")
        await later(world, 14, there)
        assert mailed(world) == 1
        gone = under(B, "Other", first_posted="2027-01-14", updated="2027-01-15")
        world.clock.now = lambda: datetime(2027, 1, 15, tzinfo=UTC)
        with database.transaction() as session:  # its whole list is due
            session.execute(update(conditions).values(walked_at=None))
        await later(world, 15, gone)
        assert (await later(world, 16)).notices == 1
        assert [(who, state, why) for who, state, why in states(world) if who == 2] == [
            (2, NoticeState.CANCELLED, Fate.CHANGED_BACK)
        ]


async def test_a_slip_of_the_list_is_no_leaving(sqlite):
    async with a_world(sqlite, under(A, "Rare Disease", first_posted="2020-01-11")) as world:
        await listed(world)
        await later(world, 21, went())
        await later(world, 22, came("2027-01-21"))
        assert [row.absent_in for row in world.rows(ListingRow)] == [None, None]
        await later(world, 29, went("2027-01-28"))
        assert world.kinds() == ["new_study"]


async def test_a_question_that_fails_is_no_leaving(sqlite):
    async with a_world(sqlite, under(A, "Rare Disease", first_posted="2020-01-11")) as world:
        await listed(world)
        await later(world, 21, went())
        world.rehearsal.fail_next(
            faults.status(503), times=100, when=lambda request: "query.cond" in request.query_params
        )
        assert (await later(world, 22)).outcome == WatchOutcome.PARTIAL
        world.rehearsal.heal()
        assert world.kinds() == ["new_study"]
        assert (await later(world, 23)).notices == 1


async def test_a_study_that_the_search_lost_by_itself_is_told_to_nobody(sqlite):
    """Its terms are what they were: the registry's synonyms moved, and may throw out many at once."""
    async with a_world(sqlite, under(A, "Rare Disease", first_posted="2020-01-11")) as world:
        await listed(world)
        lost = "knee"  # the same words to our stand-in, which looks for them in titles too
        world.rehearsal.publish([came()], day(20))
        study = world.rehearsal._studies[C]  # its search alone is to lose it
        study.__dict__["condition_words"] = f" {lost} "
        for number in (21, 22, 23):
            assert (await later(world, number)).notices == 0
            world.rehearsal._studies[C].__dict__["condition_words"] = f" {lost} "
        assert world.kinds() == ["new_study"]
        assert [row.left_at is not None for row in world.rows(ListingRow)] == [False, True]


async def test_many_at_once_are_the_search_that_moved(sqlite):
    many = [f"NCT9100{number:04}" for number in range(12)]
    async with a_world(sqlite, under(A, "Rare Disease", first_posted="2020-01-11")) as world:
        world.follow(JANE, condition=RARE)
        await world.watch()
        await later(world, 13, *(under(each, "Rare Disease", first_posted="2027-01-12") for each in many))
        assert mailed(world) == 1
        gone = [under(each, "Other", first_posted="2027-01-12", updated="2027-01-20") for each in many]
        await later(world, 21, *gone)
        await later(world, 22)
        assert set(world.kinds()) == {"new_study"}


async def test_what_comes_back_is_told_again(sqlite):
    async with a_world(sqlite, under(A, "Rare Disease", first_posted="2020-01-11")) as world:
        await listed(world)
        await later(world, 21, went())
        await later(world, 22)
        assert mailed(world) == 1
        report = await later(world, 23, came("2027-01-23"))
        assert (report.notices, world.kinds()[-1]) == (1, "new_study")


@pytest.mark.parametrize("language", ["en", "da", "de"])
async def test_the_mail_says_nothing_against_the_study(sqlite, language):
    async with a_world(sqlite, under(A, "Rare Disease", first_posted="2020-01-11")) as world:
        world.follow(JANE, condition=RARE, language=language)
        await world.watch()
        await later(world, 13, came())
        mailed(world)
        await later(world, 21, went())
        await later(world, 22)
        now = world.clock.now() + timedelta(hours=7)
        assembled(sqlite, now)
        (message,) = claimed(sqlite, now)
        mail = renderer().render(at(sqlite, letters.compose, message, now))
        assert "Something Else" in mail.text
        headline = "A study that we told you of is no longer listed under a topic you follow."
        assert (headline in " ".join(mail.text.split())) is (language == "en")
