"""Lines to visitors: one who asks is answered, and one who neither goes on nor goes does not keep a line."""

import asyncio
from contextlib import suppress

import pytest
from starlette.responses import PlainTextResponse

from notifier.web import serving
from notifier.web.serving import listen, serving_app

ASKED = b"GET / HTTP/1.1\r\nHost: pages.test\r\n"


async def app(scope, receive, send):
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode()
    await PlainTextResponse(f"{scope['client'][0]} {forwarded}")(scope, receive, send)


@pytest.fixture
async def line(monkeypatch):
    """Opens a line to pages that have little patience."""
    monkeypatch.setattr(serving.Connection, "asked_within", 0.2)
    monkeypatch.setattr(serving.Connection, "look_every", 0.02)
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
