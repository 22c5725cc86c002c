"""Many people at once, set by set: what would come of each line, and all of it or nothing. Lifts no suppression.

The lines go into a table of their own for the time of the transaction, and from there with one statement each into people,
subscriptions and consents: a row at a time would take minutes. The rules and defaults are those of `signing_up`; a list
changes nothing that is followed already, because the people on it may have chosen otherwise since.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    case,
    false,
    func,
    insert,
    literal,
    select,
    text,
    true,
    update,
)
from sqlmodel import Session

from notifier.domain.narrowing import EVERY_STUDY, Narrowing
from notifier.domain.scheduling import DIGEST_HOUR, DIGEST_WEEKDAY
from notifier.storage import departures, outbox
from notifier.storage.engine.statements import portions
from notifier.storage.models import (
    Every,
    SubscriptionState,
    conditions,
    consents,
    studies,
    subscribers,
    subscriptions,
)
from notifier.storage.subscribers import suppression
from notifier.storage.subscribers.people import (
    DEFAULTS,
    USUAL,
    Address,
    Defaults,
    FollowVerdict,
    Wanted,
    keep_wording,
)

#: Told how many rows are written so far, so that somebody can watch.
Progress = Callable[[int], None]


#: What comes of a line of which nothing is known yet, by whether it must be asked for. Kept once, for many lines.
_NEW = {True: (FollowVerdict.PENDING, None), False: (FollowVerdict.ACTIVE, None)}


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One line of an import, checked: who is to hear of what, and how they agreed."""

    number: int
    address: Address
    topic: Wanted
    every: Every | None = None
    evidence: str | None = None
    time_zone: str | None = None
    language: str | None = None
    discreet: bool | None = None
    narrowing: Narrowing = EVERY_STUDY


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who is in the store already."""

    id: int
    time_zone: str
    hour: int
    weekday: int


@dataclass(slots=True)
class Judged:
    """What would come of each line, and what has to be known to do it."""

    lines: Sequence[ImportLine]
    #: With more of the reason, in words.
    comes: list[tuple[FollowVerdict, str | None]] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    #: Place of a line → the subscription that waits for it.
    pending: dict[int, int] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def topic(self, line: ImportLine) -> str:
        """What a line follows, in the one form in which it is found."""
        nct_id = line.topic.nct_id
        return self.aliases.get(nct_id, nct_id) if nct_id is not None else line.topic.query or ""

    def going(self, *which: FollowVerdict) -> Iterator[tuple[int, ImportLine]]:
        """The lines of which one of these comes, with their places."""
        return (
            (place, line)
            for place, (line, (comes, _)) in enumerate(zip(self.lines, self.comes, strict=True))
            if comes in which
        )

    @property
    def rows(self) -> int:
        """How many rows are written at the most, for whoever watches."""
        return self.people + 2 * sum(1 for _ in self.going(FollowVerdict.ACTIVE, FollowVerdict.PENDING))

    @property
    def people(self) -> int:
        return len({line.address.key for _, line in self.going(FollowVerdict.ACTIVE, FollowVerdict.PENDING)})


def judge(session: Session, lines: Sequence[ImportLine], suppression_key: bytes) -> Judged:
    """What would come of these lines. Changes nothing."""
    keys = list(dict.fromkeys(line.address.key for line in lines))
    judged = Judged(lines, known=_known(session, keys), aliases=_aliases(session))
    live = _live(session, [person.id for person in judged.known.values()])
    stopped = suppression.of_addresses(session, suppression_key, keys)
    first: dict[tuple[str, str], int] = {}
    for place, line in enumerate(lines):
        topic = judged.topic(line)
        comes: tuple[FollowVerdict, str | None]
        if line.address.key in stopped:
            comes = FollowVerdict.SUPPRESSED, stopped[line.address.key].value
        elif (line.address.key, topic) in first:
            comes = FollowVerdict.TWICE, f"the same as line {first[line.address.key, topic]}"
        else:
            first[line.address.key, topic] = line.number
            person = judged.known.get(line.address.key)
            there = live.get((person.id, topic)) if person is not None else None
            if there is None:
                comes = _NEW[line.evidence is None]
            elif there[1] != SubscriptionState.PENDING:
                comes = FollowVerdict.ALREADY_ACTIVE, there[1].value
            elif line.evidence is None:
                comes = FollowVerdict.ALREADY_PENDING, None
            else:
                judged.pending[place] = there[0]
                comes = FollowVerdict.ACTIVE, "was waiting for their confirmation"
        judged.comes.append(comes)
    return judged


def _known(session: Session, keys: Sequence[str]) -> dict[str, Known]:
    columns = (
        subscribers.c.email_key,
        subscribers.c.id,
        subscribers.c.time_zone,
        subscribers.c.digest_hour,
        subscribers.c.digest_weekday,
    )
    return {
        row[0]: Known(row[1], row[2], row[3], row[4])
        for some in portions(keys)
        for row in session.execute(select(*columns).where(subscribers.c.email_key.in_(some)))
    }


def _live(session: Session, people: Sequence[int]) -> dict[tuple[int, str], tuple[int, SubscriptionState]]:
    rows = (
        select(
            subscriptions.c.id,
            subscriptions.c.subscriber_id,
            subscriptions.c.nct_id,
            conditions.c.query,
            subscriptions.c.state,
        )
        .select_from(subscriptions.outerjoin(conditions))
        .where(subscriptions.c.state != SubscriptionState.ENDED)
    )
    return {
        (row.subscriber_id, row.nct_id or row.query): (row.id, row.state)
        for some in portions(people)
        for row in session.execute(rows.where(subscriptions.c.subscriber_id.in_(some)))
    }


def _aliases(session: Session) -> dict[str, str]:
    rows = select(studies.c.nct_id, studies.c.alias_of).where(studies.c.alias_of.is_not(None))
    return {row.nct_id: row.alias_of for row in session.execute(rows)}


# --- writing it down ---------------------------------------------------------------------------------------------

_NARROWING = ("narrow", "countries", "not_words")
_OURS = MetaData()
_people = Table(
    "import_person",
    _OURS,
    Column("email_key", subscribers.c.email_key.type, primary_key=True),
    Column("email", subscribers.c.email.type),
    Column("language", String),
    Column("time_zone", String),
    Column("discreet", Boolean),
    Column("active", Boolean),
    prefixes=["TEMPORARY"],
)
_lines = Table(
    "import_line",
    _OURS,
    Column("place", Integer, primary_key=True),
    Column("email_key", subscribers.c.email_key.type),
    Column("nct_id", String),
    Column("condition_id", Integer),
    Column("every", String),
    Column("narrow", Integer),
    Column("countries", String),
    Column("not_words", String),
    Column("next_digest_at", subscriptions.c.next_digest_at.type),
    Column("evidence", String),
    Column("active", Boolean),
    Column("fresh", Boolean),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True, slots=True)
class Bringing:
    """Who imports, when, and the domain of the Message-IDs of the mails that ask."""

    actor: str
    now: datetime
    domain: str
    progress: Progress = lambda _: None
    defaults: Defaults = DEFAULTS


def bring_in(session: Session, judged: Judged, how: Bringing) -> list[int]:
    """Do what was judged, in the caller's transaction; returns the ids of the people whom it concerns.

    `judged` must be of this very transaction, so that it is still true.
    """
    # The id of every condition that is named, by its query; new ones are inserted.
    texts = {
        line.topic.query: line.topic.condition
        for _, line in judged.going(FollowVerdict.ACTIVE, FollowVerdict.PENDING)
        if line.topic.query
    }
    ids = _condition_ids(session, texts)
    new = [{"query": query, "text": text} for query, text in texts.items() if query not in ids]
    for some in portions(new):
        session.execute(insert(conditions), some)
    topics = ids | _condition_ids(session, [row["query"] for row in new])
    connection = session.connection()
    _OURS.create_all(connection, checkfirst=False)
    _put(session, judged, how, topics)
    _add_people(session, how)
    how.progress(judged.people)
    _add_subscriptions(session, judged, how)
    active = select(func.count()).select_from(_lines).where(_lines.c.active)
    if joined := session.execute(active).scalar_one():
        departures.note(session, departures.NOBODY, how.now, departures.JOINED, str(joined))
    how.progress(judged.rows - len(judged.lines))
    _add_consents(session, how)
    how.progress(judged.rows)
    _ask(session, how)
    concerned = select(subscribers.c.id).where(subscribers.c.email_key.in_(select(_lines.c.email_key)))
    ids_of_all = list(session.execute(concerned.order_by(subscribers.c.id)).scalars())
    _OURS.drop_all(connection, checkfirst=False)
    return ids_of_all


def _put(session: Session, judged: Judged, how: Bringing, topics: dict[str, int]) -> None:
    """Put the lines, and who is new among them, where SQL can read them."""
    # Who is not in the store yet, by the address's key; what several lines say of a person, the first one says.
    people: dict[str, dict[str, Any]] = {}
    for _, line in judged.going(FollowVerdict.ACTIVE, FollowVerdict.PENDING):
        key = line.address.key
        if key not in judged.known:
            row = people.setdefault(key, {"email_key": key, "email": line.address.typed, "active": False})
            for name in ("time_zone", "language", "discreet"):
                if row.get(name) is None:
                    row[name] = getattr(line, name)
            row["active"] |= line.evidence is not None
    for row in people.values():
        row["time_zone"] = row["time_zone"] or how.defaults.time_zone
        row["language"] = row["language"] or how.defaults.language
    for people_at_once in portions(people.values()):
        session.execute(insert(_people), people_at_once)
    for lines_at_once in portions(_rows(judged, how, topics, people)):
        session.execute(insert(_lines), lines_at_once)
    if session.get_bind().dialect.name == "postgresql":
        # It knows nothing of how large a table is that was made a moment ago, and would join row by row.
        session.execute(text("ANALYZE import_person, import_line"))


def _rows(
    judged: Judged, how: Bringing, topics: dict[str, int], people: dict[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The lines as rows of our table, one after the other: all at once they would be the most that an import holds."""
    next_digest = lru_cache(maxsize=None)(outbox.next_digest)
    for place, line in judged.going(FollowVerdict.ACTIVE, FollowVerdict.PENDING):
        known = judged.known.get(line.address.key)
        clock = known or _clock(people[line.address.key]["time_zone"])
        topic, every = judged.topic(line), line.every or USUAL.every
        of_study = line.topic.nct_id is not None
        yield {
            "place": place,
            "email_key": line.address.key,
            "nct_id": topic if of_study else None,
            "condition_id": None if of_study else topics[topic],
            "every": every.value,
            **dict(zip(_NARROWING, line.narrowing.columns, strict=True)),
            "next_digest_at": next_digest(
                every, clock.time_zone, how.now, hour=clock.hour, weekday=clock.weekday
            ),
            "evidence": line.evidence,
            "active": line.evidence is not None,
            "fresh": place not in judged.pending,
        }


