"""Sign-up, consent, confirm and end. On both engines."""

import hashlib
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from notifier.domain.changes import EVERY_GROUP, Group, Weight
from notifier.errors import AddressError, InputError
from notifier.storage import subscribers, suppression
from notifier.storage.models import ConsentRow, SubscriberRow, SubscriptionRow, wordings
from notifier.storage.models.states import (
    EndedReason,
    Every,
    Fate,
    MessageState,
    NoticeState,
    SubscriptionState,
    Suppressed,
)
from notifier.storage.subscribers import (
    CONSENT_VERSION,
    CONSENT_WORDING,
    Choice,
    FollowVerdict,
    Person,
    Wanted,
)
from tests.factories import A, B, C
from tests.store_factories import a_study, assembled, at, follow, mails, news, rows, sign_up, told

JANE, JOHN = "jane@example.org", "john@example.org"
DAY = timedelta(days=1)
PENDING, ACTIVE, PAUSED, ENDED = (
    SubscriptionState.PENDING, SubscriptionState.ACTIVE, SubscriptionState.PAUSED, SubscriptionState.ENDED,
)  # fmt: skip


def states(database):
    return [(row.nct_id, row.state.value) for row in rows(database, SubscriptionRow)]


def ids(database):
    return [row.id for row in rows(database, SubscriptionRow)]


def set_state(database, subscription_id, state):
    with database.transaction() as session:
        session.get_one(SubscriptionRow, subscription_id).state = state


# --- addresses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane@Example.ORG", "jane@example.org"),
        ("  jane@example.org\n", "jane@example.org"),
        ("jane@bücher.example.org", "jane@xn--bcher-kva.example.org"),
        ("jane@BÜCHER.example.org", "jane@bücher.example.org"),
        ("jo\u0308rg@example.org", "j\u00f6rg@example.org"),
        ("JÖRG@example.org", "jörg@example.org"),
    ],
)
def test_two_spellings_of_an_address_are_one_person(one, other):
    assert subscribers.address(one).key == subscribers.address(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("jane@example.org", "jane+tea@example.org"),
        ("jane.doe@example.org", "janedoe@example.org"),
        ("jane@example.org", "jane@example.com"),
    ],
)
def test_addresses_that_may_be_two_people_stay_two(one, other):
    assert subscribers.address(one).key != subscribers.address(other).key


def test_an_address_is_kept_as_it_was_typed():
    assert subscribers.address("Jane.Doe+Tea@Example.org").typed == "Jane.Doe+Tea@example.org"


