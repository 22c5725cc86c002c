"""Addresses that are not mailed any more, and why (S24, P5). Knows them by a keyed hash alone, also after an erasure.

Asked when somebody is added, when mails are made and right before one is sent. Lifted only by a person who confirms
anew, or by an admin's command.
"""

import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from notifier.domain.letter import LetterKind
from notifier.storage import departures, incidents
from notifier.storage.engine.statements import is_among, portions
from notifier.storage.models import (
    BounceRow,
    SuppressionRow,
    bounces,
    messages,
    notices,
    subscribers,
    subscriptions,
    suppressions,
)
from notifier.storage.models.states import Fate, MessageState, NoticeState, Suppressed

SOFT_DAYS = 4  # days with a soft bounce until the address is not mailed any more
SOFT_WITHIN = timedelta(days=30)
ARRIVED_AFTER = timedelta(days=5)  # a mail of which nothing has come back by then has arrived
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # where the order of the lines says when
SUPPRESSED = "suppressed"  # why a mail was cancelled
#: A provider's bad hour: more of one domain condemned within a day than this many, and than this share of its people.
MASS_PEOPLE = 20
MASS_SHARE = 0.05
MASS_WITHIN = timedelta(days=1)

#: From the strongest; a weaker reason never takes the place of a stronger one.
_STRENGTH = (Suppressed.COMPLAINT, Suppressed.ADMIN, Suppressed.DEAD, Suppressed.FULL)
#: The person may come back by confirming; after the others only an admin lifts it.
LIFTED_BY_CONFIRMING = frozenset({Suppressed.DEAD, Suppressed.FULL})


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a message is; `address_hash` is None when the address was wiped meanwhile."""

    subscriber_id: int
    email_key: str | None
    address_hash: str | None


def address_hash(key: bytes, email_key: str) -> str:
    """What stands for an address in the list; `email_key` is its one normal form."""
    return hmac.new(key, email_key.encode("utf-8"), "sha256").hexdigest()


def is_suppressed(session: Session, hashed: str) -> Suppressed | None:
    """Why this address is not mailed; None when it is, or when an admin has still to decide."""
    found = select(suppressions.c.reason).where(suppressions.c.address_hash == hashed, ~suppressions.c.held)
    return session.execute(found).scalar_one_or_none()


def reason_of(session: Session, key: bytes | None, email_key: str) -> Suppressed | None:
    """As `is_suppressed`, of an address by its one normal form; without the key of the hashes nothing is known."""
    return None if key is None else is_suppressed(session, address_hash(key, email_key))


def suppress(
    session: Session,
    hashed: str,
    reason: Suppressed,
    now: datetime,
    *,
    domain_hash: str | None = None,
    held: bool = False,
) -> bool:
    """Mail this address no more. Returns whether that is new; a stronger reason takes the place of a weaker one.

    held: it is only noted, and mail to all of the domain waits until an admin decides.
    """
    if not held:
        departures.note(session, hashed, now, departures.STOPPED, reason.value)
    row = SuppressionRow(address_hash=hashed, reason=reason, since=now, domain_hash=domain_hash, held=held)
    if note(session, row):
        return True
    weaker = _STRENGTH[_STRENGTH.index(reason) + 1 :]
    session.execute(
        update(suppressions)
        .where(suppressions.c.address_hash == hashed, suppressions.c.reason.in_(weaker))
        .values(reason=reason)
    )
    return False


def lift(session: Session, hashed: str, reasons: Collection[Suppressed] = _STRENGTH) -> Suppressed | None:
    """Mail this address again if it was suppressed for one of these reasons, which is returned.

    What came back before counts no more. Call it for a person who confirmed anew or for an admin's command alone.
    """
    listed = select(suppressions.c.reason).where(suppressions.c.address_hash == hashed)
    was: Suppressed | None = session.execute(listed).scalar_one_or_none()
    if was is None or was not in reasons:
        return None
    departures.note(session, hashed, EPOCH, departures.LIFTED)
    session.execute(delete(suppressions).where(suppressions.c.address_hash == hashed))
    session.execute(delete(bounces).where(bounces.c.address_hash == hashed))
    return was


def owner_of(session: Session, key: bytes, message_id: int) -> Owner | None:
    """Whose message it is; None where there is no such message."""
    row = session.execute(
        select(subscribers.c.id, subscribers.c.email, subscribers.c.email_key)
        .select_from(messages.join(subscribers))
        .where(messages.c.id == message_id)
    ).first()
    if row is None:
        return None
    known = row.email_key if row.email else None
    return Owner(row.id, known, address_hash(key, known) if known else None)


def stopped(session: Session, hashes: Mapping[int, str], rows: Sequence[Row[Any]]) -> set[int]:
    """The ids of those messages that must not be sent; `rows` hold id, kind and their person's email.

    hashes: of their addresses, by their ids. What somebody has just asked for may still reach them, if mail came back.
    """
    found = session.connection().execute(_LISTED, {"hashes": list(hashes.values())}) if hashes else ()
    why = {row.address_hash: row.reason for row in found}
    must_not = set()
    for row in rows:
        reason = why.get(hashes[row.id])
        asked_for = reason in LIFTED_BY_CONFIRMING and row.kind.manner.asked_for
        if not row.email or (reason is not None and not asked_for):  # to a wiped address nothing can be sent
            must_not.add(row.id)
    return must_not


def is_stopped(hashed: ColumnElement[str], kind: ColumnElement[LetterKind]) -> ColumnElement[bool]:
    """The same in SQL, of a message of this kind to an address with this hash."""
    asked_for = kind.in_([each for each in LetterKind if each.manner.asked_for])
    listed = select(suppressions.c.address_hash).where(
        suppressions.c.address_hash == hashed,
        ~suppressions.c.held,
        ~(asked_for & suppressions.c.reason.in_(LIFTED_BY_CONFIRMING)),
    )
    return listed.correlate_except(suppressions).exists()


_LISTED = select(suppressions.c.address_hash, suppressions.c.reason).where(
    is_among(suppressions.c.address_hash, "hashes"), ~suppressions.c.held
)


class Condemned(StrEnum):
    """What came of one word that an address is dead, or that its owner complains."""

    NEW = "new"  #: It is not mailed any more.
    KNOWN = "known"  #: It was not mailed before.
    HELD = "held"  #: Too many of its domain at once: noted, and an admin decides.


def condemn(session: Session, key: bytes, owner: Owner, reason: Suppressed, now: datetime) -> Condemned:
    """Mail this person no more, on the word of their provider; but not on its word about everybody at once.

    Gmail told every sender for six hours in December 2020 that its living mailboxes did not exist.
    """
    assert owner.email_key is not None
    assert owner.address_hash is not None
    domain = domain_of(owner.email_key)
    hashed = address_hash(key, domain)
    held = session.execute(_HELD.where(suppressions.c.domain_hash == hashed)).first() is not None
    if not suppress(session, owner.address_hash, reason, now, domain_hash=hashed, held=held):
        return Condemned.KNOWN
    lately = and_(suppressions.c.domain_hash == hashed, suppressions.c.since > now - MASS_WITHIN)
    if not held:
        condemned = _count(session, lately, suppressions.c.reason == reason)
        # Its people are counted at 21, 42, 84 … of them: counting means to read every address.
        steps, over = divmod(condemned, MASS_PEOPLE + 1)
        if over or steps & (steps - 1) or not steps:
            return Condemned.NEW
        # Read one by one, because addresses may be sealed.
        people = select(subscribers.c.email_key).where(subscribers.c.email.is_not(None))
        everybody = session.execute(people.execution_options(yield_per=1000)).scalars()
        if condemned <= MASS_SHARE * sum(domain_of(each or "") == domain for each in everybody):
            return Condemned.NEW
    listed = select(suppressions.c.address_hash).where(lately, suppressions.c.reason == reason)
    for each in session.execute(listed).scalars():
        departures.note(session, each, EPOCH, departures.LIFTED)  # until an admin says so
    session.execute(update(suppressions).where(lately, suppressions.c.reason == reason).values(held=True))
    count = _count(session, suppressions.c.domain_hash == hashed, suppressions.c.held)
    what = "say that our mail is spam" if reason is Suppressed.COMPLAINT else "have no mailbox any more"
    incidents.begin(
        session,
        f"{BAD_HOUR}:{hashed[:12]}",
        f"Within a day {count} people at {domain} were said to {what}: more than their provider can be believed. Mail to {domain} waits. "
        f"Look at `notifier outbox list`; then `notifier subscribers lift --domain {domain}` mails them again and tells what they "
        "missed, or with --keep believes it.",
        now,
    )
    return Condemned.HELD


BAD_HOUR = "bad_hour"  # begins the name of the incident


def domain_of(email_key: str) -> str:
    """The domain of an address in its one normal form."""
    return email_key.rpartition("@")[2]


#: Few or none at any time, and an index knows them.
_HELD = select(suppressions.c.domain_hash).where(suppressions.c.held).distinct()


def _count(session: Session, *which: ColumnElement[bool]) -> int:
    return int(session.execute(select(func.count()).select_from(suppressions).where(*which)).scalar_one())


def waiting(session: Session, key: bytes, rows: Sequence[Row[Any]]) -> set[int]:
    """The ids of those messages that wait, because an admin decides about their person's domain."""
    held = set(session.execute(_HELD).scalars())
    if not held:
        return set()
    return {row.id for row in rows if row.email and address_hash(key, domain_of(row.email_key)) in held}


