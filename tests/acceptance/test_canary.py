"""An address goes through all that can happen to it, also what goes wrong; nothing that is logged or counted names it (P8)."""

import asyncio
import json
import logging
import os
import re
import shutil
import sqlite3
import sys
import threading
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import httpx
import pytest
from returned_mails import dsn
from smtp_peer import SmtpPeer

from notifier import bootstrap
from notifier.cli import main
from notifier.rehearsal import day
from notifier.rehearsal.registry import RehearsalRegistry
from notifier.rehearsal.serving import serving
from notifier.web import make_app

CANARY = "canary.bird@coal-mine.example"
#: What of it must stand nowhere, in whatever letters.
TRACES = ("canary.bird", "coal-mine")
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
        settings = bootstrap.load_settings()
        bootstrap.start_logging(settings)

        async def asked():
            with bootstrap.open_database(settings) as database:
                keys, clock = bootstrap.open_keys(settings), bootstrap.make_clock(settings)
                app = make_app(bootstrap.make_pages(settings, database, keys, clock))
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
        registry = RehearsalRegistry(day.baseline(), day.BASELINE)
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


def link(peer, name):
    text = message_from_bytes(peer.received[-1].content, policy=default).get_body(("plain",)).get_content()
    return re.search(rf"/{name}/\S+", text)[0]


def test_an_address_is_named_by_nothing_that_is_logged_counted_or_kept_of_a_reply(story, outside, tmp_path):
    registry, _, peer = outside
    story.notifier("subscribers", "add", CANARY, "--study", day.BLOOD_TEST)
    peer.scripts["RCPT"] = [f"450 4.2.1 <{CANARY}>: later", f"451 4.7.1 {CANARY.upper()} is greylisted"]
    for _ in range(3):
        story.notifier("deliver")
        story.now += timedelta(hours=2)
    assert [mail.recipient for mail in peer.received] == [CANARY]
    confirm = link(peer, "confirm")
    assert story.browse("POST", confirm + CANARY, confirm)[0] == [404, 200]
    story.browse("GET", f"/{CANARY}?q={CANARY}", f"/unsubscribe/{CANARY}", f"/studies/{CANARY}")
    story.notifier("watch")
    registry.publish(day.next_day(), day.NEXT_DAY)
    story.notifier("watch")
    story.notifier("deliver")
    assert len(peer.received) == 2
    report = tmp_path / "report.eml"
    report.write_bytes(
        dsn(to=peer.received[-1].sender, who=CANARY, says=f"smtp; 550 5.1.1 <{CANARY}> unknown")
    )
    assert "5.1.1" in story.notifier("bounces", "report.eml", "--json")
    story.notifier("subscribers", "lift", CANARY, "--why", f"{CANARY} is well again")
    story.notifier("subscribers", "add", CANARY, "--study", day.BLOOD_TEST, "--consent", "said so")

    # What goes wrong: words that are no address, a refused sender, a dead mailbox, a database that is gone.
    story.notifier("subscribers", "add", f"{CANARY}@", "--study", day.EXERCISE)
    story.notifier("subscribers", "add", CANARY, "--study", "NCT00000000")
    registry.publish(day.day_after(), day.DAY_AFTER)
    story.notifier("watch")
    peer.scripts["MAIL"] = [f"550 5.7.1 mail for {CANARY} is refused"]
    story.notifier("deliver")
    peer.scripts["RCPT"] = [f"550 5.1.1 <{CANARY}>: no such user {CANARY}"]
    story.notifier("deliver")
    listed = story.notifier("outbox", "list")
    (status,), figures = story.browse("GET", "/metrics")
    kept = str(replies(tmp_path / "notifier.db"))
    (tmp_path / "notifier.db").write_bytes(b"gone")
    story.notifier("subscribers", "end", CANARY)

    logs = "".join(story.said)
    actions = {json.loads(line)["action"] for line in logs.splitlines() if '"action"' in line}
    assert actions >= {"mail_settled", "confirmed", "mails_assembled", "watch_pass"}
    assert status == 200
    assert "<address>" in kept  # the replies did quote it
    everything = f"{logs}\n{figures}\n{listed}\n{kept}".lower()
    for trace in TRACES:
        assert trace not in everything, everything[everything.index(trace) - 300 :][:400]


def replies(path):
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT reply, reason FROM message").fetchall()
