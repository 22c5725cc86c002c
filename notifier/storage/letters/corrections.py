"""The letter that puts right what we told wrong."""

from dataclasses import replace

from sqlalchemy import ColumnElement, select

from notifier.domain.letter import Correction, Letter
from notifier.storage.letters.drafts import LetterDraft, reasons_of
from notifier.storage.letters.updates import entries_of, told_in
from notifier.storage.models import CorrectionRow, EndedReason, MessageRow, SubscriptionState, subscriptions


def correction(draft: LetterDraft) -> Letter | None:
    """What an admin puts right, for those who still hear from us: who unsubscribed asked for no more mail."""
    session, message = draft.session, draft.message
    row = session.get(CorrectionRow, message.correction_id) if message.correction_id else None
    wrong = session.get(MessageRow, message.corrects_id) if message.corrects_id else None
    if row is None or wrong is None:
        return None
    told = [each for each in told_in(session, wrong.id or 0) if row.nct_id in {None, each.nct_id}]
    wanted = select(subscriptions.c.id).where(
        subscriptions.c.id.in_({each.subscription_id for each in told}), _did_not_leave()
    )
    reasons = reasons_of(session, session.execute(wanted).scalars())
    if not reasons:
        return None
    # It ends no alert: only news does, and this is none.
    entries = tuple(replace(entry, ending=None) for entry in entries_of(session, told, reasons, draft.near))
    put_right = Correction(row.text, wrong.dated or wrong.settled_at)
    return replace(draft.bare, reasons=reasons, entries=entries, correction=put_right)


def _did_not_leave() -> ColumnElement[bool]:
    """Followed, paused, or ended by what we told, which may have been wrong; not ended by the person or an admin."""
    return (subscriptions.c.state != SubscriptionState.ENDED) | (
        subscriptions.c.ended_reason.in_((EndedReason.FINISHED, EndedReason.MERGED))
    )