def lift_many(
    session: Session, key: bytes, *, domain: str | None, since: datetime | None, until: datetime | None
) -> tuple[list[int], datetime | None]:
    """Mail everybody again who was condemned by their provider at this domain, or then; what came back counts no more.

    What an admin stopped stays. Neither given: all that is held. Returns their ids, and when the first was condemned.
    """
    which = select(suppressions.c.address_hash, suppressions.c.since).where(
        suppressions.c.reason.in_((Suppressed.DEAD, Suppressed.FULL, Suppressed.COMPLAINT))
    )
    if domain is None and since is None and until is None:
        which = which.where(suppressions.c.held)
    if domain is not None:
        which = which.where(suppressions.c.domain_hash == address_hash(key, domain))
    if since is not None:
        which = which.where(suppressions.c.since >= since)
    if until is not None:
        which = which.where(suppressions.c.since < until)
    found = {row.address_hash: row.since for row in session.execute(which)}
    people = select(subscribers.c.id, subscribers.c.email_key).where(subscribers.c.email.is_not(None))
    ids = [
        row.id
        for row in session.execute(people.execution_options(yield_per=1000))
        if row.email_key and address_hash(key, row.email_key) in found
    ]
    for hashed in found:
        departures.note(session, hashed, EPOCH, departures.LIFTED)
    for hashes in portions(list(found)):
        session.execute(delete(suppressions).where(suppressions.c.address_hash.in_(hashes)))
    return ids, min(found.values(), default=None)


