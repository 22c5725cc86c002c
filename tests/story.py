"""Commands as an admin runs them, in this process, against a registry and a mail server on loopback: for long stories."""

import asyncio
import logging
import os
import shutil
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime

import httpx
import pytest
from smtp_peer import SmtpPeer

from notifier import app as parts
from notifier.cli import main
from notifier.demo import day
from notifier.demo.registry import serving
from notifier.web import make_app
from tests.faults import FaultyRegistry

NOON = datetime(2027, 1, 12, 12, tzinfo=UTC)


class Story:
    """Commands as an admin runs them, each saying all that it can; `said` is every line of every log and error."""

    def __init__(self, monkeypatch, capsys):
        self.monkeypatch, self.capsys = monkeypatch, capsys
        self.now, self.said = NOON, []

    def notifier(self, *words):
        """Run a command; gives what it printed for the admin."""
        self.monkeypatch.setenv("NOTIFIER_CLOCK", self.now.isoformat())
        self.monkeypatch.setattr(sys, "argv", ["notifier", *words])
        with suppress(SystemExit):
            main()
        return self._listen()

    def browse(self, method, *paths):
        """Ask for pages as they are served; gives the status of each and the text of the last."""
        self.monkeypatch.setenv("NOTIFIER_CLOCK", self.now.isoformat())
        settings = parts.load_settings()
        parts.start_logging(settings)

        async def asked():
            with parts.open_database(settings) as database:
                keys, clock = parts.open_keys(settings), parts.make_clock(settings)
                app = make_app(parts.make_pages(settings, database, keys, clock))
                transport = httpx.ASGITransport(app, raise_app_exceptions=False)
                async with httpx.AsyncClient(transport=transport, base_url="http://pages.test") as browser:
                    return [await browser.request(method, path) for path in paths]

        answers = asyncio.run(asked())
        self._listen()
        return [answer.status_code for answer in answers], answers[-1].text

    def _listen(self):
        out, err = self.capsys.readouterr()
        self.said.append(err)
        return out


@pytest.fixture
def outside():
    """A registry and a mail server on loopback, in a thread, because each command has a loop of its own."""
    ready, done = threading.Event(), []

    async def serve():
        registry = FaultyRegistry(day.baseline(), day.BASELINE)
        async with serving(registry.app) as url, SmtpPeer() as peer:
            done.extend([asyncio.get_running_loop(), asyncio.Event(), registry, url, peer])
            ready.set()
            await done[1].wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(10)
    yield done[2:]
    done[0].call_soon_threadsafe(done[1].set)
    thread.join(10)


@pytest.fixture
def story(tmp_path, migrated_sqlite, outside, monkeypatch, capsys):
    _, url, peer = outside
    shutil.copy(migrated_sqlite, tmp_path / "notifier.db")
    variables = {
        "REGISTRY_URL": f"{url}/api/v2",
        "REGISTRY_REQUESTS_PER_SECOND": "1000",
        "SMTP_URL": f"smtp://127.0.0.1:{peer.port}",
        "MAIL_FROM": "Trial updates <updates@example.org>",
        "BOUNCE_DOMAIN": "bounces.example.org",
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "json",
    }
    for name in [name for name in os.environ if name.startswith("NOTIFIER_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(f"NOTIFIER_{name}", value)
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Story(monkeypatch, capsys)
    root.handlers[:], root.level = handlers, level
