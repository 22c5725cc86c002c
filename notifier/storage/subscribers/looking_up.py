"""What a person follows and chose: for the admin, for letters, and for the page on which they choose anew; and all that is kept
of them, for themselves. Reads only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, FromClause, func, select
from sqlmodel import Session

from notifier.domain.changes import EVERY_GROUP, Group, Weight, stored_groups, stored_lightest
from notifier.domain.geo import Near
from notifier.domain.narrowing import Narrowing, stored
from notifier.errors import InputError
from notifier.storage import suppression
from notifier.storage.models import (
    BounceRow,
    ConsentRow,
    Every,
    MessageRow,
    SubscriberRow,
    SubscriptionRow,
    SubscriptionState,
    Suppressed,
    bounces,
    changes,
    conditions,
    consents,
    messages,
    notices,
    studies,
    subscribers,
    subscriptions,
    wordings,
)
from notifier.storage.studies.conditions import finds_nothing, nearest_names
from notifier.storage.subscribers.changing import with_merged
from notifier.storage.subscribers.people import Address, Wanted, find, near_of
from notifier.storage.subscribers.signing_up import live

_AT_ONCE = 1_000  # subscriptions read at a time


@dataclass(frozen=True, slots=True)
class Followed:
    """One subscription as the admin sees it, and whose it is."""

    row: SubscriptionRow
    person: SubscriberRow
    label: str
    seen: bool  # the study, or the condition, has its baseline
    missing: bool  # the registry did not have the study, or has none at all under the condition
    consent: str  # how, by whom and when, in words
    suppressed: Suppressed | None  # why no mail goes to the address


def followed(
    session: Session,
    who: Address | None = None,
    *,
    topic: Wanted | None = None,
    state: SubscriptionState | None = None,
    limit: int | None = None,
    suppression_key: bytes | None = None,
) -> Iterator[Followed]:
    """The subscriptions of a person, or of everybody, by address and then by age; of one thing, or in one state.

    However many there are, a thousand are read at a time: those are by address, and come before who joined later, because
    the database does not know the order of addresses that it holds sealed. `suppression_key`: with it each also says whether mail is stopped.
    """
    rows = (
        select(
            SubscriptionRow,
            SubscriberRow,
            conditions.c.text,
            conditions.c.watched_since.label("looked_at"),
            finds_nothing().label("no_study"),
            studies,
        )
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .outerjoin(conditions, conditions.c.id == subscriptions.c.condition_id)
        .outerjoin(studies, studies.c.nct_id == subscriptions.c.nct_id)
        .where(subscribers.c.email != "", *_filters(topic, state))
        .order_by(subscriptions.c.subscriber_id)  # and no more: so the index has them in order already
        .limit(limit)
    )
    if who is not None:
        rows = rows.where(subscribers.c.email_key == who.key)
    for some in session.execute(rows, execution_options={"yield_per": _AT_ONCE}).partitions():
        newest = select(ConsentRow).where(
            consents.c.subscription_id.in_([row.SubscriptionRow.id for row in some])
        )
        of_each = session.execute(newest.order_by(consents.c.id)).scalars()
        consented = {consent.subscription_id: _in_words(consent) for consent in of_each}
        people = {row.SubscriberRow.id for row in some}
        stopped = {} if suppression_key is None else suppression.why(session, suppression_key, people)
        for each in sorted(
            some, key=lambda each: (str(each.SubscriberRow.email_key), each.SubscriptionRow.id)
        ):
            row, person = each.SubscriptionRow, each.SubscriberRow
            yield Followed(
                row,
                person,
                row.nct_id or each.text,
                seen=bool(each.looked_at or each.snapshot_id),
                missing=bool(each.missing_in is not None or each.no_study),
                consent=consented.get(row.id, "none noted"),
                suppressed=stopped.get(person.id),
            )


def count(
    session: Session, *, topic: Wanted | None = None, state: SubscriptionState | None = None
) -> tuple[int, dict[SubscriptionState, int]]:
    """How many people follow something, and how many subscriptions there are in each state; of one thing, or one state."""
    # Those who were wiped are looked for, which are few, and not those who were not, who are everybody.
    wiped = select(subscribers.c.id).where(
        subscribers.c.id == subscriptions.c.subscriber_id, subscribers.c.email == ""
    )
    known: FromClause = subscriptions
    if topic is not None and not topic.nct_id:
        known = known.join(conditions)
    which = (~wiped.exists(), *_filters(topic, state))
    people = select(func.count(func.distinct(subscriptions.c.subscriber_id))).select_from(known).where(*which)
    states = (
        select(subscriptions.c.state, func.count())
        .select_from(known)
        .where(*which)
        .group_by(subscriptions.c.state)
        .order_by(subscriptions.c.state)
    )
    counted = {found: int(number) for found, number in session.execute(states)}
    return int(session.execute(people).scalar_one()), counted


def _filters(topic: Wanted | None, state: SubscriptionState | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if topic is not None:
        of_study = subscriptions.c.nct_id == topic.nct_id
        found.append(of_study if topic.nct_id else conditions.c.query == topic.query)
    if state is not None:
        found.append(subscriptions.c.state == state)
    return found


def _in_words(row: ConsentRow) -> str:
    given = f"given {row.given_at:%Y-%m-%d}" if row.given_at else "not given yet"
    withdrawn = f", withdrawn {row.withdrawn_at:%Y-%m-%d}" if row.withdrawn_at else ""
    evidence = f" ({row.evidence})" if row.evidence else ""
    return f"{given}{withdrawn}, by {row.method} of {row.actor}{evidence}, wording {row.wording_version}"


def ids_of(session: Session, who: Address, topic: Wanted | None = None) -> list[int]:
    """The ids of a person's subscriptions that have not ended: all, or the one to a thing."""
    person = find(session, who)
    if person is None or person.id is None:
        raise InputError("Nobody with that address is known here: check it with `notifier subscribers list`")
    if topic is not None:
        row = live(session, person.id, topic)
        return [row.id] if row is not None and row.id is not None else []
    return live_ids(session, person.id)


