"""Signing up: what a person is to follow, by whichever door, with the list of suppressed addresses in between (S24).

Doing it twice adds nothing. A stranger's form has the owner of the address asked by mail, and changes nothing that they
chose; an admin's command changes what it says again; a list (`importing`) leaves what is followed as it is. Where a
person's address changes, what they follow, how, and what waits to be told stays.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import Session

from notifier.domain import narrowing
from notifier.domain.changes import EVERY_GROUP, Weight
from notifier.domain.languages import any_of, is_language
from notifier.domain.letter import LetterKind
from notifier.domain.mailbox_providers import mailbox_of
from notifier.domain.scheduling import zone
from notifier.errors import InputError
from notifier.storage import suppression
from notifier.storage.engine import sharing
from notifier.storage.models import (
    FOLLOWED,
    ConditionRow,
    EndedReason,
    Every,
    SubscriberRow,
    SubscriptionRow,
    SubscriptionState,
    conditions,
    studies,
    subscribers,
    subscriptions,
)
from notifier.storage.outbox import transactional
from notifier.storage.subscribers import people
from notifier.storage.subscribers.changing import activate, end, next_digest_of

#: Where it is kept how somebody wants to be written to.
_SPOKEN = {"digest_hour": "hour", "digest_weekday": "weekday"} | {
    name: name for name in ("language", "time_zone", "title_in_subject", "discreet", "still_watching")
}
BY_FORM = people.Consent("form", "the person", None)
LONGEST_NOTE = 300  # characters
NEW_OF_A_MAILBOX = 3  # addresses of one mailbox that strangers may enter in a day


def add(
    session: Session,
    person: people.Person,
    wanted: Sequence[people.Wanted],
    *,
    choice: people.Choice,
    consent: people.Consent,
    now: datetime,
    domain: str,
    suppression_key: bytes | None = None,
) -> people.Added:
    """Follow these things for a person. Doing it twice adds nothing. `domain` is the Message-ID's.

    Of an address that is suppressed nothing is made active, whoever says that they agreed. Without evidence it is
    asked once more by mail, and confirming lifts the suppression; after a complaint not even that. `suppression_key`:
    of the hashes; without it the list is not looked at, and is looked at when a mail is about to be sent.
    """
    reason = suppression.reason_of(session, suppression_key, person.address.key)
    if reason is not None:
        if consent.evidence is not None or reason not in suppression.LIFTED_BY_CONFIRMING:
            refused = tuple((topic.label, people.FollowVerdict.SUPPRESSED) for topic in wanted)
            return people.Added(refused, confirmation_queued=False)
        # What the person still follows of this ends, so that there is something new to confirm.
        if (row := people.find(session, person.address)) is not None:
            theirs = [live(session, row.id or 0, topic) for topic in wanted]
            going = [each.id or 0 for each in theirs if each and each.state != SubscriptionState.PENDING]
            end(session, going, EndedReason.UNREACHABLE, now)
    zone(person.time_zone or person.defaults.time_zone)
    subscriber = the_person(session, person, now)
    assert subscriber.id is not None
    verdicts = []
    for topic in wanted:
        existing = live(session, subscriber.id, topic)
        if existing is None:
            verdict = _follow(session, subscriber, topic, choice, consent, now)
        else:
            changed = choose_again(existing, choice, subscriber, now)
            if existing.state == SubscriptionState.PENDING and consent.evidence is not None:
                activate(session, existing, now)
                people.keep_consent(session, existing, consent, now)
                verdict = people.FollowVerdict.ACTIVE
            elif existing.state == SubscriptionState.PENDING:
                verdict = people.FollowVerdict.ALREADY_PENDING
            else:
                verdict = people.FollowVerdict.CHANGED if changed else people.FollowVerdict.ALREADY_ACTIVE
        verdicts.append((topic.label, verdict))
    outcomes = {verdict for _, verdict in verdicts}
    new = people.FollowVerdict.PENDING in outcomes
    waiting = new or people.FollowVerdict.ALREADY_PENDING in outcomes
    queued = waiting and transactional.ask_to_confirm(session, subscriber.id, now, domain, insist=new)
    if reason is not None:
        verdicts = [(label, people.FollowVerdict.SUPPRESSED) for label, _ in verdicts]
    return people.Added(tuple(verdicts), queued)


def the_person(session: Session, person: people.Person, now: datetime) -> SubscriberRow:
    row = people.find(session, person.address)
    if row is None:
        row = SubscriberRow(
            email=person.address.typed,
            email_key=person.address.key,
            language=person.defaults.language,
            time_zone=person.defaults.time_zone,
            silent_since=now,
            created_at=now,
        )
        session.add(row)
        session.flush()
    speak_to(session, row, person, now)
    people.say_near(session, row, person.near, person.within)
    return row


def speak_to(session: Session, row: SubscriberRow, said: people.Wishes, now: datetime) -> bool:
    """Take over what was said of how somebody wants to be written to; returns whether anything is different now."""
    different = set()
    for column, name in _SPOKEN.items():
        value = getattr(said, name)
        if value is not None and getattr(row, column) != value:
            setattr(row, column, value)
            different.add(name)
    session.flush()
    if different & {"time_zone", "hour", "weekday"}:
        # Their daily and weekly mails go by the new clock.
        digests = select(SubscriptionRow).where(
            subscriptions.c.subscriber_id == row.id, subscriptions.c.next_digest_at.is_not(None)
        )
        for each in session.execute(digests).scalars():
            each.next_digest_at = next_digest_of(row, each.every, now)
        session.flush()
    return bool(different)


def live(session: Session, subscriber_id: int, topic: people.Wanted) -> SubscriptionRow | None:
    """The subscription to this thing that has not ended; a study that was merged counts under its new id."""
    mine = select(SubscriptionRow).where(
        subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.state != SubscriptionState.ENDED
    )
    if topic.nct_id is not None:
        merged = select(studies.c.alias_of).where(studies.c.nct_id == topic.nct_id).scalar_subquery()
        mine = mine.where((subscriptions.c.nct_id == topic.nct_id) | (subscriptions.c.nct_id == merged))
    else:
        same = select(conditions.c.id).where(conditions.c.query == topic.query)
        mine = mine.where(subscriptions.c.condition_id.in_(same))
    return session.execute(mine).scalars().first()


def _follow(
    session: Session,
    subscriber: SubscriberRow,
    topic: people.Wanted,
    choice: people.Choice,
    consent: people.Consent,
    now: datetime,
) -> people.FollowVerdict:
    every = choice.every or Every.IMMEDIATE
    groups = choice.groups if topic.nct_id and choice.groups is not None else EVERY_GROUP
    condition = None
    if topic.query:
        same = select(ConditionRow).where(conditions.c.query == topic.query)
        condition = session.execute(same).scalar_one_or_none() or ConditionRow(
            query=topic.query, text=topic.condition or ""
        )
        session.add(condition)
        session.flush()
    row = SubscriptionRow(
        subscriber_id=subscriber.id or 0,
        nct_id=topic.nct_id,
        condition_id=None if condition is None else condition.id,
        every=every,
        state=SubscriptionState.PENDING,
        lightest_rank=(choice.lightest or Weight.NOTABLE).rank,
        groups=int(groups),  # a condition has one sort of news, and whoever follows it wants that
        next_digest_at=next_digest_of(subscriber, every, now),
        created_at=now,
    )
    _narrow(row, choice)
    session.add(row)
    session.flush()
    people.keep_consent(session, row, consent, now)
    if consent.evidence is None:
        return people.FollowVerdict.PENDING
    activate(session, row, now)
    return people.FollowVerdict.ACTIVE


def choose_again(
    row: SubscriptionRow, choice: people.Choice, subscriber: SubscriberRow, now: datetime
) -> bool:
    """Take over what was said this time, and leave the rest; returns whether anything is different now."""
    before = (row.every, *_told_of(row))
    if choice.every is not None and choice.every != row.every:
        row.every, row.next_digest_at = choice.every, next_digest_of(subscriber, choice.every, now)
    if choice.lightest is not None:
        row.lightest_rank = choice.lightest.rank
    if choice.groups is not None and row.nct_id is not None:
        row.groups = int(choice.groups)
    _narrow(row, choice)
    if _told_of(row) != before[1:]:
        row.chosen_at = now
    return (row.every, *_told_of(row)) != before


def _told_of(row: SubscriptionRow) -> tuple[object, ...]:
    return row.lightest_rank, row.groups, row.narrow, row.countries, row.not_words


def _narrow(row: SubscriptionRow, choice: people.Choice) -> None:
    """Take over which new studies of a condition are told."""
    if choice.narrowing and row.condition_id is not None:
        chosen = choice.narrowing.over(narrowing.stored(row.narrow, row.countries, row.not_words))
        row.narrow, row.countries, row.not_words = chosen.columns


# --- choosing anew ------------------------------------------------------------------------------------------------


def change(session: Session, subscription_id: int, choice: people.Choice, now: datetime) -> bool:
    """Take over what was chosen for one subscription; returns whether anything is different now.

    One that ended stays as it is. Raises InputError where no sort of change would be left.
    """
    if choice.groups is not None and not choice.groups:
        raise InputError("Choose at least one sort of change, or end it")
    row = session.get(SubscriptionRow, subscription_id)
    if row is None or row.state == SubscriptionState.ENDED:
        return False
    changed = choose_again(row, choice, session.get_one(SubscriberRow, row.subscriber_id), now)
    session.flush()
    return changed


def set_note(session: Session, subscription_id: int, text: str | None) -> bool:
    """Keep what the person wrote for themselves, on one line; nothing takes it away. Returns whether it is different."""
    note = None if text is None else people.one_line(text)
    if note is not None and len(note) > LONGEST_NOTE:
        raise InputError(f"A note has at most {LONGEST_NOTE} characters; this one has {len(note)}")
    row = session.get(SubscriptionRow, subscription_id)
    if row is None or row.state == SubscriptionState.ENDED or row.note == (note or None):
        return False
    row.note = note or None
    session.flush()
    return True


def set_person(session: Session, subscriber_id: int, wishes: people.Wishes, now: datetime) -> bool:
    """Take over how somebody wants to be written to; returns whether anything is different now. Raises InputError."""
    if wishes.time_zone is not None:
        zone(wishes.time_zone)
    if wishes.language is not None and not is_language(wishes.language):
        raise InputError(f"That is not a language: give one such as {any_of()}")
    if wishes.hour is not None and wishes.hour not in range(24):
        raise InputError("An hour of the day is a number from 0 to 23")
    if wishes.weekday is not None and wishes.weekday not in range(7):
        raise InputError("A weekday is a number from 0, Monday, to 6")
    return speak_to(session, session.get_one(SubscriberRow, subscriber_id), wishes, now)


# --- by the form of a stranger -----------------------------------------------------------------------------------


def ask(
    session: Session,
    person: people.Person,
    wanted: Sequence[people.Wanted],
    *,
    choice: people.Choice,
    now: datetime,
    domain: str,
    suppression_key: bytes,
    language: str = "en",
) -> None:
    """Ask the owner of an address, by mail, whether they want to follow these things. language: of the form.

    Whoever follows something already keeps their language and all that they chose, for nobody knows yet who typed
    their address. Whoever follows all of it already gets the link to their choices. After a complaint nothing is sent, nor to the fourth new address that a day
    brings of one mailbox.
    """
    reason = suppression.reason_of(session, suppression_key, person.address.key)
    row = people.find(session, person.address)
    if row is None:  # twenty plus-addresses must not get one mailbox twenty mails
        mailbox, day = mailbox_hash(person.address, suppression_key), timedelta(days=1)
        if not sharing.take(session, "mailbox", mailbox, most=NEW_OF_A_MAILBOX, within=day, now=now):
            return
    settled = row is not None and bool(_going(session, row.id or 0))
    there = [None if row is None else live(session, row.id or 0, topic) for topic in wanted]
    new = [
        topic
        for topic, its in zip(wanted, there, strict=True)
        if reason is not None or its is None or its.state == SubscriptionState.PENDING
    ]
    if not new and row is not None and row.id is not None:
        transactional.send_link(session, LetterKind.PREFERENCES, row.id, now, domain)
        return
    add(
        session,
        people.Person(person.address) if settled else person,
        new,
        choice=choice,
        consent=replace(BY_FORM, language=language),
        now=now,
        domain=domain,
        suppression_key=suppression_key,
    )
    _wait_anew(session, person.address, now)


def mailbox_hash(who: people.Address, key: bytes) -> str:
    """What stands for the mailbox behind an address where it must not be kept: all its plus-addresses are one."""
    return suppression.address_hash(key, mailbox_of(who.key))


def is_heard_of(session: Session, who: people.Address) -> bool:
    """Whether the owner of this address follows something, and so has told us that it is theirs."""
    row = people.find(session, who)
    return row is not None and bool(_going(session, row.id or 0))


def _wait_anew(session: Session, who: people.Address, now: datetime) -> None:
    """The time within which all that waits must be confirmed begins anew, for a new mail asks for all of it."""
    row = people.find(session, who)
    if row is not None:
        waits = subscriptions.c.state == SubscriptionState.PENDING
        theirs = update(subscriptions).where(subscriptions.c.subscriber_id == row.id, waits)
        session.execute(theirs.values(created_at=now))


def ask_again(session: Session, subscription_ids: Sequence[int], now: datetime, domain: str) -> bool:
    """A fresh confirmation mail for what still waits of these; False where nothing does."""
    waiting = select(subscriptions.c.subscriber_id).where(
        subscriptions.c.id.in_(list(subscription_ids)), subscriptions.c.state == SubscriptionState.PENDING
    )
    subscriber_id = session.execute(waiting.limit(1)).scalar_one_or_none()
    if subscriber_id is None:
        return False
    row = session.get_one(SubscriberRow, subscriber_id)
    _wait_anew(session, people.Address(row.email, row.email_key), now)
    transactional.ask_to_confirm(session, subscriber_id, now, domain)
    return True


def send_choices(
    session: Session, who: people.Address, now: datetime, domain: str, suppression_key: bytes
) -> None:
    """Mail the link to their choices to somebody who is known here; nothing after a complaint."""
    row = people.find(session, who)
    if row is None or row.id is None:
        return
    if suppression.reason_of(session, suppression_key, who.key) is None:
        transactional.send_link(session, LetterKind.PREFERENCES, row.id, now, domain)


def send_contacts(
    session: Session, who: people.Address, nct_id: str, now: datetime, domain: str, suppression_key: bytes
) -> int | None:
    """Mail the link to a study's contacts; who is not known yet is kept for it, and follows nothing by it.

    Returns the person's id; None for an address that is not mailed, whatever the reason.
    """
    if suppression.reason_of(session, suppression_key, who.key) is not None:
        return None
    row = the_person(session, people.Person(who), now)
    assert row.id is not None
    transactional.send_link(session, LetterKind.CONTACTS, row.id, now, domain, about=nct_id)
    return row.id


# --- the address changes ---------------------------------------------------------------------------------------------


#: What of a person goes along to another address.
_OF_PERSON = (
    "language", "time_zone", "digest_hour", "digest_weekday", "near", "near_lat", "near_lon", "near_km", "near_lon_km",
    "title_in_subject", "discreet", "still_watching",
)  # fmt: skip
_OF_SUBSCRIPTION = (
    "nct_id", "condition_id", "every", "lightest_rank", "groups", "narrow", "countries", "not_words", "next_digest_at", "note",
)  # fmt: skip


def change_address(
    session: Session,
    subscriber_id: int,
    new: people.Address,
    now: datetime,
    *,
    consent: people.Consent | None = None,
    suppression_key: bytes | None = None,
) -> bool:
    """Mail this person at another address from now on; returns whether it is another one.

    `consent` is kept with all that they follow: who changed the address, and how the person asked for it. Every link
    to their choices that went to the old address stops working. Raises InputError where somebody else is known by the
    new address, and where mail to it is stopped, which is found by `suppression_key`.
    """
    row = _locked(session, subscriber_id)
    _refuse_taken(session, new, but=subscriber_id)
    _refuse_suppressed(session, new, suppression_key)
    is_another: bool = row.email_key != new.key
    row.email, row.email_key = new.typed, new.key
    if is_another:
        row.generation += 1
        if consent is not None:
            for subscription in _going(session, subscriber_id):
                people.keep_consent(session, subscription, consent, now)
    session.flush()
    return is_another


def ask_to_move(
    session: Session,
    subscriber_id: int,
    new: people.Address,
    now: datetime,
    *,
    consent: people.Consent,
    domain: str,
    suppression_key: bytes | None = None,
) -> int:
    """Ask at another address whether this person's mails shall go there; returns how much is followed.

    Until somebody confirms there, the mails go to the old address; then what is followed there ends, and all that it
    was still to be told goes along. Raises InputError as `change_address` does, and where the two are one address.
    """
    person = _locked(session, subscriber_id)
    if person.email_key == new.key:
        raise InputError("That is the address already: there is nothing to move")
    _refuse_taken(session, new)
    _refuse_suppressed(session, new, suppression_key)
    going = _going(session, subscriber_id)
    if not going:
        return 0
    same = {name: getattr(person, name) for name in _OF_PERSON}
    mover = SubscriberRow(email=new.typed, email_key=new.key, silent_since=now, created_at=now, **same)
    session.add(mover)
    session.flush()
    for old in going:
        row = SubscriptionRow(
            subscriber_id=mover.id or 0,
            state=SubscriptionState.PENDING,
            replaces=old.id,
            created_at=now,
            **{name: getattr(old, name) for name in _OF_SUBSCRIPTION},
        )
        session.add(row)
        session.flush()
        people.keep_consent(session, row, consent, now)
    transactional.ask_to_confirm(session, mover.id or 0, now, domain)
    return len(going)


def _locked(session: Session, subscriber_id: int) -> SubscriberRow:
    person = select(SubscriberRow).where(subscribers.c.id == subscriber_id).with_for_update()
    row: SubscriberRow = session.execute(person).scalar_one()
    return row


def _going(session: Session, subscriber_id: int) -> Sequence[SubscriptionRow]:
    rows = select(SubscriptionRow).where(
        subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.state.in_(FOLLOWED)
    )
    return session.execute(rows.order_by(subscriptions.c.id)).scalars().all()


def _refuse_taken(session: Session, new: people.Address, *, but: int | None = None) -> None:
    other = people.find(session, new)
    if other is not None and other.id != but:
        raise InputError(
            "Somebody is known by the new address already, or was asked there: erase the one that is not needed"
        )


def _refuse_suppressed(session: Session, new: people.Address, suppression_key: bytes | None) -> None:
    """Moving to an address never lifts that mail to it is stopped (S24)."""
    if (reason := suppression.reason_of(session, suppression_key, new.key)) is not None:
        raise InputError(
            f"Mail to the new address is stopped ({reason.value}): nothing was changed; see `notifier subscribers lift`"
        )
