"""What a person may ask of what we know of them: to have it, and to have it forgotten (P4, P5)."""

from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import Session

from notifier.domain.changes import EVERY_GROUP, Group, stored_groups, stored_lightest
from notifier.domain.narrowing import Narrowing, stored
from notifier.storage import suppression
from notifier.storage.models import (
    BounceRow,
    ConsentRow,
    ErasureRow,
    MessageRow,
    SubscriberRow,
    SubscriptionRow,
    bounces,
    changes,
    conditions,
    consents,
    messages,
    notices,
    subscribers,
    subscriptions,
    wordings,
)

_OF_PERSON = (
    "id", "email", "email_key", "language", "time_zone", "digest_hour", "digest_weekday", "near", "near_lat", "near_lon",
    "near_km", "near_lon_km", "title_in_subject", "discreet", "still_watching", "silent_since", "still_watching_at", "created_at",
)  # fmt: skip
#: Who else gets any of it, in words for the person.
WHO_ELSE = (
    "The mail server that carries your mails gets your address and the mails. Nobody else gets anything: not the "
    "people who run a study, and not the registry, which is asked by illness and region, and never for whom."
)
#: What stays after an erasure, in words for the person (P5).
AFTER_ERASURE = (
    "After an erasure only a keyed hash stays, from which nobody can read the address: one, so that a backup that is "
    "restored forgets you again; and where mail to the address came back or was called spam, one that stops mail to it."
)


def export(session: Session, subscriber_id: int, suppression_key: bytes | None = None) -> dict[str, Any]:
    """All that is kept of this person; empty where nobody has this id.

    `suppression_key`: of the hashes; with it the export also says whether mail to the address is stopped.
    """
    row = session.get(SubscriberRow, subscriber_id)
    if row is None or not row.email:
        return {}
    mine = select(messages.c.id).where(messages.c.subscriber_id == subscriber_id)
    returned = select(BounceRow).where(bounces.c.message_id.in_(mine)).order_by(bounces.c.id)
    return {
        "person": _columns(row, *_OF_PERSON),
        "subscriptions": _subscriptions(session, subscriber_id),
        "mails": _mails(session, subscriber_id),
        "bounces": [
            _columns(each, "message_id", "hard", "status", "reason", "came_at")
            for each in session.execute(returned).scalars()
        ],
        "suppressed": _plain(suppression.reason_of(session, suppression_key, row.email_key)),
        "who_else_gets_it": [WHO_ELSE],
        "after_erasure": AFTER_ERASURE,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _columns(row: Any, *names: str) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _subscriptions(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    rows = (
        select(SubscriptionRow, conditions.c.text)
        .outerjoin(conditions, conditions.c.id == subscriptions.c.condition_id)
        .where(subscriptions.c.subscriber_id == subscriber_id)
        .order_by(subscriptions.c.id)
    )
    agreed: dict[int, list[dict[str, Any]]] = {}
    words = {row.version: row.text for row in session.execute(select(wordings))}
    theirs = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscriber_id)
    given = select(ConsentRow).where(consents.c.subscription_id.in_(theirs)).order_by(consents.c.id)
    for consent in session.execute(given).scalars():
        said = _columns(consent, "method", "actor", "evidence", "wording_version")
        said |= {"wording": words.get(consent.wording_version)}
        said |= _columns(consent, "asked_at", "given_at", "withdrawn_at")
        agreed.setdefault(consent.subscription_id, []).append(said)
    return [
        {
            **_columns(row, "id", "nct_id"),
            "condition": condition,
            **_columns(row, "every", "state"),
            "lightest": stored_lightest(row.lightest_rank).value,
            "only": sorts_of(stored_groups(row.groups)),
            "narrowed_to": narrowing_of(row).plain(),
            "paused_until": None if row.ended_at else _plain(row.paused_until),
            **_columns(
                row, "note", "created_at", "activated_at", "ended_at", "ended_reason", "nothing_said_at"
            ),
            "consents": agreed.get(row.id, []),
        }
        for row, condition in session.execute(rows)
    ]


def narrowing_of(row: SubscriptionRow) -> Narrowing:
    """Which new studies of a condition somebody wants."""
    return stored(row.narrow, row.countries, row.not_words)


def sorts_of(groups: int) -> list[str]:
    """The names of these sorts of change; none stands for everything."""
    if groups == EVERY_GROUP:
        return []
    return [str(group.name).lower() for group in Group if groups & group]


def _mails(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    rows = select(MessageRow).where(messages.c.subscriber_id == subscriber_id).order_by(messages.c.id)
    its_news = (
        select(notices.c.message_id, changes.c.nct_id, changes.c.kind)
        .select_from(notices.join(changes).join(messages, messages.c.id == notices.c.message_id))
        .where(messages.c.subscriber_id == subscriber_id)
        .order_by(changes.c.id)
    )
    told: dict[int, list[dict[str, str]]] = {}
    for message_id, nct_id, kind in session.execute(its_news):
        told.setdefault(message_id, []).append({"nct_id": nct_id, "kind": kind})
    return [
        {
            **_columns(row, "id", "kind", "subject", "state", "reason", "created_at", "dated", "settled_at"),
            **_columns(row, "attempts", "rfc_message_id", "wording", "code", "status", "reply"),
            "told": told.get(row.id or 0, []),
            "openings": row.openings or {},
        }
        for row in session.execute(rows).scalars()
    ]


def erase(session: Session, subscriber_id: int, now: datetime, suppression_key: bytes) -> str | None:
    """Delete a person with all that hangs on them; returns the keyed hash that is kept, None where there is nobody.

    Subscriptions, consents, mails, notices and what came back go. The hash is noted, so that a restored backup forgets
    them again, and stays in the list of suppressed addresses only where it stood there. Old links keep answering:
    their ids are never used again.
    """
    person = select(SubscriberRow).where(subscribers.c.id == subscriber_id).with_for_update()
    row = session.execute(person).scalar_one_or_none()
    if row is None or not row.email:
        return None
    hashed = suppression.address_hash(suppression_key, row.email_key)
    session.execute(delete(bounces).where(bounces.c.address_hash == hashed))
    session.execute(delete(subscribers).where(subscribers.c.id == subscriber_id))
    session.expunge(row)
    session.merge(ErasureRow(address_hash=hashed, at=now))
    session.flush()
    return hashed
