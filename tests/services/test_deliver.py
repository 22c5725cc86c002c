"""A deliver pass with the real outbox on both engines and a mail server that does as it is told."""

import asyncio
import io
import threading
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from fakes import FakeRenderer, line_to, run, sending, sign_up, something_changes
from smtp_peer import DROP, STALL, SmtpPeer
from sqlalchemy import select
from structlog.testing import capture_logs

from notifier.domain.changes import Kind
from notifier.errors import MailError, RenderError, StoreError
from notifier.jobs import Worker
from notifier.logs import configure
from notifier.mail.smtp import SmtpTransport, Verdict, parse_smtp_url
from notifier.services.deliver import DeliverReport, deliver
from notifier.settings import Settings
from notifier.storage import incidents, subscribers
from notifier.storage.models import EndedReason, MessageRow, MessageState, messages, notices
from tests.conftest import each_engine

database = each_engine

ANN, BEN, CLO = "ann@example.org", "ben@example.org", "clo@example.org"


def states(database):
    with database.reading() as session:
        return list(session.execute(select(messages.c.state).order_by(messages.c.id)).scalars())


def reasons(database):
    with database.reading() as session:
        return list(session.execute(select(messages.c.reason).order_by(messages.c.id)).scalars())


def recipients(peer):
    return sorted(received.recipient for received in peer.received)


async def test_nothing_is_due(database, clock):
    async with SmtpPeer() as peer:
        assert await run(database, clock, peer) == DeliverReport()
    assert peer.connections == 0


async def test_every_due_mail_goes_out_once(database, clock):
    sign_up(database, clock, ANN, BEN)
    async with SmtpPeer() as peer:
        assert await run(database, clock, peer) == DeliverReport(sent=2)
        assert await run(database, clock, peer) == DeliverReport()
    assert recipients(peer) == [ANN, BEN]
    assert {received.sender for received in peer.received} == {"bounces@example.org"}


async def test_a_change_becomes_a_mail(database, clock):
    sign_up(database, clock, ANN, evidence="said so")
    something_changes(database, clock, Kind.RESULTS_POSTED)
    renderer = FakeRenderer()
    async with SmtpPeer() as peer:
        assert (await run(database, clock, peer, renderer)).sent == 1
    told = renderer.letters[0].entries[0].told
    assert [one.change.kind for one in told] == [Kind.RESULTS_POSTED]


@pytest.mark.parametrize("script", [{}, {"dot": ["451 4.3.0 later"]}, {"dot": [DROP]}])
async def test_what_a_mail_was_called_and_which_words_it_had_is_kept(database, clock, script):
    sign_up(database, clock, ANN)
    async with SmtpPeer(**script) as peer:
        await run(database, clock, peer)
    with database.reading() as session:
        (row,) = session.execute(select(MessageRow)).scalars()
        assert (row.subject, row.wording) == ("Update on a study you follow", "0123456789ab")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ({"rcpt": ["450 4.2.1 later"]}, DeliverReport(deferred=1, left=1)),
        ({"rcpt": ["550 5.1.1 no such mailbox"]}, DeliverReport(rejected=1)),
        ({"dot": ["451 4.3.0 later"]}, DeliverReport(deferred=1, left=1)),
        ({"dot": ["554 5.7.1 no"]}, DeliverReport(rejected=1)),
        ({"dot": [DROP]}, DeliverReport(unsure=1, left=1)),
        ({"data": [DROP]}, DeliverReport(deferred=1, left=1)),
    ],
)
async def test_each_answer_is_counted_as_what_it_is(database, clock, script, expected):
    sign_up(database, clock, ANN)
    async with SmtpPeer(**script) as peer:
        assert await run(database, clock, peer) == expected


async def test_an_unsure_mail_goes_once_more_with_the_same_bytes_and_no_third_time(database, clock):
    sign_up(database, clock, ANN)
    async with SmtpPeer(dot=[DROP, DROP]) as peer:
        assert (await run(database, clock, peer)).unsure == 1
        assert await run(database, clock, peer) == DeliverReport(left=1)  # it waits half an hour
        clock.move(timedelta(hours=1))
        assert await run(database, clock, peer) == DeliverReport(held=1)
        clock.move(timedelta(days=1))
        assert await run(database, clock, peer) == DeliverReport()
    first, second = peer.received
    assert first == second


