"""What is deleted after which time, by a clock that the tests move. On both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from notifier.domain.letter import LetterKind
from notifier.errors import StoreError
from notifier.storage import notices, retention, subscribers, suppression
from notifier.storage.engine import sharing
from notifier.storage.models import (
    AuditRow,
    BounceRow,
    ConsentRow,
    MessageRow,
    SubscriberRow,
    SubscriptionRow,
    SuppressionRow,
    TallyRow,
)
from notifier.storage.models.states import EndedReason, Every, MessageState, NoticeState, Suppressed
from notifier.storage.retention import (
    ADDRESS_AFTER_END,
    ASKED_FOR,
    AUDIT_FOR,
    HISTORY_FOR,
    TALLIES_FOR,
    UNCONFIRMED_FOR,
    clean_up,
)
from tests.factories import A, B
from tests.store_factories import a_study, assembled, at, claimed, follow, mails, news, settled, sign_up, told

JANE, JOHN = "jane@example.org", "john@example.org"
SECOND = timedelta(seconds=1)


def emails(database):
    with database.reading() as session:
        return session.execute(select(SubscriberRow.email).order_by(SubscriberRow.id)).scalars().all()


def count(database, table):
    with database.reading() as session:
        return len(session.execute(select(table)).all())


def holds(database, words):
    """Whether any cell of any table has these words."""
    with database.reading() as session:
        from notifier.storage.engine import metadata

        cells = [
            str(row)
            for name in metadata().tables
            for row in session.execute(text(f'SELECT * FROM "{name}"')).all()
        ]
    return any(words in cell for cell in cells)


def everybody(session):
    return list(subscribers.followed(session))


def test_a_sign_up_that_nobody_confirms_is_deleted_with_its_address_after_seven_days(database, clock):
    at(database, sign_up, clock.now(), JANE, A)
    clean_up(database, clock.now() + UNCONFIRMED_FOR)
    assert (emails(database), count(database, SubscriptionRow)) == ([JANE], 1)
    clean_up(database, clock.now() + UNCONFIRMED_FOR + SECOND)
    assert (count(database, SubscriptionRow), count(database, ConsentRow)) == (0, 0)
    assert not holds(database, "jane")


def test_what_was_confirmed_stays(database, clock):
    at(database, sign_up, clock.now(), JANE, A, B)
    at(database, subscribers.confirm, [1], clock.now())
    clean_up(database, clock.now() + UNCONFIRMED_FOR + SECOND)
    assert (emails(database), count(database, SubscriptionRow), count(database, ConsentRow)) == ([JANE], 1, 1)


def test_an_address_is_wiped_four_weeks_after_the_last_subscription_ended(database, clock):
    at(database, follow, clock.now(), JANE, A, B)
    at(database, follow, clock.now(), JOHN, A)
    at(database, subscribers.end, [1], EndedReason.UNSUBSCRIBED, clock.now())
    clean_up(database, clock.now() + ADDRESS_AFTER_END + SECOND)
    assert emails(database) == [JANE, JOHN]
    ended = clock.now() + ADDRESS_AFTER_END
    at(database, subscribers.end, [2], EndedReason.UNSUBSCRIBED, ended)
    clean_up(database, ended + ADDRESS_AFTER_END)
    assert emails(database) == [JANE, JOHN]
    clean_up(database, ended + ADDRESS_AFTER_END + SECOND)
    assert emails(database) == ["", JOHN]
    assert not holds(database, "jane")


def test_several_people_can_be_wiped_and_old_links_still_find_their_rows(database, clock):
    for who in (JANE, JOHN):
        at(database, follow, clock.now(), who, A)
    at(database, subscribers.end, [1, 2], EndedReason.UNSUBSCRIBED, clock.now())
    for _ in range(2):
        clean_up(database, clock.now() + ADDRESS_AFTER_END + SECOND)
    assert emails(database) == ["", ""]
    assert at(database, subscribers.named, [1]).email is None
    assert at(database, subscribers.end, [1], EndedReason.UNSUBSCRIBED, clock.now()) == 0
    assert at(database, everybody) == []


def test_who_comes_back_after_being_wiped_is_somebody_new(database, clock):
    at(database, follow, clock.now(), JANE, A)
    at(database, subscribers.end, [1], EndedReason.UNSUBSCRIBED, clock.now())
    clean_up(database, clock.now() + ADDRESS_AFTER_END + SECOND)
    at(database, follow, clock.now() + ADDRESS_AFTER_END, JANE, A)
    assert emails(database) == ["", JANE]


def test_the_mails_of_who_stays_are_not_touched(database, clock):
    at(database, a_study, clock.now())
    at(database, follow, clock.now(), JANE, A)
    at(database, news, clock.now())
    assembled(database, clock.now())
    (message_id,) = claimed(database, clock.now())
    settled(database, clock.now(), message_id, "sent")
    before = mails(database)
    clean_up(database, clock.now() + timedelta(days=1))
    assert mails(database) == before


def test_a_confirmation_mail_that_waits_for_a_deleted_sign_up_is_not_sent(database, clock):
    from notifier.storage import letters

    at(database, sign_up, clock.now(), JANE, A)
    later = clock.now() + UNCONFIRMED_FOR + SECOND
    clean_up(database, later)
    (message_id,) = claimed(database, later)
    assert at(database, letters.compose, message_id, later) is None


def only_asked(session, now, who, asked):
    """Somebody who asked for a link and follows nothing, and the mail that it went in."""
    person = SubscriberRow(email=who, email_key=who, silent_since=now, created_at=now)
    session.add(person)
    session.flush()
    session.add(
        MessageRow(
            subscriber_id=person.id,
            kind=LetterKind.CONFIRMATION,
            state=MessageState.SENT,
            rfc_message_id=f"<{person.id}@here>",
            created_at=asked,
            due_at=asked,
        )
    )


def test_who_only_asked_for_a_link_is_wiped_a_week_after_the_last_time(database, clock):
    asked = clock.now() + timedelta(days=3)
    at(database, only_asked, clock.now(), JANE, asked)
    clean_up(database, asked + ASKED_FOR)
    assert emails(database) == [JANE]
    clean_up(database, asked + ASKED_FOR + SECOND)
    assert emails(database) == [""]
    assert not holds(database, JANE)


def test_what_a_person_wrote_of_themselves_goes_with_their_address(database, clock):
    at(database, follow, clock.now(), JANE, A)
    circle = {"near": "Aarhus", "near_lat": 56.2, "near_lon": 10.2, "near_km": 100, "near_lon_km": 61.9}
    with database.transaction() as session:
        session.get_one(SubscriptionRow, 1).note = "for my sister"
        session.get_one(SubscriberRow, 1).sqlmodel_update(circle)
    at(database, subscribers.end, [1], EndedReason.UNSUBSCRIBED, clock.now())
    clean_up(database, clock.now() + ADDRESS_AFTER_END + SECOND)
    with database.reading() as session:
        row = session.get_one(SubscriberRow, 1)
        assert {name: getattr(row, name) for name in circle} == dict.fromkeys(circle)
        assert session.get_one(SubscriptionRow, 1).note is None


def test_a_mail_kept_for_the_counts_names_neither_the_study_nor_the_address_of_who_left(database, clock):
    a_told_change(database, clock)
    with database.transaction() as session:
        mail = session.get_one(MessageRow, 1)
        mail.subject, mail.reply = "A study of breathing: it opened", f"250 <{JANE}> ok"
    at(database, subscribers.end, [1], EndedReason.UNSUBSCRIBED, clock.now())
    clean_up(database, clock.now() + ADDRESS_AFTER_END + SECOND)
    assert [mail.state for mail in mails(database)] == [MessageState.SENT]
    assert not holds(database, JANE)
    assert not holds(database, "breathing")


def a_told_change(database, clock):
    """Jane was told of a change of the study that she follows."""
    at(database, a_study, clock.now())
    at(database, follow, clock.now(), JANE, A, every=Every.IMMEDIATE)
    at(database, news, clock.now())
    assembled(database, clock.now())
    (message_id,) = claimed(database, clock.now())
    settled(database, clock.now(), message_id, "sent")


def test_a_mail_is_forgotten_after_a_year_and_what_it_told_is_never_told_again(database, clock):
    a_told_change(database, clock)
    clean_up(database, clock.now() + HISTORY_FOR)
    assert len(mails(database)) == 1
    later = clock.now() + HISTORY_FOR + SECOND
    clean_up(database, later)
    assert mails(database) == []
    (notice,) = told(database)
    assert (notice.state, notice.message_id) == (NoticeState.IN_MESSAGE, None)
    with pytest.raises(StoreError):  # the pair is there, so the same pass cannot tell it again
        at(database, notices.make, 1, later)
    assembled(database, later)
    assert [mail.kind for mail in mails(database)] == [LetterKind.STILL_WATCHING]


def test_a_mail_that_was_never_settled_is_kept_however_old(database, clock):
    at(database, a_study, clock.now())
    at(database, follow, clock.now(), JANE, A, every=Every.IMMEDIATE)
    at(database, news, clock.now())
    assembled(database, clock.now())
    clean_up(database, clock.now() + 2 * HISTORY_FOR)
    assert [mail.state for mail in mails(database)] == [MessageState.DUE]


def test_what_was_told_to_somebody_who_left_is_forgotten_a_year_later(database, clock):
    a_told_change(database, clock)
    left = clock.now() + timedelta(days=10)
    at(database, subscribers.end, [1], EndedReason.UNSUBSCRIBED, left)
    clean_up(database, left + HISTORY_FOR)
    assert len(told(database)) == 1
    clean_up(database, left + HISTORY_FOR + SECOND)
    assert told(database) == []
    assert count(database, SubscriptionRow) == 1  # an old link still finds it


def test_what_came_back_is_forgotten_after_a_year_and_the_suppression_is_not(database, clock):
    with database.transaction() as session:
        came = {"address_hash": "f" * 64, "hard": True, "reason": "unknown user", "came_at": clock.now()}
        session.add(BounceRow(report="r" * 64, **came))
        suppression.suppress(session, "f" * 64, Suppressed.DEAD, clock.now())
    clean_up(database, clock.now() + HISTORY_FOR)
    assert count(database, BounceRow) == 1
    clean_up(database, clock.now() + 10 * HISTORY_FOR)
    assert (count(database, BounceRow), count(database, SuppressionRow)) == (0, 1)


def test_counts_of_visitors_are_forgotten_after_two_days_and_the_audit_after_two_years(database, clock):
    with database.transaction() as session:
        sharing.take(session, "form", "a hash", most=1, within=timedelta(hours=1), now=clock.now())
        session.add(AuditRow(at=clock.now(), actor="admin", command="erase"))
    clean_up(database, clock.now() + TALLIES_FOR)
    assert (count(database, TallyRow), count(database, AuditRow)) == (1, 1)
    clean_up(database, clock.now() + TALLIES_FOR + SECOND)
    assert (count(database, TallyRow), count(database, AuditRow)) == (0, 1)
    clean_up(database, clock.now() + AUDIT_FOR + SECOND)
    assert count(database, AuditRow) == 0


def test_much_is_deleted_in_batches_that_let_others_write_in_between(database, clock, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    with database.transaction() as session:
        for number in range(5):
            only_asked(session, clock.now(), f"p{number}@example.org", clock.now())
    moves = []
    clean_up(database, clock.now() + HISTORY_FOR + SECOND, lambda: moves.append(len(moves)))
    assert (set(emails(database)), mails(database)) == ({""}, [])
    assert len(moves) == 3 + 3 + 1 + 1 + 1
