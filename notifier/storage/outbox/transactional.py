"""Mails that answer something a person did on a page: confirm, open what you chose, see contacts, welcome.

Each is limited, so that nobody can fill a stranger's mailbox with them (L16). Renders nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlmodel import Session

from notifier.domain.letter import LetterKind
from notifier.storage import suppression
from notifier.storage.models import (
    MessageState,
    SubscriberRow,
    SubscriptionState,
    conditions,
    messages,
    subscriptions,
)
from notifier.storage.outbox.assembly import new_message
from notifier.storage.outbox.claims import UNSENT, WAITING
from notifier.storage.studies.conditions import finds_nothing

CONFIRMATION_EVERY = timedelta(days=1)
LINK_EVERY = timedelta(hours=1)
LINKS_A_DAY = 5  # of one kind, and study, to one person
_ON_ITS_WAY = (*WAITING, MessageState.SENDING)


def ask_to_confirm(
    session: Session, subscriber_id: int, now: datetime, domain: str, *, insist: bool = True
) -> bool:
    """Queue a confirmation mail, at most one a day a person (L16). Returns whether a new one goes out now.

    `insist`: there is something new to confirm, so a mail that may not go today is queued for tomorrow.
    """
    asked = (
        select(messages.c.state, messages.c.due_at)
        .where(messages.c.subscriber_id == subscriber_id, messages.c.kind == LetterKind.CONFIRMATION)
        .where(messages.c.state != MessageState.CANCELLED)  # one that never went does not count
        .order_by(messages.c.id.desc())
        .limit(1)
    )
    last = session.execute(asked).first()
    if last is not None and last.state in UNSENT:
        return False  # it will name all that waits when it goes
    due_at = now if last is None else max(now, last.due_at + CONFIRMATION_EVERY)
    if due_at > now and not insist:
        return False
    queue(session, LetterKind.CONFIRMATION, subscriber_id, now, domain, due_at=due_at)
    return due_at == now


def asked_before(session: Session, subscriber_ids: Sequence[int]) -> list[int]:
    """Those of these people to whom a confirmation mail was made before, whatever became of it."""
    asked = select(messages.c.subscriber_id).where(messages.c.kind == LetterKind.CONFIRMATION).distinct()
    return sorted(set(session.execute(asked).scalars()).intersection(subscriber_ids))


def ask_for_the_first_time(
    session: Session, subscriber_ids: Sequence[int], now: datetime, domain: str
) -> None:
    """Queue a confirmation mail for each of these people, who never had one."""
    if subscriber_ids:
        rows = [new_message(person, LetterKind.CONFIRMATION, now, domain) for person in subscriber_ids]
        session.execute(insert(messages), rows)


def send_link(
    session: Session,
    kind: LetterKind,
    subscriber_id: int,
    now: datetime,
    domain: str,
    *,
    about: str | None = None,
) -> bool:
    """Queue the mail with a link that somebody asked for: `PREFERENCES`, or `CONTACTS` of the study `about`.

    At most one an hour and five a day of a kind, and study, go to a person. Returns whether a new one goes out now.
    """
    # Locked, so that of two who ask at once the second sees the mail of the first.
    session.get_one(SubscriberRow, subscriber_id, with_for_update=True)
    same = messages.c.about.is_(None) if about is None else messages.c.about == about
    recent = messages.c.state.in_(_ON_ITS_WAY) | (messages.c.created_at > now - LINK_EVERY)
    count = (
        select(func.count(), func.count().filter(recent))
        .where(messages.c.subscriber_id == subscriber_id, messages.c.kind == kind, same)
        .where(messages.c.state != MessageState.CANCELLED)
        .where(messages.c.state.in_(_ON_ITS_WAY) | (messages.c.created_at > now - timedelta(days=1)))
    )
    of_day, just_now = session.execute(count).one()
    if just_now or of_day >= LINKS_A_DAY:
        return False
    queue(session, kind, subscriber_id, now, domain, about=about)
    return True


def asked_about(session: Session, message_id: int) -> str | None:
    """The study whose contacts somebody asked for by this mail; None where that is not known any more."""
    asked = select(messages.c.about).where(
        messages.c.id == message_id, messages.c.kind == LetterKind.CONTACTS
    )
    return session.execute(asked).scalar_one_or_none()


def welcome(session: Session, subscription_ids: Sequence[int], now: datetime, domain: str) -> None:
    """Queue the mail that tells the story so far of subscriptions that a person has just confirmed.

    Call it with those alone that this press made active. What is confirmed while a welcome still waits joins it.
    """
    people = select(subscriptions.c.subscriber_id).where(subscriptions.c.id.in_(list(subscription_ids)))
    for subscriber_id in session.execute(people.distinct()).scalars().all():
        waiting = select(messages.c.id).where(
            messages.c.subscriber_id == subscriber_id,
            messages.c.kind == LetterKind.WELCOME,
            messages.c.state.in_(WAITING),
            messages.c.unsure == 0,  # one that may have arrived is sent with the same bytes, or not at all
        )
        found = session.execute(waiting.limit(1).with_for_update()).scalar_one_or_none()
        session.execute(
            update(subscriptions)
            .where(subscriptions.c.id.in_(list(subscription_ids)))
            .where(subscriptions.c.subscriber_id == subscriber_id)
            .values(welcome_id=found or queue(session, LetterKind.WELCOME, subscriber_id, now, domain))
        )


def say_no_study(session: Session, now: datetime, domain: str, suppression_key: bytes | None) -> None:
    """Queue a mail to those who follow a condition of which the first look found no study at all, and were not told so.

    Whose welcome still waits is told there.
    """
    # By the few conditions first: joined, all subscriptions would be read each minute.
    fruitless = session.execute(select(conditions.c.id).where(finds_nothing())).scalars().all()
    if not fruitless:
        return
    columns = (subscriptions.c.id, subscriptions.c.subscriber_id, subscriptions.c.welcome_id)
    untold = (
        select(*columns)
        .where(subscriptions.c.condition_id.in_(fruitless), subscriptions.c.state == SubscriptionState.ACTIVE)
        .where(subscriptions.c.nothing_said_at.is_(None))
    )
    found = session.execute(untold).all()
    welcomes = [row.welcome_id for row in found if row.welcome_id is not None]
    coming = select(messages.c.id).where(messages.c.id.in_(welcomes), messages.c.state.in_(_ON_ITS_WAY))
    waiting = set(session.execute(coming).scalars()) if welcomes else set()
    rows = [row for row in found if row.welcome_id not in waiting]
    people = {row.subscriber_id for row in rows}
    gone = suppression.among(session, suppression_key, people) if suppression_key and people else ()
    ids = [row.id for row in rows if row.subscriber_id not in gone]
    if ids:
        welcome(session, ids, now, domain)
        note_no_study(session, ids, now)


def note_no_study(session: Session, subscription_ids: Sequence[int], now: datetime) -> None:
    """They are told that the registry has no study at all under it."""
    which = subscriptions.c.id.in_(list(subscription_ids))
    session.execute(update(subscriptions).where(which).values(nothing_said_at=now))


def queue(
    session: Session, kind: LetterKind, subscriber_id: int, now: datetime, domain: str, **how: Any
) -> int:
    """Queue a mail of any kind without news, and return its id: call it in the transaction of what causes it. how: as of
    `new_message`.
    """
    row = new_message(subscriber_id, kind, now, domain, **how)
    return int(session.execute(insert(messages).values(row).returning(messages.c.id)).scalar_one())
