"""No more mails go in an hour than a provider allows, of all workers together; what matters most goes first. On both engines."""

import asyncio
from datetime import timedelta

import pytest
from fakes import run, sign_up, something_changes
from smtp_peer import DROP, SmtpPeer
from sqlalchemy import update
from test_deliver import ANN, BEN, CLO, recipients, states

from notifier import app
from notifier import doctor as checks
from notifier.domain.changes import Kind
from notifier.services.operations import plan
from notifier.settings import Settings
from notifier.storage import metrics
from notifier.storage.models import MessageState, changes, messages
from notifier.storage.outbox import assembly, claims
from notifier.web.metrics import of_store
from tests.conftest import each_engine
from tests.store_factories import filled_once

database = each_engine

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PEOPLE = [f"p{number}@example.org" for number in range(7)]


@pytest.fixture
@filled_once
def told(database, clock):
    """Seven people to whom something is due."""
    sign_up(database, clock, *PEOPLE, evidence="asked by phone")
    something_changes(database, clock, Kind.STATUS_OPENED)
    with database.transaction() as session:
        assembly.assemble(session, clock.now(), "example.org")
        session.execute(messages.delete().where(messages.c.kind == "welcome"))
    return database


def planned(database, now, limit, days=1):
    with database.trying() as session:
        settings, until = Settings(mails_an_hour=limit), now + timedelta(days=days)
        return plan(session, settings, now, until, domain="example.org", key=b"")


async def test_what_is_above_waits_for_the_next_hour(told, clock):
    sent = []
    async with SmtpPeer() as peer:
        for wait in (0 * HOUR, MINUTE, 58 * MINUTE, MINUTE, HOUR, HOUR):
            clock.move(wait)
            report = await run(told, clock, peer, mails_an_hour=3)
            sent.append((report.sent, report.left, report.above))
    assert sent == [(3, 4, 4), (0, 4, 4), (0, 4, 4), (3, 1, 1), (1, 0, 0), (0, 0, 0)]
    assert recipients(peer) == PEOPLE


async def test_without_a_limit_all_go(told, clock):
    steps = []
    async with SmtpPeer() as peer:
        report = await run(told, clock, peer, moved=lambda: steps.append(len(peer.received)))
    assert (report.sent, report.left, report.above) == (7, 0, 0)
    assert len(steps) == 2 * 7  # as each goes on its way, and as it came to an end
    assert (steps[0], steps[-1]) == (0, 7)


async def test_mails_that_the_server_did_not_take_cost_no_place(told, clock):
    async with SmtpPeer(rcpt=["550 5.1.1 no", "451 4.3.0 later"]) as peer:
        report = await run(told, clock, peer, mails_an_hour=3)
    assert (report.sent, report.rejected, report.deferred) == (3, 1, 1)


async def test_who_waits_before_a_screen_comes_first_then_what_matters_most_then_the_oldest(database, clock):
    sign_up(database, clock, ANN, nct_id="NCT90000001", evidence="asked by phone")
    sign_up(database, clock, BEN, nct_id="NCT90000002", evidence="asked by phone")
    sign_up(database, clock, CLO, nct_id="NCT90000003", evidence="asked by phone")
    for number, weight in ((1, "minor"), (2, "notable"), (3, "important")):
        something_changes(database, clock, Kind.STATUS_OPENED, nct_id=f"NCT9000000{number}")
        with database.transaction() as session:
            session.execute(
                update(changes).where(changes.c.nct_id == f"NCT9000000{number}").values(weight=weight)
            )
            assembly.assemble(session, clock.now(), "example.org")
            session.execute(messages.delete().where(messages.c.kind == "welcome"))
        clock.move(MINUTE)
    sign_up(database, clock, "new@example.org")  # a link to confirm
    order = []
    async with SmtpPeer() as peer:
        for _ in range(4):
            await run(database, clock, peer, mails_an_hour=1)
            order.append(peer.received[-1].recipient)
            clock.move(HOUR)
    assert order == ["new@example.org", CLO, BEN, ANN]


