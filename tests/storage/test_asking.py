"""Mails that answer what somebody did on a page: who gets one, how often, and what is in it. On both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from notifier.domain.letter import LetterKind
from notifier.storage import letters, subscribers, suppression
from notifier.storage.models import MessageRow, SubscriberRow, subscriptions
from notifier.storage.models.states import EndedReason, MessageState, Suppressed
from notifier.storage.outbox import claims, transactional
from notifier.storage.outbox.transactional import LINKS_A_DAY
from notifier.storage.subscribers import address
from tests.factories import DOMAIN, ME, A, B, C
from tests.store_factories import a_mark, a_study, at, claimed, filled_once, follow, mails, settled, sign_up

JANE, JOHN = "jane@example.org", "john@example.org"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PREFERENCES, CONTACTS, WELCOME = LetterKind.PREFERENCES, LetterKind.CONTACTS, LetterKind.WELCOME
KEY = b"a key of the suppression list"


@pytest.fixture
@filled_once
def store(database, clock):
    with database.transaction() as session:
        for nct_id in (A, B, C):
            a_study(session, clock.now(), nct_id)
        follow(session, clock.now(), JANE, A, "knee pain")
        follow(session, clock.now(), JOHN, A)
    return database


def link(database, now, kind=PREFERENCES, person=1, **choice):
    return at(database, transactional.send_link, kind, person, now, DOMAIN, **choice)


def sent(database, now):
    """All that is due goes; returns how many."""
    batch = claimed(database, now)
    for message_id in batch:
        settled(database, now, message_id, "sent")
    return len(batch)


def composed(database, now):
    """What is due, claimed, as letters; None where there is nothing to say."""
    return [at(database, letters.compose, message_id, now) for message_id in claimed(database, now)]


def confirmed(database, now, who, *topics):
    """Sign up and confirm; returns the ids that the press made active."""
    at(database, sign_up, now, who, *topics)
    with database.transaction() as session:
        person = subscribers.find(session, address(who))
        waiting = list(subscribers.pending_of(session, person.id))
        subscribers.confirm(session, waiting, now)
        return waiting


# --- links ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "about"), [(PREFERENCES, None), (CONTACTS, A)])
def test_a_link_that_somebody_asked_for_goes_at_once(store, clock, kind, about):
    assert link(store, clock.now(), kind, about=about)
    (mail,) = mails(store)
    assert (mail.kind, mail.about, mail.state, mail.due_at) == (kind, about, MessageState.DUE, clock.now())
    assert claimed(store, clock.now()) == [mail.id]


def test_a_link_that_is_on_its_way_is_not_sent_again_however_long_it_takes(store, clock):
    assert link(store, clock.now())
    assert not link(store, clock.now() + DAY)
    claimed(store, clock.now() + DAY)
    assert not link(store, clock.now() + DAY + HOUR)
    assert len(mails(store)) == 1


def test_after_an_hour_a_link_can_be_asked_for_again(store, clock):
    assert link(store, clock.now())
    sent(store, clock.now())
    assert not link(store, clock.now() + HOUR - timedelta(seconds=1))
    assert link(store, clock.now() + HOUR)


def test_each_kind_study_and_person_has_its_own_limit(store, clock):
    now = clock.now()
    assert all([link(store, now), link(store, now, CONTACTS, about=A), link(store, now, CONTACTS, about=B)])
    assert link(store, now, person=2)
    assert not any([link(store, now), link(store, now, CONTACTS, about=B)])


def test_a_link_that_never_went_does_not_count(store, clock):
    link(store, clock.now())
    with store.transaction() as session:
        session.execute(update(MessageRow).values(state=MessageState.CANCELLED))
    assert link(store, clock.now())


def test_the_link_to_what_one_chose_names_person_and_generation_and_nothing_followed(store, clock):
    with store.transaction() as session:
        session.get_one(SubscriberRow, 1).generation = 3
    link(store, clock.now())
    (letter,) = composed(store, clock.now())
    assert (letter.kind, letter.recipient, letter.link) == (PREFERENCES, JANE, (1, 3))
    assert (letter.reasons, letter.entries) == ((), ())


def test_the_link_to_contacts_names_the_mail_alone(store, clock):
    link(store, clock.now(), CONTACTS, about=A)
    (letter,) = composed(store, clock.now())
    assert (letter.kind, letter.link) == (CONTACTS, (mails(store)[0].id,))
    assert (letter.reasons, letter.entries) == ((), ())


@pytest.mark.parametrize(("kind", "hours"), [(PREFERENCES, 24), (CONTACTS, 48)])
def test_a_link_that_could_not_be_sent_in_its_time_is_not_sent(store, clock, kind, hours):
    link(store, clock.now(), kind, about=A)
    (message_id,) = claimed(store, clock.now())
    assert at(store, letters.compose, message_id, clock.now() + hours * HOUR - timedelta(seconds=1))
    assert at(store, letters.compose, message_id, clock.now() + hours * HOUR) is None


@pytest.mark.parametrize("kind", [PREFERENCES, CONTACTS])
def test_nobody_is_mailed_who_was_forgotten_meanwhile(store, clock, kind):
    link(store, clock.now(), kind)
    with store.transaction() as session:
        session.execute(
            update(SubscriberRow).where(SubscriberRow.id == 1).values(email="", email_key="wiped:1")
        )
    assert composed(store, clock.now()) == [None]


@pytest.mark.parametrize("kind", [PREFERENCES, CONTACTS])
@pytest.mark.parametrize(
    ("why", "stopped"),
    [
        (Suppressed.DEAD, False),
        (Suppressed.FULL, False),
        (Suppressed.COMPLAINT, True),
        (Suppressed.ADMIN, True),
    ],
)
def test_a_link_is_tried_where_mail_came_back_and_not_after_a_complaint(store, clock, kind, why, stopped):
    link(store, clock.now(), kind)
    with store.transaction() as session:
        suppression.suppress(session, suppression.address_hash(KEY, JANE), why, clock.now())
        rows = session.execute(claims.with_people([mails(store)[0].id])).all()
        hashed = suppression.address_hash(KEY, JANE)
        assert bool(suppression.stopped(session, {rows[0].id: hashed}, rows)) is stopped
        # And the same once more, right before it goes.
        (mine,) = claims.ours(session, claims.claim(session, clock.now(), ME, 1), ME)
        may_go = claims.mark(session, [a_mark(mine)._replace(address_hash=hashed)], clock.now(), owner=ME)
        assert bool(may_go) is not stopped


# --- welcome ----------------------------------------------------------------------------------------------------


def test_a_welcome_tells_of_what_was_just_confirmed_and_of_what_was_agreed_to(store, clock):
    ids = confirmed(store, clock.now() + DAY, JANE, B, "tea")
    at(store, transactional.welcome, ids, clock.now() + DAY, DOMAIN)
    letter = composed(store, clock.now() + DAY)[-1]
    assert (letter.kind, letter.recipient) == (WELCOME, JANE)
    assert [reason.label for reason in letter.reasons] == [B, "tea"]
    (agreed,) = letter.agreements
    assert (agreed.words, agreed.given_at) == (subscribers.CONSENT_WORDING, clock.now() + DAY)


def test_what_is_confirmed_while_a_welcome_waits_joins_it(store, clock):
    first = confirmed(store, clock.now(), "ann@example.org", A)
    at(store, transactional.welcome, first, clock.now(), DOMAIN)
    second = confirmed(store, clock.now(), "ann@example.org", B)
    at(store, transactional.welcome, second, clock.now(), DOMAIN)
    (mail,) = (mail for mail in mails(store) if mail.kind is WELCOME)
    letter = next(each for each in composed(store, clock.now()) if each and each.message_id == mail.id)
    assert [reason.label for reason in letter.reasons] == [A, B]


def test_a_second_welcome_does_not_repeat_the_first(store, clock):
    at(store, transactional.welcome, confirmed(store, clock.now(), JANE, B), clock.now(), DOMAIN)
    sent(store, clock.now())
    at(store, transactional.welcome, confirmed(store, clock.now() + DAY, JANE, C), clock.now() + DAY, DOMAIN)
    letter = composed(store, clock.now() + DAY)[-1]
    assert [reason.label for reason in letter.reasons] == [C]


def test_a_welcome_to_what_was_left_again_is_not_sent(store, clock):
    ids = confirmed(store, clock.now(), JANE, B, C)
    at(store, transactional.welcome, ids, clock.now(), DOMAIN)
    at(store, subscribers.end, ids[:1], EndedReason.UNSUBSCRIBED, clock.now())
    message_id = claimed(store, clock.now())[-1]
    letter = at(store, letters.compose, message_id, clock.now())
    assert [reason.label for reason in letter.reasons] == [C]
    at(store, subscribers.end, ids, EndedReason.UNSUBSCRIBED, clock.now())
    assert at(store, letters.compose, message_id, clock.now()) is None


def test_a_welcome_for_nothing_is_no_mail(store, clock):
    at(store, transactional.welcome, [], clock.now(), DOMAIN)
    assert mails(store) == []
    with store.reading() as session:
        assert set(session.execute(select(subscriptions.c.welcome_id)).scalars()) == {None}


def test_nobody_can_have_a_person_mailed_a_link_every_hour_of_the_day(store, clock):
    made = []
    for _ in range(24):
        made.append(link(store, clock.now()))
        sent(store, clock.now())
        clock.move(HOUR)
    assert made == [True] * LINKS_A_DAY + [False] * (24 - LINKS_A_DAY)
    clock.move(HOUR)
    assert link(store, clock.now())
