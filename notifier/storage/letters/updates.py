"""What letters tell of changes: for each study what is told of it, and what follows from it. Many at once: a few
statements, however many they are.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, String, cast, exists, func, select, update
from sqlmodel import Session

from notifier.domain.changes import Kind
from notifier.domain.geo import Near
from notifier.domain.letter import Ending, Entry, Letter, Reason, Told, Topic
from notifier.domain.scheduling import workdays_between
from notifier.domain.study import OverallStatus, Study
from notifier.storage import subscribers
from notifier.storage.engine.statements import is_among, named
from notifier.storage.letters.cache import ChangeCache, StudyNews
from notifier.storage.letters.drafts import reasons, route
from notifier.storage.models import (
    FOLLOWED,
    Fate,
    Gate,
    NoticeState,
    changes,
    check_days,
    notices,
    studies,
    subscriptions,
)
from notifier.storage.outbox import cancellation, claims

FEW_DAYS_AWAY = 2  # workdays that we may miss without a word: as many data versions


#: What a message tells: a subscription, and what is news to it, by study.
Item = tuple[int, Mapping[str, StudyNews]]


@dataclass(frozen=True, slots=True)
class _Stock:
    """What entries are made of."""

    reasons: Mapping[int, Reason]
    standings: Mapping[str, Row[Any]]  # of studies, by NCT id
    versions: Mapping[int, Study]
    cache: ChangeCache


def update_letters(
    session: Session, rows: Sequence[Row[Any]], now: datetime, cache: ChangeCache, *, as_sent: bool = False
) -> dict[int, Letter]:
    """What messages tell, by message; those are left out of which nobody wants anything any more.

    as_sent: they went, so nothing is taken out of them, and nothing is written.
    """
    if not rows:
        return {}
    # Take out of messages what its subscription no longer wants; it may have ended since the message was made.
    message_ids = [row.id for row in rows]
    if as_sent:
        dates = {row.id: row.dated or now for row in rows}
    else:
        cancellation.keep_for_later(session, message_ids)
        session.execute(_DROP, {"ids": message_ids})
        dates = claims.set_dates(session, rows, now)
    told = _told(session, message_ids, cache)
    items = [item for each in told.values() for item in each]
    stock = _stock(session, items, reasons(session, {subscription_id for subscription_id, _ in items}), cache)
    away = _Away(session)
    left_out = {row.counted_in: row.studies for row in session.execute(_LEFT_OUT, {"ids": message_ids})}
    made = {}
    for row in rows:
        if (mine := told.get(row.id)) is None:
            continue
        dated, days = dates[row.id], (news.days for _, by_study in mine for news in by_study.values())
        made[row.id] = Letter(
            message_id=row.id,
            subscriber_id=row.subscriber_id,
            kind=row.kind,
            recipient=route(row),
            language=row.language,
            time_zone=row.time_zone,
            rfc_message_id=row.rfc_message_id,
            dated=dated,
            reasons=tuple(stock.reasons[subscription_id] for subscription_id, _ in mine),
            entries=_entries(mine, stock, subscribers.near_of(row), row.language, dated.date()),
            title_in_subject=row.title_in_subject,
            discreet=row.discreet,
            away=away.of(frozenset().union(*days)),
            left_out=left_out.get(row.id, 0),
            released=row.gate == Gate.PASSED_BY,
        )
    return made


def entries_of(
    session: Session,
    items: Sequence[Item],
    why: Sequence[Reason],
    near: Near | None,
    language: str,
    day: date,
) -> tuple[Entry, ...]:
    """What is told by those of `items` for which there is a reason: a study an entry, the heaviest first."""
    known = {reason.subscription_id: reason for reason in why}
    wanted = [item for item in items if item[0] in known]
    return _entries(wanted, _stock(session, wanted, known, ChangeCache()), near, language, day)


def told_in(session: Session, message_id: int) -> Sequence[Item]:
    """What a message tells, as stored."""
    return _told(session, [message_id], ChangeCache()).get(message_id, ())


class _Away:
    """Between which days we had not compared with the registry when we found what is told."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[frozenset[date], tuple[date, date] | None] = {}

    def of(self, days: frozenset[date]) -> tuple[date, date] | None:
        """Before the last of these days of which that is so; None: we had compared."""
        if days not in self._known:
            self._known[days] = None
            for day in sorted(days, reverse=True):
                earlier = select(func.max(check_days.c.day)).where(check_days.c.day < day.isoformat())
                found = self._session.execute(earlier).scalar_one()
                last = None if found is None else date.fromisoformat(found)
                if last is not None and workdays_between(last, day) > FEW_DAYS_AWAY:
                    self._known[days] = last, day
                    break
        return self._known[days]


