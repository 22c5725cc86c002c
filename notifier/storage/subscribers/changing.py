"""Confirm, end, merge, pause, take back and erase, and what follows from a mail that went."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Update, bindparam, delete, select, update
from sqlmodel import Session

from notifier.errors import InputError
from notifier.storage import departures, notices, suppression
from notifier.storage.engine.statements import EachRow
from notifier.storage.models import (
    ErasureRow,
    SubscriberRow,
    SubscriptionRow,
    bounces,
    conditions,
    consents,
    studies,
    subscribers,
    subscriptions,
)
from notifier.storage.models.states import FOLLOWED, EndedReason, Every, Fate, SubscriptionState
from notifier.storage.outbox import assembly, cancellation
from notifier.storage.subscribers.people import Consent, keep_consent

#: Stands in `paused_until` of what ended during a pause without an end, so that an undo brings the pause back.
UNTIL_THEY_RESUME = datetime(9999, 12, 31, tzinfo=UTC)
_LIVE: ColumnElement[bool] = subscriptions.c.state != SubscriptionState.ENDED
#: What ended for these reasons ends so again after a restore, of itself.
_FOUND_ANEW = {EndedReason.MERGED, EndedReason.UNCONFIRMED}
#: From the one that hears most.
_HEARS = (
    SubscriptionState.ACTIVE, SubscriptionState.PAUSED, SubscriptionState.PENDING, SubscriptionState.ENDED,
)  # fmt: skip


def note_follows(
    session: Session, subscription_ids: Sequence[int], now: datetime, what: str, why: str | None = None
) -> None:
    """Have it written beside the database too that these began, or ended."""
    if not departures.notes(session) or not subscription_ids:
        return
    whose = (
        select(subscribers.c.email_key, subscriptions.c.nct_id, conditions.c.query)
        .select_from(subscriptions)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .outerjoin(conditions, conditions.c.id == subscriptions.c.condition_id)
        .where(subscriptions.c.id.in_(list(subscription_ids)))
    )
    for email_key, nct_id, query in session.execute(whose):
        departures.note(session, email_key, now, what, why, topic=nct_id or query)


def next_digest_of(subscriber: SubscriberRow, every: Every, now: datetime) -> datetime | None:
    return assembly.next_digest(
        every, subscriber.time_zone, now, hour=subscriber.digest_hour, weekday=subscriber.digest_weekday
    )


def activate(session: Session, row: SubscriptionRow, now: datetime) -> None:
    row.state, row.activated_at = SubscriptionState.ACTIVE, now
    note_follows(session, [row.id or 0], now, departures.FOLLOWS)
    subscriber = session.get_one(SubscriberRow, row.subscriber_id)
    if subscriber.still_watching_at is None:
        subscriber.silent_since, subscriber.still_watching_at = now, now + assembly.STILL_WATCHING_AFTER


def confirm(
    session: Session, subscription_ids: Sequence[int], now: datetime, *, suppression_key: bytes | None = None
) -> bool:
    """Make pending subscriptions active. Returns whether any of them is followed now, also from an earlier press.

    Whoever confirms has got our mail: a suppression because mail came back is lifted, found by `suppression_key`.
    """
    rows = _locked(session, subscriptions.c.id.in_(list(subscription_ids)))
    for row in rows:
        if row.state == SubscriptionState.PENDING:
            activate(session, row, now)
            # At another address of theirs: what they followed at the old one ends, and goes on as it was here.
            old = session.get(SubscriptionRow, row.replaces, with_for_update=True) if row.replaces else None
            same = old is not None and (old.nct_id, old.condition_id) == (row.nct_id, row.condition_id)
            if old is not None and same and old.state in FOLLOWED:
                row.state, row.paused_until = old.state, old.paused_until
                session.flush()
                cancellation.take_over(session, old.id or 0, row.id or 0, now)
                end(session, [old.id or 0], EndedReason.MOVED, now)
            if suppression_key is not None:
                # Mail that came back before is over; a complaint is not.
                email_key = session.get_one(SubscriberRow, row.subscriber_id).email_key
                hashed = suppression.address_hash(suppression_key, email_key)
                suppression.lift(session, hashed, suppression.LIFTED_BY_CONFIRMING)
            session.execute(
                update(consents)
                .where(consents.c.subscription_id == row.id, consents.c.given_at.is_(None))
                .values(given_at=now)
            )
    return any(row.state in FOLLOWED for row in rows)


def end(session: Session, subscription_ids: Sequence[int], reason: EndedReason, now: datetime) -> int:
    """End subscriptions and cancel what is unsent for them; returns how many were still going. Twice is harmless."""
    live = _locked(session, subscriptions.c.id.in_(list(subscription_ids)), _LIVE)
    for row in live:
        if row.state == SubscriptionState.PAUSED:
            row.paused_until = row.paused_until or UNTIL_THEY_RESUME
        row.state, row.ended_at, row.ended_reason = SubscriptionState.ENDED, now, reason
        row.next_digest_at = None
    ids = [row.id for row in live if row.id is not None]
    session.execute(
        update(consents)
        .where(consents.c.subscription_id.in_(ids), consents.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    session.flush()
    cancellation.cancel_for(session, ids, Fate.of_end(reason), now)
    if reason not in _FOUND_ANEW:
        note_follows(session, ids, now, departures.ENDED, reason.value)
    return len(live)


def with_merged(session: Session, subscription_ids: Sequence[int]) -> list[int]:
    """These subscriptions, and those into which the registry's merging of two ids turned them: an old link ends both."""
    found = list(subscription_ids)
    # All are locked, the live as well, so that no merging comes between this and what is done to them.
    for row in _locked(session, subscriptions.c.id.in_(found)):
        if row.ended_reason != EndedReason.MERGED:
            continue
        into = select(studies.c.alias_of).where(studies.c.nct_id == row.nct_id).scalar_subquery()
        theirs = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == row.subscriber_id, _LIVE)
        successors = theirs.where((subscriptions.c.nct_id == row.nct_id) | (subscriptions.c.nct_id == into))
        found += session.execute(successors).scalars()
    return found