async def test_a_confirmation_that_broke_off_at_the_dot_and_was_answered_had_arrived(database, clock):
    ids = sign_up(database, clock, ANN)
    async with SmtpPeer(dot=[DROP]) as peer:
        await run(database, clock, peer)
        clock.move(timedelta(hours=1))
        with database.transaction() as session:
            assert subscribers.confirm(session, ids, clock.now())
            session.execute(messages.delete().where(messages.c.kind == "welcome"))
        assert (await run(database, clock, peer)).cancelled == 1
    assert reasons(database)[0] == "it had arrived, and was answered"


async def test_a_mail_whose_person_was_erased_on_its_way_is_left_to_nobody(database, clock):
    sign_up(database, clock, ANN)

    class Erasing(FakeRenderer):
        def render(self, letter):
            with database.transaction() as session:
                subscribers.erase(session, 1, clock.now(), b"a key")
            return super().render(letter)

    with capture_logs() as logs:
        async with SmtpPeer() as peer:
            await run(database, clock, peer, Erasing())
    assert (peer.received, states(database)) == ([], [])
    said = {line["action"] for line in logs}
    assert "mail_erased" in said
    assert "lease_lost" not in said


async def test_a_mail_nobody_wants_any_more_is_cancelled(database, clock):
    ids = sign_up(database, clock, ANN)
    with database.transaction() as session:
        subscribers.end(session, ids, EndedReason.UNSUBSCRIBED, clock.now())
    async with SmtpPeer() as peer:
        assert await run(database, clock, peer) == DeliverReport(cancelled=1)
    assert peer.connections == 0


async def test_unsubscribed_after_the_mail_was_made_and_before_it_is_sent(database, clock):
    ids = sign_up(database, clock, ANN, BEN, evidence="said so")
    something_changes(database, clock, Kind.RESULTS_POSTED)
    async with SmtpPeer(rcpt=[STALL]) as peer:
        pass_ = asyncio.create_task(run(database, clock, peer))
        await peer.reached["RCPT"].wait()  # both mails are claimed, the first is under way
        with database.transaction() as session:
            subscribers.end(session, ids[1:], EndedReason.UNSUBSCRIBED, clock.now())
        peer.released.set()
        assert await pass_ == DeliverReport(sent=1, cancelled=1)
    assert recipients(peer) == [ANN]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (RenderError("The template update/body.txt is broken."), "The template update/body.txt is broken."),
        (ZeroDivisionError("division by zero"), "an error of this program; see its log"),
    ],
)
async def test_a_mail_that_cannot_be_made_is_held_and_the_others_go(database, clock, fault, reason):
    sign_up(database, clock, ANN, BEN, CLO)
    async with SmtpPeer() as peer:
        report = await run(database, clock, peer, FakeRenderer({ANN: fault}))
    assert report == DeliverReport(sent=2, held=1)
    assert reasons(database)[0] == reason


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ({"greeting": ["421 4.3.2 not now"]}, "cannot be reached"),
        ({"mail": ["550 5.7.1 not you"]}, "refused our sender"),
        ({"rcpt": ["530 5.7.0 sign in first"]}, "wants us to sign in first"),
        ({"dot": ["452 4.3.1 Insufficient system storage"]}, "has no room for mail"),
    ],
)
async def test_a_fault_of_the_way_blames_no_mail(database, clock, script, words):
    sign_up(database, clock, ANN, BEN)
    async with SmtpPeer(**script) as peer:
        report = await run(database, clock, peer)
        assert isinstance(report.fault, MailError)
        assert words in str(report.fault)
        assert report == DeliverReport(left=2)
        assert states(database) == [MessageState.DUE] * 2
        assert await run(database, clock, peer) == DeliverReport(sent=2)


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize(("at_once", "mails"), [(1, 24), (2, 14)])
async def test_a_line_that_the_server_does_not_take_ends_and_the_others_send_all(
    sqlite, clock, at_once, mails
):
    sign_up(sqlite, clock, *(f"p{number}@example.org" for number in range(mails)))
    async with SmtpPeer(at_once=at_once) as peer:
        report = await run(sqlite, clock, peer, connections=5, line={"max_messages_per_connection": 20})
    assert report == DeliverReport(sent=mails)
    assert (report.fault, report.lines) == (None, at_once)
    assert "421 4.7.0 Error: too many connections" in str(report.fewer)
    assert "NOTIFIER_SMTP_CONNECTIONS" in str(report.fewer)
    assert len(set(recipients(peer))) == mails
    assert peer.connections <= 7  # one that took twenty mails is opened anew


