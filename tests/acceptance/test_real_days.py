"""Real records, as they were re-fetched on real days, go through the whole watch: what is told must be in them."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from notifier.clock import FixedClock
from notifier.domain.changes import CALENDAR_KINDS, NOISE, detect
from notifier.services.watch import WatchOutcome, watch
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov import Pacer, Registry
from notifier.storage import subscribers
from notifier.storage.models import ChangeRow, Every, MessageRow, NoticeRow, SnapshotRow
from notifier.storage.outbox import assembly
from notifier.storage.studies import snapshots
from tests.conftest import REGISTRY_DATA
from tests.faults import FaultyRegistry

TIMELINE = REGISTRY_DATA / "timeline.jsonl.gz"
QUIET_DAYS = ("2026-02-05", "2026-02-06", "2026-03-04")  # days on which only `versionHolder` moved
PLAIN = {"Accept-Encoding": "identity"}  # packing 13 MB a day would take most of the time

pytestmark = pytest.mark.skipif(not TIMELINE.exists(), reason="the real records are not beside this checkout")


def timeline():
    with gzip.open(TIMELINE) as lines:
        return [json.loads(line) for line in lines]


def by_study(lines):
    versions = {}
    for line in sorted(lines, key=lambda line: line["date"]):
        nct_id = line["study"]["protocolSection"]["identificationModule"]["nctId"]
        versions.setdefault(nct_id, []).append((line["date"], line["study"]))
    return versions


def held_on(day, study):
    """The record with the `versionHolder` that the registry sets in every record on every business day."""
    study.setdefault("derivedSection", {}).setdefault("miscInfoModule", {})["versionHolder"] = day
    return study


class Days:
    """One person follows every study of the timeline, and the days pass."""

    def __init__(self, database, rehearsal, registry):
        self.database, self.rehearsal, self.registry = database, rehearsal, registry
        self.clock = FixedClock(datetime(2026, 2, 1, 15, tzinfo=UTC))
        self.mails = Counter()

    def follow(self, nct_ids):
        with self.database.transaction() as session:
            subscribers.add(
                session,
                subscribers.Person(subscribers.address("reader@example.org")),
                [subscribers.Wanted(nct_id=nct_id) for nct_id in nct_ids],
                choice=subscribers.Choice(Every.IMMEDIATE),
                consent=subscribers.Consent("command", "a test", "yes"),
                now=self.clock.now(),
                domain="example.org",
            )

    async def pass_by(self, day, records=()):
        self.clock.move_to(datetime.fromisoformat(f"{day}T15:00:00+00:00"))
        self.rehearsal.publish([held_on(day, record) for record in records], f"{day}T09:00:05")
        report = await watch(self.database, self.registry, self.clock, Settings(reread_studies=1000))
        with self.database.transaction() as session:
            self.mails[day] += assembly.assemble(session, self.clock.now(), "example.org")
        return report

    def kinds_of(self, day):
        since = datetime.fromisoformat(f"{day}T00:00:00+00:00")
        found = select(ChangeRow.kind).where(ChangeRow.detected_at >= since, ChangeRow.rank < 3)
        with self.database.reading() as session:
            return set(session.execute(found).scalars())

    def count(self, kind):
        with self.database.reading() as session:
            return session.execute(select(func.count()).select_from(kind)).scalar_one()


async def test_the_real_days(sqlite):
    versions = by_study(timeline())
    first = [held_on("2026-02-01", history[0][1]) for history in versions.values()]
    rehearsal = FaultyRegistry(first, "2026-02-01T09:00:05")
    transport = httpx.ASGITransport(rehearsal.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://registry/api/v2", headers=PLAIN
    ) as client:
        days = Days(sqlite, rehearsal, Registry(client, pacer=Pacer(100_000)))
        days.follow(versions)
        assert (await days.pass_by("2026-02-01")).baselines == len(versions)
        later = Counter()
        for day in sorted(
            {date for history in versions.values() for date, _ in history[1:]} | set(QUIET_DAYS)
        ):
            moved = [record for history in versions.values() for date, record in history[1:] if date == day]
            report = await days.pass_by(day, moved)
            later[day] += len(moved)
            assert report.outcome == WatchOutcome.DONE
            assert bool(days.mails[day]) == bool(report.notices)
            if not moved:  # then only time can have made something of a record
                assert days.kinds_of(day) <= CALENDAR_KINDS
    assert_each_line_is_explained(sqlite, versions)
    assert days.count(SnapshotRow) <= len(versions) + later.total()
    assert days.count(MessageRow) == sum(map(bool, days.mails.values()))
    assert days.count(NoticeRow) <= days.count(ChangeRow)


def assert_each_line_is_explained(database, versions):
    """Every real re-fetch that differs is a change or has a named rule for not being one, and is stored."""
    with database.reading() as session:
        changed = set(session.execute(select(ChangeRow.nct_id).distinct()).scalars())
        for nct_id, history in versions.items():
            for (_, before), (_, after) in pairwise(history):
                found = detect(msgspec.json.encode(before), msgspec.json.encode(after))
                assert found.changes or found.noise
                assert set(found.noise) <= NOISE
                assert not found.changes or nct_id in changed
        newest = {nct_id: history[-1][1] for nct_id, history in versions.items()}
        for nct_id, kept in snapshots.kept(session, list(newest)[:50]).items():
            stored = msgspec.json.decode(snapshots.record(session, kept.snapshot_id))
            assert stored["protocolSection"] == newest[nct_id]["protocolSection"]
