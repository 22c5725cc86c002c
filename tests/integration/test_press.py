"""Mails made in a second process: the very same ones, and none is lost with it."""

import asyncio
import os
import pickle
import re
import signal
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from functools import partial
from pathlib import Path

import doubler
import pytest
from fakes import DOMAIN, FakeRenderer, sign_up, something_changes
from smtp_peer import SmtpPeer
from sqlalchemy import select, update

from notifier import app
from notifier.domain.changes import Kind
from notifier.domain.signed_links import Purpose, TokenKeys
from notifier.mail.smtp import SmtpTransport, parse_smtp_url
from notifier.services.deliver import DeliverReport, Sending, ahead, deliver, press
from notifier.services.deliver.beside import Desk
from notifier.settings import Settings
from notifier.storage import letters, outbox, subscribers
from notifier.storage.models import EndedReason, MessageState, messages
from notifier.storage.models import subscribers as subscribers_table
from notifier.storage.subscribers import address

ME = "here:1"
PEOPLE = [f"reader{number}@example.org" for number in range(4)]


def settings(database):
    return Settings(
        mail_from="Updates <updates@example.net>",
        secret_keys=("a key that is long enough for links",),
        database_url=database.engine.url.render_as_string(hide_password=False),
    )


@asynccontextmanager
async def working(begin, **how):
    """A press that is ready."""
    beside = press.Press(begin, **how)
    await beside.start()
    await beside.ready.wait()
    try:
        yield beside
    finally:
        await beside.close()


def renderer(database):
    how = settings(database)
    return app.make_renderer(how, app.open_keys(how))


def claimed(database, clock, *, kind=Kind.RESULTS_POSTED):
    """The ids of mails with news that were made ready, and their letters as they are composed here."""
    sign_up(database, clock, *PEOPLE, evidence="said so")
    something_changes(database, clock, kind)
    with database.transaction() as session:
        outbox.assemble(session, clock.now(), DOMAIN)
        ids = outbox.claim(session, clock.now() + timedelta(days=1), ME, 100)
        rows = session.execute(outbox.with_people(ids)).all()
        letters.make_ready(session, rows, clock.now())
        return ids, letters.news_of(session, ids, letters.Shelf())


# --- what is made -----------------------------------------------------------------------------------------------


async def test_its_mails_are_the_same_to_the_byte(database, clock):
    ids, here = claimed(database, clock)
    how = settings(database)
    async with working(app.make_press(how, app.open_keys(how))()._begin) as beside:
        beside.begin(ids)
        made = {message_id: await beside.take(message_id) for message_id in ids}
    render = renderer(database).render
    assert len(ids) == len(PEOPLE)
    for message_id in ids:
        assert made[message_id].mail.content == render(here[message_id]).content
        assert made[message_id].mail.recipient == here[message_id].recipient
        assert made[message_id].letter == replace(here[message_id], entries=())


