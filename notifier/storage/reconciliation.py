"""Accounts for every change and everybody who asked for it: told, on its way, waiting and why, not told and why.

A pure count of what the store holds. What it cannot explain is a fault of ours, and an admin is to hear of it at once.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, null, or_, select
from sqlmodel import Session

from notifier.domain.changes import Kind, Weight
from notifier.storage.models import changes, messages, notices, subscriptions
from notifier.storage.models.states import Fate, MessageState, NoticeState, SubscriptionState

#: A mail that nothing keeps back goes at the next pass; after this long nothing explains that it did not. More than a
#: day, because somebody who got the most mails of a day waits for the next one.
OVERDUE_AFTER = timedelta(hours=26)
#: Who joined, or chose anew, while a pass was being written down may or may not have been counted in.
_AT_THAT_MOMENT = timedelta(minutes=1)
_ON_ITS_WAY = ("waiting", "its mail is on its way")
#: What the state of its mail says of a notice; the other states are waited for by their own name.
_MAIL = {
    MessageState.SENT: ("accepted", "the mail server took it"),
    MessageState.REJECTED: ("untold", "the mail server refused it"),
    MessageState.EXPIRED: ("untold", "its mail may have arrived, and was given up"),
    MessageState.ASSEMBLING: _ON_ITS_WAY,
    MessageState.DUE: _ON_ITS_WAY,
    MessageState.SENDING: _ON_ITS_WAY,
}
UNEXPLAINED = "unexplained"
_NOTICED = notices.join(changes, changes.c.id == notices.c.change_id)
#: By the study, or by the condition: two plain joins, because one with OR would read every subscription.
_TOPICS = (
    and_(changes.c.condition_id.is_(None), changes.c.nct_id == subscriptions.c.nct_id),
    changes.c.condition_id == subscriptions.c.condition_id,
)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the changes that were found from `since` until before `until`; counts of tellings unless said."""

    since: datetime
    until: datetime
    changes: int  # that somebody could be told of
    mails: dict[str, int]  # mails that tell of them, by their state
    tellings: int  # a change and a subscription that asked for it
    accepted: int  # the mail server took them
    waiting: dict[str, int]  # will be told, by what they wait for
    untold: dict[str, int]  # will not be told, by why
    unexplained: dict[str, int] = field(default_factory=dict)  # by what is missing

    @property
    def faults(self) -> int:
        return sum(self.unexplained.values())

    def sentence(self) -> str:
        due = sum(count for state, count in self.mails.items() if state != MessageState.CANCELLED.value)
        deferred = self.mails.get(MessageState.DEFERRED.value, 0)
        sent = self.mails.get(MessageState.SENT.value, 0)
        return (
            f"{self.changes} notifiable changes, {due} mails due, {sent} accepted, "
            f"{deferred} deferred, {self.faults} unexplained"
        )


def account(session: Session, since: datetime, until: datetime, now: datetime) -> Account:
    """Account for what was found in a time. Of long ago it explains less: people choose anew, and rows are deleted."""
    found = _found(session, since, until)
    # The notices of these changes: by what became of them, and then by why.
    noticed: dict[str, Counter[str]] = {
        name: Counter() for name in ("accepted", "waiting", "untold", UNEXPLAINED)
    }
    columns = (notices.c.state, notices.c.reason, messages.c.state, messages.c.reason)
    in_mails = (
        select(*columns, null(), func.count())
        .select_from(_NOTICED.outerjoin(messages, messages.c.id == notices.c.message_id))
        .where(found, notices.c.state != NoticeState.DUE)
        .group_by(*columns)
    )
    for state, reason, mail, mail_reason, kept_back, count in (
        *session.execute(in_mails),
        *session.execute(_in_none(found, now)),
    ):
        name, why = became(state, reason, mail, mail_reason, kept_back)
        noticed[name][why] += int(count)
    astray = session.execute(_left_out_of_nothing(found)).scalar_one()
    noticed["untold"].subtract({Fate.DOES_NOT_FIT.words: astray})
    noticed[UNEXPLAINED].update({"left out by nobody's choice": astray} if astray else {})
    missing = _missing(session, found)
    untold = noticed["untold"] + Counter({why: n for why, n in missing.items() if why != UNEXPLAINED})
    unexplained = Counter(noticed[UNEXPLAINED])
    if missing[UNEXPLAINED]:
        unexplained["no notice was made"] = missing[UNEXPLAINED]
    return Account(
        since,
        until,
        changes=int(session.execute(select(func.count()).where(found)).scalar_one()),
        mails=_mails(session, found),
        tellings=sum(sum(each.values()) for each in noticed.values()) + missing[UNEXPLAINED],
        accepted=sum(noticed["accepted"].values()),
        waiting=dict(noticed["waiting"]),
        untold=dict(untold),
        unexplained=dict(unexplained),
    )


