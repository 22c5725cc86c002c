"""The daemon: ticks, serves the pages, and drains when it is told to stop. Decides nothing about studies or mails.

What is due, and since when, is asked of the database at each tick, so a tick that was missed is harmless (R6). The
scheduler's settings follow R1-R7: one process, memory store, fixed ids, one run at a time, nothing dropped for being
late. On SIGTERM no new mail is claimed, those in flight are finished, the rest stays due.
"""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from notifier import app
from notifier.clock import Clock, SystemClock
from notifier.domain.heartbeat import Pulse
from notifier.errors import BusyError, MailError, NotifierError, RegistryRefused, StoreError
from notifier.services.deliver import Press, Renderer, Sending, Transport, deliver
from notifier.services.monitoring import alerts, daily_checks
from notifier.services.monitoring.systemd import MovingTransport, Supervisor, Watchdog, supervisor_of
from notifier.services.summary_writer import Model
from notifier.services.summary_writer import run as writing
from notifier.services.watch import Limits, watch
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov import Registry
from notifier.storage import erasure_log
from notifier.storage.engine import Database, sharing
from notifier.storage.retention import run as cleanup
from notifier.web.serving import listen, serving

DELIVER_EVERY = timedelta(minutes=1)
LEAD_EVERY = timedelta(seconds=10)
LEAD_FOR = 40.0  # seconds that a worker asks the registry for all unless it renews: a dead one is followed in a minute
WRITE_EVERY = timedelta(minutes=15)
ALARM_EVERY = timedelta(minutes=5)
ROUNDS_EVERY = timedelta(minutes=5)
CLEAN_UP_EVERY = timedelta(days=1)
WATCH_JITTER = timedelta(seconds=30)  # so that installations do not all ask on the minute
DRAIN_WITHIN = 25.0  # seconds that a stop waits for mails in flight, so that all is over within 30
#: How long one step of a job may take before it counts as stuck; `deliver` has also all that a mail server may take.
PATIENCE = {
    "watch": timedelta(minutes=30),
    "deliver": timedelta(minutes=20),
    "alarm": timedelta(minutes=20),
    "clean_up": timedelta(hours=1),
    "lead": timedelta(minutes=5),
    "write": timedelta(hours=2),
    "rounds": timedelta(minutes=30),
}
COMMANDS_OF_A_MAIL = 10  # that may each take the whole time-out before the final dot's own
ANOTHER_WORKER = (
    "Another worker has this SQLite database, which is for one: stop it, or use PostgreSQL for more than one"
)

log = structlog.get_logger()


