"""`kill -9` between any two steps of a story: a first look, a day with changes, the mails. Then it is run again.

A child process kills itself before and after its n-th commit, or after the n-th answer of registry or mail server,
for every n in turn; this process, which knows of it only what is on disk, then runs the same passes again, as a restarted
daemon would. Whatever n is, each due mail arrives, and a second copy of one only where the child died between the final
dot and the commit of its answer.
"""

import asyncio
import gc
import logging
import multiprocessing
import os
import shutil
import signal
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import httpx
import pytest
import structlog
from fakes import sign_up
from sqlalchemy import event
from sqlmodel import Session

from notifier import app
from notifier.clock import FixedClock
from notifier.demo import day
from notifier.domain.signed_links import TokenKeys
from notifier.mail.smtp import SmtpAddress, SmtpSession, SmtpTransport
from notifier.services.deliver import Sending, deliver
from notifier.services.watch import watch
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov import Pacer, Registry
from notifier.storage.engine import Database
from tests.faults import FaultyRegistry
from tests.smtp_peer import SmtpPeer

MIGRATIONS = Path(__file__).parents[2] / "migrations"
ANN, BEN, CLO = "ann@example.org", "ben@example.org", "clo@example.org"
MONDAY = datetime(2027, 1, 11, 15, tzinfo=UTC)
FORK = multiprocessing.get_context("fork")
SETTINGS = Settings(mail_from="Trial updates <updates@example.org>", registry_requests_per_second=10_000)
KEYS = TokenKeys(["a-key-for-tests-only"])


@dataclass
class Steps:
    """Counts what a process does, and kills it at the step `deadly`."""

    deadly: int = 0
    last_words: Path | None = None  # where the labels are left by one that dies
    labels: list[str] = field(default_factory=list)

    def __call__(self, label: str) -> None:
        self.labels.append(label)
        if len(self.labels) == self.deadly:
            if self.last_words is not None:
                self.last_words.write_text("\n".join(self.labels))
            os.kill(os.getpid(), signal.SIGKILL)


class DyingRegistry(httpx.ASGITransport):
    def __init__(self, registry, step):
        super().__init__(registry.app)
        self.step = step

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        self.step("response")
        return response


class DyingMail(SmtpTransport):
    def __init__(self, port, step):
        super().__init__(SmtpAddress("127.0.0.1", port))
        self.step = step

    def session(self):
        return DyingLine(self)


class DyingLine(SmtpSession):
    async def _say(self, *commands):
        replies = await super()._say(*commands)
        self._of.step(f"{commands[-1][:4].decode()} answered")
        return replies

    async def _hand_over(self, content):
        running = asyncio.ensure_future(super()._hand_over(content))
        await asyncio.sleep(0)
        self._of.step("dot written")
        result = await running
        self._of.step("dot answered")
        return result


@dataclass(frozen=True)
class World:
    """What a pass is run in: a database file, a mail server's port, the registry of each day, the renderer."""

    path: Path
    port: int
    registries: dict[str, FaultyRegistry]
    renderer: object

    def database(self, step):
        database = Database(f"sqlite:///{self.path}", MIGRATIONS)

        def writes(session):
            return session.get_bind() is database.engine

        if step.last_words is not None:  # only in a child: what listens to all sessions stays
            event.listen(Session, "before_commit", lambda session: writes(session) and step("commit"))
            event.listen(Session, "after_commit", lambda session: writes(session) and step("committed"))
        return database

    async def look(self, database, step, today, now):
        transport = DyingRegistry(self.registries[today], step)
        async with httpx.AsyncClient(transport=transport, base_url="http://registry/api/v2") as client:
            await watch(database, Registry(client, pacer=Pacer(10_000)), FixedClock(now), Settings())

    async def send(self, database, step, now):
        transport = DyingMail(self.port, step)
        sending = Sending("here:1", "example.org", lambda _: "bounces@example.org", connections=1)
        report = await deliver(database, transport, self.renderer, FixedClock(now), sending)
        assert report.fault is None
        await transport.close()


#: The story's parts, in order.
PARTS = {
    "first look": lambda world, store, step, late: world.look(store, step, "monday", MONDAY + late),
    "day with changes": lambda world, store, step, late: world.look(store, step, "tuesday", MONDAY + timedelta(days=1) + late),
    "mails": lambda world, store, step, late: world.send(store, step, MONDAY + timedelta(days=1, hours=1) + late),
}  # fmt: skip


def run(world, parts, steps):
    """Parts of the story, each so many hours late, in this process."""
    database = world.database(steps)
    for part, late in parts:
        asyncio.run(PARTS[part](world, database, steps, timedelta(hours=late)))
    database.close()


