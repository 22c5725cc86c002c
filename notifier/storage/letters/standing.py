"""Whether letters that were composed a moment ago still say what is so, and to somebody who still wants it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlmodel import Session

from notifier.domain.letter import Letter, LetterKind
from notifier.storage.letters.composing import compose_all
from notifier.storage.letters.drafts import route
from notifier.storage.letters.shelf import Shelf
from notifier.storage.models import FOLLOWED, NoticeState, SubscriptionState, notices, subscriptions
from notifier.storage.outbox import with_people


def standing(
    session: Session, rows: Sequence[Row[Any]], letters: Mapping[int, Letter], now: datetime
) -> set[int]:
    """The ids of those letters that may go as they are; any other is to be composed anew.

    rows: of their messages, from `outbox.at_hand`. News is the same as long as its reader's address is, and all behind
    it is still followed. There are few others, and they are composed once more.
    """
    telling = [row for row in rows if row.kind == LetterKind.UPDATE]
    behind = _behind(session, telling)
    same = {row.id for row in telling if _still_holds(letters[row.id], row, behind[row.id])}
    others = [row.id for row in rows if row.kind != LetterKind.UPDATE]
    people = session.execute(with_people(others)).all() if others else []
    anew = compose_all(session, people, now, Shelf())
    return same | {identity for identity in others if anew.get(identity) == letters[identity]}


def _still_holds(letter: Letter, row: Row[Any], behind: set[int]) -> bool:
    told = {reason.subscription_id for reason in letter.reasons}
    return letter.recipient == route(row) and behind == told


def _behind(session: Session, rows: Sequence[Row[Any]]) -> dict[int, set[int]]:
    """The subscriptions that each of these messages tells something; in a pause, if it may have arrived already."""
    behind: dict[int, set[int]] = {row.id: set() for row in rows}
    unsure = {row.id for row in rows if row.unsure}
    told = session.execute(_BEHIND, {"ids": list(behind)}) if behind else ()
    for message_id, subscription_id, state in told:
        if state == SubscriptionState.ACTIVE or (message_id in unsure and state in FOLLOWED):
            behind[message_id].add(subscription_id)
    return behind


_BEHIND = (
    select(notices.c.message_id, notices.c.subscription_id, subscriptions.c.state)
    .select_from(notices.join(subscriptions))
    .where(notices.c.message_id.in_(bindparam("ids", expanding=True)))
    .where(notices.c.state == NoticeState.IN_MESSAGE)
)
