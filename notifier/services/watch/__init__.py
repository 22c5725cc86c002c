"""One watch pass: look at what the registry has now, find what is news, and write it down in one transaction.

It may be killed anywhere and run again: until the last transaction nothing is stored but baselines and records that
nobody is told of; that transaction holds the snapshots, the changes, the notices and the watermark together. Sends no
mail, holds no SQL, and speaks to the registry through a protocol.
"""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from secrets import token_hex

import structlog

from notifier.clock import Clock
from notifier.errors import DataMoved, RegistryUnavailable
from notifier.services.watch.commit import begin, commit, note_checked
from notifier.services.watch.fetch import Findings, Look, Plan, WatchLimits, read_plan
from notifier.sources.clinicaltrials_gov import Registry
from notifier.sources.clinicaltrials_gov.client import DataVersion
from notifier.storage.engine import Database
from notifier.storage.models import Listed, PassRow

__all__ = ["PassReport", "WatchLimits", "WatchOutcome", "watch"]

RESTARTS = 3  # how often a pass looks anew because the registry published meanwhile

log = structlog.get_logger()


class WatchOutcome(StrEnum):
    """How a pass ended."""

    UNCHANGED = "unchanged"  #: The registry's data is what it was; nothing was asked but its version.
    DONE = "done"  #: Everything was looked at.
    HELD = "held"  #: Everything was looked at; what was found waits for an admin.
    PARTIAL = "partial"  #: Something could not be asked; the next pass asks again.


@dataclass(frozen=True, slots=True)
class PassReport:
    """What a pass did; the fields are those of `watch --json`."""

    outcome: WatchOutcome
    data_timestamp: str
    requests: int
    baselines: int = 0
    studies_new: int = 0
    studies_changed: int = 0
    changes: int = 0
    notices: int = 0
    held: int = 0
    unreadable: int = 0  # followed studies whose record cannot be read


async def watch(database: Database, registry: Registry, clock: Clock, limits: WatchLimits) -> PassReport:
    """One pass. Raises RegistryError when the registry could not be asked at all, and BusyError when another pass began
    meanwhile; then nothing was lost.
    """
    requests_before, unreadable_before, started = registry.requests, registry.unreadable, clock.now()
    version = await registry.version()
    plan = await asyncio.to_thread(read_plan, database, limits.reread_studies)
    if plan.is_ahead_of(version.data_timestamp):
        # Compared with older records every study would seem to change, and to change back tomorrow.
        log.warning("The registry shows older data than before; it is not read.", action="data_went_back")
        return PassReport(
            WatchOutcome.PARTIAL, version.data_timestamp, requests=registry.requests - requests_before
        )
    if plan.nothing_to_do(version.data_timestamp):
        await asyncio.to_thread(note_checked, database, clock.now())
        return PassReport(
            WatchOutcome.UNCHANGED,
            version.data_timestamp,
            registry.requests - requests_before,
            unreadable=len(plan.unreadable),
        )
    turn = token_hex(8)
    await asyncio.to_thread(begin, database, turn)
    found = await _look_until_still(Look(database, registry, clock, limits), plan, version)
    row, held = await asyncio.to_thread(
        commit,
        database,
        found,
        turn=turn,
        started=started,
        now=clock.now(),
        settle=limits.settle,
        followed=len(plan.followed),
        limits=limits.brake,
        requests=registry.requests - requests_before,
        unreadable=registry.unreadable - unreadable_before,
    )
    report = _report(row, found, held)
    if row.note is not None:
        log.error("A pass is held: see `notifier outbox list`.", action="pass_held", why=row.note, held=held)
    log.info("A watch pass ended.", action="watch_pass", outcome=report.outcome.value, changes=report.changes)
    return report


async def _look_until_still(look: Look, plan: Plan, version: DataVersion) -> Findings:
    """Look at everything within one data version; what was seen across a change of it is thrown away."""
    baselines = 0
    for _ in range(RESTARTS):
        found = Findings(version.data_timestamp)
        try:
            await look.at_everything(plan, found)
            moved = False
        except DataMoved:
            moved = True
        baselines += found.baselines
        after = await look.registry.version()
        if not moved and after.data_timestamp == version.data_timestamp:
            found.baselines = baselines
            return found
        if after.data_timestamp < version.data_timestamp:
            raise RegistryUnavailable(
                "The registry went back to older data while it was being read: the next pass asks again; nothing is lost"
            )
        log.info("The registry published while it was being read; we look anew.", action="data_moved")
        version = after
        plan = await asyncio.to_thread(read_plan, look.database, look.limits.reread_studies)
    raise RegistryUnavailable(
        f"The registry published new data {RESTARTS} times while it was being read: try again in an hour; "
        "nothing is lost"
    )


def _report(row: PassRow, found: Findings, held: int) -> PassReport:
    new = {i for entry in found.entered for i, listed in entry.listed.items() if listed == Listed.NEW}
    return PassReport(
        outcome=WatchOutcome(row.outcome.value),
        data_timestamp=row.data_timestamp,
        requests=row.requests,
        baselines=found.baselines + sum(not entry.condition.watched for entry in found.entered),
        studies_new=len(new),
        studies_changed=sum(version.is_news for version in found.versions.values()),
        changes=row.changes,
        notices=row.notices,
        held=held,
        unreadable=len(found.unreadable),
    )
