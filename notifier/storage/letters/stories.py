"""What was, before somebody followed it: the part of a welcome that comes from the store.

Nothing of it is news: what has a notice of its own is told by that, and left out here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlmodel import Session

from notifier.domain.changes import Weight
from notifier.domain.letter import Past, Reason, Story, Topic
from notifier.domain.study import Study
from notifier.storage.models import changes, conditions, notices, studies, subscriptions
from notifier.storage.studies import snapshots, study_page
from notifier.storage.studies.study_page import YEAR, Event

MOST_PAST = 5  # updates told of one study
_LOOKED_AT = 50  # of its newest events


def stories(session: Session, reasons: Sequence[Reason], dated: datetime) -> tuple[Story, ...]:
    """The story so far of each, as of `dated`: studies first, in the order in which they were asked for."""
    of_studies = [_of_study(session, each, dated) for each in reasons if each.topic is Topic.STUDY]
    of_conditions = [_of_condition(session, each, dated) for each in reasons if each.topic is Topic.CONDITION]
    return (*of_studies, *of_conditions)


def _of_study(session: Session, reason: Reason, dated: datetime) -> Story:
    row = session.execute(
        select(studies.c.first_seen, studies.c.watched_since, studies.c.snapshot_id).where(
            studies.c.nct_id == reason.label
        )
    ).first()
    if row is None or row.snapshot_id is None:
        return Story(reason)
    study = snapshots.study(session, row.snapshot_id)
    if row.watched_since is None:
        return Story(reason, study, row.first_seen)
    since = max(row.watched_since, dated - YEAR)
    moments = _moments(session, reason, since, dated)
    return Story(
        reason,
        study,
        row.first_seen,
        since,
        whole_year=since > row.watched_since,
        updates=len(moments),
        past=_past(session, row, study, moments[:MOST_PAST]),
    )


def _moments(session: Session, reason: Reason, since: datetime, until: datetime) -> list[datetime]:
    """When something changed of which most followers were told, the newest first; without what is news to this one."""
    here = (changes.c.nct_id == reason.label) & changes.c.condition_id.is_(None)
    at, one = changes.c.detected_at, changes.alias("one")
    news = (
        select(one.c.id)
        .join(notices, notices.c.change_id == one.c.id)
        .where(one.c.nct_id == reason.label, one.c.condition_id.is_(None), one.c.detected_at == at)
        .where(notices.c.subscription_id == reason.subscription_id)
    )
    found = (
        select(at)
        .where(here, changes.c.rank <= Weight.NOTABLE.rank, at >= since, at <= until, ~news.exists())
        .distinct()
        .order_by(at.desc())
    )
    return list(session.execute(found).scalars())


def _past(session: Session, row: Row[Any], study: Study, moments: Sequence[datetime]) -> tuple[Past, ...]:
    newest = {study.nct_id: (row.snapshot_id, study)}
    events = study_page.events(session, [study.nct_id], newest, _LOOKED_AT) if moments else []
    return tuple(_notable(event) for event in events if event.at in moments)


def _notable(event: Event) -> Past:
    told = tuple(one for one in event.told if one.change.weight.rank <= Weight.NOTABLE.rank)
    return Past(event.study, told)


def _of_condition(session: Session, reason: Reason, dated: datetime) -> Story:
    query = session.execute(
        select(conditions.c.query).join(subscriptions).where(_is(reason))
    ).scalar_one_or_none()
    expected = study_page.expected(session, [query], dated) if query else []
    return Story(reason, a_month=expected[0].a_month if expected else None)


def _is(reason: Reason) -> ColumnElement[bool]:
    return subscriptions.c.id == reason.subscription_id
