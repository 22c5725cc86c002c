"""Adding a person, with the list of suppressed addresses in between: adding never lifts it (S24)."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from notifier.storage.models import EndedReason, SubscriptionState, Suppressed
from notifier.storage.subscribers import signing_up, suppression
from notifier.storage.subscribers.changing import end
from notifier.storage.subscribers.people import Added, Choice, Consent, Person, Verdict, Wanted, find


def add(
    session: Session,
    person: Person,
    wanted: Sequence[Wanted],
    *,
    choice: Choice,
    consent: Consent,
    now: datetime,
    domain: str,
    suppression_key: bytes | None = None,
) -> Added:
    """Follow these things for a person. Doing it twice adds nothing. `domain` is the Message-ID's.

    Of an address that is suppressed nothing is made active, whoever says that they agreed. Without evidence it is
    asked once more by mail, and confirming lifts the suppression; after a complaint not even that. `suppression_key`:
    of the hashes; without it the list is not looked at, and is looked at when a mail is about to be sent.
    """
    reason = _suppressed(session, person, suppression_key)
    if reason is None:
        return signing_up.add(session, person, wanted, choice=choice, consent=consent, now=now, domain=domain)
    if consent.evidence is not None or reason not in suppression.LIFTED_BY_CONFIRMING:
        return Added(tuple((topic.label, Verdict.SUPPRESSED) for topic in wanted), confirmation_queued=False)
    _make_room(session, person, wanted, now)
    added = signing_up.add(session, person, wanted, choice=choice, consent=consent, now=now, domain=domain)
    verdicts = tuple((label, Verdict.SUPPRESSED) for label, _ in added.verdicts)
    return Added(verdicts, added.confirmation_queued)


def _suppressed(session: Session, person: Person, key: bytes | None) -> Suppressed | None:
    if key is None:
        return None
    return suppression.is_suppressed(session, suppression.address_hash(key, person.address.key))


def _make_room(session: Session, person: Person, wanted: Sequence[Wanted], now: datetime) -> None:
    """End what the person still follows of this, so that there is something new to confirm."""
    row = find(session, person.address)
    if row is None or row.id is None:
        return
    live = [signing_up.live(session, row.id, topic) for topic in wanted]
    going = [each.id for each in live if each is not None and each.state != SubscriptionState.PENDING]
    end(session, [each for each in going if each is not None], EndedReason.UNREACHABLE, now)