# Statements of every batch are made once: making one takes as long as the database needs for its answer.
_ONE_OF_THEM = is_among(notices.c.message_id, "ids")
_DROP = (
    update(notices)
    .where(
        _ONE_OF_THEM,
        exists().where(
            subscriptions.c.id == notices.c.subscription_id, subscriptions.c.state.not_in(FOLLOWED)
        ),
    )
    .values(state=NoticeState.CANCELLED, reason=Fate.NOT_WANTED)
)
_LEFT_OUT = (
    select(notices.c.counted_in, func.count(func.distinct(changes.c.nct_id)).label("studies"))
    .join(changes, changes.c.id == notices.c.change_id)
    .where(is_among(notices.c.counted_in, "ids"))
    .group_by(notices.c.counted_in)
)
_TOLD = (
    select(
        notices.c.message_id,
        notices.c.subscription_id,
        func.aggregate_strings(cast(notices.c.change_id, String), ","),
    )
    .where(_ONE_OF_THEM, notices.c.state == NoticeState.IN_MESSAGE)
    .group_by(notices.c.message_id, notices.c.subscription_id)
    .order_by(notices.c.message_id, notices.c.subscription_id)
)


def _told(session: Session, message_ids: Collection[int], cache: ChangeCache) -> dict[int, list[Item]]:
    """What each message tells, by subscription; many hear the very same, so that its list of changes is read once."""
    rows = session.execute(_TOLD, {"ids": message_ids}).all()
    news = cache.news(session, {listed for _, _, listed in rows})
    told: dict[int, list[Item]] = defaultdict(list)
    for message_id, subscription_id, listed in rows:
        told[message_id].append((subscription_id, news[listed]))
    return told


def _stock(session: Session, items: Sequence[Item], why: Mapping[int, Reason], cache: ChangeCache) -> _Stock:
    # How these studies stand now.
    every = {(nct_id, news.snapshot_id) for _, by_study in items for nct_id, news in by_study.items()}
    columns = (studies.c.nct_id, studies.c.first_seen, studies.c.snapshot_id, studies.c.left_at)
    which = is_among(studies.c.nct_id, {nct_id for nct_id, _ in every})
    rows = named(session.execute(select(*columns).where(which)))
    standings = {row.nct_id: row for row in rows}
    versions = {snapshot_id or standings[nct_id].snapshot_id for nct_id, snapshot_id in every}
    return _Stock(why, standings, cache.studies(session, versions), cache)


def _entries(
    items: Sequence[Item], stock: _Stock, near: Near | None, language: str, day: date
) -> tuple[Entry, ...]:
    of_each: dict[str, list[tuple[int, StudyNews]]] = defaultdict(list)
    for subscription_id, by_study in items:
        for nct_id, news in by_study.items():
            of_each[nct_id].append((subscription_id, news))
    entries = []
    for nct_id, told_to in of_each.items():
        # Two subscriptions may bring the same change; the one that brought the first one is named first.
        news = stock.cache.merged([each for _, each in told_to])
        if len(told_to) > 1:
            told_to.sort(key=lambda each: each[1].stored[0].id)
        standing = stock.standings[nct_id]
        newest = news.snapshot_id or standing.snapshot_id
        study = stock.versions[newest]
        told = stock.cache.told(news, study, language, day)
        why = tuple(stock.reasons[subscription_id] for subscription_id, _ in told_to)
        followed = any(reason.topic is Topic.STUDY for reason in why)
        ending = _ending(study, standing, newest, told) if followed else None
        entries.append(Entry(study, standing.first_seen, told, why, ending, near))
    return tuple(sorted(entries, key=lambda entry: (entry.told[0].change.weight.rank, entry.study.nct_id)))


def _ending(study: Study, standing: Row[Any], newest: int, tellings: Sequence[Told]) -> Ending | None:
    """Whether nothing more is expected after what is told for somebody who follows the study, as things stand now."""
    told = {telling.change.kind for telling in tellings}
    if standing.snapshot_id != newest:
        return None  # the mail waited, and the study has moved on since
    if Kind.LEFT_REGISTRY in told:
        return Ending.LEFT_REGISTRY if standing.left_at is not None else None
    if study.overall_status is OverallStatus.WITHDRAWN and Kind.STATUS_STOPPED in told:
        return Ending.WITHDRAWN
    finished = study.overall_status is OverallStatus.COMPLETED and study.has_results
    if finished and told & {Kind.RESULTS_POSTED, Kind.STATUS_CLOSED}:
        return Ending.COMPLETED_WITH_RESULTS
    return None
