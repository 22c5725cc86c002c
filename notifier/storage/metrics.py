"""What there is to count in the store, for those who watch over an installation. Only looks; knows no person.

Cheap also with a million subscriptions: what waits and what is held is read from indexes of just that, verdicts and
delays are those of one day, and the two full counts walk an index and not its table. Nothing here names a study, a
condition or an address, and of mailbox providers only the few that half of the world uses: a rare domain names a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, case, func, literal_column, select, type_coerce
from sqlmodel import Session

from notifier.domain.mailbox_providers import OTHER, PROVIDERS
from notifier.domain.scheduling import UNSURE_AFTER
from notifier.storage.models import (
    anomalies,
    bounces,
    changes,
    check_days,
    columns,
    instances,
    messages,
    notices,
    passes,
    studies,
    subscribers,
    subscriptions,
    suppressions,
)
from notifier.storage.models.states import EndedReason, MessageState, NoticeState, PassOutcome
from notifier.storage.outbox import claims

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
#: What goes on elsewhere, or never began.
NO_END = (EndedReason.MOVED, EndedReason.MERGED, EndedReason.UNCONFIRMED)
#: Seconds, the upper ends: a minute, five, a quarter of an hour, one hour, two, six, twelve, a day, two days.
DELAYS = (60, 300, 900, 3600, 7200, 21_600, 43_200, 86_400, 172_800)


@dataclass(frozen=True, slots=True)
class Delay:
    """How many mails of one rhythm were accepted within each of DELAYS, and in all."""

    every: str
    within: tuple[int, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted at one moment. Times are None where there is none yet."""

    mails_waiting: dict[str, int] = field(default_factory=dict)  # by state: due, deferred, unsure, held
    oldest_due: datetime | None = None
    oldest_unsure: datetime | None = None
    past_hour: int = 0  # mails that went in it
    above: int = 0  # mails that are due, and wait because no more may go in an hour
    #: Of the mails made in the past day: by state, class of the server's answer and provider.
    verdicts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    delays: Sequence[Delay] = ()
    notices_due: int = 0
    notices_held: int = 0
    subscriptions: dict[str, int] = field(default_factory=dict)  # by state
    suppressions: dict[str, int] = field(default_factory=dict)  # by reason
    last_pass: datetime | None = None
    last_look: datetime | None = None  # also when there was nothing new
    data_version: datetime | None = None
    requests_of_passes: int = 0
    anomalies: tuple[str, ...] = ()
    last_backup: datetime | None = None


def read(session: Session, now: datetime, mails_an_hour: int | None = None) -> Figures:
    """All figures, in one look. mails_an_hour: the most that may go."""
    whole = passes.c.outcome.in_((PassOutcome.DONE, PassOutcome.HELD))
    last = session.execute(select(passes).where(whole).order_by(passes.c.id.desc()).limit(1)).first()
    mails = _waiting(session, messages.c.due_at, claims.WAITING)
    held = _waiting(session, messages.c.created_at, [MessageState.HELD])
    due = [at for _, at in mails.values() if at is not None and at <= now]
    names = select(anomalies.c.name).where(anomalies.c.over_at.is_(None)).order_by(anomalies.c.name)
    return Figures(
        mails_waiting={state: count for state, (count, _) in {**mails, **held}.items()},
        oldest_due=min(due, default=None),
        oldest_unsure=at - UNSURE_AFTER if (at := mails["unsure"][1]) is not None else None,
        past_hour=claims.went_since(session, now - HOUR),
        above=claims.above(session, now, mails_an_hour),
        verdicts=_verdicts(session, now - DAY),
        delays=_delays(session, now - DAY),
        notices_due=_waiting(session, notices.c.subscription_id, [NoticeState.DUE])["due"][0],
        notices_held=_waiting(session, notices.c.created_at, [NoticeState.HELD])["held"][0],
        subscriptions=_by(session, subscriptions.c.state),
        suppressions=_by(session, suppressions.c.reason),
        last_pass=last.finished_at if last else None,
        last_look=session.execute(select(func.max(check_days.c.last_at))).scalar_one(),
        data_version=published_at(last.data_timestamp) if last else None,
        requests_of_passes=int(session.execute(select(func.sum(passes.c.requests))).scalar_one() or 0),
        anomalies=tuple(session.execute(names).scalars()),
        last_backup=session.execute(select(func.max(instances.c.backed_up_at))).scalar_one(),
    )


@dataclass(frozen=True, slots=True)
class Flow:
    """Who came and who went in a time, and what came back and was left; counts."""

    joined: int  # follows that became active
    ended: dict[str, int]  # follows, by why
    bounced: dict[bool, int]  # reports that came back: whether the address is dead
    studies_left: int  # that somebody follows, and that the registry shows no more


