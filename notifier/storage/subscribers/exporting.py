"""Everything that is kept of one person, as plain values that any program can read (P4). Reads only."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from notifier.domain.changes import EVERY_GROUP, Group, stored_groups, stored_lightest
from notifier.storage.models import (
    BounceRow,
    ConsentRow,
    MessageRow,
    SubscriberRow,
    SubscriptionRow,
    bounces,
    changes,
    conditions,
    consents,
    messages,
    notices,
    subscriptions,
    wordings,
)
from notifier.storage.subscribers import suppression

#: Who else gets any of it, in words for the person.
WHO_ELSE = (
    "The mail server that carries your mails gets your address and the mails. Nobody else gets anything: not the "
    "registry, not the people who run a study."
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
    return {
        "person": _person(row),
        "subscriptions": _subscriptions(session, subscriber_id),
        "mails": _mails(session, subscriber_id),
        "bounces": _bounces(session, subscriber_id),
        "suppressed": _suppressed(session, row, suppression_key),
        "who_else_gets_it": [WHO_ELSE],
        "after_erasure": AFTER_ERASURE,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _columns(row: Any, *names: str) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _person(row: SubscriberRow) -> dict[str, Any]:
    return _columns(
        row, "id", "email", "email_key", "language", "time_zone", "digest_hour", "digest_weekday", "near", "near_lat",
        "near_lon", "near_km", "near_lon_km", "title_in_subject", "still_watching", "silent_since", "still_watching_at", "created_at",
    )  # fmt: skip


def _subscriptions(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    rows = (
        select(SubscriptionRow, conditions.c.text)
        .outerjoin(conditions, conditions.c.id == subscriptions.c.condition_id)
        .where(subscriptions.c.subscriber_id == subscriber_id)
        .order_by(subscriptions.c.id)
    )
    agreed: dict[int, list[dict[str, Any]]] = {}
    words = {row.version: row.text for row in session.execute(select(wordings))}
    for consent in _consents(session, subscriber_id):
        agreed.setdefault(consent.subscription_id, []).append(
            _consent(consent, words[consent.wording_version])
        )
    return [
        {
            **_columns(row.SubscriptionRow, "id", "nct_id"),
            "condition": row.text,
            **_columns(row.SubscriptionRow, "every", "state"),
            "lightest": stored_lightest(row.SubscriptionRow.lightest_rank).value,
            "only": sorts_of(stored_groups(row.SubscriptionRow.groups)),
            "paused_until": None
            if row.SubscriptionRow.ended_at
            else _plain(row.SubscriptionRow.paused_until),
            **_columns(row.SubscriptionRow, "note", "created_at", "activated_at", "ended_at", "ended_reason"),
            "consents": agreed.get(row.SubscriptionRow.id, []),
        }
        for row in session.execute(rows)
    ]


def sorts_of(groups: int) -> list[str]:
    """The names of these sorts of change; none stands for everything."""
    if groups == EVERY_GROUP:
        return []
    return [str(group.name).lower() for group in Group if groups & group]


def _consents(session: Session, subscriber_id: int) -> Sequence[ConsentRow]:
    theirs = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscriber_id)
    rows = select(ConsentRow).where(consents.c.subscription_id.in_(theirs)).order_by(consents.c.id)
    return session.execute(rows).scalars().all()


def _consent(row: ConsentRow, wording: str) -> dict[str, Any]:
    said = _columns(row, "method", "actor", "evidence", "wording_version")
    return {**said, "wording": wording, **_columns(row, "asked_at", "given_at", "withdrawn_at")}


def _mails(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    rows = select(MessageRow).where(messages.c.subscriber_id == subscriber_id).order_by(messages.c.id)
    told = _told(session, subscriber_id)
    return [
        {
            **_columns(row, "id", "kind", "subject", "state", "reason", "created_at", "dated", "settled_at"),
            **_columns(row, "attempts", "rfc_message_id", "wording", "code", "status", "reply"),
            "told": told.get(row.id or 0, []),
        }
        for row in session.execute(rows).scalars()
    ]


def _told(session: Session, subscriber_id: int) -> dict[int, list[dict[str, str]]]:
    rows = (
        select(notices.c.message_id, changes.c.nct_id, changes.c.kind)
        .select_from(notices.join(changes).join(messages, messages.c.id == notices.c.message_id))
        .where(messages.c.subscriber_id == subscriber_id)
        .order_by(changes.c.id)
    )
    told: dict[int, list[dict[str, str]]] = {}
    for message_id, nct_id, kind in session.execute(rows):
        told.setdefault(message_id, []).append({"nct_id": nct_id, "kind": kind})
    return told


def _bounces(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    theirs = select(messages.c.id).where(messages.c.subscriber_id == subscriber_id)
    rows = select(BounceRow).where(bounces.c.message_id.in_(theirs)).order_by(bounces.c.id)
    return [
        _columns(row, "message_id", "hard", "status", "reason", "came_at")
        for row in session.execute(rows).scalars()
    ]


def _suppressed(session: Session, row: SubscriberRow, key: bytes | None) -> str | None:
    if key is None:
        return None
    reason = suppression.is_suppressed(session, suppression.address_hash(key, row.email_key))
    return None if reason is None else reason.value
