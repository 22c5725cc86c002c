"""Which letter a message becomes, and what follows once it went."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from notifier.domain.letter import Letter, LetterKind, Topic
from notifier.errors import RowUnreadable
from notifier.storage import outbox, subscribers
from notifier.storage.letters import answers, corrections, still_watching, updates
from notifier.storage.letters.cache import ChangeCache
from notifier.storage.letters.drafts import LetterDraft, draft
from notifier.storage.models import EndedReason
from notifier.storage.models.tolerant import Unread

#: All but those with news, of which there are many.
_COMPOSERS: Mapping[LetterKind, Callable[[LetterDraft], Letter | None]] = {
    LetterKind.CONFIRMATION: answers.confirmation,
    LetterKind.STILL_WATCHING: still_watching.still_watching,
    LetterKind.PREFERENCES: answers.preferences,
    LetterKind.CONTACTS: answers.contacts,
    LetterKind.WELCOME: answers.welcome,
    LetterKind.CORRECTION: corrections.correction,
}


def compose(session: Session, message_id: int, now: datetime) -> Letter | None:
    """The letter of a claimed message as things stand now; None when there is nothing left to say (S9)."""
    rows = session.execute(outbox.with_people([message_id])).all()
    return compose_all(session, rows, now, ChangeCache()).get(message_id)


def compose_all(
    session: Session, rows: Sequence[Row[Any]], now: datetime, shelf: ChangeCache
) -> dict[int, Letter]:
    """The letters of messages as things stand now, by id; one with nothing left to say is not among them (S9).

    Raises RowUnreadable where one of them cannot be read: the others are to be composed without it.

    rows: from `outbox.with_people`, `outbox.ours` or `outbox.renew`. shelf: what is kept from one batch to the next.
    """
    for row in rows:
        _check_readable(row)
    telling = [row for row in rows if row.kind == LetterKind.UPDATE]
    made = updates.update_letters(session, telling, now, shelf)
    for row in rows:
        composer = _COMPOSERS.get(row.kind)
        if composer and (letter := composer(draft(session, row.id, now))):
            made[row.id] = letter
    return made


def why_nothing(session: Session, row: Row[Any]) -> str:
    """Why a message has nothing left to say. A confirmation that broke off at the final dot had arrived if it was answered."""
    if row.kind == LetterKind.CONFIRMATION and subscribers.agreed_since(
        session, row.subscriber_id, row.created_at
    ):
        return "it had arrived, and was answered" if row.unsure else "it was answered before it went"
    return "nobody wants it any more"


def _check_readable(row: Row[Any]) -> None:
    """Raise RowUnreadable for a message of a kind that we do not know, or to an address that cannot be read."""
    if isinstance(row.kind, Unread):
        raise RowUnreadable(f"The kind of the message {row.id} cannot be read: see `notifier doctor`")
    if row.email and not all("@" in each for each in (row.email, row.email_key)):
        raise RowUnreadable(f"The address of the message {row.id} cannot be read: see `notifier doctor`")


def after_sending(session: Session, letter: Letter, left_over: Sequence[str], now: datetime) -> None:
    """As `after_sending_all`, of one mail."""
    after_sending_all(session, [(letter, left_over)], now)


def after_sending_all(session: Session, sent: Iterable[tuple[Letter, Sequence[str]]], now: datetime) -> None:
    """What follows from mails that went: alerts that they ended are over, and the silence begins anew.

    With each letter come the studies that did not fit into its mail, which wait for the next one.
    """
    over: list[int] = []
    went: dict[LetterKind, list[int]] = {kind: [] for kind in LetterKind}
    for letter, left_over in sent:
        if left_over:
            outbox.roll_over(session, letter.message_id, left_over)
        over += _ended(letter, left_over)
        went[letter.kind].append(letter.message_id)
    if over:
        subscribers.end(session, over, EndedReason.FINISHED, now)
    subscribers.spoke(session, [*went[LetterKind.UPDATE], *went[LetterKind.WELCOME]], now)
    subscribers.kept_silent(session, went[LetterKind.STILL_WATCHING], now)


def _ended(letter: Letter, left_over: Sequence[str]) -> list[int]:
    """The subscriptions that this mail was the last of."""
    return [
        reason.subscription_id
        for entry in letter.entries
        if entry.ending and entry.study.nct_id not in left_over
        for reason in entry.reasons
        if reason.topic is Topic.STUDY
    ]