def believe(session: Session, key: bytes, domain: str | None) -> int:
    """What is held is in force from now on; returns how many."""
    there = () if domain is None else (suppressions.c.domain_hash == address_hash(key, domain),)
    which = and_(suppressions.c.held, *there)
    rows = session.execute(
        select(suppressions.c.address_hash, suppressions.c.reason, suppressions.c.since).where(which)
    ).all()
    for row in rows:
        departures.note(session, row.address_hash, row.since, departures.STOPPED, row.reason.value)
    session.execute(update(suppressions).where(which).values(held=False))
    return len(rows)


def end_bad_hours(session: Session, now: datetime) -> None:
    """The incidents of domains of which nothing is held any more are over."""
    held = {f"{BAD_HOUR}:{hashed[:12]}" for hashed in session.execute(_HELD).scalars() if hashed}
    for row in incidents.going(session):
        if row.name.startswith(f"{BAD_HOUR}:") and row.name not in held:
            incidents.end(session, row.name, now)


def forget_returns(session: Session, subscriber_ids: Sequence[int], since: datetime) -> None:
    """What came back of these people's mails since then did not reach them, and no longer counts against them.

    Their mails are rejected ones from here on, so that they can be sent again (`storage.outbox.putting_right`).
    """
    for ids in portions(subscriber_ids):
        theirs = and_(messages.c.subscriber_id.in_(ids), messages.c.settled_at >= since)
        came_back = select(bounces.c.id).where(bounces.c.message_id == messages.c.id, bounces.c.hard)
        lost = or_(
            and_(messages.c.state == MessageState.SENT, came_back.exists()),
            and_(messages.c.state == MessageState.CANCELLED, messages.c.reason == SUPPRESSED),
        )
        session.execute(update(messages).where(theirs, lost).values(state=MessageState.REJECTED))
        dropped = and_(notices.c.state == NoticeState.CANCELLED, notices.c.reason == Fate.SUPPRESSED)
        asked = select(subscriptions.c.id).where(subscriptions.c.subscriber_id.in_(ids))
        session.execute(
            update(notices)
            .where(dropped, notices.c.created_at >= since, notices.c.subscription_id.in_(asked))
            .values(state=NoticeState.DUE, reason=None, message_id=None)
        )
        of_them = select(messages.c.id).where(messages.c.subscriber_id.in_(ids))
        session.execute(delete(bounces).where(bounces.c.message_id.in_(of_them), bounces.c.came_at >= since))


