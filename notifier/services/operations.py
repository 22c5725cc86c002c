"""Who would get what next: the very code that makes the mails, run in a transaction that is thrown away.

So it cannot say anything else than they would. What the registry will publish meanwhile is not in it.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from notifier.domain.changes import Change, Kind, detect, made
from notifier.domain.letter import Entry, LetterKind
from notifier.errors import RowUnreadable
from notifier.services.deliver import is_allowed
from notifier.settings import Settings
from notifier.storage import letters, notices, suppression
from notifier.storage.engine import Database, Session
from notifier.storage.models import Fate, Listed
from notifier.storage.outbox import admin_queries, assembly, claims, transactional
from notifier.storage.outbox.admin_queries import ToldChange, tellings
from notifier.storage.studies import history, snapshots

MOST_COMPOSED = 30  # mails of a plan whose words are looked up


@dataclass(frozen=True, slots=True)
class Planned:
    """One mail that would go, not before its time."""

    at: datetime
    kind: LetterKind
    subscriber_id: int
    email: str
    message_id: int
    tells: tuple[ToldChange, ...]
    made: bool  # it stands in the outbox already
    haste: int = 0  # what goes first where not all may go: the least


@dataclass(frozen=True, slots=True)
class MailPlan:
    """What would go from now until then, and what would not, and why."""

    now: datetime
    until: datetime
    mails: tuple[Planned, ...]
    stopped: dict[str, int]  # mails that would be cancelled when they are due, by why
    held: tuple[int, int]  # notices and mails that wait for an admin
    waits: dict[Fate, int]  # notices that would still wait after it, by why
    left_out: int  # new studies that these mails count as not fitting what somebody chose
    looked: str | None  # the data version of the last look at the registry
    limited: int = 0  # mails that wait because no more may go in an hour
    entries: tuple[Entry, ...] = ()  # what is told, of each study once, where that was asked for

    def of_the_limit(self) -> list[str]:
        """What waits because no more may go in an hour, in a sentence; none where nothing does."""
        if not self.limited:
            return []
        last = f"{max(each.at for each in self.mails):%Y-%m-%d %H:%M} UTC"
        why = "because no more may go in an hour (NOTIFIER_MAILS_AN_HOUR)"
        return [f"{self.limited} of them wait, {why}; the last goes at {last}."]

    def hours(self) -> Counter[tuple[datetime, LetterKind]]:
        return Counter((each.at.replace(minute=0, second=0, microsecond=0), each.kind) for each in self.mails)


def plan(
    session: Session,
    settings: Settings,
    now: datetime,
    until: datetime,
    *,
    domain: str,
    key: bytes,
    with_tellings: bool = True,
    with_words: bool = False,
) -> MailPlan:
    """The plan. Changes the store: call it in a transaction that is rolled back.

    `key`: of the suppressed addresses; `with_tellings`: each mail says what it tells, for whoever looks at single mails;
    `with_words`: the plan holds what there is to be said of each study.
    """
    last, a_day = admin_queries.newest(session), settings.mails_a_day
    transactional.say_no_study(session, now, domain, key)
    for moment in admin_queries.moments(session, now, until):
        assembly.assemble(
            session, moment, domain, suppression_key=key, mails_a_day=a_day, everybodys_digests=False
        )
    session.flush()
    rows = admin_queries.until(session, until)
    gone = suppression.among(session, key, {row.subscriber_id for row in rows})
    stopped, going = Counter[str](), []
    for row in rows:
        if not row.email or row.subscriber_id in gone:
            stopped["suppressed"] += 1
        elif not is_allowed(row.email, settings.recipient_allowlist):
            stopped["not on the allow-list of recipients"] += 1
        else:
            going.append(row)
    tells = tellings(session, [row.id for row in going]) if with_tellings else {}
    mails = [
        Planned(
            max(row.due_at, now),
            row.kind,
            row.subscriber_id,
            row.email,
            row.id,
            tuple(tells.get(row.id, ())),
            made=row.id <= last,
            haste=row.haste,
        )
        for row in going
    ]
    limited = 0
    if (most := settings.mails_an_hour) is not None:
        spread = in_time(mails, most, admin_queries.went_times(session, now, most))
        limited = sum(before.at < after.at for before, after in spread)
        mails = [after for _, after in spread]
    return MailPlan(
        now,
        until,
        tuple(mails),
        dict(stopped),
        (admin_queries.held_notices(session), claims.held(session)),
        admin_queries.still_waiting(session, until),
        notices.left_out_since(session, last),
        mark.data_timestamp if (mark := snapshots.watermark(session)) else None,
        limited,
        tuple(_entries(session, mails, now)) if with_words else (),
    )


def _entries(session: Session, mails: Sequence[Planned], now: datetime) -> Iterator[Entry]:
    """What is told of each study, as one of its mails has it; of a few dozen mails, for it is for eyes."""
    said: set[str] = set()
    composed = 0
    for mail in mails:
        if composed < MOST_COMPOSED and not said.issuperset(told.nct_id for told in mail.tells):
            composed += 1
            with suppress(RowUnreadable):
                letter = letters.compose(session, mail.message_id, now, as_sent=True)
                for entry in letter.entries if letter else ():
                    if entry.study.nct_id not in said:
                        said.add(entry.study.nct_id)
                        yield entry


def in_time(
    mails: Sequence[Planned], mails_an_hour: int, went: Sequence[datetime]
) -> list[tuple[Planned, Planned]]:
    """Each mail, and the same at the time at which it goes, where no more than so many may go in any hour. Pure.

    went: when mails went in the past hour.
    """
    times = deque(sorted(went), maxlen=mails_an_hour)
    ahead, ready, spread = deque(sorted(mails, key=lambda each: each.at)), list[tuple[Any, ...]](), []
    at = datetime.min.replace(tzinfo=UTC)
    while ahead or ready:
        if not ready:
            at = max(at, ahead[0].at)
        if len(times) == mails_an_hour:
            at = max(at, times[0] + timedelta(hours=1))
        while ahead and ahead[0].at <= at:
            heappush(ready, (ahead[0].haste, ahead[0].at, -len(ahead), ahead.popleft()))
        mail = heappop(ready)[-1]
        times.append(at)
        spread.append((mail, replace(mail, at=at)))
    return spread


_TOLD = {Listed.NEW: Kind.NEW_STUDY, Listed.NOW_LISTED: Kind.NOW_LISTED}


@dataclass(frozen=True, slots=True)
class WouldHave:
    """One mail that would have gone: on which day, to whom, and of what."""

    day: date
    email: str
    told: tuple[tuple[str, str], ...]  # NCT id and kind of change
    left_out: int  # new studies that it counts as not fitting what was chosen


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
                history.copy(source, target, since)
                events = sorted(_events(source, since), key=lambda event: event.at)
                day, waiting = since.date(), list(events)
                while day <= now.date():
                    end = min(datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC), now)
                    while waiting and waiting[0].at <= end:
                        _find(target, waiting.pop(0), settle)
                    assembly.assemble(target, end, "replay.invalid")
                    day += timedelta(days=1)
                return [WouldHave(*mail) for mail in history.mails(target)]
        finally:
            playground.close()


def _events(source: Session, since: datetime) -> Iterator[_Event]:
    for nct_id in history.moved_since(source, since):
        known = history.versions(source, nct_id)
        for before, after in pairwise(known):
            if after.taken_at is not None and after.taken_at >= since:
                with suppress(RowUnreadable):  # it is named to the admin, and hides no other
                    old, new = (snapshots.record(source, version.snapshot_id) for version in (before, after))
                    yield _Event(after.taken_at, nct_id, detect(old, new).changes)
    for row in history.entered_since(source, since, tuple(_TOLD)):
        yield _Event(row.seen_at, row.nct_id, (made(_TOLD[row.listed]),), row.condition_id)


def _find(target: Session, event: _Event, settle: timedelta) -> None:
    pass_id = history.a_pass(target, event.at)
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
    assembly.assemble(target, event.at, "replay.invalid")
