"""What failed is made up for: to exactly those who missed it and still want it. And who was mailed what. On both engines."""

from datetime import timedelta

import pytest
from smtp_peer import SmtpPeer
from sqlalchemy import update

from notifier.domain.changes import Change, Kind, Weight
from notifier.domain.scheduling import GIVE_UP_AFTER
from notifier.errors import InputError
from notifier.mail.smtp import SmtpAddress, SmtpTransport
from notifier.services.deliver import Sending, deliver
from notifier.storage import subscribers, suppression
from notifier.storage.models import SubscriberRow, messages, subscriptions
from notifier.storage.models.states import EndedReason, Fate, MessageState, NoticeState, Suppressed
from notifier.storage.outbox import admin_queries as sending
from notifier.storage.outbox import putting_right
from notifier.storage.outbox.admin_queries import ToldChange
from tests.conftest import each_engine
from tests.factories import DOMAIN, ME, A, B, C
from tests.fakes import FakeRenderer
from tests.store_factories import (
    a_change,
    a_study,
    at,
    claimed,
    filled_once,
    follow,
    mails,
    news,
    settled,
    sign_up,
    tell,
    told,
    transmitting,
)

database = each_engine

MISSED = (MessageState.REJECTED, MessageState.EXPIRED)

JANE, JOHN, LATE = "jane@example.org", "john@example.org", "late@example.org"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEY = b"a key of the tests"
STATUS = "protocolSection.statusModule.overallStatus"


@pytest.fixture
@filled_once
def store(database, clock):
    """A database with three studies; Jane and John follow the first."""
    with database.transaction() as session:
        for nct_id in (A, B, C):
            a_study(session, clock.now(), nct_id)
        for who in (JANE, JOHN):
            follow(session, clock.now(), who, A)
    return database


def missed(database, now, *states):
    """The fates of what failed within an hour of `now`."""
    with database.reading() as session:
        return putting_right.between(session, now - HOUR, now + HOUR, states or MISSED, KEY)


def made_up(database, now, *states):
    """Send again what goes again; returns how many mails."""
    with database.transaction() as session:
        return putting_right.send(
            session, putting_right.between(session, now - HOUR, now + HOUR, states or MISSED, KEY), now
        )


def fates(found):
    return [each.why_not for each in found]


def states(database):
    return [mail.state for mail in mails(database)]


def status(before, after):
    return Change(kind=Kind.STATUS_OPENED, weight=Weight.IMPORTANT, path=STATUS, before=before, after=after)


# --- resend -----------------------------------------------------------------------------------------------------


def test_what_was_rejected_goes_again_to_those_it_was_for(store, clock):
    now = clock.now()
    first, second = tell(store, now)
    settled(store, now, first, "rejected"), settled(store, now, second, "sent")
    at(store, follow, now, LATE, A)
    assert [each.message_id for each in missed(store, now)] == [first]
    assert made_up(store, now + HOUR / 2) == 1
    assert states(store) == [MessageState.DUE, MessageState.SENT]
    assert len(told(store)) == 2


def test_doing_it_twice_sends_nothing_more(store, clock):
    for message_id in tell(store, clock.now()):
        settled(store, clock.now(), message_id, "rejected")
    assert [made_up(store, clock.now()) for _ in range(2)] == [2, 0]


def test_only_what_failed_in_that_time_goes_again(store, clock):
    now = clock.now()
    first, second = tell(store, now)
    settled(store, now, first, "rejected")
    settled(store, now + 2 * HOUR, second, "rejected")
    assert [each.message_id for each in missed(store, now)] == [first]


@pytest.mark.parametrize(
    ("state", "asked", "goes"),
    [
        ("held", (), 0),
        ("held", (MessageState.HELD,), 2),
        ("sent", tuple(putting_right.FAILED), 0),
        ("deferred", tuple(putting_right.FAILED), 0),
        ("cancelled", tuple(putting_right.FAILED), 0),
    ],
)
def test_only_what_failed_in_the_states_asked_for_goes_again(store, clock, state, asked, goes):
    tell(store, clock.now())
    with store.transaction() as session:
        session.execute(update(messages).values(state=state, settled_at=clock.now()))
    assert made_up(store, clock.now(), *asked) == goes