def among(session: Session, key: bytes, subscriber_ids: Collection[int]) -> set[int]:
    return set(why(session, key, subscriber_ids))


def why(session: Session, key: bytes, subscriber_ids: Collection[int]) -> dict[int, Suppressed]:
    """Why their address is suppressed, of those of these people whose is."""
    if not subscriber_ids or not _any(session):
        return {}
    found: dict[int, Suppressed] = {}
    for ids in portions(sorted(subscriber_ids)):
        people = select(subscribers.c.email_key, subscribers.c.id).where(subscribers.c.id.in_(ids))
        addresses = {row.email_key: row.id for row in session.execute(people)}
        found |= {addresses[each]: reason for each, reason in of_addresses(session, key, addresses).items()}
    return found


def of_addresses(session: Session, key: bytes, email_keys: Collection[str]) -> dict[str, Suppressed]:
    """Why they are suppressed, of those of these addresses that are."""
    found: dict[str, Suppressed] = {}
    for some in portions(email_keys if _any(session) else ()):
        by_hash = {address_hash(key, each): each for each in some}
        listed = session.execute(_LISTED, {"hashes": list(by_hash)})
        found |= {by_hash[hashed]: reason for hashed, reason in listed}
    return found


def _any(session: Session) -> bool:
    return session.execute(select(suppressions.c.since).limit(1)).first() is not None


def message_named(session: Session, rfc_message_ids: Sequence[str]) -> int | None:
    """The message of ours that has one of these Message-IDs."""
    found = select(messages.c.id).where(messages.c.rfc_message_id.in_(list(rfc_message_ids)))
    return session.execute(found.limit(1)).scalar_one_or_none()


def last_sent(session: Session, subscriber_id: int | None, since: datetime) -> int | None:
    """The mail that went to this person last, if it went since then."""
    theirs = (messages.c.subscriber_id == subscriber_id) & (messages.c.state == MessageState.SENT)
    found = select(messages.c.id).where(theirs, messages.c.settled_at > since)
    return session.execute(found.order_by(messages.c.settled_at.desc()).limit(1)).scalar_one_or_none()


def note(session: Session, row: SuppressionRow | BounceRow) -> bool:
    """Keep what was said of an address; False where it was kept before, or another worker was first."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def is_out_of_reach(
    session: Session, hashed: str, subscriber_id: int, reasons: Collection[str], now: datetime
) -> bool:
    """Whether mail to this address came back for one of these reasons on too many days, with none that arrived since."""
    # When the newest mail went to this person of which nothing came back.
    came_back = select(bounces.c.id).where(bounces.c.message_id == messages.c.id)
    arrived = select(func.max(messages.c.settled_at)).where(
        messages.c.subscriber_id == subscriber_id,
        messages.c.state == MessageState.SENT,
        messages.c.settled_at <= now - ARRIVED_AFTER,
        ~came_back.exists(),
    )
    since = max(now - SOFT_WITHIN, session.execute(arrived).scalar_one_or_none() or now - SOFT_WITHIN)
    came = select(bounces.c.came_at).where(
        bounces.c.address_hash == hashed, bounces.c.came_at > since, bounces.c.reason.in_(list(reasons))
    )
    days = {at.date() for at in session.execute(came).scalars()}
    return len(days) >= SOFT_DAYS
