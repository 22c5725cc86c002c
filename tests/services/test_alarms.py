"""The admin is told once of what goes wrong for long, and once when it is over."""

import asyncio
import logging
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import httpx
import pytest
import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobEvent
from smtp_peer import SmtpPeer

from notifier import app
from notifier import jobs as schedule
from notifier.cli import passes
from notifier.domain.scheduling import workdays_time
from notifier.domain.signed_links import TokenKeys
from notifier.errors import BusyError, SettingsError, StoreError
from notifier.jobs import Worker
from notifier.mail.smtp import SmtpAddress, SmtpTransport
from notifier.services import monitoring
from notifier.services.deliver import Sending
from notifier.settings import Settings
from notifier.storage import incidents, notices
from notifier.web import make_app
from tests.world import DAY_2, A, a_world, edited, study

TO_ADMIN = Settings(admin="admin@example.org", mail_from="updates@example.org")


class Watched:
    """A world whose admin is told at each `tick`; `heard` are the subjects of the mails."""

    def __init__(self, world, peer):
        self.world, self.peer = world, peer
        self.transport = SmtpTransport(SmtpAddress("127.0.0.1", peer.port))

    async def tick(self, after=timedelta(), to=TO_ADMIN):
        self.world.clock.move(after)
        monitoring.look(self.world.database, to, self.world.clock)
        return await monitoring.tell(self.world.database, self.transport, to, self.world.clock)

    def note(self, name, why):
        monitoring.note(self.world.database, name, why, self.world.clock)

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
        watched.note(monitoring.Name.REFUSED, "the registry says no")
    assert [await watched.tick() for _ in range(2)] == [1, 0]
    assert b"the registry says no" in watched.peer.received[0].content
    watched.note(monitoring.Name.REFUSED, None)
    watched.note(monitoring.Name.REFUSED, "again, before its end was told")
    assert await watched.tick() == 0
    watched.note(monitoring.Name.REFUSED, None)
    assert [await watched.tick() for _ in range(2)] == [1, 0]


async def test_what_was_over_before_anybody_was_told_is_told_to_nobody(watched):
    watched.note(monitoring.Name.MAIL, "the server refuses us")
    watched.note(monitoring.Name.MAIL, None)
    assert await watched.tick() == 0


async def test_a_mail_that_cannot_go_now_goes_later(watched):
    watched.peer.scripts["RCPT"] = ["450 4.2.1 later"]
    watched.note(monitoring.Name.REFUSED, "the registry says no")
    assert [await watched.tick() for _ in range(3)] == [0, 1, 0]


async def test_a_mail_that_may_have_gone_is_not_sent_twice_by_another_name(watched):
    watched.note(monitoring.Name.REFUSED, "the registry says no")
    await watched.tick()
    assert message_from_bytes(watched.peer.received[0].content)["Message-ID"].startswith(
        "<admin-refused-20270112120000-begun@"
    )


async def test_what_is_held_is_told_with_the_reason(watched):
    world = watched.world
    for who in ("b@example.org", "c@example.org"):
        world.follow(who, study=A)
    world.settings = Settings(brake_event=2)
    await world.next_day(DAY_2, edited(study(A), posted="2027-01-12", overallStatus="SUSPENDED"))
    assert [await watched.tick() for _ in range(2)] == [1, 0]
    assert b"one change concerns 3 people" in watched.peer.received[0].content
    with world.database.transaction() as session:
        notices.release(session)
    assert await watched.tick() == 1


async def test_without_an_admin_nobody_is_mailed(watched):
    nobody = Settings(mail_from="updates@example.org")
    watched.note(monitoring.Name.REFUSED, "the registry says no")
    assert await watched.tick(to=nobody) == 0
    assert watched.heard == []


# --- a tick that fails ------------------------------------------------------------------------------------------


async def test_a_worker_that_may_not_mail_its_admin_does_not_start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nobody = Settings(admin="admin@example.org", recipient_allowlist=("example.com",))
    async with AsyncExitStack() as stack:
        with pytest.raises(SettingsError, match="NOTIFIER_ADMIN is not in NOTIFIER_RECIPIENT_ALLOWLIST"):
            await passes._start(stack, nobody, asyncio.Event())
    assert not [*tmp_path.iterdir()]
    app.check_admin(Settings(admin="Us <admin@example.org>", recipient_allowlist=("@Example.org",)))


