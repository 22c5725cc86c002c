"""Asks the registry what a pass needs to know, and judges what comes. Stores nothing that anybody is told of."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import attrgetter

import structlog

from notifier.clock import Clock
from notifier.domain import storm_guard
from notifier.domain.changes import Kind, detect, made
from notifier.domain.study import (
    Same,
    Study,
    comparable,
    content_digest,
    decode_header,
    document,
    same_content,
    unread_in,
)
from notifier.errors import (
    DataMoved,
    RecordUnreadable,
    RegistryError,
    RegistryRefused,
    RegistryUnavailable,
    RowUnreadable,
)
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov import Registry
from notifier.sources.clinicaltrials_gov.client import Listing, Records, StudyMoved
from notifier.storage import incidents, notices
from notifier.storage.engine import Database, Session
from notifier.storage.models import Listed, Source
from notifier.storage.studies import calendar, conditions, snapshots
from notifier.storage.studies.snapshots import Kept, Version

#: Of incidents: the record of a followed study that cannot be read.
UNREADABLE_RECORD = "record"


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to look at, as the store has it before the registry is asked."""

    followed: dict[str, Kept]
    reread: list[str]  # watched studies that were not read for the longest time
    conditions: list[conditions.FollowedCondition]
    watermark: str | None  # the data version that was last looked at whole
    unreadable: tuple[str, ...] = ()  # those whose record could not be read when it was last asked for
    newest: str | None = None  # the latest data version of which anything is stored
    swept: int = 0  # how many studies that look was told had been updated
    time_brings: bool = False  # time alone made something of a study that is told

    def nothing_to_do(self, data_timestamp: str) -> bool:
        """The data is what it was, and nobody started to follow anything since."""
        return (
            self.watermark == data_timestamp
            and all(k.watched or k.left or k.missing_in == data_timestamp for k in self.followed.values())
            and all(condition.watched for condition in self.conditions)
        )

    def known(self) -> dict[str, str]:
        """The digests of studies of which a record with the same content tells nothing new."""
        return {
            i: kept.digest
            for i, kept in self.followed.items()
            if kept.watched and kept.snapshot_id is not None and kept.digest is not None and not kept.left
        }


def read_plan(database: Database, reread_studies: int, today: date) -> Plan:
    """Read the plan; what nobody follows any more is forgotten first."""
    with database.transaction() as session:
        snapshots.forget_unfollowed(session)
        mark = snapshots.watermark(session)
        unreadable = tuple(incidents.of(session, UNREADABLE_RECORD))
        return Plan(
            followed=snapshots.followed(session),
            reread=snapshots.longest_unread(session, reread_studies),
            conditions=conditions.followed(session),
            watermark=mark.data_timestamp if mark else None,
            newest=snapshots.newest_data(session),
            swept=mark.swept if mark else 0,
            time_brings=calendar.is_due(session, today, but=unreadable),
            unreadable=unreadable,
        )


@dataclass(frozen=True, slots=True)
class Entered:
    """The studies that stand under a condition and were not seen under it before, and why."""

    condition: conditions.FollowedCondition
    whole: bool  # the list was walked to its end
    listed: dict[str, Listed]
    #: The record of each that is to be told could be read; else the next look covers the same days.
    done: bool = True
    #: When, as published, for every study on the list.
    first_posted: dict[str, str] = field(default_factory=dict)
    whole_list: frozenset[str] | None = None  # all that stand on it, where it was walked to its end
    #: Those of which somebody was told and that left it: the record where its terms were changed.
    left: dict[str, Study | None] = field(default_factory=dict)
    #: Those on it that did not fit what a follower chose when they were new.
    waiting: frozenset[str] = frozenset()


