"""What is stored of studies, in order: their versions and the changes that were detected; all that is followed, with how many
people follow it, and no person; a version taken back; and a scratch copy of the store, in which history is played again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Float,
    Row,
    Subquery,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlmodel import Session

from notifier.domain.changes import Change, Weight
from notifier.errors import BusyError, InputError
from notifier.storage.engine.statements import changed
from notifier.storage.models import (
    FOLLOWED,
    Fate,
    Listed,
    ListingRow,
    MessageState,
    NoticeState,
    PassOutcome,
    PassRow,
    StudyRow,
    SubscriptionState,
    changes,
    conditions,
    listings,
    messages,
    notices,
    studies,
    study_countries,
    study_places,
    study_words,
    subscribers,
    subscriptions,
)
from notifier.storage.models import snapshots as snapshot_table
from notifier.storage.outbox import assembly
from notifier.storage.outbox.cancellation import cancel_empty
from notifier.storage.studies import snapshots


@dataclass(frozen=True, slots=True)
class StoredChange:
    """One change as it was detected; `versions` are the numbers of the two it lies between."""

    change: Change
    detected_at: datetime
    versions: tuple[int | None, int | None]
    condition: str | None
    posted: str | None


def row(session: Session, nct_id: str) -> StudyRow:
    """What we know of the study. Raises InputError where that is nothing."""
    found = session.get(StudyRow, nct_id)
    if found is None:
        raise InputError(
            f"{nct_id} is not stored here: nobody follows it, or its first look is still to come"
        )
    return found


def followers(session: Session, nct_id: str) -> int:
    """How many people follow the study."""
    count = select(func.count()).where(subscriptions.c.nct_id == nct_id, subscriptions.c.state.in_(FOLLOWED))
    return int(session.execute(count).scalar_one())


def followed_studies(session: Session, limit: int | None) -> Iterable[Row[Any]]:
    """Every study that somebody follows, those with most followers first. seen: it has been looked at; there: the registry
    showed it when it was last asked.
    """
    many = _followers(subscriptions.c.nct_id)
    last = _last_change(changes.c.nct_id, changes.c.condition_id.is_(None))
    its = studies.c
    return session.execute(
        select(
            many.c.topic.label("nct_id"), its.brief_title.label("title"), its.overall_status.label("status")
        )
        .add_columns(many.c.followers, last.c.last_change, its.watched_since.is_not(None).label("seen"))
        .add_columns((its.missing_in.is_(None) & its.left_at.is_(None)).label("there"))
        .select_from(many)
        .outerjoin(studies, its.nct_id == many.c.topic)
        .outerjoin(last, last.c.topic == many.c.topic)
        .order_by(many.c.followers.desc(), many.c.topic)
        .limit(limit)
    )


def followed_conditions(session: Session, limit: int | None) -> Iterable[Row[Any]]:
    """Every condition that somebody follows, those with most followers first, and how many studies were seen under it. seen: it
    has been looked at.
    """
    many = _followers(subscriptions.c.condition_id)
    last = _last_change(changes.c.condition_id, changes.c.condition_id.is_not(None))
    under = select(func.count()).where(listings.c.condition_id == conditions.c.id).scalar_subquery()
    seen = conditions.c.watched_since.is_not(None).label("seen")
    return session.execute(
        select(conditions.c.text, many.c.followers, under.label("studies"), last.c.last_change, seen)
        .select_from(many)
        .join(conditions, conditions.c.id == many.c.topic)
        .outerjoin(last, last.c.topic == many.c.topic)
        .order_by(many.c.followers.desc(), conditions.c.query)
        .limit(limit)
    )


def _followers(topic: Column[Any]) -> Subquery:
    return (
        select(topic.label("topic"), func.count().label("followers"))
        .where(topic.is_not(None), subscriptions.c.state.in_(FOLLOWED))
        .group_by(topic)
        .subquery()
    )


def _last_change(topic: Column[Any], of: ColumnElement[bool]) -> Subquery:
    return (
        select(topic.label("topic"), func.max(changes.c.detected_at).label("last_change"))
        .where(of)
        .group_by(topic)
        .subquery()
    )


def versions(session: Session, nct_id: str) -> Sequence[Row[Any]]:
    """Every stored version, the oldest first, by its number from 1; a time that cannot be read is None."""
    its = snapshot_table.c
    number = func.row_number().over(order_by=its.id).label("number")
    rows = select(number, its.id.label("snapshot_id"), its.taken_at, its.data_timestamp, its.source)
    return session.execute(rows.where(its.nct_id == nct_id).order_by(its.id)).all()


def stored_changes(session: Session, nct_id: str, known: Sequence[Row[Any]]) -> list[StoredChange]:
    """Every change that was detected, the oldest first."""
    numbers = {version.snapshot_id: version.number for version in known}
    rows = session.execute(
        select(changes, conditions.c.text)
        .outerjoin(conditions, conditions.c.id == changes.c.condition_id)
        .where(changes.c.nct_id == nct_id)
        .order_by(changes.c.id)
    )
    return [
        StoredChange(
            snapshots.change_of(each),
            each.detected_at,
            (numbers.get(each.before_snapshot_id), numbers.get(each.after_snapshot_id)),
            each.text,
            each.posted,
        )
        for each in filter(snapshots.is_readable, rows)
    ]


def record_of(session: Session, known: Sequence[Row[Any]], number: int) -> bytes:
    """The registry's bytes of a version by its number. Raises InputError for a number that is not there."""
    if 1 <= number <= len(known):
        return snapshots.record(session, known[number - 1].snapshot_id)
    raise InputError(f"There is no version {number}: the stored ones are 1 to {len(known)}")


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What came of it."""

    version: int  # that is the newest now
    changes: tuple[int, ...]  # ids
    untold: int  # notices that are told to nobody now
    told: int  # people who were told, or may have been


def take_back(session: Session, nct_id: str, number: int, now: datetime) -> TakenBack:
    """Forget this version of the study. Raises InputError where it is not the newest of several.

    Raises BusyError while a mail that tells of it is on its way.
    """
    row(session, nct_id)
    known = versions(session, nct_id)
    _check(known, number, nct_id)
    before, bad = known[-2], known[-1]
    brought = and_(
        changes.c.nct_id == nct_id,
        changes.c.condition_id.is_(None),
        changes.c.after_snapshot_id == bad.snapshot_id,
        changes.c.before_snapshot_id != bad.snapshot_id,
    )
    ids = session.execute(select(changes.c.id).where(brought).order_by(changes.c.id)).scalars().all()
    of_them = notices.c.change_id.in_(ids)
    going = select(notices.c.id).join(messages, messages.c.id == notices.c.message_id)
    if session.execute(going.where(of_them, messages.c.state == MessageState.SENDING).limit(1)).first():
        raise BusyError("A mail that tells of it is being sent this moment: try again in a minute")
    gone = select(messages.c.id).where(
        messages.c.id == notices.c.message_id, messages.c.state == MessageState.SENT
    )
    untold = or_(
        notices.c.state.in_((NoticeState.DUE, NoticeState.HELD)),
        and_(notices.c.state == NoticeState.IN_MESSAGE, ~gone.exists()),
    )
    touched = select(notices.c.message_id).where(of_them, notices.c.message_id.is_not(None))
    cancelling = update(notices).where(of_them, untold)
    stopped = changed(session, cancelling.values(state=NoticeState.CANCELLED, reason=Fate.TAKEN_BACK))
    cancel_empty(session, touched, Fate.TAKEN_BACK.words, now)
    readers = (
        select(func.count(func.distinct(subscriptions.c.subscriber_id)))
        .select_from(notices.join(messages, messages.c.id == notices.c.message_id).join(subscriptions))
        .where(of_them, or_(messages.c.state == MessageState.SENT, messages.c.unsure > 0))
    )
    told = int(session.execute(readers).scalar_one())
    # No page shows them any more, and no silence counts them; their rows say what was told.
    session.execute(
        update(changes)
        .where(changes.c.id.in_(ids))
        .values(weight=Weight.HOUSEKEEPING.value, rank=Weight.HOUSEKEEPING.rank)
    )
    # The version before is the newest again, and stands wherever the forgotten one stood.
    for side in (changes.c.after_snapshot_id, changes.c.before_snapshot_id):
        session.execute(update(changes).where(side == bad.snapshot_id).values({side: before.snapshot_id}))
    snapshots.go_back(session, nct_id, before.snapshot_id)
    session.execute(delete(snapshot_table).where(snapshot_table.c.id == bad.snapshot_id))
    return TakenBack(before.number, tuple(ids), stopped, told)


def _check(known: Sequence[Row[Any]], number: int, nct_id: str) -> None:
    if not 1 <= number <= len(known):
        raise InputError(f"There is no version {number} of {nct_id}: the stored ones are 1 to {len(known)}")
    if number != len(known):
        raise InputError(
            f"Version {number} of {nct_id} is not the newest: what came later was compared with it, so take back "
            f"version {len(known)} first"
        )
    if len(known) < 2:
        raise InputError(f"{nct_id} has only this version: there is none before it to go back to")


def copy(source: Session, target: Session, since: datetime) -> None:
    """Everybody who follows something today, as if they had followed it since then, and nothing that was ever told."""
    live = subscriptions.c.state == SubscriptionState.ACTIVE
    for table in (
        conditions, studies, study_places, study_countries, study_words, subscribers, subscriptions,
    ):  # fmt: skip
        question = select(table).where(live) if table is subscriptions else select(table)
        needed = [column.name for column in table.c if not column.nullable]
        numbers = [column.name for column in table.c if isinstance(column.type, Float) and column.nullable]
        rows = [dict(row._mapping) for row in source.execute(question)]  # noqa: SLF001 - its documented name
        for row in rows:  # a time that cannot be read is none, which not every column takes
            row.update({name: since for name in needed if row[name] is None})
            row.update({name: None for name in numbers if not isinstance(row[name], int | float)})
        if rows:
            target.execute(insert(table), rows)
    target.execute(update(subscribers).values(still_watching=False))
    assembly.set_digests(target, since, subscriptions.c.next_digest_at.is_not(None))


def moved_since(source: Session, since: datetime) -> list[str]:
    """The studies of which a version was stored since then."""
    moved = select(snapshot_table.c.nct_id).where(snapshot_table.c.taken_at >= since).distinct()
    return list(source.execute(moved).scalars())


def entered_since(source: Session, since: datetime, why: tuple[Listed, ...]) -> list[ListingRow]:
    """What came to stand under a condition since then, for one of these reasons."""
    entered = select(ListingRow).where(listings.c.seen_at >= since, listings.c.listed.in_(why))
    return list(source.execute(entered).scalars())


def a_pass(target: Session, at: datetime) -> int:
    """A pass that ended then; returns its id."""
    day = at.date().isoformat()
    row = PassRow(data_timestamp=day, started_at=at, finished_at=at, outcome=PassOutcome.DONE, requests=0)
    target.add(row)
    target.flush()
    assert row.id is not None
    return row.id


def mails(target: Session) -> Iterator[tuple[date, str, tuple[tuple[str, str], ...], int]]:
    """Each mail that was made there: its day, its address, what it tells by NCT id and kind, and how many new studies it
    counts as left out.
    """
    counted = select(notices.c.counted_in, func.count()).where(notices.c.counted_in.is_not(None))
    left_out = {row[0]: int(row[1]) for row in target.execute(counted.group_by(notices.c.counted_in))}
    rows = target.execute(
        select(messages.c.id, messages.c.due_at, subscribers.c.email, changes.c.nct_id, changes.c.kind)
        .select_from(notices.join(messages).join(changes, changes.c.id == notices.c.change_id))
        .join(subscribers, subscribers.c.id == messages.c.subscriber_id)
        .where(notices.c.state == NoticeState.IN_MESSAGE)
        .order_by(messages.c.due_at, messages.c.id, changes.c.id)
    ).all()
    for message_id in dict.fromkeys(row.id for row in rows):
        mine = [row for row in rows if row.id == message_id]
        told = dict.fromkeys((row.nct_id, row.kind) for row in mine)
        yield mine[0].due_at.date(), mine[0].email, tuple(told), left_out.get(message_id, 0)
