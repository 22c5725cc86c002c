"""Makes up for mails that failed, to exactly those who missed something: nobody who joined later, nobody who was told.

The people are those for whom a mail was made then. What it would have told is looked at anew: what they do not want any
more, what another mail told them since, and what a later word has overtaken stays out.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, or_, select, update
from sqlmodel import Session

from notifier.domain.letter import LetterKind
from notifier.domain.scheduling import daytime, zone_of
from notifier.errors import InputError
from notifier.storage import suppression
from notifier.storage.engine.statements import portions
from notifier.storage.models import (
    FOLLOWED,
    Fate,
    Gate,
    MessageState,
    NoticeState,
    SubscriptionState,
    changes,
    messages,
    notices,
    subscribers,
    subscriptions,
)

#: What may be sent again by hand: it was given up, or nobody knows whether it arrived.
FAILED = (MessageState.REJECTED, MessageState.EXPIRED, MessageState.HELD, MessageState.UNSURE)
#: Paths that hold one value: the later word on it is the only one that is still true.
_ONE_VALUE = "protocolSection.statusModule.%"


@dataclass(frozen=True, slots=True)
class Missed:
    """A mail that failed, and what is to be done about it."""

    message_id: int
    subscriber_id: int
    state: MessageState
    why_not: Fate | None  # None: it goes again
    wanted: tuple[int, ...] = ()  # ids of the notices that it tells when it goes again
    unwanted: tuple[int, ...] = ()  # of those that stay out
    elsewhere: tuple[int, ...] = ()  # ids of the mails that tell, or told, the rest


def between(
    session: Session, since: datetime, until: datetime, states: Collection[MessageState], key: bytes
) -> list[Missed]:
    """The mails that failed from `since` until before `until`, each with why it would not go again. `key`: of the suppressed addresses."""
    at = func.coalesce(messages.c.settled_at, messages.c.dated, messages.c.created_at)
    return _looked_at(session, and_(messages.c.state.in_(list(states)), at >= since, at < until), key)


def one(session: Session, message_id: int, key: bytes) -> Missed:
    """One mail that failed. Raises InputError for any other: a mail that was sent is never repeated."""
    state = session.execute(select(messages.c.state).where(messages.c.id == message_id)).scalar_one_or_none()
    if state is None:
        raise InputError(f"There is no message {message_id}: see `notifier outbox list`")
    if state not in FAILED:
        raise InputError(f"Message {message_id} is {state.value}; only what was given up can be sent again")
    return _looked_at(session, messages.c.id == message_id, key)[0]


def counts(found: Sequence[Missed]) -> dict[Fate | None, int]:
    """How many mails go again (None), or why they do not."""
    return dict(Counter(each.why_not for each in found))


def send(session: Session, found: Sequence[Missed], now: datetime) -> int:
    """Make those due that go again; returns how many. Bad news waits for the day."""
    going = [each for each in found if each.why_not is None]
    # What waits for a later mail since its own expired goes with its own again.
    rows = [{"notice": notice, "mail": each.message_id} for each in going for notice in each.wanted]
    taking = (
        update(notices)
        .where(notices.c.id == bindparam("notice"), notices.c.state == NoticeState.DUE)
        .values(message_id=bindparam("mail"), state=NoticeState.IN_MESSAGE)
    )
    if rows:
        session.connection().execute(taking, rows)
    notice_ids = [notice for each in going for notice in each.unwanted]
    for portion in portions(notice_ids):
        session.execute(
            update(notices)
            .where(notices.c.id.in_(portion), notices.c.state == NoticeState.IN_MESSAGE)
            .values(state=NoticeState.CANCELLED, reason=Fate.LEFT_OUT)
        )
    due: dict[datetime, list[int]] = defaultdict(list)
    for portion in portions([each.message_id for each in going]):
        theirs = (
            select(messages.c.id, messages.c.kind, messages.c.about, subscribers.c.time_zone)
            .select_from(messages.join(subscribers))
            .where(messages.c.id.in_(portion))
        )
        for message_id, kind, about, time_zone in session.execute(theirs):
            bad_news = kind is LetterKind.UPDATE and about is not None
            due[daytime(now, zone_of(time_zone)) if bad_news else now].append(message_id)
    # What was tried before is over; whether it may have arrived is not. Its words are looked at once more.
    fresh = {"reason": None, "created_at": now, "attempts": 0, "settled_at": None, "gate": None}
    made = 0
    for due_at, group in due.items():
        for ids in portions(group):
            done = session.execute(
                update(messages)
                .where(messages.c.id.in_(ids), messages.c.state.in_(FAILED))
                .values(state=MessageState.DUE, due_at=due_at, **fresh)
            )
            made += int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it
    return made


# --- what is still to be told -----------------------------------------------------------------------------------


def _looked_at(session: Session, which: ColumnElement[bool], key: bytes) -> list[Missed]:
    columns = (messages.c.id, messages.c.subscriber_id, messages.c.state, messages.c.kind)
    rows = session.execute(select(*columns).where(which).order_by(messages.c.id)).all()
    news: dict[int, list[Row[Any]]] = defaultdict(list)
    asks: set[int] = set()
    for ids in portions([row.id for row in rows]):
        # Named by their ids for each part, or a single mail would cost a look at every notice there is.
        told = (
            and_(
                notices.c.message_id.in_(ids),
                notices.c.message_id == messages.c.id,
                notices.c.state == NoticeState.IN_MESSAGE,
            ),
            _folded(ids),
        )
        for row in (each for source in told for each in session.execute(_news(source))):
            news[row.failed_id].append(row)
        asks.update(session.execute(_still_asks().where(messages.c.id.in_(ids))).scalars())
    found = [_missed(row, news[row.id], asks=row.id in asks) for row in rows]
    gone = suppression.among(session, key, {each.subscriber_id for each in found if each.why_not is None})
    return [
        Missed(each.message_id, each.subscriber_id, each.state, Fate.SUPPRESSED)
        if each.subscriber_id in gone
        else each
        for each in found
    ]


def _folded(ids: Sequence[int]) -> ColumnElement[bool]:
    """The notice lost this very mail when it expired: both were marked in one moment."""
    return and_(
        messages.c.id.in_(ids),
        messages.c.state == MessageState.EXPIRED,
        notices.c.folded_at == messages.c.settled_at,
        or_(notices.c.message_id.is_(None), notices.c.message_id != messages.c.id),
        or_(messages.c.about.is_(None), messages.c.about == changes.c.nct_id),
    )


def _news(source: ColumnElement[bool]) -> Any:
    """Each notice that a failed mail would have told: whether it is wanted, was told since, and where it is now."""
    its = messages.alias("its")
    of_person = (
        messages.join(subscriptions, subscriptions.c.subscriber_id == messages.c.subscriber_id)
        .join(notices, notices.c.subscription_id == subscriptions.c.id)
        .join(changes, changes.c.id == notices.c.change_id)
        .outerjoin(its, its.c.id == notices.c.message_id)
    )
    columns = (notices.c.id, notices.c.state, notices.c.message_id, its.c.state.label("its_state"))
    # A mail that went told this person of the same change, or of a later word on the same value.
    sent, other, later = messages.alias("sent"), notices.alias("other"), changes.alias("later")
    overtaken = and_(
        later.c.id > changes.c.id,
        later.c.nct_id == changes.c.nct_id,
        later.c.path == changes.c.path,
        changes.c.path.like(_ONE_VALUE),
    )
    tells = (
        select(other.c.id)
        .select_from(other.join(later, later.c.id == other.c.change_id))
        .where(other.c.message_id == sent.c.id, other.c.state == NoticeState.IN_MESSAGE)
        .where(or_(later.c.id == changes.c.id, overtaken))
        .correlate(sent, changes)
    )
    # From the person's mails on, and not from the change: most who missed one mail got few others.
    told = (
        select(sent.c.id)
        .where(sent.c.subscriber_id == messages.c.subscriber_id, sent.c.state == MessageState.SENT)
        .where(sent.c.id != messages.c.id, tells.exists())
        .correlate(messages, notices, changes)
    )
    marks = (subscriptions.c.state.label("asked"), told.exists().label("told"))
    return (
        select(messages.c.id.label("failed_id"), *columns, *marks)
        .select_from(of_person)
        .where(source)
        .order_by(notices.c.id)
    )


def _still_asks() -> Any:
    """Mails without news that are still wanted: the question to confirm, where no newer one was mailed; a correction; what
    the gate held.
    """
    newer = messages.alias("newer")
    asked = select(newer.c.id).where(
        newer.c.subscriber_id == messages.c.subscriber_id,
        newer.c.kind == messages.c.kind,
        newer.c.id > messages.c.id,
    )
    confirmation = and_(
        messages.c.kind == LetterKind.CONFIRMATION,
        subscriptions.c.state == SubscriptionState.PENDING,
        ~asked.exists(),
    )
    corrected = and_(messages.c.correction_id.is_not(None), subscriptions.c.state.in_(FOLLOWED))
    theirs = messages.join(subscriptions, subscriptions.c.subscriber_id == messages.c.subscriber_id)
    held = and_(
        messages.c.kind.in_([kind for kind in LetterKind if not kind.manner.missed]),
        messages.c.gate == Gate.CLOSED,
        subscriptions.c.state.in_(FOLLOWED),
    )
    return select(messages.c.id).select_from(theirs).where(or_(confirmation, corrected, held)).distinct()


def _missed(row: Row[Any], news: Sequence[Row[Any]], *, asks: bool) -> Missed:
    ours = [each for each in news if each.message_id in {None, row.id}]
    wanted = tuple(
        each.id
        for each in ours
        if _wanted(each) and not each.told and (each.state in {NoticeState.IN_MESSAGE, NoticeState.DUE})
    )
    unwanted = tuple(
        each.id for each in ours if each.id not in wanted and each.state is NoticeState.IN_MESSAGE
    )
    elsewhere = tuple(dict.fromkeys(each.message_id for each in news if each not in ours))
    live = [each for each in news if each.state is not NoticeState.CANCELLED]
    if wanted or asks:
        why_not = None
    elif any(each.told or each.its_state is MessageState.SENT for each in news):
        why_not = Fate.SENT
    elif any(_wanted(each) for each in live):
        why_not = Fate.NEXT_MAIL
    elif any(each.asked is SubscriptionState.PAUSED for each in live):
        why_not = Fate.PAUSED
    else:
        why_not = Fate.NOT_WANTED if row.kind.manner.missed else Fate.NO_NEWS
    return Missed(row.id, row.subscriber_id, row.state, why_not, wanted, unwanted, elsewhere)


def _wanted(notice: Row[Any]) -> bool:
    return notice.asked is SubscriptionState.ACTIVE
