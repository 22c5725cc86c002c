"""Mails that are put off, mails that are no longer news, and workers that died or lost the database."""

from contextlib import asynccontextmanager
from datetime import timedelta

from fakes import DOMAIN, FakeRenderer, run, sending, sign_up, something_changes
from smtp_peer import DROP, SmtpPeer
from sqlalchemy import select

from notifier.domain.changes import Kind
from notifier.domain.scheduling import FOLD_WITHIN, Timetable
from notifier.errors import StoreError
from notifier.mail.smtp import Verdict
from notifier.mail.smtp.verdict import SendStage, judge
from notifier.services.deliver import DeliverReport, deliver
from notifier.storage.models import MessageState, messages
from notifier.storage.outbox import assembly, claims

ANN, BEN, CLO = "ann@example.org", "ben@example.org", "clo@example.net"
SLOW = "421 4.7.28 too much mail from you"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def states(database):
    with database.reading() as session:
        return list(session.execute(select(messages.c.state).order_by(messages.c.id)).scalars())


def follow_news(database, clock, *people):
    sign_up(database, clock, *people, evidence="said so")
    something_changes(database, clock, Kind.RESULTS_POSTED, before=str(clock.now()))


def recipients(peer):
    return [received.recipient for received in peer.received]


# --- put off ----------------------------------------------------------------------------------------------------


async def test_a_mail_that_is_put_off_holds_no_other_up(database, clock):
    sign_up(database, clock, ANN, BEN, CLO)
    async with SmtpPeer(rcpt=[SLOW]) as peer:
        assert await run(database, clock, peer) == DeliverReport(deferred=1, sent=2, left=1)
        assert recipients(peer) == [BEN, CLO]
        clock.move(timedelta(hours=1))
        assert (await run(database, clock, peer)).sent == 1


# --- no longer news ---------------------------------------------------------------------------------------------


async def test_what_could_not_be_sent_for_days_is_made_anew_with_all_that_came_since(database, clock):
    follow_news(database, clock, ANN)
    with database.transaction() as session:
        assembly.assemble(session, clock.now(), DOMAIN)
    clock.move(6 * DAY)
    something_changes(database, clock, Kind.RESULTS_POSTED, before="another")
    renderer = FakeRenderer()
    async with SmtpPeer() as peer:
        # The new change is in a mail of its own by the time the old one turns out to be stale; neither is lost.
        assert await run(database, clock, peer, renderer) == DeliverReport(expired=1, sent=2)
        assert await run(database, clock, peer) == DeliverReport()
    assert states(database).count(MessageState.EXPIRED) == 1
    assert sum(len(entry.told) for letter in renderer.letters for entry in letter.entries) == 2


async def given_up(database, clock, peer):
    follow_news(database, clock, ANN)
    await run(database, clock, peer)
    clock.move(6 * DAY)
    assert await run(database, clock, peer) == DeliverReport(expired=1)


async def test_what_a_server_put_off_for_too_long_goes_with_the_next_mail(database, clock):
    renderer = FakeRenderer()
    async with SmtpPeer(rcpt=["450 4.2.1 later"]) as peer:
        await given_up(database, clock, peer)
        assert await run(database, clock, peer) == DeliverReport()  # not at once: the same door would be shut
        something_changes(database, clock, Kind.RESULTS_POSTED, before="another")
        assert await run(database, clock, peer, renderer) == DeliverReport(sent=1)
    assert sum(len(entry.told) for entry in renderer.letters[0].entries) == 2


async def test_where_no_other_mail_comes_it_is_told_by_itself(database, clock):
    async with SmtpPeer(rcpt=["450 4.2.1 later"]) as peer:
        await given_up(database, clock, peer)
        clock.move(FOLD_WITHIN)
        assert await run(database, clock, peer) == DeliverReport(sent=1)


async def test_a_mail_that_may_have_arrived_is_never_told_anew(database, clock):
    follow_news(database, clock, ANN)
    async with SmtpPeer(dot=[DROP, "451 later"]) as peer:
        await run(database, clock, peer)
        clock.move(6 * DAY)
        assert await run(database, clock, peer) == DeliverReport(expired=1)
        clock.move(FOLD_WITHIN)
        assert await run(database, clock, peer) == DeliverReport()
    first, second = peer.received  # it was sent once more, as it was, and then given up
    assert first == second


async def test_the_timetable_is_the_one_that_was_set(database, clock):
    sign_up(database, clock, ANN)
    quick = Timetable(retry_after=(MINUTE,), give_up_after=timedelta(minutes=2))
    async with SmtpPeer(rcpt=["450 4.2.1 later"] * 3) as peer:
        for expected in (DeliverReport(deferred=1, left=1), DeliverReport(deferred=1, left=1)):
            assert await run(database, clock, peer, timetable=quick) == expected
            clock.move(MINUTE * 1.2)
        assert await run(database, clock, peer, timetable=quick) == DeliverReport(expired=1)


async def test_where_an_admin_is_to_decide_an_unsure_mail_is_held(database, clock):
    sign_up(database, clock, ANN)
    async with SmtpPeer(dot=[DROP]) as peer:
        hold = Timetable(resend_unsure=False)
        assert await run(database, clock, peer, timetable=hold) == DeliverReport(held=1)
        clock.move(DAY)
        assert await run(database, clock, peer, timetable=hold) == DeliverReport()
    assert len(peer.received) == 1


# --- workers that died, and a database that was away ------------------------------------------------------------


def claimed_by(database, clock, owner):
    with database.transaction() as session:
        return claims.claim(session, clock.now(), owner, 10)


async def test_what_a_dead_worker_held_goes_at_once_and_a_living_one_keeps_its_own(postgresql, clock):
    sign_up(postgresql, clock, ANN)
    claimed_by(postgresql, clock, "dead:1")
    sign_up(postgresql, clock, BEN)
    claimed_by(postgresql, clock, "alive:2")
    async with SmtpPeer() as peer:
        with postgresql.alive("alive:2"):
            assert await run(postgresql, clock, peer) == DeliverReport(sent=1, left=1)
    assert recipients(peer) == [ANN]


async def test_what_an_earlier_pass_of_ours_left_is_taken_back_by_the_next(postgresql, clock):
    sign_up(postgresql, clock, ANN)
    claimed_by(postgresql, clock, "here:1")
    async with SmtpPeer() as peer:
        assert (await run(postgresql, clock, peer)).sent == 1


class Taken:
    """A transport that takes every mail."""

    @asynccontextmanager
    async def session(self):
        yield self

    async def send(self, _envelope, *, before_data) -> Verdict:
        await before_data()
        return judge(SendStage.REPLY, 250, "2.0.0 taken")


async def test_a_verdict_is_written_down_although_the_database_was_away(database, clock, monkeypatch):
    sign_up(database, clock, ANN)
    faults = [StoreError("The database does not answer")] * 2
    settle = claims.settle

    def failing(*arguments, **options):
        if faults:
            raise faults.pop()
        return settle(*arguments, **options)

    monkeypatch.setattr("notifier.storage.outbox.claims.settle", failing)
    monkeypatch.setattr("notifier.services.deliver.SETTLE_AGAIN_AFTER", (0.0, 0.0, 0.0))
    assert await deliver(database, Taken(), FakeRenderer(), clock, sending()) == DeliverReport(sent=1)
    assert states(database) == [MessageState.SENT]
