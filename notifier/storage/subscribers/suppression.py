"""Addresses that are not mailed any more, and why (S24, P5). Knows them by a keyed hash alone, also after an erasure.

Asked when somebody is added, when mails are made and right before one is sent. Lifted only by a person who confirms
anew, or by an admin's command.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from notifier.domain.letter import ASKED_FOR, LetterKind
from notifier.storage import departures
from notifier.storage.models import (
    BounceRow,
    MessageState,
    Suppressed,
    SuppressionRow,
    Table,
    bounces,
    messages,
    subscribers,
    suppressions,
)

SOFT_DAYS = 4  # days with a soft bounce until the address is not mailed any more
SOFT_WITHIN = timedelta(days=30)
ARRIVED_AFTER = timedelta(days=5)  # a mail of which nothing has come back by then has arrived
_BATCH = 500  # ids in one statement
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # where the order of the lines says when

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


@dataclass(frozen=True, slots=True)
class Bounced:
    """One report about one message: what is kept of it."""

    message_id: int
    address_hash: str
    report: str  # names the report, so that the same one counts once
    hard: bool
    status: str | None
    reason: str
    came_at: datetime


def address_hash(key: bytes, email_key: str) -> str:
    """What stands for an address in the list; `email_key` is its one normal form."""
    return hmac.new(key, email_key.encode("utf-8"), hashlib.sha256).hexdigest()


def is_suppressed(session: Session, hashed: str) -> Suppressed | None:
    """Why this address is not mailed; None when it is."""
    found = select(suppressions.c.reason).where(suppressions.c.address_hash == hashed)
    return session.execute(found).scalar_one_or_none()


def suppress(session: Session, hashed: str, reason: Suppressed, now: datetime) -> bool:
    """Mail this address no more. Returns whether that is new; a stronger reason takes the place of a weaker one."""
    departures.note_address(session, hashed, now, departures.STOPPED, reason.value)
    row = SuppressionRow(address_hash=hashed, reason=reason, since=now)
    if _inserted(session, row):
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
    was = is_suppressed(session, hashed)
    if was is None or was not in reasons:
        return None
    departures.note_address(session, hashed, EPOCH, departures.LIFTED)
    session.execute(delete(suppressions).where(suppressions.c.address_hash == hashed))
    session.execute(delete(bounces).where(bounces.c.address_hash == hashed))
    return was


def lift_by_confirming(session: Session, key: bytes, email_key: str) -> None:
    """The person at the address has just confirmed by mail: what came back before is over, a complaint is not."""
    lift(session, address_hash(key, email_key), LIFTED_BY_CONFIRMING)


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


def stopped(session: Session, key: bytes, rows: Sequence[Row[Any]]) -> set[int]:
    """The ids of those messages that must not be sent; `rows` hold id, kind and their person's email and email_key.

    What somebody has just asked for may still reach them, if mail came back.
    """
    hashes = {row.id: address_hash(key, row.email_key) for row in rows if row.email}
    found = session.execute(_LISTED, {"hashes": list(hashes.values())}) if hashes else ()
    why = {row.address_hash: row.reason for row in found}
    return {row.id for row in rows if _is_stopped(row.kind, why.get(hashes.get(row.id, "")), row.email)}


_LISTED = select(suppressions.c.address_hash, suppressions.c.reason).where(
    suppressions.c.address_hash.in_(bindparam("hashes", expanding=True))
)


def _is_stopped(kind: LetterKind, reason: Suppressed | None, email: str) -> bool:
    asked = kind in ASKED_FOR and reason in LIFTED_BY_CONFIRMING
    return not email or (reason is not None and not asked)  # to a wiped address nothing can be sent


def suppress_owner(session: Session, key: bytes, message_id: int, reason: Suppressed, now: datetime) -> bool:
    """Mail the owner of this message no more; returns whether that is new."""
    owner = owner_of(session, key, message_id)
    return (
        owner is not None
        and owner.address_hash is not None
        and suppress(session, owner.address_hash, reason, now)
    )


def among(session: Session, key: bytes, subscriber_ids: Collection[int]) -> set[int]:
    """Those of these people whose address is suppressed."""
    return set(why(session, key, subscriber_ids))


def why(session: Session, key: bytes, subscriber_ids: Collection[int]) -> dict[int, Suppressed]:
    """Why their address is suppressed, of those of these people whose is."""
    if not subscriber_ids or session.execute(select(suppressions.c.since).limit(1)).first() is None:
        return {}
    found: dict[int, Suppressed] = {}
    for ids in _batches(sorted(subscriber_ids)):
        people = select(subscribers.c.id, subscribers.c.email_key).where(subscribers.c.id.in_(ids))
        by_hash = {address_hash(key, email_key): person for person, email_key in session.execute(people)}
        listed = session.execute(_LISTED, {"hashes": list(by_hash)})
        found |= {by_hash[hashed]: reason for hashed, reason in listed}
    return found


def message_named(session: Session, rfc_message_ids: Sequence[str]) -> int | None:
    """The message of ours that has one of these Message-IDs."""
    found = select(messages.c.id).where(messages.c.rfc_message_id.in_(list(rfc_message_ids)))
    return session.execute(found.limit(1)).scalar_one_or_none()


def note(session: Session, bounced: Bounced) -> bool:
    """Keep a report; False when it was kept before."""
    return _inserted(
        session,
        BounceRow(
            address_hash=bounced.address_hash,
            message_id=bounced.message_id,
            report=bounced.report,
            hard=bounced.hard,
            status=bounced.status,
            reason=bounced.reason,
            came_at=bounced.came_at,
        ),
    )


def is_out_of_reach(
    session: Session, hashed: str, subscriber_id: int, reasons: Collection[str], now: datetime
) -> bool:
    """Whether mail to this address came back for one of these reasons on too many days, with none that arrived since."""
    since = max(now - SOFT_WITHIN, _last_arrival(session, subscriber_id, now) or now - SOFT_WITHIN)
    came = select(bounces.c.came_at).where(
        bounces.c.address_hash == hashed, bounces.c.came_at > since, bounces.c.reason.in_(list(reasons))
    )
    days = {at.date() for at in session.execute(came).scalars()}
    return len(days) >= SOFT_DAYS


def _last_arrival(session: Session, subscriber_id: int, now: datetime) -> datetime | None:
    """When the newest mail went to this person of which nothing came back."""
    came_back = select(bounces.c.id).where(bounces.c.message_id == messages.c.id)
    arrived = select(func.max(messages.c.settled_at)).where(
        messages.c.subscriber_id == subscriber_id,
        messages.c.state == MessageState.SENT,
        messages.c.settled_at <= now - ARRIVED_AFTER,
        ~came_back.exists(),
    )
    return session.execute(arrived).scalar_one_or_none()


def _inserted(session: Session, row: Table) -> bool:
    """Whether the row is new; where another worker was first, nothing happens."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
