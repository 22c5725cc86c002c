"""Every stored version of a study, its history, and the watermark of each pass. Knows no mail and no person.

A version is kept when the record differs outside `derivedSection`, whatever rules this program has about news: the
history is complete, and what is told of it is decided elsewhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import zstandard
from sqlalchemy import Connection, Row, Table, delete, insert, select, true, update
from sqlmodel import Session

from notifier.domain import narrowing
from notifier.domain.changes import BAD_NEWS, Change, Kind, Weight, calendar, fingerprint, group_of
from notifier.domain.changes.kinds import LOCATIONS
from notifier.domain.letter import WITH_HISTORY, Told
from notifier.domain.study import Study, decode, folded, is_nct_id
from notifier.errors import RecordUnreadable, RowUnreadable
from notifier.storage.engine.statements import into, is_among, portions
from notifier.storage.models import (
    FOLLOWED,
    UNKNOWN_DAY,
    CheckDayRow,
    PassOutcome,
    PassRow,
    SnapshotRow,
    Source,
    StudyRow,
    changes,
    check_days,
    conditions,
    passes,
    snapshots,
    studies,
    study_countries,
    study_places,
    study_words,
    subscriptions,
)
from notifier.storage.models.columns import Unread

_A_TIME = "____-__-__T%"  # of the registry's data; what is none is passed over
_KINDS, _WEIGHTS = frozenset(Kind), frozenset(Weight)
_DECIMALS = 2  # of degrees; about a kilometre
_LEVEL = 3  # of zstd: 4.6 times smaller than the record at 70 µs each; higher levels buy little


@dataclass(frozen=True, slots=True)
class Kept:
    """A study as the store has it: `snapshot_id` and `digest` are of its newest version."""

    nct_id: str
    watched: bool
    snapshot_id: int | None
    digest: str | None
    missing_in: str | None = None
    left: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """A version that is new to the store, with what it changed; a baseline changes nothing."""

    study: Study
    digest: str
    source: Source
    previous: int | None = None  # the snapshot it was compared with
    changes: tuple[Change, ...] = ()
    #: When the registry posted the update that brought it; None: it came without one.
    posted: str | None = None

    @property
    def is_news(self) -> bool:
        """Whether anybody may be told of it."""
        return any(change.weight is not Weight.HOUSEKEEPING for change in self.changes)


# --- what a pass has to look at ---------------------------------------------------------------------------------


def followed(session: Session) -> dict[str, Kept]:
    """Every study that somebody follows, by NCT id."""
    wanted = select(subscriptions.c.nct_id).where(
        subscriptions.c.nct_id.is_not(None), subscriptions.c.state.in_(FOLLOWED)
    )
    known = {kept.nct_id: kept for kept in _kept(session, studies.c.nct_id.in_(wanted))}
    # What is no id is asked of nobody: the registry would refuse the question, and with it those of all others.
    ids = filter(is_nct_id, session.execute(wanted.distinct()).scalars())
    return {
        nct_id: known.get(nct_id) or Kept(nct_id, watched=False, snapshot_id=None, digest=None)
        for nct_id in ids
    }


def kept(session: Session, nct_ids: Iterable[str]) -> dict[str, Kept]:
    """Those of these studies that the store has, by NCT id."""
    return {
        kept.nct_id: kept
        for portion in portions(nct_ids)
        for kept in _kept(session, studies.c.nct_id.in_(portion))
    }


def _kept(session: Session, which: Any) -> Iterable[Kept]:
    its, watched, left = studies.c, studies.c.watched_since.is_not(None), studies.c.left_at.is_not(None)
    rows = select(its.nct_id, watched, its.snapshot_id, its.digest, its.missing_in, left).where(which)
    return (Kept(*row) for row in session.execute(rows))


def longest_unread(session: Session, limit: int) -> list[str]:
    """The watched studies that were not read for the longest time: real changes come without a date too."""
    rows = (
        select(studies.c.nct_id)
        .where(studies.c.watched_since.is_not(None))
        .order_by(studies.c.last_read_at, studies.c.nct_id)
        .limit(limit)
    )
    return list(session.execute(rows).scalars())


def forget_unfollowed(session: Session) -> None:
    """What nobody follows any more is watched no more; a later follower starts with a fresh baseline."""
    for watched, of in (
        (studies, subscriptions.c.nct_id == studies.c.nct_id),
        (conditions, subscriptions.c.condition_id == conditions.c.id),
    ):
        wanted = select(subscriptions.c.id).where(of, subscriptions.c.state.in_(FOLLOWED))
        session.execute(
            update(watched)
            .where(watched.c.watched_since.is_not(None), ~wanted.exists())
            .values(watched_since=None)
        )


# --- storing ----------------------------------------------------------------------------------------------------


def store(session: Session, version: Version, data_timestamp: str, now: datetime, *, watch: bool) -> int:
    """Keep a version; returns its snapshot's id. `watch`: from now on its changes are news."""
    new = version.study
    row = _row(session, new.nct_id, now)
    if (
        watch
    ):  # of its first version, and after one that cannot be read, what time makes of it counts from now on
        due = calendar.next_day(new, now.date())
        if row.watched_since is not None and row.snapshot_id is not None:
            with suppress(RowUnreadable):
                before = study(session, row.snapshot_id)
                due = calendar.next_day_after(before, new, row.next_due, now.date())
        row.next_due = due
    is_new = row.snapshot_id is None or row.digest != version.digest
    if is_new:
        try:
            name = fingerprint(new.raw)
        except (AttributeError, TypeError, ValueError, KeyError):  # it is so odd that nothing can be watched
            name = f"unread:{version.digest}"[:80]
        snapshot = SnapshotRow(
            nct_id=new.nct_id,
            taken_at=now,
            data_timestamp=data_timestamp,
            source=version.source,
            digest=version.digest,
            fingerprint=name,
            record=zstandard.ZstdCompressor(level=_LEVEL).compress(new.raw),
        )
        session.add(snapshot)
        session.flush()
        row.snapshot_id, row.digest = snapshot.id, version.digest
    _describe(session, row, new, anew=is_new)
    row.last_read_at, row.missing_in, row.left_at = now, None, None
    if watch and row.watched_since is None:
        row.watched_since = now
    assert row.snapshot_id is not None
    return row.snapshot_id


