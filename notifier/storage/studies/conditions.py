"""The followed conditions, and which studies were seen under each. The registry's own search decides what belongs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, insert, select, update
from sqlmodel import Session

from notifier.domain.illnesses import MOST_NAMES, nearest
from notifier.domain.study import Header
from notifier.storage.models import (
    FOLLOWED,
    ConditionRow,
    Listed,
    changes,
    conditions,
    listings,
    studies,
    subscriptions,
)

WALK_EVERY = timedelta(days=7)  # how often the whole list of a large condition is walked again
#: Why a study stands in a list of which its followers are told.
TOLD = frozenset({Listed.NEW, Listed.NOW_LISTED})
#: A study posted on day D comes in the data of D+1, sometimes of D+2 (counted over 869 updates).
LATE_POSTS = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class FollowedCondition:
    id: int
    query: str
    watched: bool  # it has its baseline
    looked_in: str | None  # the data version of the last look
    walked_at: datetime | None  # when its whole list was last walked
    doubtful: bool = False  # a study of which somebody was told was not on its last whole list

    def walk_is_due(self, now: datetime) -> bool:
        lately = self.watched and self.walked_at is not None and now - self.walked_at < WALK_EVERY
        return self.doubtful or not lately


def followed(session: Session) -> list[FollowedCondition]:
    """Every condition that somebody follows, the one not looked at for the longest time first."""
    wanted = select(subscriptions.c.condition_id).where(
        subscriptions.c.condition_id.is_not(None), subscriptions.c.state.in_(FOLLOWED)
    )
    absent = select(listings.c.nct_id).where(
        listings.c.condition_id == conditions.c.id,
        listings.c.absent_in.is_not(None),
        listings.c.left_at.is_(None),
    )
    rows = (
        select(ConditionRow, absent.exists())
        .where(conditions.c.id.in_(wanted))
        .order_by(conditions.c.looked_in.nulls_first(), conditions.c.id)
    )
    found = []
    for row, doubtful in session.execute(rows):
        since, looked_in = row.watched_since, row.looked_in
        try:
            date.fromisoformat((looked_in or "")[:10])
        except ValueError:  # one that cannot be read counts as if it had been looked at on the first day only
            looked_in = since.date().isoformat() if looked_in and since else None
        one = FollowedCondition(row.id, row.query, since is not None, looked_in, row.walked_at, doubtful)
        found.append(one)
    return found


def finds_nothing() -> ColumnElement[bool]:
    """Its list was walked, and no study ever stood under the condition."""
    there = select(listings.c.nct_id).where(listings.c.condition_id == conditions.c.id)
    return conditions.c.watched_since.is_not(None) & ~there.exists()


def fruitless(session: Session) -> list[str]:
    """The followed conditions under which the registry has no study at all, as people typed them."""
    wanted = select(subscriptions.c.id).where(
        subscriptions.c.condition_id == conditions.c.id, subscriptions.c.state.in_(FOLLOWED)
    )
    rows = select(conditions.c.text).where(finds_nothing(), wanted.exists()).order_by(conditions.c.id)
    return list(session.execute(rows).scalars())


def nearest_names(session: Session, typed: str) -> tuple[str, ...]:
    """Names that are near to it: common ones, and those of studies that our pages show to everybody."""
    rows = (
        select(studies.c.conditions)
        .where(studies.c.public_since.is_not(None), studies.c.conditions.is_not(None))
        .order_by(studies.c.public_since.desc())
        .limit(MOST_NAMES)
    )
    stored = [term for terms in session.execute(rows).scalars() if isinstance(terms, list) for term in terms]
    return nearest(typed, dict.fromkeys(str(term) for term in stored))


def seen(session: Session, condition_id: int) -> set[str]:
    """Every study that was ever seen under the condition, and did not leave it."""
    rows = select(listings.c.nct_id).where(
        listings.c.condition_id == condition_id, listings.c.left_at.is_(None)
    )
    return set(session.execute(rows).scalars())


def told_of(session: Session, condition_id: int) -> dict[str, str | None]:
    """The studies under it of which its followers were told, and since which data version each is not on its list."""
    rows = select(listings.c.nct_id, listings.c.absent_in).where(
        listings.c.condition_id == condition_id, listings.c.left_at.is_(None), listings.c.listed.in_(TOLD)
    )
    return {row.nct_id: row.absent_in for row in session.execute(rows)}


def told_version(session: Session, condition_id: int, nct_id: str) -> int | None:
    """The stored version of a study that its followers were told of."""
    told = (
        select(changes.c.after_snapshot_id)
        .where(changes.c.condition_id == condition_id, changes.c.nct_id == nct_id)
        .order_by(changes.c.id.desc())
    )
    return session.execute(told.limit(1)).scalar_one_or_none()


def mark_absent(session: Session, condition_id: int, whole: Collection[str], data_timestamp: str) -> None:
    """Note which of those that were told are not on this list, which was walked to its end, and which are again."""
    for nct_id, since in told_of(session, condition_id).items():
        if (nct_id in whole) is (since is not None):
            _set(session, condition_id, nct_id, absent_in=None if nct_id in whole else data_timestamp)


def mark_left(session: Session, condition_id: int, nct_id: str, now: datetime) -> None:
    """It does not stand under the condition any more; where it comes back, it is seen for the first time again."""
    _set(session, condition_id, nct_id, left_at=now)


def _set(session: Session, condition_id: int, nct_id: str, **values: object) -> None:
    its = (listings.c.condition_id == condition_id) & (listings.c.nct_id == nct_id)
    session.execute(update(listings).where(its).values(**values))


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

    first_posted: when the registry first posted each study on the list.
    """
    posted = first_posted or {}
    noted = select(listings.c.nct_id, listings.c.left_at).where(listings.c.condition_id == condition.id)
    known = {row.nct_id: row.left_at for row in session.execute(noted)}
    for nct_id in found:
        if known.get(nct_id) is not None:
            again = {"listed": found[nct_id], "seen_at": now, "data_timestamp": data_timestamp}
            _set(session, condition.id, nct_id, **again, absent_in=None, left_at=None)
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
        if nct_id not in known
    ]
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
