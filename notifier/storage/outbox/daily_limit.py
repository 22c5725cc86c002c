"""How many mails one person gets in a day. What is above waits, and comes as one mail when the day is over."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, func, literal_column, select
from sqlmodel import Session

from notifier.domain.letter import LetterKind
from notifier.storage.models import MessageState, messages, subscriptions

MAILS_A_DAY = 10
DAY = timedelta(days=1)
_NEVER_CAME = (MessageState.CANCELLED, MessageState.EXPIRED)


def lately(session: Session, now: datetime, *, at_least: int = 1) -> Counter[int]:
    """How many mails with news were made in the last day for those for whom there were `at_least` so many, by person."""
    # An expression, or SQLite reads every mail there ever was by the index of their people, to have them in groups.
    made, person = func.count(), messages.c.subscriber_id + literal_column("0")
    rows = (
        select(person, made)
        .where(messages.c.created_at > now - DAY, messages.c.kind == LetterKind.UPDATE)
        .where(messages.c.state.not_in(_NEVER_CAME))
        .group_by(person)
        .having(made >= at_least)
    )
    return Counter({int(who): int(count) for who, count in session.execute(rows)})


def together(wanted: Counter[int], before: Counter[int], mails_a_day: int) -> set[int]:
    """Those for whom so many mails of their own would leave no room for the one that holds all the rest. Pure."""
    return {person for person, mails in wanted.items() if before[person] + mails >= mails_a_day}


def not_of(people: Collection[int]) -> ColumnElement[bool]:
    """The subscription is of none of these people; they may be more than a statement takes values."""
    listed = bindparam(
        None,
        sorted(people) or [0],
        type_=subscriptions.c.subscriber_id.type,
        expanding=True,
        literal_execute=True,
    )
    return subscriptions.c.subscriber_id.not_in(listed)
