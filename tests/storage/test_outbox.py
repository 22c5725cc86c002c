"""The mails: who gets one when, who may send it, and what becomes of it. On both engines."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from notifier.domain.changes import Kind
from notifier.domain.letter import LetterKind
from notifier.domain.scheduling import GIVE_UP_AFTER, RETRY_AFTER, UNSURE_AFTER
from notifier.storage import letters, subscribers
from notifier.storage.engine import Database
from notifier.storage.models import messages, notices, subscriptions
from notifier.storage.models.states import Every, Fate, MessageState, NoticeState
from notifier.storage.outbox import assembly, cancellation, claims
from tests.conftest import MIGRATIONS
from tests.factories import DOMAIN, ME, A, B, C
from tests.store_factories import (
    a_change,
    a_mail,
    a_mark,
    a_study,
    assembled,
    at,
    claimed,
    follow,
    mails,
    news,
    settled,
    sign_up,
    told,
    transmitting,
)

JANE, JOHN = "jane@example.org", "john@example.org"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTE = timedelta(minutes=1)
MONDAY_8 = datetime(2027, 1, 18, 8, tzinfo=UTC)
STATES = [state for state in MessageState if state not in {MessageState.ASSEMBLING, MessageState.SENDING}]


def states(database):
    return [mail.state.value for mail in mails(database)]


# --- assemble ---------------------------------------------------------------------------------------------------


def test_an_immediate_change_is_mailed_at_once(store, clock):
    now = clock.now()
    at(store, follow, now, JANE, A)
    at(store, news, now)
    assert [assembled(store, now) for _ in range(3)] == [1, 0, 0]
    (mail,) = mails(store)
    assert (mail.state, mail.kind, mail.due_at) == (MessageState.DUE, LetterKind.UPDATE, now)
    assert [(n.message_id, n.state) for n in told(store)] == [(mail.id, NoticeState.IN_MESSAGE)]


def test_where_nothing_is_due_no_mail_is_made(store, clock):
    at(store, follow, clock.now(), JANE, A)
    assert assembled(store, clock.now()) == 0
    assert mails(store) == []


@pytest.mark.parametrize(
    ("every", "slot"), [(Every.DAILY, datetime(2027, 1, 13, 8, tzinfo=UTC)), (Every.WEEKLY, MONDAY_8)]
)
def test_a_digest_waits_for_its_hour(store, clock, every, slot):
    at(store, follow, clock.now(), JANE, A, every=every)
    at(store, news, clock.now())
    assert assembled(store, slot - timedelta(seconds=1)) == 0
    assert assembled(store, slot) == 1


def test_what_is_found_after_the_hour_of_a_digest_belongs_to_the_next(store, clock):
    at(store, follow, clock.now(), JANE, A, every=Every.WEEKLY)
    at(store, news, MONDAY_8 + HOUR)
    assert assembled(store, MONDAY_8 + 2 * HOUR) == 0
    assert assembled(store, MONDAY_8 + 7 * DAY) == 1


def test_what_is_found_at_the_very_hour_is_in_the_digest(store, clock):
    at(store, follow, clock.now(), JANE, A, every=Every.WEEKLY)
    at(store, news, MONDAY_8)
    assert assembled(store, MONDAY_8) == 1


def test_a_digest_that_was_missed_goes_once_when_we_run_again(store, clock):
    at(store, follow, clock.now(), JANE, A, every=Every.WEEKLY)
    at(store, news, clock.now())
    later = MONDAY_8 + 3 * 7 * DAY + 5 * HOUR
    assert [assembled(store, later), assembled(store, later + MINUTE)] == [1, 0]
    at(store, news, later + HOUR)
    assert assembled(store, later + 2 * HOUR) == 0
    assert assembled(store, MONDAY_8 + 4 * 7 * DAY) == 1


def test_each_digest_goes_at_the_hour_of_its_reader(store, clock):
    for hour, zone in ((6, "Asia/Tokyo"), (8, "Europe/Copenhagen"), (20, "America/New_York")):
        someone = f"at-{hour}@example.org"
        person = subscribers.Person(subscribers.address(someone), time_zone=zone, hour=hour)
        at(store, follow, clock.now(), someone, A, every=Every.DAILY, person=person)
    at(store, news, clock.now())
    at_utc = {6: "2027-01-12T21:00", 8: "2027-01-13T07:00", 20: "2027-01-13T01:00"}
    for hour in sorted(at_utc, key=at_utc.get):
        slot = datetime.fromisoformat(at_utc[hour]).replace(tzinfo=UTC)
        assert [assembled(store, slot - MINUTE), assembled(store, slot)] == [0, 1]
    with store.reading() as session:
        slots = session.execute(select(subscriptions.c.next_digest_at)).scalars().all()
    assert sorted(slot.isoformat()[:16] for slot in slots) == [
        "2027-01-13T21:00",
        "2027-01-14T01:00",
        "2027-01-14T07:00",
    ]


def test_two_subscriptions_of_a_person_are_one_mail(store, clock):
    at(store, follow, clock.now(), JANE, A, B)
    at(store, follow, clock.now(), JOHN, B)
    at(store, news, clock.now(), nct_id=A)
    at(store, news, clock.now(), nct_id=B)
    assert assembled(store, clock.now()) == 2
    assert sorted(Counter(n.message_id for n in told(store)).values()) == [1, 2]


def test_bad_news_stands_alone_in_its_mail(store, clock):
    at(store, follow, clock.now(), JANE, A, B)
    at(store, news, clock.now(), a_change(Kind.STATUS_STOPPED), a_change(Kind.CONTACTS), nct_id=A)
    at(store, news, clock.now(), nct_id=B)
    assert assembled(store, clock.now()) == 2
    about = {mail.id: mail.about for mail in mails(store)}
    assert sorted(Counter(about[n.message_id] for n in told(store)).items(), key=str) == [(A, 2), (None, 1)]


@pytest.mark.parametrize("found_at, goes_at", [("14:00", "2027-01-12T14:00"), ("23:00", "2027-01-13T07:00")])  # noqa: PT006 - two of one thing
def test_bad_news_comes_by_day(store, clock, found_at, goes_at):
    person = subscribers.Person(subscribers.address(JANE), time_zone="Europe/Copenhagen")
    at(store, follow, clock.now(), JANE, A, person=person)
    found = datetime.fromisoformat(f"2027-01-12T{found_at}").replace(tzinfo=UTC)
    at(store, news, found, a_change(Kind.STATUS_STOPPED))
    assembled(store, found)
    assert mails(store)[0].due_at.isoformat()[:16] == goes_at
    assert bool(claimed(store, found)) == (found_at == "14:00")


def test_only_active_subscriptions_are_mailed(store, clock):
    at(store, follow, clock.now(), JANE, A)
    at(store, news, clock.now())
    for state, made in (("pending", 0), ("paused", 0), ("ended", 0), ("active", 1)):
        with store.transaction() as session:
            session.execute(update(subscriptions).values(state=state))
        assert assembled(store, clock.now()) == made


def test_notices_that_are_held_or_cancelled_are_not_mailed(store, clock):
    at(store, follow, clock.now(), JANE, A)
    at(store, news, clock.now())
    for state, made in (("held", 0), ("cancelled", 0), ("due", 1)):
        with store.transaction() as session:
            session.execute(update(notices).values(state=state))
        assert assembled(store, clock.now()) == made


def test_every_mail_has_a_message_id_of_our_domain_that_says_nothing(store, clock):
    for number in range(20):
        at(store, follow, clock.now(), f"reader{number}@example.com", A)
    at(store, news, clock.now())
    assembled(store, clock.now())
    ids = {mail.rfc_message_id for mail in mails(store)}
    assert len(ids) == 20
    assert all(one.endswith("@example.org>") and "reader" not in one and A not in one for one in ids)


def test_two_workers_that_assemble_at_once_make_one_mail_a_person(postgresql, clock):
    with postgresql.transaction() as session:
        a_study(session, clock.now())
        for number in range(30):
            follow(session, clock.now(), f"reader{number}@example.com", A)
        news(session, clock.now())
    together = threading.Barrier(4)

    def work():
        together.wait(5)
        assembled(postgresql, clock.now())

    in_threads(work, 4)
    assert len(mails(postgresql)) == 30
    assert len({n.message_id for n in told(postgresql)}) == 30


def in_threads(work, count):
    faults = []

    def guarded():
        try:
            work()
        except BaseException as fault:  # noqa: BLE001 - told below
            faults.append(fault)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


# --- "still watching" -------------------------------------------------------------------------------------------


def test_after_long_silence_one_mail_says_that_we_still_watch(store, clock):
    at(store, follow, clock.now(), JANE, A)
    quiet = clock.now() + assembly.STILL_WATCHING_AFTER
    assert assembled(store, quiet - MINUTE) == 0
    assert [assembled(store, quiet), assembled(store, quiet + MINUTE)] == [1, 0]
    assert mails(store)[0].kind is LetterKind.STILL_WATCHING


def test_nobody_is_told_that_nothing_happened_while_news_waits_for_its_digest(store, clock):
    at(store, follow, clock.now(), JANE, A, every=Every.WEEKLY)
    quiet = clock.now() + assembly.STILL_WATCHING_AFTER
    at(store, news, quiet - HOUR)
    assert [assembled(store, quiet + n * MINUTE) for n in range(3)] == [0, 0, 0]
    assert mails(store) == []


# --- confirmation -----------------------------------------------------------------------------------------------


def send_all(database, now):
    batch = claimed(database, now)
    for message_id in batch:
        settled(database, now, message_id, "sent")
    return len(batch)


def confirmations(database):
    return [mail for mail in mails(database) if mail.kind is LetterKind.CONFIRMATION]


def test_a_sign_up_is_asked_to_confirm_once_whatever_it_holds(store, clock):
    assert at(store, sign_up, clock.now(), JANE, A, B).confirmation_queued
    assert not at(store, sign_up, clock.now(), JANE, C).confirmation_queued
    assert len(confirmations(store)) == 1


def test_a_confirmation_mail_goes_at_most_once_a_day(store, clock):
    at(store, sign_up, clock.now(), JANE, A)
    send_all(store, clock.now())
    assert not at(store, sign_up, clock.now() + HOUR, JANE, A).confirmation_queued
    assert len(confirmations(store)) == 1
    assert at(store, sign_up, clock.now() + DAY, JANE, A).confirmation_queued
    assert len(confirmations(store)) == 2


def test_what_is_asked_for_after_the_day_s_mail_went_is_confirmed_tomorrow(store, clock):
    at(store, sign_up, clock.now(), JANE, A)
    send_all(store, clock.now())
    for topic in (B, C):
        assert not at(store, sign_up, clock.now() + HOUR, JANE, topic).confirmation_queued
    assert send_all(store, clock.now() + DAY - MINUTE) == 0
    assert send_all(store, clock.now() + DAY) == 1
    assert not at(store, sign_up, clock.now() + DAY + MINUTE, JANE, "tea").confirmation_queued
    assert [send_all(store, clock.now() + hours * HOUR) for hours in (25, 47, 48)] == [0, 0, 1]


def test_a_confirmation_that_was_withdrawn_before_it_went_does_not_count(store, clock):
    at(store, sign_up, clock.now(), JANE, A)
    (message_id,) = claimed(store, clock.now())
    at(store, claims.cancel, message_id, "nobody wants it any more", clock.now(), owner=ME)
    assert at(store, sign_up, clock.now() + HOUR, JANE, B).confirmation_queued


# --- claim ------------------------------------------------------------------------------------------------------


def test_what_is_due_is_claimed_the_longest_waiting_first(store, clock):
    for number, who in enumerate((JANE, JOHN, "kim@example.org")):
        at(store, follow, clock.now(), who, (A, B, C)[number])
        at(store, news, clock.now(), nct_id=(A, B, C)[number])
        assembled(store, clock.now() - number * HOUR)
    assert claimed(store, clock.now(), limit=2) == [3, 2]
    assert claimed(store, clock.now(), limit=2) == [1]
    assert states(store) == ["sending"] * 3


def test_what_is_not_due_yet_is_not_claimed(store, clock):
    message_id = a_mail(store, clock.now())
    assert claimed(store, clock.now() - MINUTE) == []
    assert claimed(store, clock.now()) == [message_id]


def test_only_waiting_messages_are_claimed(store, clock):
    a_mail(store, clock.now())
    for state in sorted(set(MessageState) - set(claims.WAITING)):
        put_all(store, state)
        assert claimed(store, clock.now()) == []
    for state in claims.WAITING:
        put_all(store, state)
        assert len(claimed(store, clock.now())) == 1


def put_all(database, state):
    with database.transaction() as session:
        session.execute(update(messages).values(state=state))


def test_workers_that_claim_at_once_never_get_the_same_message(store, clock):
    with store.transaction() as session:
        for number in range(60):
            follow(session, clock.now(), f"reader{number}@example.com", A)
        news(session, clock.now())
    assembled(store, clock.now())
    got, together = [], threading.Barrier(4)

    def work():
        mine = Database(store.url.render_as_string(hide_password=False), MIGRATIONS)
        together.wait(5)
        while batch := claimed(mine, clock.now(), owner=threading.current_thread().name, limit=7):
            got.extend(batch)
        mine.close()

    in_threads(work, 4)
    assert len(got) == len(set(got)) == 60


# --- recover ----------------------------------------------------------------------------------------------------


def recovered(database, now, *, alone):
    with database.transaction() as session:
        return claims.recover(session, now, alone=alone)


def test_alone_everything_that_a_dead_worker_held_is_due_again_at_once(store, clock):
    message_id = a_mail(store, clock.now())
    claimed(store, clock.now(), owner="the dead one")
    assert recovered(store, clock.now(), alone=True) == 1
    assert claimed(store, clock.now()) == [message_id]
    assert mails(store)[0].attempts == 0


def test_among_others_a_lease_must_run_out_first(store, clock):
    a_mail(store, clock.now())
    claimed(store, clock.now(), owner="the dead one")
    assert recovered(store, clock.now() + claims.LEASE, alone=False) == 0
    assert recovered(store, clock.now() + claims.LEASE + MINUTE, alone=False) == 1
    assert states(store) == ["due"]


def test_a_worker_that_died_at_the_dot_leaves_the_mail_unsure(store, clock):
    message_id = a_mail(store, clock.now())
    claimed(store, clock.now())
    at(store, transmitting, [message_id], clock.now(), owner=ME)
    late = clock.now() + claims.LEASE + MINUTE
    assert recovered(store, late, alone=False) == 1
    (mail,) = mails(store)
    assert (mail.state, mail.due_at, mail.lease_owner) == (MessageState.UNSURE, late + UNSURE_AFTER, None)
    assert [recovered(store, late, alone=alone) for alone in (True, False)] == [0, 0]


def test_a_mail_that_was_unsure_twice_is_held_and_never_sent_a_third_time(store, clock):
    message_id, now = a_mail(store, clock.now()), clock.now()
    for _ in range(2):
        assert claimed(store, now) == [message_id]
        at(store, transmitting, [message_id], now, owner=ME)
        recovered(store, now, alone=True)
        now += UNSURE_AFTER
    (mail,) = mails(store)
    assert (mail.state, mail.unsure) == (MessageState.HELD, 2)
    assert "may have arrived" in mail.reason
    assert claimed(store, now + 10 * DAY) == []


def test_a_lease_is_renewed_by_a_mark_and_only_by_its_owner(store, clock):
    message_id = a_mail(store, clock.now())
    claimed(store, clock.now())
    later = clock.now() + 10 * MINUTE
    rows = at(store, claims.ours, [message_id], ME)
    marked = partial(at, store, claims.mark, [a_mark(rows[0], [1])], later, owner=ME)
    assert marked() == {message_id}
    assert recovered(store, clock.now() + claims.LEASE + MINUTE, alone=False) == 0
    assert recovered(store, later + claims.LEASE + MINUTE, alone=False) == 1
    assert marked() == set()
    claimed(store, later + claims.LEASE + UNSURE_AFTER + MINUTE, owner="another")
    assert marked() == set()
    assert at(store, claims.whose, [message_id, 999], ME) == {message_id: False}
    assert at(store, claims.whose, [message_id], "another") == {message_id: True}


# --- settle -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["sent", "rejected"])
def test_a_verdict_is_written_down_and_final(store, clock, state):
    message_id = a_mail(store, clock.now())
    claimed(store, clock.now())
    verdict = {"stage": "reply", "code": 250, "status": "2.0.0", "reply": "queued as 1" + "x" * 500}
    assert settled(store, clock.now(), message_id, state, **verdict) == state
    (mail,) = mails(store)
    assert (mail.stage, mail.code, mail.status, mail.attempts) == ("reply", 250, "2.0.0", 1)
    assert (len(mail.reply), mail.settled_at, mail.lease_owner) == (400, clock.now(), None)
    assert claimed(store, clock.now() + 10 * DAY) == []


def test_a_mail_that_is_put_off_again_and_again_follows_the_timetable_and_expires(store, clock):
    message_id, now, waits = a_mail(store, clock.now()), clock.now(), []
    while claimed(store, now) == [message_id]:
        state = settled(store, now, message_id, "deferred", code=451)
        if state is not MessageState.DEFERRED:
            break
        assert claimed(store, mails(store)[0].due_at - MINUTE) == []
        waits.append(mails(store)[0].due_at - now)
        now = mails(store)[0].due_at
    assert all(plan <= wait < plan * 1.2 for plan, wait in zip(RETRY_AFTER, waits, strict=False))
    (mail,) = mails(store)
    assert (mail.state, mail.settled_at, mail.attempts) == (MessageState.EXPIRED, now, len(waits) + 1)
    assert now - clock.now() >= GIVE_UP_AFTER


def test_an_unsure_mail_is_sent_once_more_with_the_same_message_id(store, clock):
    message_id = a_mail(store, clock.now())
    first = mails(store)[0].rfc_message_id
    claimed(store, clock.now())
    assert settled(store, clock.now(), message_id, "unsure") == "unsure"
    assert claimed(store, clock.now() + UNSURE_AFTER - MINUTE) == []
    assert claimed(store, clock.now() + UNSURE_AFTER) == [message_id]
    assert settled(store, clock.now() + UNSURE_AFTER, message_id, "sent") == "sent"
    assert mails(store)[0].rfc_message_id == first


def test_a_mail_that_is_given_back_lost_no_attempt(store, clock):
    message_id = a_mail(store, clock.now())
    claimed(store, clock.now())
    at(store, claims.release, [message_id], clock.now(), owner=ME)
    (mail,) = mails(store)
    assert (mail.state, mail.attempts, mail.lease_owner, mail.due_at) == (
        MessageState.DUE,
        0,
        None,
        clock.now(),
    )


def test_a_verdict_on_a_mail_that_is_not_claimed_changes_nothing(store, clock):
    message_id = a_mail(store, clock.now())
    for state in STATES:
        put_all(store, state)
        settled(store, clock.now(), message_id, "rejected", code=550)
        assert [(mail.state, mail.attempts, mail.code) for mail in mails(store)] == [(state, 0, None)]


def test_what_another_worker_took_over_is_no_longer_ours(store, clock):
    message_id = a_mail(store, clock.now())
    claimed(store, clock.now())
    late = clock.now() + claims.LEASE + MINUTE
    recovered(store, late, alone=False)
    claimed(store, late, owner="another")
    before = mails(store)
    settled(store, late, message_id, "deferred")
    for act in (transmitting, claims.cancel, claims.hold, claims.release):
        words = {claims.cancel: ("why", late), claims.hold: ("why",)}.get(act, (late,))
        at(
            store,
            act,
            [message_id] if act in {claims.release, transmitting} else message_id,
            *words,
            owner=ME,
        )
    assert mails(store) == before


def test_a_mail_is_held_with_its_reason(store, clock):
    message_id = a_mail(store, clock.now())
    claimed(store, clock.now())
    at(store, claims.hold, message_id, "the template broke", owner=ME)
    (mail,) = mails(store)
    assert (mail.state, mail.reason, mail.lease_owner) == (MessageState.HELD, "the template broke", None)
    with store.reading() as session:
        assert (claims.held(session), claims.waiting(session)) == (1, 0)


def test_what_waits_is_counted(store, clock):
    a_mail(store, clock.now())
    a_mail(store, clock.now(), JOHN, B)
    (message_id, _) = claimed(store, clock.now())
    with store.reading() as session:
        assert claims.waiting(session) == 2
    settled(store, clock.now(), message_id, "sent")
    with store.reading() as session:
        assert claims.waiting(session) == 1


def test_the_date_of_a_mail_stays_unless_it_grew_too_old(store, clock):
    message_id = a_mail(store, clock.now())
    first, late = dated(store, message_id, clock.now()), clock.now() + 4 * DAY
    assert dated(store, message_id, late) == first
    assert dated(store, message_id, late + MINUTE) == late + MINUTE


def dated(database, message_id, now):
    with database.transaction() as session:
        rows = session.execute(claims.with_people([message_id])).all()
        return claims.set_dates(session, rows, now)[message_id]


# --- cancel and roll over ---------------------------------------------------------------------------------------


def test_ending_one_of_two_subscriptions_keeps_the_other_s_part_of_the_mail(store, clock):
    first, second = at(store, follow, clock.now(), JANE, A, B)
    at(store, news, clock.now(), nct_id=A)
    at(store, news, clock.now(), nct_id=B)
    assembled(store, clock.now())
    assert at(store, cancellation.cancel_for, [first], Fate.ENDED_UNSUBSCRIBED, clock.now()) == 1
    assert states(store) == ["due"]
    assert {n.subscription_id: n.state.value for n in told(store)} == {
        first: "cancelled",
        second: "in_message",
    }
    assert at(store, cancellation.cancel_for, [second], Fate.ENDED_UNSUBSCRIBED, clock.now()) == 1
    assert states(store) == ["cancelled"]


def test_only_what_is_unsent_is_cancelled(store, clock):
    a_mail(store, clock.now())
    for state in STATES:
        with store.transaction() as session:
            session.execute(update(messages).values(state=state))
            session.execute(update(notices).values(state=NoticeState.IN_MESSAGE))
        unsent = state in claims.UNSENT
        assert at(store, cancellation.cancel_for, [1], Fate.ENDED_UNSUBSCRIBED, clock.now()) == unsent
        assert states(store) == ["cancelled" if unsent else state]


def test_notices_without_a_mail_are_cancelled(store, clock):
    (subscription,) = at(store, follow, clock.now(), JANE, A, every=Every.WEEKLY)
    at(store, news, clock.now())
    assert at(store, cancellation.cancel_for, [subscription], Fate.ENDED_UNSUBSCRIBED, clock.now()) == 1
    assert assembled(store, MONDAY_8) == 0


def test_cancelling_leaves_the_mails_of_others_alone(store, clock):
    at(store, follow, clock.now(), JOHN, A)
    (jane,) = at(store, follow, clock.now(), JANE, A)
    at(store, news, clock.now())
    assembled(store, clock.now())
    at(store, cancellation.cancel_for, [jane], Fate.ENDED_UNSUBSCRIBED, clock.now())
    assert sorted(states(store)) == ["cancelled", "due"]
    assert at(store, cancellation.cancel_for, [], Fate.ENDED_UNSUBSCRIBED, clock.now()) == 0


def test_what_did_not_fit_goes_with_the_next_mail(store, clock):
    at(store, follow, clock.now(), JANE, A, B)
    for nct_id in (A, B):
        at(store, news, clock.now(), nct_id=nct_id)
    assembled(store, clock.now())
    (message_id,) = claimed(store, clock.now())
    settled(store, clock.now(), message_id, "sent")
    at(store, claims.roll_over, message_id, [B])
    assert assembled(store, clock.now()) == 1
    (second,) = claimed(store, clock.now())
    with store.transaction() as session:
        letter = letters.compose(session, second, clock.now())
    assert [entry.study.nct_id for entry in letter.entries] == [B]


# --- the plans of the database ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("work", "index"),
    [
        (lambda session, now: claims.claim(session, now, ME, 100), "ix_message_waiting"),
        (lambda session, now: assembly.assemble(session, now, DOMAIN), "ix_notice_due"),
    ],
)
def test_sqlite_finds_what_waits_by_its_index(sqlite, clock, work, index):
    from sqlalchemy import event

    asked = []

    def note(connection, cursor, statement, parameters, context, many):
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(sqlite.engine, "before_cursor_execute", note)
    at(sqlite, work, clock.now())
    event.remove(sqlite.engine, "before_cursor_execute", note)
    with sqlite.engine.connect() as connection:
        plans = [
            [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            for statement, parameters in asked
        ]
    assert any(index in step for plan in plans for step in plan), plans
    assert not any(step in {"SCAN message", "SCAN notice"} for plan in plans for step in plan), plans