class Ticking:
    """A worker on the watched world of which each job does what `does` says, one run at a time."""

    def __init__(self, watched):
        world = watched.world
        self.watched = watched
        sending = Sending(
            "a-worker", "example.org", lambda _: "bounces@example.org", suppression_key=b"a key"
        )
        self.worker = Worker(world.database, None, watched.transport, None, world.clock, TO_ADMIN, sending)
        self.worker.leads = True
        for job in schedule.PATIENCE:
            self.worker.pulse.expect(job, timedelta(minutes=1), timedelta(minutes=1))

    async def run(self, *endings, job="deliver"):
        for ending in endings:

            async def tick(ending=ending):
                if ending is not None:
                    raise ending

            await self.worker.job(job, tick)()

    async def alarm(self):
        await self.worker.job("alarm", self.worker.alarm_tick)()

    async def ready(self):
        world = self.watched.world
        settings = app.load_settings({}, Path("/nonexistent"))
        keys = TokenKeys(("a key that is long enough for this",))
        pages = app.make_pages(settings, world.database, keys, world.clock, None, self.worker.pulse)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(make_app(pages)), base_url="http://127.0.0.1:8080"
        ) as browser:
            answer = await browser.get("/readyz")
        return answer.status_code, answer.text


async def test_a_tick_that_fails_twice_in_a_row_is_told_and_its_end_too(watched):
    ticking, jobs = Ticking(watched), sorted({*schedule.PATIENCE} - {"alarm"})
    faults = [StoreError("a row cannot be read"), KeyError("jane@example.org")]
    for job in jobs:
        await ticking.run(faults[0], None, faults[1], job=job)
    await ticking.alarm()
    assert (watched.heard, await ticking.ready()) == ([], (200, "ready\n"))
    for job in jobs:
        await ticking.run(*faults, job=job)
    assert await ticking.ready() == (503, f"not ready: {', '.join(f'{job} fails' for job in jobs)}\n")
    for _ in range(2):
        await ticking.alarm()
    told = "".join(mail.content.decode() for mail in watched.peer.received)
    assert len(watched.heard) == len(jobs)
    assert all(f"`{job}` failed again and again" in told for job in jobs)
    assert "jane" not in told
    for job in jobs:
        await ticking.run(None, job=job)
    await ticking.alarm()
    assert watched.heard[len(jobs) :] == [f"Over: {subject}" for subject in watched.heard[: len(jobs)]]
    assert await ticking.ready() == (200, "ready\n")


async def test_a_tick_that_was_left_out_neither_fails_nor_ends_a_failure(watched):
    ticking = Ticking(watched)
    fault, busy = StoreError("a row cannot be read"), BusyError("another pass runs")
    await ticking.run(fault, busy, fault)
    assert (await ticking.ready())[0] == 503
    await ticking.run(busy)
    assert (await ticking.ready())[0] == 503


async def test_what_failed_before_a_restart_is_over_with_the_first_run_that_ends_well(watched):
    before = Ticking(watched)
    await before.run(*[StoreError("a row cannot be read")] * 2)
    await before.alarm()
    after = Ticking(watched)
    await after.run(None)
    await after.alarm()
    assert [subject.startswith("Over: ") for subject in watched.heard] == [False, True]


async def test_an_alarm_that_cannot_look_tells_what_it_knows_all_the_same(watched, monkeypatch):
    ticking = Ticking(watched)

    def breaks(*_):
        raise KeyError("rubbish")

    monkeypatch.setattr(monitoring, "look", breaks)
    for _ in range(3):
        await ticking.alarm()
    assert watched.heard == ["A part of the worker fails again and again"]


async def test_jobs_that_come_right_while_the_alarm_notes_them_do_not_break_it(watched, monkeypatch):
    ticking, noted = Ticking(watched), []
    for job in ("deliver", "watch"):
        await ticking.run(*[StoreError("a row cannot be read")] * 2, job=job)

    async def note(worker, _name, _why, *, of, machine):
        noted.append(of)
        worker.faults.clear()

    monkeypatch.setattr(Worker, "_note", note)
    await ticking.worker.alarm_tick()
    assert noted == ["deliver"]


async def test_an_alarm_of_another_version_is_told_in_its_own_words(watched):
    with watched.world.database.transaction() as session:
        incidents.begin(session, "comet:x", "a comet comes", watched.world.clock.now())
    assert await watched.tick() == 1
    assert b"a comet comes" in watched.peer.received[0].content


def test_a_tick_that_comes_while_the_last_one_runs_is_said_once_and_warns_nobody(capsys):
    worker = Worker(*[None] * 5, Settings(), Sending("a-worker", "example.org", str))
    scheduler = schedule.make_scheduler(worker)
    structlog.reset_defaults()
    scheduler._dispatch_event(JobEvent(EVENT_JOB_MAX_INSTANCES, "deliver", "default"))
    logging.getLogger("apscheduler.scheduler").warning("skipped")
    said = capsys.readouterr().out
    assert (said.count("\n"), "left out" in said, "warning" in said) == (1, True, False)


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
