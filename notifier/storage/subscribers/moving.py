"""A person's address changes: what they follow, how, and what waits to be told, stays."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from notifier.errors import InputError
from notifier.storage import outbox
from notifier.storage.models import (
    FOLLOWED,
    SubscriberRow,
    SubscriptionRow,
    SubscriptionState,
    subscribers,
    subscriptions,
)
from notifier.storage.subscribers import suppression
from notifier.storage.subscribers.people import Address, Consent, find
from notifier.storage.subscribers.signing_up import keep_consent

#: What of a person goes along to another address.
_OF_PERSON = (
    "language", "time_zone", "digest_hour", "digest_weekday", "near", "near_lat", "near_lon", "near_km", "near_lon_km",
    "title_in_subject", "discreet", "still_watching",
)  # fmt: skip
_OF_SUBSCRIPTION = (
    "nct_id", "condition_id", "every", "lightest_rank", "groups", "narrow", "countries", "not_words", "next_digest_at", "note",
)  # fmt: skip


def change_address(
    session: Session,
    subscriber_id: int,
    new: Address,
    now: datetime,
    *,
    consent: Consent | None = None,
    suppression_key: bytes | None = None,
) -> bool:
    """Mail this person at another address from now on; returns whether it is another one.

    `consent` is kept with all that they follow: who changed the address, and how the person asked for it. Every link
    to their choices that went to the old address stops working. Raises InputError where somebody else is known by the
    new address, and where mail to it is stopped, which is found by `suppression_key`.
    """
    row = _locked(session, subscriber_id)
    _refuse_taken(session, new, but=subscriber_id)
    _refuse_suppressed(session, new, suppression_key)
    is_another: bool = row.email_key != new.key
    row.email, row.email_key = new.typed, new.key
    if is_another:
        row.generation += 1
        if consent is not None:
            for subscription in _going(session, subscriber_id):
                keep_consent(session, subscription, consent, now)
    session.flush()
    return is_another


def ask_to_move(
    session: Session,
    subscriber_id: int,
    new: Address,
    now: datetime,
    *,
    consent: Consent,
    domain: str,
    suppression_key: bytes | None = None,
) -> int:
    """Ask at another address whether this person's mails shall go there; returns how much is followed.

    Until somebody confirms there, the mails go to the old address; then what is followed there ends, and all that it
    was still to be told goes along. Raises InputError as `change_address` does, and where the two are one address.
    """
    row = _locked(session, subscriber_id)
    if row.email_key == new.key:
        raise InputError("That is the address already: there is nothing to move")
    _refuse_taken(session, new)
    _refuse_suppressed(session, new, suppression_key)
    going = _going(session, subscriber_id)
    if not going:
        return 0
    same = {name: getattr(row, name) for name in _OF_PERSON}
    mover = SubscriberRow(email=new.typed, email_key=new.key, silent_since=now, created_at=now, **same)
    session.add(mover)
    session.flush()
    for subscription in going:
        _ask(session, mover.id or 0, subscription, consent, now)
    outbox.ask_to_confirm(session, mover.id or 0, now, domain)
    return len(going)


def _ask(session: Session, subscriber_id: int, old: SubscriptionRow, consent: Consent, now: datetime) -> None:
    row = SubscriptionRow(
        subscriber_id=subscriber_id,
        state=SubscriptionState.PENDING,
        replaces=old.id,
        created_at=now,
        **{name: getattr(old, name) for name in _OF_SUBSCRIPTION},
    )
    session.add(row)
    session.flush()
    keep_consent(session, row, consent, now)


def _locked(session: Session, subscriber_id: int) -> SubscriberRow:
    person = select(SubscriberRow).where(subscribers.c.id == subscriber_id).with_for_update()
    row: SubscriberRow = session.execute(person).scalar_one()
    return row


def _going(session: Session, subscriber_id: int) -> Sequence[SubscriptionRow]:
    rows = select(SubscriptionRow).where(
        subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.state.in_(FOLLOWED)
    )
    return session.execute(rows.order_by(subscriptions.c.id)).scalars().all()


def _refuse_taken(session: Session, new: Address, *, but: int | None = None) -> None:
    other = find(session, new)
    if other is not None and other.id != but:
        raise InputError(
            "Somebody is known by the new address already, or was asked there: erase the one that is not needed"
        )


def _refuse_suppressed(session: Session, new: Address, suppression_key: bytes | None) -> None:
    """Moving to an address never lifts that mail to it is stopped (S24)."""
    if suppression_key is None:
        return
    reason = suppression.is_suppressed(session, suppression.address_hash(suppression_key, new.key))
    if reason is not None:
        raise InputError(
            f"Mail to the new address is stopped ({reason.value}): nothing was changed; see `notifier subscribers lift`"
        )
