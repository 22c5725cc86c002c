"""Where it all happens: a folder, the worker processes in it, and the commands; starts, stops and kills them."""

import asyncio
import os
import signal
import socket
import time
from collections import deque
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from notifier.demo.registry import serving
from tests import processes
from tests.soak import servers
from tests.soak.books import Books
from tests.soak.days import Days
from tests.soak.relay import Relay

ROOT = Path(__file__).parents[2]
TO_START, TO_STOP, TO_RUN = 180, 60, 240  # seconds, on a machine that has much else to do
LANES = 2  # commands at once
ADMIN, CANARY = "admin@operator.example", "canary@operator.example"
SETTINGS = {
    "REGISTRY_REQUESTS_PER_SECOND": "100", "WATCH_EVERY": "2s", "SETTLE_MINOR": "1s", "SMTP_CONNECTIONS": "4",
    "SMTP_TIMEOUT": "8s", "SMTP_FINAL_TIMEOUT": "10s", "RETRY_AFTER": "1s,1s,2s", "MAILS_A_DAY": "100000",
    "FORMS_PER_NETWORK": "1000000", "FORMS_AN_HOUR": "1000000", "PAGE_FETCHES_AN_HOUR": "1000000",
    "MAIL_FROM": "Trial updates <updates@operator.example>", "BOUNCE_DOMAIN": "bounces.operator.example",
    "ORGANISATION": "The rig", "POSTAL_ADDRESS": "1 Example Street, 8000 Aarhus C, Denmark", "ADMIN": ADMIN,
    "CANARY": CANARY, "LOG_FORMAT": "json",
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """An invariant that fell: which, when, and what was seen."""

    at: float
    name: str
    seen: str


@dataclass
class Ran:
    """A command that ended; `killed`: by us."""

    arguments: list[str]
    code: int
    out: str
    err: str
    killed: bool


@dataclass
class Worker:
    """One worker process at a time, under one name and port; `up` from its first words until we end it."""

    name: str
    port: int
    process: processes.Process | None = None
    up: bool = False
    life: int = 0
    began: float = 0.0
    journal: int | None = None  # the inode of the -wal file in this life
    sizes: list[tuple[float, int]] = field(default_factory=list)  # memory in KiB in this life

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class World:
    """Everything that the actors share; `ends` are when something of ours was killed, a moment before it was."""

    def __init__(self, folder: Path, seed: int, url: str | None, workers: int) -> None:
        self.folder, self.seed, self.rng = folder, seed, Random(f"{seed} world")
        self.began = time.monotonic()
        self.counts: dict[str, int] = {}
        self.acts_left: dict[
            str, int
        ] = {}  # how many kinds of acts each actor has still to do for the first time
        self.faults: list[Fault] = []
        self.log: deque[str] = deque(maxlen=400)
        self.ends: list[float] = []
        self.lags: list[float] = []  # when the rig itself was too slow to answer
        self.relay, self.days = Relay(Random(f"{seed} relay")), Days(Random(f"{seed} days"))
        self.url = url or f"sqlite:///{folder}/notifier.db"
        self.books = Books(self.url, folder)
        self.workers = [Worker(f"worker-{number + 1}", _free_port()) for number in range(workers)]
        self._lanes = asyncio.Semaphore(LANES)

    def random(self, actor: str) -> Random:
        """The chance of one actor, which no other disturbs."""
        return Random(f"{self.seed} {actor}")

    def acts(self, actor: str, deeds):
        """What an actor does: each of their deeds once, in any order, and then for ever by their weights."""
        rng, once = self.random(f"{actor} acts"), [deed for _, deed in deeds]
        rng.shuffle(once)
        self.acts_left[actor] = len(once)
        for deed in once:
            self.acts_left[actor] -= 1
            yield deed
        while True:
            yield rng.choices([deed for _, deed in deeds], [weight for weight, _ in deeds])[0]

    def note(self, words: str) -> None:
        self.log.append(f"{time.monotonic() - self.began:7.2f} {words}")

    def count(self, name: str) -> int:
        self.counts[name] = self.counts.get(name, 0) + 1
        return self.counts[name]

    def fault(self, name: str, seen: str) -> None:
        """An invariant fell. The same is said once."""
        if all((name, seen) != (known.name, known.seen) for known in self.faults):
            self.faults.append(Fault(time.monotonic() - self.began, name, seen))
            self.note(f"FAULT {name}: {seen}")

    # --- the stage ----------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def open(self):
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.relay.listening())
            registry = await stack.enter_async_context(serving(self.days.registry.app))
            self.environment = {
                "PATH": f"{servers.clients()}{os.environ['PATH']}",
                "HOME": str(self.folder),
                "PYTHONPATH": str(ROOT),
                "NOTIFIER_DATABASE_URL": self.url,
                "NOTIFIER_REGISTRY_URL": f"{registry}/api/v2",
                "NOTIFIER_SMTP_URL": f"smtp://127.0.0.1:{self.relay.port}",
                "NOTIFIER_PUBLIC_URL": self.workers[0].url,
                **{f"NOTIFIER_{name}": value for name, value in SETTINGS.items()},
            }
            stack.push_async_callback(self._end_all)
            yield self

    async def _end_all(self) -> None:
        for worker in self.workers:
            if worker.process is not None:
                await self._end(worker)

    # --- workers ------------------------------------------------------------------------------------------------

    async def start(self, worker: Worker) -> None:
        """Start a worker and wait for its pages."""
        self.note(f"{worker.name} is started")
        log = self.log_of(worker)
        told = log.stat().st_size if log.exists() else 0
        with log.open("ab") as err:
            worker.process = await processes.start(
                *("-m", "tests.soak.program", "worker"),
                cwd=self.folder,
                env=self.environment | {"NOTIFIER_WEB_LISTEN": f"127.0.0.1:{worker.port}"},
                stderr=err,
            )
        worker.life, worker.began, worker.journal = worker.life + 1, time.monotonic(), None
        worker.sizes = []
        while '"worker_started"' not in (said := _tail(log, told)):
            if worker.process.returncode is not None or time.monotonic() - worker.began > TO_START:
                self.fault("worker does not start", f"{worker.name}: {said[-2000:]}")
                await self._end(worker)
                return
            await asyncio.sleep(0.05)
        worker.up = True
        self.note(f"{worker.name} runs")

    async def kill(self, worker: Worker) -> None:
        """SIGKILL, whatever it is doing."""
        worker.up = False
        self.note(f"{worker.name} is killed")
        self.ends.append(time.monotonic())
        self.count("kills")
        await self._end(worker)

    async def _end(self, worker: Worker) -> None:
        with suppress(ProcessLookupError):
            worker.process.kill()
        await worker.process.wait()

    def look_after(self, worker: Worker) -> None:
        """A worker that runs goes on until it is told to stop."""
        if worker.up and worker.process.returncode is not None:
            worker.up = False
            told = f"{worker.name}, exit {worker.process.returncode}: {_tail(self.log_of(worker), -1500)}"
            self.fault("a worker ended by itself", told)

    async def stop(self, worker: Worker) -> None:
        """SIGTERM: it has to end by itself, in time, with 0."""
        worker.up = False
        self.note(f"{worker.name} is told to stop")
        self.count("stops")
        with suppress(ProcessLookupError):
            worker.process.send_signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(worker.process.wait(), TO_STOP)
        except TimeoutError:
            self.fault("stop", f"{worker.name} does not stop within {TO_STOP} s of SIGTERM")
            await self.kill(worker)
            return
        if code != 0:
            self.fault("stop", f"{worker.name} stopped with exit {code}: {_tail(self.log_of(worker), -1500)}")

    def log_of(self, worker: Worker) -> Path:
        return self.folder / f"{worker.name}.log"

    # --- commands -----------------------------------------------------------------------------------------------

    async def command(self, *arguments: str, kill_after: float | None = None) -> Ran:
        """Run `notifier` with these arguments beside all else; `kill_after` seconds it is killed."""
        self.count("commands")
        async with self._lanes:
            command = await processes.start(
                *("-m", "tests.soak.program", "command", *arguments), cwd=self.folder, env=self.environment
            )
            ended = asyncio.ensure_future(command.communicate())
            done, _ = await asyncio.wait({ended}, timeout=TO_RUN if kill_after is None else kill_after)
            if killed := not done:
                self.ends.append(time.monotonic())
                command.kill()
                self.count("kills of commands")
            out, err = [said.decode(errors="replace") for said in await ended]
        code = command.returncode
        ran = Ran(list(arguments), code, out, err, killed and code < 0)
        if killed and kill_after is None:
            self.fault("command hangs", f"notifier {' '.join(arguments)} did not end within {TO_RUN} s")
        self.note(f"$ notifier {' '.join(arguments)[:150]} -> {code}")
        return ran


def _tail(path: Path, since: int) -> str:
    """What a file has from there on; below 0: its last so many bytes."""
    try:
        data = path.read_bytes()
    except OSError:
        return ""
    return data[since:].decode(errors="replace")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
