"""Acts on what came back: suppresses, ends, counts. Only a tag of ours, or our provider's proved word, can end anything (S20).

Knows neither mailboxes nor SQL: reports are read in `notifier.bounces`, kept in `notifier.suppression`.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from notifier.errors import AddressError
from notifier.mail.bounces import RefusalReason, Report, ReportEntry, ReportKind
from notifier.mail.refusals import OUT_OF_REACH
from notifier.mail.return_path import Tags
from notifier.storage import audit, subscribers, suppression
from notifier.storage.engine import Session
from notifier.storage.models import BounceRow, EndedReason, MessageState, Suppressed
from notifier.storage.outbox import putting_right
from notifier.storage.suppression import Condemned, Owner

RETURNS_WITHIN = timedelta(days=30)  # a mail of which something is reported without naming it

#: What asks for something to be done.
_ASKING = frozenset({ReportKind.BOUNCE, ReportKind.COMPLAINT, ReportKind.UNSUBSCRIBE})
_COUNTING = frozenset(reason.value for reason in OUT_OF_REACH)

log = structlog.get_logger()


class Action(StrEnum):
    """What was done for one recipient of a report."""

    SUPPRESSED = "suppressed"  #: Its address is not mailed any more.
    HELD = "held"  #: Too many at its domain at once: noted, and an admin decides.
    ENDED = "ended"  #: A complaint: not mailed any more, and all that was followed is over.
    UNSUBSCRIBED = "unsubscribed"  #: Somebody asked by mail; what they named is over.
    COUNTED = "counted"  #: Out of reach; enough of these, and the address is suppressed.
    SEEN = "seen before"  #: The very report was read before, or the address is suppressed already.
    NOTHING = "nothing"  #: It changes nothing.
    NOT_OURS = "not ours"  #: Nothing in it proves that it is about a mail of ours.


#: What changes for somebody.
CHANGING = frozenset({Action.SUPPRESSED, Action.ENDED, Action.UNSUBSCRIBED})


@dataclass(frozen=True, slots=True)
class BounceContext:
    """What acting needs to know; `tags` is None where no bounce domain is set."""

    tags: Tags | None
    suppression_key: bytes
    now: datetime
    #: That our own provider reports: its word needs no tag beside a Message-ID or an address.
    proved: bool = False


def take(session: Session, report: Report, acting: BounceContext, actor: str) -> tuple[Action, ...]:
    """As `act`, with a line in the log of acts where it changed something for somebody."""
    actions = act(session, report, acting)
    if did := sorted({action.value for action in actions if action in CHANGING}):
        by = audit.Acting(actor, acting.now, f"a report said so: {', '.join(did)}")
        audit.note(session, by, "bounces", people=1)
    return actions


def act(session: Session, report: Report, acting: BounceContext) -> tuple[Action, ...]:
    """Do what a report asks for; an action an entry, in their order. The same report twice counts once."""
    tags = acting.tags
    wishes = (tags.read_unsubscribe(address) for address in report.sent_to) if tags is not None else ()
    wish = next((each for each in wishes if each is not None), None)
    if wish is not None and report.entries[0].kind is not ReportKind.AUTO_REPLY:
        ids: Sequence[int] = wish.subscription_ids
        if wish.message_id is not None:
            ids = subscribers.spoken_for(session, wish.message_id)
        _end(session, ids, acting.now)
        return (Action.UNSUBSCRIBED,) * len(report.entries)
    message_id = _message_of(session, report, acting)
    owner = None if message_id is None else suppression.owner_of(session, acting.suppression_key, message_id)
    if message_id is None or owner is None:
        return tuple(Action.NOT_OURS if entry.kind in _ASKING else Action.NOTHING for entry in report.entries)
    about = _about(report.entries, owner)
    # Of everything: their provider lets none of our mails through any more.
    if about.kind is ReportKind.UNSUBSCRIBE:
        _end(session, subscribers.live_ids(session, owner.subscriber_id), acting.now)
        return (Action.UNSUBSCRIBED,) * len(report.entries)
    return tuple(
        _act_on(session, report, entry, message_id, owner, acting) if entry is about else Action.NOTHING
        for entry in report.entries
    )


def _end(session: Session, ids: Sequence[int], now: datetime) -> None:
    ended = subscribers.end(session, ids, EndedReason.UNSUBSCRIBED, now)
    log.info("Somebody unsubscribed by mail.", action="unsubscribed", subscription_ids=list(ids), ended=ended)


def _message_of(session: Session, report: Report, acting: BounceContext) -> int | None:
    """The mail of ours that a report is about, where it proves that it is."""
    tags = acting.tags
    if tags is not None:
        tagged = (tags.read_tag(address) for address in (*report.sent_to, *report.quoted))
        if (found := next((each for each in tagged if each is not None), None)) is not None:
            return found
        # Feedback loops black out addresses, the tag among them, but quote the mail: its Message-ID is as hard to guess.
        if not acting.proved and not any(entry.kind is ReportKind.COMPLAINT for entry in report.entries):
            return None
    if report.message_ids:
        return suppression.message_named(session, report.message_ids)
    if not acting.proved or report.quoted or not (recipient := report.entries[0].recipient):
        return None
    # A provider that tells no more than an address: it is about the last mail that went there.
    with suppress(AddressError):
        if (person := subscribers.find(session, subscribers.address(recipient))) is not None:
            return suppression.last_sent(session, person.id, acting.now - RETURNS_WITHIN)
    return None


def _about(entries: Sequence[ReportEntry], owner: Owner) -> ReportEntry:
    """The entry that is about the person whom we wrote to; the others are of people that the mail went on to."""
    named = [
        entry
        for entry in entries
        if owner.email_key in {each.casefold() for each in (entry.recipient, entry.original) if each}
    ]
    return min(named or entries, key=lambda entry: (entry.kind is not ReportKind.COMPLAINT, not entry.hard))


def _act_on(
    session: Session, report: Report, entry: ReportEntry, message_id: int, owner: Owner, acting: BounceContext
) -> Action:
    now, key = acting.now, acting.suppression_key
    complains = entry.kind is ReportKind.COMPLAINT and entry.reason is RefusalReason.FEEDBACK
    bounces = entry.kind is ReportKind.BOUNCE and entry.final
    if owner.address_hash is None or not (complains or bounces):
        return Action.NOTHING
    # A mail that was sent on to somebody else and failed there does not make the address dead that we know.
    hard = entry.hard and (entry.recipient is None or entry.recipient.casefold() == owner.email_key)
    reason = RefusalReason.UNCLEAR if entry.hard and not hard else entry.reason
    came_back = BounceRow(
        address_hash=owner.address_hash,
        message_id=message_id,
        report=report.digest,
        hard=hard,
        status=entry.status,
        reason=reason.value,
        came_at=min(report.dated or now, now),
    )
    if not suppression.note(session, came_back):
        return Action.SEEN
    if complains:
        return _complained(session, owner, key, now)
    if hard:
        came = suppression.condemn(session, key, owner, Suppressed.DEAD, now)
        if came is Condemned.KNOWN:
            return Action.SEEN
        held = came is Condemned.HELD
        log.info("An address is dead.", action="suppressed", message_id=message_id, held=held)
        return Action.HELD if held else Action.SUPPRESSED
    return _climb(session, owner, message_id, now) if reason in OUT_OF_REACH else Action.NOTHING


def _climb(session: Session, owner: Owner, message_id: int, now: datetime) -> Action:
    """One more step of the ladder of soft bounces."""
    assert owner.address_hash is not None
    if not suppression.is_out_of_reach(session, owner.address_hash, owner.subscriber_id, _COUNTING, now):
        return Action.COUNTED
    if not suppression.suppress(session, owner.address_hash, Suppressed.FULL, now):
        return Action.SEEN
    log.info("An address is out of reach for long.", action="suppressed", message_id=message_id)
    return Action.SUPPRESSED


def _complained(session: Session, owner: Owner, key: bytes, now: datetime) -> Action:
    if suppression.condemn(session, key, owner, Suppressed.COMPLAINT, now) is Condemned.HELD:
        log.warning("A complaint is held: too many of one domain.", action="complaint_held")
        return Action.HELD
    ids = subscribers.live_ids(session, owner.subscriber_id)
    ended = subscribers.end(session, ids, EndedReason.COMPLAINT, now)
    log.warning("Somebody called our mail spam.", action="complained", subscription_ids=ids, ended=ended)
    return Action.ENDED


def decide(
    session: Session,
    key: bytes,
    now: datetime,
    *,
    domain: str | None,
    since: datetime | None,
    until: datetime | None,
    keep: bool,
) -> tuple[int, int]:
    """Believe what is held at a domain (`keep`), or take back what was said of its people, and tell them what they missed.

    Returns how many people it concerns, and how many mails go again.
    """
    if keep:
        decided = suppression.believe(session, key, domain), 0
    else:
        ids, since = suppression.lift_many(session, key, domain=domain, since=since, until=until)
        began = since or now
        subscribers.reopen_after_complaints(session, ids, began, now)
        suppression.forget_returns(session, ids, began)
        failed = putting_right.between(
            session, began, now + timedelta(seconds=1), (MessageState.REJECTED,), key
        )
        theirs = [each for each in failed if each.subscriber_id in set(ids)]
        decided = len(ids), putting_right.send(session, theirs, now)
    suppression.end_bad_hours(session, now)
    return decided