def run_in_a_child(world, parts, labels, deadly=0):
    """The same in a child, which leaves the labels of its steps; gives its exit code."""

    def child():
        gc.disable()  # to collect would copy all of what this process shares with its parent
        steps = Steps(deadly, labels)
        run(world, parts, steps)
        labels.write_text("\n".join(steps.labels))

    process = FORK.Process(target=child)
    process.start()
    process.join(20)
    return process.exitcode


class Keeper(SmtpPeer):
    """A mail server that outlives its senders: each mail is in a file before its sender hears 250."""

    def __init__(self, folder, offers_pipelining):
        super().__init__()
        self.folder, self.offers_pipelining = folder, offers_pipelining

    async def handle_DATA(self, *seen):  # noqa: N802 - aiosmtpd calls it so
        answer = await super().handle_DATA(*seen)
        (self.folder / f"{len(self.received)}.eml").write_bytes(self.received[-1].content)
        return answer


@pytest.fixture
def mail_server(tmp_path, request):
    """The port of a mail server in a process of its own, and the folder it keeps the mails in."""
    folder = tmp_path / "kept"
    folder.mkdir()
    ours, theirs = FORK.Pipe()

    async def serve():
        async with Keeper(folder, request.param == "pipelining") as keeper:
            theirs.send(keeper.port)
            await asyncio.Event().wait()

    process = FORK.Process(target=lambda: asyncio.run(serve()), daemon=True)
    process.start()
    yield ours.recv(), folder
    process.kill()
    process.join()


@pytest.fixture
def world(tmp_path, sqlite, mail_server):
    """Three people: one follows a study, one a condition, one has still to confirm."""
    clock = FixedClock(MONDAY - timedelta(hours=3))
    sign_up(sqlite, clock, ANN, nct_id=day.BLOOD_TEST, evidence="said so")
    sign_up(sqlite, clock, CLO, nct_id=day.EXERCISE)
    sign_up(sqlite, clock, BEN, condition=day.CONDITION, evidence="said so")
    sqlite.close()
    monday = FaultyRegistry(day.baseline(), day.BASELINE)
    tuesday = FaultyRegistry(day.baseline(), day.BASELINE)
    tuesday.publish(day.next_day(), day.NEXT_DAY)
    renderer = app.make_renderer(SETTINGS, KEYS)
    world = World(tmp_path / "notifier.db", mail_server[0], {"monday": monday, "tuesday": tuesday}, renderer)
    logging.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    # The whole story once here, so that no child has to compile its statements again.
    told = shutil.copy(world.path, tmp_path / "told.db")
    run(replace(world, path=told), [(part, 0) for part in PARTS], Steps())
    arrived(mail_server[1])
    yield world
    logging.disable(logging.NOTSET)


def arrived(folder):
    """How often each mail arrived, by whom it was for and its exact bytes; the folder is emptied."""
    mails = Counter()
    for file in folder.iterdir():
        content = file.read_bytes()
        mails[message_from_bytes(content)["To"], content] += 1
        file.unlink()
    return mails


def may_repeat(labels, deadly):
    """Whether the child died between a final dot and the commit of its answer."""
    for label in reversed(labels[:deadly]):
        if label == "dot written":
            return True
        if label == "committed":
            return False
    return False


@pytest.mark.parametrize(
    ("killed", "mail_server"),
    [*((part, "one by one") for part in PARTS), ("mails", "pipelining")],
    indirect=["mail_server"],
)
def test_killed_anywhere_and_run_again_every_mail_arrives_once(world, mail_server, tmp_path, killed):
    """Nothing is lost, and nothing comes twice but in the one window that SMTP leaves open."""
    parts, kept = [(part, 0) for part in PARTS], mail_server[1]
    now = list(PARTS).index(killed)
    # Mails twice, because an unsure one goes again half an hour after it was found so.
    again = [*((part, 2) for part in list(PARTS)[now:]), ("mails", 4)]
    run(world, parts[:now], Steps())
    at = tmp_path / "before.db"
    world.path.replace(at)
    shutil.copy(at, world.path)
    labels = tmp_path / "labels"
    assert run_in_a_child(world, [parts[now]], labels) == 0
    steps = labels.read_text().splitlines()
    arrived(kept)
    for deadly in range(1, len(steps) + 1):
        for left in tmp_path.glob("notifier.db*"):
            left.unlink()
        shutil.copy(at, world.path)
        assert run_in_a_child(world, [parts[now]], labels, deadly) == -signal.SIGKILL
        # A commit is made beside the next mail's commands, so which comes first may differ from run to run.
        steps = labels.read_text().splitlines()
        run(world, again, Steps())
        mails = arrived(kept)
        where = f"killed at step {deadly}, {steps[deadly - 1]}"
        assert sorted(who for who, _ in mails) == [ANN, BEN, CLO], where
        assert mails.total() <= 3 + may_repeat(steps, deadly), where
