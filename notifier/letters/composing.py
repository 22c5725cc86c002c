"""Which letter a message becomes, and what follows once it went."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from notifier import outbox, subscribers
from notifier.letter import Letter, LetterKind, Topic
from notifier.letters import answers, corrections, news, quiet
from notifier.letters.drafts import Draft, draft
from notifier.tables import EndedReason, MessageRow

_COMPOSERS: Mapping[LetterKind, Callable[[Draft], Letter | None]] = {
    LetterKind.UPDATE: news.update_letter,
    LetterKind.CONFIRMATION: answers.confirmation,
    LetterKind.STILL_WATCHING: quiet.still_watching,
    LetterKind.PREFERENCES: answers.preferences,
    LetterKind.CONTACTS: answers.contacts,
    LetterKind.WELCOME: answers.welcome,
    LetterKind.CORRECTION: corrections.correction,
}


def compose(session: Session, message_id: int, now: datetime) -> Letter | None:
    """The letter of a claimed message as things stand now; None when there is nothing left to say (S9)."""
    made = draft(session, message_id, now)
    return _COMPOSERS[made.bare.kind](made)


def after_sending(session: Session, letter: Letter, left_over: Sequence[str], now: datetime) -> None:
    """What follows from a mail that went: alerts that it ended are over, and the silence begins anew."""
    outbox.roll_over(session, letter.message_id, left_over)
    over = [
        reason.subscription_id
        for entry in letter.entries
        if entry.ending and entry.study.nct_id not in left_over
        for reason in entry.reasons
        if reason.topic is Topic.STUDY
    ]
    subscribers.end(session, over, EndedReason.FINISHED, now)
    message = session.get(MessageRow, letter.message_id)
    if message is None:
        return  # the person was erased while it was on its way
    if letter.kind in {LetterKind.UPDATE, LetterKind.WELCOME}:
        subscribers.spoke(session, message.subscriber_id, now)
    elif letter.kind is LetterKind.STILL_WATCHING:
        subscribers.kept_silent(session, message.subscriber_id, now)
