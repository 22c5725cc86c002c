"""Lets the model write where its read is missing or older than the record, and keeps what passes the gate.

Where it does not pass, or no answer comes, the rules' read stands. Decides nothing about mails or people.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from notifier.clock import Clock
from notifier.domain.study import Study
from notifier.domain.summaries.gate import Draft, faults
from notifier.errors import ModelError
from notifier.services.summary_writer import Model, Unusable
from notifier.storage import rate_limits
from notifier.storage.engine import Database
from notifier.storage.models import ReadSource
from notifier.storage.studies import snapshots, summaries
from notifier.storage.studies.summaries import ToWrite

DAY = timedelta(days=1)
AT_ONCE = 50  # studies in one pass; the next one goes on

log = structlog.get_logger()


@dataclass(slots=True)
class WritingReport:
    """What a pass did, in studies. fault: why it stopped before its end."""

    written: int = 0
    refused: int = 0
    left: int = 0
    fault: ModelError | None = None

    def counts(self) -> dict[str, int]:
        """The counts by name, for a person or JSON."""
        return {"written": self.written, "refused": self.refused, "left": self.left}


def within_budget(database: Database, clock: Clock, calls_a_day: int) -> Callable[[], Awaitable[bool]]:
    """What counts each request to the model, for all processes on the database, and says whether it may go."""

    def take() -> bool:
        with database.transaction() as session:
            return rate_limits.take(session, "model", "", most=calls_a_day, within=DAY, now=clock.now())

    return lambda: asyncio.to_thread(take)


async def write(
    database: Database, model: Model, clock: Clock, nct_ids: Sequence[str] | None = None
) -> WritingReport:
    """Ask the model for the studies that need it, or for those of these that do.

    A study that is named is asked for whatever became of it before; any other not for a week after a draft of the same
    version of its record was refused.
    """
    report = WritingReport()
    due = await asyncio.to_thread(_due, database, clock, nct_ids)
    for number, one in enumerate(due):
        try:
            reasons = await _write_one(database, model, clock, one)
        except ModelError as fault:
            report.fault, report.left = fault, len(due) - number
            log.warning(
                "The model cannot be asked now; the rules write.", action="model_stopped", fault=str(fault)
            )
            return report
        report.refused += bool(reasons)
        report.written += not reasons
        if reasons:
            log.warning(
                "What the model wrote is not used; the rules' read stands.",
                action="draft_refused",
                nct_id=one.nct_id,
                reasons=list(reasons),
            )
    return report


async def write_all(database: Database, model: Model, clock: Clock) -> WritingReport:
    """Ask the model for every study that needs it, portion by portion, until there is none or it cannot be asked."""
    whole = WritingReport()
    while True:
        report = await write(database, model, clock)
        whole.written += report.written
        whole.refused += report.refused
        whole.left, whole.fault = report.left, report.fault
        if report.fault is not None or not report.written + report.refused:
            return whole


async def _write_one(database: Database, model: Model, clock: Clock, one: ToWrite) -> tuple[str, ...]:
    """Why what came is not kept; nothing where it is."""
    study = await asyncio.to_thread(_record, database, one)
    try:
        draft = await model.draft(study)
    except Unusable as fault:
        reasons: tuple[str, ...] = (str(fault),)
    else:
        reasons = faults(draft, study)
        if not reasons:
            await asyncio.to_thread(_keep, database, clock, one, draft, model.name)
            return ()
    await asyncio.to_thread(_refuse, database, clock, one)
    return reasons


def _due(database: Database, clock: Clock, nct_ids: Sequence[str] | None) -> list[ToWrite]:
    with database.reading() as session:
        if nct_ids is not None:
            return summaries.to_write(session, len(nct_ids), nct_ids=nct_ids)
        return summaries.to_write(session, AT_ONCE, refused_since=clock.now() - summaries.REFUSED_FOR)


def _record(database: Database, one: ToWrite) -> Study:
    with database.reading() as session:
        return snapshots.study(session, one.snapshot_id)


def _keep(database: Database, clock: Clock, one: ToWrite, draft: Draft, name: str) -> None:
    with database.transaction() as session:
        summaries.keep_draft(session, one, draft, by=name, now=clock.now())


def _refuse(database: Database, clock: Clock, one: ToWrite) -> None:
    """Remember that it was no use, and drop what the model wrote of an older record: the rules know the present one."""
    with database.transaction() as session:
        summaries.drop(session, one.nct_id, ReadSource.MODEL)
        rate_limits.take(
            session, summaries.REFUSED, one.digest, most=1, within=summaries.REFUSED_FOR, now=clock.now()
        )
