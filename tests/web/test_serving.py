"""Lines to visitors: one who asks is answered, and one who neither goes on nor goes does not keep a line."""

import asyncio
import errno
import socket
import sys
from contextlib import suppress

import pytest
import structlog
from starlette.responses import PlainTextResponse

from notifier.errors import SettingsError
from notifier.web import app as web_app
from notifier.web.app import listen, serving_app

ASKED = b"GET / HTTP/1.1\r\nHost: pages.test\r\n"


async def app(scope, receive, send):
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode()
    await PlainTextResponse(f"{scope['client'][0]} {forwarded}")(scope, receive, send)


@pytest.fixture
async def line(monkeypatch):
    """Opens a line to pages that have little patience."""
    monkeypatch.setattr(web_app.Connection, "asked_within", 0.2)
    monkeypatch.setattr(web_app.Connection, "look_every", 0.02)
    with listen(("127.0.0.1", 0)) as opened:
        async with serving_app(app, opened):

            async def connect():
                return await asyncio.open_connection(*opened.getsockname())

            yield connect


@pytest.mark.parametrize("before", [b"", ASKED + b"\r\n"])
@pytest.mark.parametrize("said", [b"", ASKED])
async def test_one_who_does_not_go_on_with_a_request_loses_the_line(line, before, said):
    _, writer = await line()
    writer.write(before + said)
    async with asyncio.timeout(5):
        while not writer.is_closing():
            writer.write(b"X-Drip: 1\r\n")
            await asyncio.sleep(0.02)
    with suppress(ConnectionError):
        await writer.wait_closed()


async def test_what_a_visitor_says_of_where_they_come_from_is_left_to_the_pages(line):
    reader, writer = await line()
    writer.write(ASKED + b"X-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert answer.endswith(b"127.0.0.1 203.0.113.9")


async def test_a_page_does_not_wait_until_its_headers_are_confirmed(line, monkeypatch):
    before, at_once = web_app.Connection.connection_made, []

    def made(self, transport):
        before(self, transport)
        accepted = transport.get_extra_info("socket")
        at_once.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(web_app.Connection, "connection_made", made)
    reader, writer = await line()
    writer.write(ASKED + b"Connection: close\r\n\r\n")
    await reader.read()
    writer.close()
    assert at_once
    assert all(at_once)


async def test_threads_hand_over_sooner_while_pages_are_served_beside_the_sending():
    before = sys.getswitchinterval()
    with listen(("127.0.0.1", 0)) as opened:
        async with serving_app(app, opened):
            assert sys.getswitchinterval() == pytest.approx(web_app.TURN)
    assert sys.getswitchinterval() == before


@pytest.fixture
async def pages(monkeypatch):
    """The address of pages with room for few lines on which nothing is asked."""
    monkeypatch.setattr(web_app, "MOST_IDLE", 6)
    monkeypatch.setattr(web_app, "MOST_IDLE_OF_NETWORK", 4)
    with listen(("127.0.0.1", 0)) as opened:
        async with serving_app(app, opened):
            yield opened.getsockname()


@pytest.mark.parametrize(
    "said",
    [b"", b"GET / HT", ASKED, ASKED + b"\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"],
)
async def test_many_lines_of_one_network_cost_it_its_oldest_and_nobody_an_answer(pages, said):
    lines = []
    for _ in range(12):
        lines.append(await asyncio.open_connection(*pages))
        lines[-1][1].write(said)
        await asyncio.sleep(0)
    reader, writer = await asyncio.open_connection(*pages)
    writer.write(ASKED + b"Connection: close\r\n\r\n")
    async with asyncio.timeout(5):
        assert b" 200 OK" in await reader.readline()
        await reader.read()
        for oldest, _ in lines[:7]:
            with suppress(ConnectionError):
                await oldest.read()  # to its end
    for each in [*lines, (reader, writer)]:
        each[1].close()


async def test_a_request_of_two_lengths_is_the_last_of_its_line(pages):
    reader, writer = await asyncio.open_connection(*pages)
    hidden = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
    lengths = b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n" + lengths + hidden)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    assert answer.count(b"HTTP/1.1 ") == 1


async def test_no_room_for_a_line_is_said_once_a_minute_and_without_a_traceback(pages, caplog):
    loop, fault = asyncio.get_running_loop(), OSError(errno.EMFILE, "Too many open files")
    with structlog.testing.capture_logs() as said:
        for _ in range(500):
            loop.call_exception_handler(
                {"message": "socket.accept() out of system resource", "exception": fault}
            )
    assert [each["action"] for each in said] == ["no_room_for_lines"]
    assert caplog.text == ""


def test_a_start_without_descriptors_is_told_in_one_sentence(monkeypatch):
    def full(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(web_app.os, "open", full)
    with pytest.raises(SettingsError, match="LimitNOFILE"):
        web_app.room_for_files()