@dataclass(slots=True)
class Worker:
    """The parts, and the ticks that drive them."""

    database: Database
    registry: Registry
    transport: Transport
    renderer: Renderer
    clock: Clock
    limits: Limits
    sending: Sending
    admin: alerts.Alarm | None = None  # whom to tell of what goes wrong
    press: Callable[[], Press] | None = None  # what makes mails beside this process
    model: Model | None = None  # what may word summaries in place of the rules
    ledger: erasure_log.Ledger | None = None  # who was erased, beside the database
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    running: set[asyncio.Task[None]] = field(default_factory=set)
    #: Whether this worker is the one that asks the registry; on SQLite it is the only one there is.
    leads: bool = False
    look_now: Callable[[], object] = lambda: None
    pulse: Pulse = field(default_factory=Pulse)

    async def lead_tick(self) -> None:
        """Be, or stay, the one worker that asks the registry; any other stands by."""
        try:
            led, self.leads = self.leads, await asyncio.to_thread(self._take_lead)
        except StoreError:
            return  # all other ticks say so, and nobody else can take the lead meanwhile
        if self.leads and not led:
            log.info("This worker asks the registry from now on.", action="lead_taken")
            self.look_now()
        elif led and not self.leads:
            log.warning("Another worker asks the registry now.", action="lead_lost")
            self._cut_short()

    def _take_lead(self) -> bool:
        with self.database.transaction() as session:
            return sharing.take_lease(session, "lead", self.sending.owner, LEAD_FOR)

    async def stand_down(self) -> None:
        """Let another worker ask the registry at once."""
        if self.leads and not self.database.is_sqlite:
            with suppress(StoreError):  # then the lease runs out by itself
                await asyncio.to_thread(self._give_up_lead)

    def _give_up_lead(self) -> None:
        with self.database.transaction() as session:
            sharing.give_up_lease(session, "lead", self.sending.owner)

    async def watch_tick(self) -> None:
        """Ask the registry for its data version, and look when it moved."""
        if not self.leads:
            raise BusyError("another worker asks the registry")
        with self.database.exclusive("watch", "a watch pass is running already"):
            try:
                report = await watch(self.database, self.registry, self.clock, self.limits)
            except RegistryRefused as fault:
                await self._note(alerts.Name.REFUSED, str(fault))
                raise
        await self._note(alerts.Name.REFUSED, None)
        log.info("The watch tick ended.", action="watch_tick", **asdict(report))

    async def deliver_tick(self) -> None:
        """Send what is due."""
        with self.database.delivering("a deliver pass is running already"):
            report = await deliver(
                *(self.database, self.transport, self.renderer, self.clock, self.sending),
                stopping=self.stopping,
                press=self.press,
            )
        if report.fault is not None:
            log.error(
                "Mail cannot be sent now; it stays due.", action="mail_stopped", fault=str(report.fault)
            )

        fault = None if report.fault is None else str(report.fault)
        await self._note(alerts.Name.MAIL, fault, machine=os.uname().nodename)

    async def write_tick(self) -> None:
        """Let the model word summaries that are missing or older than their record."""
        if self.leads and self.model is not None:
            report = await writing.write(self.database, self.model, self.clock)
            if any(report.counts().values()):
                log.info("Summaries were written.", action="write_tick", **report.counts())

    async def alarm_tick(self) -> None:
        """Tell the admin what goes wrong for long, and what is over; keep who was erased in the file too."""
        key, now = self.sending.suppression_key, self.clock.now()
        await asyncio.to_thread(erasure_log.keep, self.database, self.ledger, key, now)
        if self.leads and self.admin is not None:
            await asyncio.to_thread(alerts.look, self.database, self.admin, self.clock)
            await alerts.tell(self.database, self.transport, self.admin, self.clock)

    async def rounds_tick(self) -> None:
        """See that nobody was forgotten, mail the canary, say on Mondays how the week was. Apart from the alarm, which
        must not wait for it.
        """
        if self.leads and self.admin is not None:
            await asyncio.to_thread(daily_checks.look, self.database, self.admin, self.clock)
            await daily_checks.all_clear(self.database, self.transport, self.admin, self.clock)

    async def _note(self, name: alerts.Name, why: str | None, *, machine: str = "") -> None:
        if self.admin is not None:
            await asyncio.to_thread(alerts.note, self.database, name, why, self.clock, machine=machine)

    async def clean_up_tick(self) -> None:
        """Delete what was kept long enough."""
        await asyncio.to_thread(
            cleanup.clean_up, self.database, self.clock.now(), lambda: self.pulse.move("clean_up")
        )

    def job(self, name: str, tick: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """A tick as a job that survives its own failure and that a stop can wait for."""

        async def run() -> None:
            if self.stopping.is_set():
                return
            # A task of our own: the scheduler cancels its jobs when it is shut down, whatever it is asked (R5).
            task = asyncio.create_task(_logged(name, tick), name=name)
            self.running.add(task)
            task.add_done_callback(self.running.discard)
            self.pulse.begin(name)
            # Waited for, not awaited: a task that a stop cancels is no failure of the job.
            await asyncio.wait({task})
            self.pulse.end(name)

        return run

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


async def _logged(name: str, tick: Callable[[], Awaitable[None]]) -> None:
    try:
        await tick()
    except BusyError as busy:
        log.info("A tick was left out.", action="tick_left_out", job=name, why=str(busy))
    except NotifierError as fault:
        log.warning(
            "A tick failed; the next one tries again.", action="tick_failed", job=name, fault=str(fault)
        )
    except Exception:
        # Nothing that goes wrong in one tick may end the daemon, and nothing may go unseen.
        log.exception("A tick broke; the next one tries again.", action="tick_broke", job=name)


def make_scheduler(worker: Worker, settings: Settings) -> AsyncIOScheduler:
    """The scheduler with its jobs, not started."""
    scheduler = AsyncIOScheduler(
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
    scheduler.add_listener(_note_trouble, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR)
    return scheduler


def patience(job: str, settings: Settings) -> timedelta:
    """How long one step of a job may take before it counts as stuck."""
    one_mail = settings.smtp_final_timeout + COMMANDS_OF_A_MAIL * settings.smtp_timeout
    return max(PATIENCE[job], one_mail) if job in {"deliver", "alarm", "rounds"} else PATIENCE[job]


def feed_watchdog(scheduler: AsyncIOScheduler, supervisor: Supervisor, pulse: Pulse) -> None:
    """Let the scheduler that drives the work tell the supervisor that it goes on, well within its wait."""
    if supervisor.watchdog is None:
        return
    watchdog = Watchdog(supervisor, pulse)

    async def feed() -> None:
        watchdog.feed()

    every = IntervalTrigger(seconds=max(1, int(supervisor.watchdog.total_seconds() / 3)), timezone=UTC)
    scheduler.add_job(feed, every, id="watchdog", next_run_time=SystemClock().now())


def _note_trouble(event: JobEvent) -> None:
    log.warning("A tick did not run as planned.", action="tick_trouble", job=event.job_id, code=event.code)


async def run(settings: Settings, *, drain_within: float = DRAIN_WITHIN) -> bool:
    """The daemon, until it is told to stop. Returns whether every pass came to its own end."""
    stopping = asyncio.Event()
    _stop_on_signals(asyncio.get_running_loop(), stopping)
    supervisor = supervisor_of(os.environ)
    async with AsyncExitStack() as stack:
        worker, scheduler = await _start(stack, settings, stopping)
        feed_watchdog(scheduler, supervisor, worker.pulse)
        log.info("The worker runs.", action="worker_started", pages=settings.public_url)
        supervisor.tell("READY=1")
        await stopping.wait()
        supervisor.tell("STOPPING=1")
        log.info("The worker stops: no new work is begun.", action="worker_stopping")
        scheduler.pause()
        drained = await worker.drain(drain_within)
        await worker.stand_down()
        scheduler.shutdown(wait=False)
        if not drained:
            _leave_at_once()
    log.info("The worker has stopped.", action="worker_stopped")
    return drained


def _stop_on_signals(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """The first signal asks to stop and every further one changes nothing, to the very end of the process.

    Not `add_signal_handler`: that ends with the loop, and a second SIGTERM would then kill us on the way out.
    """

    def stop(_number: int, _frame: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: we are stopping already
            loop.call_soon_threadsafe(stopping.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


async def _start(
    stack: AsyncExitStack, settings: Settings, stopping: asyncio.Event
) -> tuple[Worker, AsyncIOScheduler]:
    database = stack.enter_context(app.open_database(settings))
    if database.is_sqlite:
        stack.enter_context(database.exclusive("worker", ANOTHER_WORKER))
    clock, keys = app.make_clock(settings), app.open_keys(settings)
    # A backup that was put back by hand must not bring back anybody who was erased since.
    ledger = app.make_ledger(settings)
    erasure_log.keep(database, ledger, keys.suppression_key, clock.now())
    socket = stack.enter_context(listen(settings.web_listen))
    pulse = Pulse()
    transport = await stack.enter_async_context(app.open_transport(settings))
    await _preflight(settings)
    worker = Worker(
        database=database,
        registry=await stack.enter_async_context(
            app.open_registry(settings, database, asked=lambda: pulse.move("watch"))
        ),
        transport=MovingTransport(transport, lambda: pulse.move("deliver")),
        renderer=app.make_renderer(settings, keys),
        press=app.make_press(settings, keys),
        clock=clock,
        limits=app.make_limits(settings),
        admin=app.make_alarm(settings),
        model=await stack.enter_async_context(app.open_model(settings, database, clock)),
        sending=app.make_sending(settings, keys, fence=app.make_fence(settings)),
        stopping=stopping,
        leads=database.is_sqlite,
        ledger=ledger,
        pulse=pulse,
    )
    pages = app.make_pages(settings, database, keys, clock, worker.registry, pulse)
    await stack.enter_async_context(serving(pages, socket))
    scheduler = make_scheduler(worker, settings)
    scheduler.start()
    return worker, scheduler


async def _preflight(settings: Settings) -> None:
    """Speak to the mail server once before anybody is told that we are ready; mail waits where it does not answer."""
    try:
        await app.greet_mail_server(settings)
    except MailError as fault:
        log.warning(
            "The mail server does not take our mail yet; it stays due.",
            action="preflight_failed",
            fault=str(fault),
        )


def _leave_at_once() -> None:
    """End although a mail server has not answered a final dot: the message is marked, and becomes `unsure`."""
    log.warning("A mail server did not answer in time; its mail is unsure.", action="worker_cut")
    sys.stderr.flush()
    os._exit(0)


def main() -> None:
    """Run the daemon; an error that has a name becomes one line, never a traceback."""
    if len(sys.argv) > 1:
        sys.stderr.write(
            "worker: takes no arguments; its settings are environment variables, see the README\n"
        )
        sys.exit(2)
    try:
        settings = app.load_settings()
        app.start_logging(settings)
        gc.freeze()  # what imports made stays: the search for rubbish passes it over from here on
        asyncio.run(run(settings))
    except NotifierError as error:
        sys.stderr.write(f"worker: {error}\n")
        sys.exit(1)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    main()