async def test_a_daemon_remembers_for_an_hour_how_many_lines_it_had_and_the_admin_is_told(sqlite, clock):
    async with SmtpPeer(at_once=2) as peer, line_to(peer) as transport:
        how = sending(connections=4)
        worker = Worker(sqlite, None, transport, FakeRenderer(), clock, Settings(), how)
        tried = []
        for wait, at_once in ((0, 2), (1, 2), (60, 4)):
            clock.move(timedelta(minutes=wait))
            peer.at_once, before = at_once, peer.connections
            sign_up(sqlite, clock, *(f"p{peer.connections}-{number}@example.org" for number in range(8)))
            await worker.deliver_tick()
            tried.append((peer.connections - before, going(sqlite)))
    assert tried == [(4, ["lines"]), (2, ["lines"]), (4, [])]
    assert len(peer.received) == 24


async def test_the_admin_is_told_of_mails_that_are_refused_alike_until_one_goes(sqlite, clock):
    async with SmtpPeer(dot=["554 5.7.1 blocked"] * 3) as peer, line_to(peer) as transport:
        worker = Worker(sqlite, None, transport, FakeRenderer(), clock, Settings(), sending())
        told = []
        for people in ((ANN, BEN, CLO), (), ("dan@example.org",)):
            sign_up(sqlite, clock, *people)
            await worker.deliver_tick()
            told.append(going(sqlite))
    assert told == [["alike"], ["alike"], []]


def going(database):
    with database.reading() as session:
        return [row.name for row in incidents.going(session)]


async def test_where_no_line_is_taken_nothing_is_blamed_but_the_way(sqlite, clock):
    sign_up(sqlite, clock, ANN, BEN, CLO)
    async with SmtpPeer(at_once=0) as peer:
        report = await run(sqlite, clock, peer, connections=3)
    assert report == DeliverReport(left=3)
    assert "too many connections" in str(report.fault)
    assert (report.fewer, peer.connections) == (None, 3)


@pytest.mark.parametrize(
    ("reply", "expected", "words"),
    [
        ("552 5.3.4 too big", DeliverReport(deferred=3, left=3), "takes no mail of this size: it refused all 3 mails"),
        ("554 5.7.1 blocked", DeliverReport(rejected=3), "refuses our mail: it refused all 3 mails of this pass alike"),
        ("451 4.3.0 later", DeliverReport(deferred=3, left=3), "at REPLY: 451 4.3.0 later"),
    ],
)  # fmt: skip
async def test_where_all_mails_are_refused_alike_the_pass_says_so(sqlite, clock, reply, expected, words):
    sign_up(sqlite, clock, ANN, BEN, CLO)
    async with SmtpPeer(dot=[reply] * 3) as peer:
        report = await run(sqlite, clock, peer)
        assert report == expected
        assert words in str(report.refused)


@pytest.mark.parametrize("replies", [["554 5.7.1 a"] * 2, ["554 5.7.1 a", "550 5.7.1 a", "554 5.7.1 a"]])
async def test_where_one_is_taken_or_refused_otherwise_it_is_no_refusal_of_all(sqlite, clock, replies):
    sign_up(sqlite, clock, ANN, BEN, CLO)
    async with SmtpPeer(dot=replies) as peer:
        assert (await run(sqlite, clock, peer)).refused is None


