"""The operator's own mailbox that follows along: on each day on which somebody was mailed news, it is mailed some too.

It is told of the change that somebody was told last, as they were: by the same assembly, wording and way out. So its
mail proves the whole way to a mailbox. It asks for no changes itself, so watching and counting go on as without it.
"""

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, Select, insert, select, update
from sqlmodel import Session

from notifier.domain.letter import LetterKind
from notifier.storage import subscribers
from notifier.storage.models import (
    EndedReason,
    MessageState,
    NoticeState,
    SubscriptionState,
    changes,
    conditions,
    consents,
    messages,
    notices,
    subscriptions,
)
from notifier.storage.models import subscribers as subscribers_table
from notifier.storage.subscribers import Address, Choice, Consent, Person, Wanted

METHOD = "canary"
LATE_AFTER = timedelta(days=1)


def follow_along(session: Session, address: Address, now: datetime, domain: str) -> bool:
    """Let the canary be told what somebody was told last, once a day (UTC); returns whether there is something now."""
    today = datetime.combine(now.date(), time(), tzinfo=now.tzinfo)
    person = subscribers.find(session, address)
    if person is not None and session.execute(_its(address).where(notices.c.created_at >= today)).first():
        return False
    told = session.execute(_told_to_others(person.id if person else None, today)).first()
    if told is None:
        return False
    before = _own(session, address)
    topic = Wanted(condition=told.text, query=told.query) if told.condition_id else Wanted(nct_id=told.nct_id)
    consent = Consent(METHOD, "NOTIFIER_CANARY", "a mailbox of the operator's")
    subscribers.add(
        session, Person(address), [topic], choice=Choice(), consent=consent, now=now, domain=domain
    )
    (new,) = subscribers.ids_of(session, address, topic)
    _ask_for_nothing(session, address, new)
    subscribers.end(session, [each for each in before if each != new], EndedReason.ADMIN, now)
    _tell(session, new, told.id, now)
    return True


def late(session: Session, address: Address, now: datetime) -> str | None:
    """Why the canary was not mailed what it was to be mailed more than a day ago; None: it was, or something since."""
    newest = _its(address).order_by(notices.c.id.desc())
    last = session.execute(newest.where(notices.c.created_at <= now - LATE_AFTER).limit(1)).first()
    if last is None or last.mail is MessageState.SENT:
        return None
    since = newest.where(notices.c.id > last.id, messages.c.state == MessageState.SENT).limit(1)
    if session.execute(since).first() is not None:
        return None
    why = last.why_mail or last.why or (f"its mail is {last.mail.value}" if last.mail else "it is in no mail")
    return f"its mail of {last.created_at:%Y-%m-%d %H:%M} UTC was not accepted: {why}"


def newest_sent(session: Session, address: Address) -> Row[Any] | None:
    """The newest mail to the canary that the server took: id, Message-ID, when."""
    columns = (messages.c.id, messages.c.rfc_message_id, messages.c.settled_at)
    sent = (
        select(*columns)
        .select_from(messages.join(subscribers_table, subscribers_table.c.id == messages.c.subscriber_id))
        .where(subscribers_table.c.email_key == address.key, messages.c.kind == LetterKind.UPDATE)
        .where(messages.c.state == MessageState.SENT)
        .order_by(messages.c.settled_at.desc())
    )
    return session.execute(sent.limit(1)).first()


def _its(address: Address) -> Select[Any]:
    """What the canary was to be told: its notices, and what became of them."""
    columns = (notices.c.id, notices.c.created_at, notices.c.reason.label("why"))
    return (
        select(*columns, messages.c.state.label("mail"), messages.c.reason.label("why_mail"))
        .select_from(
            notices.join(subscriptions)
            .join(subscribers_table, subscribers_table.c.id == subscriptions.c.subscriber_id)
            .outerjoin(messages, messages.c.id == notices.c.message_id)
        )
        .where(subscribers_table.c.email_key == address.key, subscriptions.c.id.in_(_by_us()))
    )


def _by_us() -> Select[Any]:
    return select(consents.c.subscription_id).where(consents.c.method == METHOD)


def _told_to_others(canary_id: int | None, since: datetime) -> Select[Any]:
    """The change that was told last, in mails made since then."""
    return (
        select(changes.c.id, changes.c.nct_id, changes.c.condition_id, conditions.c.text, conditions.c.query)
        .select_from(messages.join(notices, notices.c.message_id == messages.c.id))
        .join(changes, changes.c.id == notices.c.change_id)
        .outerjoin(conditions, conditions.c.id == changes.c.condition_id)
        .where(messages.c.created_at >= since, messages.c.kind == LetterKind.UPDATE)
        .where(messages.c.state == MessageState.SENT, messages.c.subscriber_id != (canary_id or 0))
        .where(notices.c.state == NoticeState.IN_MESSAGE)
        .order_by(messages.c.id.desc(), changes.c.id.desc())
        .limit(1)
    )


def _own(session: Session, address: Address) -> list[int]:
    """What it follows because of us; the operator may follow more with the same mailbox."""
    its = (
        select(subscriptions.c.id)
        .join(subscribers_table, subscribers_table.c.id == subscriptions.c.subscriber_id)
        .where(subscribers_table.c.email_key == address.key, subscriptions.c.id.in_(_by_us()))
        .where(subscriptions.c.state != SubscriptionState.ENDED)
    )
    return list(session.execute(its).scalars())


def _ask_for_nothing(session: Session, address: Address, subscription_id: int) -> None:
    """It is told what others were told; no pass makes notices for it, and silence is no news to it."""
    session.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription_id, subscriptions.c.id.in_(_by_us()))
        .values(groups=0)
    )
    if (person := subscribers.find(session, address)) is not None and _own(session, address):
        person.still_watching_at = None


def _tell(session: Session, subscription_id: int, change_id: int, now: datetime) -> None:
    same = select(notices.c.id).where(
        notices.c.subscription_id == subscription_id, notices.c.change_id == change_id
    )
    if session.execute(same).first() is None:
        row = {"subscription_id": subscription_id, "change_id": change_id, "created_at": now}
        session.execute(insert(notices), [{**row, "state": NoticeState.DUE}])
