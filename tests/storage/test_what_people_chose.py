"""What, when and how often somebody is told: weights and groups, settling, bad news, silence, the last mail."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from notifier.domain.changes import Group, Weight
from notifier.domain.letter import Ending, LetterKind
from notifier.services.operations import replay
from notifier.storage import letters, retention, subscribers
from notifier.storage.models import MessageRow, NoticeRow, SubscriberRow, SubscriptionRow
from notifier.storage.models.states import EndedReason, Every, MessageState
from notifier.storage.outbox import assembly, claims
from notifier.storage.outbox.claims import Settlement
from notifier.storage.subscribers import Choice
from tests.world import (
    DAY_2,
    DAY_3,
    DAY_4,
    A,
    B,
    a_followed_record,
    a_followed_world,
    a_world,
    edited,
    study,
    under,
)

record, world = a_followed_record, a_followed_world


def with_keywords(record, *keywords):
    result = deepcopy(record)
    result["protocolSection"]["conditionsModule"]["keywords"] = list(keywords)
    return result


def assemble(world):
    with world.database.transaction() as session:
        return assembly.assemble(session, world.clock.now(), "example.org")


def send_all(world):
    """Claim, compose and settle as sent what is due; returns the letters."""
    sent = []
    with world.database.transaction() as session:
        assembly.assemble(session, world.clock.now(), "example.org")
        for message_id in claims.claim(session, world.clock.now(), "a test", 100):
            letter = letters.compose(session, message_id, world.clock.now())
            if letter is None:
                claims.cancel(session, message_id, "nobody wants it", world.clock.now(), owner="a test")
                continue
            claims.settle(
                session, [Settlement(message_id, MessageState.SENT)], world.clock.now(), owner="a test"
            )
            letters.after_sending(session, [(letter, ())], world.clock.now())
            sent.append(letter)
    return sent


# --- settling --------------------------------------------------------------------------------------------------------


async def test_a_minor_edit_settles_and_an_important_change_does_not(sqlite, record):
    async with a_world(sqlite, record) as world:
        world.follow("a@example.org", study=A, choice=Choice(lightest=Weight.MINOR))
        await world.watch()
        await world.next_day(DAY_2, with_keywords(record, "Tea", "Cake"))
        assert assemble(world) == 0
        world.clock.move(timedelta(hours=6))
        assert assemble(world) == 1
        await world.next_day(DAY_3, edited(record, posted="2027-01-13", overallStatus="SUSPENDED"))
        assert assemble(world) == 1


# --- bad news --------------------------------------------------------------------------------------------------------


async def test_a_new_study_beside_bad_news_has_a_mail_of_its_own(sqlite, record):
    async with a_world(sqlite, record) as world:
        world.follow("a@example.org", study=A)
        world.follow("a@example.org", condition="rare disease")
        await world.watch()
        stopped = edited(record, posted="2027-01-12", overallStatus="WITHDRAWN")
        await world.next_day(DAY_2, stopped, under(B, "Rare Disease", first_posted="2027-01-12"))
        assert len(send_all(world)) == 2


# --- the hour of digests ---------------------------------------------------------------------------------------------


async def test_a_digest_comes_at_the_readers_hour_and_weekday(sqlite, record):
    async with a_world(sqlite, record) as world:
        weekly = Choice(every=Every.WEEKLY)
        world.follow(
            "a@example.org", study=A, choice=weekly, time_zone="Europe/Copenhagen", hour=19, weekday=4
        )
        await world.watch()
        await world.next_day(DAY_2, edited(record, posted="2027-01-12", overallStatus="SUSPENDED"))
        world.clock.move_to(datetime(2027, 1, 15, 17, 59, tzinfo=UTC))
        assert assemble(world) == 0
        world.clock.move_to(datetime(2027, 1, 15, 18, tzinfo=UTC))
        assert assemble(world) == 1


# --- silence ---------------------------------------------------------------------------------------------------------


async def test_after_long_silence_we_say_that_we_are_still_watching(database, record):
    async with a_world(database, record) as world:
        world.follow("a@example.org", study=A)
        for _ in range(29):
            await world.watch()
            world.clock.move(timedelta(days=1))
        assert send_all(world) == []
        world.clock.move(timedelta(days=1))
        (letter,) = send_all(world)
        assert letter.kind is LetterKind.STILL_WATCHING
        assert (letter.silence.days, letter.silence.checked, letter.silence.studies) == (30, 28, 1)
        assert len(letter.silence.blind) == 2
        world.clock.move(timedelta(days=89))
        assert send_all(world) == []
        world.clock.move(timedelta(days=1))
        assert len(send_all(world)) == 1


async def test_who_wants_no_such_mails_or_follows_nothing_gets_none(sqlite, record):
    async with a_world(sqlite, record) as world:
        world.follow("off@example.org", study=A)
        world.follow("gone@example.org", study=A)
        world.follow("pending@example.org", study=A)
        with world.database.transaction() as session:
            session.get(SubscriberRow, 1).still_watching = False
            subscribers.end(session, [2], EndedReason.UNSUBSCRIBED, world.clock.now())
            session.get(SubscriptionRow, 3).state = "pending"
        world.clock.move(timedelta(days=31))
        assert send_all(world) == []


# --- the last mail ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "ending"),
    [
        ({"overallStatus": "WITHDRAWN"}, Ending.WITHDRAWN),
        ({"overallStatus": "COMPLETED"}, Ending.COMPLETED_WITH_RESULTS),
        ({"overallStatus": "TERMINATED"}, None),
    ],
)
async def test_where_nothing_more_is_expected_its_follower_is_asked_and_it_goes_on(
    sqlite, record, change, ending
):
    async with a_world(sqlite, record) as world:
        world.follow("a@example.org", study=A)
        await world.watch()
        await world.next_day(DAY_2, edited(record, posted="2027-01-12", **change))
        (letter,) = send_all(world)
        assert letter.entries[0].ending is ending
        (subscription,) = world.rows(SubscriptionRow)
        assert subscription.ended_reason is None


# --- the past, by today's rules --------------------------------------------------------------------------------------


async def test_a_replay_says_what_went_and_changes_nothing(sqlite, record):
    async with a_world(sqlite, record) as world:
        world.follow("a@example.org", study=A)
        world.follow("b@example.org", condition="rare disease")
        await world.watch()
        await world.next_day(DAY_2, edited(record, posted="2027-01-12", overallStatus="SUSPENDED"))
        await world.next_day(DAY_3, under(B, "Rare Disease", first_posted="2027-01-13"))
        await world.next_day(DAY_4)
        before = len(world.rows(NoticeRow)), len(world.rows(MessageRow))
        since = datetime(2027, 1, 12, tzinfo=UTC)
        mails = replay(world.database, since, world.clock.now(), timedelta(hours=6))
        assert [(mail.email, mail.told) for mail in mails] == [
            ("a@example.org", ((A, "status_paused"),)),
            ("b@example.org", ((B, "new_study"),)),
        ]
        assert (len(world.rows(NoticeRow)), len(world.rows(MessageRow))) == before


# --- asking twice ----------------------------------------------------------------------------------------------------


async def test_adding_again_changes_what_is_said_and_leaves_the_rest(sqlite, record):
    async with a_world(sqlite, record) as world:
        weekly = Choice(every=Every.WEEKLY, groups=Group.PLACES)
        world.follow("a@example.org", study=A, choice=weekly, time_zone="Europe/Copenhagen", hour=7)
        world.follow("a@example.org", study=A)
        (before,) = world.rows(SubscriptionRow)
        assert (before.every, before.groups) == (Every.WEEKLY, int(Group.PLACES))
        added = world.follow(
            "a@example.org", study=A, choice=Choice(lightest=Weight.MINOR), hour=19, language="da"
        )
        assert [verdict.value for _, verdict in added.verdicts] == ["changed"]
        (after,), (person,) = world.rows(SubscriptionRow), world.rows(SubscriberRow)
        assert (after.every, after.lightest_rank) == (Every.WEEKLY, Weight.MINOR.rank)
        assert (person.language, person.time_zone, person.digest_hour) == ("da", "Europe/Copenhagen", 19)
        assert after.next_digest_at == datetime(2027, 1, 18, 18, tzinfo=UTC)


async def test_nothing_changed_is_not_said_where_something_did(sqlite, record):
    async with a_world(sqlite, record) as world:
        world.follow("a@example.org", study=A, choice=Choice(groups=Group.RESULTS))
        await world.watch()
        stopped = edited(record, posted="2027-01-12", overallStatus="TERMINATED")
        assert (await world.next_day(DAY_2, stopped)).notices == 0
        world.clock.move(timedelta(days=31))
        (letter,) = send_all(world)
        assert letter.silence.untold == 1


# --- mails that had to wait ------------------------------------------------------------------------------------------


def claimed(world):
    with world.database.transaction() as session:
        assembly.assemble(session, world.clock.now(), "example.org")
        return claims.claim(session, world.clock.now(), "a test", 100)


def settle(world, message_id, state):
    with world.database.transaction() as session:
        letter = letters.compose(session, message_id, world.clock.now())
        claims.settle(session, [Settlement(message_id, state)], world.clock.now(), owner="a test")
        if state is MessageState.SENT:
            letters.after_sending(session, [(letter, ())], world.clock.now())
    return letter


async def test_the_latest_word_on_a_study_is_read_last(database, record):
    """An older mail that the server put off goes before a newer one of the same study, whatever their times."""
    async with a_world(database, record) as world:
        world.follow("a@example.org", study=A)
        await world.watch()
        paused = edited(record, posted="2027-01-12", overallStatus="SUSPENDED")
        await world.next_day(DAY_2, paused)
        (older,) = claimed(world)
        settle(world, older, MessageState.DEFERRED)
        await watch_back(world, paused)
        assert claimed(world) == []
        world.clock.move(timedelta(hours=1))
        assert claimed(world) == [older]
        settle(world, older, MessageState.SENT)
        (newer,) = claimed(world)
        assert newer > older


async def watch_back(world, paused):
    world.rehearsal.publish([edited(paused, posted="2027-01-13", overallStatus="RECRUITING")], DAY_3)
    assert (await world.watch()).notices == 1


async def test_a_mail_that_waited_does_not_end_an_alert_that_lives_again(world, record):
    withdrawn = edited(record, posted="2027-01-12", overallStatus="WITHDRAWN")
    await world.next_day(DAY_2, withdrawn)
    (older,) = claimed(world)
    settle(world, older, MessageState.DEFERRED)
    await watch_back(world, withdrawn)
    world.clock.move(timedelta(hours=1))
    assert claimed(world) == [older]
    assert settle(world, older, MessageState.SENT).entries[0].ending is None
    assert len(claimed(world)) == 1


async def test_a_refused_mail_that_we_still_watch_is_not_made_again_at_every_pass(world):
    world.clock.move(timedelta(days=31))
    (message_id,) = claimed(world)
    settle(world, message_id, MessageState.REJECTED)
    world.clock.move(timedelta(minutes=1))
    assert claimed(world) == []


# --- ids that were merged, and ids that were used ----------------------------------------------------------------------


async def test_an_old_link_ends_what_its_subscription_became(sqlite, record):
    async with a_world(sqlite, record, study(B)) as world:
        world.follow("a@example.org", study=A)
        world.follow("a@example.org", study=B)
        await world.watch()
        world.rehearsal.alias(A, B)
        await world.next_day(DAY_2)
        with world.database.transaction() as session:
            merged = next(
                row.id for row in session.execute(select(SubscriptionRow)).scalars() if row.ended_reason
            )
            whole = subscribers.with_merged(session, [merged])
            assert subscribers.end(session, whole, EndedReason.UNSUBSCRIBED, world.clock.now()) == 1
        assert {row.state for row in world.rows(SubscriptionRow)} == {"ended"}


async def test_followers_of_a_merged_study_hear_that_the_other_one_has_stopped(sqlite, record):
    async with a_world(
        sqlite, record, edited(study(B), posted="2027-01-11", overallStatus="TERMINATED")
    ) as world:
        world.follow("a@example.org", study=A)
        await world.watch()
        world.rehearsal.alias(A, B)
        await world.next_day(DAY_2)
        told = [entry for letter in send_all(world) for entry in letter.entries]
        assert {t.change.kind.value for entry in told for t in entry.told} == {"alias", "status_stopped"}


def test_no_id_is_used_twice(database, clock):
    ids = []
    for _ in range(2):
        with database.transaction() as session:
            subscribers.add(
                session,
                subscribers.Person(subscribers.address("a@example.org")),
                [subscribers.Wanted(condition="Gout", query="gout")],
                choice=Choice(),
                consent=subscribers.Consent("command", "a test", None),
                now=clock.now(),
                domain="example.org",
            )
            ids += subscribers.pending_of(session, 1)
            retention.wipe_unconfirmed(session, clock.now() + timedelta(days=8))
    assert len(set(ids)) == 2
