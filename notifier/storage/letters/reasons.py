"""Why somebody gets a mail: their subscriptions, and when they agreed to each."""

from collections.abc import Collection

from sqlalchemy import bindparam, func, select
from sqlmodel import Session

from notifier.domain.letter import Reason, Topic
from notifier.storage.models import conditions, consents, subscriptions

_AT_ONCE = 5_000  # ids in one statement


def reasons(session: Session, subscription_ids: Collection[int]) -> dict[int, Reason]:
    """These subscriptions as reasons, by id, oldest first."""
    wanted = sorted(set(subscription_ids))
    found: dict[int, Reason] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        found |= _portion(session, wanted[start : start + _AT_ONCE])
    return found


def _portion(session: Session, subscription_ids: Collection[int]) -> dict[int, Reason]:
    return {
        row.id: Reason(
            subscription_id=row.id,
            topic=Topic.STUDY if row.nct_id else Topic.CONDITION,
            label=row.nct_id or row.text,
            asked_at=row.asked_at,
            every=row.every.value,
            note=row.note or "",
        )
        for row in session.execute(_REASONS, {"ids": list(subscription_ids)})
    }


_REASONS = (
    select(
        subscriptions.c.id,
        subscriptions.c.nct_id,
        subscriptions.c.every,
        subscriptions.c.note,
        conditions.c.text,
        func.coalesce(consents.c.given_at, subscriptions.c.created_at).label("asked_at"),
    )
    .select_from(subscriptions.outerjoin(conditions).outerjoin(consents))
    .where(subscriptions.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(subscriptions.c.id, consents.c.id)
)