def live_ids(session: Session, subscriber_id: int) -> list[int]:
    """The ids of all that a person follows and has not ended."""
    return _ids(session, subscriber_id, subscriptions.c.state != SubscriptionState.ENDED)


def _ids(session: Session, subscriber_id: int, which: ColumnElement[bool]) -> list[int]:
    theirs = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscriber_id, which)
    return list(session.execute(theirs.order_by(subscriptions.c.id)).scalars())


def spoken_for(session: Session, message_id: int) -> list[int]:
    """The ids of the subscriptions that a mail speaks for: those that it tells of, else all that there were."""
    told = select(notices.c.subscription_id).where(notices.c.message_id == message_id).distinct()
    if ids := list(session.execute(told).scalars()):
        return ids
    there = (
        select(subscriptions.c.id)
        .join(messages, messages.c.subscriber_id == subscriptions.c.subscriber_id)
        .where(messages.c.id == message_id, subscriptions.c.created_at <= messages.c.created_at)
    )
    return list(session.execute(there).scalars())


def pending_of(session: Session, subscriber_id: int) -> list[int]:
    return _ids(session, subscriber_id, subscriptions.c.state == SubscriptionState.PENDING)


def agreed_since(session: Session, subscriber_id: int, since: datetime) -> bool:
    return bool(_ids(session, subscriber_id, subscriptions.c.activated_at >= since))


@dataclass(frozen=True, slots=True)
class Chosen:
    """One thing that a person follows, and how."""

    id: int
    nct_id: str | None
    condition: str | None
    title: str | None  # of the study, where it was seen
    state: SubscriptionState
    every: Every
    lightest: Weight
    groups: Group
    narrowing: Narrowing
    paused_until: datetime | None
    note: str | None
    created_at: datetime
    nearest: tuple[str, ...] | None = None  # of a condition under which there is no study: names near to it

    @property
    def label(self) -> str:
        return self.nct_id or self.condition or ""