@lru_cache(maxsize=1000)
def _clock(time_zone: str) -> Known:
    """When digests of somebody new in this zone come."""
    return Known(0, time_zone, DIGEST_HOUR, DIGEST_WEEKDAY)


def _condition_ids(session: Session, queries: Any) -> dict[str, int]:
    return {
        row.query: row.id
        for some in portions(queries)
        for row in session.execute(
            select(conditions.c.query, conditions.c.id).where(conditions.c.query.in_(some))
        )
    }


def _add_people(session: Session, how: Bringing) -> None:
    then = subscribers.c.still_watching_at.type
    values: dict[str, Any] = {
        "email": _people.c.email,
        "email_key": _people.c.email_key,
        "language": _people.c.language,
        "time_zone": _people.c.time_zone,
        "discreet": _people.c.discreet,
        "digest_hour": literal(DIGEST_HOUR),
        "digest_weekday": literal(DIGEST_WEEKDAY),
        "title_in_subject": false(),
        "still_watching": true(),
        "silent_since": literal(how.now, type_=then),
        "still_watching_at": case(
            (_people.c.active, literal(how.now + outbox.STILL_WATCHING_AFTER, type_=then))
        ),
        "created_at": literal(how.now, type_=then),
    }
    session.execute(insert(subscribers).from_select(list(values), select(*values.values())))
    # Who was known, and follows something for the first time: from here silence is counted.
    active = select(_lines.c.email_key).where(_lines.c.active)
    session.execute(
        update(subscribers)
        .where(subscribers.c.still_watching_at.is_(None), subscribers.c.email_key.in_(active))
        .values(silent_since=how.now, still_watching_at=how.now + outbox.STILL_WATCHING_AFTER)
    )