async def test_of_a_hundred_an_hour_some_are_kept_for_who_waits_before_a_screen(sqlite, clock):
    sign_up(sqlite, clock, *(f"q{number}@example.org" for number in range(120)), evidence="asked by phone")
    something_changes(sqlite, clock, Kind.STATUS_OPENED)
    async with SmtpPeer() as peer:
        assert (await run(sqlite, clock, peer, mails_an_hour=100)).sent == 95
        sign_up(sqlite, clock, *PEOPLE)
        clock.move(MINUTE)
        assert (await run(sqlite, clock, peer, mails_an_hour=100)).sent == 5
    assert {received.recipient for received in peer.received[95:]} <= set(PEOPLE)


async def test_workers_share_one_limit(postgresql, clock):
    sign_up(postgresql, clock, *(f"r{number:02}@example.org" for number in range(40)))
    async with SmtpPeer() as peer:
        reports = await asyncio.gather(
            *(
                run(postgresql, clock, peer, owner=f"here:{n}", connections=2, mails_an_hour=17)
                for n in range(3)
            )
        )
    assert sum(report.sent for report in reports) == len(peer.received) == 17
    assert states(postgresql).count(MessageState.DUE) == 23


async def test_what_another_worker_has_at_hand_counts_as_gone(told, clock):
    with told.transaction() as session:
        assert len(claims.claim(session, clock.now(), "other:1", 2, mails_an_hour=3)) == 2
        assert len(claims.claim(session, clock.now(), "here:1", 100, mails_an_hour=3)) == 1
        assert claims.claim(session, clock.now(), "here:1", 100, mails_an_hour=3) == []


def test_a_plan_spreads_what_is_above(told, clock):
    found = planned(told, clock.now(), 3)
    assert [(each.at - clock.now()) // HOUR for each in found.mails] == [0, 0, 0, 1, 1, 1, 2]
    assert found.limited == 4
    assert planned(told, clock.now(), None).limited == 0
    assert planned(told, clock.now(), 7).limited == 0


async def test_a_plan_knows_what_went_already(told, clock):
    async with SmtpPeer() as peer:
        await run(told, clock, peer, mails_an_hour=3)
    clock.move(15 * MINUTE)
    found = planned(told, clock.now(), 3)
    assert [each.at - clock.now() for each in found.mails] == [45 * MINUTE] * 3 + [105 * MINUTE]


async def test_figures_and_doctor_say_what_waits(told, clock, monkeypatch):
    async with SmtpPeer() as peer:
        await run(told, clock, peer, mails_an_hour=3)
    with told.reading() as session:
        found = metrics.read(session, clock.now(), 3)
        free = metrics.read(session, clock.now())
    assert (found.past_hour, found.above, free.above) == (3, 4, 0)
    said = {
        metric.name: metric.samples[0].value for metric in of_store(found, clock.now(), "x") if metric.samples
    }
    assert (said["notifier_past_hour_mails"], said["notifier_mails_above_limit"]) == (3, 4)
    given = {"NOTIFIER_CLOCK": clock.now().isoformat()}
    with told.reading() as session:

        def pace(**said):
            settings = app.load_settings(given | {f"NOTIFIER_{name}": value for name, value in said.items()})
            return [each for each in checks.of_mails(session, settings) if each.of == "pace"]

        (finding,), (late,) = pace(MAILS_AN_HOUR="3"), pace(MAILS_AN_HOUR="3", STALE_AFTER="1h")
        assert pace() == []
    assert finding.says.startswith(
        "3 of at most 3 mails went in the past hour (NOTIFIER_MAILS_AN_HOUR); 4 are due"
    )
    assert finding.outcome is checks.CheckOutcome.OK
    assert late.outcome is checks.CheckOutcome.FAILED


async def test_a_mail_that_may_have_arrived_has_taken_a_place_for_an_hour(told, clock):
    written = []
    async with SmtpPeer(dot=[DROP] * 6) as peer:
        for wait in (0 * HOUR, 30 * MINUTE, 29 * MINUTE, MINUTE, 30 * MINUTE, 30 * MINUTE, HOUR, HOUR):
            clock.move(wait)
            before = len(peer.received)
            await run(told, clock, peer, mails_an_hour=3)
            written.append(len(peer.received) - before)
    # Three break off, and three more an hour later; what goes once more then waits for its hour as the others do.
    assert written == [3, 0, 0, 3, 0, 3, 3, 1]