def _describe(session: Session, row: StudyRow, study: Study, *, anew: bool) -> None:
    row.brief_title = (study.brief_title or "").replace("\0", "") or None  # PostgreSQL keeps no NUL
    row.overall_status = _short(study.overall_status, 40)
    row.study_first_post_date = _short(study.study_first_post_date, 10)
    row.last_update_post_date = _short(study.last_update_post_date, 10)
    row.conditions, row.search = list(study.conditions), searched(study)
    row.traits = int(narrowing.traits_of(study))
    if anew:
        keep_places(session, study)


def keep_places(session: Session, study: Study) -> None:
    """Keep where a study has its places, and which words it has: by these new studies are left out that do not fit what
    somebody chose. One of which a place is not on the map keeps no points: it may be near.
    """
    sites = [location.geo_point for location in study.locations]
    known = [point for point in sites if point is not None and point.is_on_the_map]
    points = {(round(point.lat, _DECIMALS), round(point.lon, _DECIMALS)) for point in known}
    kept: tuple[tuple[Table, list[dict[str, Any]]], ...] = (
        (study_places, [{"lat": lat, "lon": lon} for lat, lon in points] if len(known) == len(sites) else []),
        (study_countries, [{"country": country} for country in narrowing.countries_of(study)]),
        (study_words, [{"word": word} for word in narrowing.words_of(study)]),
    )
    for table, rows in kept:
        session.execute(delete(table).where(table.c.nct_id == study.nct_id))
        if rows:
            session.execute(insert(table), [{"nct_id": study.nct_id, **row} for row in rows])


def _short(text: str | None, most: int) -> str | None:
    """A word or date of the registry; one that no column holds is none that we know."""
    return text if text is None or (len(text) <= most and "\0" not in text) else None


def go_back(session: Session, nct_id: str, snapshot_id: int) -> None:
    """An earlier version is the newest again: the next look compares with it."""
    row = session.get_one(StudyRow, nct_id, with_for_update=True)
    version = session.get_one(SnapshotRow, snapshot_id)
    row.snapshot_id, row.digest = snapshot_id, version.digest
    row.last_read_at = version.taken_at  # long ago, so that it is the first to be read again
    row.next_due = UNKNOWN_DAY if row.watched_since else None
    _describe(session, row, study(session, snapshot_id), anew=True)
    session.flush()


def _row(session: Session, nct_id: str, now: datetime) -> StudyRow:
    """The study's row, made where there is none, and locked: a pass and a page may store the same study at once."""
    row = session.get(StudyRow, nct_id, with_for_update=True)
    if row is None:
        made = into(session, StudyRow).values(nct_id=nct_id, first_seen=now).on_conflict_do_nothing()
        session.execute(made)
        row = session.get_one(StudyRow, nct_id, with_for_update=True)
    return row


def searched(study: Study) -> str:
    """What a search looks in: ids, titles, and the conditions as the registrant entered them."""
    names = (study.brief_title, study.official_title, study.acronym)
    return folded(" ".join(filter(None, (study.nct_id, *study.aliases, *names, *study.conditions))))


