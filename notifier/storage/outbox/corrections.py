"""Puts right what was wrong in mails that went: one mail to each who got one of them, and to nobody else.

Who left since is not written to. All of it is written in one transaction, and the same words about the same study go to
nobody twice, so that it may be run again after a crash.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, or_, select
from sqlmodel import Session

from notifier.domain.letter import LetterKind
from notifier.errors import InputError
from notifier.storage import suppression
from notifier.storage.engine.sharing import wait_for_turn
from notifier.storage.models import (
    FOLLOWED,
    EndedReason,
    MessageState,
    NoticeState,
    changes,
    corrections,
    messages,
    notices,
    subscribers,
    subscriptions,
)
from notifier.storage.outbox.admin_queries import may_have_arrived
from notifier.storage.outbox.assembly import new_message
from notifier.storage.outbox.claims import UNSENT

LONGEST = 2000  # characters


@dataclass(frozen=True, slots=True)
class WrongTelling:
    """What was told wrong: changes of one study (none named: all of it), in mails that went in a time."""

    nct_id: str
    changes: tuple[int, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Concerned:
    """Who got it: the newest wrong mail of each person. And how many are left out, by why."""

    mails: dict[int, int]  # by subscriber: the mail that is put right
    left: int  # they ended it since
    suppressed: int
    corrected: int  # they got this very correction already
    waiting: int  # people whom the same would still be told


def checked(text: str) -> str:
    """The words of a correction. Raises InputError where they cannot be mailed."""
    said = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if not said:
        raise InputError("The correction has no words: write what was wrong, and what is right")
    if len(said) > LONGEST:
        raise InputError(f"The correction has {len(said)} characters: at most {LONGEST}")
    if any(not each.isprintable() and each not in "\n\t" for each in said):
        raise InputError("The correction holds a character that cannot be printed: write it as plain text")
    return said


def concerned(session: Session, wrong: WrongTelling, text: str, key: bytes) -> Concerned:
    """Who is to be corrected. `key`: of the suppressed addresses. Raises InputError for a change that is not the study's."""
    known = select(changes.c.id).where(changes.c.nct_id == wrong.nct_id, changes.c.id.in_(wrong.changes))
    if strange := set(wrong.changes) - set(session.execute(known).scalars()):
        raise InputError(
            f"Change {min(strange)} is none of {wrong.nct_id}: `notifier outbox sent` shows the numbers of changes"
        )
    got = _by_person(session, _got(wrong))
    stay = _by_person(session, _got(wrong).where(did_not_leave()))
    before = _before(session, wrong.nct_id, text)
    corrected = select(messages.c.subscriber_id).where(messages.c.correction_id == before)
    done = set() if before is None else set(session.execute(corrected).scalars())
    gone = suppression.among(session, key, stay.keys() - done)
    mails = {person: mail for person, mail in stay.items() if person not in done | gone}
    waits = messages.c.state.in_(UNSENT)
    untold: Collection[NoticeState] = (NoticeState.DUE, NoticeState.HELD)
    still_to_be_told = (
        select(func.count(func.distinct(subscriptions.c.subscriber_id)))
        .select_from(
            notices.join(changes, changes.c.id == notices.c.change_id)
            .join(subscriptions, subscriptions.c.id == notices.c.subscription_id)
            .outerjoin(messages, messages.c.id == notices.c.message_id)
        )
        .where(_told(wrong))
        .where(or_(notices.c.state.in_(untold), (notices.c.state == NoticeState.IN_MESSAGE) & waits))
    )
    waiting = int(session.execute(still_to_be_told).scalar_one())
    return Concerned(mails, len(got) - len(stay), len(gone), len(done & stay.keys()), waiting)


def correct(
    session: Session,
    wrong: WrongTelling,
    text: str,
    people: Collection[int],
    *,
    key: bytes,
    actor: str,
    now: datetime,
    domain: str,
) -> tuple[int, int]:
    """Make the correction and its mails, due now, for those of these people who are still concerned.

    Returns the correction's id, and how many mails were made.
    """
    wait_for_turn(session, "correct")
    found = concerned(session, wrong, text, key).mails
    correction_id = _before(session, wrong.nct_id, text)
    if correction_id is None:
        made = {"nct_id": wrong.nct_id, "text": text, "actor": actor[:80], "created_at": now}
        correction_id = session.execute(
            insert(corrections).values(made).returning(corrections.c.id)
        ).scalar_one()
    rows = [
        new_message(person, LetterKind.CORRECTION, now, domain)
        | {"correction_id": correction_id, "corrects_id": mail}
        for person, mail in sorted(found.items())
        if person in people
    ]
    if rows:
        session.execute(insert(messages), rows)
    return correction_id, len(rows)


def _told(wrong: WrongTelling) -> ColumnElement[bool]:
    of_study = changes.c.nct_id == wrong.nct_id
    return of_study & changes.c.id.in_(wrong.changes) if wrong.changes else of_study


def _got(wrong: WrongTelling) -> Select[Any]:
    """Each person who got a wrong mail, and the newest one they got."""
    at = func.coalesce(messages.c.settled_at, messages.c.dated, messages.c.created_at)
    return (
        select(messages.c.subscriber_id, func.max(messages.c.id))
        .select_from(
            notices.join(changes, changes.c.id == notices.c.change_id)
            .join(messages, messages.c.id == notices.c.message_id)
            .join(subscriptions, subscriptions.c.id == notices.c.subscription_id)
            .join(subscribers, subscribers.c.id == messages.c.subscriber_id)
        )
        .where(_told(wrong), notices.c.state == NoticeState.IN_MESSAGE, subscribers.c.email != "")
        .where(or_(messages.c.state == MessageState.SENT, may_have_arrived()))
        .where(at >= wrong.since, at < wrong.until)
        .group_by(messages.c.subscriber_id)
    )


def _by_person(session: Session, got: Select[Any]) -> dict[int, int]:
    return {int(person): int(mail) for person, mail in session.execute(got)}


def did_not_leave() -> ColumnElement[bool]:
    """Still followed, or ended by what we told, which may have been the very thing that was wrong; not by the person or an admin."""
    by_us = subscriptions.c.ended_reason.in_((EndedReason.FINISHED, EndedReason.MERGED))
    return or_(subscriptions.c.state.in_(FOLLOWED), by_us)


def _before(session: Session, nct_id: str, text: str) -> int | None:
    same = select(corrections.c.id).where(corrections.c.nct_id == nct_id, corrections.c.text == text)
    return session.execute(same.order_by(corrections.c.id).limit(1)).scalar_one_or_none()
