"""What letters are made of: why their person gets them, and for each study what is told of it and what follows from it. Many
at once: a few statements, however many they are. Stored versions and changes that mails told of lately are kept: they never
change, so one reading serves all who hear of them.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy import Row, String, cast, exists, func, select, update
from sqlmodel import Session

from notifier.domain.changes import FOUND, Kind
from notifier.domain.geo import Near
from notifier.domain.letter import Ending, Entry, Letter, Reason, Told, Topic
from notifier.domain.scheduling import workdays_between
from notifier.domain.study import OverallStatus, Study
from notifier.domain.summaries import by_rules
from notifier.domain.summaries.voice import plain
from notifier.domain.wording import closest
from notifier.storage import subscribers
from notifier.storage.engine.statements import is_among, named, portions
from notifier.storage.models import (
    FOLLOWED,
    Fate,
    Gate,
    MessageRow,
    NoticeState,
    SubscriberRow,
    changes,
    check_days,
    conditions,
    consents,
    notices,
    studies,
    subscriptions,
)
from notifier.storage.outbox import claims
from notifier.storage.outbox.cancellation import KEEP_FOR_LATER
from notifier.storage.studies import snapshots

STUDIES_KEPT = 200  # about 100 kB each
CHANGES_KEPT = 2_000
LISTS_KEPT = 200
FEW_DAYS_AWAY = 2  # workdays that we may miss without a word: as many data versions

log = structlog.get_logger()

_Key = TypeVar("_Key")
_Thing = TypeVar("_Thing")


class Lately(Generic[_Key, _Thing]):
    """The things that were asked for lately, so many of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[_Key, _Thing] = OrderedDict()

    def get(
        self, wanted: Collection[_Key], read: Callable[[list[_Key]], dict[_Key, _Thing]]
    ) -> dict[_Key, _Thing]:
        """All that are wanted; `read` gives those that are not kept."""
        missing = [key for key in wanted if key not in self._kept]
        read_now = read(missing) if missing else {}
        found = {key: self._kept[key] if key in self._kept else read_now[key] for key in wanted}
        for key, thing in found.items():
            self._kept[key] = thing
            self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return found

    def one(self, key: _Key, make: Callable[[], _Thing]) -> _Thing:
        """The same of one thing."""
        return self.get([key], lambda _: {key: make()})[key]


@dataclass(frozen=True, slots=True)
class CachedChange:
    """One stored change, ready to be told."""

    id: int
    nct_id: str
    snapshot_id: int | None  # of the version that it led to
    told: Told


@dataclass(frozen=True, slots=True)
class StudyNews:
    """Changes of one study that are told together; the very same for all who hear of them."""

    nct_id: str
    stored: tuple[CachedChange, ...]  # oldest first
    told: tuple[Told, ...]  # heaviest first
    snapshot_id: int | None  # of the newest version that they led to
    days: frozenset[date]  # on which they were found
    new: bool  # it is a study that is new under a condition, so it is told first what it asks


class ChangeCache:
    """Reads many at once, and what was read lately not again. Belongs to one pass."""

    def __init__(self) -> None:
        self._studies: Lately[int, Study] = Lately(STUDIES_KEPT)
        self._changes: Lately[int, CachedChange] = Lately(CHANGES_KEPT)
        # Of lists few are kept: each holds its changes, also those that are no more kept above.
        self._news: Lately[str, dict[str, StudyNews]] = Lately(LISTS_KEPT)
        self._merged: Lately[tuple[int, ...], StudyNews] = Lately(LISTS_KEPT)
        self._asking: Lately[tuple[object, ...], tuple[Told, ...]] = Lately(CHANGES_KEPT)

    def studies(self, session: Session, snapshot_ids: Collection[int]) -> dict[int, Study]:
        """These versions, by the ids of their snapshots."""
        return self._studies.get(snapshot_ids, lambda ids: snapshots.studies_of(session, ids))

    def news(self, session: Session, listed: Collection[str]) -> dict[str, dict[str, StudyNews]]:
        """Changes by study, for each of these lists of their ids, parted by commas."""

        def read(unknown: list[str]) -> dict[str, dict[str, StudyNews]]:
            ids = {each: sorted(map(int, each.split(","))) for each in unknown}
            every = {one for each in ids.values() for one in each}
            stored = self._changes.get(every, lambda missing: _read(session, missing))
            found: dict[str, dict[str, StudyNews]] = {}
            for each, theirs in ids.items():
                of_study: dict[str, list[CachedChange]] = defaultdict(list)
                for one in theirs:
                    of_study[stored[one].nct_id].append(stored[one])
                found[each] = {nct_id: _study_news(told) for nct_id, told in of_study.items()}
            return found

        return self._news.get(listed, read)

    def merged(self, parts: Sequence[StudyNews]) -> StudyNews:
        """All that is news of one study to a person who hears of it by several subscriptions, each change once."""
        if len(parts) == 1:
            return parts[0]
        stored = {one.id: one for part in parts for one in part.stored}
        ids = tuple(sorted(stored))
        return self._merged.one(ids, lambda: _study_news([stored[one] for one in ids]))

    def told(self, news: StudyNews, study: Study, language: str, day: date) -> tuple[Told, ...]:
        """What is told of it. Of a study that is new under a condition, first what it asks."""
        if not news.new:
            return news.told

        def asking() -> tuple[Told, ...]:
            try:
                question = plain(by_rules(study, day, closest(language)).question)
            except Exception:  # a record that nobody foresaw is told without it
                log.exception("A study cannot be read.", action="read_failed", nct_id=study.nct_id)
                question = ""
            return tuple(
                replace(one, question=question) if one.change.kind in FOUND else one for one in news.told
            )

        return self._asking.one((*(one.id for one in news.stored), language, day), asking)


