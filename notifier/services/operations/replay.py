"""Replays stored history through today's rules and subscriptions: who would have got what. Sends and changes nothing.

It happens in a scratch database, with the very code that makes notices and messages, so it cannot say anything else
than they would. Everybody who follows something today is taken to have followed it all the time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from notifier.domain.changes import Change, Kind, detect, row_of
from notifier.storage import notices, outbox, scratch
from notifier.storage.engine import Database, Session
from notifier.storage.models import Listed
from notifier.storage.studies import history, snapshots

_TOLD = {Listed.NEW: Kind.NEW_STUDY, Listed.NOW_LISTED: Kind.NOW_LISTED}


@dataclass(frozen=True, slots=True)
class WouldHave:
    """One mail that would have gone: on which day, to whom, and of what."""

    day: date
    email: str
    told: tuple[tuple[str, str], ...]  # NCT id and kind of change


@dataclass(frozen=True, slots=True)
class _Event:
    """Changes of one study that were, or would be, found at one time."""

    at: datetime
    nct_id: str
    changes: tuple[Change, ...]
    condition_id: int | None = None


def replay(database: Database, since: datetime, now: datetime, settle: timedelta) -> list[WouldHave]:
    """The mails that today's rules and subscriptions would have made of what was stored since then, in order."""
    with TemporaryDirectory(prefix="notifier-replay-") as folder:
        playground = database.beside(Path(folder))
        try:
            playground.open()
            with database.reading() as source, playground.transaction() as target:
                scratch.copy(source, target, since)
                events = sorted(_events(source, since), key=lambda event: event.at)
                _play(target, events, since, now, settle)
                return [WouldHave(*mail) for mail in scratch.mails(target)]
        finally:
            playground.close()


def _events(source: Session, since: datetime) -> Iterator[_Event]:
    for nct_id in scratch.moved_since(source, since):
        known = history.versions(source, nct_id)
        for before, after in pairwise(known):
            if after.taken_at >= since:
                old, new = (snapshots.record(source, version.snapshot_id) for version in (before, after))
                yield _Event(after.taken_at, nct_id, detect(old, new).changes)
    for row in scratch.entered_since(source, since, tuple(_TOLD)):
        kind = _TOLD[row.listed]
        change = Change(kind=kind, weight=row_of(kind).weight, path="")
        yield _Event(row.seen_at, row.nct_id, (change,), row.condition_id)


def _play(
    target: Session, events: Sequence[_Event], since: datetime, now: datetime, settle: timedelta
) -> None:
    day, waiting = since.date(), list(events)
    while day <= now.date():
        end = min(datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC), now)
        while waiting and waiting[0].at <= end:
            _find(target, waiting.pop(0), settle)
        outbox.assemble(target, end, "replay.invalid")
        day += timedelta(days=1)


def _find(target: Session, event: _Event, settle: timedelta) -> None:
    pass_id = scratch.a_pass(target, event.at)
    snapshots.store_changes(
        target,
        pass_id,
        event.nct_id,
        event.changes,
        between=(None, None),
        now=event.at,
        condition_id=event.condition_id,
    )
    target.flush()
    notices.make(target, pass_id, event.at, settle=settle)
    outbox.assemble(target, event.at, "replay.invalid")
