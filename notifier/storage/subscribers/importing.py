"""Many people at once, set by set: what would come of each line, and all of it or nothing. Lifts no suppression.

Rows are written a thousand or so at a time, because one at a time would take minutes. The rules and defaults are those of
`signing_up`; a list changes nothing that is followed already, because the people on it may have chosen otherwise since.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlmodel import Session

from notifier.domain.changes import EVERY_GROUP, Weight
from notifier.domain.narrowing import EVERY_STUDY, Narrowing
from notifier.domain.scheduling import DIGEST_HOUR, DIGEST_WEEKDAY
from notifier.storage import departures, suppression
from notifier.storage.engine.statements import portions
from notifier.storage.models import conditions, consents, studies, subscribers, subscriptions
from notifier.storage.models.states import Every, SubscriptionState
from notifier.storage.outbox import assembly, transactional
from notifier.storage.subscribers.people import (
    DEFAULTS,
    Address,
    Defaults,
    FollowVerdict,
    Wanted,
    keep_wording,
)

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


@dataclass(slots=True)
class Judged:
    """What would come of each line, and what has to be known to do it."""

    lines: Sequence[ImportLine]
    #: With more of the reason, in words.
    comes: list[tuple[FollowVerdict, str | None]] = field(default_factory=list)
    known: dict[str, Row[Any]] = field(default_factory=dict)
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
    def people(self) -> int:
        return len({line.address.key for _, line in self.going(FollowVerdict.ACTIVE, FollowVerdict.PENDING)})


def judge(session: Session, lines: Sequence[ImportLine], suppression_key: bytes) -> Judged:
    """What would come of these lines. Changes nothing."""
    keys = list(dict.fromkeys(line.address.key for line in lines))
    moved = select(studies.c.nct_id, studies.c.alias_of).where(studies.c.alias_of.is_not(None))
    aliases = {row.nct_id: row.alias_of for row in session.execute(moved)}
    judged = Judged(lines, known=_known(session, keys), aliases=aliases)
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


def _known(session: Session, keys: Sequence[str]) -> dict[str, Row[Any]]:
    columns = (
        subscribers.c.email_key,
        subscribers.c.id,
        subscribers.c.time_zone,
        subscribers.c.digest_hour,
        subscribers.c.digest_weekday,
    )
    return {
        row.email_key: row
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


# --- writing it down ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bringing:
    """Who imports, when, and the domain of the Message-IDs of the mails that ask."""

    actor: str
    now: datetime
    domain: str
    defaults: Defaults = DEFAULTS


def bring_in(session: Session, judged: Judged, how: Bringing) -> list[int]:
    """Do what was judged, in the caller's transaction; returns the ids of the people whom it concerns.

    `judged` must be of this very transaction, so that it is still true.
    """
    lines = list(judged.going(FollowVerdict.ACTIVE, FollowVerdict.PENDING))
    people = judged.known | _add_people(session, judged, lines, how)
    _add_subscriptions(session, judged, lines, people, how)
    concerned = sorted({people[line.address.key].id for _, line in lines})
    follows = _live(session, concerned)
    agreed = [line for _, line in lines if line.evidence is not None]
    if agreed:
        departures.note(session, departures.NOBODY, how.now, departures.JOINED, str(len(agreed)))
    consent = insert(consents).values(
        method="import", actor=how.actor, wording_version=keep_wording(session), asked_at=how.now
    )
    for some in portions(lines):
        given = [
            {
                "subscription_id": follows[people[line.address.key].id, judged.topic(line)][0],
                "evidence": line.evidence,
                "given_at": how.now if line.evidence is not None else None,
            }
            for _, line in some
        ]
        session.execute(consent, given)
    # Who was known, and follows something for the first time: from here silence is counted.
    again = how.now + assembly.STILL_WATCHING_AFTER
    for ids in portions({people[line.address.key].id for line in agreed if line.address.key in judged.known}):
        session.execute(
            update(subscribers)
            .where(subscribers.c.id.in_(ids), subscribers.c.still_watching_at.is_(None))
            .values(silent_since=how.now, still_watching_at=again)
        )
    asked = sorted({people[line.address.key].id for _, line in lines if line.evidence is None})
    before = transactional.asked_before(session, asked)
    for subscriber_id in before:
        transactional.ask_to_confirm(session, subscriber_id, how.now, how.domain)
    for ids in portions(sorted(set(asked) - set(before))):
        transactional.ask_for_the_first_time(session, ids, how.now, how.domain)
    return concerned


def _add_people(
    session: Session, judged: Judged, lines: Sequence[tuple[int, ImportLine]], how: Bringing
) -> dict[str, Row[Any]]:
    """Those who are not in the store yet; what several lines say of a person, the first one says."""
    new: dict[str, dict[str, Any]] = {}
    for _, line in lines:
        key = line.address.key
        if key not in judged.known:
            row = new.setdefault(
                key, {"email_key": key, "email": line.address.typed, "still_watching_at": None}
            )
            for name in ("time_zone", "language", "discreet"):
                if row.get(name) is None:
                    row[name] = getattr(line, name)
            if line.evidence is not None:
                row["still_watching_at"] = how.now + assembly.STILL_WATCHING_AFTER
    person = insert(subscribers).values(
        digest_hour=DIGEST_HOUR,
        digest_weekday=DIGEST_WEEKDAY,
        title_in_subject=False,
        still_watching=True,
        silent_since=how.now,
        created_at=how.now,
    )
    for some in portions(new.values()):
        for row in some:
            row["time_zone"] = row["time_zone"] or how.defaults.time_zone
            row["language"] = row["language"] or how.defaults.language
        session.execute(person, some)
    return _known(session, list(new))


def _add_subscriptions(
    session: Session,
    judged: Judged,
    lines: Sequence[tuple[int, ImportLine]],
    people: Mapping[str, Row[Any]],
    how: Bringing,
) -> None:
    # The id of every condition that is named, by its query; new ones are inserted.
    texts = {line.topic.query: line.topic.condition for _, line in lines if line.topic.query}
    topics = _condition_ids(session, texts)
    new = [query for query in texts if query not in topics]
    for queries in portions(new):
        session.execute(insert(conditions), [{"query": each, "text": texts[each]} for each in queries])
    topics |= _condition_ids(session, new)
    for ids in portions(judged.pending.values()):
        waiting = update(subscriptions).where(subscriptions.c.id.in_(ids))
        session.execute(waiting.values(state=SubscriptionState.ACTIVE, activated_at=how.now))
    next_digest = lru_cache(maxsize=None)(assembly.next_digest)
    subscription = insert(subscriptions).values(
        lightest_rank=Weight.NOTABLE.rank, groups=int(EVERY_GROUP), created_at=how.now
    )
    for some in portions(line for place, line in lines if place not in judged.pending):
        rows: list[dict[str, Any]] = []
        for line in some:
            person, every = people[line.address.key], line.every or Every.IMMEDIATE
            narrow, countries, not_words = line.narrowing.columns
            topic, of_study, active = (
                judged.topic(line),
                line.topic.nct_id is not None,
                line.evidence is not None,
            )
            rows.append(
                {
                    "subscriber_id": person.id,
                    "nct_id": topic if of_study else None,
                    "condition_id": None if of_study else topics[topic],
                    "every": every,
                    "narrow": narrow,
                    "countries": countries,
                    "not_words": not_words,
                    "state": SubscriptionState.ACTIVE if active else SubscriptionState.PENDING,
                    "activated_at": how.now if active else None,
                    "next_digest_at": next_digest(
                        every,
                        person.time_zone,
                        how.now,
                        hour=person.digest_hour,
                        weekday=person.digest_weekday,
                    ),
                }
            )
        session.execute(subscription, rows)


def _condition_ids(session: Session, queries: Collection[str]) -> dict[str, int]:
    return {
        row.query: row.id
        for some in portions(queries)
        for row in session.execute(
            select(conditions.c.query, conditions.c.id).where(conditions.c.query.in_(some))
        )
    }
