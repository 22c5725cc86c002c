"""The daemon as a process of its own, against a registry and a mail server on loopback."""

import asyncio
import json
import os
import shutil
import signal
import socket
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from fakes import sign_up
from smtp_peer import STALL, SmtpPeer
from sqlalchemy import select

from notifier.clock import SystemClock
from notifier.demo import day
from notifier.demo.registry import serving
from notifier.storage.engine import Database
from notifier.storage.models import MessageState, messages, studies
from notifier.storage.outbox import claims
from tests import faults, processes
from tests.faults import FaultyRegistry

ROOT = Path(__file__).parents[2]
PEOPLE = ("ann@example.org", "ben@example.org", "clo@example.org")
#: The daemon with another patience at its end than 25 seconds.
IMPATIENT = """
import asyncio
from notifier import app
from notifier.cli import passes
settings = app.load_settings()
app.start_logging(settings)
asyncio.run(passes.run(settings, drain_within=0.5))
"""
#: The daemon with no patience for a mail that stands still.
STRICT = """
import asyncio
from datetime import timedelta
from notifier import app
from notifier.cli import passes
from notifier import jobs as schedule
schedule.patience = lambda job, settings: timedelta(seconds=0.5 if job == "deliver" else 60)
settings = app.load_settings()
app.start_logging(settings)
asyncio.run(passes.run(settings, drain_within=0.5))
"""


class Daemon:
    """A running daemon; `lines` are what it logged so far."""

    def __init__(self, process):
        self.process, self.lines = process, []

    async def until(self, *actions):
        """Read its log until each of these actions was logged."""
        missing = set(actions)
        while missing:
            line = await self.process.stderr.readline()
            assert line, f"it ended before {missing}: {self.lines}"
            self.lines.append(line.decode())
            missing.discard(json.loads(line).get("action"))

    async def end(self):
        """Wait for its end; gives its exit code and all it said on standard error."""
        self.lines.append((await self.process.stderr.read()).decode())
        return await self.process.wait(), "".join(self.lines)


@asynccontextmanager
async def daemon(folder, *arguments, supervisor=(), start=processes.start, **settings):
    variables = {f"NOTIFIER_{name}": str(value) for name, value in settings.items()}
    process = await start(
        *(arguments or (str(ROOT / "worker.py"),)),
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            **variables,
            **dict(supervisor),
        },
    )
    try:
        async with asyncio.timeout(30):
            yield Daemon(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
async def registry():
    return FaultyRegistry(day.baseline(), day.BASELINE)


@pytest.fixture
async def registry_url(registry):
    async with serving(registry.app) as url:
        yield f"{url}/api/v2"


@pytest.fixture
def folder(tmp_path, migrated_sqlite):
    """A working directory with a database in which three people wait for their confirmation mail."""
    shutil.copy(migrated_sqlite, tmp_path / "notifier.db")
    sign_up(store(tmp_path), SystemClock(), *PEOPLE, nct_id=day.BLOOD_TEST)
    return tmp_path


def store(folder):
    return Database(f"sqlite:///{folder}/notifier.db", ROOT / "migrations")


def states(folder):
    with store(folder).reading() as session:
        return list(session.execute(select(messages.c.state).order_by(messages.c.id)).scalars())


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


async def test_with_no_settings_at_all_it_watches_mails_and_serves(folder, registry_url):
    """Only where the registry is, and the pages' port, are set: the world and port 8080 are not ours in a test."""
    port = free_port()
    settings = {"REGISTRY_URL": registry_url, "WEB_LISTEN": f"127.0.0.1:{port}"}
    async with daemon(folder, start=processes.from_nothing, **settings) as worker:
        await worker.until("worker_started", "watch_tick", "mail_settled", "cleaned_up")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as browser:
            assert (await browser.get("/healthz")).text == "ok\n"
            assert (await browser.get("/readyz")).text == "ready\n"
            assert (await browser.post("/unsubscribe/x")).status_code == 404
        worker.process.send_signal(signal.SIGTERM)
        code, said = await worker.end()
    assert code == 0
    assert "Traceback" not in said
    assert "@" not in said
    assert [line["action"] for line in map(json.loads, said.splitlines())][-1] == "worker_stopped"
    assert len(list((folder / "mail").glob("*.eml"))) == states(folder).count(MessageState.SENT) > 0


async def test_the_first_start_makes_database_and_key(tmp_path, registry_url):
    async with daemon(tmp_path, REGISTRY_URL=registry_url, WEB_LISTEN="off") as worker:
        await worker.until("worker_started")
        worker.process.terminate()
        assert (await worker.end())[0] == 0
    assert store(tmp_path).schema().ready
    assert (tmp_path / "notifier.key").stat().st_mode & 0o777 == 0o600


async def keep_sending(process, signals):
    """Signals to the very end of the process, also while the interpreter shuts down.

    Not by `process.send_signal`: that collects a process that has just ended, and asyncio then never hears its code.
    """
    while signals and process.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signals[0])
        signals = signals[1:] + signals[:1]
        await asyncio.sleep(0.003)


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGTERM, signal.SIGINT] * 30])
async def test_told_to_stop_it_finishes_the_mail_in_flight_and_leaves_the_rest_due(
    folder, registry_url, signals
):
    async with SmtpPeer(dot=[STALL]) as peer:
        settings = {"SMTP_URL": f"smtp://127.0.0.1:{peer.port}", "SMTP_CONNECTIONS": 1, "WEB_LISTEN": "off"}
        start = processes.from_nothing if len(signals) > 1 else processes.start
        async with daemon(folder, start=start, REGISTRY_URL=registry_url, **settings) as worker:
            await asyncio.wait_for(peer.reached["DOT"].wait(), 20)
            for number in signals[:30]:
                os.kill(worker.process.pid, number)
            await worker.until("worker_stopping")
            peer.released.set()
            storm = asyncio.create_task(keep_sending(worker.process, signals[30:]))
            code, said = await worker.end()
            await storm
    assert (code, "Traceback" in said) == (0, False)
    assert states(folder) == [MessageState.SENT, MessageState.DUE, MessageState.DUE]
    assert len(peer.received) == 1