def _add_subscriptions(session: Session, judged: Judged, how: Bringing) -> None:
    then, state = subscriptions.c.created_at.type, subscriptions.c.state.type
    values: dict[str, Any] = {
        "subscriber_id": subscribers.c.id,
        "nct_id": _lines.c.nct_id,
        "condition_id": _lines.c.condition_id,
        "every": _lines.c.every,
        **{name: _lines.c[name] for name in _NARROWING},
        "state": case(
            (_lines.c.active, literal(SubscriptionState.ACTIVE, type_=state)),
            else_=literal(SubscriptionState.PENDING, type_=state),
        ),
        "lightest_rank": literal(USUAL.lightest.rank),
        "groups": literal(int(USUAL.groups)),
        "next_digest_at": _lines.c.next_digest_at,
        "created_at": literal(how.now, type_=then),
        "activated_at": case((_lines.c.active, literal(how.now, type_=then))),
    }
    theirs = _lines.join(subscribers, subscribers.c.email_key == _lines.c.email_key)
    rows = select(*values.values()).select_from(theirs).where(_lines.c.fresh).order_by(_lines.c.place)
    session.execute(insert(subscriptions).from_select(list(values), rows))
    for some in portions(judged.pending.values()):
        session.execute(
            update(subscriptions)
            .where(subscriptions.c.id.in_(some))
            .values(state=SubscriptionState.ACTIVE, activated_at=how.now)
        )


