"""Letters that answer what somebody did on a page."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select
from sqlmodel import Session

from notifier.domain.letter import Agreement, Letter
from notifier.domain.signed_links import LIFETIME, Purpose
from notifier.storage import subscribers
from notifier.storage.letters.drafts import LetterDraft, reasons_of
from notifier.storage.letters.stories import stories
from notifier.storage.models import SubscriptionState, consents, subscriptions, wordings


def confirmation(draft: LetterDraft) -> Letter | None:
    """What waits for the person to confirm it; None where nothing does any more."""
    pending = subscribers.pending_of(draft.session, draft.message.subscriber_id)
    reasons = reasons_of(draft.session, pending)
    return replace(draft.bare, reasons=reasons) if reasons else None


def preferences(draft: LetterDraft) -> Letter | None:
    """The link to what a person chose; it stops working when their generation is counted up."""
    if not draft.person.email or _is_too_late(draft, Purpose.PREFERENCES):
        return None
    return replace(draft.bare, link=(draft.message.subscriber_id, draft.person.generation))


def contacts(draft: LetterDraft) -> Letter | None:
    """The link to the contacts of the study that the message is about; the letter does not know which it is (L16)."""
    if not draft.person.email or _is_too_late(draft, Purpose.CONTACTS):
        return None
    return replace(draft.bare, link=(draft.bare.message_id,))


def _is_too_late(draft: LetterDraft, purpose: Purpose) -> bool:
    """Somebody who asked so long ago for a link has asked again, or does not wait for it any more."""
    return draft.now - draft.message.created_at >= LIFETIME[purpose]


def welcome(draft: LetterDraft) -> Letter | None:
    """The story so far of what the person confirmed, as far as they still follow it."""
    mine = select(subscriptions.c.id).where(
        subscriptions.c.welcome_id == draft.bare.message_id, subscriptions.c.state == SubscriptionState.ACTIVE
    )
    ids = draft.session.execute(mine.order_by(subscriptions.c.id)).scalars().all()
    if not ids:
        return None
    reasons = reasons_of(draft.session, ids)
    return replace(
        draft.bare,
        reasons=reasons,
        stories=stories(draft.session, reasons, draft.bare.dated),
        agreements=_agreements(draft.session, ids),
    )


def _agreements(session: Session, subscription_ids: Sequence[int]) -> tuple[Agreement, ...]:
    rows = (
        select(wordings.c.text, func.min(consents.c.given_at).label("given_at"))
        .join(wordings, wordings.c.version == consents.c.wording_version)
        .where(consents.c.subscription_id.in_(list(subscription_ids)), consents.c.given_at.is_not(None))
        .where(consents.c.withdrawn_at.is_(None))
        .group_by(wordings.c.text)
        .order_by(func.min(consents.c.id))
    )
    return tuple(Agreement(row.text, row.given_at) for row in session.execute(rows))
