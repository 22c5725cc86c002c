"""The mailbox of the operator's that follows along: it is told what somebody was told last, and was mailed that, or was not."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, insert, select, update
from sqlmodel import Session

from notifier.domain.letter import LetterKind
from notifier.storage import subscribers
from notifier.storage.models import changes, conditions, consents, messages, notices, subscriptions
from notifier.storage.models import subscribers as subscribers_table
from notifier.storage.models.states import EndedReason, MessageState, NoticeState, SubscriptionState
from notifier.storage.subscribers import Address, Choice, Consent, Person, Wanted

_CONSENT = Consent("canary", "NOTIFIER_CANARY", "a mailbox of the operator's")
LATE_AFTER = timedelta(days=1)


def follow_along(session: Session, address: Address, now: datetime, domain: str) -> bool:
    """Let the canary be told what somebody was told last, once a day (UTC); returns whether there is something now."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    person = subscribers.find(session, address)
    told_today = _its(address).where(notices.c.created_at >= today).limit(1)
    if person is not None and session.execute(told_today).first() is not None:
        return False
    told_to_others = (
        select(changes.c.id, changes.c.nct_id, changes.c.condition_id, conditions.c.text, conditions.c.query)
        .select_from(messages.join(notices, notices.c.message_id == messages.c.id))
        .join(changes, changes.c.id == notices.c.change_id)
        .outerjoin(conditions, conditions.c.id == changes.c.condition_id)
        .where(messages.c.created_at >= today, messages.c.kind == LetterKind.UPDATE)
        .where(messages.c.state == MessageState.SENT)
        .where(messages.c.subscriber_id != (person.id if person else 0))
        .where(notices.c.state == NoticeState.IN_MESSAGE)
        .order_by(messages.c.id.desc(), changes.c.id.desc())
    )
    told = session.execute(told_to_others.limit(1)).first()
    if told is None:
        return False
    # What it follows because of us; the operator may follow more with the same mailbox.
    own = (
        select(subscriptions.c.id)
        .join(subscribers_table, subscribers_table.c.id == subscriptions.c.subscriber_id)
        .where(subscribers_table.c.email_key == address.key, _by_us())
        .where(subscriptions.c.state != SubscriptionState.ENDED)
    )
    before = session.execute(own).scalars().all()
    topic = Wanted(condition=told.text, query=told.query) if told.condition_id else Wanted(nct_id=told.nct_id)
    subscribers.add(
        session, Person(address), [topic], choice=Choice(), consent=_CONSENT, now=now, domain=domain
    )
    (new,) = subscribers.ids_of(session, address, topic)
    # It is told what others were told: no pass makes notices for it, and silence is no news to it.
    its = update(subscriptions).where(subscriptions.c.id == new, _by_us())
    session.execute(its.values(groups=0))
    if (row := subscribers.find(session, address)) is not None and session.execute(own).first() is not None:
        row.still_watching_at = None
    subscribers.end(session, [each for each in before if each != new], EndedReason.ADMIN, now)
    same = select(notices.c.id).where(notices.c.subscription_id == new, notices.c.change_id == told.id)
    if session.execute(same).first() is None:
        notice = {"subscription_id": new, "change_id": told.id, "created_at": now, "state": NoticeState.DUE}
        session.execute(insert(notices), [notice])
    return True


def late(session: Session, address: Address, now: datetime) -> str | None:
    """Why the canary was not mailed what it was to be mailed more than a day ago; None: it was, or something since."""
    due = _its(address).where(notices.c.created_at <= now - LATE_AFTER).order_by(notices.c.id.desc())
    last = session.execute(due.limit(1)).first()
    if last is None or last.mail is MessageState.SENT:
        return None
    later = _its(address).where(notices.c.id > last.id, messages.c.state == MessageState.SENT)
    if session.execute(later.limit(1)).first() is not None:
        return None
    why = last.why_mail or last.why or (f"its mail is {last.mail.value}" if last.mail else "it is in no mail")
    return f"its mail of {last.created_at:%Y-%m-%d %H:%M} UTC was not accepted: {why}"


def newest_sent(session: Session, address: Address) -> Row[Any] | None:
    """The newest mail to the canary that the server took: id, Message-ID, when."""
    sent = (
        select(messages.c.id, messages.c.rfc_message_id, messages.c.settled_at)
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
        .where(subscribers_table.c.email_key == address.key, _by_us())
    )


def _by_us() -> Any:
    return subscriptions.c.id.in_(
        select(consents.c.subscription_id).where(consents.c.method == _CONSENT.method)
    )