def test_who_left_and_whose_address_is_dead_get_nothing(store, clock):
    for message_id in tell(store, clock.now()):
        settled(store, clock.now(), message_id, "rejected")
    with store.transaction() as session:
        subscribers.end(
            session, subscribers.ids_of(session, subscribers.address(JANE)), EndedReason.ADMIN, clock.now()
        )
        hashed = suppression.address_hash(KEY, subscribers.address(JOHN).key)
        suppression.suppress(session, hashed, Suppressed.DEAD, clock.now())
    assert fates(missed(store, clock.now())) == [Fate.NOT_WANTED, Fate.SUPPRESSED]
    assert made_up(store, clock.now()) == 0


def test_who_was_told_by_another_mail_is_not_told_twice(store, clock):
    first, _ = tell(store, clock.now())
    settled(store, clock.now(), first, "rejected")
    with store.transaction() as session:
        person = session.get_one(SubscriberRow, mails(store)[0].subscriber_id)
        other = follow(session, clock.now(), person.email, B)[-1]
        outbox_id = mails(store)[1].id
        twin = told(store)[0]
        session.execute(update(messages).where(messages.c.id == outbox_id).values(subscriber_id=person.id))
        twin_of_john = told(store)[1]
        session.execute(
            update(type(twin)).where(type(twin).id == twin_of_john.id).values(subscription_id=other)
        )
    settled(store, clock.now(), outbox_id, "sent")
    assert fates(missed(store, clock.now())) == [Fate.SENT]


def test_a_status_that_a_later_mail_overtook_is_left_out(store, clock):
    now = clock.now()
    first, second = tell(store, now, status("RECRUITING", "SUSPENDED"), a_change())
    settled(store, now, first, "rejected"), settled(store, now, second, "sent")
    for message_id in tell(store, now + DAY, status("SUSPENDED", "RECRUITING")):
        settled(store, now + DAY, message_id, "sent")
    assert made_up(store, now) == 1
    assert [n.state for n in told(store) if n.message_id == first] == [
        NoticeState.CANCELLED,
        NoticeState.IN_MESSAGE,
    ]


def test_an_expired_mail_takes_its_news_back(store, clock):
    first, second = tell(store, clock.now())
    late = clock.now() + GIVE_UP_AFTER
    settled(store, late, first, "deferred"), settled(store, late, second, "sent")
    assert told(store)[0].message_id is None
    assert made_up(store, late) == 1
    assert [n.message_id for n in told(store)] == [first, second]
    assert claimed(store, late) == [first]


def test_an_expired_mail_whose_news_went_on_says_where(store, clock):
    first, second = tell(store, clock.now())
    late = clock.now() + GIVE_UP_AFTER
    settled(store, late, first, "deferred"), settled(store, late, second, "sent")
    for message_id in tell(store, late + 10 * DAY, nct_id=A):
        settled(store, late + 10 * DAY, message_id, "sent")
    with store.transaction() as session:
        missed = putting_right.one(session, first, KEY)
        assert putting_right.send(session, [missed], late) == 0
    assert (missed.why_not, len(missed.elsewhere)) == (Fate.SENT, 1)


def test_what_may_have_arrived_twice_is_never_tried_a_third_time_by_itself(store, clock):
    now = clock.now()
    first, _ = tell(store, now)
    settled(store, now, first, "unsure")
    later = now + HOUR
    assert claimed(store, later) == [first]
    settled(store, later, first, "unsure")
    assert mails(store)[0].state is MessageState.HELD
    assert made_up(store, later, MessageState.HELD) == 1
    assert mails(store)[0].unsure == 2


def test_a_rejected_question_to_confirm_is_asked_again_unless_it_was_asked_anew(store, clock):
    now = clock.now()
    at(store, sign_up, now, LATE, A)
    (asked,) = claimed(store, now)
    settled(store, now, asked, "rejected")
    assert made_up(store, now) == 1
    claimed(store, now), settled(store, now, asked, "rejected")
    at(store, sign_up, now + 2 * DAY, LATE, B)
    assert fates(missed(store, now)) == [Fate.NOT_WANTED]


