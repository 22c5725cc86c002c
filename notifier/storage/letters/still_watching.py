"""The letter of a long silence: that we are still watching, and how well we could."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session

from notifier.domain.changes import Weight
from notifier.domain.letter import Letter, Reason, Silence, Topic
from notifier.storage.letters.drafts import LetterDraft, reasons_of
from notifier.storage.models import (
    NoticeState,
    SubscriberRow,
    SubscriptionState,
    changes,
    notices,
    subscriptions,
)
from notifier.storage.studies import snapshots


def still_watching(draft: LetterDraft) -> Letter | None:
    """What a "still watching" mail says; None where there is news after all."""
    session, person = draft.session, draft.person
    mine = select(subscriptions.c.id).where(
        subscriptions.c.subscriber_id == person.id, subscriptions.c.state == SubscriptionState.ACTIVE
    )
    news = select(notices.c.id).where(
        notices.c.subscription_id.in_(mine),
        notices.c.state.in_((NoticeState.DUE, NoticeState.HELD)),
    )
    if session.execute(news.limit(1)).first() or person.silent_since > draft.message.created_at:
        return None
    reasons = reasons_of(session, session.execute(mine).scalars())
    if not reasons:
        return None
    return replace(draft.bare, reasons=reasons, silence=_silence(session, person, reasons, draft.now))


def _silence(session: Session, person: SubscriberRow, reasons: Sequence[Reason], now: datetime) -> Silence:
    since, until = person.silent_since.date(), now.date()
    days = [since + timedelta(days=n) for n in range(1, (until - since).days + 1)]
    checked, last = snapshots.days_checked(session, since, until)
    return Silence(
        since=since,
        until=until,
        days=len(days),
        checked=sum(day in checked for day in days),
        blind=tuple(day for day in days if day not in checked),
        last_checked=last,
        studies=sum(reason.topic is Topic.STUDY for reason in reasons),
        conditions=sum(reason.topic is Topic.CONDITION for reason in reasons),
        untold=_untold(session, person, reasons),
    )


def _untold(session: Session, person: SubscriberRow, reasons: Sequence[Reason]) -> int:
    """How many changes there were in this silence: of a kind not asked for, or dropped. Nothing changed is else a lie."""
    mine = subscriptions.c.id.in_([reason.subscription_id for reason in reasons])
    found = select(changes.c.id).where(
        changes.c.detected_at > person.silent_since, changes.c.rank < Weight.HOUSEKEEPING.rank
    )
    of_studies = select(subscriptions.c.nct_id).where(mine, subscriptions.c.nct_id.is_not(None))
    of_conditions = select(subscriptions.c.condition_id).where(
        mine, subscriptions.c.condition_id.is_not(None)
    )
    either = (
        changes.c.condition_id.is_(None) & changes.c.nct_id.in_(of_studies)
    ) | changes.c.condition_id.in_(of_conditions)
    return len(session.execute(found.where(either)).all())
