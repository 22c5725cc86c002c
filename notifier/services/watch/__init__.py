"""One watch pass: look at what the registry has now, find what is news, and write it down in one transaction.

It may be killed anywhere and run again: until the last transaction nothing is stored but baselines and records that
nobody is told of; that transaction holds the snapshots, the changes, the notices and the watermark together. Sends no
mail and holds no SQL.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_hex
from typing import Any

import structlog

from notifier.clock import Clock
from notifier.domain import storm_guard
from notifier.domain.changes import Change, Kind, Weight, detect, made
from notifier.errors import BusyError, DataMoved, RegistryUnavailable, RowUnreadable
from notifier.services.watch.fetch import UNREADABLE_RECORD, Entered, Findings, Look, read_plan
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov import Registry
from notifier.storage import incidents, notices, subscribers
from notifier.storage.engine import Database, Session, sharing
from notifier.storage.models import Listed, PassOutcome, PassRow
from notifier.storage.studies import calendar, conditions, snapshots

TOLD_AFTER = timedelta(days=7)  # in which a record could not be read
WATCH = "watch"  # the turn to write down what was found
STATUS_PATH = "protocolSection.statusModule.overallStatus"
_KINDS = {Listed.NEW: Kind.NEW_STUDY, Listed.NOW_LISTED: Kind.NOW_LISTED}


def _commit(
    database: Database, row: PassRow, found: Findings, turn: str, followed: int, settings: Settings
) -> int:
    """Write it all down: the pass's row, whose outcome says whether the watermark moved, and all that was found. Returns how
    many notices are held. Raises BusyError where the turn is no longer this pass's.
    """
    with database.transaction() as session:
        if sharing.turn(session, WATCH) != turn:
            raise BusyError("Another watch pass began while this one looked: it is left to that one")
        session.add(row)
        session.flush()
        assert row.id is not None
        writer = _Writer(session, row.id, found, row.finished_at)
        writer.write_all()
        row.changes = writer.changes
        row.notices = notices.make(session, row.id, row.finished_at, settle=settings.settle_minor)
        row.people = notices.people(session, row.id)
        # A storm is held before anybody can send it: the whole pass, or those of its changes that are one.
        news = {nct_id: version for nct_id, version in found.versions.items() if version.is_news}
        paths = Counter(
            path for version in news.values() for path in {change.path for change in version.changes}
        )
        changed = [*news, *found.left, *(nct_id for nct_id in found.came_due if nct_id not in news)]
        storm = storm_guard.Storm(followed, changed, row.people, snapshots.usual_people(session), paths)
        row.note = storm_guard.verdict(
            storm, studies=settings.brake_studies, messages=settings.brake_messages
        )
        if row.note is not None:
            row.outcome = PassOutcome.PARTIAL if found.faults else PassOutcome.HELD
            held = notices.hold(session, row.id)
        else:
            large, held = notices.hold_events(session, row.id, settings.brake_event)
            row.note = storm_guard.of_events(large)
            row.people = notices.people(session, row.id)  # what is held is not what is usual
        if row.outcome != PassOutcome.PARTIAL:
            snapshots.mark_checked(session, row.finished_at)
    return held


@dataclass(slots=True)
class _Writer:
    """Writes the parts of one pass inside its transaction, and counts the changes."""

    session: Session
    pass_id: int
    found: Findings
    now: datetime
    changes: int = 0

    def write_all(self) -> None:
        snapshots.mark_read(self.session, self.found.unchanged, self.now)
        for nct_id, version in self.found.versions.items():
            new = snapshots.store(self.session, version, self.found.data_timestamp, self.now, watch=True)
            calendar.cancel_outdated(self.session, nct_id, version.study, self.now)
            self._keep(nct_id, version.changes, between=(version.previous, new), posted=version.posted)
        self._aliases()
        for nct_id in self.found.missing:
            snapshots.mark_missing(self.session, nct_id, self.found.data_timestamp, self.now)
        kept = snapshots.kept(self.session, self.found.left)
        for nct_id in self.found.left:
            snapshots.mark_left(self.session, nct_id, self.now)
            if kept[nct_id].watched:
                last = kept[nct_id].snapshot_id
                self._keep(nct_id, (made(Kind.LEFT_REGISTRY),), between=(last, last))
        self._unreadable()
        if not self.found.faults:
            # What time made of records that we know to stand still.
            unknown = {*self.found.unreadable, *self.found.missing, *self.found.left}
            today = calendar.day_of(self.now, self.found.data_timestamp)
            for due in calendar.look(self.session, today, but=unknown):
                self.found.came_due.append(due.nct_id)
                self._keep(due.nct_id, due.changes, between=(due.snapshot_id, due.snapshot_id))
        for entry in self.found.entered:
            self._listed(entry)
        # What did not fit somebody's choice when it was new, and fits now that its record changed.
        waiting = {nct_id for entry in self.found.entered for nct_id in entry.waiting}
        fitting = notices.come_to_fit(self.session, sorted(waiting | self.found.versions.keys()))
        kept = snapshots.kept(self.session, {nct_id for _, nct_id in fitting})
        for condition_id, nct_id in fitting:
            with suppress(RowUnreadable):
                study = snapshots.study(self.session, kept[nct_id].snapshot_id or 0)
                self._keep(
                    nct_id,
                    (made(Kind.NOW_FITS, after=list(study.conditions)),),
                    between=(None, kept[nct_id].snapshot_id),
                    posted=study.last_update_post_date,
                    condition_id=condition_id,
                )
        looked = [(entry.condition, entry.whole) for entry in self.found.entered if entry.done]
        conditions.mark_looked(self.session, looked, self.found.data_timestamp, self.now)

    def _aliases(self) -> None:
        ids = [*self.found.aliases, *self.found.aliases.values()]
        kept = snapshots.kept(self.session, ids)
        for old, new in self.found.aliases.items():
            target = kept.get(new)
            if target is None or target.snapshot_id is None or not target.watched:
                continue  # its record did not come, though a page may hold one; the next pass asks again
            subscribers.follow_alias(self.session, old, new, self.now)
            if old in kept and kept[old].watched:
                # Tell of the joining, unless the record does, and of a status that is not what followers last heard.
                before = kept[old].snapshot_id
                told = self.found.versions[new].changes if new in self.found.versions else ()
                if not any(change.kind is Kind.ALIAS for change in told):
                    self._keep(new, (made(Kind.ALIAS, old, new),), between=(None, target.snapshot_id))
                if new in self.found.fresh and before is not None:
                    with suppress(RowUnreadable):  # then nothing is known of what followers last heard
                        records = [
                            snapshots.record(self.session, each) for each in (before, target.snapshot_id)
                        ]
                        status = [
                            each for each in detect(*records).changes if each.path.startswith(STATUS_PATH)
                        ]
                        self._keep(new, status, between=(before, target.snapshot_id))
            snapshots.mark_alias(self.session, old, new, self.now)

    def _unreadable(self) -> None:
        """A followed study whose record cannot be read is told to the admin now, and to its followers after a week."""
        found, since = self.found, incidents.of(self.session, UNREADABLE_RECORD)
        followed = snapshots.followed(self.session)
        for nct_id in found.unreadable:
            why = f"The record of {nct_id}, which somebody follows, cannot be read"
            incidents.begin(self.session, f"{UNREADABLE_RECORD}:{nct_id}", why, self.now)
        for nct_id in since.keys() - found.unreadable:
            read_now = {*found.unchanged, *found.versions, *found.fresh, *found.left}
            if nct_id not in followed or nct_id in read_now:
                incidents.end(self.session, f"{UNREADABLE_RECORD}:{nct_id}", self.now)
        for nct_id in found.unreadable & since.keys() & followed.keys():
            last, begun = followed[nct_id].snapshot_id, since[nct_id]
            waited = self.now - begun >= TOLD_AFTER
            told = snapshots.was_told(self.session, nct_id, Kind.RECORD_UNREADABLE, begun)
            if waited and last and not told:
                self._keep(nct_id, (made(Kind.RECORD_UNREADABLE),), between=(last, last))

    def _listed(self, entry: Entered) -> None:
        told = {nct_id: why for nct_id, why in entry.listed.items() if why in conditions.TOLD}
        kept = snapshots.kept(self.session, told)
        for nct_id, why in told.items():
            snapshot_id = kept[nct_id].snapshot_id
            assert snapshot_id is not None
            under, posted = None, None
            with suppress(RowUnreadable):  # its mails are held with it, and all else of the pass is told
                study = snapshots.study(self.session, snapshot_id)
                under, new = list(study.conditions), why is Listed.NEW
                posted = study.study_first_post_date if new else study.last_update_post_date
            self._keep(
                nct_id,
                (made(_KINDS[why], after=under),),
                between=(None, snapshot_id),
                posted=posted,
                condition_id=entry.condition.id,
            )
        conditions.store(
            self.session,
            entry.condition,
            entry.listed,
            self.found.data_timestamp,
            self.now,
            first_posted=entry.first_posted,
        )
        # What is not on the whole list any more is told where the study's own terms were changed.
        condition_id = entry.condition.id
        if entry.whole_list is not None:
            conditions.mark_absent(self.session, condition_id, entry.whole_list, self.found.data_timestamp)
        kept = snapshots.kept(self.session, entry.left)
        for nct_id, left in entry.left.items():
            if left is not None and (newest := kept[nct_id].snapshot_id) is not None:
                notices.cancel_arrival(self.session, condition_id, nct_id)
                self._keep(
                    nct_id,
                    (made(Kind.NO_LONGER_LISTED, after=list(left.conditions)),),
                    between=(conditions.told_version(self.session, condition_id, nct_id), newest),
                    posted=left.last_update_post_date,
                    condition_id=condition_id,
                )
            conditions.mark_left(self.session, condition_id, nct_id, self.now)

    def _keep(self, nct_id: str, changes: Sequence[Change], **how: Any) -> None:
        snapshots.store_changes(self.session, self.pass_id, nct_id, changes, now=self.now, **how)
        self.changes += sum(change.weight is not Weight.HOUSEKEEPING for change in changes)


log = structlog.get_logger()


class WatchOutcome(StrEnum):
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


async def watch(database: Database, registry: Registry, clock: Clock, settings: Settings) -> PassReport:
    """One pass. Raises RegistryError when the registry could not be asked at all, and BusyError when another pass began
    meanwhile; then nothing was lost.
    """
    requests_before, unreadable_before, started = registry.requests, registry.unreadable, clock.now()
    version = await registry.version()
    today = calendar.day_of(clock.now(), version.data_timestamp)
    plan = await asyncio.to_thread(read_plan, database, settings.reread_studies, today)
    if plan.newest is not None and version.data_timestamp < plan.newest:  # ISO 8601 sorts as time does
        # A copy of the registry that lags behind, or a step back. Compared with older records every study would seem to change, and to change back tomorrow.
        log.warning("The registry shows older data than before; it is not read.", action="data_went_back")
        requests = registry.requests - requests_before
        return PassReport(WatchOutcome.PARTIAL, version.data_timestamp, requests)
    still = plan.nothing_to_do(version.data_timestamp)
    if still and not plan.time_brings:
        await database.write(lambda session: snapshots.mark_checked(session, clock.now()))
        return PassReport(
            WatchOutcome.UNCHANGED,
            version.data_timestamp,
            registry.requests - requests_before,
            unreadable=len(plan.unreadable),
        )
    turn = token_hex(8)
    # One that began before and still lives, cut off from us, can no longer commit.
    await database.write(lambda session: sharing.begin_turn(session, WATCH, turn))
    if still:  # every record is as we have it, and only the calendar moved
        found = Findings(version.data_timestamp, swept=plan.swept, unreadable=set(plan.unreadable))
    else:
        found = Findings(version.data_timestamp)
        found = await Look(database, registry, clock, settings, plan, found).until_still()
    row = PassRow(
        data_timestamp=found.data_timestamp,
        started_at=started,
        finished_at=clock.now(),
        outcome=PassOutcome.PARTIAL if found.faults else PassOutcome.DONE,
        requests=registry.requests - requests_before,
        unreadable=registry.unreadable - unreadable_before,
        swept=found.swept,
    )
    held = await asyncio.to_thread(_commit, database, row, found, turn, len(plan.followed), settings)
    outcome, listed = WatchOutcome(row.outcome.value), [entry.listed.items() for entry in found.entered]
    report = PassReport(
        WatchOutcome.UNCHANGED if still and outcome is WatchOutcome.DONE else outcome,
        row.data_timestamp,
        row.requests,
        baselines=found.baselines + sum(not entry.condition.watched for entry in found.entered),
        studies_new=len({nct_id for some in listed for nct_id, why in some if why == Listed.NEW}),
        studies_changed=sum(version.is_news for version in found.versions.values()),
        changes=row.changes,
        notices=row.notices,
        held=held,
        unreadable=len(found.unreadable),
    )
    if row.note is not None:
        log.error("A pass is held: see `notifier outbox list`.", action="pass_held", why=row.note, held=held)
    log.info("A watch pass ended.", action="watch_pass", outcome=report.outcome.value, changes=report.changes)
    return report
