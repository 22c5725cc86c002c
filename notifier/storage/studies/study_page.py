"""What the page of one study is made of: its newest version, and its history; and the lists of studies. Gathers in few queries;
words nothing.

What was found under a condition is left out of the history: it belongs to those who follow that condition. Lists find public
studies by words of their titles and conditions, or by a followed condition: one that is stored only because somebody follows it
is not found. Words are folded on both sides, so case and accents make no difference, and a pattern's own signs cannot be typed.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlmodel import Session

from notifier.domain.changes import Kind, Weight
from notifier.domain.letter import Told
from notifier.domain.signed_links import LIFETIME, Purpose
from notifier.domain.study import Study, content_digest, folded, is_nct_id
from notifier.errors import RowUnreadable
from notifier.storage.engine.statements import changed
from notifier.storage.models import (
    FOLLOWED,
    EndedReason,
    Source,
    StudyRow,
    changes,
    conditions,
    listings,
    plain_reads,
    studies,
    subscriptions,
)
from notifier.storage.models import snapshots as versions
from notifier.storage.studies import snapshots

READ_AGAIN_AFTER = timedelta(days=1)
YEAR = timedelta(days=365)
MONTHS_COUNTED = 3  # of new studies under a condition
MONTH = timedelta(days=30)
A_YEAR = 12  # months
#: Of these the words depend on what the whole record said then, so that version is looked up.
_NEED_THEIR_VERSION = frozenset({
    Kind.STATUS_OPENED, Kind.STATUS_PAUSED, Kind.STATUS_STOPPED, Kind.STATUS_CLOSED, Kind.STATUS_CHANGED,
    Kind.BECAME_UNKNOWN, Kind.NO_LONGER_UNKNOWN, Kind.WHY_STOPPED,
})  # fmt: skip
_TOLD = (changes.c.rank < Weight.HOUSEKEEPING.rank) & changes.c.condition_id.is_(None)


@dataclass(frozen=True, slots=True)
class Event:
    """What one update of a study changed. id: of its first change, and the same for ever."""

    id: int
    at: datetime
    study: Study  # as it was then, as far as the words depend on it
    told: tuple[Told, ...]  # heaviest first


@dataclass(frozen=True, slots=True)
class Leaflet:
    """One study. missing: the registry did not show it when it was last asked. more: there are older events.

    watched: for how many whole months, up to a year; the day would say when somebody signed up. updates: how many
    changed something in these months.
    """

    study: Study
    digest: str
    first_seen: datetime | None
    last_read_at: datetime | None
    watched: int
    missing: bool
    events: tuple[Event, ...]
    more: bool
    updates: int


@dataclass(frozen=True, slots=True)
class PageStanding:
    """What we know of a study before its page is made. free: nobody follows it, so a page may read it anew.

    conditions: as its registrant entered them. written: whether somebody wrote of it what is read first. changed_at: the
    last event, or when it was first seen. version: differs whenever the newest version of its record does, or its history.
    """

    alias_of: str | None
    stored: bool
    free: bool
    last_read_at: datetime | None
    conditions: tuple[str, ...]
    written: bool
    changed_at: datetime
    version: tuple[object, ...]

    def is_due(self, now: datetime) -> bool:
        """Whether the registry is to be asked before its page is shown."""
        if not self.stored:
            return True
        return self.free and (self.last_read_at is None or now - self.last_read_at >= READ_AGAIN_AFTER)


#: Who follows a study, or stopped so lately that they may take it back: they must still be told what changed.
_FOLLOWER = select(subscriptions.c.id).where(
    subscriptions.c.nct_id == bindparam("nct_id"),
    subscriptions.c.state.in_(FOLLOWED)
    | (
        (subscriptions.c.ended_reason == EndedReason.UNSUBSCRIBED)
        & (subscriptions.c.ended_at > bindparam("left_since", type_=subscriptions.c.ended_at.type))
    ),
)
#: A version that was taken back changes rows that were there. Without what belongs to those who follow a condition: that a
#: page's tag changed, and no word of it, would say that somebody does.
_HISTORY = (
    select(
        func.max(changes.c.detected_at).filter(_TOLD).label("changed_at"),
        func.count().label("number"),
        func.max(changes.c.id).label("newest"),
        func.sum(changes.c.rank).label("ranks"),
        func.sum(changes.c.after_snapshot_id).label("versions"),
    )
    .where(changes.c.nct_id == bindparam("nct_id"), changes.c.condition_id.is_(None))
    .subquery()
)
# Each page is asked for by this one question, which is put together once.
_STANDING = (
    select(
        studies.c.alias_of,
        studies.c.snapshot_id,
        studies.c.digest,
        studies.c.conditions,
        studies.c.first_seen,
        studies.c.last_read_at,
        studies.c.watched_since,
        studies.c.left_at,
        studies.c.missing_in,
        _FOLLOWER.exists().label("followed"),
        select(versions.c.id).where(versions.c.id == studies.c.snapshot_id).exists().label("stored"),
        select(plain_reads.c.id).where(plain_reads.c.nct_id == studies.c.nct_id).exists().label("written"),
        *_HISTORY.c,
    )
    .select_from(studies.join(_HISTORY, true()))
    .where(studies.c.nct_id == bindparam("nct_id"))
)


def standing(connection: Connection, nct_id: str, now: datetime) -> PageStanding | None:
    """What we know of the study; None where that is nothing."""
    row = connection.execute(_STANDING, _of(nct_id, now)).first()
    if row is None:
        return None
    free = row.watched_since is None and not row.followed
    history = tuple(row[-len(_HISTORY.c) :])
    shown = (row.snapshot_id, row.digest, row.first_seen, _watched(row, now), _is_missing(row))
    return PageStanding(
        row.alias_of if is_nct_id(row.alias_of) and row.alias_of != nct_id else None,
        bool(row.stored),
        free,
        row.last_read_at,
        tuple(row.conditions or ()),
        bool(row.written),
        row.changed_at or row.first_seen or row.last_read_at or now,
        (nct_id, *shown, *history),
    )


def _of(nct_id: str, now: datetime) -> dict[str, object]:
    return {"nct_id": nct_id, "left_since": now - LIFETIME[Purpose.UNDO]}


def _watched(row: Any, now: datetime) -> int:
    return 0 if row.watched_since is None else min(max(now - row.watched_since, timedelta()) // MONTH, A_YEAR)


def _is_missing(row: Any) -> bool:
    return row.left_at is not None or row.missing_in is not None


def publish(session: Session, nct_id: str, now: datetime | None) -> bool:
    """Let our lists and searches show a stored study to everybody; None: no longer. False where it is not stored."""
    stored = update(studies).where(studies.c.nct_id == nct_id, studies.c.snapshot_id.is_not(None))
    return bool(changed(session, stored.values(public_since=now)))


# --- what was read for a page -----------------------------------------------------------------------------------


def keep(session: Session, study: Study, now: datetime) -> bool:
    """Store what the registry showed just now; False where the study is followed and stored.

    Then its versions are the watch pass's alone: a version that came by here would never be told to anybody.
    """
    row = session.get(StudyRow, study.nct_id, with_for_update=True)
    if row is not None and row.snapshot_id is not None and not _is_free(session, row, now):
        return False
    version = snapshots.Version(study, content_digest(study.raw), Source.PAGE)
    snapshots.store(session, version, _data(session, now), now, watch=False)
    publish(session, study.nct_id, now)  # a visitor asked for it while nobody followed it
    return True


def keep_absence(session: Session, nct_id: str, now: datetime) -> None:
    """The registry did not show a stored study that nobody follows."""
    row = session.get(StudyRow, nct_id, with_for_update=True)
    if row is not None and _is_free(session, row, now):
        snapshots.mark_missing(session, nct_id, _data(session, now), now)


def keep_alias(session: Session, old: str, new: str, now: datetime) -> None:
    """The registry has `old` under `new`; where `old` is followed, the watch pass finds that out and tells it."""
    row = session.get(StudyRow, old, with_for_update=True)
    if row is None or _is_free(session, row, now):
        snapshots.mark_alias(session, old, new, now)


def _is_free(session: Session, row: StudyRow, now: datetime) -> bool:
    return (
        row.watched_since is None
        and session.execute(_FOLLOWER.limit(1), _of(row.nct_id, now)).first() is None
    )


def _data(session: Session, now: datetime) -> str:
    return snapshots.newest_data(session) or f"{now:%Y-%m-%dT%H:%M:%S}"


# --- what a page shows ------------------------------------------------------------------------------------------


_NEWEST = (
    select(studies, versions.c.record)
    .join(versions, versions.c.id == studies.c.snapshot_id)
    .where(studies.c.nct_id == bindparam("nct_id"))
)
#: How many updates since then changed something that most followers are told of.
_UPDATES = select(func.count(changes.c.pass_id.distinct())).where(
    changes.c.nct_id == bindparam("nct_id"),
    changes.c.rank <= Weight.NOTABLE.rank,
    changes.c.condition_id.is_(None),
    changes.c.detected_at >= bindparam("since", type_=changes.c.detected_at.type),
)


def of(
    connection: Connection, nct_id: str, now: datetime, *, newest: int = 20, skipped: int = 0
) -> Leaflet | None:
    """What its page shows, with as many events, after the skipped ones; None where no version is stored."""
    row = connection.execute(_NEWEST, {"nct_id": nct_id}).first()
    if row is None:
        return None
    study = snapshots.unpacked(row.snapshot_id, row.record)
    watched, today = _watched(row, now), now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = {"nct_id": nct_id, "since": today - watched * MONTH}
    found = events(connection, [nct_id], {nct_id: (row.snapshot_id, study)}, newest + 1, skipped)
    return Leaflet(
        study=study,
        digest=row.digest,
        first_seen=row.first_seen,
        last_read_at=row.last_read_at,
        watched=watched,
        missing=_is_missing(row),
        events=tuple(found[:newest]),
        more=len(found) > newest,
        updates=int(connection.execute(_UPDATES, since).scalar_one()) if watched else 0,
    )


# What a page asks is put together once.
_IN_STUDIES = changes.c.nct_id.in_(bindparam("nct_ids", expanding=True))
_FIRST = func.min(changes.c.id)
_GROUPS = (
    select(changes.c.pass_id, changes.c.nct_id, _FIRST.label("first"))
    .where(_IN_STUDIES, _TOLD)
    .group_by(changes.c.pass_id, changes.c.nct_id)
    .order_by(_FIRST.desc())
    .limit(bindparam("limit", type_=Integer))
    .offset(bindparam("skipped", type_=Integer))
    .subquery()
)
_EVENTS = (
    select(changes)
    .join(_GROUPS, (changes.c.pass_id == _GROUPS.c.pass_id) & (changes.c.nct_id == _GROUPS.c.nct_id))
    .where(_TOLD)
    .order_by(_GROUPS.c.first.desc(), changes.c.id)
)
_VERSIONS = select(versions.c.id, versions.c.record).where(
    versions.c.id.in_(bindparam("ids", expanding=True))
)


def events(
    connection: Connection,
    nct_ids: Sequence[str],
    newest: dict[str, tuple[int, Study]],
    limit: int,
    skipped: int = 0,
) -> list[Event]:
    """What changed in these studies, the newest first. newest: versions that are decoded already, by study."""
    asked = {"nct_ids": list(nct_ids), "limit": limit, "skipped": skipped}
    by_event: dict[tuple[int, str], list[Row[Any]]] = defaultdict(list)
    # One that cannot be read is not shown: it is named to the admin, and hides no other.
    for row in filter(snapshots.is_readable, connection.execute(_EVENTS, asked)):
        by_event[row.pass_id, row.nct_id].append(row)
    told = [*by_event.values()]
    # Each version that some words depend on, decoded once.
    then = dict(newest.values())
    wanted = {
        rows[0].after_snapshot_id
        for rows in told
        if rows[0].nct_id not in newest or any(row.kind in _NEED_THEIR_VERSION for row in rows)
    }
    then |= decoded(connection, [i for i in wanted if i is not None and i not in then])
    tellings = snapshots.tellings(connection, [row for rows in told for row in rows])
    return [
        Event(
            rows[0].id,
            rows[0].detected_at,
            then[version] if (version := rows[0].after_snapshot_id) in then else newest[rows[0].nct_id][1],
            tuple(sorted((tellings[row.id] for row in rows), key=lambda one: one.change.order)),
        )
        for rows in told
        if rows[0].nct_id in newest or rows[0].after_snapshot_id in then
    ]


def decoded(connection: Connection, snapshot_ids: Sequence[int]) -> dict[int, Study]:
    """Stored versions by their ids; one that cannot be read is not among them."""
    found: dict[int, Study] = {}
    asked = {"ids": list(snapshot_ids)}
    for row in connection.execute(_VERSIONS, asked) if snapshot_ids else ():
        with suppress(RowUnreadable):
            found[row.id] = snapshots.unpacked(row.id, row.record)
    return found


_EXPECTED = (
    select(
        conditions.c.query,
        func.count(listings.c.nct_id).filter(listings.c.first_posted >= bindparam("since")),
    )
    .join(listings, listings.c.condition_id == conditions.c.id)
    .where(
        conditions.c.query.in_(bindparam("queries", expanding=True)),
        conditions.c.watched_since <= bindparam("for_a_month", type_=conditions.c.watched_since.type),
    )
    .group_by(conditions.c.query)
    .having(func.count(listings.c.first_posted) > 0)
    .order_by(conditions.c.query)
)


def expected(connection: Connection, queries: Iterable[str], now: datetime) -> dict[str, int]:
    """How many new studies a month came lately under these conditions, by query, for those that we know it of.

    Not in a condition's first month: that it is watched says that somebody follows it, and would say since when.
    """
    since = (now - MONTHS_COUNTED * MONTH).date().isoformat()
    of = {"queries": list(queries), "since": since, "for_a_month": now - MONTH}
    found = connection.execute(_EXPECTED, of) if of["queries"] else ()
    return {query: round(number / MONTHS_COUNTED) for query, number in found}


# --- lists of studies -------------------------------------------------------------------------------------------


MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Found:
    """A stored study, as a list shows it. missing: the registry did not show it when it was last asked."""

    nct_id: str
    title: str
    status: str | None
    conditions: tuple[str, ...]
    first_posted: str | None
    last_updated: str | None
    first_seen: datetime | None
    snapshot_id: int
    missing: bool


def newest(session: Session, limit: int) -> list[Found]:
    """The public studies that the registry posted last."""
    return _found(session, _listed().limit(limit))


def newest_ids(session: Session, limit: int) -> list[tuple[str, str | None]]:
    """The numbers of the same studies, each with the day of its last update; they are few words for very many studies."""
    chosen = _listed().limit(limit).with_only_columns(studies.c.nct_id, studies.c.last_update_post_date)
    return [(row.nct_id, row.last_update_post_date) for row in session.execute(chosen)]


def find(session: Session, text: str, query: str, *, limit: int, skipped: int = 0) -> list[Found]:
    """Studies that have all words of `text`, or that the registry lists under the followed condition `query`."""
    wanted = words(text)
    if not wanted:
        return []
    under = select(listings.c.nct_id).join(conditions, conditions.c.id == listings.c.condition_id)
    searched = literal(" ") + studies.c.search  # in which each of the words stands, or begins one
    has = and_(*(searched.contains(f" {word}", autoescape=True) for word in wanted))
    either = or_(has, studies.c.nct_id.in_(under.where(conditions.c.query == query)))
    return _found(session, _listed().where(either).limit(limit).offset(skipped))


def words(text: str) -> list[str]:
    """What is looked for; nothing where the text has no letter and no digit."""
    return folded(text).split()[:MOST_WORDS]


def _listed() -> Select[Any]:
    return (
        select(studies)
        .where(studies.c.snapshot_id.is_not(None), studies.c.alias_of.is_(None))
        .where(studies.c.public_since.is_not(None))
        .order_by(studies.c.study_first_post_date.desc().nulls_last(), studies.c.nct_id.desc())
    )


def _found(session: Session, statement: Select[Any]) -> list[Found]:
    return [
        Found(
            nct_id=row.nct_id,
            title=_text(row.brief_title) or row.nct_id,
            status=_text(row.overall_status),
            conditions=tuple(row.conditions or ()),
            first_posted=_text(row.study_first_post_date),
            last_updated=_text(row.last_update_post_date),
            first_seen=row.first_seen,
            snapshot_id=row.snapshot_id,
            missing=row.missing_in is not None or row.left_at is not None,
        )
        for row in session.execute(statement)
    ]


def _text(value: object) -> str | None:
    """SQLite keeps bytes in a column of texts, too."""
    return value if isinstance(value, str) else None
