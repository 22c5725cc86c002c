"""The admin is told once of what goes wrong for long, and once when it is over."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest
from smtp_peer import SmtpPeer

from notifier.domain.scheduling import workdays_time
from notifier.domain.storm_guard import Limits as BrakeLimits
from notifier.mail.smtp import SmtpAddress, SmtpTransport
from notifier.services.monitoring import alerts
from notifier.services.watch import Limits
from notifier.storage import notices
from tests.world import DAY_2, A, a_world, edited, study

TO_ADMIN = alerts.Alarm("admin@example.org", "updates@example.org", "example.org")


class Watched:
    """A world whose admin is told at each `tick`; `heard` are the subjects of the mails."""

    def __init__(self, world, peer):
        self.world, self.peer = world, peer
        self.transport = SmtpTransport(SmtpAddress("127.0.0.1", peer.port))

    async def tick(self, after=timedelta(), to=TO_ADMIN):
        self.world.clock.move(after)
        alerts.look(self.world.database, to, self.world.clock)
        return await alerts.tell(self.world.database, self.transport, to, self.world.clock)

    def note(self, name, why):
        alerts.note(self.world.database, name, why, self.world.clock)

    @property
    def heard(self):
        return [message_from_bytes(mail.content)["Subject"] for mail in self.peer.received]


@pytest.fixture
async def watched(database):
    async with SmtpPeer() as peer, a_world(database, study(A)) as world:
        world.follow("a@example.org", study=A)
        await world.watch()
        watched = Watched(world, peer)
        yield watched
        await watched.transport.close()


async def test_blind_for_long_is_told_once_and_its_end_once(watched):
    assert await watched.tick(timedelta(hours=35)) == 0
    assert [await watched.tick(timedelta(hours=1)) for _ in range(4)] == [1, 0, 0, 0]
    await watched.world.watch()
    assert [await watched.tick() for _ in range(3)] == [1, 0, 0]
    first, last = watched.heard
    assert last == f"Over: {first}"
    assert {mail.recipient for mail in watched.peer.received} == {TO_ADMIN.admin}


async def test_a_weekend_is_not_counted(watched):
    """From Tuesday noon; the next look is on Friday noon, and then there is none until Monday noon."""
    watched.world.clock.move(timedelta(days=3))
    await watched.world.watch()
    assert await watched.tick(timedelta(days=3)) == 0
    assert await watched.tick(timedelta(hours=12)) == 1


async def test_who_never_could_look_is_told_too(sqlite):
    async with SmtpPeer() as peer, a_world(sqlite) as world:
        watched = Watched(world, peer)
        assert await watched.tick(timedelta(days=30)) == 0  # nobody waits for anything
        world.follow("a@example.org", study=A)
        assert await watched.tick(timedelta(days=3)) == 1
        await watched.transport.close()


async def test_a_repeated_error_is_told_once_until_it_is_over(watched):
    for _ in range(3):
        watched.note(alerts.Name.REFUSED, "the registry says no")
    assert [await watched.tick() for _ in range(2)] == [1, 0]
    assert b"the registry says no" in watched.peer.received[0].content
    watched.note(alerts.Name.REFUSED, None)
    watched.note(alerts.Name.REFUSED, "again, before its end was told")
    assert await watched.tick() == 0
    watched.note(alerts.Name.REFUSED, None)
    assert [await watched.tick() for _ in range(2)] == [1, 0]


async def test_what_was_over_before_anybody_was_told_is_told_to_nobody(watched):
    watched.note(alerts.Name.MAIL, "the server refuses us")
    watched.note(alerts.Name.MAIL, None)
    assert await watched.tick() == 0


async def test_a_mail_that_cannot_go_now_goes_later(watched):
    watched.peer.scripts["RCPT"] = ["450 4.2.1 later"]
    watched.note(alerts.Name.REFUSED, "the registry says no")
    assert [await watched.tick() for _ in range(3)] == [0, 1, 0]


async def test_a_mail_that_may_have_gone_is_not_sent_twice_by_another_name(watched):
    watched.note(alerts.Name.REFUSED, "the registry says no")
    await watched.tick()
    assert message_from_bytes(watched.peer.received[0].content)["Message-ID"].startswith(
        "<admin-refused-20270112120000-begun@"
    )


async def test_what_is_held_is_told_with_the_reason(watched):
    world = watched.world
    for who in ("b@example.org", "c@example.org"):
        world.follow(who, study=A)
    world.limits = Limits(brake=BrakeLimits(event=2))
    await world.next_day(DAY_2, edited(study(A), posted="2027-01-12", overallStatus="SUSPENDED"))
    assert [await watched.tick() for _ in range(2)] == [1, 0]
    assert b"one change concerns 3 people" in watched.peer.received[0].content
    with world.database.transaction() as session:
        notices.release(session)
    assert await watched.tick() == 1


async def test_without_an_admin_nobody_is_mailed(watched):
    nobody = alerts.Alarm(None, "updates@example.org", "example.org")
    watched.note(alerts.Name.REFUSED, "the registry says no")
    assert await watched.tick(to=nobody) == 0
    assert watched.heard == []


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (datetime(2027, 1, 12, 12, tzinfo=UTC), datetime(2027, 1, 13, 13, tzinfo=UTC), 25),
        (datetime(2027, 1, 15, 12, tzinfo=UTC), datetime(2027, 1, 18, 6, tzinfo=UTC), 18),
        (datetime(2027, 1, 16, 1, tzinfo=UTC), datetime(2027, 1, 17, 23, tzinfo=UTC), 0),
        (datetime(2027, 1, 13, 12, tzinfo=UTC), datetime(2027, 1, 12, 12, tzinfo=UTC), 0),
        (datetime(2027, 1, 11, tzinfo=UTC), datetime(2027, 1, 25, tzinfo=UTC), 240),
    ],
)
def test_time_on_workdays(start, end, hours):
    assert workdays_time(start, end) == timedelta(hours=hours)
