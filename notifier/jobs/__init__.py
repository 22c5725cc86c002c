"""The daemon's clockwork: the ticks, each of which drives one pass or round and says what came of it; when each comes, and how
long it may stand still. Decides nothing about studies or mails, and builds none of the parts that it drives.

What is due, and since when, is asked of the database at each tick, so a tick that was missed is harmless (R6). One scheduler
in one process, with settings that follow R1-R7: memory store, fixed ids, one run at a time, nothing dropped for being late.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler as Scheduler
from apscheduler.triggers.interval import IntervalTrigger

from notifier.clock import Clock, SystemClock
from notifier.domain.heartbeat import OFTEN_ENOUGH, Pulse
from notifier.errors import BusyError, NotifierError, RegistryRefused, StoreError
from notifier.mail.render.renderer import Renderer
from notifier.mail.smtp import Transport
from notifier.services import monitoring
from notifier.services import summary_writer as writing
from notifier.services.deliver import Openings, Sending, deliver
from notifier.services.monitoring import Supervisor, Watchdog
from notifier.services.summary_writer import Model
from notifier.services.watch import watch
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov import Registry
from notifier.storage import erasure_log
from notifier.storage import retention as cleanup
from notifier.storage.engine import Database, sharing

DELIVER_EVERY = timedelta(minutes=1)
LEAD_EVERY = timedelta(seconds=10)
WRITE_EVERY = timedelta(minutes=15)
ALARM_EVERY = timedelta(minutes=5)
ROUNDS_EVERY = timedelta(minutes=5)
CLEAN_UP_EVERY = timedelta(days=1)
WATCH_JITTER = timedelta(seconds=30)  # so that installations do not all ask on the minute
#: How long one step of a job may take before it counts as stuck; `deliver` has also all that a mail server may take.
PATIENCE = {
    "watch": timedelta(minutes=30), "deliver": timedelta(minutes=20), "alarm": timedelta(minutes=20),
    "clean_up": timedelta(hours=1), "lead": timedelta(minutes=5), "write": timedelta(hours=2),
    "rounds": timedelta(minutes=30),
}  # fmt: skip
COMMANDS_OF_A_MAIL = 10  # that may each take the whole time-out before the final dot's own

LEAD_FOR = 40.0  # seconds that a worker asks the registry for all unless it renews: a dead one is followed in a minute

FEWER_FOR = timedelta(hours=1)  # that a limit of the mail server's is remembered

log = structlog.get_logger()


@dataclass(slots=True)
class Worker:
    """The parts, and the ticks that drive them."""

    database: Database
    registry: Registry
    transport: Transport
    renderer: Renderer
    clock: Clock
    settings: Settings
    sending: Sending
    #: So many lines the mail server takes, and until when we believe it.
    fewer: tuple[int, datetime] | None = None
    openings: Openings | None = None  # what tells welcomes which studies are open now
    model: Model | None = None  # what may word summaries in place of the rules
    ledger: erasure_log.Ledger | None = None  # who was erased, beside the database
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    running: set[asyncio.Task[None]] = field(default_factory=set)
    #: Whether this worker is the one that asks the registry; on SQLite it is the only one there is.
    leads: bool = False
    look_now: Callable[[], object] = lambda: None
    pulse: Pulse = field(default_factory=Pulse)
    faults: dict[str, str] = field(default_factory=dict)  # by job: why it failed more than once in a row

    async def lead_tick(self) -> None:
        """Be, or stay, the one worker that asks the registry; any other stands by."""
        try:
            led = self.leads
            self.leads = await self.database.write(
                lambda session: sharing.take_lease(session, "lead", self.sending.owner, LEAD_FOR)
            )
        except StoreError:
            return  # all other ticks say so, and nobody else can take the lead meanwhile
        if self.leads and not led:
            log.info("This worker asks the registry from now on.", action="lead_taken")
            self.look_now()
        elif led and not self.leads:
            log.warning("Another worker asks the registry now.", action="lead_lost")
            self._cut_short()

    async def stand_down(self) -> None:
        """Let another worker ask the registry at once."""
        if self.leads and not self.database.is_sqlite:
            with suppress(StoreError):  # then the lease runs out by itself
                await self.database.write(
                    lambda session: sharing.give_up_lease(session, "lead", self.sending.owner)
                )

    async def watch_tick(self) -> None:
        """Ask the registry for its data version, and look when it moved."""
        if not self.leads:
            raise BusyError("another worker asks the registry")
        with self.database.exclusive("watch", "a watch pass is running already"):
            try:
                report = await watch(self.database, self.registry, self.clock, self.settings)
            except RegistryRefused as fault:
                await self._note(monitoring.Name.REFUSED, str(fault))
                raise
        await self._note(monitoring.Name.REFUSED, None)
        log.info("The watch tick ended.", action="watch_tick", **asdict(report))

    async def deliver_tick(self) -> None:
        with self.database.delivering("a deliver pass is running already"):
            # How mail is sent: over so many lines as were had lately, where the mail server refused some.
            if self.fewer is None or self.clock.now() >= self.fewer[1]:
                sending_now = self.sending
            else:
                sending_now = replace(self.sending, connections=min(self.fewer[0], self.sending.connections))
            report = await deliver(
                *(self.database, self.transport, self.renderer, self.clock, sending_now),
                stopping=self.stopping,
                openings=self.openings,
                moved=lambda: self.pulse.move("deliver"),
            )
        if report.fault is not None:
            log.error(
                "Mail cannot be sent now; it stays due.", action="mail_stopped", fault=str(report.fault)
            )
        elif report.fewer is not None:
            self.fewer = max(1, report.lines), self.clock.now() + FEWER_FOR
            await self._note(
                monitoring.Name.LINES, f"{self.fewer[0]} of {self.sending.connections}: {report.fewer}"
            )
        elif report.lines == self.sending.connections:
            await self._note(monitoring.Name.LINES, None)
        if report.refused is not None:
            log.error("Mails were refused, all alike.", action="mail_refused", fault=str(report.refused))
            await self._note(monitoring.Name.ALIKE, str(report.refused))
        elif report.sent:
            await self._note(monitoring.Name.ALIKE, None)
        fault = None if report.fault is None else str(report.fault)
        await self._note(monitoring.Name.MAIL, fault, machine=os.uname().nodename)

    async def write_tick(self) -> None:
        """Let the model word summaries that are missing or older than their record."""
        if self.leads and self.model is not None:
            report = await writing.write(self.database, self.model, self.clock)
            if any(report.counts().values()):
                log.info("Summaries were written.", action="write_tick", **report.counts())

    async def alarm_tick(self) -> None:
        """Tell the admin what goes wrong for long, and what is over; keep who was erased in the file too.

        What cannot be looked at, or kept, stops nobody from being told of all else.
        """
        key, now = self.sending.suppression_key, self.clock.now()
        try:
            await asyncio.to_thread(erasure_log.keep, self.database, self.ledger, key, now)
            # Still so: what is not seen for long is another machine's past. A job may come right or fail meanwhile.
            for job in list(self.faults):
                if why := self.faults.get(job):
                    await self._note(monitoring.Name.TICK, why, of=job, machine=os.uname().nodename)
            if self.leads:
                await asyncio.to_thread(monitoring.look, self.database, self.settings, self.clock)
        finally:
            if self.leads:
                await monitoring.tell(self.database, self.transport, self.settings, self.clock)

    async def rounds_tick(self) -> None:
        """See that nobody was forgotten, mail the canary, say on Mondays how the week was. Apart from the alarm, which
        must not wait for it.
        """
        if self.leads:
            await asyncio.to_thread(monitoring.go_rounds, self.database, self.settings, self.clock)
            await monitoring.all_clear(self.database, self.transport, self.settings, self.clock)

    async def _note(self, name: monitoring.Name, why: str | None, *, of: str = "", machine: str = "") -> None:
        await asyncio.to_thread(monitoring.note, self.database, name, why, self.clock, of=of, machine=machine)

    async def clean_up_tick(self) -> None:
        await asyncio.to_thread(
            cleanup.clean_up, self.database, self.clock.now(), lambda: self.pulse.move("clean_up")
        )

    def job(self, name: str, tick: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """A tick as a job that survives its own failure and that a stop can wait for."""

        async def run() -> None:
            if self.stopping.is_set():
                return
            # A task of our own: the scheduler cancels its jobs when it is shut down, whatever it is asked (R5).
            task = asyncio.create_task(self._once(name, tick), name=name)
            self.running.add(task)
            task.add_done_callback(self.running.discard)
            self.pulse.begin(name)
            # Waited for, not awaited: a task that a stop cancels is no failure of the job.
            await asyncio.wait({task})
            self.pulse.end(name)

        return run

    async def _once(self, name: str, tick: Callable[[], Awaitable[None]]) -> None:
        """One run: nothing that goes wrong in it may end the daemon, and nothing may go unseen."""
        try:
            await tick()
        except BusyError as busy:
            log.info("A tick was left out.", action="tick_left_out", job=name, why=str(busy))
            return
        except NotifierError as fault:
            why = str(fault)
            log.warning("A tick failed; the next one tries again.", action="tick_failed", job=name, fault=why)
        except Exception as fault:
            why = f"it broke with {type(fault).__name__}: keep the log, it is a fault of this program"
            log.exception("A tick broke; the next one tries again.", action="tick_broke", job=name)
        else:
            if self.pulse.went_well(name):
                self.faults.pop(name, None)
                await self._note_fault(name, None)
            return
        if self.pulse.failed(name) >= OFTEN_ENOUGH:
            self.faults[name] = f"`{name}` failed again and again: {why.rstrip('.')}"
            await self._note_fault(name, self.faults[name])

    async def _note_fault(self, job: str, why: str | None) -> None:
        try:
            await self._note(monitoring.Name.TICK, why, of=job, machine=os.uname().nodename)
        except NotifierError as fault:
            # The database is away: the pages say it meanwhile, and the next failure again.
            log.warning("An alarm could not be noted.", action="alarm_unnoted", job=job, fault=str(fault))

    async def drain(self, within: float) -> bool:
        """Let the passes come to their own end; False when a mail in flight takes longer than `within` seconds.

        A watch pass is cut short: until its one transaction it has nothing to lose. So is what the model writes.
        """
        self._cut_short()
        if not self.running:
            return True
        _, late = await asyncio.wait(self.running, timeout=within)
        return not late

    def _cut_short(self) -> None:
        for task in self.running:
            if task.get_name() in {"watch", "write"}:
                task.cancel()


def make_scheduler(worker: Worker) -> Scheduler:
    """The scheduler with its jobs, not started."""
    settings = worker.settings
    scheduler = Scheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    at_once = SystemClock().now()  # the scheduler lives in real time, also in a rehearsal
    jitter = min(WATCH_JITTER, settings.watch_every / 10).total_seconds()
    ticks = [
        ("watch", worker.watch_tick, settings.watch_every, jitter),
        ("deliver", worker.deliver_tick, DELIVER_EVERY, None),
        ("alarm", worker.alarm_tick, ALARM_EVERY, None),
        ("rounds", worker.rounds_tick, ROUNDS_EVERY, None),
        ("clean_up", worker.clean_up_tick, CLEAN_UP_EVERY, None),
    ]
    if worker.model is not None:
        ticks.append(("write", worker.write_tick, WRITE_EVERY, None))
    if not worker.leads:
        ticks.append(("lead", worker.lead_tick, LEAD_EVERY, None))
    for name, tick, every, spread in ticks:
        worker.pulse.expect(name, every, patience(name, settings))
        # Who may not ask yet looks as soon as it may: see `look_now`.
        waits = name == "watch" and not worker.leads
        scheduler.add_job(
            worker.job(name, tick),
            IntervalTrigger(seconds=int(every.total_seconds()) or 1, timezone=UTC, jitter=spread),
            id=name,
            replace_existing=True,
            next_run_time=at_once + every if waits else at_once,
        )
    worker.look_now = lambda: scheduler.modify_job("watch", next_run_time=SystemClock().now())
    # The scheduler warns of what is harmless: a tick that comes while the last one still runs. Whether that one stands
    # still is the pulse's to say.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler.add_listener(
        lambda event: log.info(
            "A tick was left out.", action="tick_left_out", job=event.job_id, why="the last one still runs"
        ),
        EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES,
    )
    return scheduler


def patience(job: str, settings: Settings) -> timedelta:
    one_mail = settings.smtp_final_timeout + COMMANDS_OF_A_MAIL * settings.smtp_timeout
    return max(PATIENCE[job], one_mail) if job in {"deliver", "alarm", "rounds"} else PATIENCE[job]


def feed_watchdog(scheduler: Scheduler, supervisor: Supervisor, pulse: Pulse) -> None:
    """Let the scheduler that drives the work tell the supervisor that it goes on, well within its wait."""
    if supervisor.watchdog is None:
        return
    every = IntervalTrigger(seconds=max(1, int(supervisor.watchdog.total_seconds() / 3)), timezone=UTC)
    scheduler.add_job(
        Watchdog(supervisor, pulse).feed, every, id="watchdog", next_run_time=SystemClock().now()
    )