async def test_its_links_are_of_the_keys_of_the_process_that_began_it(sqlite, clock, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where another key than ours would be made, or read
    ids, _ = claimed(sqlite, clock)
    keys = TokenKeys(["what this process has had since it began"])
    how = settings(sqlite).model_copy(update={"secret_keys": None})
    async with working(app.make_press(how, keys)()._begin) as beside:
        beside.begin(ids)
        mail = (await beside.take(ids[0])).mail
    link = re.search(r"/unsubscribe/([\w.-]+)", message_from_bytes(mail.content)["List-Unsubscribe"])
    assert keys.open(Purpose.UNSUBSCRIBE, link[1]).subject
    assert not list(tmp_path.glob("*.key"))


async def test_it_is_of_no_use_where_another_program_is_on_the_disk_by_now(sqlite, clock):
    how = settings(sqlite)
    begin = app.make_press(how, app.open_keys(how))()._begin
    beside = press.Press(partial(begin.func, begin.args[0], "another program", **begin.keywords))
    await beside.start()
    assert await beside._process.wait() == 1
    assert not beside.ready.is_set()
    await beside.close()


def test_of_what_a_letter_tells_that_stays_which_ends_an_alert(sqlite, clock):
    ids, here = claimed(sqlite, clock, kind=Kind.LEFT_REGISTRY)
    ending = {i: replace(one, entries=(*one.entries, one.entries[0])) for i, one in here.items()}
    desk = Desk(sqlite, FakeRenderer())
    desk._composed = lambda _: ending  # a letter with an entry that ends, and the same
    kept = dict(desk.make(ids))[ids[0]].letter.entries
    assert kept == tuple(entry for entry in ending[ids[0]].entries if entry.ending)


def test_what_cannot_be_made_is_left_to_whoever_sends_it(sqlite, clock):
    ids, _ = claimed(sqlite, clock)
    failing = FakeRenderer(faults={PEOPLE[0]: ValueError("nobody foresaw it")})
    made = dict(Desk(sqlite, failing).make([*ids, 999]))
    assert [one is None for one in made.values()] == [True, False, False, False, True]


# --- the process ------------------------------------------------------------------------------------------------


@pytest.fixture
def doubling(monkeypatch):
    """What doubles numbers in the other process, and prints meanwhile."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    return doubler.opened


async def test_it_makes_what_is_wanted_in_its_order(doubling):
    async with working(doubling) as beside:
        beside.begin(range(1, 20))
        beside.begin(range(20, 40))
        assert [await beside.take(number) for number in range(1, 40)] == [2 * n for n in range(1, 40)]


async def test_what_it_cannot_make_or_gave_already_is_none(doubling):
    async with working(doubling) as beside:
        beside.begin([-1, 2])
        assert [await beside.take(number) for number in (-1, 2, 2, 3)] == [None, 4, None, None]


async def test_nobody_waits_for_one_that_is_not_ready(doubling):
    beside = press.Press(doubling)
    beside.begin([1])
    assert await beside.take(1) is None
    await beside.close()


async def test_one_that_cannot_begin_is_never_ready(monkeypatch, doubling):
    monkeypatch.delenv("PYTHONPATH")  # so that it does not find what it is to do
    beside = press.Press(doubling)
    await beside.start()
    await beside._process.wait()
    beside.begin([1])
    assert await beside.take(1) is None
    await beside.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_to_stop_is_not_meant_for_it(doubling, number):
    async with working(doubling) as beside:
        os.kill(beside._process.pid, number)
        beside.begin([1])
        assert await beside.take(1) == 2


async def test_when_it_dies_nobody_waits_for_what_it_would_have_made(doubling):
    async with working(doubling) as beside:
        os.kill(beside._process.pid, signal.SIGSTOP)
        beside.begin([1, 2])
        waiting = asyncio.ensure_future(beside.take(1))
        await asyncio.sleep(0)
        os.kill(beside._process.pid, signal.SIGKILL)
        assert await waiting is None
        assert await beside.take(2) is None
        beside.begin([3])
        assert await beside.take(3) is None


async def test_one_that_hangs_counts_as_dead(doubling):
    async with working(doubling, patience=0.05) as beside:
        os.kill(beside._process.pid, signal.SIGSTOP)
        beside.begin([1, 2])
        assert await asyncio.gather(beside.take(1), beside.take(2)) == [None, None]
        assert await beside._process.wait() == -signal.SIGKILL


async def test_an_answer_that_is_not_understood_ends_it(doubling):
    async with working(doubling) as beside:
        beside._process.stdin.write(pickle.dumps([0, 1]))  # of the first it makes what cannot be read
        beside.begin([2])
        assert await beside.take(2) is None
        assert not beside.ready.is_set()


async def test_what_is_wanted_anew_is_not_waited_for_twice(doubling):
    async with working(doubling) as beside:
        beside.begin([1])
        waiting = asyncio.ensure_future(beside.take(1))
        await asyncio.sleep(0)
        beside.begin([1])
        assert await waiting is None
        assert await beside.take(1) == 2


async def test_it_ends_with_the_process_that_began_it(doubling):
    async with working(doubling) as beside:
        beside._process.stdin.close()
        assert await beside._process.wait() == 0


# --- in a pass --------------------------------------------------------------------------------------------------


class Recording:
    """A press that makes mails in this process, and remembers which; `fault` keeps it from starting, `dies` after so many."""

    def __init__(self, database, *, fault=None, dies=99):
        self.desk = Desk(database, FakeRenderer())
        self.fault, self.dies, self.begun, self.closed = fault, dies, [], False
        self.ready = asyncio.Event()

    async def start(self):
        if self.fault:
            raise self.fault
        self.ready.set()

    def begin(self, numbers):
        self.begun += numbers

    async def take(self, number):
        self.dies -= 1
        return dict(self.desk.make([number]))[number] if self.dies >= 0 else None

    async def close(self):
        self.closed = True


async def a_pass(database, clock, made, **more):
    plain = {"owner": ME, "domain": DOMAIN, "envelope_sender": lambda _: "bounces@example.org"}
    how = Sending(**plain, connections=2, **more)
    async with SmtpPeer() as peer:
        transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{peer.port}"), timeout=5.0)
        here = FakeRenderer()
        report = await deliver(database, transport, here, clock, how, press=lambda: made)
        await transport.close()
    return report, sorted(received.recipient for received in peer.received), len(here.letters)


@pytest.fixture
def many(database, clock, monkeypatch):
    """Four people with news, for whom a press is worth its start."""
    monkeypatch.setattr(ahead, "MANY", 4)
    sign_up(database, clock, *PEOPLE, evidence="said so")
    something_changes(database, clock, Kind.RESULTS_POSTED)


@pytest.mark.usefixtures("many")
async def test_where_many_are_due_the_mails_come_from_it(database, clock):
    beside = Recording(database)
    assert await a_pass(database, clock, beside) == (DeliverReport(sent=4), PEOPLE, 0)
    assert len(beside.begun) == 4
    assert beside.closed


@pytest.mark.usefixtures("many")
async def test_when_it_dies_in_a_pass_the_rest_is_made_here(database, clock):
    assert await a_pass(database, clock, Recording(database, dies=1)) == (DeliverReport(sent=4), PEOPLE, 3)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    "fault", [BlockingIOError(11, "Resource temporarily unavailable"), RuntimeError("no")]
)
async def test_where_none_can_be_started_all_goes_out_without(database, clock, fault):
    beside = Recording(database, fault=fault)
    assert await a_pass(database, clock, beside) == (DeliverReport(sent=4), PEOPLE, 4)


@pytest.mark.usefixtures("many")
async def test_what_ended_since_it_was_made_ready_is_not_sent(database, clock):
    class Late(Recording):
        async def take(self, number):
            if not self.closed:
                self.closed = True
                with database.transaction() as session:
                    ids = subscribers.ids_of(session, address(PEOPLE[0]))
                    subscribers.end(session, ids, EndedReason.UNSUBSCRIBED, clock.now())
            return await super().take(number)

    report, told, _ = await a_pass(database, clock, Late(database))
    assert told == PEOPLE[1:]
    assert (report.sent, report.cancelled) == (3, 1)


@pytest.mark.usefixtures("many")
async def test_what_a_pass_still_waited_for_when_it_was_cut_is_due_again(database, clock):
    begun = asyncio.Event()

    class Never(Recording):
        async def take(self, number):  # noqa: ARG002 - it never comes to any
            begun.set()
            await asyncio.Event().wait()

    cut = asyncio.create_task(a_pass(database, clock, Never(database)))
    await begun.wait()
    cut.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cut
    with database.reading() as session:
        assert set(session.execute(select(messages.c.state)).scalars()) == {MessageState.DUE}


@pytest.mark.usefixtures("many")
async def test_an_address_that_moved_off_the_allow_list_meanwhile_is_not_mailed(database, clock):
    class Late(Recording):
        async def take(self, number):
            with database.transaction() as session:
                session.execute(
                    update(subscribers_table)
                    .where(subscribers_table.c.email == PEOPLE[0])
                    .values(email="else@example.net", email_key="else@example.net")
                )
            return await super().take(number)

    report, told, _ = await a_pass(database, clock, Late(database), allowlist=("example.org",))
    assert told == PEOPLE[1:]
    assert (report.sent, report.cancelled) == (3, 1)


async def test_a_mail_for_another_than_its_letter_is_made_here(database, clock, monkeypatch):
    monkeypatch.setattr(ahead, "MANY", 4)
    sign_up(database, clock, *PEOPLE, evidence="said so")
    something_changes(database, clock, Kind.RESULTS_POSTED)

    class Mixed(Recording):
        async def take(self, number):
            made = await super().take(number)
            return replace(made, mail=replace(made.mail, recipient="else@example.org"))

    assert await a_pass(database, clock, Mixed(database)) == (DeliverReport(sent=4), PEOPLE, 4)


async def test_letters_that_are_no_news_are_made_here(database, clock, monkeypatch):
    monkeypatch.setattr(ahead, "MANY", 4)
    sign_up(database, clock, *PEOPLE)
    beside = Recording(database)
    assert await a_pass(database, clock, beside) == (DeliverReport(sent=4), PEOPLE, 4)
    assert not beside.begun


async def test_where_few_are_due_none_is_begun(database, clock):
    sign_up(database, clock, *PEOPLE, evidence="said so")
    something_changes(database, clock, Kind.RESULTS_POSTED)
    beside = Recording(database)
    assert await a_pass(database, clock, beside) == (DeliverReport(sent=4), PEOPLE, 4)
    assert not beside.ready.is_set()