async def test_the_command_that_delivers_stops_as_the_daemon_does(folder):
    async with SmtpPeer(dot=[STALL]) as peer:
        settings = {"SMTP_URL": f"smtp://127.0.0.1:{peer.port}", "SMTP_CONNECTIONS": 1}
        async with daemon(folder, "-m", "notifier", "deliver", **settings) as command:
            await asyncio.wait_for(peer.reached["DOT"].wait(), 20)
            command.process.terminate()
            await asyncio.sleep(0.1)
            peer.released.set()
            assert (await command.end())[0] == 0
    assert states(folder) == [MessageState.SENT, MessageState.DUE, MessageState.DUE]


async def test_a_dot_that_is_never_answered_is_not_waited_for_and_the_mail_is_unsure(folder, registry_url):
    async with SmtpPeer(dot=[STALL]) as peer:
        settings = {"SMTP_URL": f"smtp://127.0.0.1:{peer.port}", "SMTP_CONNECTIONS": 1, "WEB_LISTEN": "off"}
        async with daemon(folder, "-c", IMPATIENT, REGISTRY_URL=registry_url, **settings) as worker:
            await asyncio.wait_for(peer.reached["DOT"].wait(), 20)
            worker.process.terminate()
            code, said = await worker.end()
    assert (code, "worker_cut" in said) == (0, True)
    with store(folder).transaction() as session:
        claims.recover(session, SystemClock().now(), alone=True)
    assert states(folder) == [MessageState.UNSURE, MessageState.DUE, MessageState.DUE]


@pytest.fixture
def systemd(tmp_path_factory):
    """A supervisor that waits a second for a word; gives its variables, and what it heard so far."""
    place = tmp_path_factory.mktemp("systemd") / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as listener:
        listener.bind(str(place))

        def heard():
            with suppress(BlockingIOError):
                while True:
                    said.append(listener.recv(1000).decode())
            return said

        said = []
        yield {"NOTIFY_SOCKET": str(place), "WATCHDOG_USEC": "1000000"}, heard


async def eventually(heard):
    """What was heard once the watchdog was fed; it is fed three times a second."""
    for _ in range(100):
        if "WATCHDOG=1" in heard():
            break
        await asyncio.sleep(0.05)
    return heard()


