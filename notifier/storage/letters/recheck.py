"""Whether letters that were composed a moment ago still say what is so, and to somebody who still wants it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from notifier.domain.letter import Letter, LetterKind
from notifier.storage.letters.cache import ChangeCache
from notifier.storage.letters.composing import compose_all
from notifier.storage.letters.drafts import route
from notifier.storage.outbox import with_people


def standing(
    session: Session, rows: Sequence[Row[Any]], letters: Mapping[int, Letter], now: datetime
) -> set[int]:
    """The ids of those letters that may go as they are; any other is to be composed anew.

    rows: of their messages, from `outbox.at_hand`. News is the same as long as its reader's address is, and all behind
    it is still followed. There are few others, and they are composed once more.
    """
    same = {row.id for row in rows if row.kind == LetterKind.UPDATE and _still_holds(letters[row.id], row)}
    others = [row.id for row in rows if row.kind != LetterKind.UPDATE]
    people = session.execute(with_people(others)).all() if others else []
    anew = compose_all(session, people, now, ChangeCache())
    return same | {identity for identity in others if anew.get(identity) == letters[identity]}


def _still_holds(letter: Letter, row: Row[Any]) -> bool:
    behind = {int(identity) for identity in (row.behind or "").split(",") if identity}
    return letter.recipient == route(row) and behind == {reason.subscription_id for reason in letter.reasons}