@dataclass(slots=True)
class Findings:
    """What a pass found; kept in memory until it can be written whole."""

    data_timestamp: str
    versions: dict[str, Version] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)  # old id → new id
    missing: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)  # followed studies whose record came and cannot be read
    came_due: list[str] = field(default_factory=list)  # studies of which time made something
    entered: list[Entered] = field(default_factory=list)
    fresh: set[str] = field(default_factory=set)  # studies whose baseline this look stored
    baselines: int = 0  # of studies; they are stored already
    swept: int = 0  # how many studies the registry said it had updated
    faults: int = 0  # questions that got no answer, or none that can be believed


#: How far a sweep looks back behind the last data version: posts come a day or two late.
OVERLAP = timedelta(days=3)
LOOKS_BACK = 20  # versions of a study, for the last one that said a value readably
RESTARTS = 3  # how often a pass looks anew because the registry published meanwhile
CHUNK = 500  # full records held at once, about 9 MB

log = structlog.get_logger()


@dataclass(slots=True)
class Look:
    """One look at everything, within one data version. Raises DataMoved when that version ends meanwhile."""

    database: Database
    registry: Registry
    clock: Clock
    settings: Settings
    plan: Plan
    found: Findings

    async def until_still(self) -> Findings:
        """Look at everything within one data version; what was seen across a change of it is thrown away."""
        baselines = 0
        for _ in range(RESTARTS):
            moved = False
            try:
                await self.at_everything()
            except DataMoved:
                moved = True
            baselines += self.found.baselines
            version, after = self.found.data_timestamp, (await self.registry.version()).data_timestamp
            if not moved and after == version:
                self.found.baselines = baselines
                return self.found
            if after < version:
                raise RegistryUnavailable(
                    "The registry went back to older data while it was being read: the next pass asks again; nothing is lost"
                )
            log.info("The registry published while it was being read; we look anew.", action="data_moved")
            today = calendar.day_of(self.clock.now(), after)
            self.plan = await asyncio.to_thread(read_plan, self.database, self.settings.reread_studies, today)
            self.found = Findings(after)
        raise RegistryUnavailable(
            f"The registry published new data {RESTARTS} times while it was being read: try again in an hour; "
            "nothing is lost"
        )

    async def at_everything(self) -> None:
        """Fill `found`: followed studies first, then what stands under each followed condition."""
        due = await self._due()
        await self._at_studies(due)
        moved_to = [i for i in self.found.aliases.values() if i not in due and i not in self.found.fresh]
        await self._at_studies(dict.fromkeys(moved_to, Source.REREAD))
        for condition in self.plan.conditions:
            if condition.watched and condition.looked_in == self.found.data_timestamp:
                continue
            try:
                await self._under(condition)
            except DataMoved:
                raise
            except RegistryError as fault:  # it is left for the next pass
                self.found.faults += 1
                log.warning(
                    "A condition could not be asked; the next pass asks again.",
                    action="condition_failed",
                    condition_id=condition.id,
                    # A refusal repeats what was asked: words that a person typed.
                    fault=type(fault).__name__ if isinstance(fault, RegistryRefused) else str(fault),
                )

    def _doubt(self, what: str) -> None:
        self.found.faults += 1
        log.error("An answer of the registry is not believed.", action="answer_doubted", it_says=what)

    # --- studies ----------------------------------------------------------------------------------------------

    async def _due(self) -> dict[str, Source]:
        """Which followed studies to read in full, and why."""
        plan = self.plan
        baselines = (i for i, kept in plan.followed.items() if not kept.watched)
        missing = (i for i, kept in plan.followed.items() if kept.missing_in and not kept.left)
        again = (i for i in plan.unreadable if i in plan.followed)
        due = dict.fromkeys([*plan.reread, *missing, *again], Source.REREAD)
        if plan.watermark is not None and any(kept.watched for kept in plan.followed.values()):
            since = date.fromisoformat(plan.watermark[:10]) - OVERLAP
            moved = await self.registry.updated_since(since)
            self.found.swept = len(moved)
            if storm_guard.sweep_lost(plan.swept, len(moved)):
                self._doubt("no study was updated")
            due |= {header.nct_id: Source.SWEEP for header in moved if header.nct_id in plan.followed}
        return due | dict.fromkeys(baselines, Source.BASELINE)

    async def _at_studies(self, due: Mapping[str, Source]) -> None:
        missing: list[str] = []
        async for records in self._fetch(sorted(due), self.plan.known()):
            missing += records.missing
            self.found.unreadable.update(records.unreadable)
            await asyncio.to_thread(self.judge, records.found, due)
        # Those of which we hold the record, and which the registry had when it was last asked.
        held = (self.plan.followed[i] for i in due if i in self.plan.followed)
        expected = [
            kept.nct_id
            for kept in held
            if kept.watched and kept.snapshot_id is not None and kept.missing_in is None
        ]
        if storm_guard.records_lost(expected, missing):
            self._doubt("studies that we hold are all gone")
            return
        there: dict[str, Study] = {}
        for nct_id in missing:  # each is asked for by itself
            kept = self.plan.followed.get(nct_id)
            if kept is not None and kept.left:
                continue
            try:
                answer = await self.registry.lookup(nct_id)
            except RecordUnreadable:
                self.found.unreadable.add(nct_id)
                continue
            if isinstance(answer, Study):
                there[nct_id] = answer
            elif isinstance(answer, StudyMoved):
                self.found.aliases[nct_id] = answer.nct_id
            else:
                # Absent once can be a slip of the registry; absent in two data versions is gone.
                gone_before = kept is not None and kept.missing_in not in {None, self.found.data_timestamp}
                (self.found.left if gone_before else self.found.missing).append(nct_id)
                log.warning("A followed study is not in the registry.", action="study_missing", nct_id=nct_id)
        await asyncio.to_thread(self.judge, there, due)

    async def _fetch(self, nct_ids: Sequence[str], known: Mapping[str, str]) -> AsyncIterator[Records]:
        for start in range(0, len(nct_ids), CHUNK):
            yield await self.registry.records(nct_ids[start : start + CHUNK], known)

    def judge(self, came: Mapping[str, Study | Same], why: Mapping[str, Source]) -> None:
        """Compare what came, by the id that was asked for, with what the store has: baselines are kept at once, versions
        until the pass is whole. To be called in a thread.
        """
        found, plan = self.found, self.plan
        found.aliases |= {asked: record.nct_id for asked, record in came.items() if record.nct_id != asked}
        records = {record.nct_id: record for record in came.values()}
        found.unchanged += [nct_id for nct_id, record in records.items() if isinstance(record, Same)]
        fresh = {nct_id: record for nct_id, record in records.items() if isinstance(record, Study)}
        if not fresh:
            return
        with self.database.reading() as session:
            known = plan.followed | snapshots.kept(session, [i for i in fresh if i not in plan.followed])
            baselines = []
            for nct_id, study in fresh.items():
                kept = known.get(nct_id) or Kept(nct_id, watched=False, snapshot_id=None, digest=None)
                digest = content_digest(study.raw)
                if not kept.watched or kept.snapshot_id is None:
                    baselines.append(Version(study, digest, Source.BASELINE))
                elif digest == kept.digest and not kept.left:
                    found.unchanged.append(nct_id)
                elif (before := _stored_record(session, kept.snapshot_id)) is None:
                    # There is nothing to compare with, so it is seen for the first time again.
                    baselines.append(Version(study, digest, Source.BASELINE))
                elif same_content(before, study.raw) and not kept.left:
                    found.unchanged.append(nct_id)
                else:
                    try:
                        source = why.get(nct_id, Source.REREAD)
                        found.versions[nct_id] = _compared(session, study, digest, source, kept, before)
                    except Exception:  # one record that nobody foresaw must not hide what all others say
                        log.exception(
                            "A record cannot be compared.", action="record_uncompared", nct_id=nct_id
                        )
                        found.unreadable.add(nct_id)
        if baselines:
            with self.database.transaction() as session:
                for version in baselines:
                    snapshots.store(session, version, found.data_timestamp, self.clock.now(), watch=True)
            found.fresh |= {version.study.nct_id for version in baselines}
            found.baselines += len(baselines)

    # --- conditions -------------------------------------------------------------------------------------------

    async def _under(self, condition: conditions.FollowedCondition) -> None:
        """What newly stands under one condition. Where its list is empty, which may be so, it is looked at again from where
        the last look ended.
        """
        now, version = self.clock.now(), self.found.data_timestamp
        # How far back the list of a condition is walked; None for to its end. Ahead: our clock was wrong, then or now.
        ahead = condition.walked_at is not None and condition.walked_at > now
        if ahead or condition.walk_is_due(now) or condition.looked_in is None:
            since = None
        else:
            since = date.fromisoformat(condition.looked_in[:10]) - OVERLAP
        listing = await self.registry.listed_under(condition.query, updated_since=since)
        seen: set[str] = set()
        if condition.watched:
            seen = await self.database.read(lambda session: conditions.seen(session, condition.id))
        if not _is_plausible(condition, listing, len(seen), version):
            return
        day, within = date.fromisoformat(version[:10]), self.settings.new_study_within
        listed = {
            header.nct_id: conditions.judge(header, condition, data_day=day, new_within=within)
            for header in listing.headers
            if header.nct_id not in seen
        }
        readable = await self._read_records([i for i, why in listed.items() if why in conditions.TOLD])
        # Those that did not fit somebody's choice, and were updated since: they may fit now.
        waiting = await self.database.read(lambda session: notices.left_out_under(session, condition.id))
        there = {header.nct_id: header.last_update_post_date for header in listing.headers}
        await self._read_records([i for i, posted in waiting.items() if there.get(i, posted) != posted])
        # One whose record cannot be read now is not noted as seen: it is told by a later pass.
        kept = {i: why for i, why in listed.items() if why not in conditions.TOLD or i in readable}
        # And its update must not fall out of the days that the next look covers.
        done = len(kept) == len(listed) or storm_guard.is_believed_by_now(
            condition.looked_in or version, version
        )
        dates = {header.nct_id: header.study_first_post_date for header in listing.headers}
        is_whole = listing.whole and condition.watched
        self.found.entered.append(
            Entered(
                condition,
                listing.whole,
                kept,
                done,
                # Longer than a date is nothing that can be counted by.
                {i: first for i, first in dates.items() if first and len(first) <= len("2027-01-12")},
                whole_list=frozenset(there) if is_whole else None,
                left=await self._left(condition, there) if is_whole else {},
                waiting=frozenset(waiting.keys() & there.keys()),
            )
        )

    async def _left(
        self, condition: conditions.FollowedCondition, there: Collection[str]
    ) -> dict[str, Study | None]:
        """Studies that were told under the condition and left its list, as `Entered.left` has them.

        Absent from one whole list can be a slip of the registry; absent from two data versions is gone.
        """
        told = await self.database.read(lambda session: conditions.told_of(session, condition.id))
        lately = {None, self.found.data_timestamp}
        gone = [i for i, since in told.items() if i not in there and since not in lately]
        left: dict[str, Study | None] = dict.fromkeys(gone)
        if storm_guard.search_moved(len(gone)):
            log.warning(
                "Many studies left the list of a condition at once; nobody is told.",
                action="search_moved",
                condition_id=condition.id,
                studies=len(gone),
            )
            return left
        async for records in self._fetch(gone, {}):
            if storm_guard.records_lost(gone, records.missing):
                return {}  # it is asked again at the next pass
            for nct_id, study in records.found.items():
                # What the registry has under another number, or not at all, did not leave by its terms.
                if isinstance(study, Study) and study.nct_id == nct_id:
                    moved = await asyncio.to_thread(self._terms_moved, condition, study)
                    left[nct_id] = study if moved else None
        await asyncio.to_thread(self._keep_found, [study for study in left.values() if study is not None])
        return left

    def _terms_moved(self, condition: conditions.FollowedCondition, study: Study) -> bool:
        """Whether what the registry's search looks in was changed by the study team since its followers were told of it."""
        with self.database.reading() as session:
            version = conditions.told_version(session, condition.id, study.nct_id)
            if version is None:
                return False
            try:
                before = snapshots.study(session, version)
            except RowUnreadable:
                return False
        terms = attrgetter("conditions", "keywords", "brief_title", "official_title")
        return bool(terms(before) != terms(study))

    async def _read_records(self, nct_ids: Sequence[str]) -> set[str]:
        """Store the full records of studies that will be told; returns those that the store has now."""
        wanted = [i for i in nct_ids if i not in self.found.versions]
        async for records in self._fetch(wanted, {}):
            if storm_guard.records_lost(wanted, records.missing):
                raise RegistryUnavailable(
                    f"ClinicalTrials.gov listed {len(wanted)} studies under a condition and gave no record of them: "
                    "it is asked again at the next pass"
                )
            alone: list[object] = []
            for nct_id in records.missing:
                with suppress(RecordUnreadable):  # one that cannot be read must not stop its condition
                    alone.append(await self.registry.lookup(nct_id))
            studies = [one for one in (*records.found.values(), *alone) if isinstance(one, Study)]
            await asyncio.to_thread(self._keep_found, studies)
        kept = await self.database.read(lambda session: snapshots.kept(session, nct_ids))
        return {nct_id for nct_id, each in kept.items() if each.snapshot_id is not None}

    def _keep_found(self, studies: Sequence[Study]) -> None:
        """Store the record of a study found under a condition; a watched one is left to its own comparison."""
        with self.database.transaction() as session:
            known = snapshots.kept(session, [study.nct_id for study in studies])
            for study in studies:
                kept = known.get(study.nct_id)
                if kept is None or not kept.watched:
                    new = Version(study, content_digest(study.raw), Source.CONDITION)
                    snapshots.store(session, new, self.found.data_timestamp, self.clock.now(), watch=False)


