"""What is looked at again right before a mail goes: whether its letter still says what is so. On both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from notifier.domain.letter import LetterKind
from notifier.storage import letters, subscribers
from notifier.storage.models import EndedReason, MessageRow, SubscriberRow, messages, notices
from notifier.storage.outbox import claims
from tests.factories import ME, A, B, C
from tests.store_factories import a_change, a_mark, a_study, assembled, claimed, follow, news, sign_up

JANE = "jane@example.org"
D = "NCT90000004"


@pytest.fixture
def sent_soon(database, clock):
    """A composed letter of Jane's about two studies: its message's id, the letter, its row, and her subscriptions."""
    with database.transaction() as session:
        for nct_id in (A, B):
            a_study(session, clock.now(), nct_id)
        ids = follow(session, clock.now(), JANE, A, B)
        for nct_id in (A, B):
            news(session, clock.now(), a_change(), nct_id=nct_id)
    assembled(database, clock.now())
    (message_id,) = claimed(database, clock.now())
    with database.transaction() as session:
        (row,) = claims.ours(session, [message_id], ME)
        return message_id, letters.compose(session, message_id, clock.now()), row, ids


def may_go(database, now, message_id, letter, row=None, owner=ME):
    """row: of the message, as it was when its letter was composed."""
    with database.transaction() as session:
        if letter.kind is not LetterKind.UPDATE:
            return letters.same_still(session, {message_id: letter}, now) == {message_id}
        told = [reason.subscription_id for reason in letter.reasons]
        return claims.mark(session, [a_mark(row, told)], now, owner=owner) == {message_id}


def write(database, table, **columns):
    with database.transaction() as session:
        session.execute(update(table).values(columns))


def test_a_letter_of_which_nothing_changed_may_go(database, clock, sent_soon):
    message_id, letter, row, _ = sent_soon
    assert may_go(database, clock.now(), message_id, letter, row)


def test_a_letter_may_not_go_when_one_of_its_subscriptions_has_ended(database, clock, sent_soon):
    message_id, letter, row, ids = sent_soon
    with database.transaction() as session:
        subscribers.end(session, [ids[1]], EndedReason.UNSUBSCRIBED, clock.now())
    assert not may_go(database, clock.now(), message_id, letter, row)


def test_a_letter_may_not_go_in_a_pause_unless_it_may_have_arrived(database, clock, sent_soon):
    message_id, letter, row, ids = sent_soon
    with database.transaction() as session:
        subscribers.pause(session, ids, clock.now() + timedelta(days=9), clock.now())
    write(database, notices, state="in_message", message_id=message_id)
    assert not may_go(database, clock.now(), message_id, letter, row)
    write(database, messages, unsure=1)
    assert may_go(database, clock.now(), message_id, letter, row)


def test_a_letter_may_not_go_to_an_address_that_was_changed(database, clock, sent_soon):
    message_id, letter, row, _ = sent_soon
    with database.transaction() as session:
        person = session.get_one(SubscriberRow, session.get_one(MessageRow, message_id).subscriber_id)
        person.email = person.email_key = "jane@example.net"
    assert not may_go(database, clock.now(), message_id, letter, row)


def test_a_letter_may_not_go_when_what_it_tells_was_taken_back(database, clock, sent_soon):
    message_id, letter, row, _ = sent_soon
    write(database, notices, state="cancelled")
    assert not may_go(database, clock.now(), message_id, letter, row)


def test_a_mail_that_another_worker_has_now_may_not_go(database, clock, sent_soon):
    message_id, letter, row, _ = sent_soon
    assert not may_go(database, clock.now(), message_id, letter, row, owner="somebody else:1")


def test_any_other_letter_may_go_only_if_it_would_be_composed_the_same(database, clock):
    with database.transaction() as session:
        a_study(session, clock.now(), A)
        sign_up(session, clock.now(), JANE, A)
    (message_id,) = claimed(database, clock.now())
    with database.transaction() as session:
        letter = letters.compose(session, message_id, clock.now())
    assert letter.kind is LetterKind.CONFIRMATION
    assert may_go(database, clock.now(), message_id, letter)
    assert not may_go(database, clock.now(), message_id, replace(letter, language="da"))


def test_a_letter_may_not_go_when_another_subscription_has_taken_over_what_it_tells(
    database, clock, sent_soon
):
    # Two studies were joined meanwhile: as many subscriptions as before are behind it, and one of them has ended.
    message_id, letter, row, _ = sent_soon
    with database.transaction() as session:
        a_study(session, clock.now(), C)
        follow(session, clock.now(), JANE, C)
        subscribers.follow_alias(session, A, C, clock.now())
    assert not may_go(database, clock.now(), message_id, letter, row)


def test_a_letter_may_not_go_when_others_that_add_up_to_the_same_have_taken_over_what_it_tells(
    database, clock
):
    with database.transaction() as session:
        for nct_id in (A, B, C, D):
            a_study(session, clock.now(), nct_id)
        # One after the other, so that the ids of the first and the last add up to those of the two between.
        for nct_id in (A, C, D, B):
            ids = follow(session, clock.now(), JANE, nct_id)
        assert ids[0] + ids[3] == ids[1] + ids[2]
        for nct_id in (A, B):
            news(session, clock.now(), a_change(), nct_id=nct_id)
    assembled(database, clock.now())
    (message_id,) = claimed(database, clock.now())
    with database.transaction() as session:
        (row,) = claims.ours(session, [message_id], ME)
        letter = letters.compose(session, message_id, clock.now())
    assert [reason.subscription_id for reason in letter.reasons] == [ids[0], ids[3]]
    with database.transaction() as session:
        subscribers.follow_alias(session, A, C, clock.now())
        subscribers.follow_alias(session, B, D, clock.now())
    assert not may_go(database, clock.now(), message_id, letter, row)


@pytest.mark.parametrize(("others", "goes"), [((), True), ((0,), False), ((1000,), False)])
def test_a_letter_goes_for_exactly_those_that_it_was_composed_for(database, clock, sent_soon, others, goes):
    """Neither one fewer than are told of it, nor one more, whose id may begin or end as theirs."""
    message_id, letter, row, ids = sent_soon
    told = [reason.subscription_id for reason in letter.reasons]
    with database.transaction() as session:
        others = [ids[0] * 10 + each for each in others]
        assert claims.mark(session, [a_mark(row, told[1:])], clock.now(), owner=ME) == set()
        assert (
            claims.mark(session, [a_mark(row, told + others)], clock.now(), owner=ME) == {message_id}
        ) is goes
        assert claims.mark(session, [a_mark(row, [])], clock.now(), owner=ME) == set()