def _locked(session: Session, *which: ColumnElement[bool]) -> Sequence[SubscriptionRow]:
    # Locked, so that of two presses at once the second sees what the first did: an ended one is never revived.
    rows = select(SubscriptionRow).where(*which).order_by(subscriptions.c.id).with_for_update()
    return session.execute(rows, execution_options={"populate_existing": True}).scalars().all()


def follow_alias(session: Session, old: str, new: str, now: datetime) -> None:
    """The registry merged two ids: followers of the old one follow the new one, each person once.

    Of somebody who followed both, the subscription that hears more is kept, with all that was still to be told.
    """
    there = {row.subscriber_id: row for row in _locked(session, subscriptions.c.nct_id == new, _LIVE)}
    for row in _locked(session, subscriptions.c.nct_id == old, _LIVE):
        other = there.get(row.subscriber_id)
        if other is not None:
            kept, over = sorted((other, row), key=lambda each: _HEARS.index(each.state))
            cancellation.hand_over(session, over.id or 0, kept.id or 0)
            end(session, [over.id or 0], EndedReason.MERGED, now)
        if other is None or kept is row:
            row.nct_id, row.chosen_at = new, now
    session.flush()


def spoke(session: Session, subscriber_ids: Sequence[int], now: datetime) -> None:
    """Mails with news went to these people: their silence begins anew."""
    if subscriber_ids:
        again = now + assembly.STILL_WATCHING_AFTER
        _SPOKE.run(session, [(one,) for one in subscriber_ids], now=now, again=again)


def kept_silent(session: Session, subscriber_ids: Sequence[int], now: datetime) -> None:
    """Mails that we are still watching went to these people; the next ones are due much later."""
    if subscriber_ids:
        again = now + assembly.STILL_WATCHING_EVERY
        _STILL.run(session, [(one,) for one in subscriber_ids], again=again)


def _still(row: Mapping[str, ColumnElement[Any]]) -> Update:
    return (
        update(subscribers).where(subscribers.c.id == row["who"]).values(still_watching_at=bindparam("again"))
    )


