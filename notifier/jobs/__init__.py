"""The daemon's clockwork: what it does again and again, and when. Builds none of the parts that it drives."""

from apscheduler.schedulers.asyncio import AsyncIOScheduler as Scheduler

from notifier.jobs.schedule import feed_watchdog, make_scheduler, patience
from notifier.jobs.ticks import Worker

__all__ = ["Scheduler", "Worker", "feed_watchdog", "make_scheduler", "patience"]
