"""The mailbox of the rehearsal keeps what it is sent, byte for byte."""

import asyncio
import logging

import aiosmtplib
import pytest

from tests.rehearsal_mailbox import RehearsalMailbox

LETTER = (
    b"From: notifier@example.org\r\nTo: anna@example.org\r\n"
    b"Subject: Update on a study: =?utf-8?q?=C3=A6ble?=\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    b"Line one\r\n.A line with a dot\r\n\xc3\xa6\r\n"
)


async def send(box, *recipients, content=LETTER, sender="bounces@example.org"):
    async with aiosmtplib.SMTP(hostname=box.host, port=box.port, use_tls=False, start_tls=False) as client:
        await client.sendmail(sender, list(recipients) or ["anna@example.org"], content)


async def test_a_message_stands_in_the_box_as_soon_as_it_is_sent():
    async with RehearsalMailbox() as box:
        await send(box, "anna@example.org", "bo@example.org")
        (received,) = box.messages
    assert received.sender == "bounces@example.org"
    assert received.recipients == ("anna@example.org", "bo@example.org")
    assert received.content == LETTER


async def test_a_message_can_be_read_parsed():
    async with RehearsalMailbox() as box:
        await send(box)
    (received,) = box.messages
    assert received.subject == "Update on a study: æble"
    assert received.message.get_content().splitlines() == ["Line one", ".A line with a dot", "æ"]


async def test_messages_are_found_by_the_address_on_the_envelope():
    async with RehearsalMailbox() as box:
        await send(box, "anna@example.org")
        await send(box, "bo@example.org")
    assert box.to("bo@example.org") == [box.messages[1]]
    assert box.to("nobody@example.org") == []


async def test_a_bounce_address_may_be_empty():
    async with RehearsalMailbox() as box:
        await send(box, sender="")
    assert box.messages[0].sender == ""


async def test_many_connections_at_once():
    async with RehearsalMailbox() as box:
        await asyncio.gather(*(send(box, f"reader{n}@example.org") for n in range(20)))
    assert {address for received in box.messages for address in received.recipients} == {
        f"reader{n}@example.org" for n in range(20)
    }


async def test_closing_ends_connections_that_are_still_open():
    async with RehearsalMailbox() as box:
        reader, writer = await asyncio.open_connection(box.host, box.port)
        assert (await reader.readline()).startswith(b"220 ")
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_nobody_listens_after_the_block():
    async with RehearsalMailbox() as box:
        pass
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(box.host, box.port)


async def test_no_address_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    async with RehearsalMailbox() as box:
        await send(box)
    assert "example.org" not in caplog.text
