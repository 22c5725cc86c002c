"""A person's address changes: what they follow, and how they agreed, stays."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from notifier import suppression
from notifier.errors import InputError
from notifier.subscribers.people import Address, Consent, find
from notifier.subscribers.signing_up import keep_consent
from notifier.tables import FOLLOWED, SubscriberRow, SubscriptionRow, subscribers, subscriptions


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

    `consent` is kept with all that they follow: who changed the address, and how the person asked for it. Every link to their choices that went to the old address stops working. Raises InputError where somebody else is
    known by the new address, and where mail to it is stopped, which is found by `suppression_key`.
    """
    person = select(SubscriberRow).where(subscribers.c.id == subscriber_id).with_for_update()
    row = session.execute(person).scalar_one()
    other = find(session, new)
    if other is not None and other.id != subscriber_id:
        raise InputError("Somebody is known by the new address already: erase or keep them first")
    refuse_suppressed(session, new, suppression_key)
    is_another: bool = row.email_key != new.key
    row.email, row.email_key = new.typed, new.key
    if is_another:
        row.generation += 1
        if consent is not None:
            for subscription in _going(session, subscriber_id):
                keep_consent(session, subscription, consent, now)
    session.flush()
    return is_another


def _going(session: Session, subscriber_id: int) -> Sequence[SubscriptionRow]:
    rows = select(SubscriptionRow).where(
        subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.state.in_(FOLLOWED)
    )
    return session.execute(rows).scalars().all()


def refuse_suppressed(session: Session, new: Address, suppression_key: bytes | None) -> None:
    """Raise InputError where mail to this address is stopped: moving there never lifts that (S24)."""
    if suppression_key is None:
        return
    reason = suppression.is_suppressed(session, suppression.address_hash(suppression_key, new.key))
    if reason is not None:
        raise InputError(
            f"Mail to the new address is stopped ({reason.value}): nothing was changed; see `notifier subscribers lift`"
        )
