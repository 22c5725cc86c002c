"""A pass in which the model writes: only what stands in the record is kept, and else the rules' read stands."""

from datetime import timedelta

import pytest
from factories import A, B, C
from model_peer import GOOD, a_peer, completion, page
from store_factories import shown, stored
from structlog.testing import capture_logs

from notifier.clock import FixedClock
from notifier.domain.summaries import Origin
from notifier.services import summary_writer
from notifier.services.summary_writer import Model, open_client
from notifier.storage.retention import clean_up
from tests.conftest import NOON


async def no_wait(_seconds):
    pass


async def write(database, peer, *, nct_ids=None, clock=None, calls_a_day=100):
    clock = clock or FixedClock(NOON)
    async with open_client(peer.url, key=None) as client:
        may_ask = summary_writer.within_budget(database, clock, calls_a_day)
        model = Model(client, "a-model", timeout=5, may_ask=may_ask, sleep=no_wait)
        return await summary_writer.write(database, model, clock, nct_ids)


async def test_a_faithful_read_is_kept_and_shown_with_what_wrote_it(database):
    stored(database)
    async with a_peer() as peer:
        report = await write(database, peer)
    assert report.counts() == {"written": 1, "refused": 0, "left": 0}
    read = shown(database)
    assert (read.source, read.title, read.older) == (Origin.MODEL, GOOD["title"], False)
    assert read.label.startswith("Written by an AI, a language model (a-model) on 12 January 2027.")


async def test_what_is_written_is_not_asked_for_again_until_the_record_changes(database):
    stored(database)
    async with a_peer() as peer:
        await write(database, peer)
        assert (await write(database, peer)).written == 0
        stored(database, overallStatus="TERMINATED")
        assert shown(database).older
        assert (await write(database, peer)).written == 1
    assert len(peer.asked) == 2
    assert not shown(database).older


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("About 4321 people take part.", "names what does not stand in the record (4321)"),
        ("People get pembrolizumab too.", "names what does not stand in the record (pembrolizumab)"),
        ("It is also for people with diabetes.", "names what does not stand in the record (diabetes)"),
        ("It is a promising breakthrough.", "says what is never said (promising, breakthrough)"),
        ("Camomile tea works.", "claims that something works (works)"),
        ("See https://evil.example now.", "has markup or a link"),
    ],
)
async def test_what_invents_or_hypes_is_not_kept_and_the_reason_is_logged(database, sentence, reason):
    stored(database)
    async with a_peer(completion(GOOD | {"summary": [*GOOD["summary"], sentence]})) as peer:
        with capture_logs() as logs:
            report = await write(database, peer)
    assert (report.written, report.refused) == (0, 1)
    assert shown(database).source is Origin.RULES
    [line] = [line for line in logs if line["action"] == "draft_refused"]
    assert reason in line["reasons"]
    assert line["nct_id"] == A


async def test_prose_is_not_kept_and_the_next_study_is_still_asked_for(sqlite):
    stored(sqlite)
    stored(sqlite, B)
    async with a_peer(completion("Here is your summary!"), completion(GOOD)) as peer:
        report = await write(sqlite, peer)
    assert (report.written, report.refused, report.fault) == (1, 1, None)


async def test_a_refused_draft_is_not_paid_for_again_for_a_week_unless_the_study_is_named(sqlite):
    stored(sqlite)
    clock = FixedClock(NOON)
    async with a_peer(completion("Prose.")) as peer:
        for _ in range(3):
            await write(sqlite, peer, clock=clock)
        assert len(peer.asked) == 1
        await write(sqlite, peer, nct_ids=[A], clock=clock)
        assert len(peer.asked) == 2
        clock.move(timedelta(days=3))
        clean_up(sqlite, clock.now())  # forgets the counts of visitors, not this
        await write(sqlite, peer, clock=clock)
        assert len(peer.asked) == 2
        clock.move(timedelta(days=4, minutes=1))
        await write(sqlite, peer, clock=clock)
    assert len(peer.asked) == 3


async def test_an_old_read_goes_when_the_new_one_is_refused(database):
    stored(database)
    async with a_peer(completion(GOOD), completion("Prose.")) as peer:
        await write(database, peer)
        stored(database, overallStatus="TERMINATED")
        await write(database, peer)
    assert shown(database).source is Origin.RULES


async def test_an_endpoint_that_does_not_answer_stops_the_pass_and_keeps_what_is_there(database):
    stored(database)
    async with a_peer(completion(GOOD), page(500)) as peer:
        await write(database, peer)
        stored(database, overallStatus="TERMINATED")
        stored(database, B)
        report = await write(database, peer)
    assert (report.written, report.refused, report.left) == (0, 0, 2)
    assert "gave no answer in 3 tries" in str(report.fault)
    assert shown(database).source is Origin.MODEL
    assert shown(database).older


async def test_the_budget_of_a_day_holds_over_passes_and_comes_back(database):
    for nct_id in (A, B, C):
        stored(database, nct_id)
    clock = FixedClock(NOON)
    async with a_peer() as peer:
        assert (await write(database, peer, clock=clock, calls_a_day=2)).left == 1
        assert (await write(database, peer, clock=clock, calls_a_day=2)).left == 1
        assert len(peer.asked) == 2
        clock.move(timedelta(days=1, minutes=1))
        assert (await write(database, peer, clock=clock, calls_a_day=2)).written == 1


async def test_a_budget_of_nothing_asks_nothing(sqlite):
    stored(sqlite)
    async with a_peer() as peer:
        report = await write(sqlite, peer, calls_a_day=0)
    assert (len(peer.asked), report.left) == (0, 1)
