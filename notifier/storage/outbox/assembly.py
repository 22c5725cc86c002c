"""Makes messages of all that is due: one a person, and bad news in a mail of its own.

Immediate, daily and weekly differ only in when their notices are put into a message.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from secrets import token_hex
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlmodel import Session

from notifier.domain.changes import FOUND
from notifier.domain.letter import LetterKind
from notifier.domain.scheduling import daytime, next_daily, next_weekly, zone_of
from notifier.storage import suppression
from notifier.storage.eligibility import IS_LEFT_OUT, is_due
from notifier.storage.engine.sharing import wait_for_turn
from notifier.storage.models import (
    Every,
    Fate,
    Gate,
    MessageState,
    NoticeState,
    SubscriberRow,
    SubscriptionState,
    changes,
    messages,
    notices,
    subscribers,
    subscriptions,
)
from notifier.storage.outbox.claims import LONGEST_REASON, UNSENT, hold, ours

MAILS_A_DAY = 10
DAY = timedelta(days=1)
_NEVER_CAME = (MessageState.CANCELLED, MessageState.EXPIRED)


def lately(session: Session, now: datetime, *, at_least: int = 1) -> Counter[int]:
    """How many mails with news were made in the last day for those for whom there were `at_least` so many, by person."""
    # An expression, or SQLite reads every mail there ever was by the index of their people, to have them in groups.
    made, person = func.count(), messages.c.subscriber_id + literal_column("0")
    rows = (
        select(person, made)
        .where(messages.c.created_at > now - DAY, messages.c.kind == LetterKind.UPDATE)
        .where(messages.c.state.not_in(_NEVER_CAME))
        .group_by(person)
        .having(made >= at_least)
    )
    return Counter({int(who): int(count) for who, count in session.execute(rows)})


def together(wanted: Counter[int], before: Counter[int], mails_a_day: int) -> set[int]:
    """Those for whom so many mails of their own would leave no room for the one that holds all the rest. Pure."""
    return {person for person, mails in wanted.items() if before[person] + mails >= mails_a_day}


STILL_WATCHING_AFTER = timedelta(days=30)  # of silence
STILL_WATCHING_EVERY = timedelta(days=90)  # from then on


def assemble(
    session: Session,
    now: datetime,
    domain: str,
    *,
    suppression_key: bytes | None = None,
    mails_a_day: int = MAILS_A_DAY,
    everybodys_digests: bool = True,
) -> int:
    """Make messages of all notices whose time has come; returns how many. `domain`: of their Message-IDs.

    Nothing is made for suppressed addresses, which are found by `suppression_key`. Nobody gets more than
    `mails_a_day` with news in any 24 hours: what is above waits, and then goes as one mail. `everybodys_digests`: without
    it the next digest is set of those alone for whom something is due, for a plan that is thrown away.
    """
    # Two workers would see the same notices as due, and the second takes them over from a message that the first may already
    # have sent.
    wait_for_turn(session, "assemble")
    # What was paused until now is active again, and all that came meanwhile is due.
    session.execute(
        update(subscriptions)
        .where(subscriptions.c.paused_until <= now, subscriptions.c.state == SubscriptionState.PAUSED)
        .values(state=SubscriptionState.ACTIVE, paused_until=None)
    )
    if suppression_key is not None:
        people = set(session.execute(_due(subscriptions.c.subscriber_id, now=now)).scalars())
        for person in suppression.among(session, suppression_key, people):
            theirs = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == person)
            session.execute(
                update(notices)
                .where(notices.c.subscription_id.in_(theirs), notices.c.state == NoticeState.DUE)
                .values(state=NoticeState.CANCELLED, reason=Fate.SUPPRESSED)
            )
    last = session.execute(select(func.max(messages.c.id))).scalar_one() or 0
    made = _bad_news(session, now, domain, mails_a_day)
    rest, waiting = _the_rest(session, now, domain, mails_a_day)
    made += rest + _silence(session, now, domain, suppression_key)
    if made:
        # By their ids too, or every mail there ever was would be looked at.
        finished = (messages.c.id > last) & (messages.c.state == MessageState.ASSEMBLING)
        session.execute(update(messages).where(finished).values(state=MessageState.DUE))
    # Written out, because they may be more than a statement takes values.
    their = subscriptions.c.subscriber_id
    listed = bindparam(None, sorted(waiting) or [0], their.type, expanding=True, literal_execute=True)
    past = (subscriptions.c.next_digest_at <= now) & their.not_in(listed)
    due = select(notices.c.id).where(
        notices.c.subscription_id == subscriptions.c.id, notices.c.state == NoticeState.DUE
    )
    set_digests(session, now, past if everybodys_digests else past & due.exists())
    return made


def _bad_news(session: Session, now: datetime, domain: str, mails_a_day: int) -> int:
    """Bad news stands alone in its mail, with all else that is due of that study, and comes by day (W10).

    Where that would be more mails than a person may get, it comes with the rest.
    """
    found = (
        _due(subscriptions.c.subscriber_id, changes.c.nct_id, subscribers.c.time_zone, now=now)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(changes.c.alone)
        .distinct()
    )
    due = session.execute(found).all()
    wanted = Counter(row.subscriber_id for row in due)
    crowded = together(wanted, lately(session, now), mails_a_day) if due else set()
    rows = [
        _of_news(person, now=now, domain=domain, about=nct_id, due_at=daytime(now, zone_of(time_zone)))
        for person, nct_id, time_zone in sorted(due, key=lambda row: (row.nct_id, row.subscriber_id))
        if person not in crowded
    ]
    if rows:
        session.execute(insert(messages), rows)
        session.execute(_put_into(messages.c.about == changes.c.nct_id, is_due(now)))
    return len(rows)


def _the_rest(session: Session, now: datetime, domain: str, mails_a_day: int) -> tuple[int, set[int]]:
    """One mail for each; returns how many, and who must wait because they got enough for a day."""
    # Made distinct here: for SQL's DISTINCT, SQLite reads all subscriptions in order, each minute, also if none is due.
    due: dict[int, str] = {}
    for person, nct_id in session.execute(_due(subscriptions.c.subscriber_id, changes.c.nct_id, now=now)):
        due[person] = min(nct_id, due.get(person, nct_id))
    waiting = due.keys() & lately(session, now, at_least=mails_a_day).keys() if due else set()
    # Those who hear of the same study in a row: what is said of it is then made once for many of them.
    if people := sorted(due.keys() - waiting, key=lambda person: (due[person], person)):
        session.execute(insert(messages), [_of_news(person, now=now, domain=domain) for person in people])
        # The notice lost its mail to a server that put it off for too long, and goes with the person's
        # next one.
        is_folded = and_(
            notices.c.state == NoticeState.DUE,
            notices.c.folded_at.is_not(None),
            subscriptions.c.state == SubscriptionState.ACTIVE,
            ~changes.c.alone,
        )
        session.execute(_put_into(messages.c.about.is_(None), or_(is_due(now), is_folded)))
        session.execute(_COUNT_LEFT_OUT)
    return len(people), waiting


def _silence(session: Session, now: datetime, domain: str, suppression_key: bytes | None) -> int:
    """Mails that say we are still watching, for those who have heard nothing for long and follow something."""
    active = select(subscriptions.c.id).where(
        subscriptions.c.subscriber_id == subscribers.c.id, subscriptions.c.state == SubscriptionState.ACTIVE
    )
    news = (
        select(notices.c.id)
        .select_from(notices.join(subscriptions))
        .where(subscriptions.c.subscriber_id == subscribers.c.id)
        .where(subscriptions.c.state != SubscriptionState.PAUSED)
        .where(notices.c.state.in_((NoticeState.DUE, NoticeState.HELD)))
    )
    on_its_way = select(messages.c.id).where(
        messages.c.subscriber_id == subscribers.c.id,
        messages.c.state.in_((*UNSENT, MessageState.ASSEMBLING, MessageState.SENDING)),
    )
    quiet = (
        select(subscribers.c.id, subscribers.c.time_zone)
        .where(subscribers.c.still_watching, subscribers.c.still_watching_at <= now)
        .where(active.exists(), ~on_its_way.exists(), ~news.exists())
    )
    zones = {person: time_zone for person, time_zone in session.execute(quiet)}  # noqa: C416 - rows are no pairs to mypy
    if suppression_key is not None:
        for person in suppression.among(session, suppression_key, zones.keys()):
            del zones[person]
    rows = [
        new_message(
            person,
            LetterKind.STILL_WATCHING,
            now,
            domain,
            state=MessageState.ASSEMBLING,
            due_at=daytime(now, zone_of(zone)),
        )
        for person, zone in zones.items()
    ]
    if rows:
        session.execute(insert(messages), rows)
        # Moved on here, not when it went: one that is refused must not be made anew at every pass.
        following = [
            {"id": row["subscriber_id"], "still_watching_at": now + STILL_WATCHING_EVERY} for row in rows
        ]
        session.execute(update(SubscriberRow), following)
    return len(rows)


def _due(*columns: Any, now: datetime) -> Select[Any]:
    """Columns of the notices that are due."""
    due = notices.join(subscriptions).join(changes, changes.c.id == notices.c.change_id)
    return select(*columns).select_from(due).where(is_due(now))


def _put_into(which: ColumnElement[bool], ready: ColumnElement[bool]) -> Any:
    """Put the notices that are ready into the message that was just made for their person, where there is one of that sort."""
    # One join, not a look for each notice; and from what is due to its person's mail, never from the mails on: right
    # after a large pass PostgreSQL takes what is due for nothing, and an index of new mails would join all with all.
    theirs = (messages.c.subscriber_id == subscriptions.c.subscriber_id) & (
        messages.c.state == MessageState.ASSEMBLING
    )
    return (
        update(notices)
        .where(subscriptions.c.id == notices.c.subscription_id, changes.c.id == notices.c.change_id)
        .where(notices.c.state == NoticeState.DUE, ready, theirs, which)
        .values(message_id=messages.c.id, state=NoticeState.IN_MESSAGE)
    )


#: Each new study that was left out, because it does not fit what was chosen, is counted in one mail of its person: the next.
_COUNT_LEFT_OUT = (
    update(notices)
    .where(subscriptions.c.id == notices.c.subscription_id, changes.c.id == notices.c.change_id)
    .where(*IS_LEFT_OUT, notices.c.counted_in.is_(None))
    # From the mails to what was left out of theirs: there is little of the one, and much of the other.
    .where(
        notices.c.subscription_id.in_(
            select(subscriptions.c.id)
            .join(messages, messages.c.subscriber_id == subscriptions.c.subscriber_id)
            .where(messages.c.state == MessageState.ASSEMBLING, messages.c.kind == LetterKind.UPDATE)
        )
    )
    .where(changes.c.kind.in_([kind.value for kind in FOUND]))
    .where(messages.c.subscriber_id == subscriptions.c.subscriber_id, messages.c.about.is_(None))
    .where(messages.c.state == MessageState.ASSEMBLING, messages.c.kind == LetterKind.UPDATE)
    .values(counted_in=messages.c.id)
)


def set_apart(
    session: Session,
    message_id: int,
    studies: Mapping[str, str],
    now: datetime,
    domain: str,
    *,
    owner: str,
) -> int:
    """Hold what a claimed mail says of these studies, each in a mail of its own, so that the rest of it can go.

    studies: by NCT id, why. Returns how many mails are held now: one alone where nothing else is in it.
    """
    (mine,) = ours(session, [message_id], owner) or (None,)
    if mine is None:
        return 0
    its = (notices.c.message_id == message_id, notices.c.state == NoticeState.IN_MESSAGE)
    told = select(changes.c.nct_id).select_from(notices.join(changes)).where(*its).distinct()
    if set(session.execute(told).scalars()) <= studies.keys():
        hold(session, message_id, next(iter(studies.values())), owner=owner, gate=Gate.CLOSED)
        return 1
    for nct_id, why in studies.items():
        apart = new_message(mine.subscriber_id, LetterKind.UPDATE, now, domain, about=nct_id)
        apart |= {"state": MessageState.HELD, "gate": Gate.CLOSED, "reason": why[:LONGEST_REASON]}
        held = session.execute(insert(messages).values(apart).returning(messages.c.id)).scalar_one()
        of_study = select(changes.c.id).where(changes.c.nct_id == nct_id)
        session.execute(
            update(notices).where(*its, notices.c.change_id.in_(of_study)).values(message_id=held)
        )
    return len(studies)


def new_message(
    subscriber_id: int,
    kind: LetterKind,
    now: datetime,
    domain: str,
    *,
    state: MessageState = MessageState.DUE,
    about: str | None = None,
    due_at: datetime | None = None,
) -> dict[str, Any]:
    """The columns of a message. about: the study that it is of, where that is one. due_at: now where nothing is said."""
    return {
        "subscriber_id": subscriber_id,
        "kind": kind,
        "state": state,
        "about": about,
        "rfc_message_id": new_message_id(domain),
        "created_at": now,
        "due_at": due_at or now,
        "attempts": 0,
        "unsure": 0,
    }


_of_news = partial(new_message, kind=LetterKind.UPDATE, state=MessageState.ASSEMBLING)


def new_message_id(domain: str) -> str:
    """A Message-ID of our own domain; says nothing of the machine, the person or the study (M10)."""
    return f"<{token_hex(16)}@{domain}>"


def set_digests(session: Session, now: datetime, which: ColumnElement[bool]) -> None:
    """Set these subscriptions, as far as they did not end, to their first digest after now."""
    past = which & (subscriptions.c.state != SubscriptionState.ENDED)
    clock = (subscribers.c.time_zone, subscribers.c.digest_hour, subscribers.c.digest_weekday)
    rhythms = select(subscriptions.c.every, *clock).select_from(subscriptions.join(subscribers)).where(past)
    # One statement for all who share a frequency and a clock: on a Monday morning that is nearly everybody.
    for every, time_zone, hour, weekday in session.execute(rhythms.distinct()).all():
        of_these = [ours == theirs for ours, theirs in zip(clock, (time_zone, hour, weekday), strict=True)]
        session.execute(
            update(subscriptions)
            .where(past, subscriptions.c.every == every)
            .where(subscriptions.c.subscriber_id.in_(select(subscribers.c.id).where(*of_these)))
            .values(next_digest_at=next_digest(every, time_zone, now, hour=hour, weekday=weekday))
        )


def next_digest(every: Every, time_zone: str, after: datetime, *, hour: int, weekday: int) -> datetime | None:
    """The next time a subscription's notices are put in a mail, at the person's hour and weekday; None for at once."""
    if every == Every.IMMEDIATE:
        return None
    if every == Every.DAILY:
        return next_daily(after, zone_of(time_zone), hour)
    return next_weekly(after, zone_of(time_zone), hour, weekday)
