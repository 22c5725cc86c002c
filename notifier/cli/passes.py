"""What runs: one pass, the pages alone, and the daemon.

The daemon builds the parts, ticks, serves the pages, and drains when it is told to stop: on SIGTERM no new mail is claimed,
those in flight are finished, the rest stays due.
"""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict

import structlog

from notifier import app, jobs
from notifier.domain.heartbeat import Pulse
from notifier.errors import MailError, NotifierError, SettingsError
from notifier.jobs import Worker
from notifier.services.deliver import DeliverReport, Openings, deliver
from notifier.services.monitoring import canary_of, supervisor_of
from notifier.services.watch import watch
from notifier.settings import Settings
from notifier.storage import erasure_log
from notifier.storage.canary import follow_along
from notifier.storage.engine import owner
from notifier.web.app import listen, room_for_files, serving

ANOTHER_WATCH = "Another watch pass is running on this database: wait until it has ended"
ANOTHER_DELIVERY = "Another deliver pass is running on this database: wait until it has ended"
ANOTHER_WORKER = (
    "Another worker has this SQLite database, which is for one: stop it, or use PostgreSQL for more than one"
)
DRAIN_WITHIN = 25.0  # seconds that a stop waits for mails in flight, so that all is over within 30

log = structlog.get_logger()


def _rehearse(settings: Settings) -> None:
    """Make every sample mail where an organisation has templates of its own: what is wrong with them stops the start."""
    app.lay_over_sentences(settings)
    if settings.templates is not None:
        from notifier.doctor import check_templates

        check_templates(settings)


async def watch_once(settings: Settings) -> dict[str, object]:
    """One watch pass; what it did, as plain values."""
    clock = app.make_clock(settings)
    with app.open_database(settings) as database, database.exclusive("watch", ANOTHER_WATCH):
        async with app.open_registry(settings) as registry:
            report = await watch(database, registry, clock, settings)
    return asdict(report)


async def deliver_once(settings: Settings) -> DeliverReport:
    """One deliver pass; SIGTERM and Ctrl-C finish the mails in flight and leave the rest due."""
    _rehearse(settings)
    clock, stopping = app.make_clock(settings), _stop_on_signals()
    with app.open_database(settings) as database, database.delivering(ANOTHER_DELIVERY):
        keys = app.open_keys(settings)
        erasure_log.put_back(database, app.make_ledger(settings), keys.suppression_key, clock.now())
        renderer = app.make_renderer(settings, keys)
        async with (
            app.open_transport(settings) as transport,
            app.open_registry(settings, database) as registry,
        ):
            sending = app.make_sending(settings, keys, fence=app.make_fence(settings))
            openings = Openings(registry.search, clock)
            parts = (database, transport, renderer, clock, sending, stopping, openings)
            app.settle_in()
            report, who = await deliver(*parts), canary_of(settings)
            # Who has no daemon has nobody else who lets the canary hear what others heard.
            if who is not None and report.fault is None and not stopping.is_set():
                domain, now = app.mail_domain(settings), clock.now()
                if await database.write(lambda session: follow_along(session, who, now, domain)):
                    report = report.before(await deliver(*parts))
            return report


async def serve_pages(settings: Settings) -> None:
    """The pages until SIGTERM or Ctrl-C."""
    _rehearse(settings)
    stopping = _stop_on_signals()
    with app.open_database(settings) as database, listen(settings.web_listen) as socket:
        if socket is None:
            raise SettingsError(
                "NOTIFIER_WEB_LISTEN is off, so there is nothing to serve: set it to host:port"
            )
        clock, keys = app.make_clock(settings), app.open_keys(settings)
        async with AsyncExitStack() as stack:
            registry = await stack.enter_async_context(app.open_registry(settings, database))
            pages = app.make_pages(settings, database, keys, clock, registry)
            await stack.enter_async_context(serving(pages, socket))
            app.start_logging(settings)  # it stays, as the worker does: what it refuses is said nowhere else
            host, port = socket.getsockname()[:2]
            sys.stderr.write(f"The pages are at http://{host}:{port}; Ctrl-C ends it.\n")
            await stopping.wait()