def mark_read(session: Session, nct_ids: Sequence[str], now: datetime) -> None:
    """These were read and had not changed."""
    for portion in portions(nct_ids):
        session.execute(
            update(studies)
            .where(studies.c.nct_id.in_(portion))
            .values(last_read_at=now, missing_in=None, left_at=None)
        )


def mark_missing(session: Session, nct_id: str, data_timestamp: str, now: datetime) -> None:
    """The registry did not have it in this data version; a study never seen gets a row that says so."""
    row = _row(session, nct_id, now)
    row.last_read_at, row.missing_in = now, row.missing_in or data_timestamp
    session.flush()


def mark_left(session: Session, nct_id: str, now: datetime) -> None:
    """It was missing in two different data versions: it left the registry."""
    session.execute(update(studies).where(studies.c.nct_id == nct_id).values(last_read_at=now, left_at=now))


def mark_alias(session: Session, old: str, new: str, now: datetime) -> None:
    """The registry merged `old` into `new`."""
    row = _row(session, old, now)
    row.alias_of, row.watched_since = new, None
    session.flush()


def store_changes(
    session: Session,
    pass_id: int,
    nct_id: str,
    found: Sequence[Change],
    *,
    between: tuple[int | None, int | None],
    now: datetime,
    posted: str | None = None,
    condition_id: int | None = None,
) -> None:
    """Keep the changes that a pass found in one study; `between` are the snapshots before and after, `posted`
    is when the registry posted the update that brought them.
    """
    before, after = between
    rows = [
        {
            "pass_id": pass_id,
            "nct_id": nct_id,
            "condition_id": condition_id,
            "kind": change.kind.value,
            "weight": change.weight.value,
            "rank": change.weight.rank,
            "group": int(group_of(change.kind)),
            "alone": change.kind in BAD_NEWS,
            "path": change.path,
            **_where(change),
            "before": change.before,
            "after": change.after,
            "before_snapshot_id": before,
            "after_snapshot_id": after,
            "detected_at": now,
            "posted": _short(posted, 10),
        }
        for change in found
    ]
    if rows:
        session.execute(insert(changes), rows)


def was_told(session: Session, nct_id: str, kind: Kind, since: datetime) -> bool:
    """Whether a change of this kind was found in the study since then."""
    found = select(changes.c.id).where(
        changes.c.nct_id == nct_id, changes.c.kind == kind.value, changes.c.detected_at >= since
    )
    return session.execute(found.limit(1)).first() is not None


def _where(change: Change) -> dict[str, float | None]:
    """Where on the map a place is that changed; None for what is no place, or has no point of its own."""
    site = (change.after or change.before) if change.path == LOCATIONS else None
    point = site.get("geoPoint") if isinstance(site, dict) else None
    lat, lon = (point.get("lat"), point.get("lon")) if isinstance(point, dict) else (None, None)
    known = isinstance(lat, int | float) and isinstance(lon, int | float)
    return {"lat": lat, "lon": lon} if known else {"lat": None, "lon": None}


# --- reading ----------------------------------------------------------------------------------------------------


def record(session: Session, snapshot_id: int) -> bytes:
    """The registry's exact bytes of one stored version. Raises RowUnreadable."""
    packed = session.execute(select(snapshots.c.record).where(snapshots.c.id == snapshot_id)).scalar()
    return _unpacked(snapshot_id, packed)


def unpacked(snapshot_id: int, packed: bytes | None) -> Study:
    """A stored version, from the bytes of its row, if there is one. Raises RowUnreadable."""
    try:
        return decode(_unpacked(snapshot_id, packed))
    except RecordUnreadable as fault:
        raise _unreadable(snapshot_id) from fault


def _unpacked(snapshot_id: int, packed: bytes | None) -> bytes:
    if packed is None:
        raise _unreadable(snapshot_id)
    try:
        return zstandard.ZstdDecompressor().decompress(packed)
    except (zstandard.ZstdError, TypeError) as fault:
        raise _unreadable(snapshot_id) from fault


def _unreadable(snapshot_id: int) -> RowUnreadable:
    return RowUnreadable(
        f"The stored version {snapshot_id} of a record cannot be read: see `notifier doctor`"
    )


def before(session: Session, nct_id: str, snapshot_id: int, limit: int) -> Iterator[bytes]:
    """The readable versions of a study before this one, the newest first."""
    older = select(snapshots.c.id).where(snapshots.c.nct_id == nct_id, snapshots.c.id < snapshot_id)
    for identity in session.execute(older.order_by(snapshots.c.id.desc()).limit(limit)).scalars().all():
        with suppress(RowUnreadable):
            yield record(session, identity)


