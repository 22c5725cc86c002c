"""What each kind of letter says: one function a kind, in one table; and what is looked up for a welcome, and kept with its mail.
Those with news are made many at once, in `updates`.

A welcome tells what was before somebody followed a thing. Nothing of it is news: what has a notice of its own is told by
that, and left out here.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select, func, select, update
from sqlmodel import Session

from notifier.domain import letter, narrowing
from notifier.domain.changes import Weight
from notifier.domain.geo import Near
from notifier.domain.narrowing import Narrowing
from notifier.domain.signed_links import LIFETIME, Purpose
from notifier.storage import subscribers
from notifier.storage.engine.statements import is_among
from notifier.storage.letters.updates import LetterDraft, entries_of, reasons_of, told_in
from notifier.storage.models import (
    CorrectionRow,
    MessageRow,
    NoticeState,
    SubscriptionState,
    changes,
    conditions,
    consents,
    messages,
    notices,
    studies,
    subscriptions,
    wordings,
)
from notifier.storage.models import subscribers as people
from notifier.storage.outbox.putting_right import did_not_leave
from notifier.storage.studies import snapshots, study_page
from notifier.storage.studies.conditions import finds_nothing, nearest_names
from notifier.storage.studies.study_page import YEAR
from notifier.storage.subscribers import near_of

MOST_PAST = 5  # updates told of one study
_LOOKED_AT = 50  # of its newest events


def followed(draft: LetterDraft) -> letter.Letter | None:
    """A mail about all that somebody follows, with nothing in it but why they get it; None where they follow nothing."""
    reasons = reasons_of(draft.session, draft.session.execute(_active_of(draft)).scalars())
    return replace(draft.bare, reasons=reasons) if reasons else None


def _active_of(draft: LetterDraft) -> Select[int]:
    return select(subscriptions.c.id).where(
        subscriptions.c.subscriber_id == draft.message.subscriber_id,
        subscriptions.c.state == SubscriptionState.ACTIVE,
    )


def confirmation(draft: LetterDraft) -> letter.Letter | None:
    """What waits for the person to confirm it; None where nothing does any more."""
    pending = subscribers.pending_of(draft.session, draft.message.subscriber_id)
    reasons = reasons_of(draft.session, pending)
    return replace(draft.bare, reasons=reasons) if reasons else None


def link(draft: LetterDraft) -> letter.Letter | None:
    """The link that somebody asked for. Who asked so long ago has asked again, or does not wait for it any more.

    To what a person chose: it stops working when their generation is counted up. To the contacts of the study that the
    message is about: the letter does not know which it is (L16).
    """
    purpose = draft.message.kind.manner.link
    if not draft.person.email or purpose is None or draft.now - draft.message.created_at >= LIFETIME[purpose]:
        return None
    if purpose is Purpose.PREFERENCES:
        return replace(draft.bare, link=(draft.message.subscriber_id, draft.person.generation))
    return replace(draft.bare, link=(draft.bare.message_id,))


def welcome(draft: LetterDraft) -> letter.Letter | None:
    """The story so far of what the person confirmed, as far as they still follow it."""
    mine = select(subscriptions.c.id, subscriptions.c.nothing_said_at).where(
        subscriptions.c.welcome_id == draft.bare.message_id, subscriptions.c.state == SubscriptionState.ACTIVE
    )
    theirs = draft.session.execute(mine.order_by(subscriptions.c.id)).all()
    ids = [row.id for row in theirs]
    reasons = reasons_of(draft.session, ids)
    # The story so far of each, as of the mail's date: studies first, in the order in which they were asked for.
    by_topic = sorted(reasons, key=lambda reason: reason.topic is not letter.Topic.STUDY)
    told = tuple(
        _of_study(draft.session, each, draft.bare.dated)
        if each.topic is letter.Topic.STUDY
        else _of_condition(draft, each, draft.bare.dated)
        for each in by_topic
    )
    if only := bool(theirs) and all(row.nothing_said_at is not None for row in theirs):
        told = tuple(story for story in told if story.no_study)  # or one came meanwhile
    if not told:
        return None
    rows = (
        select(wordings.c.text, func.min(consents.c.given_at).label("given_at"))
        .join(wordings, wordings.c.version == consents.c.wording_version)
        .where(consents.c.subscription_id.in_(ids), consents.c.given_at.is_not(None))
        .where(consents.c.withdrawn_at.is_(None))
        .group_by(wordings.c.text)
        .order_by(func.min(consents.c.id))
    )
    return replace(
        draft.bare,
        reasons=tuple(story.reason for story in told) if only else reasons,
        stories=told,
        agreements=()
        if only
        else tuple(letter.Agreement(row.text, row.given_at) for row in draft.session.execute(rows)),
        no_study=only,
    )


def _of_study(session: Session, reason: letter.Reason, dated: datetime) -> letter.Story:
    row = session.execute(
        select(studies.c.first_seen, studies.c.watched_since, studies.c.snapshot_id).where(
            studies.c.nct_id == reason.label
        )
    ).first()
    if row is None or row.snapshot_id is None:
        return letter.Story(reason)
    study = snapshots.study(session, row.snapshot_id)
    if row.watched_since is None:
        return letter.Story(reason, study, row.first_seen)
    since = max(row.watched_since, dated - YEAR)
    # When something changed of which most followers were told, the newest first; without what is news to this one.
    here = (changes.c.nct_id == reason.label) & changes.c.condition_id.is_(None)
    at, one = changes.c.detected_at, changes.alias("one")
    news = (
        select(one.c.id)
        .join(notices, notices.c.change_id == one.c.id)
        .where(one.c.nct_id == reason.label, one.c.condition_id.is_(None), one.c.detected_at == at)
        .where(notices.c.subscription_id == reason.subscription_id)
    )
    found = (
        select(at)
        .where(here, changes.c.rank <= Weight.NOTABLE.rank, at >= since, at <= dated, ~news.exists())
        .distinct()
        .order_by(at.desc())
    )
    moments = list(session.execute(found).scalars())
    newest = {study.nct_id: (row.snapshot_id, study)}
    events = study_page.events(session.connection(), [study.nct_id], newest, _LOOKED_AT) if moments else []
    past = tuple(
        letter.Past(
            event.study, tuple(one for one in event.told if one.change.weight.rank <= Weight.NOTABLE.rank)
        )
        for event in events
        if event.at in moments[:MOST_PAST]
    )
    return letter.Story(
        reason,
        study,
        row.first_seen,
        since,
        whole_year=since > row.watched_since,
        updates=len(moments),
        past=past,
    )


def _of_condition(draft: LetterDraft, reason: letter.Reason, dated: datetime) -> letter.Story:
    session, chosen = (
        draft.session,
        (subscriptions.c.narrow, subscriptions.c.countries, subscriptions.c.not_words),
    )
    found = select(conditions.c.query, finds_nothing().label("no_study"), *chosen).join(subscriptions)
    row = session.execute(found.where(subscriptions.c.id == reason.subscription_id)).one_or_none()
    if row is None:
        return letter.Story(reason)
    if row.no_study:
        return letter.Story(reason, no_study=True, nearest=nearest_names(session, reason.label))
    expected = study_page.expected(session.connection(), [row.query], dated)
    wanted, near = narrowing.stored(row.narrow, row.countries, row.not_words), near_of(draft.person)
    return letter.Story(
        reason,
        a_month=expected.get(row.query),
        open_now=found_open(draft.message.openings, reason.subscription_id),
        narrowed=bool(wanted) or (near is not None and near.circle is not None),
        search=search_link(reason.label, wanted, near),
    )


def still_watching(draft: LetterDraft) -> letter.Letter | None:
    """What a "still watching" mail says; None where there is news after all."""
    session, person = draft.session, draft.person
    mine = _active_of(draft)
    news = select(notices.c.id).where(
        notices.c.subscription_id.in_(mine),
        notices.c.state.in_((NoticeState.DUE, NoticeState.HELD)),
    )
    if session.execute(news.limit(1)).first() or person.silent_since > draft.message.created_at:
        return None
    reasons = reasons_of(session, session.execute(mine).scalars())
    if not reasons:
        return None
    since, until = person.silent_since.date(), draft.now.date()
    days = [since + timedelta(days=n) for n in range(1, (until - since).days + 1)]
    checked, last = snapshots.days_checked(session, since, until)
    # How many changes there were in this silence: of a kind not asked for, or dropped. Nothing changed is else a lie.
    theirs = subscriptions.c.id.in_([reason.subscription_id for reason in reasons])
    found = select(changes.c.id).where(
        changes.c.detected_at > person.silent_since, changes.c.rank < Weight.HOUSEKEEPING.rank
    )
    of_studies = select(subscriptions.c.nct_id).where(theirs, subscriptions.c.nct_id.is_not(None))
    of_conditions = select(subscriptions.c.condition_id).where(
        theirs, subscriptions.c.condition_id.is_not(None)
    )
    either = (
        changes.c.condition_id.is_(None) & changes.c.nct_id.in_(of_studies)
    ) | changes.c.condition_id.in_(of_conditions)
    silence = letter.Silence(
        since=since,
        until=until,
        days=len(days),
        checked=sum(day in checked for day in days),
        blind=tuple(day for day in days if day not in checked),
        last_checked=last,
        studies=sum(reason.topic is letter.Topic.STUDY for reason in reasons),
        conditions=sum(reason.topic is letter.Topic.CONDITION for reason in reasons),
        untold=len(session.execute(found.where(either)).all()),
    )
    return replace(draft.bare, reasons=reasons, silence=silence)


def correction(draft: LetterDraft) -> letter.Letter | None:
    """What an admin puts right, for those who still hear from us: who unsubscribed asked for no more mail."""
    session, message = draft.session, draft.message
    row = session.get(CorrectionRow, message.correction_id) if message.correction_id else None
    wrong = session.get(MessageRow, message.corrects_id) if message.corrects_id else None
    if row is None or wrong is None:
        return None
    told = [
        (subscription_id, wrongly)
        for subscription_id, by_study in told_in(session, wrong.id or 0)
        if (wrongly := {nct_id: news for nct_id, news in by_study.items() if row.nct_id in {None, nct_id}})
    ]
    wanted = select(subscriptions.c.id).where(
        subscriptions.c.id.in_([subscription_id for subscription_id, _ in told]), did_not_leave()
    )
    reasons = reasons_of(session, session.execute(wanted).scalars())
    if not reasons:
        return None
    # It ends no alert: only news does, and this is none.
    made = entries_of(
        session, told, reasons, near_of(draft.person), draft.bare.language, draft.bare.dated.date()
    )
    entries = tuple(replace(entry, ending=None) for entry in made)
    put_right = letter.Correction(row.text, wrong.dated or wrong.settled_at)
    return replace(draft.bare, reasons=reasons, entries=entries, correction=put_right)


# --- what a welcome says is open under a condition ------------------------------------------------------------------
#
# Kept, and not looked up again: a mail that is tried twice says the same twice, with the day on which it was so.

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
    person = (people.c.near, people.c.near_lat, people.c.near_lon, people.c.near_km)
    chosen = (subscriptions.c.narrow, subscriptions.c.countries, subscriptions.c.not_words)
    rows = (
        select(
            messages.c.id.label("message_id"),
            subscriptions.c.id,
            conditions.c.query,
            people.c.language,
            *person,
            *chosen,
        )
        .select_from(messages)
        .join(people, people.c.id == messages.c.subscriber_id)
        .join(subscriptions, subscriptions.c.subscriber_id == people.c.id)
        .join(conditions, conditions.c.id == subscriptions.c.condition_id)
        .where(is_among(messages.c.id, message_ids), messages.c.kind == letter.LetterKind.WELCOME)
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


def keep_openings(session: Session, found: Mapping[Lookup, letter.OpenNow]) -> None:
    """Keep with the mails what was found."""
    documents: dict[int, dict[str, Any]] = defaultdict(dict)
    for one, now in found.items():
        said = {"day": now.day.isoformat(), "studies": [astuple(study) for study in now.studies]}
        documents[one.message_id][str(one.subscription_id)] = said
    for message_id, document in documents.items():
        session.execute(update(messages).where(messages.c.id == message_id).values(openings=document))


def found_open(document: Any, subscription_id: int) -> letter.OpenNow | None:
    """What was found for a subscription; None where nothing was, or it cannot be read."""
    try:
        said = document[str(subscription_id)]
        studies = tuple(letter.OpenStudy(*map(str, each)) for each in said["studies"][:MOST_STUDIES])
        return letter.OpenNow(date.fromisoformat(said["day"]), studies)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def search_link(words: str, chosen: Narrowing, near: Near | None) -> str:
    """The search of our pages for what is open, as near to what was chosen as its form can say."""
    asked = {"q": words, "open": "1", **narrowing.as_searched(chosen)}
    if near is not None and near.circle is not None:
        asked |= {"place": near.place, "within": str(near.circle.km)}
    return f"/search?{urlencode(asked)}"


#: What gathers each kind of letter; any other kind speaks for all that its reader follows. Those with news are gathered many
#: at once, by `updates`.
GATHERERS: Mapping[letter.LetterKind, Callable[[LetterDraft], letter.Letter | None]] = {
    letter.LetterKind.CONFIRMATION: confirmation,
    letter.LetterKind.PREFERENCES: link,
    letter.LetterKind.CONTACTS: link,
    letter.LetterKind.WELCOME: welcome,
    letter.LetterKind.STILL_WATCHING: still_watching,
    letter.LetterKind.CORRECTION: correction,
}
