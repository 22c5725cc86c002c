"""Gathers from the store what one mail is made of. Leaves out what nobody wants any more. Words nothing."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlmodel import Session

from notifier import outbox, snapshots, subscribers
from notifier.changes import Change, Kind, Weight
from notifier.changes.table import position
from notifier.letter import Ending, Entry, Letter, LetterKind, Reason, Silence, Told, Topic
from notifier.near import Circle, Near
from notifier.schedule import workdays_between
from notifier.study import OverallStatus, Study
from notifier.tables import (
    EndedReason,
    MessageRow,
    NoticeState,
    SubscriberRow,
    SubscriptionRow,
    SubscriptionState,
    changes,
    check_days,
    conditions,
    consents,
    notices,
    studies,
    subscriptions,
)

#: Kinds whose history is told: how often, and how far in all, a date has moved.
WITH_HISTORY = (Kind.START_DATE, Kind.PRIMARY_COMPLETION_DATE, Kind.COMPLETION_DATE)

FEW_DAYS_AWAY = 2  # workdays that we may miss without a word: as many data versions


def compose(session: Session, message_id: int, now: datetime) -> Letter | None:
    """The letter of a claimed message as things stand now; None when there is nothing left to say (S9)."""
    message = session.get_one(MessageRow, message_id)
    person = session.get_one(SubscriberRow, message.subscriber_id)
    entries: tuple[Entry, ...] = ()
    silence = None
    if message.kind == LetterKind.UPDATE:
        reasons, entries = _update(session, message_id, _near(person))
    elif message.kind == LetterKind.CONFIRMATION:
        reasons = _reasons(session, subscribers.pending_of(session, message.subscriber_id))
    else:
        reasons, silence = quiet(session, person, message_id, now)
    if not reasons:
        return None
    return Letter(
        message_id=message_id,
        kind=message.kind,
        recipient=_route(person),
        language=person.language,
        time_zone=person.time_zone,
        rfc_message_id=message.rfc_message_id,
        dated=outbox.set_date(session, message_id, now),
        reasons=reasons,
        entries=entries,
        title_in_subject=person.title_in_subject,
        silence=silence,
        away=_away(session, entries),
    )


def _away(session: Session, entries: Sequence[Entry]) -> tuple[date, date] | None:
    """Between which days we had not compared with the registry when we found what is told here; None: we had."""
    for day in sorted({told.detected_at.date() for entry in entries for told in entry.told}, reverse=True):
        earlier = select(func.max(check_days.c.day)).where(check_days.c.day < day.isoformat())
        last = session.execute(earlier).scalar_one()
        if last is not None and workdays_between(date.fromisoformat(last), day) > FEW_DAYS_AWAY:
            return date.fromisoformat(last), day
    return None


def _route(person: SubscriberRow) -> str:
    """The address as SMTP takes it: the domain in ASCII, because few servers take anything else (M32)."""
    return f"{person.email.rpartition('@')[0]}@{person.email_key.rpartition('@')[2]}"


def _near(person: SubscriberRow) -> Near | None:
    if not person.near:
        return None
    lat, lon, km = person.near_lat, person.near_lon, person.near_km
    circle = Circle(lat, lon, km) if lat is not None and lon is not None and km is not None else None
    return Near(person.near, circle)


def _update(
    session: Session, message_id: int, near: Near | None
) -> tuple[tuple[Reason, ...], tuple[Entry, ...]]:
    _drop_unwanted(session, message_id)
    rows = _told(session, message_id)
    reasons = {
        reason.subscription_id: reason for reason in _reasons(session, {row.subscription_id for row in rows})
    }
    by_study: dict[str, list[Row[Any]]] = {}
    for row in rows:
        by_study.setdefault(row.nct_id, []).append(row)
    entries = [_entry(session, told, reasons, near) for told in by_study.values()]
    entries.sort(key=lambda entry: (min(t.change.weight.rank for t in entry.told), entry.study.nct_id))
    return tuple(reasons.values()), tuple(entries)


def _drop_unwanted(session: Session, message_id: int) -> None:
    """Take out of a message what its subscription no longer wants; it may have ended since the message was made."""
    gone = select(subscriptions.c.id).where(
        subscriptions.c.id == notices.c.subscription_id, subscriptions.c.state != SubscriptionState.ACTIVE
    )
    session.execute(
        update(notices)
        .where(notices.c.message_id == message_id, gone.exists())
        .values(state=NoticeState.CANCELLED, reason="subscription not active when its mail was due")
    )


def _told(session: Session, message_id: int) -> Sequence[Row[Any]]:
    rows = (
        select(
            notices.c.subscription_id,
            changes,
            conditions.c.text.label("condition"),
            studies.c.first_seen,
            studies.c.snapshot_id,
            studies.c.left_at,
        )
        .select_from(notices.join(changes).join(studies).outerjoin(conditions))
        .where(notices.c.message_id == message_id, notices.c.state == NoticeState.IN_MESSAGE)
        .order_by(changes.c.id)
    )
    return session.execute(rows).all()


def _entry(
    session: Session, rows: Sequence[Row[Any]], reasons: dict[int, Reason], near: Near | None
) -> Entry:
    once = {row.id: row for row in rows}  # two subscriptions may bring the same change
    told = [
        Told(_change(row), row.detected_at, row.condition, _earlier(session, row), row.posted)
        for row in once.values()
    ]
    told.sort(key=lambda t: (t.change.weight.rank, position(t.change.kind)))
    newest = max((row.after_snapshot_id or 0 for row in rows), default=0) or rows[0].snapshot_id
    study = snapshots.study(session, newest)
    why = tuple(reasons[i] for i in dict.fromkeys(row.subscription_id for row in rows))
    return Entry(
        study=study,
        first_seen=rows[0].first_seen,
        told=tuple(told),
        reasons=why,
        ending=_ending(study, rows[0], newest, told) if any(_of_study(r) for r in why) else None,
        near=near,
    )


def _of_study(reason: Reason) -> bool:
    return reason.topic is Topic.STUDY


def _ending(study: Study, row: Row[Any], newest: int, tellings: Sequence[Told]) -> Ending | None:
    """Whether what is told leaves nothing more to come for somebody who follows the study, as things stand now."""
    told = {telling.change.kind for telling in tellings}
    if row.snapshot_id != newest:
        return None  # the mail waited, and the study has moved on since
    if Kind.LEFT_REGISTRY in told:
        return Ending.LEFT_REGISTRY if row.left_at is not None else None
    if study.overall_status is OverallStatus.WITHDRAWN and Kind.STATUS_STOPPED in told:
        return Ending.WITHDRAWN
    finished = study.overall_status is OverallStatus.COMPLETED and study.has_results
    if finished and told & {Kind.RESULTS_POSTED, Kind.STATUS_CLOSED}:
        return Ending.COMPLETED_WITH_RESULTS
    return None


def after_sending(session: Session, letter: Letter, left_over: Sequence[str], now: datetime) -> None:
    """What follows from a mail that went: alerts that it ended are over, and the silence begins anew."""
    outbox.roll_over(session, letter.message_id, left_over)
    over = [
        reason.subscription_id
        for entry in letter.entries
        if entry.ending and entry.study.nct_id not in left_over
        for reason in entry.reasons
        if _of_study(reason)
    ]
    subscribers.end(session, over, EndedReason.FINISHED, now)
    spoke = session.get_one(MessageRow, letter.message_id).subscriber_id
    if letter.kind is LetterKind.UPDATE:
        subscribers.spoke(session, spoke, now)
    elif letter.kind is LetterKind.STILL_WATCHING:
        subscribers.kept_silent(session, spoke, now)


def _change(row: Row[Any]) -> Change:
    return Change(
        kind=Kind(row.kind),
        weight=Weight(row.weight),
        path=row.path or "",
        before=row.before,
        after=row.after,
    )


def _earlier(session: Session, row: Row[Any]) -> tuple[Change, ...]:
    if row.kind not in WITH_HISTORY:
        return ()
    before = (
        select(changes)
        .where(changes.c.nct_id == row.nct_id, changes.c.kind == row.kind, changes.c.id < row.id)
        .order_by(changes.c.id)
    )
    return tuple(_change(earlier) for earlier in session.execute(before))


def _reasons(session: Session, subscription_ids: Iterable[int]) -> tuple[Reason, ...]:
    rows = (
        select(SubscriptionRow, conditions.c.text, consents.c.given_at)
        .outerjoin(conditions, conditions.c.id == subscriptions.c.condition_id)
        .outerjoin(consents, consents.c.subscription_id == subscriptions.c.id)
        .where(subscriptions.c.id.in_(list(subscription_ids)))
        .order_by(subscriptions.c.id, consents.c.id)
    )
    found = {
        row.SubscriptionRow.id: Reason(
            subscription_id=row.SubscriptionRow.id,
            topic=Topic.STUDY if row.SubscriptionRow.nct_id else Topic.CONDITION,
            label=row.SubscriptionRow.nct_id or row.text,
            asked_at=row.given_at or row.SubscriptionRow.created_at,
            every=row.SubscriptionRow.every.value,
        )
        for row in session.execute(rows)
    }
    return tuple(found.values())


def quiet(
    session: Session, person: SubscriberRow, message_id: int, now: datetime
) -> tuple[tuple[Reason, ...], Silence | None]:
    """What a "still watching" mail says; nothing where there is news after all."""
    mine = select(subscriptions.c.id).where(
        subscriptions.c.subscriber_id == person.id, subscriptions.c.state == SubscriptionState.ACTIVE
    )
    news = select(notices.c.id).where(
        notices.c.subscription_id.in_(mine),
        notices.c.state.in_((NoticeState.DUE, NoticeState.HELD)),
    )
    created = session.get_one(MessageRow, message_id).created_at
    if session.execute(news.limit(1)).first() or person.silent_since > created:
        return (), None
    reasons = _reasons(session, session.execute(mine).scalars())
    return reasons, _silence(session, person, reasons, now)


def _silence(session: Session, person: SubscriberRow, reasons: Sequence[Reason], now: datetime) -> Silence:
    since, until = person.silent_since.date(), now.date()
    days = [since + timedelta(days=n) for n in range(1, (until - since).days + 1)]
    checked, last = snapshots.days_checked(session, since, until)
    return Silence(
        since=since,
        until=until,
        days=len(days),
        checked=sum(day in checked for day in days),
        blind=tuple(day for day in days if day not in checked),
        last_checked=last,
        studies=sum(_of_study(reason) for reason in reasons),
        conditions=sum(not _of_study(reason) for reason in reasons),
        untold=_untold(session, person, reasons),
    )


def _untold(session: Session, person: SubscriberRow, reasons: Sequence[Reason]) -> int:
    """How many changes there were in this silence: of a kind not asked for, or dropped. Nothing changed is else a lie."""
    mine = subscriptions.c.id.in_([reason.subscription_id for reason in reasons])
    found = select(changes.c.id).where(
        changes.c.detected_at > person.silent_since, changes.c.rank < Weight.HOUSEKEEPING.rank
    )
    of_studies = select(subscriptions.c.nct_id).where(mine, subscriptions.c.nct_id.is_not(None))
    of_conditions = select(subscriptions.c.condition_id).where(
        mine, subscriptions.c.condition_id.is_not(None)
    )
    either = (
        changes.c.condition_id.is_(None) & changes.c.nct_id.in_(of_studies)
    ) | changes.c.condition_id.in_(of_conditions)
    return len(session.execute(found.where(either)).all())