def _found(session: Session, since: datetime, until: datetime) -> ColumnElement[bool]:
    """The changes that were found then and that somebody may be told of."""
    tellable = and_(
        changes.c.detected_at >= since,
        changes.c.detected_at < until,
        changes.c.rank < Weight.HOUSEKEEPING.rank,
    )
    first, last = session.execute(
        select(func.min(changes.c.id), func.max(changes.c.id)).where(tellable)
    ).one()
    # Said of the notices too, so that a day's are found by their index however many there are in all.
    return and_(tellable, changes.c.id.between(first or 0, last or 0))


# --- notices that there are -------------------------------------------------------------------------------------


def _in_none(found: ColumnElement[bool], now: datetime) -> Select[Any]:
    # Why a notice that is due is in no mail yet; nothing where nothing keeps it back.
    digest = subscriptions.c.next_digest_at
    waits = (
        (subscriptions.c.state == SubscriptionState.PAUSED, "paused by the person"),
        (subscriptions.c.state != SubscriptionState.ACTIVE, None),
        (
            and_(notices.c.folded_at.is_not(None), notices.c.not_before > now),
            "put off by their server, goes with the next mail",
        ),
        (notices.c.not_before > now, "settles"),
        (or_(digest > now, notices.c.created_at > digest), "in the next digest"),
        (
            func.coalesce(notices.c.not_before, digest, notices.c.created_at) > now - OVERDUE_AFTER,
            "next pass",
        ),
    )
    kept_back = case(
        *((test, null() if why is None else literal(why)) for test, why in waits), else_=null()
    ).label("kept_back")
    return (
        select(notices.c.state, null(), null(), null(), kept_back, func.count())
        .select_from(_NOTICED.join(subscriptions, subscriptions.c.id == notices.c.subscription_id))
        .where(found, notices.c.state == NoticeState.DUE)
        .group_by(notices.c.state, kept_back)
    )


def _left_out_of_nothing(found: ColumnElement[bool]) -> Select[Any]:
    """How many notices of new studies were cancelled because they do not fit, where nothing was chosen then."""
    follows = subscriptions.c
    chose = follows.narrow != 0, follows.countries.is_not(None), follows.not_words.is_not(None)
    return (
        select(func.count())
        .select_from(_NOTICED.join(subscriptions, subscriptions.c.id == notices.c.subscription_id))
        .where(
            found,
            notices.c.state == NoticeState.CANCELLED,
            notices.c.reason == Fate.DOES_NOT_FIT,
            ~or_(*chose),
        )
        .where(func.coalesce(subscriptions.c.chosen_at, subscriptions.c.created_at) <= notices.c.created_at)
    )


def became(
    state: NoticeState,
    reason: Fate | None,
    mail: MessageState | None,
    mail_reason: str | None,
    kept_back: str | None,
) -> tuple[str, str]:
    """What became of a notice, and why: accepted, waiting, untold or unexplained. Pure."""
    if state is NoticeState.HELD:
        return "waiting", "held for an admin"
    if state is NoticeState.DUE:
        return ("waiting", kept_back) if kept_back else (UNEXPLAINED, "due for long, and in no mail")
    if state is NoticeState.CANCELLED:
        return (
            ("untold", reason.words if isinstance(reason, Fate) else str(reason))
            if reason
            else (UNEXPLAINED, "cancelled without a reason")
        )
    return _in_mail(mail, mail_reason)


