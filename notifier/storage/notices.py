"""Who is concerned by a change: set-based SQL, never a loop over subscribers in Python."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, insert, literal, null, select, update
from sqlmodel import Session

from notifier.domain.changes import Weight
from notifier.storage import eligibility
from notifier.storage.engine.statements import changed, portions
from notifier.storage.models import (
    FOLLOWED,
    Fate,
    NoticeState,
    changes,
    conditions,
    listings,
    messages,
    notices,
    studies,
    subscribers,
    subscriptions,
)

_OTHERS = notices.alias("others")


def make(session: Session, pass_id: int, now: datetime, *, settle: timedelta = timedelta(0)) -> int:
    """Make the notices of all changes of a pass, and return how many are to be told.

    One for every active or paused subscription to the study, or to the condition under which it was found, that asked
    for changes of that weight and group: what comes during a pause is kept for later. The pair (subscription, change) is unique in the database, so none is ever made
    twice. Minor edits wait for `settle`; what was changed back before it was told is told to nobody.
    """
    found = (changes.c.pass_id == pass_id) & subscriptions.c.state.in_(FOLLOWED)
    for topic in eligibility.TOPICS:
        session.execute(_insert(topic, found, now, settle))
    _leave_out(session, _of_pass(pass_id))
    # A→B→A: where the way there was not told yet, neither is told; a person who was told of it is told of the way back.
    found_now = select(changes).where(changes.c.pass_id == pass_id, changes.c.condition_id.is_(None))
    untold = select(notices.c.change_id).where(notices.c.state == NoticeState.DUE)
    older = select(changes).where(
        changes.c.nct_id.in_(found_now.with_only_columns(changes.c.nct_id)),
        changes.c.pass_id < pass_id,
        changes.c.id.in_(untold),
    )
    there: dict[tuple[str, str | None], list[Row[Any]]] = {}
    for row in session.execute(older):
        there.setdefault((row.nct_id, row.path), []).append(row)
    for back in session.execute(found_now).all() if there else ():
        for row in there.get((back.nct_id, back.path), ()):
            if (row.before, row.after) == (back.after, back.before):
                waiting = select(notices.c.subscription_id).where(
                    notices.c.change_id == row.id, notices.c.state == NoticeState.DUE
                )
                people: Sequence[int] = session.execute(waiting).scalars().all()
                session.execute(
                    update(notices)
                    .where(notices.c.change_id.in_((row.id, back.id)), notices.c.subscription_id.in_(people))
                    .where(notices.c.state == NoticeState.DUE)
                    .values(state=NoticeState.CANCELLED, reason=Fate.CHANGED_BACK)
                )
    due = (
        select(func.count())
        .select_from(notices.join(changes))
        .where(changes.c.pass_id == pass_id, notices.c.state == NoticeState.DUE)
    )
    return int(session.execute(due).scalar_one())


def cancel_arrival(session: Session, condition_id: int, nct_id: str) -> None:
    """A study left the list of a condition before somebody was told that it came: neither is told to them."""
    came = select(changes.c.id).where(changes.c.condition_id == condition_id, changes.c.nct_id == nct_id)
    _move(session, came, NoticeState.DUE, NoticeState.CANCELLED, Fate.CHANGED_BACK)


def catch_up(session: Session, subscription_ids: Sequence[int], now: datetime) -> None:
    """Make the notices of what was found since these subscriptions ended, because somebody takes their ending back.

    What waits for an admin, or was dropped by one, is left out.
    """
    stopped = select(_OTHERS.c.id).where(
        _OTHERS.c.change_id == changes.c.id,
        (_OTHERS.c.state == NoticeState.HELD) | (_OTHERS.c.reason == Fate.DROPPED),
    )
    since = (
        subscriptions.c.id.in_(list(subscription_ids))
        & (changes.c.detected_at > subscriptions.c.ended_at)
        & ~stopped.correlate(changes).exists()
    )
    for topic in eligibility.TOPICS:
        session.execute(_insert(topic, since, now, timedelta(0)))
    theirs = select(notices.c.change_id).where(notices.c.subscription_id.in_(list(subscription_ids)))
    _leave_out(session, theirs.where(notices.c.state == NoticeState.DUE))


def people(session: Session, pass_id: int) -> int:
    return _people(session, _of_pass(pass_id), NoticeState.DUE)


def hold(session: Session, pass_id: int) -> int:
    """Keep the notices of a pass for an admin; returns how many."""
    return _move(session, _of_pass(pass_id), NoticeState.DUE, NoticeState.HELD, Fate.STORM)


def hold_events(session: Session, pass_id: int, most: int) -> tuple[list[tuple[str, str, int]], int]:
    """Keep for an admin each change of a pass that concerns more than `most` people.

    Returns NCT id, kind and people of each, the largest first, and how many notices are held.
    """
    concerned = func.count()
    large = (
        select(changes.c.id, changes.c.nct_id, changes.c.kind, concerned)
        .select_from(notices.join(changes))
        .where(changes.c.pass_id == pass_id, notices.c.state == NoticeState.DUE)
        .group_by(changes.c.id, changes.c.nct_id, changes.c.kind)
        .having(concerned > most)
        .order_by(concerned.desc(), changes.c.id)
    )
    rows = session.execute(large).all()
    ids = [row[0] for row in rows]
    held = _move(session, ids, NoticeState.DUE, NoticeState.HELD, Fate.STORM) if ids else 0
    return [(row[1], row[2], int(row[3])) for row in rows], held


def release(session: Session, *, nct_id: str | None = None, path: str | None = None) -> int:
    """Let held notices go: all, of one study, or of one path; returns how many."""
    return _move(session, _picked(nct_id, path), NoticeState.HELD, NoticeState.DUE, None)


def drop(session: Session, *, nct_id: str | None = None, path: str | None = None) -> int:
    """Tell nobody of held changes: all, of one study, or of one path; returns how many."""
    return _move(session, _picked(nct_id, path), NoticeState.HELD, NoticeState.CANCELLED, Fate.DROPPED)


def held_people(session: Session, *, nct_id: str | None = None, path: str | None = None) -> int:
    return _people(session, _picked(nct_id, path), NoticeState.HELD)


def _people(session: Session, which: Any, state: NoticeState) -> int:
    concerned = select(func.count(func.distinct(subscriptions.c.subscriber_id))).select_from(
        notices.join(subscriptions)
    )
    these = concerned.where(notices.c.state == state, notices.c.change_id.in_(which))
    return int(session.execute(these).scalar_one())


def _of_pass(pass_id: int) -> Any:
    return select(changes.c.id).where(changes.c.pass_id == pass_id)


def _picked(nct_id: str | None, path: str | None) -> Any:
    found = select(changes.c.id)
    if nct_id is not None:
        found = found.where(changes.c.nct_id == nct_id)
    return found if path is None else found.where(changes.c.path == path)


def _move(session: Session, which: Any, old: NoticeState, new: NoticeState, reason: Fate | None) -> int:
    moving = update(notices).where(notices.c.state == old, notices.c.change_id.in_(which))
    return changed(session, moving.values(state=new, reason=reason))


def _insert(topic: ColumnElement[bool], which: ColumnElement[bool], now: datetime, settle: timedelta) -> Any:
    minor = changes.c.rank >= Weight.MINOR.rank
    settled = literal(now + settle, type_=notices.c.not_before.type)
    concerned = (
        select(
            subscriptions.c.id,
            changes.c.id,
            literal(NoticeState.DUE, type_=notices.c.state.type),
            literal(now, type_=notices.c.created_at.type),
            case((minor, settled), else_=null()),
        )
        .select_from(changes.join(subscriptions, topic))
        .where(which)
        .where(eligibility.asks(now))
        # The lock that the foreign key takes anyway, taken while it is asked who follows: of somebody who leaves in
        # this moment it is seen that they left, and no notice stays due that nobody will ever look at.
        .with_for_update(read=True, key_share=True, of=subscriptions)
    )
    columns = ["subscription_id", "change_id", "state", "created_at", "not_before"]
    return insert(notices).from_select(columns, concerned)


def _leave_out(session: Session, found: Any) -> None:
    """Who asked for places within a circle is not told of one outside of it, and who narrowed a condition of no new study
    that is not of those; kept as cancelled, so that it can be said.
    """
    here = changes.alias("here")
    may_be = here.c.lat.is_not(None) | here.c.condition_id.is_not(None)
    these = select(here.c.id).where(here.c.id.in_(found), may_be)
    if session.execute(these.limit(1)).first() is None:
        return
    due = (notices.c.change_id.in_(these), notices.c.state == NoticeState.DUE)
    both = changes.join(subscriptions, subscriptions.c.id == notices.c.subscription_id)
    its = select(changes.c.id).select_from(both).where(changes.c.id == notices.c.change_id)
    for why, so in ((Fate.FAR_AWAY, eligibility.far_away()), (Fate.DOES_NOT_FIT, eligibility.does_not_fit())):
        left_out = update(notices).where(*due, its.where(so).correlate(notices).exists())
        session.execute(left_out.values(state=NoticeState.CANCELLED, reason=why))


def left_out_under(session: Session, condition_id: int) -> dict[str, str | None]:
    """The studies under a condition of which a follower was not told because they did not fit, and when the record of each
    that is stored was posted.
    """
    rows = (
        select(changes.c.nct_id, studies.c.last_update_post_date)
        .distinct()
        .select_from(changes.join(notices).join(studies, studies.c.nct_id == changes.c.nct_id))
        .join(subscriptions, subscriptions.c.id == notices.c.subscription_id)
        .where(changes.c.condition_id == condition_id, *eligibility.IS_LEFT_OUT)
        .where(subscriptions.c.state.in_(FOLLOWED))
    )
    return {row.nct_id: row.last_update_post_date for row in session.execute(rows)}


def counted_in(session: Session, message_id: int) -> tuple[list[Row[Any]], str | None]:
    """The studies that a mail counted as left out, each once, the newest first, with the condition under which it was found as
    the person typed it, and why; and the language of its reader.
    """
    found_under = (conditions.c.text.label("condition"), notices.c.reason.label("fate"))
    rows = (
        select(changes.c.nct_id, studies.c.brief_title.label("title"), *found_under)
        .select_from(notices.join(changes, changes.c.id == notices.c.change_id))
        .join(studies, studies.c.nct_id == changes.c.nct_id)
        .join(conditions, conditions.c.id == changes.c.condition_id)
        .where(notices.c.counted_in == message_id)
        .order_by(changes.c.id)
    )
    found = {row.nct_id: row for row in session.execute(rows)}
    reader = select(subscribers.c.language).join(messages, messages.c.subscriber_id == subscribers.c.id)
    language = session.execute(reader.where(messages.c.id == message_id)).scalar_one_or_none()
    return list(found.values())[::-1], language


def left_out_since(session: Session, message_id: int) -> int:
    """How many new studies the mails after this one count as left out, over all people."""
    count = select(func.count()).where(notices.c.counted_in > message_id)
    return int(session.execute(count).scalar_one())


def come_to_fit(session: Session, nct_ids: Sequence[str]) -> list[tuple[int, str]]:
    """Those of these studies that somebody was not told of because they did not fit, and that fit now: with the
    condition, each once. A study that left a condition's list comes to fit nobody.
    """
    its = (listings.c.condition_id == changes.c.condition_id, listings.c.nct_id == changes.c.nct_id)
    listed = select(listings.c.nct_id).where(*its, listings.c.left_at.is_(None))
    found: list[tuple[int, str]] = []
    for some in portions(nct_ids):
        waiting = (
            select(changes.c.condition_id, changes.c.nct_id)
            .distinct()
            .select_from(changes.join(_OTHERS, _OTHERS.c.change_id == changes.c.id))
            .join(subscriptions, subscriptions.c.id == _OTHERS.c.subscription_id)
            .where(changes.c.nct_id.in_(some), changes.c.condition_id.is_not(None), listed.exists())
            .where(_OTHERS.c.state == NoticeState.CANCELLED, _OTHERS.c.reason.in_(eligibility.LEFT_OUT))
            .where(subscriptions.c.state.in_(FOLLOWED), eligibility.waits_to_fit())
        )
        found += [(row[0], row[1]) for row in session.execute(waiting)]
    return sorted(found)
