"""A correction goes to exactly those who got a wrong mail, once; a bad version is forgotten. On both engines."""

import threading
from datetime import timedelta

import pytest
from smtp_peer import SmtpPeer
from sqlalchemy import update

from notifier import app
from notifier.domain.letter import LetterKind
from notifier.errors import BusyError, InputError, StoreError
from notifier.mail.smtp import SmtpAddress, SmtpTransport
from notifier.services.deliver import Sending, deliver
from notifier.storage import subscribers, suppression
from notifier.storage.models import StudyRow, messages
from notifier.storage.models.states import EndedReason, Fate, MessageState, NoticeState, Suppressed
from notifier.storage.outbox import putting_right
from notifier.storage.studies import history
from tests.conftest import each_engine
from tests.factories import DOMAIN, A, B, C
from tests.store_factories import a_study, assembled, claimed, filled_once, follow, mails, settled, tell, told
from tests.world import DAY_2, DAY_3, a_world, edited, study

database = each_engine

JANE, JOHN, LATE = "jane@example.org", "john@example.org", "late@example.org"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEY = b"a key of the tests"
TEXT = "We wrote that it has stopped. That was wrong: it goes on."


@pytest.fixture
@filled_once
def store(database, clock):
    """Jane and John were told of one study; John's mail was refused."""
    with database.transaction() as session:
        for nct_id in (A, B, C):
            a_study(session, clock.now(), nct_id)
        for who in (JANE, JOHN):
            follow(session, clock.now(), who, A)
    first, second = tell(database, clock.now())
    settled(database, clock.now(), first, "sent"), settled(database, clock.now(), second, "rejected")
    return database


def wrong(now, *changes):
    return putting_right.WrongTelling(A, changes, now - HOUR, now + HOUR)


def concerned(database, now, *changes, text=TEXT):
    with database.reading() as session:
        return putting_right.concerned(session, wrong(now, *changes), text, KEY)


def corrected(database, now, text=TEXT, people=range(1, 10)):
    """Correct those of these people who are concerned; returns how many mails were made."""
    with database.transaction() as session:
        _, made = putting_right.correct(
            session, wrong(now), text, people, key=KEY, actor="me", now=now, domain=DOMAIN
        )
    return made


# --- corrections ------------------------------------------------------------------------------------------------


def test_exactly_those_who_got_a_wrong_mail_are_corrected(store, clock):
    with store.transaction() as session:
        follow(session, clock.now() + HOUR, LATE, A)
    assert concerned(store, clock.now()).mails == {1: 1}
    assert corrected(store, clock.now()) == 1
    last = mails(store)[-1]
    assert (last.kind, last.subscriber_id, last.corrects_id) == (LetterKind.CORRECTION, 1, 1)
    assert (last.state, last.due_at) == (MessageState.DUE, clock.now())


def test_the_same_correction_goes_to_nobody_twice(store, clock):
    assert [corrected(store, clock.now()) for _ in range(2)] == [1, 0]
    assert concerned(store, clock.now()).corrected == 1
    assert corrected(store, clock.now(), text="And another thing.") == 1


def test_who_left_or_cannot_be_mailed_is_not_corrected(store, clock):
    second = tell(store, clock.now())[-1]
    settled(store, clock.now(), second, "sent")
    with store.transaction() as session:
        ids = subscribers.ids_of(session, subscribers.address(JANE))
        subscribers.end(session, ids, EndedReason.UNSUBSCRIBED, clock.now())
        hashed = suppression.address_hash(KEY, subscribers.address(JOHN).key)
        suppression.suppress(session, hashed, Suppressed.DEAD, clock.now())
    found = concerned(store, clock.now())
    assert (found.mails, found.left, found.suppressed) == ({}, 1, 1)


def test_only_the_changes_that_were_wrong_count(store, clock):
    for message_id in tell(store, clock.now()):
        settled(store, clock.now(), message_id, "sent")
    assert concerned(store, clock.now(), 1).mails.keys() == {1}
    assert concerned(store, clock.now(), 2).mails.keys() == {1, 2}
    assert concerned(store, clock.now()).mails == {1: 3, 2: 4}
    with pytest.raises(InputError, match="Change 99 is none of NCT90000001"):
        concerned(store, clock.now(), 1, 99)


def test_only_mails_of_that_time_count(store, clock):
    assert concerned(store, clock.now() + 2 * DAY).mails == {}


def test_who_may_have_got_a_wrong_mail_is_corrected_too(store, clock):
    with store.transaction() as session:
        session.execute(update(messages).where(messages.c.id == 2).values(unsure=1))
    assert concerned(store, clock.now()).mails.keys() == {1, 2}