async def test_what_was_marked_and_cut_off_before_its_message_is_due_again(database, clock, monkeypatch):
    monkeypatch.setattr(SmtpPeer, "offers_pipelining", True)
    sign_up(database, clock, ANN, BEN)
    async with SmtpPeer(data=[STALL]) as peer:
        pass_ = asyncio.create_task(run(database, clock, peer))
        await peer.reached["DATA"].wait()
        pass_.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pass_
    assert states(database) == [MessageState.DUE] * 2
    with database.reading() as session:
        assert set(session.execute(select(messages.c.transmitting_at)).scalars()) == {None}


async def test_a_refused_sign_in_blames_no_mail_and_does_not_tell_the_password(sqlite, clock):
    sign_up(sqlite, clock, ANN)
    async with SmtpPeer(password="right") as peer:
        transport = SmtpTransport(parse_smtp_url(f"smtp://me:wr0ng-word@127.0.0.1:{peer.port}"))
        report = await deliver(sqlite, transport, FakeRenderer(), clock, sending())
        await transport.close()
    assert "refused the sign-in" in str(report.fault)
    assert "wr0ng-word" not in str(report.fault)
    assert states(sqlite) == [MessageState.DUE]


@pytest.mark.parametrize("allowed", ["ben@ben.example", "BEN@ben.example", "ben.example", "@Ben.example"])
async def test_only_the_allow_list_is_mailed(sqlite, clock, allowed):
    sign_up(sqlite, clock, ANN, "ben@ben.example", "ben@not-ben.example")
    async with SmtpPeer() as peer:
        assert await run(sqlite, clock, peer, allowlist=(allowed,)) == DeliverReport(sent=1, cancelled=2)
    assert recipients(peer) == ["ben@ben.example"]


async def test_a_stop_finishes_the_mail_in_flight_and_gives_the_rest_back(database, clock):
    sign_up(database, clock, ANN, BEN, CLO)
    stopping = asyncio.Event()
    async with SmtpPeer(dot=[STALL]) as peer:
        pass_ = asyncio.create_task(run(database, clock, peer, stopping=stopping))
        await peer.reached["DOT"].wait()
        stopping.set()
        peer.released.set()
        assert await pass_ == DeliverReport(sent=1, left=2)
    assert states(database) == [MessageState.SENT, MessageState.DUE, MessageState.DUE]
    with database.reading() as session:
        tried = session.execute(select(messages.c.attempts).order_by(messages.c.id)).scalars().all()
    assert tried == [1, 0, 0]


async def test_a_stop_before_the_start_sends_nothing(sqlite, clock):
    sign_up(sqlite, clock, ANN)
    stopping = asyncio.Event()
    stopping.set()
    async with SmtpPeer() as peer:
        assert await run(sqlite, clock, peer, stopping=stopping) == DeliverReport(left=1)


async def test_several_lines_at_once_each_on_its_own_connection(database, clock):
    people = [f"p{number}@example.org" for number in range(7)]
    sign_up(database, clock, *people)
    async with SmtpPeer(rcpt=[STALL, STALL, STALL]) as peer:
        pass_ = asyncio.create_task(run(database, clock, peer, connections=3))
        while peer.connections < 3 or peer.scripts["RCPT"]:  # noqa: ASYNC110 - until all three lines are stalled
            await asyncio.sleep(0)
        peer.released.set()
        assert await pass_ == DeliverReport(sent=7)
    assert peer.connections == 3
    assert recipients(peer) == people


async def test_no_more_lines_than_mails(sqlite, clock):
    sign_up(sqlite, clock, ANN)
    async with SmtpPeer() as peer:
        await run(sqlite, clock, peer, connections=10)
    assert peer.connections == 1


async def test_more_mails_than_are_claimed_at_once(sqlite, clock):
    sign_up(sqlite, clock, *(f"p{number}@example.org" for number in range(101)))
    async with SmtpPeer() as peer:
        assert await run(sqlite, clock, peer, connections=4) == DeliverReport(sent=101)
    assert len(set(recipients(peer))) == 101


async def test_studies_that_did_not_fit_come_with_the_next_mail(database, clock):
    sign_up(database, clock, ANN, evidence="said so")
    something_changes(database, clock, Kind.RESULTS_POSTED)
    async with SmtpPeer() as peer:
        await run(database, clock, peer, FakeRenderer(left_over=("NCT90000001",)))
        assert await run(database, clock, peer) == DeliverReport(sent=1)
    assert len({received.content for received in peer.received}) == 2


