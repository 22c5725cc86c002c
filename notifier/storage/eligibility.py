"""Who is told of a change, and why somebody is not, or not yet: said once, in SQL, for all who ask.

`notices` makes notices of whom `asks` says; the account of one person, on their page and for an admin, and the plan of the next
mails read `became` and `keeps_back`. Only `reconciliation` counts without it, because it is to find what is wrong here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, false, func, literal_column, or_, select
from sqlmodel import Session

from notifier.domain.changes import FOUND, Kind, Weight
from notifier.domain.geo import KM_PER_DEGREE
from notifier.domain.narrowing import CHOOSABLE, NO_COUNTRY_OF_OURS, QUESTIONS
from notifier.storage.models import (
    SubscriptionRow,
    changes,
    messages,
    notices,
    studies,
    study_countries,
    study_places,
    study_words,
    subscribers,
    subscriptions,
)
from notifier.storage.models.states import EndedReason, Fate, MessageState, NoticeState, SubscriptionState

ROLLING_AGAIN_AFTER = timedelta(days=30)  # how often a date that moves along with each re-posting is told
#: By the study, or by the condition: two plain joins, because one with OR would read every subscription.
TOPICS = (
    changes.c.condition_id.is_(None) & (changes.c.nct_id == subscriptions.c.nct_id),
    changes.c.condition_id == subscriptions.c.condition_id,
)
#: Why a new study was left out that is counted in the next mail, and told when it comes to fit.
LEFT_OUT = (Fate.DOES_NOT_FIT, Fate.FAR_AWAY)
#: As the index of them says it. Where it is turned round, `was_left_out` knows of reasons that are empty.
IS_LEFT_OUT = (notices.c.state == NoticeState.CANCELLED, notices.c.reason.in_(LEFT_OUT))
_EARLIER = changes.alias("earlier")


# --- before there is a notice -----------------------------------------------------------------------------------


def asks(now: datetime) -> ColumnElement[bool]:
    """The subscription asks for a change of that weight and sort, and was not told the like lately."""
    # The change is a date that moves along with each re-posting, and the subscription was told of one
    # lately.
    told = (
        select(notices.c.id)
        .join(_EARLIER, _EARLIER.c.id == notices.c.change_id)
        .where(notices.c.subscription_id == subscriptions.c.id, _EARLIER.c.nct_id == changes.c.nct_id)
        .where(_EARLIER.c.kind == Kind.START_DATE_ROLLED.value)
        .where(notices.c.created_at > now - ROLLING_AGAIN_AFTER)
        .where(notices.c.state != NoticeState.CANCELLED)
        .correlate(subscriptions, changes)
    )
    told_lately = (changes.c.kind == Kind.START_DATE_ROLLED.value) & told.exists()
    return and_(
        ~_too_light(), ~_other_sort(), ~told_lately, ~_never_told(), or_(_comes_by_itself(), waits_to_fit())
    )


@cache
def waits_to_fit() -> ColumnElement[bool]:
    """The study was left out when it was new, was never told under the condition, and fits now: it opened, or a place near
    was added.
    """
    same = and_(
        notices.c.subscription_id == subscriptions.c.id,
        _EARLIER.c.nct_id == changes.c.nct_id,
        _EARLIER.c.condition_id == changes.c.condition_id,
    )
    was = select(notices.c.id).join(_EARLIER, _EARLIER.c.id == notices.c.change_id).where(same)
    left_out = was.where(*IS_LEFT_OUT).correlate(subscriptions, changes).exists()
    told = was.where(~was_left_out()).correlate(subscriptions, changes).exists()
    return and_(left_out, ~told, ~far_away(), ~does_not_fit())


def was_left_out() -> ColumnElement[bool]:
    """The notice is of what did not fit what was chosen. Nothing but that is told later after all."""
    left_out = notices.c.reason.in_(LEFT_OUT)
    return and_(notices.c.state == NoticeState.CANCELLED, func.coalesce(left_out, false()))


@cache
def far_away() -> ColumnElement[bool]:
    """The subscription's person has a circle, and the change is of a place outside of it, or of a new study that has all of
    its places there. What is not on the map may be near.
    """
    its_places = study_places.c.nct_id == changes.c.nct_id
    inside = select(study_places.c.lat).where(its_places, ~_far(study_places)).exists()
    known = select(study_places.c.lat).where(its_places).exists()
    far = case(
        (changes.c.condition_id.is_(None), func.coalesce(_far(changes), false())),
        else_=known.correlate(changes) & ~inside.correlate(changes, subscribers),
    )
    person = select(subscribers.c.id).where(
        subscribers.c.id == subscriptions.c.subscriber_id, subscribers.c.near_km.is_not(None), far
    )
    return person.correlate(changes, subscriptions).exists()


@cache
def does_not_fit() -> ColumnElement[bool]:
    """The change is of a study under a condition, and what is known of the study is not what was chosen of it."""
    chosen = subscriptions.c.narrow
    strange = or_(
        *(
            and_(
                chosen.bitwise_and(int(question)) != 0,
                studies.c.traits.bitwise_and(int(question)) != 0,
                chosen.bitwise_and(studies.c.traits).bitwise_and(int(question)) == 0,
            )
            for question in QUESTIONS
        )
    )
    traits = select(studies.c.nct_id).where(studies.c.nct_id == changes.c.nct_id, strange)
    lands = select(study_countries.c.country).where(study_countries.c.nct_id == changes.c.nct_id)
    country = study_countries.c.country
    there = or_(_is_among(country, subscriptions.c.countries), country == NO_COUNTRY_OF_OURS)
    words = select(study_words.c.word).where(study_words.c.nct_id == changes.c.nct_id)
    said = words.where(_is_among(study_words.c.word, subscriptions.c.not_words))
    return and_(
        changes.c.kind.in_([kind.value for kind in FOUND]),
        or_(
            and_(
                chosen > 0,
                chosen.bitwise_and(int(CHOOSABLE)) == chosen,
                traits.correlate(changes, subscriptions).exists(),
            ),
            and_(
                subscriptions.c.countries.is_not(None),
                lands.correlate(changes).exists(),
                ~lands.where(there).correlate(changes, subscriptions).exists(),
            ),
            and_(subscriptions.c.not_words.is_not(None), said.correlate(changes, subscriptions).exists()),
        ),
    )


def _is_among(word: ColumnElement[Any], words: ColumnElement[Any]) -> ColumnElement[bool]:
    """A word, of letters and figures alone, is one of those that stand parted by spaces."""
    return (" " + words + " ").like("% " + word + " %")


def _comes_by_itself() -> ColumnElement[bool]:
    return changes.c.kind != Kind.NOW_FITS.value


def _far(point: FromClause) -> ColumnElement[bool]:
    """Whether a point is outside of the subscriber's circle: the sum of squares is that of `geo.Circle.distance`, with
    the length of a degree as at the circle's middle. No function of a database is needed; SQLite may have none.
    """
    north = (point.c.lat - subscribers.c.near_lat) * KM_PER_DEGREE
    degrees = func.abs(point.c.lon - subscribers.c.near_lon)
    east = case((degrees > 180, 360 - degrees), else_=degrees) * subscribers.c.near_lon_km
    return north * north + east * east > subscribers.c.near_km * subscribers.c.near_km


def _too_light() -> ColumnElement[bool]:
    """Minor, and not asked for; that a study left a list is told to whoever was told that it came."""
    return and_(changes.c.rank > subscriptions.c.lightest_rank, changes.c.kind != Kind.NO_LONGER_LISTED.value)


@cache
def _never_told() -> ColumnElement[bool]:
    """A study left the list of a condition, and the subscription was not told that it came."""
    came = (
        select(notices.c.id)
        .join(_EARLIER, _EARLIER.c.id == notices.c.change_id)
        .outerjoin(messages, messages.c.id == notices.c.message_id)
        .where(notices.c.subscription_id == subscriptions.c.id, _EARLIER.c.nct_id == changes.c.nct_id)
        .where(_EARLIER.c.condition_id == changes.c.condition_id, notices.c.state == NoticeState.IN_MESSAGE)
        # Of one that was told long ago the mail is deleted.
        .where(
            messages.c.id.is_(None)
            | messages.c.state.not_in((MessageState.CANCELLED, MessageState.REJECTED, MessageState.HELD))
        )
        .correlate(subscriptions, changes)
    )
    return and_(changes.c.kind == Kind.NO_LONGER_LISTED.value, ~came.exists())


def _other_sort() -> ColumnElement[bool]:
    return changes.c.group.bitwise_and(subscriptions.c.groups) == 0


# --- of a notice ------------------------------------------------------------------------------------------------


def became(now: datetime) -> ColumnElement[Any]:
    """What became of a change for a subscription, of both with the notice and its mail where there are such."""
    in_mail = {
        MessageState.SENT: Fate.SENT,
        MessageState.REJECTED: Fate.REJECTED,
        MessageState.EXPIRED: Fate.EXPIRED,
        MessageState.CANCELLED: Fate.MAIL_CANCELLED,
        MessageState.HELD: Fate.MAIL_HELD,
    }
    # Why no notice was made: in the order in which the rules ask.
    began = func.coalesce(subscriptions.c.activated_at, subscriptions.c.created_at)
    ended = subscriptions.c.ended_reason
    never_noted = case(
        (
            or_(changes.c.detected_at < began, subscriptions.c.state == SubscriptionState.PENDING),
            _said(Fate.BEFORE),
        ),
        # What ended but goes on elsewhere.
        (ended == EndedReason.MERGED, _said(Fate.ENDED_MERGED)),
        (ended == EndedReason.MOVED, _said(Fate.ENDED_MOVED)),
        (changes.c.detected_at >= subscriptions.c.ended_at, _said(Fate.AFTER)),
        (_never_told(), _said(Fate.NEVER_TOLD)),
        (~_comes_by_itself(), _said(Fate.FITTED_BEFORE)),
        (_too_light(), _said(Fate.TOO_LIGHT)),
        (_other_sort(), _said(Fate.OTHER_SORT)),
        (changes.c.kind == Kind.START_DATE_ROLLED.value, _said(Fate.TOLD_LATELY)),
        else_=_said(Fate.NOT_CHOSEN),
    )
    return case(
        (notices.c.id.is_(None), never_noted),
        (notices.c.state == NoticeState.DUE, keeps_back(now)),
        (notices.c.state == NoticeState.HELD, func.coalesce(notices.c.reason, _said(Fate.STORM))),
        (notices.c.state == NoticeState.CANCELLED, func.coalesce(notices.c.reason, _said(Fate.NOT_WANTED))),
        *((messages.c.state == state, _said(reason)) for state, reason in in_mail.items()),
        else_=_said(Fate.ON_ITS_WAY),
    )


def keeps_back(now: datetime) -> ColumnElement[Any]:
    """What a notice that is due waits for at that time; NEXT_MAIL where nothing but the next pass is to come."""
    digest, not_before = subscriptions.c.next_digest_at, notices.c.not_before
    return case(
        (subscriptions.c.state == SubscriptionState.PAUSED, _said(Fate.PAUSED)),
        (subscriptions.c.state != SubscriptionState.ACTIVE, _said(Fate.NOT_WANTED)),
        (and_(notices.c.folded_at.is_not(None), not_before > now), _said(Fate.PUT_OFF)),
        (not_before > now, _said(Fate.SETTLES)),
        # What is found after the hour of a digest belongs to the next one, also when we ran late.
        (or_(digest > now, notices.c.created_at > digest), _said(Fate.DIGEST)),
        else_=_said(Fate.NEXT_MAIL),
    )


def is_due(now: datetime) -> ColumnElement[bool]:
    """Nothing keeps the notice back: it goes into the next mail."""
    return and_(notices.c.state == NoticeState.DUE, keeps_back(now) == Fate.NEXT_MAIL)


def _said(reason: Fate) -> ColumnElement[Any]:
    return literal_column(f"'{reason.value}'", notices.c.reason.type)


# --- the account of one person ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChangeStory:
    """One detected change and what became of it; `at`: when its mail went; `more`: what its mail says of the reason."""

    change_id: int
    nct_id: str
    kind: Kind
    weight: Weight
    detected_at: datetime | None  # None: it cannot be read
    fate: Fate
    more: str | None = None
    message_id: int | None = None
    at: datetime | None = None


def account(session: Session, subscription_id: int, now: datetime, *, limit: int = 100) -> list[ChangeStory]:
    """The newest `limit` changes of what this subscription follows, each with what became of it. None is left out that can be read."""
    row = session.get(SubscriptionRow, subscription_id)
    if row is None:
        return []
    topic = TOPICS[0] if row.nct_id is not None else TOPICS[1]
    # Named, and not only joined, so that the changes are found by an index and not by every subscription.
    here = (
        changes.c.nct_id == row.nct_id
        if row.nct_id is not None
        else changes.c.condition_id == row.condition_id
    )
    ours = and_(notices.c.change_id == changes.c.id, notices.c.subscription_id == row.id)
    columns = (changes.c.id, changes.c.nct_id, changes.c.kind, changes.c.weight, changes.c.detected_at)
    found = (
        select(
            *columns,
            became(now).label("fate"),
            messages.c.reason.label("more"),
            notices.c.message_id,
            messages.c.settled_at,
        )
        .select_from(changes.join(subscriptions, topic).outerjoin(notices, ours).outerjoin(messages))
        .where(here, subscriptions.c.id == row.id)
        .where(changes.c.kind.in_(list(Kind)), changes.c.weight.in_(list(Weight)))
        .order_by(changes.c.id.desc())
        .limit(limit)
    )
    stories = []
    for change_id, nct_id, kind, weight, detected_at, word, more, message_id, settled_at in session.execute(
        found
    ):
        fate = word if isinstance(word, Fate) else Fate.NOT_WANTED  # a word that nobody knows any more
        told = more if fate in {Fate.MAIL_HELD, Fate.MAIL_CANCELLED, Fate.EXPIRED} else None
        went_at = settled_at if fate is Fate.SENT else None
        stories.append(
            ChangeStory(
                change_id, nct_id, Kind(kind), Weight(weight), detected_at, fate, told, message_id, went_at
            )
        )
    return stories
