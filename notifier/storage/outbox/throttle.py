"""Domains that asked us to slow down: their mails wait, those of all others go on (S2, S16). Speaks no SMTP."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, text, update
from sqlmodel import Session

from notifier.domain.scheduling import slow_until
from notifier.storage.models import slow_domains

_ALL = select(slow_domains.c.domain, slow_domains.c.until).order_by(slow_domains.c.domain)
FORGOTTEN_AFTER = timedelta(days=1)  # of silence: a domain that nobody writes to any more is not kept


def slow_down(session: Session, domain: str, now: datetime) -> None:
    """The domain asked for patience: wait, longer each time in a row.

    What several lines hear at once is one request, not several.
    """
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
    ).bindparams(
        *(bindparam(each.name, type_=each.type) for each in (slow_domains.c.domain, slow_domains.c.until))
    )
    session.execute(beginning, {"domain": domain, "until": slow_until(1, now)})


def noted(session: Session) -> dict[str, datetime]:
    """All domains that asked for patience and are not forgotten, and until when: hardly ever one."""
    return {row.domain: row.until for row in session.execute(_ALL)}


def slow(session: Session, now: datetime) -> dict[str, datetime]:
    """The domains whose mails wait, and until when."""
    return {domain: until for domain, until in noted(session).items() if until > now}


def reset(session: Session, domains: Collection[str]) -> None:
    """These domains took a mail."""
    if domains:
        session.execute(delete(slow_domains).where(slow_domains.c.domain.in_(domains)))


def forget(session: Session, now: datetime) -> None:
    """Drop what is long over."""
    session.execute(delete(slow_domains).where(slow_domains.c.until < now - FORGOTTEN_AFTER))


def domain_of(email_key: str) -> str:
    """The domain of an address in its one normal form."""
    return email_key.rpartition("@")[2]