async def test_what_did_not_fit_is_not_rolled_over_when_the_mail_was_not_taken(sqlite, clock):
    sign_up(sqlite, clock, ANN, evidence="said so")
    something_changes(sqlite, clock, Kind.RESULTS_POSTED)
    async with SmtpPeer(rcpt=["450 4.2.1 later"]) as peer:
        await run(sqlite, clock, peer, FakeRenderer(left_over=("NCT90000001",)))
    with sqlite.reading() as session:
        assert session.execute(select(notices.c.state)).scalars().all() == ["in_message"]


async def test_a_mail_whose_lease_ran_out_is_left_to_the_worker_that_has_it(postgresql, clock):
    sign_up(postgresql, clock, ANN, BEN)
    async with SmtpPeer(rcpt=[STALL]) as peer, SmtpPeer() as other:
        slow = asyncio.create_task(run(postgresql, clock, peer, owner="slow:1"))
        await peer.reached["RCPT"].wait()  # it has claimed both, and stands before the dot of the first
        clock.move(timedelta(hours=1))
        assert (await run(postgresql, clock, other, owner="quick:2")).sent == 2
        peer.released.set()
        assert await slow == DeliverReport()
    assert (peer.received, recipients(other)) == ([], [ANN, BEN])
    assert states(postgresql) == [MessageState.SENT] * 2


async def test_any_number_of_workers_on_one_postgresql_send_each_mail_once(postgresql, clock):
    people = [f"p{number:02}@example.org" for number in range(40)]
    sign_up(postgresql, clock, *people)
    async with SmtpPeer() as peer:
        reports = await asyncio.gather(
            *(run(postgresql, clock, peer, owner=f"here:{n}", connections=2) for n in range(3))
        )
    assert sum(report.sent for report in reports) == 40
    assert recipients(peer) == people


class Broken:
    """A transport of which one mail goes out while the database fails under it."""

    def __init__(self, database):
        self.database = database

    @asynccontextmanager
    async def session(self):
        yield self

    async def send(self, _envelope, *, before_data) -> Verdict:
        await before_data()
        raise StoreError("The database has no room left on its disk")


async def test_a_database_that_fails_ends_the_pass_with_its_own_error(database, clock):
    sign_up(database, clock, ANN, BEN, CLO)
    with pytest.raises(StoreError, match="no room left"):
        await deliver(database, Broken(database), FakeRenderer(), clock, sending())
    # The one under way keeps its marks, because it may have gone out; the others are due again.
    assert sorted(states(database)) == [MessageState.DUE, MessageState.DUE, MessageState.SENDING]


async def test_no_address_in_any_line_of_the_log(database, clock, monkeypatch):
    canary = "canary.7f3@secret-domain.example.org"
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    configure("json", "debug")
    faults = [None, RenderError("The template is broken."), ValueError(f"bad: {canary}")]
    script = {"rcpt": [f"450 <{canary}> later"], "dot": [DROP, f"550 5.1.1 <{canary}>"]}
    async with SmtpPeer(**script) as peer:
        for number, fault in enumerate([*faults, None, None]):
            sign_up(database, clock, f"{number}.{canary}")
            await run(database, clock, peer, FakeRenderer({f"{number}.{canary}": fault} if fault else {}))
            clock.move(timedelta(days=2))
    log = written.getvalue()
    assert all(f'"action": "{action}"' in log for action in ("mail_settled", "mail_held", "mail_failed"))
    assert "canary" not in log
    assert "secret-domain" not in log


async def test_mails_are_worded_beside_the_event_loop(database, clock):
    class Elsewhere(FakeRenderer):
        def render(self, letter):
            assert threading.current_thread() is not threading.main_thread()
            return super().render(letter)

    sign_up(database, clock, ANN, BEN)
    async with SmtpPeer() as peer:
        assert await run(database, clock, peer, Elsewhere()) == DeliverReport(sent=2)
