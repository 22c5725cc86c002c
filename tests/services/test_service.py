"""What is told to the supervisor, heard at a real socket; and what the watchdog is not told when work stands still."""

import asyncio
import os
import socket
from datetime import timedelta

import pytest
from smtp_peer import STALL, SmtpPeer

from notifier.domain.heartbeat import Pulse
from notifier.errors import MailError
from notifier.mail.smtp import Envelope, SmtpAddress, SmtpTransport
from notifier.services.monitoring import Supervisor, Watchdog, supervisor_of

MAIL = Envelope("us@example.org", "jane@example.org", b"Subject: x\r\n\r\nHello\r\n", "a-name")


@pytest.fixture
def systemd(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as listener:
        listener.bind(str(tmp_path / "notify"))
        yield listener


def heard(listener):
    said = []
    while True:
        try:
            said.append(listener.recv(1000).decode())
        except BlockingIOError:
            return said


@pytest.fixture
def supervisor(systemd):
    return Supervisor(systemd.getsockname(), timedelta(minutes=2))


async def nothing():
    return None


def test_words_arrive_as_one_datagram(supervisor, systemd):
    supervisor.tell("READY=1", "STATUS=all is well")
    assert heard(systemd) == ["READY=1\nSTATUS=all is well"]


def test_the_environment_says_who_the_supervisor_is():
    us, other = str(os.getpid()), str(os.getpid() + 1)
    given = {"NOTIFY_SOCKET": "@notify", "WATCHDOG_USEC": "120000000"}
    assert supervisor_of(given | {"WATCHDOG_PID": us}) == Supervisor("@notify", timedelta(minutes=2))
    assert supervisor_of(given | {"WATCHDOG_PID": other}) == Supervisor("@notify", None)
    assert supervisor_of({}) == Supervisor(None, None)
    assert supervisor_of({"WATCHDOG_USEC": "soon"}).watchdog is None


def test_nobody_and_a_supervisor_that_is_gone_are_told_in_vain(tmp_path):
    Supervisor().tell("READY=1")
    Supervisor(str(tmp_path / "nowhere")).tell("READY=1")


def test_an_abstract_socket_is_found_by_its_at_sign():
    name = f"notifier-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as listener:
        listener.bind(f"\0{name}")
        Supervisor(f"@{name}").tell("STOPPING=1")
        assert heard(listener) == ["STOPPING=1"]


async def test_a_mail_server_that_says_nothing_starves_the_watchdog_and_a_slow_one_does_not(
    supervisor, systemd
):
    seconds = [0.0]
    pulse = Pulse(lambda: seconds[0])
    pulse.expect("deliver", timedelta(minutes=1), timedelta(minutes=20))
    watchdog = Watchdog(supervisor, pulse)
    async with SmtpPeer(dot=[None, None, STALL]) as peer:
        pulse.begin("deliver")
        async with SmtpTransport(SmtpAddress("127.0.0.1", peer.port)).session() as line:
            for _ in range(
                2
            ):  # nineteen minutes each: the pass is healthy, and lasts longer than one step may
                seconds[0] += 19 * 60
                await watchdog.feed()
                await line.send(MAIL, before_data=nothing)
                pulse.move("deliver")  # as a pass says by `moved`
            assert heard(systemd) == ["WATCHDOG=1"] * 2
            stuck = asyncio.create_task(line.send(MAIL, before_data=nothing))
            await peer.reached["DOT"].wait()
            seconds[0] += 21 * 60
            await watchdog.feed()
            assert heard(systemd) == []
            peer.released.set()
            await stuck
            pulse.move("deliver")
            await watchdog.feed()
            assert heard(systemd) == ["WATCHDOG=1"]


async def test_greeting_signs_in_and_sends_nothing():
    async with SmtpPeer(password="right") as peer:
        address = SmtpAddress("127.0.0.1", peer.port, username="us", password="right")
        async with SmtpTransport(address).session() as line:
            await line.greet()
        assert peer.verbs() == ["EHLO", "AUTH", "QUIT"]
        wrong = SmtpTransport(SmtpAddress("127.0.0.1", peer.port, username="us", password="wrong"))
        async with wrong.session() as line:
            with pytest.raises(MailError, match="refused the sign-in"):
                await line.greet()
