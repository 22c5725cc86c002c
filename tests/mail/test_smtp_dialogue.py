"""Replies in their order, however the bytes of them come."""

import asyncio

import pytest

from notifier.mail.smtp.client import LONGEST_REPLY, LOST, MALFORMED, NO_ANSWER, Dialogue, Reply

PATIENCE = 5.0


class Wire:
    """The transport of a dialogue; keeps what was written."""

    def __init__(self):
        self.written, self.closed = b"", False

    def set_protocol(self, protocol):
        self.protocol = protocol

    def is_closing(self):
        return self.closed

    def write(self, data):
        self.written += data

    def abort(self):
        self.closed = True


@pytest.fixture
async def wire():
    return Wire()


@pytest.fixture
async def dialogue(wire):
    return Dialogue(wire)


async def test_commands_that_are_said_together_are_answered_in_their_order(wire, dialogue):
    dialogue.say(b"MAIL FROM:<a@example.org>", b"RCPT TO:<b@example.org>")
    dialogue.data_received(b"250 fine\r\n550 5.1.1 nobody here\r\n")
    assert wire.written == b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\n"
    assert await dialogue.reply(PATIENCE) == Reply(250, "fine")
    assert await dialogue.reply(PATIENCE) == Reply(550, "5.1.1 nobody here")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
async def test_a_reply_may_come_in_pieces_of_any_size(dialogue, size):
    dialogue.say(b"EHLO", b"NOOP")
    whole = b"250-first\r\n250 second\r\n250 third\r\n"
    for start in range(0, len(whole), size):
        dialogue.data_received(whole[start : start + size])
    assert await dialogue.reply(PATIENCE) == Reply(250, "first\nsecond")
    assert await dialogue.reply(PATIENCE) == Reply(250, "third")


async def test_what_nobody_asked_for_is_no_reply_to_a_later_command(dialogue):
    dialogue.data_received(b"250 out of nowhere\r\n")
    dialogue.say(b"NOOP")
    dialogue.data_received(b"451 later\r\n")
    assert await dialogue.reply(PATIENCE) == Reply(451, "later")


async def test_replies_beyond_those_asked_for_are_dropped(dialogue):
    dialogue.say(b"NOOP")
    dialogue.data_received(b"250 one\r\n421 4.4.2 and goodbye\r\n")
    assert await dialogue.reply(PATIENCE) == Reply(250, "one")
    dialogue.say(b"NOOP")
    dialogue.data_received(b"250 two\r\n")
    assert await dialogue.reply(PATIENCE) == Reply(250, "two")


async def test_a_server_that_closes_early_leaves_what_it_said_and_no_more(dialogue):
    dialogue.say(b"MAIL FROM:<a@example.org>", b"RCPT TO:<b@example.org>")
    dialogue.data_received(b"250 fine\r\n250-half a ")
    dialogue.eof_received()
    assert [await dialogue.reply(PATIENCE), await dialogue.reply(PATIENCE)] == [Reply(250, "fine"), LOST]
    with pytest.raises(ConnectionResetError):
        dialogue.say(b"NOOP")


async def test_whoever_waits_hears_at_once_that_the_line_is_lost(dialogue):
    dialogue.say(b"NOOP")
    waiting = asyncio.create_task(dialogue.reply(PATIENCE))
    await asyncio.sleep(0)
    dialogue.connection_lost(None)
    assert await waiting == LOST


async def test_silence_is_no_answer(dialogue):
    dialogue.say(b"NOOP")
    assert await dialogue.reply(0.001) == NO_ANSWER


@pytest.mark.parametrize(
    "noise", [b"HTTP/1.1 200 OK\r\n", b"25 short\r\n", b"\r\n", b"x" * (LONGEST_REPLY + 1)]
)
async def test_what_is_no_reply_is_called_so(dialogue, noise):
    dialogue.say(b"NOOP")
    dialogue.data_received(noise)
    assert (await dialogue.reply(PATIENCE)).code == MALFORMED


@pytest.mark.parametrize("command", [b"RCPT TO:<a@b.example>\r\nDATA", b"NOOP\n"])
async def test_a_command_is_one_line(wire, dialogue, command):
    with pytest.raises(ValueError, match="one line"):
        dialogue.say(command)
    assert wire.written == b""


async def test_noise_after_a_reply_costs_no_later_one(dialogue):
    dialogue.say(b"NOOP")
    dialogue.data_received(b"250 one\r\n" + b"x" * (LONGEST_REPLY + 1))
    assert await dialogue.reply(PATIENCE) == Reply(250, "one")
    dialogue.say(b"NOOP")
    dialogue.data_received(b"250 two\r\n")
    assert await dialogue.reply(PATIENCE) == Reply(250, "two")


async def test_each_reply_has_its_own_patience_whatever_the_one_before_had(dialogue):
    now = asyncio.get_running_loop().time()
    dialogue.say(b"NOOP", b"NOOP")
    waiting = asyncio.create_task(dialogue.replies(2, now + 60))
    await asyncio.sleep(0)
    dialogue.data_received(b"250 one\r\n250 two\r\n")
    assert await waiting == [Reply(250, "one"), Reply(250, "two")]
    for patience in (0.001, 0.002):
        dialogue.say(b"NOOP")
        assert await dialogue.reply(now + patience) == NO_ANSWER


async def test_a_timer_that_goes_off_too_early_for_the_reply_now_waited_for_is_set_again(dialogue):
    now = asyncio.get_running_loop().time()
    dialogue.say(b"NOOP", b"NOOP")
    first = asyncio.create_task(dialogue.reply(now - 1))
    await asyncio.sleep(0)
    dialogue.data_received(b"250 one\r\n")
    second = asyncio.create_task(dialogue.reply(now + PATIENCE))
    assert await first == Reply(250, "one")
    for _ in range(5):
        await asyncio.sleep(0)
    assert not second.done()
    dialogue.data_received(b"250 two\r\n")
    assert await second == Reply(250, "two")
