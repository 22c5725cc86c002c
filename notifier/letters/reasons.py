"""Why somebody gets a mail: their subscriptions, and when they agreed to each."""

from collections.abc import Collection

from sqlalchemy import select
from sqlmodel import Session

from notifier.letter import Reason, Topic
from notifier.tables import conditions, consents, subscriptions

_AT_ONCE = 5_000  # ids in one statement


def reasons(session: Session, subscription_ids: Collection[int]) -> dict[int, Reason]:
    """These subscriptions as reasons, by id, oldest first."""
    wanted = sorted(set(subscription_ids))
    found: dict[int, Reason] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        found |= _portion(session, wanted[start : start + _AT_ONCE])
    return found


def _portion(session: Session, subscription_ids: Collection[int]) -> dict[int, Reason]:
    mine = subscriptions.c
    rows = (
        select(
            mine.id,
            mine.nct_id,
            mine.created_at,
            mine.every,
            mine.note,
            conditions.c.text,
            consents.c.given_at,
        )
        .select_from(subscriptions.outerjoin(conditions).outerjoin(consents))
        .where(mine.id.in_(subscription_ids))
        .order_by(mine.id, consents.c.id)
    )
    return {
        row.id: Reason(
            subscription_id=row.id,
            topic=Topic.STUDY if row.nct_id else Topic.CONDITION,
            label=row.nct_id or row.text,
            asked_at=row.given_at or row.created_at,
            every=row.every.value,
            note=row.note or "",
        )
        for row in session.execute(rows)
    }