def flow(session: Session, since: datetime, until: datetime) -> Flow:
    """Who came and who went from `since` until before `until`. What moved to another address or id neither came nor went."""

    def then(at: Any) -> Any:
        return (at >= since) & (at < until)

    follows, ended = subscriptions.c, subscriptions.c.ended_reason
    went = select(ended, func.count()).where(then(follows.ended_at), ended.not_in(NO_END)).group_by(ended)
    came = select(func.count()).where(then(follows.activated_at), follows.replaces.is_(None))
    back = select(bounces.c.hard, func.count()).where(then(bounces.c.came_at)).group_by(bounces.c.hard)
    left = select(func.count()).where(then(studies.c.left_at), studies.c.watched_since.is_not(None))
    return Flow(
        int(session.execute(came).scalar_one()),
        {why.value: int(count) for why, count in session.execute(went)},
        {bool(hard): int(count) for hard, count in session.execute(back)},
        int(session.execute(left).scalar_one()),
    )


def published_at(data_timestamp: str) -> datetime | None:
    """The registry's name for its data as the time that it is; it says no zone, and UTC is what it means."""
    try:
        return datetime.fromisoformat(data_timestamp).replace(tzinfo=UTC)
    except ValueError:
        return None


def _waiting(
    session: Session, column: Any, states: Sequence[MessageState | NoticeState]
) -> dict[str, tuple[int, datetime | None]]:
    """How many rows are in these states, by state, with the least of a column in each."""
    # The least is asked for with the count, because SQLite else takes a larger index that holds the state of all rows.
    state = column.table.c.state
    which = state == states[0] if len(states) == 1 else state.in_(states)
    rows = session.execute(select(state, func.count(), func.min(column)).where(which).group_by(state))
    counted = {each.value: (int(count), least) for each, count, least in rows}
    return dict.fromkeys((each.value for each in states), (0, None)) | counted


def _verdicts(session: Session, since: datetime) -> dict[tuple[str, str, str], int]:
    """One range of an index, joined once: the provider is decided by the database, so no address leaves it."""
    domain = type_coerce(subscribers.c.email_key, String)  # a pattern is no address, and is not sealed
    named: list[tuple[ColumnElement[bool], ColumnElement[str]]] = [
        (domain.like(f"%@{each}"), literal_column(repr(name)))
        for name, domains in PROVIDERS.items()
        for each in domains
    ]
    named += [
        (columns.at_provider(subscribers.c.email, name), literal_column(repr(name))) for name in PROVIDERS
    ]
    code = messages.c.code
    classes = ((code.between(first, first + 99), f"{first // 100}xx") for first in (200, 400, 500))
    class_of_answer = case(
        *((fits, literal_column(repr(name))) for fits, name in classes), else_=literal_column("'none'")
    )
    answer, provider = class_of_answer, case(*named, else_=literal_column(repr(OTHER)))
    counting = (
        select(messages.c.state, answer, provider, func.count())
        .select_from(messages.join(subscribers, subscribers.c.id == messages.c.subscriber_id))
        .where(messages.c.created_at >= since)
        .group_by(messages.c.state, answer, provider)
    )
    return {(state.value, of, where): int(count) for state, of, where, count in session.execute(counting)}


def _delays(session: Session, since: datetime) -> list[Delay]:
    """From the registry's data version to the mail server's yes, for what the passes of the past day found: by rhythm, how many
    mails were accepted within each time, each mail once.
    """
    settled, total = messages.c.settled_at, dict[str, list[int]]()
    for row in session.execute(select(passes).where(passes.c.finished_at >= since)):
        if (published := published_at(row.data_timestamp)) is None:
            continue
        told = (
            select(notices.c.message_id, func.min(subscriptions.c.every).label("every"))
            .select_from(notices.join(changes).join(subscriptions))
            .where(changes.c.pass_id == row.id, notices.c.state == NoticeState.IN_MESSAGE)
            .group_by(notices.c.message_id)
            .subquery()
        )
        ends = (published + timedelta(seconds=most) for most in DELAYS)
        accepted = (
            select(
                told.c.every, *(func.sum(case((settled <= end, 1), else_=0)) for end in ends), func.count()
            )
            .select_from(told.join(messages, messages.c.id == told.c.message_id))
            .where(messages.c.state == MessageState.SENT)
            .group_by(told.c.every)
        )
        for every, *counts in session.execute(accepted):
            before = total.setdefault(every.value, [0] * len(counts))
            total[every.value] = [a + int(b) for a, b in zip(before, counts, strict=True)]
    return [Delay(every, tuple(counts[:-1]), counts[-1]) for every, counts in sorted(total.items())]


def _by(session: Session, column: Any) -> dict[str, int]:
    counting = select(column, func.count()).group_by(column)
    return {key.value: int(count) for key, count in session.execute(counting)}
