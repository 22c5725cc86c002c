"""Writes down an import that was judged: people, conditions, subscriptions and consents, a statement for many rows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session

from notifier import outbox
from notifier.changes import EVERY_GROUP, Weight
from notifier.subscribers.importing import Comes, Judged, Known, Line, Progress, portions
from notifier.subscribers.people import CONSENT_VERSION, CONSENT_WORDING
from notifier.tables import (
    Every,
    SubscriptionState,
    conditions,
    consents,
    subscribers,
    subscriptions,
)

_HOUR, _WEEKDAY = 8, 0  # of digests, where nothing was said


@dataclass(frozen=True, slots=True)
class Bringing:
    """Who imports, when, and the domain of the Message-IDs of the mails that ask."""

    actor: str
    now: datetime
    domain: str
    progress: Progress = lambda _: None
    written: Counter[str] = field(default_factory=Counter)

    def wrote(self, rows: int) -> None:
        self.written["rows"] += rows
        self.progress(self.written["rows"])


def bring_in(session: Session, judged: Judged, how: Bringing) -> list[int]:
    """Do what was judged, in the caller's transaction; returns the ids of the people whom it concerns.

    `judged` must be of this very transaction, so that it is still true.
    """
    people = _people(session, judged, how)
    topics = _conditions(session, judged)
    made = _subscriptions(session, judged, how, topics)
    _activate(session, judged, how)
    _consents(session, judged, how, made)
    _begin_silence(session, judged, how)
    _ask(session, judged, how, people)
    return sorted(people.values())


def _people(session: Session, judged: Judged, how: Bringing) -> dict[str, int]:
    """Insert who is new; returns the id of everybody whom it concerns, by the address's key."""
    new: dict[str, dict[str, Any]] = {}
    for _, line in judged.going(Comes.ACTIVE, Comes.ASKED):
        if line.address.key not in judged.known:
            row = new.setdefault(line.address.key, _person(line, how.now))
            row["time_zone"] = row["time_zone"] or line.time_zone
            row["language"] = row["language"] or line.language
            if line.evidence is not None:
                row["still_watching_at"] = how.now + outbox.STILL_WATCHING_AFTER
    for row in new.values():
        row["time_zone"], row["language"] = row["time_zone"] or "UTC", row["language"] or "en"
    ids = {
        line.address.key: judged.known[line.address.key].id
        for _, line in judged.going(Comes.ACTIVE, Comes.ASKED)
        if line.address.key in judged.known
    }
    returned = insert(subscribers).returning(subscribers.c.email_key, subscribers.c.id)
    for some in portions(list(new.values())):
        ids |= {row.email_key: row.id for row in session.execute(returned, some)}
        how.wrote(len(some))
    _remember(judged, new, ids)
    return ids


def _person(line: Line, now: datetime) -> dict[str, Any]:
    return {
        "email": line.address.typed,
        "email_key": line.address.key,
        "language": line.language,
        "time_zone": line.time_zone,
        "digest_hour": _HOUR,
        "digest_weekday": _WEEKDAY,
        "title_in_subject": False,
        "still_watching": True,
        "silent_since": now,
        "still_watching_at": None,
        "created_at": now,
    }


def _remember(judged: Judged, new: dict[str, dict[str, Any]], ids: dict[str, int]) -> None:
    for key, row in new.items():
        counted = row["still_watching_at"] is not None
        judged.known[key] = Known(ids[key], row["time_zone"], _HOUR, _WEEKDAY, counted)


def _conditions(session: Session, judged: Judged) -> dict[str, int]:
    """The id of every condition that is named, by its query; new ones are inserted."""
    texts = {
        line.topic.query: line.topic.condition
        for _, line in judged.going(Comes.ACTIVE, Comes.ASKED)
        if line.topic.query
    }
    ids = _condition_ids(session, texts)
    new = [{"query": query, "text": text} for query, text in texts.items() if query not in ids]
    for some in portions(new):
        session.execute(insert(conditions), some)
    return ids | _condition_ids(session, [row["query"] for row in new])


