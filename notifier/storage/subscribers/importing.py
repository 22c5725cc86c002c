"""Many people at once, set by set: what would come of each line, and all of it or nothing. Lifts no suppression."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from sqlalchemy import select
from sqlmodel import Session

from notifier.storage.models import (
    Every,
    SubscriptionState,
    conditions,
    studies,
    subscribers,
    subscriptions,
    suppressions,
)
from notifier.storage.subscribers import suppression
from notifier.storage.subscribers.people import Address, Wanted

T = TypeVar("T")

AT_ONCE = 5000  # values in one statement: SQLite stops at 32,766

#: Told how many rows are written so far, so that somebody can watch.
Progress = Callable[[int], None]


class Comes(StrEnum):
    """What comes of one line."""

    ACTIVE = "active"  #: Followed from now on.
    ASKED = "asked to confirm"  #: Waits for the person's confirmation, for which a mail goes.
    ALREADY = "followed already"  #: Or asked already; left as it is.
    SUPPRESSED = "suppressed"  #: Mail to the address is stopped; not added.
    TWICE = "twice"  #: An earlier line says the same.


#: What comes of a line of which nothing is known yet, by whether it must be asked for. Kept once, for many lines.
_NEW = {True: (Comes.ASKED, None), False: (Comes.ACTIVE, None)}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an import, checked: who is to hear of what, and how they agreed."""

    number: int
    address: Address
    topic: Wanted
    every: Every | None = None
    evidence: str | None = None
    time_zone: str | None = None
    language: str | None = None


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

    lines: Sequence[Line]
    comes: list[tuple[Comes, str | None]] = field(default_factory=list)  # with more of the reason, in words
    known: dict[str, Known] = field(default_factory=dict)
    pending: dict[int, int] = field(
        default_factory=dict
    )  # place of a line → the subscription that waits for it
    aliases: Mapping[str, str] = field(default_factory=dict)

    def topic(self, line: Line) -> str:
        """What a line follows, in the one form in which it is found."""
        nct_id = line.topic.nct_id
        return self.aliases.get(nct_id, nct_id) if nct_id is not None else line.topic.query or ""

    def going(self, *which: Comes) -> Iterator[tuple[int, Line]]:
        """The lines of which one of these comes, with their places."""
        return (
            (place, line)
            for place, (line, (comes, _)) in enumerate(zip(self.lines, self.comes, strict=True))
            if comes in which
        )

    @property
    def rows(self) -> int:
        """How many rows are written at the most, for whoever watches."""
        return self.people + 2 * sum(1 for _ in self.going(Comes.ACTIVE, Comes.ASKED))

    @property
    def people(self) -> int:
        """How many people it concerns."""
        return len({line.address.key for _, line in self.going(Comes.ACTIVE, Comes.ASKED)})


def judge(session: Session, lines: Sequence[Line], suppression_key: bytes) -> Judged:
    """What would come of these lines. Changes nothing."""
    keys = list(dict.fromkeys(line.address.key for line in lines))
    judged = Judged(lines, known=_known(session, keys), aliases=_aliases(session))
    live = _live(session, [person.id for person in judged.known.values()])
    stopped = _suppressed(session, keys, suppression_key)
    first: dict[tuple[str, str], int] = {}
    for place, line in enumerate(lines):
        topic = judged.topic(line)
        comes: tuple[Comes, str | None]
        if line.address.key in stopped:
            comes = Comes.SUPPRESSED, stopped[line.address.key]
        elif (line.address.key, topic) in first:
            comes = Comes.TWICE, f"the same as line {first[line.address.key, topic]}"
        else:
            first[line.address.key, topic] = line.number
            comes = _of_one(judged, live, place, line, topic)
        judged.comes.append(comes)
    return judged


def _of_one(
    judged: Judged,
    live: Mapping[tuple[int, str], tuple[int, SubscriptionState]],
    place: int,
    line: Line,
    topic: str,
) -> tuple[Comes, str | None]:
    person = judged.known.get(line.address.key)
    there = live.get((person.id, topic)) if person is not None else None
    if there is None:
        return _NEW[line.evidence is None]
    identity, state = there
    if state != SubscriptionState.PENDING:
        return Comes.ALREADY, state.value
    if line.evidence is None:
        return Comes.ALREADY, "waits for their confirmation"
    judged.pending[place] = identity
    return Comes.ACTIVE, "was waiting for their confirmation"


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


def _suppressed(session: Session, keys: Sequence[str], key: bytes) -> dict[str, str]:
    if session.execute(select(suppressions.c.since).limit(1)).first() is None:
        return {}
    by_hash = {suppression.address_hash(key, each): each for each in keys}
    rows = select(suppressions.c.address_hash, suppressions.c.reason)
    return {
        by_hash[row.address_hash]: row.reason.value
        for some in portions(by_hash)
        for row in session.execute(rows.where(suppressions.c.address_hash.in_(some)))
    }


def portions(values: Iterable[T]) -> Iterator[list[T]]:
    """As many at once as one statement takes."""
    rest = iter(values)
    while some := list(islice(rest, AT_ONCE)):
        yield some
