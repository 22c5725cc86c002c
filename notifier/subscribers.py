"""Sign-up, consent, confirm and end: what a person asked to hear of. Renders nothing and sends nothing.

An address is kept as typed, and found by one normal form of it (M31). A subscription that ended stays as a row with
its reason; a new sign-up is a new row, so an old link never ends a new consent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, select, update
from sqlmodel import Session

from notifier import outbox
from notifier.changes import Weight
from notifier.errors import AddressError, InputError
from notifier.schedule import zone
from notifier.tables import (
    ConditionRow,
    ConsentRow,
    EndedReason,
    Every,
    SubscriberRow,
    SubscriptionRow,
    SubscriptionState,
    conditions,
    consents,
    studies,
    subscribers,
    subscriptions,
)

CONSENT_VERSION = "2026-11-en"
CONSENT_WORDING = (
    "I agree that my e-mail address is kept together with the studies and conditions I chose, which may say something "
    "about health, so that I am sent updates about them. I can stop at any time with the link in each mail."
)


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address: as typed, as mail is sent to it, and as it is found again."""

    typed: str
    key: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing to follow: a study by id, or a condition by text with its safe form for the registry's search."""

    nct_id: str | None = None
    condition: str | None = None
    query: str | None = None

    @property
    def label(self) -> str:
        return self.nct_id or self.condition or ""


@dataclass(frozen=True, slots=True)
class Consent:
    """How somebody agreed. `evidence` is None where they still have to confirm by mail."""

    method: str
    actor: str
    evidence: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """How to speak to somebody."""

    address: Address
    time_zone: str = "UTC"
    language: str = "en"


class Verdict(StrEnum):
    """What came of asking to follow one thing."""

    ACTIVE = "active"  #: Followed from now on.
    PENDING = "pending"  #: Waits for the person's confirmation.
    ALREADY_ACTIVE = "already active"  #: Was followed before; nothing was added.
    ALREADY_PENDING = "already pending"  #: Was waiting for confirmation before.
    CHANGED = "frequency changed"  #: Was followed before, at another frequency.


@dataclass(frozen=True, slots=True)
class Added:
    """What `add` did: a verdict for each thing, and whether a confirmation mail was queued."""

    verdicts: tuple[tuple[str, Verdict], ...]
    confirmation_queued: bool


def address(text: str) -> Address:
    """Check an address by its form. Raises AddressError; looks nothing up, and never asks a mail server (M33)."""
    try:
        checked = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise AddressError(
            f"This is not an e-mail address that mail can be sent to ({reason}): check it"
        ) from None
    domain = (checked.ascii_domain or checked.domain).lower()
    return Address(
        typed=f"{checked.local_part}@{checked.domain}", key=f"{checked.local_part.casefold()}@{domain}"
    )


def add(
    session: Session,
    person: Person,
    wanted: Sequence[Wanted],
    *,
    every: Every,
    consent: Consent,
    now: datetime,
    domain: str,
) -> Added:
    """Follow these things for a person. Doing it twice adds nothing. `domain` is the Message-ID's."""
    zone(person.time_zone)
    subscriber = _subscriber(session, person, now)
    assert subscriber.id is not None
    verdicts = []
    for topic in wanted:
        existing = _live(session, subscriber.id, topic)
        if existing is None:
            verdict = _follow(session, subscriber, topic, every, consent, now)
        else:
            verdict = _follow_again(session, existing, every, consent, subscriber.time_zone, now)
        verdicts.append((topic.label, verdict))
    waiting = any(v in {Verdict.PENDING, Verdict.ALREADY_PENDING} for _, v in verdicts)
    queued = waiting and outbox.ask_to_confirm(session, subscriber.id, now, domain)
    return Added(tuple(verdicts), queued)


def _subscriber(session: Session, person: Person, now: datetime) -> SubscriberRow:
    row = find(session, person.address)
    if row is None:
        row = SubscriberRow(
            email=person.address.typed,
            email_key=person.address.key,
            language=person.language,
            time_zone=person.time_zone,
            created_at=now,
        )
        session.add(row)
        session.flush()
    return row


def find(session: Session, who: Address) -> SubscriberRow | None:
    """The person with this address."""
    return session.execute(
        select(SubscriberRow).where(subscribers.c.email_key == who.key)
    ).scalar_one_or_none()