async def test_systemd_hears_that_it_is_ready_that_work_goes_on_and_that_it_stops(
    folder, registry_url, systemd
):
    supervisor, heard = systemd
    async with daemon(folder, supervisor=supervisor, REGISTRY_URL=registry_url, WEB_LISTEN="off") as worker:
        await worker.until("worker_started", "mail_settled", "cleaned_up")
        assert "WATCHDOG=1" in await eventually(heard)
        worker.process.terminate()
        assert (await worker.end())[0] == 0
    words = list(dict.fromkeys(heard()))
    assert sorted(words) == ["READY=1", "STOPPING=1", "WATCHDOG=1"]
    assert words[-1] == "STOPPING=1"


async def test_systemd_is_not_told_that_all_is_well_while_a_mail_stands_still(folder, registry_url, systemd):
    supervisor, heard = systemd
    async with SmtpPeer(dot=[STALL]) as peer:
        settings = {"SMTP_URL": f"smtp://127.0.0.1:{peer.port}", "SMTP_CONNECTIONS": 1, "WEB_LISTEN": "off"}
        script = ("-c", STRICT)
        async with daemon(
            folder, *script, supervisor=supervisor, REGISTRY_URL=registry_url, **settings
        ) as worker:
            await worker.until("worker_started", "work_stuck")
            fed = heard().count("WATCHDOG=1")
            await asyncio.sleep(0.5)
            assert heard().count("WATCHDOG=1") == fed
            assert any('"jobs": ["deliver"]' in line for line in worker.lines)


async def test_a_mail_server_that_is_away_at_the_start_is_said_and_does_not_end_it(folder, registry_url):
    settings = {"SMTP_URL": f"smtp://127.0.0.1:{free_port()}", "WEB_LISTEN": "off"}
    async with daemon(folder, REGISTRY_URL=registry_url, **settings) as worker:
        await worker.until("preflight_failed", "worker_started")


async def test_a_registry_that_fails_does_not_end_it(folder, registry, registry_url):
    registry.fail_next(faults.status(400))
    async with daemon(folder, REGISTRY_URL=registry_url, WEB_LISTEN="off", WATCH_EVERY="1s") as worker:
        await worker.until("tick_failed", "mail_settled", "watch_tick")
        worker.process.terminate()
        assert (await worker.end())[0] == 0
    with store(folder).reading() as session:
        assert session.execute(select(studies.c.nct_id)).first() is None  # nobody has confirmed yet


async def test_told_to_stop_while_it_waits_for_the_registry_it_stops_at_once(folder, registry, registry_url):
    registry.fail_next(faults.status(503), times=99)
    async with daemon(folder, REGISTRY_URL=registry_url, WEB_LISTEN="off") as worker:
        await worker.until("worker_started", "registry_retry", "cleaned_up")
        worker.process.terminate()
        async with asyncio.timeout(5):
            code, said = await worker.end()
    assert (code, "Traceback" in said) == (0, False)


async def test_a_second_worker_on_the_database_or_on_the_port_is_refused_in_one_line(
    folder, registry_url, tmp_path_factory
):
    settings = {"REGISTRY_URL": registry_url, "WEB_LISTEN": f"127.0.0.1:{free_port()}"}
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    async with daemon(folder, **settings) as first:
        await first.until("worker_started")
        async with daemon(folder, **settings) as second, daemon(elsewhere, **settings) as third:
            ends = await asyncio.gather(second.end(), third.end())
    (code, said), (other_code, other_said) = ends
    assert (code, other_code) == (1, 1)
    assert said.startswith("worker: Another worker has this SQLite database")
    assert other_said.startswith("worker: The pages cannot be served at 127.0.0.1:")
    assert said.count("\n") == other_said.count("\n") == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"WATCH_EVERY": "soon"}, "NOTIFIER_WATCH_EVERY"),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all.db"}, "cannot be opened"),
        ({"SMTP_URL": "smtp+starttls://mail.example.org"}, "NOTIFIER_ORGANISATION is not set"),
    ],
)
async def test_what_it_cannot_start_with_is_said_in_one_line(tmp_path, settings, words):
    async with daemon(tmp_path, **settings) as worker:
        code, said = await worker.end()
    assert (code, said.count("\n")) == (1, 1)
    assert words in said