@dataclass(frozen=True, slots=True)
class Choices:
    """All that a person chose, as their row has it, and as far as it did not end."""

    subscriber_id: int
    person: SubscriberRow
    follows: tuple[Chosen, ...]

    @property
    def near(self) -> Near | None:
        return near_of(self.person)


def chosen(session: Session, subscriber_id: int) -> Choices | None:
    """What this person chose; None where nobody has this id, or their address was wiped."""
    person = session.get(SubscriberRow, subscriber_id)
    if person is None or not person.email:
        return None
    rows = (
        select(SubscriptionRow, conditions.c.text, studies.c.brief_title, finds_nothing())
        .outerjoin(conditions, conditions.c.id == subscriptions.c.condition_id)
        .outerjoin(studies, studies.c.nct_id == subscriptions.c.nct_id)
        .where(subscriptions.c.subscriber_id == subscriber_id)
        .where(subscriptions.c.state != SubscriptionState.ENDED)
        .order_by(subscriptions.c.id)
    )
    follows = (
        Chosen(
            id=row.id,
            nct_id=row.nct_id,
            condition=condition,
            title=title,
            state=row.state,
            # A word that we do not know is mailed as it comes, as `assembly` does.
            every=row.every if isinstance(row.every, Every) else Every.IMMEDIATE,
            lightest=stored_lightest(row.lightest_rank),
            groups=stored_groups(row.groups),
            narrowing=narrowing_of(row),
            paused_until=row.paused_until,
            note=row.note,
            created_at=row.created_at,
            nearest=nearest_names(session, condition) if no_study else None,
        )
        for row, condition, title, no_study in session.execute(rows).all()
    )
    return Choices(subscriber_id, person, tuple(follows))


@dataclass(frozen=True, slots=True)
class Named:
    """What a link names, as far as it is still there; nobody and nothing where it was erased."""

    subscriber_id: int | None = None
    email: str | None = None  # None: erased
    time_zone: str = "UTC"
    language: str | None = None
    states: Mapping[int, SubscriptionState] = field(default_factory=dict)

    def that_are(self, *states: SubscriptionState) -> list[int]:
        return sorted(identity for identity, state in self.states.items() if state in states)

    @property
    def live(self) -> list[int]:
        return sorted(i for i, state in self.states.items() if state is not SubscriptionState.ENDED)


def named(session: Session, subscription_ids: Sequence[int], *, to_change: bool = False) -> Named:
    """What a link names. to_change: nobody else may change it before this transaction ends."""
    rows = select(SubscriptionRow).where(subscriptions.c.id.in_(with_merged(session, subscription_ids)))
    found = session.execute(rows.with_for_update() if to_change else rows).scalars().all()
    if not found:
        return Named()
    owner = session.get_one(SubscriberRow, found[0].subscriber_id)
    states = {row.id: row.state for row in found if row.id is not None}
    return Named(owner.id, owner.email or None, owner.time_zone, owner.language, states)


# --- all that is kept of a person (P4) --------------------------------------------------------------------------

_KEPT = (
    "id", "email", "email_key", "language", "time_zone", "digest_hour", "digest_weekday", "near", "near_lat", "near_lon",
    "near_km", "near_lon_km", "title_in_subject", "discreet", "still_watching", "silent_since", "still_watching_at", "created_at",
)  # fmt: skip
#: Who else gets any of it, in words for the person.
WHO_ELSE = (
    "The mail server that carries your mails gets your address and the mails. Nobody else gets anything: not the "
    "people who run a study, and not the registry, which is asked by illness and region, and never for whom."
)
#: What stays after an erasure, in words for the person (P5).
AFTER_ERASURE = (
    "After an erasure only a keyed hash stays, from which nobody can read the address: one, so that a backup that is "
    "restored forgets you again; and where mail to the address came back or was called spam, one that stops mail to it."
)