def _in_mail(mail: MessageState | None, reason: str | None) -> tuple[str, str]:
    if mail is None:
        return UNEXPLAINED, "its mail is not there"
    if mail is MessageState.CANCELLED:
        return ("untold", reason) if reason else (UNEXPLAINED, "its mail was cancelled without a reason")
    if mail is MessageState.HELD:
        return "waiting", f"its mail is held: {(reason or 'no reason noted').partition('. ')[0]}"
    return _MAIL.get(mail, ("waiting", f"its mail is {mail.value}"))


def _mails(session: Session, found: ColumnElement[bool]) -> dict[str, int]:
    rows = session.execute(
        select(messages.c.state, func.count(func.distinct(messages.c.id)))
        .select_from(_NOTICED.join(messages, messages.c.id == notices.c.message_id))
        .where(found, notices.c.state == NoticeState.IN_MESSAGE)
        .group_by(messages.c.state)
    )
    return {state.value: int(count) for state, count in rows}


# --- notices that there should be -------------------------------------------------------------------------------


def _missing(session: Session, found: ColumnElement[bool]) -> Counter[str]:
    """Subscriptions that ask for a change and have no notice of it, by why."""
    counted: Counter[str] = Counter()
    earlier = changes.alias("earlier")
    came = (
        select(notices.c.id)
        .join(earlier, earlier.c.id == notices.c.change_id)
        .join(messages, messages.c.id == notices.c.message_id)
        .where(notices.c.subscription_id == subscriptions.c.id, messages.c.state == MessageState.SENT)
        .where(earlier.c.nct_id == changes.c.nct_id, earlier.c.condition_id == changes.c.condition_id)
        .where(earlier.c.id < changes.c.id, messages.c.settled_at < changes.c.detected_at)
        .correlate(subscriptions, changes)
    )
    why = case(
        (
            and_(changes.c.kind == Kind.NO_LONGER_LISTED.value, ~came.exists()),
            literal("not told that it came"),
        ),
        (changes.c.kind == Kind.START_DATE_ROLLED.value, literal("told of such a date lately")),
        (changes.c.kind == Kind.NOW_FITS.value, literal("fitted before, or still does not")),
        (subscriptions.c.state == SubscriptionState.ENDED, literal("ended since")),
        (subscriptions.c.chosen_at > changes.c.detected_at, literal("chosen since")),
        else_=literal(UNEXPLAINED),
    ).label("why")
    for topic in _TOPICS:
        rows = session.execute(_without(topic, found, why, func.count()).group_by(why))
        counted.update({reason: int(count) for reason, count in rows})
        if counted[UNEXPLAINED]:
            joined = _without(topic, found, changes.c.detected_at, subscriptions.c.activated_at)
            times = session.execute(joined.where(why == UNEXPLAINED)).all()
            close = sum(at - since < _AT_THAT_MOMENT for at, since in times)
            counted.update({"joined as it was found": close, UNEXPLAINED: -close})
    return +counted


def _without(topic: ColumnElement[bool], found: ColumnElement[bool], *columns: Any) -> Select[Any]:
    """Columns of each change and subscription that asks for it, where there is no notice."""
    noticed = select(notices.c.id).where(
        notices.c.subscription_id == subscriptions.c.id, notices.c.change_id == changes.c.id
    )
    return (
        select(*columns)
        .select_from(changes.join(subscriptions, topic))
        .where(found, _asked(), ~noticed.correlate(changes, subscriptions).exists())
    )


def _asked() -> ColumnElement[bool]:
    """The subscription was going when the change was found, and asks for changes of its weight and sort today."""
    return and_(
        subscriptions.c.activated_at <= changes.c.detected_at,
        or_(subscriptions.c.ended_at.is_(None), subscriptions.c.ended_at > changes.c.detected_at),
        or_(changes.c.rank <= subscriptions.c.lightest_rank, changes.c.kind == Kind.NO_LONGER_LISTED.value),
        changes.c.group.bitwise_and(subscriptions.c.groups) != 0,
    )