async def run(settings: Settings, *, drain_within: float = DRAIN_WITHIN) -> bool:
    """The daemon, until it is told to stop. Returns whether every pass came to its own end."""
    _rehearse(settings)
    stopping = _stop_on_signals()
    supervisor = supervisor_of(os.environ)
    async with AsyncExitStack() as stack:
        worker, scheduler = await _start(stack, settings, stopping)
        jobs.feed_watchdog(scheduler, supervisor, worker.pulse)
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
            # End although a mail server has not answered a final dot: the message is marked, and becomes `unsure`.
            log.warning("A mail server did not answer in time; its mail is unsure.", action="worker_cut")
            sys.stderr.flush()
            os._exit(0)
    log.info("The worker has stopped.", action="worker_stopped")
    return drained


def _stop_on_signals() -> asyncio.Event:
    """Set when we are told to stop. The first signal asks to stop and every further one changes nothing, to the very end of the process.

    Not `add_signal_handler`: that ends with the loop, and a second SIGTERM would then kill us on the way out.
    """
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()

    def stop(_number: int, _frame: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: we are stopping already
            loop.call_soon_threadsafe(stopping.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping


async def _start(
    stack: AsyncExitStack, settings: Settings, stopping: asyncio.Event
) -> tuple[Worker, jobs.Scheduler]:
    app.check_admin(settings)
    database = stack.enter_context(app.open_database(settings))
    stack.enter_context(database.working(owner(), ANOTHER_WORKER))
    clock, keys = app.make_clock(settings), app.open_keys(settings)
    ledger = app.make_ledger(settings)
    erasure_log.put_back(database, ledger, keys.suppression_key, clock.now())
    socket = stack.enter_context(listen(settings.web_listen))
    pulse = Pulse()
    transport = await stack.enter_async_context(app.open_transport(settings))
    # Speak to the mail server once before anybody is told that we are ready; mail waits where it does not answer.
    try:
        await app.greet_mail_server(settings)
    except MailError as fault:
        log.warning(
            "The mail server does not take our mail yet; it stays due.",
            action="preflight_failed",
            fault=str(fault),
        )
    worker = Worker(
        database=database,
        registry=await stack.enter_async_context(
            app.open_registry(settings, database, asked=lambda: pulse.move("watch"))
        ),
        transport=transport,
        renderer=app.make_renderer(settings, keys),
        clock=clock,
        settings=settings,
        model=await stack.enter_async_context(app.open_model(settings, database, clock)),
        sending=app.make_sending(settings, keys, fence=app.make_fence(settings)),
        stopping=stopping,
        leads=database.is_sqlite,
        ledger=ledger,
        pulse=pulse,
    )
    worker.openings = Openings(worker.registry.search, clock)
    pages = app.make_pages(settings, database, keys, clock, worker.registry, pulse)
    await stack.enter_async_context(serving(pages, socket))
    scheduler = jobs.make_scheduler(worker)
    app.settle_in()
    scheduler.start()
    return worker, scheduler


def work() -> None:
    """The daemon, with the settings of this process, until it is told to stop."""
    try:
        room_for_files()
        settings = app.load_settings()
        app.start_logging(settings)
        app.settle_in()
        asyncio.run(run(settings))
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)


def main() -> None:
    """The same as `python worker.py`; an error that has a name becomes one line, never a traceback."""
    if len(sys.argv) > 1:
        sys.stderr.write(
            "worker: takes no arguments; its settings are environment variables, see the README\n"
        )
        sys.exit(2)
    try:
        work()
    except NotifierError as error:
        sys.stderr.write(f"worker: {error}\n")
        sys.exit(1)
