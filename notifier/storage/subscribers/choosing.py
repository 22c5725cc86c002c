"""What a person chose, for the page on which they choose anew; and every choice as it is changed there."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from notifier.domain.changes import Group, Weight, stored_groups, stored_lightest
from notifier.domain.geo import Near
from notifier.domain.languages import any_of
from notifier.domain.narrowing import Narrowing
from notifier.domain.scheduling import zone
from notifier.errors import InputError
from notifier.storage.models import (
    Every,
    SubscriberRow,
    SubscriptionRow,
    SubscriptionState,
    conditions,
    studies,
    subscriptions,
)
from notifier.storage.studies.conditions import finds_nothing, nearest_names
from notifier.storage.subscribers.exporting import narrowing_of
from notifier.storage.subscribers.people import Choice, Wishes, near_of, one_line
from notifier.storage.subscribers.signing_up import choose_again, speak_to

LONGEST_NOTE = 300  # characters


@dataclass(frozen=True, slots=True)
class Chosen:
    """One thing that a person follows, and how."""

    id: int
    nct_id: str | None
    condition: str | None
    title: str | None  # of the study, where it was seen
    overall_status: str | None
    state: SubscriptionState
    every: Every
    lightest: Weight
    groups: Group
    narrowing: Narrowing
    paused_until: datetime | None
    note: str | None
    created_at: datetime
    nearest: tuple[str, ...] | None = None  # of a condition under which there is no study: names near to it

    @property
    def label(self) -> str:
        return self.nct_id or self.condition or ""


@dataclass(frozen=True, slots=True)
class Choices:
    """All that a person chose; what ended is not among it."""

    subscriber_id: int
    email: str
    language: str
    time_zone: str
    hour: int
    weekday: int  # from Monday, 0
    title_in_subject: bool
    discreet: bool | None
    still_watching: bool
    near: Near | None
    generation: int
    follows: tuple[Chosen, ...]


def chosen(session: Session, subscriber_id: int) -> Choices | None:
    """What this person chose; None where nobody has this id, or their address was wiped."""
    row = session.get(SubscriberRow, subscriber_id)
    if row is None or not row.email:
        return None
    return Choices(
        subscriber_id=subscriber_id,
        email=row.email,
        language=row.language,
        time_zone=row.time_zone,
        hour=row.digest_hour,
        weekday=row.digest_weekday,
        title_in_subject=row.title_in_subject,
        discreet=row.discreet,
        still_watching=row.still_watching,
        near=near_of(row),
        generation=row.generation,
        follows=_follows(session, subscriber_id),
    )


def _follows(session: Session, subscriber_id: int) -> tuple[Chosen, ...]:
    rows = (
        select(
            SubscriptionRow,
            conditions.c.text,
            studies.c.brief_title,
            studies.c.overall_status,
            finds_nothing(),
        )
        .outerjoin(conditions, conditions.c.id == subscriptions.c.condition_id)
        .outerjoin(studies, studies.c.nct_id == subscriptions.c.nct_id)
        .where(subscriptions.c.subscriber_id == subscriber_id)
        .where(subscriptions.c.state != SubscriptionState.ENDED)
        .order_by(subscriptions.c.id)
    )
    return tuple(
        Chosen(
            id=row.id,
            nct_id=row.nct_id,
            condition=condition,
            title=title,
            overall_status=status,
            state=row.state,
            # A word that we do not know is mailed as it comes, as `assembly` does.
            every=row.every if isinstance(row.every, Every) else Every.IMMEDIATE,
            lightest=stored_lightest(row.lightest_rank),
            groups=stored_groups(row.groups),
            narrowing=narrowing_of(row),
            paused_until=row.paused_until,
            note=row.note,
            created_at=row.created_at,
            nearest=nearest_names(session, condition) if no_study else None,
        )
        for row, condition, title, status, no_study in session.execute(rows).all()
    )


def change(session: Session, subscription_id: int, choice: Choice, now: datetime) -> bool:
    """Take over what was chosen for one subscription; returns whether anything is different now.

    One that ended stays as it is. Raises InputError where no sort of change would be left.
    """
    if choice.groups is not None and not choice.groups:
        raise InputError("Choose at least one sort of change, or end it")
    row = session.get(SubscriptionRow, subscription_id)
    if row is None or row.state == SubscriptionState.ENDED:
        return False
    changed = choose_again(row, choice, session.get_one(SubscriberRow, row.subscriber_id), now)
    session.flush()
    return changed


def set_note(session: Session, subscription_id: int, text: str | None) -> bool:
    """Keep what the person wrote for themselves, on one line; nothing takes it away. Returns whether it is different."""
    note = None if text is None else one_line(text)
    if note is not None and len(note) > LONGEST_NOTE:
        raise InputError(f"A note has at most {LONGEST_NOTE} characters; this one has {len(note)}")
    row = session.get(SubscriptionRow, subscription_id)
    if row is None or row.state == SubscriptionState.ENDED or row.note == (note or None):
        return False
    row.note = note or None
    session.flush()
    return True


def set_person(session: Session, subscriber_id: int, wishes: Wishes, now: datetime) -> bool:
    """Take over how somebody wants to be written to; returns whether anything is different now. Raises InputError."""
    if wishes.time_zone is not None:
        zone(wishes.time_zone)
    if wishes.language is not None and not is_language(wishes.language):
        raise InputError(f"That is not a language: give one such as {any_of()}")
    if wishes.hour is not None and wishes.hour not in range(24):
        raise InputError("An hour of the day is a number from 0 to 23")
    if wishes.weekday is not None and wishes.weekday not in range(7):
        raise InputError("A weekday is a number from 0, Monday, to 6")
    return speak_to(session, session.get_one(SubscriberRow, subscriber_id), wishes, now)


def is_language(text: str) -> bool:
    """Whether this has the form of a language's name, such as en or pt-BR."""
    return text.isascii() and text.replace("-", "").isalnum() and 2 <= len(text) <= 35