def _stored_record(session: Session, snapshot_id: int) -> bytes | None:
    """The version that we hold; None where it cannot be read."""
    try:
        raw = snapshots.record(session, snapshot_id)
        document(raw)
    except (RowUnreadable, RecordUnreadable):
        log.warning("A stored version cannot be read.", action="snapshot_unreadable", snapshot_id=snapshot_id)
        return None
    return raw


def _compared(
    session: Session, study: Study, digest: str, source: Source, kept: Kept, before: bytes
) -> Version:
    """The version that came, and what changed since the one that we hold. What that does not say readably is what an earlier
    one said last, so that a value that comes back is news exactly where it is another one.
    """
    assert kept.snapshot_id is not None
    if unread_in(before):
        for earlier in snapshots.before(session, study.nct_id, kept.snapshot_id, LOOKS_BACK):
            before, _ = comparable(before, earlier)
            if not unread_in(before):
                break
    before, after = comparable(before, study.raw)
    difference = detect(before, after)
    if difference.noise:
        rules = dict(difference.noise)
        log.debug("Some differences are not news.", action="noise", nct_id=study.nct_id, rules=rules)
    changes = ((made(Kind.CAME_BACK),) if kept.left else ()) + difference.changes
    moved = decode_header(before).last_update_post_date != study.last_update_post_date
    posted = study.last_update_post_date if moved else None
    return Version(study, digest, source, kept.snapshot_id, changes, posted)


def _is_plausible(
    condition: conditions.FollowedCondition, listing: Listing, seen: int, data_timestamp: str
) -> bool:
    """Whether the list of a condition can be taken as it came. Raises RegistryUnavailable where most of it is lost."""
    if not listing.whole or not seen or condition.looked_in is None:
        return True
    if storm_guard.is_believed_by_now(condition.looked_in, data_timestamp):
        return True
    if storm_guard.listing_lost(seen, len(listing.headers)):
        raise RegistryUnavailable(
            f"ClinicalTrials.gov listed {len(listing.headers)} studies under a condition under which {seen} were seen: "
            "it is not believed before a week has passed, and asked again at the next pass"
        )
    return bool(listing.headers)
