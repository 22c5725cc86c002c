"""Domains that asked us to slow down: their mails wait, those of all others go on (S2, S16). Speaks no SMTP."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, text, update
from sqlmodel import Session

from notifier.schedule import slow_until, spread
from notifier.tables import SubscriberRow, slow_domains

FORGOTTEN_AFTER = timedelta(days=1)  # of silence: a domain that nobody writes to any more is not kept


def slow_down(session: Session, subscriber_id: int, now: datetime) -> None:
    """The domain of this person asked for patience: wait, longer each time in a row.

    What several lines hear at once is one request, not several.
    """
    domain = _domain(session, subscriber_id)
    row = select(slow_domains).where(slow_domains.c.domain == domain).with_for_update()
    known = session.execute(row).first()
    if known is None:
        _begin(session, domain, now)
    elif known.until <= now:
        longer = {"times": known.times + 1, "until": slow_until(known.times + 1, now)}
        session.execute(update(slow_domains).where(slow_domains.c.domain == domain).values(longer))


def _begin(session: Session, domain: str, now: datetime) -> None:
    # Two workers can hear it at once; the first one's row stands.
    beginning = text(
        "INSERT INTO slow_domain (domain, times, until) VALUES (:domain, 1, :until) ON CONFLICT DO NOTHING"
    ).bindparams(bindparam("until", type_=slow_domains.c.until.type))
    session.execute(beginning, {"domain": domain, "until": slow_until(1, now)})


def slowed_until(session: Session, subscriber_id: int, now: datetime, seed: int) -> datetime | None:
    """Until when a mail to this person waits for its domain; None when it may go. Spread by `seed`, its id."""
    row = select(slow_domains.c.until).where(slow_domains.c.domain == _domain(session, subscriber_id))
    until: datetime | None = session.execute(row).scalar_one_or_none()
    return None if until is None or until <= now else now + spread(until - now, seed)


def reset(session: Session, subscriber_id: int) -> None:
    """The domain of this person took a mail."""
    session.execute(delete(slow_domains).where(slow_domains.c.domain == _domain(session, subscriber_id)))


def forget(session: Session, now: datetime) -> None:
    """Drop what is long over."""
    session.execute(delete(slow_domains).where(slow_domains.c.until < now - FORGOTTEN_AFTER))


def _domain(session: Session, subscriber_id: int) -> str:
    return session.get_one(SubscriberRow, subscriber_id).email_key.rpartition("@")[2]