def test_bad_news_that_goes_again_waits_for_the_day(store, clock):
    now = clock.now()
    bad = Change(kind=Kind.STATUS_STOPPED, weight=Weight.IMPORTANT, path=STATUS, before="A", after="B")
    first, _ = tell(store, now, bad)
    settled(store, now, first, "rejected")
    night = now + 11 * HOUR
    with store.transaction() as session:
        putting_right.send(session, [putting_right.one(session, first, KEY)], night)
    assert mails(store)[0].due_at == now + 20 * HOUR


@pytest.mark.parametrize("state", ["sent", "due", "cancelled"])
def test_a_mail_that_did_not_fail_is_not_sent_again(store, clock, state):
    tell(store, clock.now())
    with store.transaction() as session:
        session.execute(update(messages).values(state=state))
        with pytest.raises(InputError, match="only what was given up"):
            putting_right.one(session, 1, KEY)
        with pytest.raises(InputError, match="There is no message 99"):
            putting_right.one(session, 99, KEY)


# --- who was mailed what ----------------------------------------------------------------------------------------


def test_who_was_mailed_what_between_two_times(store, clock):
    now = clock.now()
    first, second = tell(store, now)
    settled(store, now, first, "sent"), settled(store, now + HOUR, second, "sent")
    with store.reading() as session:
        ((mail, tells),) = sending.sent(session, now, now + HOUR)
        assert len(sending.sent(session, now, now + 2 * HOUR)) == 2
    assert (mail.id, mail.surely, mail.kind) == (first, True, "update")
    assert tells == [ToldChange(1, A, "contacts")]


def test_what_may_have_arrived_is_among_what_was_mailed(store, clock):
    now = clock.now()
    first, second = tell(store, now)
    settled(store, now, first, "unsure"), at(store, transmitting, [second], now)
    with store.transaction() as session:
        session.execute(update(messages).values(dated=now))
        assert [each.surely for each, _ in sending.sent(session, now, now + HOUR)] == [False, False]


def test_what_was_mailed_of_one_study_leaves_out_the_others(store, clock):
    now = clock.now()
    at(store, follow, now, LATE, B)
    for nct_id in (A, B):
        for message_id in tell(store, now, nct_id=nct_id):
            settled(store, now, message_id, "sent")
    with store.reading() as session:
        assert [each.email for each, _ in sending.sent(session, now, now + HOUR, B)] == [LATE]


# --- the whole way ----------------------------------------------------------------------------------------------


async def test_after_a_bad_hour_each_who_missed_a_mail_gets_it_once(store, clock):
    """A server that refuses two of three mails; one of the two leaves, somebody new comes; then the resend."""
    at(store, follow, clock.now(), LATE, A)
    at(store, news, clock.now())
    async with SmtpPeer(rcpt=["550 5.7.1 no", "550 5.7.1 no"]) as peer:
        transport = SmtpTransport(SmtpAddress("127.0.0.1", peer.port))
        sending = Sending(ME, DOMAIN, lambda _: "bounces@example.org", connections=1, suppression_key=KEY)
        report = await deliver(store, transport, FakeRenderer(), clock, sending)
        assert (report.rejected, report.sent) == (2, 1)
        with store.transaction() as session:
            gone = subscribers.ids_of(session, subscribers.address(JANE))
            subscribers.end(session, gone, EndedReason.UNSUBSCRIBED, clock.now())
            follow(session, clock.now(), "new@example.org", A)
        assert [made_up(store, clock.now()) for _ in range(2)] == [1, 0]
        for _ in range(2):
            await deliver(store, transport, FakeRenderer(), clock, sending)
        await transport.close()
    assert sorted(mail.recipient for mail in peer.received) == sorted([JOHN, LATE])


def test_what_was_paused_waits_and_is_not_sent_again(store, clock):
    for message_id in tell(store, clock.now()):
        settled(store, clock.now(), message_id, "rejected")
    with store.transaction() as session:
        session.execute(update(subscriptions).values(state="paused"))
    assert fates(missed(store, clock.now())) == [Fate.PAUSED] * 2