@pytest.mark.parametrize(
    "text",
    [
        "", "jane", "jane@", "@example.org", "jane@localhost", "jane@example", "a@b@example.org", "jane doe@example.org",
        '"jane"@example.org', "jane@[127.0.0.1]", "jane@example.org\nBcc: x@example.org", "jane\u200b@example.org",
        "Jane <jane@example.org>", "jane@exa\u0000mple.org", f"{'j' * 250}@example.org", "jane..doe@example.org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_one_line_that_does_not_repeat_it(text):
    with pytest.raises(AddressError, match="check it") as caught:
        subscribers.address(text)
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    assert text == "" or text not in said
    assert caught.value.__suppress_context__


def test_two_spellings_at_sign_up_are_one_subscription(database, clock):
    at(database, sign_up, clock.now(), "Jane@Bücher.example.org", A)
    added = at(database, sign_up, clock.now(), "jane@xn--bcher-kva.example.org", A)
    assert added.verdicts == ((A, FollowVerdict.ALREADY_PENDING),)
    assert len(rows(database, SubscriberRow)) == 1


# --- sign-up ----------------------------------------------------------------------------------------------------


def test_without_consent_a_sign_up_waits_for_confirmation(database, clock):
    added = at(database, sign_up, clock.now(), JANE, A, "knee pain")
    assert added.verdicts == ((A, FollowVerdict.PENDING), ("knee pain", FollowVerdict.PENDING))
    assert added.confirmation_queued
    assert [row.state for row in rows(database, SubscriptionRow)] == [PENDING, PENDING]
    assert len(mails(database)) == 1


def test_with_consent_a_sign_up_is_active_and_asks_nothing(database, clock):
    added = at(database, sign_up, clock.now(), JANE, A, evidence="on the phone, 3 July")
    assert (added.verdicts, added.confirmation_queued) == (((A, FollowVerdict.ACTIVE),), False)
    (row,) = rows(database, SubscriptionRow)
    assert (row.state, row.activated_at, row.lightest_rank) == (ACTIVE, clock.now(), Weight.NOTABLE.rank)
    assert mails(database) == []


@pytest.mark.parametrize(("evidence", "again"), [(None, "already pending"), ("yes", "already active")])
def test_signing_up_twice_adds_nothing(database, clock, evidence, again):
    for _ in range(2):
        added = at(database, sign_up, clock.now(), JANE, A, "knee pain", evidence=evidence)
    assert [verdict.value for _, verdict in added.verdicts] == [again, again]
    assert not added.confirmation_queued
    assert (len(rows(database, SubscriptionRow)), len(rows(database, ConsentRow))) == (2, 2)


def test_the_same_thing_twice_in_one_breath_is_added_once(database, clock):
    added = at(database, sign_up, clock.now(), JANE, A, A)
    assert [verdict.value for _, verdict in added.verdicts] == ["pending", "already pending"]


def test_consent_that_comes_later_activates_what_was_pending(database, clock):
    at(database, sign_up, clock.now(), JANE, A)
    later = clock.now() + DAY
    added = at(database, sign_up, later, JANE, A, evidence="called back")
    assert added.verdicts == ((A, FollowVerdict.ACTIVE),)
    (row,) = rows(database, SubscriptionRow)
    assert (row.state, row.activated_at) == (ACTIVE, later)
    assert [(c.evidence, c.given_at) for c in rows(database, ConsentRow)] == [
        (None, None),
        ("called back", later),
    ]


def test_a_sign_up_without_consent_does_not_put_an_active_one_back(database, clock):
    at(database, follow, clock.now(), JANE, A)
    added = at(database, sign_up, clock.now(), JANE, A)
    assert (added.verdicts, added.confirmation_queued) == (((A, FollowVerdict.ALREADY_ACTIVE),), False)
    assert states(database) == [(A, "active")]


def test_a_new_sign_up_after_the_end_is_a_new_row(database, clock):
    at(database, follow, clock.now(), JANE, A)
    at(database, subscribers.end, [1], EndedReason.UNSUBSCRIBED, clock.now())
    at(database, sign_up, clock.now() + DAY, JANE, A)
    assert states(database) == [(A, "ended"), (A, "pending")]
    at(database, subscribers.end, [1], EndedReason.UNSUBSCRIBED, clock.now() + DAY)
    assert states(database) == [(A, "ended"), (A, "pending")]


def test_how_often_can_be_changed(database, clock):
    at(database, follow, clock.now(), JANE, A)
    added = at(database, sign_up, clock.now(), JANE, A, every=Every.WEEKLY)
    assert added.verdicts == ((A, FollowVerdict.CHANGED),)
    (row,) = rows(database, SubscriptionRow)
    assert (row.every, row.next_digest_at.isoformat()[:16]) == (Every.WEEKLY, "2027-01-18T08:00")
    at(database, sign_up, clock.now(), JANE, A, every=Every.IMMEDIATE)
    assert rows(database, SubscriptionRow)[0].next_digest_at is None


def test_what_was_waiting_for_a_digest_goes_at_once_when_its_reader_wants_it_at_once(database, clock):
    at(database, a_study, clock.now())
    at(database, follow, clock.now(), JANE, A, every=Every.WEEKLY)
    at(database, news, clock.now())
    assert assembled(database, clock.now()) == 0
    at(database, sign_up, clock.now(), JANE, A, every=Every.IMMEDIATE)
    assert assembled(database, clock.now()) == 1


def test_digests_come_in_the_person_s_own_time_zone(database, clock):
    person = Person(subscribers.address(JANE), time_zone="America/New_York", hour=6)
    at(database, follow, clock.now(), JANE, A, every=Every.DAILY, person=person)
    assert rows(database, SubscriptionRow)[0].next_digest_at.isoformat()[:16] == "2027-01-13T11:00"


def test_a_time_zone_that_is_none_adds_nobody(database, clock):
    person = Person(subscribers.address(JANE), time_zone="Mars/Olympus")
    with pytest.raises(InputError, match="not a time zone"):
        at(database, sign_up, clock.now(), JANE, A, person=person)
    assert rows(database, SubscriberRow) == []


def test_groups_are_chosen_for_studies_and_conditions_have_their_one_sort_of_news(database, clock):
    at(database, follow, clock.now(), JANE, A, "knee pain", groups=Group.RESULTS)
    assert [row.groups for row in rows(database, SubscriptionRow)] == [int(Group.RESULTS), int(EVERY_GROUP)]


def test_one_condition_is_kept_once_for_all_who_follow_it(database, clock):
    at(database, follow, clock.now(), JANE, "Knee pain")
    at(database, follow, clock.now(), JOHN, "knee Pain")
    assert len({row.condition_id for row in rows(database, SubscriptionRow)}) == 1


def test_whoever_follows_a_merged_id_follows_it_already_under_its_new_one(database, clock):
    from notifier.storage.studies import snapshots

    at(database, a_study, clock.now(), B)
    at(database, snapshots.mark_alias, A, B, clock.now())
    at(database, follow, clock.now(), JANE, B)
    assert at(database, sign_up, clock.now(), JANE, A).verdicts == ((A, FollowVerdict.ALREADY_ACTIVE),)


def test_the_consent_record_is_complete(database, clock):
    at(database, sign_up, clock.now(), JANE, A)
    at(database, subscribers.confirm, [1], clock.now() + DAY)
    at(database, subscribers.end, [1], EndedReason.UNSUBSCRIBED, clock.now() + 2 * DAY)
    (record,) = rows(database, ConsentRow)
    assert (record.method, record.actor, record.evidence) == ("command", "the admin", None)
    assert record.wording_version == CONSENT_VERSION
    assert (record.asked_at, record.given_at) == (clock.now(), clock.now() + DAY)
    assert record.withdrawn_at == clock.now() + 2 * DAY


# --- confirm ----------------------------------------------------------------------------------------------------


def test_confirming_activates_and_a_second_press_says_the_same(database, clock):
    at(database, sign_up, clock.now(), JANE, A, B)
    assert at(database, subscribers.pending_of, 1) == [1, 2]
    assert at(database, subscribers.confirm, [1, 2], clock.now())
    assert at(database, subscribers.confirm, [1, 2], clock.now() + DAY)
    assert [row.activated_at for row in rows(database, SubscriptionRow)] == [clock.now()] * 2
    assert [row.given_at for row in rows(database, ConsentRow)] == [clock.now()] * 2
    assert at(database, subscribers.pending_of, 1) == []


def test_confirming_never_revives_what_was_ended(database, clock):
    at(database, sign_up, clock.now(), JANE, A)
    at(database, subscribers.end, [1], EndedReason.ADMIN, clock.now())
    assert not at(database, subscribers.confirm, [1], clock.now())
    assert states(database) == [(A, "ended")]
    assert rows(database, ConsentRow)[0].given_at is None


def test_confirming_what_does_not_exist_is_no(database, clock):
    assert not at(database, subscribers.confirm, [7], clock.now())
    assert not at(database, subscribers.confirm, [], clock.now())


def test_an_end_that_is_pressed_while_a_confirmation_is_written_wins(postgresql, clock):
    at(postgresql, sign_up, clock.now(), JANE, A)
    with postgresql.transaction() as session:
        subscribers.end(session, [1], EndedReason.UNSUBSCRIBED, clock.now())
        answers = []
        late = threading.Thread(
            target=lambda: answers.append(at(postgresql, subscribers.confirm, [1], clock.now()))
        )
        late.start()
        late.join(0.3)
        assert late.is_alive()
    late.join(5)
    assert answers == [False]
    assert states(postgresql) == [(A, "ended")]


# --- end --------------------------------------------------------------------------------------------------------


def test_ending_cancels_what_is_unsent_and_is_harmless_twice(database, clock):
    at(database, a_study, clock.now())
    at(database, follow, clock.now(), JANE, A)
    at(database, news, clock.now())
    assembled(database, clock.now())
    assert at(database, subscribers.end, [1], EndedReason.UNSUBSCRIBED, clock.now()) == 1
    assert at(database, subscribers.end, [1], EndedReason.ADMIN, clock.now() + DAY) == 0
    (row,) = rows(database, SubscriptionRow)
    assert (row.state, row.ended_at, row.ended_reason) == (ENDED, clock.now(), EndedReason.UNSUBSCRIBED)
    assert [mail.state for mail in mails(database)] == [MessageState.CANCELLED]
    assert [(n.state, n.reason) for n in told(database)] == [(NoticeState.CANCELLED, Fate.ENDED_UNSUBSCRIBED)]


def test_ending_one_leaves_the_others(database, clock):
    at(database, follow, clock.now(), JANE, A, B)
    at(database, follow, clock.now(), JOHN, A)
    assert at(database, subscribers.end, [2], EndedReason.ADMIN, clock.now()) == 1
    assert states(database) == [(A, "active"), (B, "ended"), (A, "active")]
    assert at(database, subscribers.end, [], EndedReason.ADMIN, clock.now()) == 0


# --- looking ----------------------------------------------------------------------------------------------------


def followed(session, *which, **choice):
    return list(subscribers.followed(session, *which, **choice))


def test_the_list_says_whose_mail_is_stopped_and_ends_where_it_is_told_to(database, clock):
    for person in (JANE, JOHN):
        at(database, follow, clock.now(), person, A)
    hashed = suppression.address_hash(b"key", subscribers.address(JOHN).key)
    at(database, suppression.suppress, hashed, Suppressed.DEAD, clock.now())
    found = at(database, followed, suppression_key=b"key")
    assert [(f.person.email, f.suppressed) for f in found] == [(JANE, None), (JOHN, Suppressed.DEAD)]
    assert [f.person.email for f in at(database, followed, limit=1)] == [JANE]


def test_a_person_agrees_to_words_that_are_kept_once(database, clock):
    for person in (JANE, JOHN):
        at(database, follow, clock.now(), person, A)
    with database.reading() as session:
        rows = session.execute(select(wordings)).all()
    assert [(row.version, row.text) for row in rows] == [(CONSENT_VERSION, CONSENT_WORDING)]


def test_the_words_of_a_version_never_change():
    """Consents name the version alone: new words are a new version, and a new line here."""
    words = {"2026-11-en": "255a4214a269636426d959bd6b0535170b4b1f470efb916240ba4b822384fad0"}
    assert words[CONSENT_VERSION] == hashlib.sha256(CONSENT_WORDING.encode()).hexdigest()


def test_what_a_person_follows_is_listed_for_the_admin(database, clock):
    at(database, a_study, clock.now())
    at(database, follow, clock.now(), JOHN, A)
    at(database, sign_up, clock.now(), JANE, B, "Knee pain")
    everybody = at(database, followed)
    assert [(f.person.email, f.label, f.row.state.value, f.seen) for f in everybody] == [
        (JANE, B, "pending", False), (JANE, "Knee pain", "pending", False), (JOHN, A, "active", True),
    ]  # fmt: skip
    assert [f.label for f in at(database, followed, subscribers.address("JOHN@example.org"))] == [A]


def test_the_ids_of_what_is_live_are_found_by_topic(database, clock):
    at(database, follow, clock.now(), JANE, A, B, "knee pain")
    at(database, subscribers.end, [2], EndedReason.ADMIN, clock.now())
    jane = subscribers.address(JANE)
    assert at(database, subscribers.ids_of, jane) == [1, 3]
    assert at(database, subscribers.ids_of, jane, Wanted(nct_id=A)) == [1]
    assert at(database, subscribers.ids_of, jane, Wanted(nct_id=B)) == []
    assert at(database, subscribers.ids_of, jane, Wanted(condition="Knee pain", query="knee pain")) == [3]


def test_who_is_not_known_is_said_without_the_address(database, clock):
    with pytest.raises(InputError, match="Nobody with that address") as caught:
        at(database, subscribers.ids_of, subscribers.address(JANE))
    assert JANE not in str(caught.value)


def test_the_owner_of_a_link_is_found(database, clock):
    at(database, follow, clock.now(), JANE, A)
    assert at(database, subscribers.named, [1]).email == JANE
    assert at(database, subscribers.named, [99]).email is None


# --- two ids become one -----------------------------------------------------------------------------------------


def test_followers_of_a_merged_study_follow_its_new_id(database, clock):
    at(database, follow, clock.now(), JANE, A)
    at(database, follow, clock.now(), JOHN, C)
    at(database, subscribers.follow_alias, A, B, clock.now())
    assert states(database) == [(B, "active"), (C, "active")]


def test_while_a_link_ends_what_it_names_nothing_of_it_is_merged(postgresql, clock):
    at(postgresql, follow, clock.now(), JANE, A, B)
    free = select(SubscriptionRow.id).with_for_update(skip_locked=True)
    with postgresql.transaction() as session:
        assert subscribers.with_merged(session, [1]) == [1]
        with postgresql.transaction() as another:
            assert list(another.execute(free).scalars()) == [2]


def test_a_person_who_followed_both_follows_once(database, clock):
    at(database, follow, clock.now(), JANE, A, B)
    at(database, subscribers.follow_alias, A, B, clock.now())
    assert states(database) == [(A, "ended"), (B, "active")]
    assert rows(database, SubscriptionRow)[0].ended_reason is EndedReason.MERGED
    at(database, subscribers.follow_alias, A, B, clock.now())
    assert states(database) == [(A, "ended"), (B, "active")]


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [(ACTIVE, PENDING, "old"), (ACTIVE, PAUSED, "old"), (PENDING, ACTIVE, "new"), (PENDING, PENDING, "new")],
)
def test_of_a_person_who_followed_both_the_one_that_hears_more_is_kept(sqlite, clock, old, new, kept):
    at(sqlite, follow, clock.now(), JANE, A, B)
    set_state(sqlite, 1, old)
    set_state(sqlite, 2, new)
    at(sqlite, subscribers.follow_alias, A, B, clock.now())
    live = [(row.id, row.nct_id, row.state) for row in rows(sqlite, SubscriptionRow) if row.state != ENDED]
    assert live == [(1, B, old) if kept == "old" else (2, B, new)]


def test_what_was_still_to_be_told_of_the_old_id_is_told(database, clock):
    for nct_id in (A, B):
        at(database, a_study, clock.now(), nct_id)
    at(database, follow, clock.now(), JANE, A, B, every=Every.WEEKLY)
    at(database, news, clock.now(), nct_id=A)
    at(database, subscribers.follow_alias, A, B, clock.now() + DAY)
    assert [(n.subscription_id, n.state) for n in told(database)] == [(2, NoticeState.DUE)]
    assert assembled(database, clock.now() + 7 * DAY) == 1


def test_a_mail_that_is_not_sent_yet_survives_the_merger(database, clock):
    for nct_id in (A, B):
        at(database, a_study, clock.now(), nct_id)
    at(database, follow, clock.now(), JANE, A, B)
    at(database, news, clock.now(), nct_id=A)
    assembled(database, clock.now())
    at(database, subscribers.follow_alias, A, B, clock.now())
    assert [(n.subscription_id, n.state) for n in told(database)] == [(2, NoticeState.IN_MESSAGE)]
    assert [mail.state for mail in mails(database)] == [MessageState.DUE]


# --- limits of the store ----------------------------------------------------------------------------------------


def test_the_choice_of_a_new_subscription_is_kept(database, clock):
    at(database, follow, clock.now(), JANE, A, every=Every.DAILY, lightest=Weight.IMPORTANT)
    (row,) = rows(database, SubscriptionRow)
    assert (row.every, row.lightest_rank) == (Every.DAILY, Choice(lightest=Weight.IMPORTANT).lightest.rank)
