"""Adding what a person wants to follow; doing it twice adds nothing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from notifier.domain.changes import EVERY_GROUP, Weight
from notifier.domain.scheduling import zone
from notifier.storage import departures, outbox
from notifier.storage.models import (
    ConditionRow,
    ConsentRow,
    Every,
    SubscriberRow,
    SubscriptionRow,
    SubscriptionState,
    conditions,
    studies,
    subscribers,
    subscriptions,
)
from notifier.storage.subscribers.circles import say_near
from notifier.storage.subscribers.people import (
    Added,
    Choice,
    Consent,
    Person,
    Verdict,
    Wanted,
    find,
    keep_wording,
)


def add(
    session: Session,
    person: Person,
    wanted: Sequence[Wanted],
    *,
    choice: Choice,
    consent: Consent,
    now: datetime,
    domain: str,
) -> Added:
    """Follow these things for a person. Doing it twice adds nothing. `domain` is the Message-ID's."""
    zone(person.time_zone or "UTC")
    subscriber = the_person(session, person, now)
    assert subscriber.id is not None
    verdicts = []
    for topic in wanted:
        existing = live(session, subscriber.id, topic)
        if existing is None:
            verdict = _follow(session, subscriber, topic, choice, consent, now)
        else:
            verdict = _follow_again(session, existing, choice, consent, subscriber, now)
        verdicts.append((topic.label, verdict))
    outcomes = {verdict for _, verdict in verdicts}
    new = Verdict.PENDING in outcomes
    waiting = new or Verdict.ALREADY_PENDING in outcomes
    queued = waiting and outbox.ask_to_confirm(session, subscriber.id, now, domain, insist=new)
    return Added(tuple(verdicts), queued)


def the_person(session: Session, person: Person, now: datetime) -> SubscriberRow:
    row = find(session, person.address)
    if row is None:
        row = SubscriberRow(
            email=person.address.typed, email_key=person.address.key, silent_since=now, created_at=now
        )
        session.add(row)
    said = {
        "language": person.language,
        "time_zone": person.time_zone,
        "digest_hour": person.hour,
        "digest_weekday": person.weekday,
        "title_in_subject": person.title_in_subject,
    }
    for name, value in said.items():
        if value is not None and getattr(row, name) != value:
            setattr(row, name, value)
    session.flush()
    say_near(session, row, person.near, person.within)
    if {person.time_zone, person.hour, person.weekday} != {None}:
        move_digests(session, row, now)
    return row


def move_digests(session: Session, subscriber: SubscriberRow, now: datetime) -> None:
    """The person's clock changed: their daily and weekly mails go by the new one."""
    theirs = select(SubscriptionRow).where(
        subscriptions.c.subscriber_id == subscriber.id, subscriptions.c.next_digest_at.is_not(None)
    )
    for row in session.execute(theirs).scalars():
        row.next_digest_at = next_digest_of(subscriber, row.every, now)


def live(session: Session, subscriber_id: int, topic: Wanted) -> SubscriptionRow | None:
    """The subscription to this thing that has not ended; a study that was merged counts under its new id."""
    mine = select(SubscriptionRow).where(
        subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.state != SubscriptionState.ENDED
    )
    if topic.nct_id is not None:
        merged = select(studies.c.alias_of).where(studies.c.nct_id == topic.nct_id).scalar_subquery()
        mine = mine.where((subscriptions.c.nct_id == topic.nct_id) | (subscriptions.c.nct_id == merged))
    else:
        same = select(conditions.c.id).where(conditions.c.query == topic.query)
        mine = mine.where(subscriptions.c.condition_id.in_(same))
    return session.execute(mine).scalars().first()


def _follow(
    session: Session,
    subscriber: SubscriberRow,
    topic: Wanted,
    choice: Choice,
    consent: Consent,
    now: datetime,
) -> Verdict:
    every = choice.every or Every.IMMEDIATE
    groups = choice.groups if topic.nct_id and choice.groups is not None else EVERY_GROUP
    row = SubscriptionRow(
        subscriber_id=subscriber.id or 0,
        nct_id=topic.nct_id,
        condition_id=_condition_id(session, topic) if topic.query else None,
        every=every,
        state=SubscriptionState.PENDING,
        lightest_rank=(choice.lightest or Weight.NOTABLE).rank,
        groups=int(groups),  # a condition has one sort of news, and whoever follows it wants that
        next_digest_at=next_digest_of(subscriber, every, now),
        created_at=now,
    )
    session.add(row)
    session.flush()
    keep_consent(session, row, consent, now)
    if consent.evidence is None:
        return Verdict.PENDING
    activate(session, row, now)
    return Verdict.ACTIVE


def next_digest_of(subscriber: SubscriberRow, every: Every, now: datetime) -> datetime | None:
    return outbox.next_digest(
        every, subscriber.time_zone, now, hour=subscriber.digest_hour, weekday=subscriber.digest_weekday
    )


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
        departures.note_follow(session, email_key, nct_id or query, now, what, why)


def activate(session: Session, row: SubscriptionRow, now: datetime) -> None:
    row.state, row.activated_at = SubscriptionState.ACTIVE, now
    note_follows(session, [row.id or 0], now, departures.FOLLOWS)
    subscriber = session.get_one(SubscriberRow, row.subscriber_id)
    if subscriber.still_watching_at is None:
        subscriber.silent_since, subscriber.still_watching_at = now, now + outbox.STILL_WATCHING_AFTER


def _condition_id(session: Session, topic: Wanted) -> int:
    row = session.execute(
        select(ConditionRow).where(conditions.c.query == topic.query)
    ).scalar_one_or_none() or ConditionRow(query=topic.query or "", text=topic.condition or "")
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def keep_consent(session: Session, row: SubscriptionRow, consent: Consent, now: datetime) -> None:
    given = None if consent.evidence is None else now
    session.add(
        ConsentRow(
            subscription_id=row.id or 0,
            method=consent.method,
            actor=consent.actor,
            evidence=consent.evidence,
            wording_version=keep_wording(session),
            asked_at=now,
            given_at=given,
        )
    )


def _follow_again(
    session: Session,
    row: SubscriptionRow,
    choice: Choice,
    consent: Consent,
    subscriber: SubscriberRow,
    now: datetime,
) -> Verdict:
    changed = choose_again(row, choice, subscriber, now)
    if row.state == SubscriptionState.PENDING and consent.evidence is not None:
        activate(session, row, now)
        keep_consent(session, row, consent, now)
        return Verdict.ACTIVE
    if row.state == SubscriptionState.PENDING:
        return Verdict.ALREADY_PENDING
    return Verdict.CHANGED if changed else Verdict.ALREADY_ACTIVE


def choose_again(row: SubscriptionRow, choice: Choice, subscriber: SubscriberRow, now: datetime) -> bool:
    """Take over what was said this time, and leave the rest; returns whether anything is different now."""
    before = (row.every, row.lightest_rank, row.groups)
    if choice.every is not None and choice.every != row.every:
        row.every, row.next_digest_at = choice.every, next_digest_of(subscriber, choice.every, now)
    if choice.lightest is not None:
        row.lightest_rank = choice.lightest.rank
    if choice.groups is not None and row.nct_id is not None:
        row.groups = int(choice.groups)
    if (row.lightest_rank, row.groups) != before[1:]:
        row.chosen_at = now
    return (row.every, row.lightest_rank, row.groups) != before
