"""What a letter tells of changes: for each study what is told of it, and what follows from it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlmodel import Session

from notifier import outbox, snapshots
from notifier.changes import Change, Kind, Weight
from notifier.changes.table import position
from notifier.letter import WITH_HISTORY, Ending, Entry, Letter, Reason, Told, Topic
from notifier.letters.drafts import Draft, reasons_of
from notifier.near import Near
from notifier.schedule import workdays_between
from notifier.study import OverallStatus, Study
from notifier.tables import (
    FOLLOWED,
    NoticeState,
    changes,
    check_days,
    conditions,
    notices,
    studies,
    subscriptions,
)

FEW_DAYS_AWAY = 2  # workdays that we may miss without a word: as many data versions


def update_letter(draft: Draft) -> Letter | None:
    """What is due to be told; None where nobody wants it any more."""
    session = draft.session
    _drop_unwanted(session, draft.bare.message_id)
    rows = told_in(session, draft.bare.message_id)
    reasons = reasons_of(session, {row.subscription_id for row in rows})
    if not reasons:
        return None
    entries = entries_of(session, rows, reasons, draft.near)
    return replace(draft.bare, reasons=reasons, entries=entries, away=_away(session, entries))


def entries_of(
    session: Session, rows: Sequence[Row[Any]], reasons: Sequence[Reason], near: Near | None
) -> tuple[Entry, ...]:
    """What is told by those of `rows` for which there is a reason: a study an entry, the heaviest first."""
    why = {reason.subscription_id: reason for reason in reasons}
    by_study: dict[str, list[Row[Any]]] = {}
    for row in rows:
        if row.subscription_id in why:
            by_study.setdefault(row.nct_id, []).append(row)
    entries = [_entry(session, told, why, near) for told in by_study.values()]
    entries.sort(key=lambda entry: (min(t.change.weight.rank for t in entry.told), entry.study.nct_id))
    return tuple(entries)


def _away(session: Session, entries: Sequence[Entry]) -> tuple[date, date] | None:
    """Between which days we had not compared with the registry when we found what is told here; None: we had."""
    for day in sorted({told.detected_at.date() for entry in entries for told in entry.told}, reverse=True):
        earlier = select(func.max(check_days.c.day)).where(check_days.c.day < day.isoformat())
        last = session.execute(earlier).scalar_one()
        if last is not None and workdays_between(date.fromisoformat(last), day) > FEW_DAYS_AWAY:
            return date.fromisoformat(last), day
    return None


def _drop_unwanted(session: Session, message_id: int) -> None:
    """Take out of a message what its subscription no longer wants; it may have ended since the message was made."""
    outbox.keep_for_later(session, message_id)
    gone = select(subscriptions.c.id).where(
        subscriptions.c.id == notices.c.subscription_id, subscriptions.c.state.not_in(FOLLOWED)
    )
    session.execute(
        update(notices)
        .where(notices.c.message_id == message_id, gone.exists())
        .values(state=NoticeState.CANCELLED, reason="subscription not active when its mail was due")
    )


def told_in(session: Session, message_id: int) -> Sequence[Row[Any]]:
    """What a message tells, as stored: a row a subscription and change."""
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
