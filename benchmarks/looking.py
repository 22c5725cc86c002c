"""A watch pass whose CPU is told apart by stage: asking and reading, comparing with what is stored, writing down."""

import asyncio
import inspect
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from benchmarks.store import MIGRATIONS
from notifier.clock import FixedClock
from notifier.logs import configure
from notifier.services.watch import watch
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov import Pacer, Registry, open_client
from notifier.storage.engine import Database, Session

#: A day of the workload is larger than the day before it.
ANY = Settings(brake_studies=1.0, brake_messages=1e9, brake_event=10**9, settle_minor=timedelta(0))


class Stages:
    """Where the CPU of this process goes; what begins within a stage is not counted to it too."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._open, self._since = ["else"], time.process_time()

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """What happens inside is of this stage."""
        self._charge()
        self._open.append(name)
        try:
            yield
        finally:
            self._charge()
            self._open.pop()

    def _charge(self) -> None:
        now = time.process_time()
        self.spent[self._open[-1]] += now - self._since  # type: ignore[assignment]  # a Counter is of int for the type checker, and these are seconds
        self._since = now


class _Store(Database):
    """A database whose use is counted: to look is to compare, to change is to write down."""

    def __init__(self, url: str, stages: Stages) -> None:
        super().__init__(url, MIGRATIONS)
        self._stages = stages

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with self._stages.of("writing"), super().transaction() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._stages.of("comparing"), super().reading() as session:
            yield session


class _Asked:
    """A registry whose answers are counted, from the question to what was read of the answer."""

    def __init__(self, registry: Registry, stages: Stages) -> None:
        self._registry, self._stages = registry, stages

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._registry, name)
        return self._counted(found) if inspect.iscoroutinefunction(found) else found

    def _counted(self, question: Callable[..., Any]) -> Callable[..., Any]:
        async def ask(*words: Any, **more: Any) -> Any:
            with self._stages.of("asking"):
                return await question(*words, **more)

        return ask


def look(url: str, address: str, now: str) -> dict[str, Any]:
    """One pass; what it did, and the CPU seconds of each stage."""
    return asyncio.run(_look(url, address, FixedClock(datetime.fromisoformat(now))))


async def _look(url: str, address: str, clock: FixedClock) -> dict[str, Any]:
    configure("json", "info")
    stages = Stages()
    database = _Store(url, stages)
    async with open_client(address) as client:
        asked: Any = _Asked(Registry(client, pacer=Pacer(100_000)), stages)
        report = await watch(database, asked, clock, ANY)
    database.close()
    done = {"requests": report.requests, "changes": report.changes, "notices": report.notices}
    return done | {"outcome": report.outcome.value, "stages": dict(stages.spent)}