def _add_consents(session: Session, how: Bringing) -> None:
    """How they agreed, of each line with the subscription that it led to."""
    then = consents.c.asked_at.type
    values: dict[str, Any] = {
        "subscription_id": subscriptions.c.id,
        "method": literal("import"),
        "actor": literal(how.actor),
        "evidence": _lines.c.evidence,
        "wording_version": literal(keep_wording(session)),
        "asked_at": literal(how.now, type_=then),
        "given_at": case((_lines.c.active, literal(how.now, type_=then))),
    }
    # Two plain joins, because one with OR would compare everything with everything.
    for same in (
        subscriptions.c.nct_id == _lines.c.nct_id,
        subscriptions.c.condition_id == _lines.c.condition_id,
    ):
        theirs = _lines.join(subscribers, subscribers.c.email_key == _lines.c.email_key).join(
            subscriptions, (subscriptions.c.subscriber_id == subscribers.c.id) & same
        )
        rows = select(*values.values()).select_from(theirs).order_by(_lines.c.place)
        living = rows.where(subscriptions.c.state != SubscriptionState.ENDED)
        session.execute(insert(consents).from_select(list(values), living))


def _ask(session: Session, how: Bringing) -> None:
    asked = select(_lines.c.email_key).where(~_lines.c.active)
    theirs = select(subscribers.c.id).where(subscribers.c.email_key.in_(asked)).order_by(subscribers.c.id)
    ids = list(session.execute(theirs).scalars())
    before = outbox.asked_before(session, ids)
    for subscriber_id in before:
        outbox.ask_to_confirm(session, subscriber_id, how.now, how.domain)
    for some in portions(sorted(set(ids) - set(before))):
        outbox.ask_for_the_first_time(session, some, how.now, how.domain)
