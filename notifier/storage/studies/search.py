"""Finds public studies by words of their titles and conditions, or by a followed condition. Tells nothing of people: a
study that is stored only because somebody follows it is not found.

Words are folded on both sides, so case and accents make no difference, and a pattern's own signs cannot be typed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, literal, or_, select
from sqlmodel import Session

from notifier.domain.study import folded
from notifier.storage.models import conditions, listings, studies

MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Found:
    """A stored study, as a list shows it. missing: the registry did not show it when it was last asked."""

    nct_id: str
    title: str
    status: str | None
    conditions: tuple[str, ...]
    first_posted: str | None
    last_updated: str | None
    first_seen: datetime | None
    snapshot_id: int
    missing: bool


def newest(session: Session, limit: int) -> list[Found]:
    """The public studies that the registry posted last."""
    return _found(session, _listed().limit(limit))


def newest_ids(session: Session, limit: int) -> list[tuple[str, str | None]]:
    """The numbers of the same studies, each with the day of its last update; they are few words for very many studies."""
    chosen = _listed().limit(limit).with_only_columns(studies.c.nct_id, studies.c.last_update_post_date)
    return [(row.nct_id, row.last_update_post_date) for row in session.execute(chosen)]


def find(session: Session, text: str, query: str, *, limit: int, skipped: int = 0) -> list[Found]:
    """Studies that have all words of `text`, or that the registry lists under the followed condition `query`."""
    wanted = words(text)
    if not wanted:
        return []
    under = select(listings.c.nct_id).join(conditions, conditions.c.id == listings.c.condition_id)
    searched = literal(" ") + studies.c.search  # in which each of the words stands, or begins one
    has = and_(*(searched.contains(f" {word}", autoescape=True) for word in wanted))
    either = or_(has, studies.c.nct_id.in_(under.where(conditions.c.query == query)))
    return _found(session, _listed().where(either).limit(limit).offset(skipped))


def words(text: str) -> list[str]:
    """What is looked for; nothing where the text has no letter and no digit."""
    return folded(text).split()[:MOST_WORDS]


def _listed() -> Select[Any]:
    return (
        select(studies)
        .where(studies.c.snapshot_id.is_not(None), studies.c.alias_of.is_(None))
        .where(studies.c.public_since.is_not(None))
        .order_by(studies.c.study_first_post_date.desc().nulls_last(), studies.c.nct_id.desc())
    )


def _found(session: Session, statement: Select[Any]) -> list[Found]:
    return [
        Found(
            nct_id=row.nct_id,
            title=_text(row.brief_title) or row.nct_id,
            status=_text(row.overall_status),
            conditions=tuple(row.conditions or ()),
            first_posted=_text(row.study_first_post_date),
            last_updated=_text(row.last_update_post_date),
            first_seen=row.first_seen,
            snapshot_id=row.snapshot_id,
            missing=row.missing_in is not None or row.left_at is not None,
        )
        for row in session.execute(statement)
    ]


def _text(value: object) -> str | None:
    """SQLite keeps bytes in a column of texts, too."""
    return value if isinstance(value, str) else None
