"""Moving to another address: asked there first, and nothing that waits is lost on the way. On both engines."""

from datetime import timedelta

import pytest

from notifier.domain.changes import Group, Weight
from notifier.domain.geo import Circle, Near
from notifier.domain.letter import LetterKind
from notifier.errors import InputError
from notifier.storage import eligibility, retention, subscribers, suppression
from notifier.storage.models import ConsentRow, SubscriberRow, SubscriptionRow
from notifier.storage.models.states import EndedReason, Every, Fate, MessageState, Suppressed
from notifier.storage.subscribers import Consent, Wishes
from tests.factories import DOMAIN, A, B
from tests.store_factories import a_mail, a_study, assembled, at, follow, mails, news, rows, told

JANE, NEW = "jane@example.org", "jane.doe@example.com"
DAY = timedelta(days=1)
KEY = b"key"
MOVE = Consent("move", "an admin", None)


def asked(database, now, to=NEW, subscriber_id=1):
    new = subscribers.address(to)
    more = {"consent": MOVE, "domain": DOMAIN, "suppression_key": KEY}
    return at(database, subscribers.ask_to_move, subscriber_id, new, now, **more)


def confirmed(database, now, subscriber_id=2):
    ids = at(database, subscribers.pending_of, subscriber_id)
    assert at(database, subscribers.confirm, ids, now)
    return ids


def states(database):
    return [(row.subscriber_id, row.state.value) for row in rows(database, SubscriptionRow)]


def test_until_they_confirm_the_mails_go_to_the_old_address(database, clock):
    at(database, a_study, clock.now(), A)
    at(database, follow, clock.now(), JANE, A)
    assert asked(database, clock.now()) == 1
    assert states(database) == [(1, "active"), (2, "pending")]
    assert [(mail.subscriber_id, mail.kind) for mail in mails(database)] == [(2, LetterKind.CONFIRMATION)]
    at(database, news, clock.now())
    assembled(database, clock.now())
    assert [mail.subscriber_id for mail in mails(database)] == [2, 1]


def test_when_they_confirm_it_ends_at_the_old_address_and_goes_on_at_the_new(database, clock):
    at(database, follow, clock.now(), JANE, A, "knee pain")
    asked(database, clock.now())
    confirmed(database, clock.now() + DAY)
    assert states(database) == [(1, "ended"), (1, "ended"), (2, "active"), (2, "active")]
    assert {row.ended_reason for row in rows(database, SubscriptionRow)[:2]} == {EndedReason.MOVED}
    assert [(row.method, row.given_at) for row in rows(database, ConsentRow)[2:]] == [
        ("move", clock.now() + DAY)
    ] * 2


def test_all_that_waits_goes_along(database, clock):
    a_mail(database, clock.now(), JANE)
    asked(database, clock.now())
    at(database, news, clock.now() + DAY)
    confirmed(database, clock.now() + DAY)
    assert {row.subscription_id for row in told(database)} == {2}
    assert mails(database)[0].state == MessageState.CANCELLED
    assert assembled(database, clock.now() + DAY) == 1
    assert mails(database)[-1].subscriber_id == 2


def test_how_they_want_to_hear_goes_along(database, clock):
    (one,) = at(
        database,
        follow,
        clock.now(),
        JANE,
        A,
        every=Every.WEEKLY,
        lightest=Weight.MINOR,
        groups=Group.RESULTS,
    )
    at(database, subscribers.set_note, one, "for mum")
    at(
        database,
        subscribers.set_person,
        1,
        Wishes(language="da", time_zone="Asia/Tokyo", hour=18),
        clock.now(),
    )
    at(database, subscribers.set_near, 1, Near("Tokyo", Circle.around(35.7, 139.7, 50)))
    asked(database, clock.now())
    apart = {
        "id",
        "email",
        "email_key",
        "still_watching_at",
        "subscriber_id",
        "state",
        "replaces",
        "activated_at",
    }
    for table in (SubscriberRow, SubscriptionRow):
        old, new = (row.model_dump(exclude=apart) for row in rows(database, table))
        assert old == new


def test_a_pause_goes_along(database, clock):
    ids = at(database, follow, clock.now(), JANE, A)
    asked(database, clock.now())
    at(database, subscribers.pause, ids, clock.now() + 9 * DAY, clock.now())
    confirmed(database, clock.now())
    new = rows(database, SubscriptionRow)[1]
    assert (new.state.value, new.paused_until) == ("paused", clock.now() + 9 * DAY)


def test_what_they_ended_meanwhile_is_what_they_confirm_alone(database, clock):
    ids = at(database, follow, clock.now(), JANE, A)
    asked(database, clock.now())
    at(database, subscribers.end, ids, EndedReason.UNSUBSCRIBED, clock.now())
    confirmed(database, clock.now())
    assert rows(database, SubscriptionRow)[0].ended_reason == EndedReason.UNSUBSCRIBED


def test_the_old_one_says_where_it_went(database, clock):
    at(database, a_study, clock.now(), A)
    at(database, follow, clock.now(), JANE, A)
    asked(database, clock.now())
    at(database, news, clock.now())
    confirmed(database, clock.now())
    with database.reading() as session:
        assert [story.fate for story in eligibility.account(session, 1, clock.now())] == [Fate.ENDED_MOVED]


def test_who_is_erased_at_the_old_address_can_still_confirm_at_the_new(database, clock):
    at(database, follow, clock.now(), JANE, A)
    asked(database, clock.now())
    at(database, subscribers.erase, 1, clock.now(), KEY)
    confirmed(database, clock.now())
    assert states(database) == [(2, "active")]


def test_who_never_confirms_is_forgotten_at_the_new_address_alone(database, clock):
    at(database, follow, clock.now(), JANE, A)
    asked(database, clock.now())
    at(database, retention.wipe_unconfirmed, clock.now() + DAY)
    at(database, retention.forget_gone, clock.now(), clock.now() + DAY, 10)
    assert states(database) == [(1, "active")]
    assert NEW not in {row.email for row in rows(database, SubscriberRow)}


def test_who_follows_nothing_is_not_asked(database, clock):
    ids = at(database, follow, clock.now(), JANE, A)
    at(database, subscribers.end, ids, EndedReason.ADMIN, clock.now())
    assert asked(database, clock.now()) == 0
    assert (len(rows(database, SubscriberRow)), mails(database)) == (1, [])


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("Jane@Example.org", "the address already"),
        ("john@example.org", "known by"),
        ("dead@example.org", "stopped"),
    ],
)
def test_where_nobody_can_move(database, clock, to, said):
    at(database, follow, clock.now(), JANE, A)
    at(database, follow, clock.now(), "john@example.org", B)
    at(
        database,
        suppression.suppress,
        suppression.address_hash(KEY, "dead@example.org"),
        Suppressed.FULL,
        clock.now(),
    )
    with pytest.raises(InputError, match=said):
        asked(database, clock.now(), to)
    assert states(database) == [(1, "active"), (2, "active")]
