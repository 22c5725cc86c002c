"""The daemon's clockwork: when each tick comes, and how long it may stand still. Builds none of the parts that it drives.

One scheduler in one process; nothing here knows what a tick does. Its settings follow R1-R7: memory store, fixed ids, one run
at a time, nothing dropped for being late.
"""

import logging
from datetime import UTC, timedelta

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler as Scheduler
from apscheduler.triggers.interval import IntervalTrigger

from notifier.clock import SystemClock
from notifier.domain.heartbeat import Pulse
from notifier.jobs.ticks import Worker
from notifier.services.monitoring.systemd import Supervisor, Watchdog
from notifier.settings import Settings

__all__ = ["Scheduler", "Worker", "feed_watchdog", "make_scheduler", "patience"]

DELIVER_EVERY = timedelta(minutes=1)
LEAD_EVERY = timedelta(seconds=10)
WRITE_EVERY = timedelta(minutes=15)
ALARM_EVERY = timedelta(minutes=5)
ROUNDS_EVERY = timedelta(minutes=5)
CLEAN_UP_EVERY = timedelta(days=1)
WATCH_JITTER = timedelta(seconds=30)  # so that installations do not all ask on the minute
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

log = structlog.get_logger()


def make_scheduler(worker: Worker, settings: Settings) -> Scheduler:
    """The scheduler with its jobs, not started."""
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
    scheduler.add_listener(_note_skipped, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
    return scheduler


def patience(job: str, settings: Settings) -> timedelta:
    """How long one step of a job may take before it counts as stuck."""
    one_mail = settings.smtp_final_timeout + COMMANDS_OF_A_MAIL * settings.smtp_timeout
    return max(PATIENCE[job], one_mail) if job in {"deliver", "alarm", "rounds"} else PATIENCE[job]


def feed_watchdog(scheduler: Scheduler, supervisor: Supervisor, pulse: Pulse) -> None:
    """Let the scheduler that drives the work tell the supervisor that it goes on, well within its wait."""
    if supervisor.watchdog is None:
        return
    watchdog = Watchdog(supervisor, pulse)

    async def feed() -> None:
        watchdog.feed()

    every = IntervalTrigger(seconds=max(1, int(supervisor.watchdog.total_seconds() / 3)), timezone=UTC)
    scheduler.add_job(feed, every, id="watchdog", next_run_time=SystemClock().now())


def _note_skipped(event: JobEvent) -> None:
    log.info("A tick was left out.", action="tick_left_out", job=event.job_id, why="the last one still runs")
