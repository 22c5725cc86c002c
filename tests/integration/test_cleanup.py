"""What is deleted after which time, by a clock that the tests move. On both engines."""

from datetime import timedelta

from sqlalchemy import select, text

from notifier import subscribers
from notifier.cleanup import ADDRESS_AFTER_END, UNCONFIRMED_FOR, clean_up
from notifier.tables import ConsentRow, EndedReason, SubscriberRow, SubscriptionRow
from tests.store_factories import A, B, a_study, assembled, claimed, follow, mails, news, settled, sign_up

JANE, JOHN = "jane@example.org", "john@example.org"
SECOND = timedelta(seconds=1)


def at(database, work, *arguments, **choice):
    with database.transaction() as session:
        return work(session, *arguments, **choice)


def emails(database):
    with database.reading() as session:
        return session.execute(select(SubscriberRow.email).order_by(SubscriberRow.id)).scalars().all()


def count(database, table):
    with database.reading() as session:
        return len(session.execute(select(table)).all())


def holds(database, words):
    """Whether any cell of any table has these words."""
    with database.reading() as session:
        from notifier.database import metadata

        cells = [
            str(row)
            for name in metadata().tables
            for row in session.execute(text(f'SELECT * FROM "{name}"')).all()
        ]
    return any(words in cell for cell in cells)


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
    assert at(database, subscribers.owner_of, [1]) == ""
    assert at(database, subscribers.end, [1], EndedReason.UNSUBSCRIBED, clock.now()) == 0
    assert at(database, subscribers.followed) == []


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
    from notifier import letters

    at(database, sign_up, clock.now(), JANE, A)
    later = clock.now() + UNCONFIRMED_FOR + SECOND
    clean_up(database, later)
    (message_id,) = claimed(database, later)
    assert at(database, letters.compose, message_id, later) is None
