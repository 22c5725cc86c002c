"""What a person chose and changes: frequency, sorts, notes, how they are written to; their address. On both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from notifier.domain.changes import EVERY_GROUP, Group, Weight
from notifier.domain.geo import Circle, Near
from notifier.errors import InputError
from notifier.storage import subscribers, suppression
from notifier.storage.models import ConsentRow, SubscriberRow, SubscriptionRow
from notifier.storage.models import subscribers as people
from notifier.storage.models.states import EndedReason, Every, Suppressed
from notifier.storage.subscribers import Choice, Consent, Wishes
from tests.factories import A, B
from tests.store_factories import a_study, at, follow, rows, sign_up

JANE, JOHN = "jane@example.org", "john@example.org"
DAY = timedelta(days=1)
KEY = b"key"


def only(database, table=SubscriptionRow):
    (row,) = rows(database, table)
    return row


def seen(database, subscriber_id=1):
    with database.reading() as session:
        return subscribers.chosen(session, subscriber_id)


# --- what is chosen ---------------------------------------------------------------------------------------------------


def test_the_page_gets_all_that_is_followed_with_titles(database, clock):
    at(database, a_study, clock.now(), A, briefTitle="Feet & heat")
    at(database, follow, clock.now(), JANE, A, "knee pain", every=Every.WEEKLY)
    choices = seen(database)
    assert (choices.person.email, choices.person.language, choices.person.generation) == (JANE, "en", 0)
    study, condition = choices.follows
    assert (study.label, study.title, study.every, study.groups) == (
        A,
        "Feet & heat",
        Every.WEEKLY,
        EVERY_GROUP,
    )
    assert (condition.label, condition.title, condition.lightest) == ("knee pain", None, Weight.NOTABLE)


def test_what_waits_or_is_paused_is_among_it_and_what_ended_is_not(database, clock):
    one, two = at(database, follow, clock.now(), JANE, A, B)
    at(database, sign_up, clock.now(), JANE, "knee pain")
    at(database, subscribers.end, [one], EndedReason.UNSUBSCRIBED, clock.now())
    at(database, subscribers.pause, [two], clock.now() + DAY, clock.now())
    told = [(each.label, each.state.value, each.paused_until) for each in seen(database).follows]
    assert told == [(B, "paused", clock.now() + DAY), ("knee pain", "pending", None)]


def test_nobody_and_a_wiped_person_chose_nothing(database, clock):
    at(database, follow, clock.now(), JANE, A)
    with database.transaction() as session:
        session.execute(update(people).values(email="", email_key="wiped:1"))
    assert [seen(database, 1), seen(database, 2)] == [None, None]


# --- choosing anew ----------------------------------------------------------------------------------------------------


def test_one_subscription_is_changed_and_the_other_stays(database, clock):
    one, _ = at(database, follow, clock.now(), JANE, A, B)
    choice = Choice(Every.DAILY, Weight.IMPORTANT, Group.RESULTS)
    assert at(database, subscribers.change, one, choice, clock.now())
    first, second = seen(database).follows
    assert (first.every, first.lightest, first.groups) == (Every.DAILY, Weight.IMPORTANT, Group.RESULTS)
    assert (second.every, second.lightest, second.groups) == (Every.IMMEDIATE, Weight.NOTABLE, EVERY_GROUP)
    assert rows(database, SubscriptionRow)[0].next_digest_at == clock.now().replace(day=13, hour=8)


def test_choosing_the_same_again_changes_nothing(database, clock):
    (one,) = at(database, follow, clock.now(), JANE, A)
    assert not at(database, subscribers.change, one, Choice(Every.IMMEDIATE), clock.now())
    assert not at(database, subscribers.change, 99, Choice(Every.DAILY), clock.now())


def test_what_ended_is_not_changed(database, clock):
    (one,) = at(database, follow, clock.now(), JANE, A)
    at(database, subscribers.end, [one], EndedReason.UNSUBSCRIBED, clock.now())
    assert not at(database, subscribers.change, one, Choice(Every.DAILY), clock.now())
    assert not at(database, subscribers.set_note, one, "hello")


def test_no_sort_of_change_at_all_is_refused(database, clock):
    (one,) = at(database, follow, clock.now(), JANE, A)
    with pytest.raises(InputError, match="at least one sort"):
        at(database, subscribers.change, one, Choice(groups=Group(0)), clock.now())


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Mum's\tstudy\n", "Mum's study"),
        ("<b>a</b> & \u202eevil\u2066", "<b>a</b> & evil"),
        ("a\x00b\x1b[31m", "a b [31m"),
        (
            "\u0645\u06cc\u200c\u062e \U0001f469\u200d\u2695\ufe0f",
            "\u0645\u06cc\u200c\u062e \U0001f469\u200d\u2695\ufe0f",
        ),
        ("   ", None),
        ("", None),
        (None, None),
    ],
)
def test_a_note_is_kept_on_one_line(database, clock, typed, kept):
    (one,) = at(database, follow, clock.now(), JANE, A)
    at(database, subscribers.set_note, one, "before")
    assert at(database, subscribers.set_note, one, typed)
    assert not at(database, subscribers.set_note, one, typed)
    assert seen(database).follows[0].note == kept


def test_a_note_that_is_too_long_is_refused(database, clock):
    (one,) = at(database, follow, clock.now(), JANE, A)
    assert at(database, subscribers.set_note, one, "é" * 300)
    with pytest.raises(InputError, match="at most 300"):
        at(database, subscribers.set_note, one, "é" * 301)


def test_how_somebody_is_written_to_is_changed_and_the_rest_stays(database, clock):
    at(database, follow, clock.now(), JANE, A)
    wishes = Wishes(language="da", title_in_subject=True, still_watching=False)
    assert at(database, subscribers.set_person, 1, wishes, clock.now())
    assert not at(database, subscribers.set_person, 1, wishes, clock.now())
    choices, who = seen(database), seen(database).person
    assert (who.language, who.title_in_subject, who.still_watching) == ("da", True, False)
    assert (who.time_zone, who.digest_hour, who.digest_weekday, choices.near) == ("UTC", 8, 0, None)


def test_another_hour_moves_the_digests(database, clock):
    at(database, follow, clock.now(), JANE, A, B, every=Every.DAILY)
    at(database, subscribers.set_person, 1, Wishes(hour=18, time_zone="Europe/Copenhagen"), clock.now())
    assert {row.next_digest_at for row in rows(database, SubscriptionRow)} == {clock.now().replace(hour=17)}


def test_the_page_gets_the_circle(database, clock):
    at(database, follow, clock.now(), JANE, A)
    near = Near("Aarhus", Circle.around(56.16394, 10.20392, 100))
    at(database, subscribers.set_near, 1, near)
    assert seen(database).near == near
    at(database, subscribers.set_near, 1, None)
    assert seen(database).near is None


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        (Wishes(time_zone="Mars/Crater"), "time zone"),
        (Wishes(language="x"), "language"),
        (Wishes(language="<script>"), "language"),
        (Wishes(hour=24), "hour"),
        (Wishes(weekday=7), "weekday"),
    ],
)
def test_wrong_wishes_change_nothing(database, clock, wishes, said):
    at(database, follow, clock.now(), JANE, A)
    before = seen(database)
    with pytest.raises(InputError, match=said):
        at(database, subscribers.set_person, 1, wishes, clock.now())
    assert seen(database) == before


# --- another address --------------------------------------------------------------------------------------------------


def moved(database, now, to, subscriber_id=1, **choice):
    return at(database, subscribers.change_address, subscriber_id, subscribers.address(to), now, **choice)


def test_another_address_keeps_what_is_followed_and_ends_old_links_to_the_choices(database, clock):
    ids = at(database, follow, clock.now(), JANE, A, "knee pain")
    assert moved(database, clock.now(), "Jane.Doe@Example.org")
    assert (seen(database).person.email, seen(database).person.generation) == ("Jane.Doe@example.org", 1)
    assert [each.id for each in seen(database).follows] == ids


def test_another_spelling_is_no_other_address(database, clock):
    at(database, follow, clock.now(), JANE, A)
    assert not moved(database, clock.now(), "Jane@Example.org")
    assert (seen(database).person.email, seen(database).person.generation) == ("Jane@example.org", 0)


def test_who_asked_for_another_address_and_how_is_noted(database, clock):
    at(database, follow, clock.now(), JANE, A)
    moved(database, clock.now() + DAY, JOHN, consent=Consent("move", "admin", "by phone"))
    first, second = rows(database, ConsentRow)
    assert (second.method, second.actor, second.evidence) == ("move", "admin", "by phone")
    assert (second.given_at, second.wording_version) == (clock.now() + DAY, first.wording_version)


def test_an_address_of_somebody_else_is_refused(database, clock):
    at(database, follow, clock.now(), JANE, A)
    at(database, follow, clock.now(), JOHN, A)
    with pytest.raises(InputError, match="known by the new address already"):
        moved(database, clock.now(), JOHN)
    assert seen(database).person.email == JANE


@pytest.mark.parametrize("reason", list(Suppressed))
def test_moving_to_an_address_that_is_not_mailed_is_refused(database, clock, reason):
    at(database, follow, clock.now(), JANE, A)
    at(database, suppression.suppress, suppression.address_hash(KEY, JOHN), reason, clock.now())
    with pytest.raises(InputError, match=reason.value):
        moved(database, clock.now(), JOHN, suppression_key=KEY)
    assert only(database, SubscriberRow).email == JANE
