"""Mails made in a second process: the very same ones, and none is lost with it."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from fakes import DOMAIN, FakeRenderer, sign_up
from mails import TYPICAL, letter
from smtp_peer import SmtpPeer

from notifier import bootstrap, press
from notifier.deliver import DeliverReport, Sending, ahead, deliver
from notifier.settings import Settings
from notifier.smtp import SmtpTransport, parse_smtp_url

SETTINGS = Settings(
    mail_from="Updates <updates@example.net>", secret_keys=("a key that is long enough for links",)
)
LETTERS = [replace(make(), message_id=number) for number, make in enumerate(TYPICAL.values(), 1)]


def here(one):
    return bootstrap.make_renderer(SETTINGS, bootstrap.open_keys(SETTINGS)).render(one)


@asynccontextmanager
async def working():
    """A press that is ready."""
    beside = bootstrap.make_press(SETTINGS)()
    await beside.start()
    await beside.ready.wait()
    try:
        yield beside
    finally:
        await beside.close()


async def test_each_sort_of_mail_is_the_same_to_the_byte():
    async with working() as beside:
        beside.begin(LETTERS)
        assert [await beside.mail(one) for one in LETTERS] == [here(one) for one in LETTERS]


async def test_what_many_letters_share_is_said_once():
    shared = press._Sharing()
    first, again = shared.packed(LETTERS[:1]), shared.packed([replace(LETTERS[0], message_id=99)])
    assert len(again) < len(first) / 2
    async with working() as beside:
        for number in range(1, 4):
            beside.begin([replace(LETTERS[0], message_id=number)])
            assert (await beside.mail(replace(LETTERS[0], message_id=number))) is None  # not that very letter
        beside.begin([LETTERS[0]])
        assert await beside.mail(LETTERS[0]) == here(LETTERS[0])


async def test_what_was_not_told_for_long_is_said_again(monkeypatch):
    monkeypatch.setattr(press, "KEPT", 2)
    async with working() as beside:
        for one in [*LETTERS, *LETTERS]:
            beside.begin([one])
            assert await beside.mail(one) == here(one)
        assert len(beside._sharing._kept) <= max(2, 2 * max(len(one.entries) for one in LETTERS))


async def test_a_letter_that_cannot_be_made_is_left_to_whoever_sends_it():
    empty = replace(letter(), message_id=7)
    async with working() as beside:
        beside.begin([empty, LETTERS[0]])
        assert await beside.mail(empty) is None
        assert await beside.mail(LETTERS[0]) == here(LETTERS[0])


async def test_nobody_waits_for_one_that_is_not_ready_or_was_not_asked():
    beside = bootstrap.make_press(SETTINGS)()
    beside.begin(LETTERS)
    assert await beside.mail(LETTERS[0]) is None
    await beside.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_to_stop_is_not_meant_for_it(number):
    async with working() as beside:
        os.kill(beside._process.pid, number)
        beside.begin(LETTERS[:1])
        assert await beside.mail(LETTERS[0]) == here(LETTERS[0])


async def test_when_it_dies_nobody_waits_for_its_mails():
    async with working() as beside:
        os.kill(beside._process.pid, signal.SIGSTOP)
        beside.begin(LETTERS)
        waiting = asyncio.ensure_future(beside.mail(LETTERS[0]))
        await asyncio.sleep(0)
        os.kill(beside._process.pid, signal.SIGKILL)
        assert await waiting is None
        assert await beside.mail(LETTERS[1]) is None
        beside.begin(LETTERS)
        assert await beside.mail(LETTERS[0]) is None


async def test_it_ends_with_the_process_that_began_it():
    async with working() as beside:
        beside._process.stdin.close()
        assert await beside._process.wait() == 0


# --- in a pass --------------------------------------------------------------------------------------------------


class Recording:
    """A press that makes mails in this process, and remembers of which letters; `fault` stops it from starting."""

    def __init__(self, fault=None):
        self.fault, self.begun, self.given, self.closed = fault, [], [], False

    async def start(self):
        if self.fault:
            raise self.fault

    def begin(self, letters):
        self.begun += letters

    async def mail(self, one):
        self.given.append(one)
        return FakeRenderer().render(one)

    async def close(self):
        self.closed = True


async def a_pass(database, clock, made):
    how = Sending(owner="here:1", domain=DOMAIN, envelope_sender=lambda _: "bounces@example.org")
    async with SmtpPeer() as peer:
        transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{peer.port}"), timeout=5.0)
        report = await deliver(database, transport, FakeRenderer(), clock, how, press=lambda: made)
        await transport.close()
    return report, sorted(received.recipient for received in peer.received)


PEOPLE = [f"reader{number}@example.org" for number in range(4)]


async def test_where_many_are_due_the_mails_come_from_it(database, clock, monkeypatch):
    monkeypatch.setattr(ahead, "MANY", 4)
    sign_up(database, clock, *PEOPLE)
    beside = Recording()
    assert await a_pass(database, clock, beside) == (DeliverReport(sent=4), PEOPLE)
    assert [one.recipient for one in beside.begun] == PEOPLE
    assert len(beside.given) == 4
    assert beside.closed


async def test_where_few_are_due_none_is_begun(database, clock):
    sign_up(database, clock, *PEOPLE)
    beside = Recording()
    assert await a_pass(database, clock, beside) == (DeliverReport(sent=4), PEOPLE)
    assert not beside.begun
    assert not beside.given


async def test_where_none_can_be_started_all_goes_out_without(database, clock, monkeypatch):
    monkeypatch.setattr(ahead, "MANY", 4)
    sign_up(database, clock, *PEOPLE)
    beside = Recording(BlockingIOError(11, "Resource temporarily unavailable"))
    assert await a_pass(database, clock, beside) == (DeliverReport(sent=4), PEOPLE)
    assert not beside.given
