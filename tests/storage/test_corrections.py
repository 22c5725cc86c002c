"""What we told wrong and put right: which letter it is, and who still gets it. On both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from notifier.domain.changes import Kind, Weight
from notifier.domain.letter import LetterKind
from notifier.storage import letters, subscribers
from notifier.storage.models import CorrectionRow, MessageRow, changes, subscriptions
from notifier.storage.models.states import EndedReason, MessageState, SubscriptionState
from notifier.storage.outbox import assembly
from tests.factories import A, B
from tests.store_factories import (
    a_change,
    a_study,
    assembled,
    at,
    claimed,
    filled_once,
    follow,
    mails,
    news,
    settled,
)

JANE = "jane@example.org"
DAY = timedelta(days=1)
WRONG = a_change(Kind.STATUS_STOPPED, before="RECRUITING", after="TERMINATED")


@pytest.fixture
@filled_once
def store(database, clock):
    """Jane was told of two studies in one mail."""
    with database.transaction() as session:
        for nct_id in (A, B):
            a_study(session, clock.now(), nct_id)
        follow(session, clock.now(), JANE, A, B)
        news(session, clock.now(), WRONG, nct_id=A)
        news(session, clock.now(), a_change(weight=Weight.NOTABLE), nct_id=B)
        session.execute(update(changes).values(alone=False))
    assembled(database, clock.now())
    (message_id,) = claimed(database, clock.now())
    at(database, letters.compose, message_id, clock.now())
    settled(database, clock.now(), message_id, "sent")
    return database


def corrected(database, now, nct_id=A):
    """The letter that puts the wrong mail right."""
    wrong = mails(database)[0]
    with database.transaction() as session:
        row = CorrectionRow(nct_id=nct_id, text="It goes on.", actor="an admin", created_at=now)
        session.add(row)
        session.flush()
        mail = MessageRow(
            subscriber_id=wrong.subscriber_id,
            kind=LetterKind.CORRECTION,
            state=MessageState.DUE,
            correction_id=row.id,
            corrects_id=wrong.id,
            rfc_message_id=assembly.new_message_id("example.org"),
            created_at=now,
            due_at=now,
        )
        session.add(mail)
        session.flush()
        return letters.compose(session, mail.id, now)


def test_a_correction_says_what_is_right_and_what_the_wrong_mail_told(store, clock):
    letter = corrected(store, clock.now() + DAY)
    assert (letter.kind, letter.recipient) == (LetterKind.CORRECTION, JANE)
    assert (letter.correction.text, letter.correction.mailed_at) == ("It goes on.", clock.now())
    (entry,) = letter.entries
    assert (entry.study.nct_id, [each.change for each in entry.told]) == (A, [WRONG])
    assert [reason.label for reason in letter.reasons] == [A]


def test_a_correction_of_no_study_in_particular_is_of_the_whole_mail(store, clock):
    letter = corrected(store, clock.now() + DAY, nct_id=None)
    assert [entry.study.nct_id for entry in letter.entries] == [A, B]
    assert [reason.label for reason in letter.reasons] == [A, B]


@pytest.mark.parametrize("why", [EndedReason.UNSUBSCRIBED, EndedReason.ADMIN, EndedReason.COMPLAINT])
def test_who_left_since_gets_no_correction(store, clock, why):
    at(store, subscribers.end, [1], why, clock.now())
    assert corrected(store, clock.now() + DAY) is None


def test_whose_follow_the_registry_merged_gets_the_correction(store, clock):
    at(store, subscribers.end, [1], EndedReason.MERGED, clock.now())
    assert [reason.label for reason in corrected(store, clock.now() + DAY).reasons] == [A]


def test_a_pause_keeps_news_away_but_no_correction(store, clock):
    with store.transaction() as session:
        session.execute(update(subscriptions).values(state=SubscriptionState.PAUSED))
    assert corrected(store, clock.now() + DAY) is not None


def test_a_correction_ends_nothing_and_is_no_news(store, clock):
    with store.transaction() as session:
        session.execute(update(changes).values(kind=Kind.LEFT_REGISTRY, after=None))
    letter = corrected(store, clock.now() + DAY)
    assert letter.entries[0].ending is None
    at(store, letters.after_sending, [(letter, [])], clock.now() + DAY)
    with store.reading() as session:
        assert set(session.execute(subscriptions.select()).scalars()) == {1, 2}
        assert {row.state for row in session.execute(subscriptions.select())} == {SubscriptionState.ACTIVE}
