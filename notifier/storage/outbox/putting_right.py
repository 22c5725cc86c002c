"""Puts right what went wrong with mails: what failed goes again to exactly those who missed something, and what was wrong in
mails that went is corrected by one mail to each who got one of them. Nobody else is written to: nobody who joined later, who
was told since, or who left.

What a failed mail would have told is looked at anew: what they do not want any more, what another mail told them since, and what
a later word has overtaken stays out. A correction is written in one transaction, and the same words about the same study go to
nobody twice, so that it may be run again after a crash.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, insert, or_, select, update
from sqlmodel import Session

from notifier.domain.letter import LetterKind
from notifier.domain.scheduling import daytime, zone_of
from notifier.errors import InputError
from notifier.storage import suppression
from notifier.storage.engine.sharing import wait_for_turn
from notifier.storage.engine.statements import changed, portions
from notifier.storage.models import (
    FOLLOWED,
    EndedReason,
    Fate,
    Gate,
    MessageState,
    NoticeState,
    SubscriptionState,
    changes,
    corrections,
    messages,
    notices,
    subscribers,
    subscriptions,
)
from notifier.storage.outbox.admin_queries import FAILED, HAPPENED, may_have_arrived
from notifier.storage.outbox.assembly import new_message
from notifier.storage.outbox.claims import UNSENT

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
    return _looked_at(
        session, and_(messages.c.state.in_(list(states)), since <= HAPPENED, until > HAPPENED), key
    )


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
            failed = update(messages).where(messages.c.id.in_(ids), messages.c.state.in_(FAILED))
            made += changed(session, failed.values(state=MessageState.DUE, due_at=due_at, **fresh))
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


# --- what was told wrong ----------------------------------------------------------------------------------------


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
        .where(wrong.since <= HAPPENED, wrong.until > HAPPENED)
        .group_by(messages.c.subscriber_id)
    )


def _by_person(session: Session, got: Select[Any]) -> dict[int, int]:
    return {int(person): int(mail) for person, mail in session.execute(got)}


def did_not_leave() -> ColumnElement[bool]:
    """Still followed, or ended by a merging of two ids, after which they follow the other one; not by the person or an admin."""
    return or_(subscriptions.c.state.in_(FOLLOWED), subscriptions.c.ended_reason == EndedReason.MERGED)


def _before(session: Session, nct_id: str, text: str) -> int | None:
    same = select(corrections.c.id).where(corrections.c.nct_id == nct_id, corrections.c.text == text)
    return session.execute(same.order_by(corrections.c.id).limit(1)).scalar_one_or_none()
