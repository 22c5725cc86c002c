"""What a stranger's form may do with the address that they typed: ask it by mail, and change nothing that it chose."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import Session

from notifier.domain.letter import LetterKind
from notifier.domain.mailbox_providers import mailbox_of
from notifier.storage import outbox, rate_limits
from notifier.storage.models import SubscriberRow, SubscriptionState, Suppressed, subscriptions
from notifier.storage.subscribers import adding, signing_up, suppression
from notifier.storage.subscribers.people import Address, Choice, Consent, Person, Wanted, find

BY_FORM = Consent("form", "the person", None)
NEW_OF_A_MAILBOX = 3  # addresses of one mailbox that strangers may enter in a day


def ask(
    session: Session,
    person: Person,
    wanted: Sequence[Wanted],
    *,
    choice: Choice,
    now: datetime,
    domain: str,
    suppression_key: bytes,
) -> None:
    """Ask the owner of an address, by mail, whether they want to follow these things.

    Whoever follows something already keeps their language and all that they chose, for nobody knows yet who typed
    their address. Whoever follows all of it already gets the link to their choices. After a complaint nothing is sent, nor to the fourth new address that a day
    brings of one mailbox.
    """
    reason = _suppressed(session, person.address, suppression_key)
    row = find(session, person.address)
    if row is None and not _has_room(session, person.address, suppression_key, now):
        return
    settled = row is not None and _has_confirmed(session, row)
    new = [topic for topic in wanted if reason is not None or not _hears_of(session, row, topic)]
    if not new and row is not None and row.id is not None:
        outbox.send_link(session, LetterKind.PREFERENCES, row.id, now, domain)
        return
    adding.add(
        session,
        Person(person.address) if settled else person,
        new,
        choice=choice,
        consent=BY_FORM,
        now=now,
        domain=domain,
        suppression_key=suppression_key,
    )
    _wait_anew(session, person.address, now)


def mailbox_hash(who: Address, key: bytes) -> str:
    """What stands for the mailbox behind an address where it must not be kept: all its plus-addresses are one."""
    return suppression.address_hash(key, mailbox_of(who.key))


def is_heard_of(session: Session, who: Address) -> bool:
    """Whether the owner of this address follows something, and so has told us that it is theirs."""
    row = find(session, who)
    return row is not None and _has_confirmed(session, row)


def _has_room(session: Session, who: Address, key: bytes, now: datetime) -> bool:
    """Whether one more address of this mailbox may be asked today: twenty plus-addresses must not get it twenty mails."""
    mailbox = mailbox_hash(who, key)
    return rate_limits.take(
        session, "mailbox", mailbox, most=NEW_OF_A_MAILBOX, within=timedelta(days=1), now=now
    )


def _suppressed(session: Session, who: Address, key: bytes) -> Suppressed | None:
    return suppression.is_suppressed(session, suppression.address_hash(key, who.key))


def _has_confirmed(session: Session, row: SubscriberRow) -> bool:
    confirmed = select(subscriptions.c.id).where(
        subscriptions.c.subscriber_id == row.id,
        subscriptions.c.state.in_((SubscriptionState.ACTIVE, SubscriptionState.PAUSED)),
    )
    return session.execute(confirmed.limit(1)).first() is not None


def _hears_of(session: Session, row: SubscriberRow | None, topic: Wanted) -> bool:
    there = None if row is None or row.id is None else signing_up.live(session, row.id, topic)
    return there is not None and there.state != SubscriptionState.PENDING


def _wait_anew(session: Session, who: Address, now: datetime) -> None:
    """The time within which all that waits must be confirmed begins anew, for a new mail asks for all of it."""
    row = find(session, who)
    if row is not None:
        waits = subscriptions.c.state == SubscriptionState.PENDING
        theirs = update(subscriptions).where(subscriptions.c.subscriber_id == row.id, waits)
        session.execute(theirs.values(created_at=now))


def ask_again(session: Session, subscription_ids: Sequence[int], now: datetime, domain: str) -> bool:
    """A fresh confirmation mail for what still waits of these; False where nothing does."""
    waiting = select(subscriptions.c.subscriber_id).where(
        subscriptions.c.id.in_(list(subscription_ids)), subscriptions.c.state == SubscriptionState.PENDING
    )
    subscriber_id = session.execute(waiting.limit(1)).scalar_one_or_none()
    if subscriber_id is None:
        return False
    row = session.get_one(SubscriberRow, subscriber_id)
    _wait_anew(session, Address(row.email, row.email_key), now)
    outbox.ask_to_confirm(session, subscriber_id, now, domain)
    return True


def send_choices(session: Session, who: Address, now: datetime, domain: str, suppression_key: bytes) -> None:
    """Mail the link to their choices to somebody who is known here; nothing after a complaint."""
    row = find(session, who)
    if row is None or row.id is None:
        return
    if _suppressed(session, who, suppression_key) is None:
        outbox.send_link(session, LetterKind.PREFERENCES, row.id, now, domain)


def send_contacts(
    session: Session, who: Address, nct_id: str, now: datetime, domain: str, suppression_key: bytes
) -> int | None:
    """Mail the link to a study's contacts; who is not known yet is kept for it, and follows nothing by it.

    Returns the person's id; None for an address that is not mailed, whatever the reason.
    """
    if _suppressed(session, who, suppression_key) is not None:
        return None
    row = signing_up.the_person(session, Person(who), now)
    assert row.id is not None
    outbox.send_link(session, LetterKind.CONTACTS, row.id, now, domain, about=nct_id)
    return row.id
