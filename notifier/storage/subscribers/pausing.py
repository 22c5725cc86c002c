"""Silence for a while, and the way back: what changes meanwhile is kept, and told when the pause is over."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import Session

from notifier.errors import InputError
from notifier.storage import departures, notices, outbox
from notifier.storage.models import (
    FOLLOWED,
    ConsentRow,
    EndedReason,
    Fate,
    SubscriberRow,
    SubscriptionRow,
    SubscriptionState,
    conditions,
    studies,
    subscriptions,
)
from notifier.storage.subscribers import suppression
from notifier.storage.subscribers.changing import UNTIL_THEY_RESUME, note_follows
from notifier.storage.subscribers.people import keep_wording
from notifier.storage.subscribers.signing_up import next_digest_of


def pause(session: Session, subscription_ids: Sequence[int], until: datetime | None, now: datetime) -> int:
    """Send nothing for these until then, or until they resume; returns for how many that is new.

    What is already in an unsent mail is taken out of it. What waits for confirmation, or ended, stays as it is.
    Raises InputError for a pause that would be over already.
    """
    if until is not None and until <= now:
        raise InputError("A pause ends in the future: give a later day, or none to pause until it is resumed")
    going = _locked(session, subscription_ids, FOLLOWED)
    new = [row for row in going if (row.state, row.paused_until) != (SubscriptionState.PAUSED, until)]
    for row in new:
        row.state, row.paused_until = SubscriptionState.PAUSED, until
    session.flush()
    outbox.give_back(session, [row.id or 0 for row in new], now)
    return len(new)


def resume(session: Session, subscription_ids: Sequence[int], now: datetime) -> int:
    """End the pause of these; returns how many were paused. All that came meanwhile goes with their next mails."""
    paused = _locked(session, subscription_ids, (SubscriptionState.PAUSED,))
    for row in paused:
        row.state, row.paused_until = SubscriptionState.ACTIVE, None
        row.activated_at = row.activated_at or now
    session.flush()
    return len(paused)


#: What became of its notices, who takes an end back, and how, by why it ended.
_TAKES_BACK = {
    EndedReason.UNSUBSCRIBED: (
        Fate.ENDED_UNSUBSCRIBED,
        "the person",
        "took the unsubscribing back with the link on its page",
    ),
    EndedReason.COMPLAINT: (
        Fate.ENDED_COMPLAINT,
        "an admin",
        "the complaint was one of many of their provider's, and was not theirs",
    ),
}


def reopen(
    session: Session,
    subscription_ids: Sequence[int],
    now: datetime,
    *,
    suppression_key: bytes | None = None,
    ended_for: EndedReason = EndedReason.UNSUBSCRIBED,
) -> int:
    """Take an unsubscribe back, or what a complaint ended; returns how many go on. Nothing that came
    between is lost, and a pause stays a pause.

    What ended for another reason stays ended, and so does what is followed again already. `suppression_key`: to see
    whether mail to the address was stopped since; then nothing goes on, for nothing would be told.
    """
    ended = _locked(session, subscription_ids, (SubscriptionState.ENDED,))
    people = {row.subscriber_id for row in ended}
    stopped = set() if suppression_key is None else suppression.among(session, suppression_key, people)
    back = [
        row
        for row in ended
        if row.ended_reason == ended_for
        and row.subscriber_id not in stopped
        and not _followed_again(session, row)
    ]
    confirmed = [row.id or 0 for row in back if row.activated_at is not None]
    fate, actor, evidence = _TAKES_BACK[ended_for]
    outbox.restore_for(session, confirmed, fate)
    notices.catch_up(session, confirmed, now)
    version = keep_wording(session)
    for row in back:
        until, pending = row.paused_until, row.activated_at is None
        paused = SubscriptionState.ACTIVE if until is None else SubscriptionState.PAUSED
        row.state = SubscriptionState.PENDING if pending else paused
        row.paused_until = None if until == UNTIL_THEY_RESUME else until
        row.ended_at = row.ended_reason = None
        row.chosen_at = now  # what an admin dropped while it was over was not dropped for this one
        row.next_digest_at = next_digest_of(session.get_one(SubscriberRow, row.subscriber_id), row.every, now)
        session.add(_taken_back(row, version, now, actor, evidence))
    session.flush()
    note_follows(session, [row.id or 0 for row in back], now, departures.FOLLOWS)
    # A pass in between may have stopped watching these; compared with what was last seen, nothing goes unnoticed.
    session.execute(
        update(studies)
        .where(studies.c.nct_id.in_([row.nct_id for row in back]), studies.c.watched_since.is_(None))
        .where(studies.c.snapshot_id.is_not(None), studies.c.alias_of.is_(None))
        .values(watched_since=now)
    )
    session.execute(
        update(conditions)
        .where(conditions.c.id.in_([row.condition_id for row in back]), conditions.c.watched_since.is_(None))
        .where(conditions.c.looked_in.is_not(None))
        .values(watched_since=now)
    )
    return len(back)


def reopen_after_complaints(
    session: Session, subscriber_ids: Sequence[int], since: datetime, now: datetime
) -> int:
    """Let what complaints of these people ended since then go on, where they were not their complaints."""
    ended = select(subscriptions.c.id).where(
        subscriptions.c.subscriber_id.in_(list(subscriber_ids)),
        subscriptions.c.ended_reason == EndedReason.COMPLAINT,
        subscriptions.c.ended_at >= since,
    )
    ids = session.execute(ended).scalars().all()
    return reopen(session, ids, now, ended_for=EndedReason.COMPLAINT)


def _taken_back(row: SubscriptionRow, version: str, now: datetime, actor: str, evidence: str) -> ConsentRow:
    return ConsentRow(
        subscription_id=row.id or 0,
        method="undo",
        actor=actor,
        evidence=evidence,
        wording_version=version,
        asked_at=now,
        given_at=None if row.state == SubscriptionState.PENDING else now,
    )


def _followed_again(session: Session, row: SubscriptionRow) -> bool:
    same = (
        subscriptions.c.nct_id == row.nct_id
        if row.nct_id is not None
        else subscriptions.c.condition_id == row.condition_id
    )
    live = select(subscriptions.c.id).where(
        subscriptions.c.subscriber_id == row.subscriber_id,
        subscriptions.c.state != SubscriptionState.ENDED,
        same,
    )
    return session.execute(live.limit(1)).first() is not None


def _locked(
    session: Session, subscription_ids: Sequence[int], states: Sequence[SubscriptionState]
) -> Sequence[SubscriptionRow]:
    rows = select(SubscriptionRow).where(
        subscriptions.c.id.in_(list(subscription_ids)), subscriptions.c.state.in_(states)
    )
    ordered = rows.order_by(subscriptions.c.id).with_for_update()
    return session.execute(ordered, execution_options={"populate_existing": True}).scalars().all()
