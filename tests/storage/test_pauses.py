"""A pause: nothing is sent meanwhile, nothing is lost, and it ends by itself or when the person says so. On both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from notifier.domain.geo import Circle, Near
from notifier.domain.letter import LetterKind
from notifier.errors import InputError
from notifier.storage import letters, notices, subscribers
from notifier.storage.models import ConsentRow, StudyRow, SubscriberRow, SubscriptionRow, changes
from notifier.storage.models.states import EndedReason, Every, Fate, MessageState, NoticeState
from notifier.storage.outbox import claims
from tests.factories import ME, A, B
from tests.store_factories import (
    a_change,
    a_mail,
    a_pass,
    assembled,
    at,
    claimed,
    follow,
    mails,
    news,
    rows,
    settled,
    sign_up,
    told,
)
from tests.world import DAY_2, DAY_3, a_world, under

JANE, JOHN = "jane@example.org", "john@example.org"
DAY = timedelta(days=1)


def state(database):
    return [row.state.value for row in rows(database, SubscriptionRow)]


def paused(database, now, *topics, until=None, **choice):
    """A follower who paused everything; returns the ids."""
    ids = at(database, follow, now, JANE, *topics, **choice)
    assert at(database, subscribers.pause, ids, until, now) == len(ids)
    return ids


# --- what happens meanwhile ---------------------------------------------------------------------------------------


def test_what_changes_in_a_pause_is_kept_and_not_sent(store, clock):
    paused(store, clock.now(), A)
    assert at(store, news, clock.now()) == 1
    assert [row.state for row in told(store)] == [NoticeState.DUE]
    assert assembled(store, clock.now() + 40 * DAY) == 0


def test_when_its_day_comes_the_pause_is_over_and_one_mail_tells_all(store, clock):
    now = clock.now()
    paused(store, now, A, B, until=now + 10 * DAY)
    for days, nct_id in ((1, A), (2, B), (3, A)):
        at(store, news, now + days * DAY, nct_id=nct_id)
    assert assembled(store, now + 10 * DAY - timedelta(seconds=1)) == 0
    assert assembled(store, now + 10 * DAY) == 1
    assert {row.message_id for row in told(store)} == {mails(store)[0].id}
    assert [(row.state.value, row.paused_until) for row in rows(store, SubscriptionRow)] == [
        ("active", None)
    ] * 2


def test_without_a_day_it_lasts_until_they_resume(store, clock):
    ids = paused(store, clock.now(), A)
    at(store, news, clock.now())
    assert assembled(store, clock.now() + 1000 * DAY) == 0
    assert at(store, subscribers.resume, ids, clock.now() + 1000 * DAY) == 1
    assert assembled(store, clock.now() + 1000 * DAY) == 1


def test_a_digest_reader_who_paused_gets_all_in_one_digest(store, clock):
    now = clock.now()
    ids = paused(store, now, A, every=Every.WEEKLY, until=now + 15 * DAY)
    for days in (1, 8):
        at(store, news, now + days * DAY)
        assert assembled(store, now + (days + 1) * DAY) == 0
    made = [assembled(store, now + days * DAY) for days in range(10, 25)]
    assert (sum(made), len({row.message_id for row in told(store)}), len(ids)) == (1, 1, 1)


def test_what_was_changed_back_in_the_pause_is_told_to_nobody(store, clock):
    ids = paused(store, clock.now(), A)
    at(store, news, clock.now(), a_change(before="A", after="B"))
    at(store, news, clock.now() + DAY, a_change(before="B", after="A"))
    at(store, subscribers.resume, ids, clock.now() + 2 * DAY)
    assert assembled(store, clock.now() + 2 * DAY) == 0
    assert {row.reason for row in told(store)} == {Fate.CHANGED_BACK}


def test_nobody_is_told_that_we_still_watch_in_a_pause(store, clock):
    paused(store, clock.now(), A)
    assert assembled(store, clock.now() + 200 * DAY) == 0


def test_a_pause_of_one_thing_does_not_hide_that_we_watch_the_other(store, clock):
    _, other = at(store, follow, clock.now(), JANE, A, B)
    at(store, subscribers.pause, [other], None, clock.now())
    at(store, news, clock.now() + DAY, nct_id=B)
    assert assembled(store, clock.now() + 31 * DAY) == 1
    (mail,) = mails(store)
    with store.transaction() as session:
        letter = letters.compose(session, mail.id, clock.now() + 31 * DAY)
    assert (mail.kind, [reason.label for reason in letter.reasons]) == (LetterKind.STILL_WATCHING, [A])


# --- mails that are made already ------------------------------------------------------------------------------------


def test_a_mail_that_was_made_gives_its_news_back_and_is_cancelled(store, clock):
    mail = a_mail(store, clock.now())
    at(store, subscribers.pause, [1], None, clock.now())
    assert [row.state for row in told(store)] == [NoticeState.DUE]
    assert (mails(store)[0].state, mails(store)[0].reason) == (
        MessageState.CANCELLED,
        "paused before it was sent",
    )
    at(store, subscribers.resume, [1], clock.now())
    assert assembled(store, clock.now()) == 1
    assert told(store)[0].message_id != mail


def test_a_mail_that_tells_more_goes_without_what_was_paused(store, clock):
    ids = at(store, follow, clock.now(), JANE, A, B)
    at(store, news, clock.now(), nct_id=A)
    at(store, news, clock.now(), nct_id=B)
    assembled(store, clock.now())
    at(store, subscribers.pause, ids[:1], None, clock.now())
    assert [row.state.value for row in told(store)] == ["due", "in_message"]
    assert mails(store)[0].state == MessageState.DUE


def test_a_claimed_mail_gives_back_what_was_paused_meanwhile(store, clock):
    mail = a_mail(store, clock.now())
    claimed(store, clock.now())
    at(store, subscribers.pause, [1], None, clock.now())
    with store.transaction() as session:
        assert letters.compose(session, mail, clock.now()) is None
    assert [(row.state, row.message_id) for row in told(store)] == [(NoticeState.DUE, None)]


def test_a_mail_that_may_have_arrived_is_left_as_it_is(store, clock):
    mail = a_mail(store, clock.now())
    claimed(store, clock.now())
    assert settled(store, clock.now(), mail, "unsure") == MessageState.UNSURE
    at(store, subscribers.pause, [1], None, clock.now())
    assert claimed(store, clock.now() + DAY) == [mail]
    with store.transaction() as session:
        assert len(letters.compose(session, mail, clock.now()).entries) == 1


# --- twice, and what is not paused ------------------------------------------------------------------------------------


def test_pausing_twice_is_harmless_and_another_day_counts(store, clock):
    now = clock.now()
    ids = paused(store, now, A, until=now + DAY)
    assert at(store, subscribers.pause, ids, now + DAY, now) == 0
    assert at(store, subscribers.pause, ids, now + 2 * DAY, now) == 1
    assert rows(store, SubscriptionRow)[0].paused_until == now + 2 * DAY


def test_resuming_what_is_not_paused_is_harmless(store, clock):
    ids = at(store, follow, clock.now(), JANE, A)
    assert at(store, subscribers.resume, ids, clock.now()) == 0
    at(store, sign_up, clock.now(), JOHN, A)
    assert at(store, subscribers.resume, [2], clock.now()) == 0
    assert state(store) == ["active", "pending"]


def test_what_waits_for_confirmation_or_ended_is_not_paused(store, clock):
    ids = at(store, follow, clock.now(), JANE, A)
    at(store, subscribers.end, ids, EndedReason.ADMIN, clock.now())
    at(store, sign_up, clock.now(), JOHN, A)
    assert at(store, subscribers.pause, [1, 2, 99], None, clock.now()) == 0
    assert state(store) == ["ended", "pending"]


def test_a_pause_that_would_be_over_already_is_refused(store, clock):
    ids = at(store, follow, clock.now(), JANE, A)
    with pytest.raises(InputError, match="in the future"):
        at(store, subscribers.pause, ids, clock.now(), clock.now())


def test_a_link_that_confirmed_before_still_says_so_in_a_pause(store, clock):
    ids = paused(store, clock.now(), A)
    assert at(store, subscribers.confirm, ids, clock.now())
    assert state(store) == ["paused"]


@pytest.mark.parametrize("reason", list(EndedReason))
def test_what_is_paused_ends_as_anything_does(store, clock, reason):
    ids = paused(store, clock.now(), A)
    at(store, news, clock.now())
    assert at(store, subscribers.end, ids, reason, clock.now()) == 1
    assert at(store, subscribers.resume, ids, clock.now()) == 0
    assert (state(store), told(store)[0].state) == (["ended"], NoticeState.CANCELLED)


# --- undo -------------------------------------------------------------------------------------------------------------


def unsubscribed(database, ids, now):
    assert at(database, subscribers.end, ids, EndedReason.UNSUBSCRIBED, now) == len(ids)


def test_an_undo_brings_back_the_subscription_and_its_unsent_news(store, clock):
    now = clock.now()
    a_mail(store, now)
    at(store, news, now + DAY)
    unsubscribed(store, [1], now + DAY)
    assert at(store, subscribers.reopen, [1], now + DAY) == 1
    assert [row.state.value for row in told(store)] == ["due", "due"]
    assert assembled(store, now + DAY) == 1
    row = rows(store, SubscriptionRow)[0]
    assert (row.state.value, row.ended_at, row.ended_reason) == ("active", None, None)


def test_an_undo_notes_a_consent_of_its_own(store, clock):
    ids = at(store, follow, clock.now(), JANE, A)
    unsubscribed(store, ids, clock.now())
    at(store, subscribers.reopen, ids, clock.now() + DAY)
    first, second = rows(store, ConsentRow)
    assert (first.withdrawn_at, second.withdrawn_at) == (clock.now(), None)
    assert (second.method, second.given_at) == ("undo", clock.now() + DAY)


def test_what_was_found_between_is_told_after_the_undo(store, clock):
    ids = at(store, follow, clock.now(), JANE, A, lightest=None)
    unsubscribed(store, ids, clock.now())
    assert at(store, news, clock.now() + DAY) == 0
    at(store, subscribers.reopen, ids, clock.now() + DAY)
    assert [row.state.value for row in told(store)] == ["due"]


def test_an_undo_tells_nothing_that_waits_for_an_admin(store, clock):
    ids = at(store, follow, clock.now(), JANE, A)
    at(store, follow, clock.now(), JOHN, A)
    unsubscribed(store, ids, clock.now())
    with store.transaction() as session:
        found = a_pass(session, clock.now() + DAY, a_change())
        notices.make(session, found, clock.now() + DAY)
        notices.hold(session, found)
    at(store, subscribers.reopen, ids, clock.now() + DAY)
    assert [row.state.value for row in told(store)] == ["held"]


def test_an_undo_tells_no_place_outside_of_the_circle(store, clock):
    ids = at(store, follow, clock.now(), JANE, A)
    at(store, subscribers.set_near, 1, Near("Aarhus", Circle.around(56.2, 10.2, 100)))
    unsubscribed(store, ids, clock.now())
    at(store, news, clock.now() + DAY)
    with store.transaction() as session:
        session.execute(update(changes).values(lat=-34.6, lon=-58.4))
    at(store, subscribers.reopen, ids, clock.now() + DAY)
    assert [(row.state.value, row.reason) for row in told(store)] == [("cancelled", Fate.FAR_AWAY)]


def test_a_study_that_was_let_go_between_is_watched_again(store, clock):
    from notifier.storage.studies import snapshots

    ids = at(store, follow, clock.now(), JANE, A)
    unsubscribed(store, ids, clock.now())
    at(store, snapshots.forget_unfollowed)
    at(store, subscribers.reopen, ids, clock.now() + DAY)
    with store.reading() as session:
        assert session.get(StudyRow, A).watched_since == clock.now() + DAY


async def test_what_came_under_a_condition_that_was_let_go_between_is_told_after_the_undo(database):
    old = under(A, "Knee Pain", first_posted="2027-01-01")
    async with a_world(database, old) as world:
        world.follow(JANE, condition="knee pain")
        await world.watch()
        unsubscribed(database, [1], world.clock.now())
        await world.next_day(DAY_2, old)
        assert at(database, subscribers.reopen, [1], world.clock.now()) == 1
        await world.next_day(DAY_3, old, under(B, "Knee Pain", first_posted="2027-01-14"))
        assert world.kinds() == ["new_study"]
        assert [row.state.value for row in told(database)] == ["due"]


@pytest.mark.parametrize("days", [None, 5])
def test_an_undo_of_what_was_paused_leaves_it_paused(store, clock, days):
    until = days and clock.now() + days * DAY
    ids = paused(store, clock.now(), A, until=until)
    unsubscribed(store, ids, clock.now())
    at(store, subscribers.reopen, ids, clock.now())
    row = rows(store, SubscriptionRow)[0]
    assert (row.state.value, row.paused_until) == ("paused", until)


def test_an_undo_of_a_sign_up_that_was_never_confirmed_waits_again(store, clock):
    at(store, sign_up, clock.now(), JANE, A)
    unsubscribed(store, [1], clock.now())
    assert at(store, subscribers.reopen, [1], clock.now()) == 1
    assert state(store) == ["pending"]
    assert [row.given_at for row in rows(store, ConsentRow)] == [None, None]


def test_an_undo_brings_a_digest_back_to_its_hour(store, clock):
    ids = at(store, follow, clock.now(), JANE, A, every=Every.DAILY)
    before = rows(store, SubscriptionRow)[0].next_digest_at
    unsubscribed(store, ids, clock.now())
    at(store, subscribers.reopen, ids, clock.now())
    assert rows(store, SubscriptionRow)[0].next_digest_at == before


@pytest.mark.parametrize("reason", [each for each in EndedReason if each is not EndedReason.UNSUBSCRIBED])
def test_what_ended_for_another_reason_stays_ended(store, clock, reason):
    ids = at(store, follow, clock.now(), JANE, A)
    at(store, subscribers.end, ids, reason, clock.now())
    assert at(store, subscribers.reopen, ids, clock.now()) == 0
    assert state(store) == ["ended"]


def test_what_is_followed_again_already_is_not_brought_back(store, clock):
    ids = at(store, follow, clock.now(), JANE, A, "knee pain")
    unsubscribed(store, ids, clock.now())
    at(store, follow, clock.now(), JANE, A, "knee pain")
    assert at(store, subscribers.reopen, ids, clock.now()) == 0
    assert state(store) == ["ended", "ended", "active", "active"]


def test_an_undo_twice_is_harmless(store, clock):
    ids = at(store, follow, clock.now(), JANE, A)
    unsubscribed(store, ids, clock.now())
    assert [at(store, subscribers.reopen, ids, clock.now()) for _ in range(2)] == [1, 0]
    assert len(rows(store, ConsentRow)) == 2


def test_a_person_erased_while_their_mail_goes_leaves_the_worker_well(store, clock):
    mail = a_mail(store, clock.now())
    claimed(store, clock.now())
    with store.transaction() as session:
        letter = letters.compose(session, mail, clock.now())
    at(store, subscribers.erase, 1, clock.now(), b"key")
    assert settled(store, clock.now(), mail, "sent", owner=ME) == MessageState.SENT
    at(store, letters.after_sending, [(letter, ())], clock.now())
    assert rows(store, SubscriberRow) == []
    assert at(store, claims.waiting) == 0
