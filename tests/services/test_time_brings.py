"""What time makes of a record that stands still: told once, not for what was so before, and not where nobody knows."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from notifier.services.watch import WatchOutcome
from notifier.settings import Settings
from notifier.storage import letters, subscribers
from notifier.storage.models import UNKNOWN_DAY, EndedReason, Fate, NoticeState, PassRow, StudyRow, studies
from notifier.storage.outbox import transactional
from notifier.storage.studies import calendar, snapshots
from tests import faults
from tests.factories import DOMAIN
from tests.mails import renderer
from tests.store_factories import assembled, at, claimed, told
from tests.world import A, B, a_world, edited, study

JANE, JOHN = "jane@example.org", "john@example.org"
SINCE = datetime(2027, 10, 1, 12, tzinfo=UTC)
DUE = datetime(2027, 10, 20, 12, tzinfo=UTC)
UNPOSTED = ("resultsFirstSubmitDate", "resultsFirstSubmitQcDate", "resultsFirstPostDateStruct")


def ended(nct_id=A, day="2026-10-20", **status):
    """A study that is complete and has posted nothing."""
    record = edited(study(nct_id), posted="2027-02-12", overallStatus="COMPLETED", **status)
    record["hasResults"] = False
    record.pop("resultsSection", None)
    its = record["protocolSection"]["statusModule"]
    for name in UNPOSTED:
        del its[name]
    its["primaryCompletionDateStruct"] = its["completionDateStruct"] = {"date": day, "type": "ACTUAL"}
    return record


def data_of(moment):
    return f"{moment:%Y-%m-%d}T09:00:05"


def stands_at(world, moment):
    world.clock.now = lambda: moment


async def followed(world, who=JANE, since=SINCE, nct_id=A):
    stands_at(world, since)
    world.rehearsal.publish([], data_of(since))
    world.follow(who, study=nct_id)
    return await world.watch()


def states(world):
    return [(notice.subscription_id, notice.state, notice.reason) for notice in told(world.database)]


async def test_it_is_told_once_on_its_day_although_the_registry_stands_still(database):
    async with a_world(database, ended()) as world:
        assert (await followed(world)).notices == 0
        stands_at(world, DUE - timedelta(days=1))
        assert (await world.watch()).notices == 0
        stands_at(world, DUE)
        report = await world.watch()
        assert (report.outcome, report.requests, report.notices) == (WatchOutcome.UNCHANGED, 1, 1)
        assert world.kinds() == ["results_overdue"]
        for days in (0, 1, 400):
            stands_at(world, DUE + timedelta(days=days))
            assert (await world.watch()).changes == 0
        assert len(world.rows(PassRow)) == 2  # a pass of its own only where there was something to write


async def test_a_clock_that_ran_away_from_the_registry_makes_no_news(sqlite):
    async with a_world(sqlite, ended()) as world:
        await followed(world, since=DUE - timedelta(days=40))
        stands_at(world, DUE + timedelta(days=4000))
        assert (await world.watch()).changes == 0
        world.rehearsal.publish([], data_of(DUE))
        assert (await world.watch()).changes == 1


async def test_it_is_told_in_a_pass_that_finds_other_things_too(sqlite):
    async with a_world(sqlite, ended()) as world:
        await followed(world)
        stands_at(world, DUE)
        world.rehearsal.publish(
            [edited(ended(), posted="2027-10-19", whyStopped="Done")], "2027-10-20T09:00:05"
        )
        assert (await world.watch()).notices == 2
        assert set(world.kinds()) == {"why_stopped", "results_overdue"}


async def test_what_was_so_before_somebody_followed_is_no_news(sqlite):
    async with a_world(sqlite, ended()) as world:
        await followed(world, since=DUE + timedelta(days=30))
        stands_at(world, DUE + timedelta(days=60))
        world.rehearsal.publish(
            [edited(ended(), posted="2027-12-18", whyStopped="Done")], "2027-12-19T09:00:05"
        )
        await world.watch()
        assert world.kinds() == ["why_stopped"]


async def test_who_follows_later_is_not_told_what_others_were(sqlite):
    async with a_world(sqlite, ended()) as world:
        await followed(world)
        stands_at(world, DUE)
        await world.watch()
        await followed(world, JOHN, DUE + timedelta(days=1))
        stands_at(world, DUE + timedelta(days=2))
        await world.watch()
        assert [who for who, _, _ in states(world)] == [1]


async def test_a_study_that_is_followed_anew_starts_anew(sqlite):
    async with a_world(sqlite, ended()) as world:
        await followed(world)
        with sqlite.transaction() as session:
            subscribers.end(session, [1], EndedReason.ADMIN, SINCE)
        stands_at(world, DUE)
        await world.watch()
        await followed(world, JOHN, DUE + timedelta(days=5))
        await world.watch()
        assert world.kinds() == []


async def test_a_date_that_comes_late_into_the_record_is_due_at_once(sqlite):
    going = edited(study(A), posted="2027-02-12", overallStatus="RECRUITING", resultsFirstSubmitDate=None)
    going["hasResults"] = False
    async with a_world(sqlite, going) as world:
        await followed(world, since=DUE)
        stands_at(world, DUE + timedelta(days=1))
        world.rehearsal.publish([edited(ended(day="2025-05-01"), posted="2027-10-20")], "2027-10-21T09:00:05")
        await world.watch()
        assert "results_overdue" in world.kinds()


async def test_what_is_not_so_any_more_is_not_told(database):
    """A weekly reader's notice waits; meanwhile the results come."""
    async with a_world(database, ended()) as world:
        await followed(world)
        stands_at(world, DUE)
        await world.watch()
        assert states(world) == [(1, NoticeState.DUE, None)]
        world.rehearsal.publish(
            [edited(study(A), posted="2027-10-20", overallStatus="COMPLETED")], "2027-10-21T09:00:05"
        )
        stands_at(world, DUE + timedelta(days=1))
        await world.watch()
        assert states(world)[0] == (1, NoticeState.CANCELLED, Fate.CHANGED_BACK)
        assert "results_posted" in world.kinds()