def _live(session: Session, subscriber_id: int, topic: Wanted) -> SubscriptionRow | None:
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
    session: Session, subscriber: SubscriberRow, topic: Wanted, every: Every, consent: Consent, now: datetime
) -> Verdict:
    state = SubscriptionState.PENDING if consent.evidence is None else SubscriptionState.ACTIVE
    row = SubscriptionRow(
        subscriber_id=subscriber.id or 0,
        nct_id=topic.nct_id,
        condition_id=_condition_id(session, topic) if topic.query else None,
        every=every,
        state=state,
        lightest_rank=Weight.NOTABLE.rank,
        next_digest_at=outbox.next_digest(every, subscriber.time_zone, now),
        created_at=now,
        activated_at=None if state == SubscriptionState.PENDING else now,
    )
    session.add(row)
    session.flush()
    _keep_consent(session, row, consent, now)
    return Verdict.PENDING if state == SubscriptionState.PENDING else Verdict.ACTIVE


def _condition_id(session: Session, topic: Wanted) -> int:
    row = session.execute(
        select(ConditionRow).where(conditions.c.query == topic.query)
    ).scalar_one_or_none() or ConditionRow(query=topic.query or "", text=topic.condition or "")
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def _keep_consent(session: Session, row: SubscriptionRow, consent: Consent, now: datetime) -> None:
    given = None if consent.evidence is None else now
    session.add(
        ConsentRow(
            subscription_id=row.id or 0,
            method=consent.method,
            actor=consent.actor,
            evidence=consent.evidence,
            wording_version=CONSENT_VERSION,
            wording=CONSENT_WORDING,
            asked_at=now,
            given_at=given,
        )
    )


def _follow_again(
    session: Session, row: SubscriptionRow, every: Every, consent: Consent, time_zone: str, now: datetime
) -> Verdict:
    changed = row.every != every
    if changed:
        row.every, row.next_digest_at = every, outbox.next_digest(every, time_zone, now)
    if row.state == SubscriptionState.PENDING and consent.evidence is not None:
        row.state, row.activated_at = SubscriptionState.ACTIVE, now
        _keep_consent(session, row, consent, now)
        return Verdict.ACTIVE
    if row.state == SubscriptionState.PENDING:
        return Verdict.ALREADY_PENDING
    return Verdict.CHANGED if changed else Verdict.ALREADY_ACTIVE


def confirm(session: Session, subscription_ids: Sequence[int], now: datetime) -> bool:
    """Make pending subscriptions active. Returns whether any of them is active now, also from an earlier press."""
    rows = _rows(session, subscription_ids)
    for row in rows:
        if row.state == SubscriptionState.PENDING:
            row.state, row.activated_at = SubscriptionState.ACTIVE, now
            session.execute(
                update(consents)
                .where(consents.c.subscription_id == row.id, consents.c.given_at.is_(None))
                .values(given_at=now)
            )
    return any(row.state == SubscriptionState.ACTIVE for row in rows)