def _condition_ids(session: Session, queries: Any) -> dict[str, int]:
    return {
        row.query: row.id
        for some in portions(list(queries))
        for row in session.execute(
            select(conditions.c.query, conditions.c.id).where(conditions.c.query.in_(some))
        )
    }


def _subscriptions(session: Session, judged: Judged, how: Bringing, topics: dict[str, int]) -> dict[int, int]:
    """Insert what is new; returns the subscription's id by the place of its line."""
    next_digest = lru_cache(maxsize=None)(outbox.next_digest)
    rows, places = [], {}
    for place, line in judged.going(Comes.ACTIVE, Comes.ASKED):
        if place in judged.pending:
            continue
        person, every = judged.known[line.address.key], line.every or Every.IMMEDIATE
        topic = judged.topic(line)
        nct_id, condition_id = (topic, None) if line.topic.nct_id else (None, topics[topic])
        active = line.evidence is not None
        places[person.id, nct_id, condition_id] = place
        rows.append(
            {
                "subscriber_id": person.id,
                "nct_id": nct_id,
                "condition_id": condition_id,
                "every": every,
                "state": SubscriptionState.ACTIVE if active else SubscriptionState.PENDING,
                "lightest_rank": Weight.NOTABLE.rank,
                "groups": int(EVERY_GROUP),
                "next_digest_at": next_digest(
                    every, person.time_zone, how.now, hour=person.hour, weekday=person.weekday
                ),
                "created_at": how.now,
                "activated_at": how.now if active else None,
            }
        )
    columns = (
        subscriptions.c.id,
        subscriptions.c.subscriber_id,
        subscriptions.c.nct_id,
        subscriptions.c.condition_id,
    )
    made = {}
    for some in portions(rows):
        for row in session.execute(insert(subscriptions).returning(*columns), some):
            made[places[row.subscriber_id, row.nct_id, row.condition_id]] = row.id
        how.wrote(len(some))
    return made


def _activate(session: Session, judged: Judged, how: Bringing) -> None:
    for some in portions(list(judged.pending.values())):
        session.execute(
            update(subscriptions)
            .where(subscriptions.c.id.in_(some))
            .values(state=SubscriptionState.ACTIVE, activated_at=how.now)
        )


def _consents(session: Session, judged: Judged, how: Bringing, made: dict[int, int]) -> None:
    rows = [
        {
            "subscription_id": made.get(place) or judged.pending[place],
            "method": "import",
            "actor": how.actor,
            "evidence": line.evidence,
            "wording_version": CONSENT_VERSION,
            "wording": CONSENT_WORDING,
            "asked_at": how.now,
            "given_at": None if line.evidence is None else how.now,
        }
        for place, line in judged.going(Comes.ACTIVE, Comes.ASKED)
    ]
    for some in portions(rows):
        session.execute(insert(consents), some)
        how.wrote(len(some))


def _begin_silence(session: Session, judged: Judged, how: Bringing) -> None:
    """Who was known, and follows something for the first time: from here silence is counted."""
    first = {
        judged.known[line.address.key].id
        for _, line in judged.going(Comes.ACTIVE)
        if not judged.known[line.address.key].silence_counted
    }
    for some in portions(sorted(first)):
        session.execute(
            update(subscribers)
            .where(subscribers.c.id.in_(some))
            .values(silent_since=how.now, still_watching_at=how.now + outbox.STILL_WATCHING_AFTER)
        )


def _ask(session: Session, judged: Judged, how: Bringing, people: dict[str, int]) -> None:
    asked = sorted({people[line.address.key] for _, line in judged.going(Comes.ASKED)})
    before: Sequence[int] = outbox.asked_before(session, asked)
    for subscriber_id in before:
        outbox.ask_to_confirm(session, subscriber_id, how.now, how.domain)
    outbox.ask_for_the_first_time(session, sorted(set(asked) - set(before)), how.now, how.domain)
