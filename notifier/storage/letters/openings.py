"""What a welcome says is open under a condition: what is to be looked up for it, and how that is kept with its mail.

Kept, and not looked up again: a mail that is tried twice says the same twice, with the day on which it was so.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select, update
from sqlmodel import Session

from notifier.domain import narrowing
from notifier.domain.geo import Near
from notifier.domain.letter import LetterKind, OpenNow, OpenStudy
from notifier.domain.narrowing import Narrowing
from notifier.storage.engine.statements import is_among
from notifier.storage.models import SubscriptionState, conditions, messages, subscribers, subscriptions
from notifier.storage.studies.conditions import finds_nothing
from notifier.storage.subscribers.people import near_of

MOST_STUDIES = 10
MOST_CONDITIONS = 5  # that are looked up for one welcome; the others have the link alone


@dataclass(frozen=True, slots=True)
class Lookup:
    """A condition of which a claimed welcome is to say what is open now."""

    message_id: int
    subscription_id: int
    query: str
    language: str
    chosen: Narrowing
    near: Near | None


def to_look_up(session: Session, message_ids: Sequence[int]) -> list[Lookup]:
    """What is to be looked up for those of these messages that are welcomes, and have nothing yet."""
    person = (subscribers.c.near, subscribers.c.near_lat, subscribers.c.near_lon, subscribers.c.near_km)
    chosen = (subscriptions.c.narrow, subscriptions.c.countries, subscriptions.c.not_words)
    rows = (
        select(
            messages.c.id.label("message_id"),
            subscriptions.c.id,
            conditions.c.query,
            subscribers.c.language,
            *person,
            *chosen,
        )
        .select_from(messages)
        .join(subscribers, subscribers.c.id == messages.c.subscriber_id)
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .join(conditions, conditions.c.id == subscriptions.c.condition_id)
        .where(is_among(messages.c.id, message_ids), messages.c.kind == LetterKind.WELCOME)
        .where(messages.c.openings.is_(None), subscriptions.c.welcome_id == messages.c.id)
        .where(subscriptions.c.state == SubscriptionState.ACTIVE, ~finds_nothing())
        .order_by(subscriptions.c.id)
    )
    found: dict[int, list[Lookup]] = defaultdict(list)
    for row in session.execute(rows):
        wanted = narrowing.stored(row.narrow, row.countries, row.not_words)
        one = Lookup(row.message_id, row.id, row.query, row.language, wanted, near_of(row))
        found[row.message_id].append(one)
    return [one for each in found.values() for one in each[:MOST_CONDITIONS]]


def keep(session: Session, found: Mapping[Lookup, OpenNow]) -> None:
    """Keep with the mails what was found."""
    documents: dict[int, dict[str, Any]] = defaultdict(dict)
    for one, now in found.items():
        said = {"day": now.day.isoformat(), "studies": [astuple(study) for study in now.studies]}
        documents[one.message_id][str(one.subscription_id)] = said
    for message_id, document in documents.items():
        session.execute(update(messages).where(messages.c.id == message_id).values(openings=document))


def kept(document: Any, subscription_id: int) -> OpenNow | None:
    """What was found for a subscription; None where nothing was, or it cannot be read."""
    try:
        said = document[str(subscription_id)]
        studies = tuple(OpenStudy(*map(str, each)) for each in said["studies"][:MOST_STUDIES])
        return OpenNow(date.fromisoformat(said["day"]), studies)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def search_link(words: str, chosen: Narrowing, near: Near | None) -> str:
    """The search of our pages for what is open, as near to what was chosen as its form can say."""
    asked = {"q": words, "open": "1", **narrowing.as_searched(chosen)}
    if near is not None and near.circle is not None:
        asked |= {"place": near.place, "within": str(near.circle.km)}
    return f"/search?{urlencode(asked)}"
