"""No person gets a flood, and no single change reaches more people than an admin knows of."""

from datetime import timedelta

from fakes import sign_up, something_changes
from sqlalchemy import select

from notifier.domain.changes import Kind
from notifier.services.watch import WatchOutcome
from notifier.settings import Settings
from notifier.storage import notices
from notifier.storage.models import Every, MessageRow, NoticeRow
from notifier.storage.outbox import assembly
from tests.world import DAY_2, DAY_3, A, B, a_world, edited, study

ANN = "ann@example.org"
IDS = [f"NCT9400{number:04d}" for number in range(12)]


def assemble(database, now, most=3):
    with database.transaction() as session:
        return assembly.assemble(session, now, "example.org", mails_a_day=most)


def told(database):
    """How many changes each mail tells, in order."""
    with database.reading() as session:
        mails = session.execute(select(MessageRow.id).order_by(MessageRow.id)).scalars().all()
        parts = [row.message_id for row in session.execute(select(NoticeRow)).scalars()]
    return [parts.count(mail) for mail in mails]


def test_what_is_above_the_ceiling_waits_and_goes_as_one(database, clock):
    for nct_id in IDS[:6]:
        sign_up(database, clock, ANN, nct_id=nct_id, evidence="yes")
    made = []
    for nct_id in IDS[:6]:
        clock.move(timedelta(minutes=30))
        something_changes(database, clock, Kind.STATUS_PAUSED, nct_id=nct_id)
        made.append(assemble(database, clock.now()))
    assert made == [1, 1, 1, 0, 0, 0]
    clock.move(timedelta(hours=12))
    assert assemble(database, clock.now()) == 0
    clock.move(timedelta(hours=12))
    assert assemble(database, clock.now()) == 1
    assert told(database) == [1, 1, 1, 3]


def test_much_bad_news_at_once_comes_in_one_mail_and_not_in_many(database, clock):
    for nct_id in IDS:
        sign_up(database, clock, ANN, nct_id=nct_id, evidence="yes")
        something_changes(database, clock, Kind.STATUS_STOPPED, nct_id=nct_id)
    assert assemble(database, clock.now(), most=10) == 1
    assert told(database) == [12]


def test_a_weekly_mail_that_must_wait_does_not_wait_a_week(database, clock):
    sign_up(database, clock, ANN, nct_id=A, evidence="yes", every=Every.WEEKLY)
    sign_up(database, clock, ANN, nct_id=B, evidence="yes")
    something_changes(database, clock, Kind.STATUS_PAUSED, nct_id=A)
    clock.move(timedelta(days=5, hours=19))  # Monday, an hour before the weekly mail
    something_changes(database, clock, Kind.STATUS_PAUSED, nct_id=B)
    assert assemble(database, clock.now(), most=1) == 1
    clock.move(timedelta(hours=2))
    assert assemble(database, clock.now(), most=1) == 0
    clock.move(timedelta(hours=22))
    assert assemble(database, clock.now(), most=1) == 1
    assert told(database) == [1, 1]


def test_others_do_not_wait_for_one_who_got_enough(database, clock):
    for who in (ANN, "ben@example.org"):
        sign_up(database, clock, who, nct_id=A if who == ANN else B, evidence="yes")
    something_changes(database, clock, Kind.STATUS_PAUSED, nct_id=A)
    assert assemble(database, clock.now(), most=1) == 1
    something_changes(database, clock, Kind.STATUS_CLOSED, nct_id=A)
    something_changes(database, clock, Kind.STATUS_PAUSED, nct_id=B)
    assert assemble(database, clock.now(), most=1) == 1


async def test_one_change_for_too_many_people_is_held_and_the_rest_goes(database):
    async with a_world(database, study(A), study(B)) as world:
        world.settings = Settings(brake_event=2)
        for who in ("a@example.org", "b@example.org", "c@example.org"):
            world.follow(who, study=A)
        world.follow("d@example.org", study=B)
        await world.watch()
        changed = [edited(study(i), posted="2027-01-12", overallStatus="SUSPENDED") for i in (A, B)]
        report = await world.next_day(DAY_2, *changed)
        assert (report.outcome, report.notices, report.held) == (WatchOutcome.DONE, 4, 3)
        assert assemble(world.database, world.clock.now()) == 1
        with world.database.transaction() as session:
            assert notices.release(session, nct_id=A) == 3
        assert assemble(world.database, world.clock.now()) == 3
        assert (await world.next_day(DAY_3)).held == 0
