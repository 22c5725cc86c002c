"""Whether letters that were composed a moment ago still say what is so, and to somebody who still wants it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select
from sqlmodel import Session

from notifier.letter import Letter, LetterKind
from notifier.letters.composing import compose_all
from notifier.letters.drafts import route
from notifier.letters.shelf import Shelf
from notifier.tables import (
    FOLLOWED,
    NoticeState,
    SubscriptionState,
    messages,
    notices,
    subscriptions,
)


def standing(
    session: Session, rows: Sequence[Row[Any]], letters: Mapping[int, Letter], now: datetime
) -> set[int]:
    """The ids of those letters that may go as they are; any other is to be composed anew.

    rows: of their messages, from `outbox.ours`. News is the same as long as its reader's address is, and all behind it
    is still followed. There are few others, and they are composed once more.
    """
    telling = [row for row in rows if row.kind == LetterKind.UPDATE]
    behind = _behind(session, [row.id for row in telling])
    same = {row.id for row in telling if _still_holds(letters[row.id], row, behind.get(row.id, set()))}
    others = [row for row in rows if row.kind != LetterKind.UPDATE]
    anew = compose_all(session, others, now, Shelf())
    return same | {row.id for row in others if anew.get(row.id) == letters[row.id]}


def _still_holds(letter: Letter, row: Row[Any], behind: set[int]) -> bool:
    told = {reason.subscription_id for reason in letter.reasons}
    return letter.recipient == route(row) and behind == told


def _behind(session: Session, message_ids: Sequence[int]) -> dict[int, set[int]]:
    """The subscriptions that each of these messages tells something; in a pause, if it may have arrived already."""
    if not message_ids:
        return {}
    wanted = or_(
        subscriptions.c.state == SubscriptionState.ACTIVE,
        subscriptions.c.state.in_(FOLLOWED) & (messages.c.unsure > 0),
    )
    found = (
        select(notices.c.message_id, notices.c.subscription_id)
        .select_from(notices.join(subscriptions).join(messages, messages.c.id == notices.c.message_id))
        .where(notices.c.message_id.in_(message_ids), notices.c.state == NoticeState.IN_MESSAGE, wanted)
    )
    behind: dict[int, set[int]] = {}
    for message_id, subscription_id in session.execute(found):
        behind.setdefault(message_id, set()).add(subscription_id)
    return behind
