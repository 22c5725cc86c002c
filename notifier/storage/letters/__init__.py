"""Gathers from the store what mails are made of. Leaves out what nobody wants any more. Words nothing.

Mails with news are gathered many at once (`updates`, which has also what every other letter starts from); `gathering` fills
in what each kind says.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from notifier.domain.letter import Letter, LetterKind
from notifier.errors import RowUnreadable
from notifier.storage import subscribers
from notifier.storage.letters.gathering import GATHERERS, followed
from notifier.storage.letters.updates import ChangeCache, draft, route, update_letters
from notifier.storage.models.columns import Unread
from notifier.storage.outbox import claims, transactional


def compose(session: Session, message_id: int, now: datetime, *, as_sent: bool = False) -> Letter | None:
    """The letter of a claimed message as things stand now; None when there is nothing left to say (S9). as_sent: of one that
    went, as it was; writes nothing.
    """
    rows = session.execute(claims.with_people([message_id])).all()
    return compose_all(session, rows, now, ChangeCache(), as_sent=as_sent).get(message_id)


def compose_all(
    session: Session, rows: Sequence[Row[Any]], now: datetime, cache: ChangeCache, *, as_sent: bool = False
) -> dict[int, Letter]:
    """The letters of messages as things stand now, by id; one with nothing left to say is not among them (S9).

    Raises RowUnreadable where one of them cannot be read: the others are to be composed without it.

    rows: from `outbox.with_people` or `outbox.ours`. cache: what is kept from one batch to the next.
    """
    for row in rows:
        # Raise RowUnreadable for a message of a kind that we do not know, or to an address that cannot be read.
        if isinstance(row.kind, Unread):
            raise RowUnreadable(f"The kind of the message {row.id} cannot be read: see `notifier doctor`")
        if row.email and not all("@" in each for each in (row.email, row.email_key)):
            raise RowUnreadable(f"The address of the message {row.id} cannot be read: see `notifier doctor`")
    telling = [row for row in rows if row.kind == LetterKind.UPDATE]
    made = update_letters(session, telling, now, cache, as_sent=as_sent)
    for row in rows:
        if row.kind != LetterKind.UPDATE:
            letter = GATHERERS.get(row.kind, followed)(draft(session, row, now, as_sent=as_sent))
            if letter is not None:
                made[row.id] = letter
    return made


def why_nothing(session: Session, row: Row[Any]) -> str:
    """Why a message has nothing left to say. A confirmation that broke off at the final dot had arrived if it was answered."""
    if row.kind == LetterKind.CONFIRMATION and subscribers.agreed_since(
        session, row.subscriber_id, row.created_at
    ):
        return "it had arrived, and was answered" if row.unsure else "it was answered before it went"
    return "nobody wants it any more"


def same_still(session: Session, letters: Mapping[int, Letter], now: datetime) -> set[int]:
    """The ids of those letters without news that may go as they are: they are composed once more, and there are few."""
    rows = session.execute(claims.with_people(letters)).all() if letters else []
    anew = compose_all(session, rows, now, ChangeCache())
    return {identity for identity, letter in letters.items() if anew.get(identity) == letter}


def after_sending(session: Session, sent: Iterable[tuple[Letter, Sequence[str]]], now: datetime) -> None:
    """What follows from mails that went: what was said in them is said, and the silence begins anew.

    With each letter come the studies that did not fit into its mail, which wait for the next one.
    """
    fruitless: list[int] = []
    spoke: list[int] = []
    silent: list[int] = []
    for letter, left_over in sent:
        if left_over:
            claims.roll_over(session, letter.message_id, left_over)
        fruitless += [story.reason.subscription_id for story in letter.stories if story.no_study]
        if letter.kind.manner.breaks_silence:
            spoke.append(letter.subscriber_id)
        if letter.silence:
            silent.append(letter.subscriber_id)
    if fruitless:
        transactional.note_no_study(session, fruitless, now)
    subscribers.spoke(session, spoke, now)
    subscribers.kept_silent(session, silent, now)
