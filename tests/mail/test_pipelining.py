"""MAIL, RCPT and DATA in one go where the server takes that (RFC 2920), one after the other where it does not."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from notifier.errors import MailError
from notifier.mail.smtp import Envelope, SendOutcome, SendStage, SmtpAddress, SmtpTransport

MAIL = Envelope("b+t1@bounce.example.org", "anna@example.com", b"Subject: news\r\n\r\nHello\r\n", "message-1")
TAKES_IT, DOES_NOT = b"250-peer\r\n250 PIPELINING\r\n", b"250 peer\r\n"
FINE, GO_ON = b"250 fine\r\n", b"354 go on\r\n"


class Server:
    """Answers the first segment that comes with the first answer, and so on; keeps the segments."""

    def __init__(self, *answers):
        self.answers, self.heard = list(answers), []

    async def talk(self, reader, writer):
        writer.write(b"220 peer\r\n")
        while self.answers and (segment := await reader.read(65_536)):
            self.heard.append(segment)
            writer.write(self.answers.pop(0))
        writer.close()


@asynccontextmanager
async def running(*answers):
    server = Server(*answers)
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    yield server
    listening.close()


async def send(server, times=1):
    async def before_data():
        pass

    transport = SmtpTransport(SmtpAddress("127.0.0.1", server.port), timeout=5, final_timeout=5)
    async with transport.session() as session:
        return [await session.send(MAIL, before_data=before_data) for _ in range(times)]


async def test_where_it_is_offered_all_commands_go_in_one_segment():
    async with running(TAKES_IT, FINE * 2 + GO_ON, FINE) as server:
        (verdict,) = await send(server)
    assert verdict.outcome is SendOutcome.SENT
    sender, recipient = b"MAIL FROM:<b+t1@bounce.example.org>\r\n", b"RCPT TO:<anna@example.com>\r\n"
    assert server.heard[1] == sender + recipient + b"DATA\r\n"


async def test_where_it_is_not_offered_each_command_waits_for_the_reply_to_the_one_before():
    async with running(DOES_NOT, FINE, FINE, b"354 go on\r\n", FINE) as server:
        (verdict,) = await send(server)
    assert verdict.outcome is SendOutcome.SENT
    assert [said[:4] for said in server.heard[1:4]] == [b"MAIL", b"RCPT", b"DATA"]


async def test_a_recipient_that_is_refused_in_one_segment_with_a_yes_to_the_sender_ends_only_its_mail():
    refused = FINE + b"550 5.1.1 nobody here\r\n503 5.5.1 no valid recipients\r\n"
    async with running(TAKES_IT, refused, FINE, FINE * 2 + GO_ON, FINE) as server:
        first, second = await send(server, times=2)
    assert (first.outcome, first.stage, first.dead_address) == (SendOutcome.REJECTED, SendStage.RCPT, True)
    assert second.outcome is SendOutcome.SENT
    assert server.heard[2] == b"RSET\r\n"


async def test_a_refused_recipient_that_is_let_on_to_its_content_gets_a_lone_dot():
    refused = FINE + b"550 5.1.1 nobody here\r\n" + GO_ON
    async with running(TAKES_IT, refused, b"554 5.5.1 no valid recipients\r\n", FINE) as server:
        (verdict,) = await send(server)
    assert (verdict.outcome, verdict.stage, verdict.dead_address) == (
        SendOutcome.REJECTED,
        SendStage.RCPT,
        True,
    )
    assert server.heard[2] == b".\r\n"


async def test_a_refused_sender_blames_no_mail_whatever_is_said_of_the_recipient():
    async with running(TAKES_IT, b"550 5.7.1 not you\r\n" + b"503 5.5.1 no sender\r\n" * 2) as server:
        with pytest.raises(MailError, match="refused our sender"):
            await send(server)


async def test_a_server_that_closes_after_its_yes_to_the_sender_has_taken_nothing():
    async with running(TAKES_IT, FINE) as server:
        (verdict,) = await send(server)
    assert (verdict.outcome, verdict.stage) == (SendOutcome.DEFERRED, SendStage.RCPT)