async def test_nothing_is_said_of_a_record_that_nobody_can_see(sqlite):
    """Missing, or not answered for: then nobody knows whether it stands still."""
    async with a_world(sqlite, ended(), ended(B)) as world:
        await followed(world)
        world.follow(JANE, condition="knee pain")
        await world.watch()
        stands_at(world, DUE)
        world.rehearsal.fail_next(
            faults.status(503), times=100, when=lambda request: "query.cond" in request.query_params
        )
        world.rehearsal.publish([], "2027-10-20T09:00:05")
        report = await world.watch()
        assert (report.outcome, report.changes) == (WatchOutcome.PARTIAL, 0)
        world.rehearsal.heal()
        assert (await world.watch()).changes == 1


async def test_a_storm_of_the_calendar_is_held(sqlite):
    many = [f"NCT9100{number:04}" for number in range(60)]
    async with a_world(sqlite, *(ended(each) for each in many)) as world:
        world.settings = Settings(brake_studies=0.2)
        stands_at(world, SINCE)
        world.rehearsal.publish([], data_of(SINCE))
        for each in many:
            world.follow(JANE, study=each)
        await world.watch()
        stands_at(world, DUE)
        report = await world.watch()
        assert (report.outcome, report.held) == (WatchOutcome.HELD, 60)


async def test_after_an_upgrade_nobody_is_told_of_old_things(sqlite):
    async with a_world(sqlite, ended(), ended(B, "2026-12-01")) as world:
        await followed(world)
        world.follow(JANE, study=B)
        await world.watch()
        with sqlite.transaction() as session:
            session.execute(update(studies).values(next_due=UNKNOWN_DAY))
        stands_at(world, DUE + timedelta(days=30))
        assert (await world.watch()).changes == 0
        assert {row.nct_id: row.next_due for row in world.rows(StudyRow)} == {A: None, B: "2027-12-01"}


async def test_a_version_that_is_taken_back_leaves_nothing_due(sqlite):
    async with a_world(sqlite, ended()) as world:
        await followed(world)
        with sqlite.transaction() as session:
            snapshots.go_back(session, A, 1)
        stands_at(world, DUE + timedelta(days=1))
        await world.watch()
        assert world.kinds() == []


async def test_two_looks_at_once_tell_it_once(database):
    async with a_world(database, ended()) as world:
        await followed(world)
        with database.transaction() as session:
            assert len(calendar.look(session, DUE.date(), but=())) == 1
        with database.transaction() as session:
            assert calendar.look(session, DUE.date(), but=()) == []
            assert not calendar.is_due(session, date(2030, 1, 1), but=())


@pytest.mark.parametrize("language", ["en", "da", "de"])
@pytest.mark.parametrize(
    "status",
    [
        {},
        {"overallStatus": "RECRUITING", "completionDateStruct": {"date": "2027-09-20", "type": "ESTIMATED"}},
        {
            "overallStatus": "NOT_YET_RECRUITING",
            "startDateStruct": {"date": "2027-09-20", "type": "ESTIMATED"},
        },
    ],
    ids=["results", "end", "start"],
)
async def test_its_mail_passes_the_gate(sqlite, language, status):
    record = ended()
    its = record["protocolSection"]["statusModule"]
    if status:
        its.pop("primaryCompletionDateStruct")
        its.pop("completionDateStruct")
    its |= status
    async with a_world(sqlite, record) as world:
        stands_at(world, SINCE)
        world.rehearsal.publish([], data_of(SINCE))
        world.follow(JANE, study=A, language=language)
        await world.watch()
        stands_at(world, DUE)
        await world.watch()
        assembled(sqlite, DUE)
        (message,) = claimed(sqlite, DUE)
        mail = renderer().render(at(sqlite, letters.compose, message, DUE))
        assert "2027" in mail.text


async def test_a_welcome_says_what_was_so_before(sqlite):
    async with a_world(sqlite, ended()) as world:
        await followed(world, since=DUE + timedelta(days=30))
        now = world.clock.now()
        with sqlite.transaction() as session:
            transactional.welcome(session, [1], now, DOMAIN)
        (message,) = claimed(sqlite, now)
        text = " ".join(renderer().render(at(sqlite, letters.compose, message, now)).text.split())
        assert "no results of this study are posted yet" in text
        assert world.kinds() == []