_STILL = EachRow(_still, who=Integer)
_SPOKE = EachRow(lambda row: _still(row).values(silent_since=bindparam("now")), who=Integer)


# --- silence for a while, and the way back ---------------------------------------------------------------------------


def pause(session: Session, subscription_ids: Sequence[int], until: datetime | None, now: datetime) -> int:
    """Send nothing for these until then, or until they resume; returns for how many that is new.

    What is already in an unsent mail is taken out of it. What waits for confirmation, or ended, stays as it is.
    Raises InputError for a pause that would be over already.
    """
    if until is not None and until <= now:
        raise InputError("A pause ends in the future: give a later day, or none to pause until it is resumed")
    these = subscriptions.c.id.in_(list(subscription_ids))
    going = _locked(session, these, subscriptions.c.state.in_(FOLLOWED))
    new = [row for row in going if (row.state, row.paused_until) != (SubscriptionState.PAUSED, until)]
    for row in new:
        row.state, row.paused_until = SubscriptionState.PAUSED, until
    session.flush()
    cancellation.give_back(session, [row.id or 0 for row in new], now)
    return len(new)


def resume(session: Session, subscription_ids: Sequence[int], now: datetime) -> int:
    """End the pause of these; returns how many were paused. All that came meanwhile goes with their next mails."""
    these = subscriptions.c.id.in_(list(subscription_ids))
    paused = _locked(session, these, subscriptions.c.state == SubscriptionState.PAUSED)
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
    ended = _locked(session, subscriptions.c.id.in_(list(subscription_ids)), ~_LIVE)
    people = {row.subscriber_id for row in ended}
    stopped = set() if suppression_key is None else suppression.among(session, suppression_key, people)
    going = select(subscriptions.c.subscriber_id, subscriptions.c.nct_id, subscriptions.c.condition_id)
    theirs = going.where(subscriptions.c.subscriber_id.in_(people), _LIVE)
    again = {tuple(each) for each in session.execute(theirs)}
    back = [
        row
        for row in ended
        if row.ended_reason == ended_for
        and row.subscriber_id not in stopped
        and (row.subscriber_id, row.nct_id, row.condition_id) not in again
    ]
    confirmed = [row.id or 0 for row in back if row.activated_at is not None]
    fate, actor, evidence = _TAKES_BACK[ended_for]
    cancellation.restore_for(session, confirmed, fate)
    notices.catch_up(session, confirmed, now)
    agreed = Consent("undo", actor, evidence)
    for row in back:
        until, pending = row.paused_until, row.activated_at is None
        paused = SubscriptionState.ACTIVE if until is None else SubscriptionState.PAUSED
        row.state = SubscriptionState.PENDING if pending else paused
        row.paused_until = None if until == UNTIL_THEY_RESUME else until
        row.ended_at = row.ended_reason = None
        row.chosen_at = now  # what an admin dropped while it was over was not dropped for this one
        row.next_digest_at = next_digest_of(session.get_one(SubscriberRow, row.subscriber_id), row.every, now)
        keep_consent(session, row, agreed, now, given=not pending)
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


# --- forgetting -------------------------------------------------------------------------------------------------


def erase(session: Session, subscriber_id: int, now: datetime, suppression_key: bytes) -> str | None:
    """Delete a person with all that hangs on them; returns the keyed hash that is kept, None where there is nobody.

    Subscriptions, consents, mails, notices and what came back go. The hash is noted, so that a restored backup forgets
    them again, and stays in the list of suppressed addresses only where it stood there. Old links keep answering:
    their ids are never used again.
    """
    person = select(SubscriberRow).where(subscribers.c.id == subscriber_id).with_for_update()
    row = session.execute(person).scalar_one_or_none()
    if row is None or not row.email:
        return None
    hashed = suppression.address_hash(suppression_key, row.email_key)
    session.execute(delete(bounces).where(bounces.c.address_hash == hashed))
    session.execute(delete(subscribers).where(subscribers.c.id == subscriber_id))
    session.expunge(row)
    session.merge(ErasureRow(address_hash=hashed, at=now))
    session.flush()
    return hashed