def end(session: Session, subscription_ids: Sequence[int], reason: EndedReason, now: datetime) -> int:
    """End subscriptions and cancel what is unsent for them; returns how many were still going. Twice is harmless."""
    live = [row for row in _rows(session, subscription_ids) if row.state != SubscriptionState.ENDED]
    for row in live:
        row.state, row.ended_at, row.ended_reason = SubscriptionState.ENDED, now, reason
        row.next_digest_at = None
    ids = [row.id for row in live if row.id is not None]
    session.execute(
        update(consents)
        .where(consents.c.subscription_id.in_(ids), consents.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    session.flush()
    outbox.cancel_for(session, ids, f"subscription ended: {reason.value}", now)
    return len(live)


def _rows(session: Session, subscription_ids: Sequence[int]) -> Sequence[SubscriptionRow]:
    rows = select(SubscriptionRow).where(subscriptions.c.id.in_(list(subscription_ids)))
    return session.execute(rows).scalars().all()


@dataclass(frozen=True, slots=True)
class Followed:
    """One subscription as the admin sees it."""

    id: int
    email: str
    label: str
    every: Every
    state: SubscriptionState
    created_at: datetime
    ended_reason: EndedReason | None
    seen: bool  # the study, or the condition, has its baseline
    missing: bool  # the registry did not have the study


def followed(session: Session, who: Address | None = None) -> list[Followed]:
    """The subscriptions of a person, or of everybody, by address and then by age."""
    rows = (
        select(SubscriptionRow, subscribers.c.email, conditions.c.text, conditions.c.watched_since, studies)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .outerjoin(conditions, conditions.c.id == subscriptions.c.condition_id)
        .outerjoin(studies, studies.c.nct_id == subscriptions.c.nct_id)
        .where(subscribers.c.email != "")
        .order_by(subscribers.c.email_key, subscriptions.c.id)
    )
    if who is not None:
        rows = rows.where(subscribers.c.email_key == who.key)
    return [
        Followed(
            id=row.SubscriptionRow.id,
            email=row.email,
            label=row.SubscriptionRow.nct_id or row.text,
            every=row.SubscriptionRow.every,
            state=row.SubscriptionRow.state,
            created_at=row.SubscriptionRow.created_at,
            ended_reason=row.SubscriptionRow.ended_reason,
            seen=bool(row[3] or row.snapshot_id),
            missing=row.missing_in is not None,
        )
        for row in session.execute(rows)
    ]


def ids_of(session: Session, who: Address, topic: Wanted | None = None) -> list[int]:
    """The ids of a person's subscriptions that have not ended: all, or the one to a thing."""
    person = find(session, who)
    if person is None or person.id is None:
        raise InputError("Nobody with that address is known here: check it with `notifier subscribers list`")
    if topic is not None:
        row = _live(session, person.id, topic)
        return [row.id] if row is not None and row.id is not None else []
    live = select(subscriptions.c.id).where(
        subscriptions.c.subscriber_id == person.id, subscriptions.c.state != SubscriptionState.ENDED
    )
    return list(session.execute(live).scalars())


def pending_of(session: Session, subscriber_id: int) -> list[int]:
    """The ids of a person's subscriptions that wait for confirmation."""
    rows = select(subscriptions.c.id).where(
        subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.state == SubscriptionState.PENDING
    )
    return list(session.execute(rows.order_by(subscriptions.c.id)).scalars())


def owner_of(session: Session, subscription_ids: Sequence[int]) -> str | None:
    """The address that these subscriptions belong to, for a page that shows it masked."""
    rows = (
        select(subscribers.c.email)
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .where(subscriptions.c.id.in_(list(subscription_ids)))
    )
    return session.execute(rows.limit(1)).scalar_one_or_none()


def follow_alias(session: Session, old: str, new: str, now: datetime) -> None:
    """The registry merged two ids: followers of the old one follow the new one, each person once."""
    movers = select(SubscriptionRow).where(
        subscriptions.c.nct_id == old, subscriptions.c.state != SubscriptionState.ENDED
    )
    both = select(subscriptions.c.subscriber_id).where(
        subscriptions.c.nct_id == new, subscriptions.c.state != SubscriptionState.ENDED
    )
    there = set(session.execute(both).scalars())
    for row in session.execute(movers).scalars().all():
        if row.subscriber_id in there and row.id is not None:
            end(session, [row.id], EndedReason.MERGED, now)
        else:
            row.nct_id = new
    session.flush()


def wipe_unconfirmed(session: Session, before: datetime) -> int:
    """Delete sign-ups that nobody confirmed since then, with their consent records; returns how many (L16)."""
    stale = (subscriptions.c.state == SubscriptionState.PENDING) & (subscriptions.c.created_at < before)
    ids = session.execute(select(subscriptions.c.id).where(stale)).scalars().all()
    session.execute(delete(subscriptions).where(subscriptions.c.id.in_(ids)))
    return len(ids)


def forget_gone(session: Session, before: datetime) -> int:
    """Wipe the address of everybody whose last subscription ended before then; returns how many (P7).

    What is left of them has no address: the rows keep old links and counts right.
    """
    living = select(subscriptions.c.subscriber_id).where(
        (subscriptions.c.state != SubscriptionState.ENDED) | (subscriptions.c.ended_at >= before)
    )
    gone = (subscribers.c.created_at < before) & (subscribers.c.email != "") & subscribers.c.id.not_in(living)
    ids = session.execute(select(subscribers.c.id).where(gone)).scalars().all()
    wiped = [{"id": identity, "email": "", "email_key": f"wiped:{identity}"} for identity in ids]
    if wiped:
        session.execute(update(SubscriberRow), wiped)
    return len(ids)