def export(session: Session, subscriber_id: int, suppression_key: bytes | None = None) -> dict[str, Any]:
    """All that is kept of this person; empty where nobody has this id.

    `suppression_key`: of the hashes; with it the export also says whether mail to the address is stopped.
    """
    row = session.get(SubscriberRow, subscriber_id)
    if row is None or not row.email:
        return {}
    mine = select(messages.c.id).where(messages.c.subscriber_id == subscriber_id)
    returned = select(BounceRow).where(bounces.c.message_id.in_(mine)).order_by(bounces.c.id)
    return {
        "person": _columns(row, *_KEPT),
        "subscriptions": _subscriptions(session, subscriber_id),
        "mails": _mails(session, subscriber_id),
        "bounces": [
            _columns(each, "message_id", "hard", "status", "reason", "came_at")
            for each in session.execute(returned).scalars()
        ],
        "suppressed": _plain(suppression.reason_of(session, suppression_key, row.email_key)),
        "who_else_gets_it": [WHO_ELSE],
        "after_erasure": AFTER_ERASURE,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _columns(row: Any, *names: str) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _subscriptions(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    rows = (
        select(SubscriptionRow, conditions.c.text)
        .outerjoin(conditions, conditions.c.id == subscriptions.c.condition_id)
        .where(subscriptions.c.subscriber_id == subscriber_id)
        .order_by(subscriptions.c.id)
    )
    agreed: dict[int, list[dict[str, Any]]] = {}
    words = {row.version: row.text for row in session.execute(select(wordings))}
    theirs = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscriber_id)
    given = select(ConsentRow).where(consents.c.subscription_id.in_(theirs)).order_by(consents.c.id)
    for consent in session.execute(given).scalars():
        said = _columns(consent, "method", "actor", "evidence", "wording_version")
        said |= {"wording": words.get(consent.wording_version)}
        said |= _columns(consent, "asked_at", "given_at", "withdrawn_at")
        agreed.setdefault(consent.subscription_id, []).append(said)
    return [
        {
            **_columns(row, "id", "nct_id"),
            "condition": condition,
            **_columns(row, "every", "state"),
            "lightest": stored_lightest(row.lightest_rank).value,
            "only": sorts_of(stored_groups(row.groups)),
            "narrowed_to": narrowing_of(row).plain(),
            "paused_until": None if row.ended_at else _plain(row.paused_until),
            **_columns(
                row, "note", "created_at", "activated_at", "ended_at", "ended_reason", "nothing_said_at"
            ),
            "consents": agreed.get(row.id, []),
        }
        for row, condition in session.execute(rows)
    ]


def narrowing_of(row: SubscriptionRow) -> Narrowing:
    """Which new studies of a condition somebody wants."""
    return stored(row.narrow, row.countries, row.not_words)


def sorts_of(groups: int) -> list[str]:
    """The names of these sorts of change; none stands for everything."""
    if groups == EVERY_GROUP:
        return []
    return [str(group.name).lower() for group in Group if groups & group]


def _mails(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    rows = select(MessageRow).where(messages.c.subscriber_id == subscriber_id).order_by(messages.c.id)
    its_news = (
        select(notices.c.message_id, changes.c.nct_id, changes.c.kind)
        .select_from(notices.join(changes).join(messages, messages.c.id == notices.c.message_id))
        .where(messages.c.subscriber_id == subscriber_id)
        .order_by(changes.c.id)
    )
    told: dict[int, list[dict[str, str]]] = {}
    for message_id, nct_id, kind in session.execute(its_news):
        told.setdefault(message_id, []).append({"nct_id": nct_id, "kind": kind})
    return [
        {
            **_columns(row, "id", "kind", "subject", "state", "reason", "created_at", "dated", "settled_at"),
            **_columns(row, "attempts", "rfc_message_id", "wording", "code", "status", "reply"),
            "told": told.get(row.id or 0, []),
            "openings": row.openings or {},
        }
        for row in session.execute(rows).scalars()
    ]