def study(session: Session, snapshot_id: int) -> Study:
    """One stored version, decoded. Raises RowUnreadable."""
    packed = session.execute(select(snapshots.c.record).where(snapshots.c.id == snapshot_id)).scalar()
    return unpacked(snapshot_id, packed)


def studies_of(session: Session, snapshot_ids: Sequence[int]) -> dict[int, Study]:
    """These stored versions, decoded, by the ids of their snapshots."""
    rows = session.execute(select(snapshots.c.id, snapshots.c.record).where(snapshots.c.id.in_(snapshot_ids)))
    return {row.id: unpacked(row.id, row.record) for row in rows}


def is_readable(row: Any) -> bool:
    """Whether a stored change says what today's program knows."""
    return (
        row.kind in _KINDS
        and row.weight in _WEIGHTS
        and row.detected_at is not None
        and isinstance(row.posted, str | None)
        and not any(isinstance(value, Unread) for value in (row.before, row.after))
    )


def change_of(row: Any) -> Change:
    """A stored change. Raises RowUnreadable."""
    if not is_readable(row):
        raise RowUnreadable(f"The stored change {row.id} cannot be read: see `notifier doctor`")
    return Change(Kind(row.kind), Weight(row.weight), row.path or "", row.before, row.after)


def tellings(reader: Session | Connection, rows: Sequence[Any]) -> dict[int, Told]:
    """Stored changes as they are told, by id. How often a date of a study moved is told too: with every earlier move of it,
    oldest first. rows: of changes, and `condition`, its text, where they have it.
    """
    earlier: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    if moved := sorted({row.nct_id for row in rows if row.kind in WITH_HISTORY}):
        for move in filter(is_readable, reader.execute(_MOVES, {"nct_ids": moved})):
            earlier[move.nct_id, move.kind].append(move)
    return {
        row.id: Told(
            change_of(row),
            row.detected_at,
            getattr(row, "condition", None),
            tuple(change_of(move) for move in earlier[row.nct_id, row.kind] if move.id < row.id),
            row.posted,
        )
        for row in rows
    }


_MOVES = (
    select(changes)
    .where(is_among(changes.c.nct_id, "nct_ids"), changes.c.kind.in_(WITH_HISTORY))
    .order_by(changes.c.id)
)


def mark_checked(session: Session, now: datetime) -> None:
    """Today we compared with the registry, all of it."""
    row = session.get(CheckDayRow, now.date().isoformat())
    if row is None:
        session.add(CheckDayRow(day=now.date().isoformat(), last_at=now))
    else:
        row.last_at = max(row.last_at, now)


def days_checked(session: Session, since: date, until: date) -> tuple[set[date], datetime | None]:
    """The days in between, both ends included, on which we compared with the registry; and when last."""
    rows = session.execute(
        select(check_days).where(check_days.c.day.between(since.isoformat(), until.isoformat()))
    ).all()
    return {date.fromisoformat(row.day) for row in rows}, max((row.last_at for row in rows), default=None)


def held_note(session: Session) -> str | None:
    """Why the newest held pass is held."""
    newest = select(passes.c.note).where(passes.c.note.is_not(None)).order_by(passes.c.id.desc()).limit(1)
    return session.execute(newest).scalar_one_or_none()


def first_pass(session: Session) -> datetime | None:
    """When the first watch pass that came to an end did; None: none has."""
    oldest = select(passes.c.finished_at).order_by(passes.c.id).limit(1)
    return session.execute(oldest).scalar_one_or_none()


def usual_people(session: Session) -> list[int]:
    """How many people the last passes with news concerned; a held one is not usual."""
    rows = (
        select(passes.c.people)
        .where(passes.c.outcome != PassOutcome.HELD, passes.c.people > 0)
        .order_by(passes.c.id.desc())
        .limit(20)
    )
    return list(session.execute(rows).scalars())


def newest_data(session: Session) -> str | None:
    """The latest data version of which a pass stored anything, even one that did not come to its end.

    What was read for a page tells nothing of the data version that it came from.
    """
    stored: list[str] = []
    for table, which in ((passes, true()), (snapshots, snapshots.c.source != Source.PAGE)):
        newest = select(table.c.data_timestamp).where(which, table.c.data_timestamp.like(_A_TIME))
        stored += session.execute(newest.order_by(table.c.id.desc()).limit(1)).scalars()
    return max(stored, default=None)


def watermark(session: Session) -> PassRow | None:
    """The newest pass that looked at everything."""
    newest = (
        select(PassRow)
        .where(passes.c.outcome.in_((PassOutcome.DONE, PassOutcome.HELD)))
        .where(passes.c.data_timestamp.like(_A_TIME))
        .order_by(passes.c.id.desc())
        .limit(1)
    )
    return session.execute(newest).scalars().first()
