"""What became of each detected change for one subscription, in a word. On both engines."""

from datetime import timedelta

import pytest

from notifier.domain.changes import Group, Kind, Weight
from notifier.storage import eligibility, notices, subscribers
from notifier.storage.models import EndedReason, Every, Fate
from notifier.web.preferences import FATES
from tests.factories import A, B
from tests.store_factories import (
    a_change,
    a_pass,
    assembled,
    at,
    claimed,
    follow,
    mails,
    news,
    settled,
    sign_up,
)

JANE = "jane@example.org"
DAY = timedelta(days=1)


def stories(database, now, subscription_id=1, **choice):
    with database.reading() as session:
        return eligibility.account(session, subscription_id, now, **choice)


def fate(database, now, subscription_id=1):
    return [story.fate for story in stories(database, now, subscription_id)]


def test_what_was_sent_says_when(store, clock):
    at(store, follow, clock.now(), JANE, A)
    at(store, news, clock.now())
    assembled(store, clock.now())
    assert fate(store, clock.now()) == [Fate.ON_ITS_WAY]
    (mail,) = claimed(store, clock.now())
    settled(store, clock.now() + DAY, mail, "sent")
    (story,) = stories(store, clock.now())
    assert (story.fate, story.at, story.message_id) == (Fate.SENT, clock.now() + DAY, mail)
    assert (story.nct_id, story.kind, story.weight) == (A, Kind.CONTACTS, Weight.IMPORTANT)


@pytest.mark.parametrize(
    ("verdict", "word"),
    [("rejected", Fate.REJECTED), ("deferred", Fate.ON_ITS_WAY), ("unsure", Fate.ON_ITS_WAY)],
)
def test_what_the_mail_server_said(store, clock, verdict, word):
    at(store, follow, clock.now(), JANE, A)
    at(store, news, clock.now())
    assembled(store, clock.now())
    (mail,) = claimed(store, clock.now())
    settled(store, clock.now(), mail, verdict)
    assert fate(store, clock.now()) == [word]


def test_what_waits(store, clock):
    at(store, follow, clock.now(), JANE, A, every=Every.IMMEDIATE)
    at(store, news, clock.now())
    assert fate(store, clock.now()) == [Fate.NEXT_MAIL]


def test_what_waits_for_a_digest(store, clock):
    at(store, follow, clock.now(), JANE, A, every=Every.WEEKLY)
    at(store, news, clock.now())
    assert fate(store, clock.now()) == [Fate.DIGEST]


def test_what_waits_for_the_end_of_a_pause(store, clock):
    ids = at(store, follow, clock.now(), JANE, A)
    at(store, subscribers.pause, ids, None, clock.now())
    at(store, news, clock.now())
    assert fate(store, clock.now()) == [Fate.PAUSED]


def test_what_settles(store, clock):
    at(store, follow, clock.now(), JANE, A, lightest=Weight.MINOR)
    with store.transaction() as session:
        found = a_pass(session, clock.now(), a_change(weight=Weight.MINOR))
        notices.make(session, found, clock.now(), settle=DAY)
    assert fate(store, clock.now()) == [Fate.SETTLES]
    assert fate(store, clock.now() + DAY) == [Fate.NEXT_MAIL]


def test_what_is_below_the_level_and_what_is_of_another_sort(store, clock):
    at(store, follow, clock.now(), JANE, A, lightest=Weight.IMPORTANT, groups=Group.PLACES)
    at(store, news, clock.now(), a_change(weight=Weight.NOTABLE))
    at(store, news, clock.now(), a_change(Kind.RESULTS_POSTED))
    assert fate(store, clock.now()) == [Fate.OTHER_SORT, Fate.TOO_LIGHT]


def test_what_is_held_says_why(store, clock):
    at(store, follow, clock.now(), JANE, A)
    with store.transaction() as session:
        found = a_pass(session, clock.now(), a_change())
        notices.make(session, found, clock.now())
        notices.hold(session, found)
    (story,) = stories(store, clock.now())
    assert story.fate is Fate.STORM
    at(store, notices.drop)
    (story,) = stories(store, clock.now())
    assert story.fate is Fate.DROPPED


def test_what_was_changed_back(store, clock):
    at(store, follow, clock.now(), JANE, A)
    at(store, news, clock.now(), a_change(before="A", after="B"))
    at(store, news, clock.now(), a_change(before="B", after="A"))
    assert fate(store, clock.now()) == [Fate.CHANGED_BACK, Fate.CHANGED_BACK]


def test_what_was_before_they_asked_or_before_they_confirmed(store, clock):
    at(store, news, clock.now() - DAY)
    at(store, sign_up, clock.now(), JANE, A)
    at(store, news, clock.now() + DAY)
    assert fate(store, clock.now()) == [Fate.BEFORE, Fate.BEFORE]
    at(store, subscribers.confirm, [1], clock.now() + 2 * DAY)
    at(store, news, clock.now() + 3 * DAY)
    assert fate(store, clock.now()) == [Fate.NEXT_MAIL, Fate.BEFORE, Fate.BEFORE]


def test_what_came_when_it_had_ended(store, clock):
    ids = at(store, follow, clock.now(), JANE, A)
    at(store, news, clock.now())
    at(store, subscribers.end, ids, EndedReason.UNSUBSCRIBED, clock.now())
    at(store, news, clock.now() + DAY)
    assert fate(store, clock.now()) == [Fate.AFTER, Fate.ENDED_UNSUBSCRIBED]


def test_what_went_on_under_another_id(store, clock):
    at(store, follow, clock.now(), JANE, A, B)
    at(store, news, clock.now())
    at(store, subscribers.follow_alias, A, B, clock.now())
    assert fate(store, clock.now(), 1) == [Fate.ENDED_MERGED]


def test_a_date_that_moves_along_is_told_once_a_month(store, clock):
    at(store, follow, clock.now(), JANE, A)
    rolled = [a_change(Kind.START_DATE_ROLLED, before=n, after=n + 1) for n in (1, 2)]
    at(store, news, clock.now(), rolled[0])
    at(store, news, clock.now() + DAY, rolled[1])
    assert fate(store, clock.now()) == [Fate.TOLD_LATELY, Fate.NEXT_MAIL]


def test_a_change_that_was_not_chosen_when_it_came(store, clock):
    (one,) = at(store, follow, clock.now(), JANE, A, lightest=Weight.IMPORTANT)
    at(store, news, clock.now(), a_change(weight=Weight.NOTABLE))
    at(store, subscribers.change, one, subscribers.Choice(lightest=Weight.NOTABLE), clock.now())
    assert fate(store, clock.now()) == [Fate.NOT_CHOSEN]


def test_a_condition_has_its_own_changes_and_a_study_none_of_them(store, clock):
    at(store, follow, clock.now(), JANE, A, "knee pain")
    at(store, news, clock.now(), a_change(Kind.NEW_STUDY), condition_id=1)
    assert (fate(store, clock.now(), 1), fate(store, clock.now(), 2)) == ([], [Fate.NEXT_MAIL])


def test_the_newest_come_first_and_not_more_than_asked_for(store, clock):
    at(store, follow, clock.now(), JANE, A)
    for days in range(3):
        at(store, news, clock.now() + days * DAY)
    assert [story.change_id for story in stories(store, clock.now(), limit=2)] == [3, 2]
    assert stories(store, clock.now(), 99) == []
    assert mails(store) == []


def test_every_fate_has_words_for_the_admin_and_a_sentence_for_the_person():
    assert set(FATES) == set(Fate)
