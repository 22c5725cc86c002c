"""One run: everything begins, goes on for a while with kills between, comes to rest, and is compared."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.soak.books import Unreadable
from tests.soak.commands import Commands
from tests.soak.days import CONDITIONS, STUDIES
from tests.soak.invariants import TOO_LATE, Invariants
from tests.soak.ledger import Ledger
from tests.soak.readers import Readers
from tests.soak.world import Fault, World

CROWD = 24  # people who follow something from the beginning
LONGEST_MORE = 120.0  # seconds that a run is longer for the acts that nobody did yet
BAD_TIMES = (0, 150, 500)  # of a thousand mails: how many meet a mishap


@dataclass(frozen=True)
class Pace:
    """Seconds between two acts of one actor: at least, at most."""

    readers: tuple[float, float] = (0.05, 0.4)
    commands: tuple[float, float] = (0.1, 0.8)
    days: tuple[float, float] = (2.0, 6.0)
    chaos: tuple[float, float] = (4.0, 40.0)
    weather: tuple[float, float] = (3.0, 9.0)
    looks: tuple[float, float] = (4.0, 4.0)  # into the database
    lanes: int = 3  # readers at once


@dataclass
class Report:
    """What a run came to."""

    seed: int
    database: str
    seconds: float
    counts: dict[str, int]
    faults: list[Fault]
    log: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, object]:
        told = [{"at": round(each.at, 1), "name": each.name, "seen": each.seen} for each in self.faults]
        return {
            "seed": self.seed,
            "database": self.database,
            "seconds": round(self.seconds),
            **{name.replace(" ", "_"): number for name, number in sorted(self.counts.items())},
            "faults": told,
        }

    def sentences(self) -> str:
        """For a person: every fault, and what went before."""
        faults = [f"{each.at:7.1f} s  {each.name}: {each.seen}" for each in self.faults]
        head = f"seed {self.seed}, {self.database}: {len(faults)} faults in {self.seconds:.0f} s"
        return "\n".join([head, *faults, "the last that was done:", *self.log[-60:]])


async def soak(
    folder: Path,
    seconds: float,
    *,
    seed: int,
    url: str | None = None,
    workers: int = 1,
    pace: Pace = Pace(),
    every_act: bool = False,
) -> Report:
    """Run everything at once for so long; then let it come to rest, compare, and stop.

    every_act: go on until each kind of act was done once, however slow the machine is.
    """
    began = time.monotonic()
    world = World(folder, seed, url, workers)
    ledger = Ledger(world)
    run = _Run(world, ledger, pace, every_act)
    async with world.open():
        watching = asyncio.create_task(run.watch_files())
        try:
            await run.begin()
            if not world.faults:
                await run.go_on(seconds)
                await run.come_to_rest()
            await run.end()
        except* Unreadable as fault:  # nothing that is compared with it means anything now
            world.fault("the database cannot be read", str(fault.exceptions[0]))
        watching.cancel()
    world.counts |= {
        "mails": sum(len(world.relay.arrived(who)) for who in list(world.relay.copies)),
        "mishaps": world.relay.mishaps,
        "days": world.days.published,
        "due": len(ledger.due),
        "people": len(ledger.people),
        "kinds of acts not done": sum(world.acts_left.values()),
    }
    name = "sqlite" if world.books.is_sqlite else "postgresql"
    return Report(seed, name, time.monotonic() - began, world.counts, world.faults, list(world.log))


class _Run:
    def __init__(self, world: World, ledger: Ledger, pace: Pace, every_act: bool) -> None:
        self.world, self.ledger, self.pace, self.every_act = world, ledger, pace, every_act
        self.readers, self.commands = Readers(world, ledger), Commands(world, ledger)
        self.invariants = Invariants(world, ledger)

    async def begin(self) -> None:
        """Workers run, somebody follows everything, so that every study is known before its first change, and others
        one thing each.
        """
        await asyncio.gather(*map(self.world.start, self.world.workers))
        if self.world.faults:
            return  # what does not even start is not looked at further
        anchor, *members = [self.ledger.person(f"first{number}@example.org") for number in range(CROWD)]
        anchor.stays = True
        rng = self.world.random("crowd")
        follows = [(anchor, topic) for topic in (*STUDIES, *CONDITIONS)]
        follows += [(known, rng.choice(STUDIES + CONDITIONS)) for known in members]
        async with self.ledger.held(anchor, *members) as act:
            if await self.commands.import_list(follows) is not None:
                await act.done()
        self.world.days.next_day()  # so that the next tick looks
        await self.invariants.rest()

    async def go_on(self, seconds: float) -> None:
        """Everybody acts, each at their own pace; what breaks the rig itself ends it at once."""
        pace, chance = self.pace, self.world.random
        deeds = [
            (self._day, pace.days),
            (self.commands.act, pace.commands),
            (self.commands.act, pace.commands),
            (self._something_happens, pace.chaos),
            (self._weather, pace.weather),
            (self.invariants.database, pace.looks),
            *[(self.readers.act, pace.readers)] * pace.lanes,
        ]
        self._until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as actors:
            for number, (deed, every) in enumerate(deeds):
                actors.create_task(self._again(deed, every, chance(f"actor {number}")))

    async def _again(self, deed, pace, rng) -> None:
        while True:
            await asyncio.sleep(rng.uniform(*pace))
            left = self.every_act and any(self.world.acts_left.values())
            if time.monotonic() > self._until + (LONGEST_MORE if left else 0):
                return
            await deed()

    # --- what happens to it -------------------------------------------------------------------------------------

    async def _day(self) -> None:
        changed, new, condition = self.world.days.next_day()
        self.ledger.publish(changed, new, condition)
        self.world.note(f"a day: {changed} {new or ''}")
        if self.world.rng.random() < 0.25:
            self.world.note(f"the registry {self.world.days.trouble(time.monotonic())}")

    async def _weather(self) -> None:
        self.world.relay.mood = self.world.rng.choice(BAD_TIMES)
        self.world.note(f"the relay's mood: {self.world.relay.mood}")

    async def _something_happens(self) -> None:
        """A worker is killed, or stopped, and started again after a while."""
        rng = self.world.rng
        worker = rng.choice(self.world.workers)
        await (self.world.kill if rng.random() < 0.6 else self.world.stop)(worker)
        await asyncio.sleep(rng.choice((0.0, 0.3, 2.0)))
        await self.world.start(worker)

    # --- looking on ---------------------------------------------------------------------------------------------

    async def watch_files(self) -> None:
        while True:
            asked = time.monotonic()
            await asyncio.sleep(0.25)
            if time.monotonic() - asked > TOO_LATE:
                self.world.lags.append(asked)
            for worker in self.world.workers:
                self.world.look_after(worker)
                self.invariants.journal(worker)
                self.invariants.memory(worker)

    # --- the end ------------------------------------------------------------------------------------------------

    async def come_to_rest(self) -> None:
        self.world.note("calm")
        self.world.relay.mood = 0
        self.world.days.registry.heal()
        down = [worker for worker in self.world.workers if not worker.up]
        await asyncio.gather(*map(self.world.start, down))
        await self.invariants.rest()
        await self.invariants.at_rest()
        await self.commands.run("outbox", "reconcile", "--json")

    async def end(self) -> None:
        """Everything stops cleanly, and is looked at once more."""
        running = [worker for worker in self.world.workers if worker.up]
        await asyncio.gather(*map(self.world.stop, running))
        await self.invariants.stopped()