def test_those_who_would_still_be_told_the_same_are_counted(store, clock):
    tell(store, clock.now())
    with store.transaction() as session:
        session.execute(update(messages).where(messages.c.id > 2).values(state=MessageState.DUE))
    assert concerned(store, clock.now()).waiting == 2


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 2001, "a\x00b", "right\u202eto left"])
def test_words_that_cannot_be_mailed_are_refused(text):
    with pytest.raises(InputError):
        putting_right.checked(text)


def test_words_keep_their_paragraphs():
    assert putting_right.checked(" One.  \n\nTwo.\n") == "One.\n\nTwo."


def test_nobody_is_added_while_the_admin_thinks(store, clock):
    assert corrected(store, clock.now(), people=()) == 0


def test_two_who_correct_at_once_make_one_mail_a_person(store, clock):
    made, barrier = [], threading.Barrier(2)

    def run():
        barrier.wait()
        try:
            made.append(corrected(store, clock.now()))
        except StoreError:
            made.append(0)

    threads = [threading.Thread(target=run) for _ in range(2)]
    [each.start() for each in threads], [each.join() for each in threads]
    assert sum(mail.kind is LetterKind.CORRECTION for mail in mails(store)) == 1


async def test_a_correction_goes_out_in_the_words_of_the_admin(store, clock, tmp_path):
    corrected(store, clock.now())
    settings = app.load_settings({"NOTIFIER_MAIL_FROM": "updates@example.org"}, tmp_path)
    renderer = app.make_renderer(settings, app.open_keys(settings, tmp_path))
    async with SmtpPeer() as peer:
        transport = SmtpTransport(SmtpAddress("127.0.0.1", peer.port))
        sending = Sending("me", DOMAIN, lambda _: "bounces@example.org", suppression_key=KEY)
        assert (await deliver(store, transport, renderer, clock, sending)).sent == 1
        await transport.close()
    (mail,) = peer.received
    assert (mail.recipient, b"That was wrong" in mail.content) == (JANE, True)


# --- rollback ---------------------------------------------------------------------------------------------------


async def bad_day(world):
    """A day on which the registry gave a wrong record of a study that one person follows."""
    world.follow(JANE, study=A)
    await world.watch()
    await world.next_day(DAY_2, edited(study(A), posted="2027-01-13", overallStatus="TERMINATED"))


def taken_back(world, number=2):
    with world.database.transaction() as session:
        return history.take_back(session, A, number, world.clock.now())


async def test_what_a_bad_version_brought_is_told_to_nobody(database):
    async with a_world(database, study(A)) as world:
        await bad_day(world)
        found = taken_back(world)
        assert (found.version, found.untold, found.told) == (1, len(told(database)), 0)
        assert {(n.state, n.reason) for n in told(database)} == {(NoticeState.CANCELLED, Fate.TAKEN_BACK)}
        assert assembled(database, world.clock.now()) == 0


async def test_after_it_the_right_record_is_no_change(database):
    async with a_world(database, study(A)) as world:
        await bad_day(world)
        taken_back(world)
        before = len(world.kinds())
        await world.next_day(DAY_3, study(A))
        assert len(world.kinds()) == before
        assert (
            world.rows(StudyRow)[0].overall_status
            == study(A)["protocolSection"]["statusModule"]["overallStatus"]
        )


async def test_a_record_that_is_still_wrong_is_found_anew(database):
    async with a_world(database, study(A)) as world:
        await bad_day(world)
        taken_back(world)
        before = len(world.kinds())
        await world.next_day(DAY_3, edited(study(A), posted="2027-01-14", overallStatus="SUSPENDED"))
        assert "status_paused" in world.kinds()[before:] or len(world.kinds()) > before


async def test_a_mail_that_waits_is_cancelled_and_one_that_went_stays_on_record(database):
    async with a_world(database, study(A)) as world:
        world.follow(JOHN, study=A)
        await bad_day(world)
        assembled(database, world.clock.now())
        first, second = claimed(database, world.clock.now())
        with pytest.raises(BusyError, match="try again in a minute"):
            taken_back(world)
        settled(database, world.clock.now(), first, "sent")
        settled(database, world.clock.now(), second, "deferred")
        found = taken_back(world)
        assert [mail.state for mail in mails(database)] == [MessageState.SENT, MessageState.CANCELLED]
        assert found.told == 1


@pytest.mark.parametrize(("number", "said"), [(1, "not the newest"), (3, "There is no version 3")])
async def test_only_the_newest_version_can_be_taken_back(database, number, said):
    async with a_world(database, study(A)) as world:
        await bad_day(world)
        with pytest.raises(InputError, match=said):
            taken_back(world, number)


async def test_the_first_version_has_none_before_it(database):
    async with a_world(database, study(A)) as world:
        world.follow(JANE, study=A)
        await world.watch()
        with pytest.raises(InputError, match="only this version"):
            taken_back(world, 1)