def _study_news(stored: Sequence[CachedChange]) -> StudyNews:
    told = sorted((one.told for one in stored), key=lambda one: one.change.order)
    return StudyNews(
        stored[0].nct_id,
        tuple(stored),
        tuple(told),
        max((one.snapshot_id for one in stored if one.snapshot_id), default=None),
        frozenset(one.detected_at.date() for one in told),
        any(one.change.kind in FOUND for one in told),
    )


def _read(session: Session, change_ids: Sequence[int]) -> dict[int, CachedChange]:
    found = (
        select(changes, conditions.c.text.label("condition"))
        .select_from(changes.outerjoin(conditions))
        .where(is_among(changes.c.id, change_ids))
    )
    rows = named(session.execute(found))
    told = snapshots.tellings(session, rows)
    # SQLite keeps a word in a column of numbers, too; then the study's newest version stands for it.
    version = {row.id: i if isinstance(i := row.after_snapshot_id, int) else None for row in rows}
    return {row.id: CachedChange(row.id, row.nct_id, version[row.id], told[row.id]) for row in rows}


# --- every letter -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LetterDraft:
    """A letter in the making; `bare` is what all letters have."""

    session: Session
    message: MessageRow
    person: SubscriberRow
    now: datetime
    bare: Letter


def draft(session: Session, row: Row[Any], now: datetime, *, as_sent: bool = False) -> LetterDraft:
    """The letter of a message, with nothing in it yet. as_sent: it went, so nothing is written."""
    message = session.get_one(MessageRow, row.id)
    person = session.get_one(SubscriberRow, row.subscriber_id)
    dated = row.dated or now if as_sent else claims.set_dates(session, [row], now)[row.id]
    return LetterDraft(session, message, person, now, _letter(row, dated, reasons=()))


def _letter(row: Row[Any], dated: datetime, **said: Any) -> Letter:
    """A letter of a message, from its row and its person's, that says this."""
    return Letter(
        message_id=row.id,
        subscriber_id=row.subscriber_id,
        kind=row.kind,
        recipient=route(row),
        language=row.language,
        time_zone=row.time_zone,
        rfc_message_id=row.rfc_message_id,
        dated=dated,
        title_in_subject=row.title_in_subject,
        discreet=row.discreet,
        released=row.gate == Gate.PASSED_BY,
        **said,
    )


def route(person: Row[Any]) -> str:
    """The address as SMTP takes it: the domain in ASCII, because few servers take anything else (M32)."""
    return f"{person.email.rpartition('@')[0]}@{person.email_key.rpartition('@')[2]}"


def reasons_of(session: Session, subscription_ids: Iterable[int]) -> tuple[Reason, ...]:
    """Why somebody gets a mail that speaks for these subscriptions, oldest first."""
    return tuple(reasons(session, subscription_ids).values())


def reasons(session: Session, subscription_ids: Iterable[int]) -> dict[int, Reason]:
    """These subscriptions as reasons, by id, oldest first."""
    wanted = sorted(set(subscription_ids))
    return {
        row.id: Reason(
            subscription_id=row.id,
            topic=Topic.STUDY if row.nct_id else Topic.CONDITION,
            label=row.nct_id or row.text,
            asked_at=row.asked_at,
            every=row.every.value,
            note=row.note or "",
        )
        for ids in portions(wanted)
        for row in named(session.execute(_REASONS, {"ids": list(ids)}))
    }


_REASONS = (
    select(
        subscriptions.c.id,
        subscriptions.c.nct_id,
        subscriptions.c.every,
        subscriptions.c.note,
        conditions.c.text,
        func.coalesce(consents.c.given_at, subscriptions.c.created_at).label("asked_at"),
    )
    .select_from(subscriptions.outerjoin(conditions).outerjoin(consents))
    .where(is_among(subscriptions.c.id, "ids"))
    .order_by(subscriptions.c.id, consents.c.id)
)


# --- what is told of changes -------------------------------------------------------------------------------------


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
        session.execute(KEEP_FOR_LATER, {"ids": message_ids})
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
        made[row.id] = _letter(
            row,
            dated,
            reasons=tuple(stock.reasons[subscription_id] for subscription_id, _ in mine),
            entries=_entries(mine, stock, subscribers.near_of(row), row.language, dated.date()),
            away=away.of(frozenset().union(*days)),
            left_out=left_out.get(row.id, 0),
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
