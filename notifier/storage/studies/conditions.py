"""The followed conditions, and which studies were seen under each. The registry's own search decides what belongs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select, update
from sqlmodel import Session

from notifier.domain.study import Header
from notifier.storage.models import (
    FOLLOWED,
    ConditionRow,
    Listed,
    ListingRow,
    conditions,
    listings,
    subscriptions,
)

WALK_EVERY = timedelta(days=7)  # how often the whole list of a large condition is walked again
#: A study posted on day D comes in the data of D+1, sometimes of D+2 (counted over 869 updates).
LATE_POSTS = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class FollowedCondition:
    """A condition that somebody follows."""

    id: int
    query: str
    watched: bool  # it has its baseline
    looked_in: str | None  # the data version of the last look
    walked_at: datetime | None  # when its whole list was last walked

    def walk_is_due(self, now: datetime) -> bool:
        return not self.watched or self.walked_at is None or now - self.walked_at >= WALK_EVERY


def followed(session: Session) -> list[FollowedCondition]:
    """Every condition that somebody follows, the one not looked at for the longest time first."""
    wanted = select(subscriptions.c.condition_id).where(
        subscriptions.c.condition_id.is_not(None), subscriptions.c.state.in_(FOLLOWED)
    )
    rows = (
        select(ConditionRow)
        .where(conditions.c.id.in_(wanted))
        .order_by(conditions.c.looked_in.nulls_first(), conditions.c.id)
    )
    return [
        FollowedCondition(
            row.id or 0, row.query, row.watched_since is not None, _looked_in(row), row.walked_at
        )
        for row in session.execute(rows).scalars()
    ]


def _looked_in(row: ConditionRow) -> str | None:
    """The data version of the last look; where that cannot be read, as if it had been looked at on the first day only."""
    try:
        date.fromisoformat((row.looked_in or "")[:10])
    except ValueError:
        known = row.looked_in is not None and row.watched_since is not None
        return row.watched_since.date().isoformat() if known and row.watched_since else None
    return row.looked_in


def forget_unfollowed(session: Session) -> None:
    """A condition that nobody follows any more is watched no more; a later follower starts with a fresh baseline."""
    wanted = select(subscriptions.c.id).where(
        subscriptions.c.condition_id == conditions.c.id, subscriptions.c.state.in_(FOLLOWED)
    )
    session.execute(
        update(conditions)
        .where(conditions.c.watched_since.is_not(None), ~wanted.exists())
        .values(watched_since=None)
    )


def seen(session: Session, condition_id: int) -> set[str]:
    """Every study that was ever seen under the condition."""
    rows = select(listings.c.nct_id).where(listings.c.condition_id == condition_id)
    return set(session.execute(rows).scalars())


def judge(header: Header, condition: FollowedCondition, *, data_day: date, new_within: timedelta) -> Listed:
    """Why a study that was not seen under the condition before stands there now. Pure."""
    if not condition.watched or condition.looked_in is None:
        return Listed.BASELINE
    if _on_or_after(header.study_first_post_date, data_day - new_within):
        return Listed.NEW
    last_look = date.fromisoformat(condition.looked_in[:10])
    if _on_or_after(header.last_update_post_date, last_look - LATE_POSTS):
        return Listed.NOW_LISTED
    return Listed.DRIFTED


def _on_or_after(published: str | None, day: date) -> bool:
    # Published text is a whole date here; a month alone, or none, is never recent enough to tell of.
    try:
        return published is not None and date.fromisoformat(published) >= day
    except ValueError:
        return False


def store(
    session: Session,
    condition: FollowedCondition,
    found: Mapping[str, Listed],
    data_timestamp: str,
    now: datetime,
    *,
    first_posted: Mapping[str, str] | None = None,
) -> None:
    """Note that these studies were seen under the condition. A study noted before stays as it was noted.

    first_posted: when the registry first posted each study on the list, whether noted before or not.
    """
    posted = first_posted or {}
    already = seen(session, condition.id)
    rows = [
        {
            "condition_id": condition.id,
            "nct_id": nct_id,
            "listed": listed,
            "seen_at": now,
            "data_timestamp": data_timestamp,
            "first_posted": posted.get(nct_id),
        }
        for nct_id, listed in found.items()
        if nct_id not in already
    ]
    # Studies that were noted before their dates were kept get theirs when they come by again.
    undated = select(listings.c.nct_id).where(
        listings.c.condition_id == condition.id, listings.c.first_posted.is_(None)
    )
    dates = [
        {"condition_id": condition.id, "nct_id": nct_id, "first_posted": posted[nct_id]}
        for nct_id in session.execute(undated).scalars()
        if nct_id in posted
    ]
    if dates:
        session.execute(update(ListingRow), dates)
    if rows:
        session.execute(insert(listings), rows)


def mark_looked(
    session: Session, looked: Iterable[tuple[FollowedCondition, bool]], data_timestamp: str, now: datetime
) -> None:
    """These were looked at in this data version; the flag says whether to the end of the list."""
    for condition, whole in looked:
        row = session.get_one(ConditionRow, condition.id)
        row.looked_in = data_timestamp
        row.watched_since = row.watched_since or now
        if whole:
            row.walked_at = now
