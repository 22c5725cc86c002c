"""Who is concerned by a change: set-based SQL, never a loop over subscribers in Python."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, literal, select
from sqlmodel import Session

from notifier.tables import NoticeState, SubscriptionState, changes, notices, subscriptions


def make(session: Session, pass_id: int, now: datetime) -> int:
    """Make the notices of all changes of a pass, and return how many there are.

    One for every active subscription to the study, or to the condition under which it was found, that asked for
    changes of that weight. The pair (subscription, change) is unique in the database, so none is ever made twice.
    """
    study = changes.c.condition_id.is_(None) & (changes.c.nct_id == subscriptions.c.nct_id)
    condition = changes.c.condition_id == subscriptions.c.condition_id
    for topic in (study, condition):  # two plain joins, because one with OR would read every subscription
        session.execute(_insert(pass_id, topic, now))
    of_pass = select(func.count()).select_from(notices.join(changes)).where(changes.c.pass_id == pass_id)
    return int(session.execute(of_pass).scalar_one())


def _insert(pass_id: int, topic: ColumnElement[bool], now: datetime) -> Any:
    concerned = (
        select(
            subscriptions.c.id,
            changes.c.id,
            literal(NoticeState.DUE, type_=notices.c.state.type),
            literal(now, type_=notices.c.created_at.type),
        )
        .select_from(changes.join(subscriptions, topic))
        .where(changes.c.pass_id == pass_id)
        .where(subscriptions.c.state == SubscriptionState.ACTIVE)
        .where(changes.c.rank <= subscriptions.c.lightest_rank)
    )
    return insert(notices).from_select(["subscription_id", "change_id", "state", "created_at"], concerned)
