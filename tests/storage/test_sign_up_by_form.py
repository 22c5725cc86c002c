"""What a stranger's form may do in the store: have the owner of an address asked, and change nothing that they chose."""

from datetime import timedelta

from factories import DOMAIN
from sqlalchemy import select
from store_factories import a_study, follow, mails, rows, sign_up

from notifier.storage import retention, subscribers, suppression
from notifier.storage.models import MessageRow, SubscriberRow, SubscriptionRow
from notifier.storage.models.states import Every, SubscriptionState, Suppressed
from notifier.storage.studies import snapshots
from notifier.storage.subscribers import Choice, Person, Wanted, signing_up

KEY = b"a key for tests"
A, B = "NCT90000001", "NCT90000002"
JANE = subscribers.address("jane@mail.example.org")
PENDING, ACTIVE = SubscriptionState.PENDING, SubscriptionState.ACTIVE


def ask(session, now, *topics, who=JANE, choice=None, **person):
    """A form with this address is sent."""
    signing_up.ask(
        session,
        Person(who, **person),
        [Wanted(nct_id=topic) for topic in topics],
        choice=choice or Choice(Every.WEEKLY),
        now=now,
        domain=DOMAIN,
        suppression_key=KEY,
    )


def suppress(session, now, who, reason):
    suppression.suppress(session, suppression.address_hash(KEY, who.key), reason, now)


def kinds(database):
    return [mail.kind.value for mail in mails(database)]


def test_the_mail_differs_by_what_is_known_of_the_address(database, clock):
    people = {
        name: subscribers.address(f"{name}@example.org") for name in ("new", "old", "dead", "complained")
    }
    with database.transaction() as session:
        follow(session, clock.now(), people["old"].typed, A)
        suppress(session, clock.now(), people["dead"], Suppressed.DEAD)
        suppress(session, clock.now(), people["complained"], Suppressed.COMPLAINT)
        for who in people.values():
            ask(session, clock.now(), A, who=who)
    with database.reading() as session:
        sent = select(SubscriberRow.email, MessageRow.kind).join(MessageRow)
        found = {row.email: row.kind.value for row in session.execute(sent)}
    assert found == {
        "new@example.org": "confirmation",
        "old@example.org": "preferences",
        "dead@example.org": "confirmation",
    }


def test_what_somebody_chose_is_not_changed_by_who_typed_their_address(database, clock):
    with database.transaction() as session:
        follow(session, clock.now(), JANE.typed, A)
        ask(session, clock.now(), A, B, language="de", time_zone="Asia/Tokyo")
    first, second = rows(database, SubscriptionRow)
    assert (first.state, first.every) == (ACTIVE, Every.IMMEDIATE)
    assert (second.nct_id, second.state, second.every) == (B, PENDING, Every.WEEKLY)
    [person] = rows(database, SubscriberRow)
    assert (person.language, person.time_zone) == ("en", "UTC")


def test_whoever_has_confirmed_nothing_yet_may_say_it_better(database, clock):
    with database.transaction() as session:
        ask(session, clock.now(), A)
        ask(session, clock.now(), A, language="da", choice=Choice(Every.DAILY))
    assert rows(database, SubscriberRow)[0].language == "da"
    assert [(row.every, row.state) for row in rows(database, SubscriptionRow)] == [(Every.DAILY, PENDING)]


def test_what_waits_has_a_week_from_the_last_time_it_was_asked_for(database, clock):
    with database.transaction() as session:
        ask(session, clock.now(), A)
    clock.move(timedelta(days=6))
    with database.transaction() as session:
        ask(session, clock.now(), A)
        assert retention.wipe_unconfirmed(session, clock.now() - timedelta(days=5)) == 0


def test_a_fresh_link_is_mailed_for_what_still_waits(database, clock):
    with database.transaction() as session:
        sign_up(session, clock.now(), JANE.typed, A)
        mail = session.execute(select(MessageRow)).scalar_one()
        mail.state = "sent"
    clock.move(timedelta(days=8))
    with database.transaction() as session:
        assert subscribers.ask_again(session, [1], clock.now(), DOMAIN)
        assert subscribers.ask_again(session, [1], clock.now(), DOMAIN)
        assert not subscribers.ask_again(session, [4711], clock.now(), DOMAIN)
    assert kinds(database) == ["confirmation", "confirmation"]


def test_a_link_to_choices_goes_to_who_is_known_and_not_after_a_complaint(database, clock):
    joe = subscribers.address("joe@example.org")
    with database.transaction() as session:
        follow(session, clock.now(), JANE.typed, A)
        follow(session, clock.now(), joe.typed, A)
        suppress(session, clock.now(), joe, Suppressed.COMPLAINT)
        for who in (JANE, joe, subscribers.address("nobody@example.org")):
            subscribers.send_choices(session, who, clock.now(), DOMAIN, KEY)
    assert [mail.subscriber_id for mail in mails(database)] == [1]


def test_contacts_are_mailed_to_somebody_who_follows_nothing(database, clock):
    with database.transaction() as session:
        subscribers.send_contacts(session, JANE, A, clock.now(), DOMAIN, KEY)
    assert (rows(database, SubscriptionRow), kinds(database), mails(database)[0].about) == (
        [],
        ["contacts"],
        A,
    )
    assert rows(database, SubscriberRow)[0].email == JANE.typed


def test_a_link_names_what_its_subscriptions_became(database, clock):
    with database.transaction() as session:
        for nct_id in (A, B):
            a_study(session, clock.now(), nct_id)
        [first] = follow(session, clock.now(), JANE.typed, A)
        ids = follow(session, clock.now(), JANE.typed, B)
    with database.transaction() as session:
        snapshots.mark_alias(session, A, B, clock.now())
        subscribers.follow_alias(session, A, B, clock.now())
        named = subscribers.named(session, ids, to_change=True)
        old = subscribers.named(session, [first])
    assert (named.email, len(named.live)) == (JANE.typed, 1)
    assert old.live == named.live
    with database.reading() as session:
        assert subscribers.named(session, [4711]) == subscribers.Named()


def test_twenty_plus_addresses_of_one_mailbox_get_it_few_mails(database, clock):
    with database.transaction() as session:
        for number in range(20):
            ask(session, clock.now(), A, who=subscribers.address(f"jane+{number}@example.org"))
        ask(session, clock.now(), A, who=subscribers.address("joe+trials@example.org"))
    assert len(kinds(database)) == signing_up.NEW_OF_A_MAILBOX + 1
    with database.transaction() as session:  # one who is known already is asked as ever
        ask(session, clock.now() + timedelta(days=2), A, who=subscribers.address("jane+0@example.org"))
        ask(session, clock.now() + timedelta(days=2), A, who=subscribers.address("jane+21@example.org"))
    assert len(rows(database, SubscriberRow)) == signing_up.NEW_OF_A_MAILBOX + 2
