"""Forgetting a person for good, when they ask (P4, P5). What stays knows no address: see `export`'s last words."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session

from notifier.storage.models import ErasureRow, SubscriberRow, bounces, erasures, subscribers
from notifier.storage.subscribers import suppression


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
    noted = session.get(ErasureRow, hashed)
    if noted is None:
        session.add(ErasureRow(address_hash=hashed, at=now))
    else:
        noted.at = now
    session.flush()
    return hashed


def was_erased(session: Session, hashed: str) -> bool:
    """Whether somebody with this hash asked to be erased."""
    found = select(erasures.c.at).where(erasures.c.address_hash == hashed)
    return session.execute(found).first() is not None
