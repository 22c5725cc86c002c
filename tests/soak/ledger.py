"""What was acknowledged, and what must be mailed: kept by the rig alone, compared with the database and the relay.

Every act on a person is done while they are `held`. When it was acknowledged, what the database says of them is looked at
at once: it must be what was asked for, and from then on nothing but another act may change it. An act of which nobody
knows whether it was done (the worker was killed meanwhile) is looked at too, and either end is believed.
"""

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from tests.soak import books, days
from tests.soak.world import World

NOTABLE, DATES = 1, 16  # the rank and the group of a change of size
IN_DOUBT = 1.0  # seconds after which an act that was cut off is done or will never be


@dataclass
class Known:
    """One address, and what the rig knows of it."""

    email: str
    row: books.Person | None = None  # as it was acknowledged
    version: int = 0  # counts acts
    busy: bool = False
    changed: dict[int, float] = field(default_factory=dict)  # when an act last changed a subscription
    left: float | None = None  # since when they follow nothing
    gone: bool = False  # erased, moved away, or bounced: what is said of them is not compared any more
    stays: bool = False  # nobody acts on them: what nobody follows any more begins anew with a first sight
    used: set[str] = field(default_factory=set)  # links that were pressed

    @property
    def follows(self) -> list[books.Follow]:
        return [] if self.row is None else self.row.live


@dataclass(frozen=True)
class Due:
    """Somebody has to be told of this: of a size that changed, or of a new study."""

    email: str
    follow: int
    nct_id: str
    at: float
    before: int = 0
    after: int = 0

    def is_told_by(self, told: list[tuple[str, int, int]], named: set[str]) -> bool:
        if not self.after:
            return self.nct_id in named
        return any(
            nct_id == self.nct_id and low <= self.before and self.after <= high for nct_id, low, high in told
        )


class Ledger:
    """All people, and all that is due to them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people: dict[str, Known] = {}
        self.due: list[Due] = []
        self.erased: set[int] = set()  # people who may not be there any more
        self.reasons: set[str] = set()  # of acts that were acknowledged
        self.withdrawn: dict[str, float] = {}  # studies of which an admin took back something, and when

    def person(self, email: str) -> Known:
        return self.people.setdefault(email, Known(email))

    def pick(self, rng: Random, wanted=lambda _known: True) -> Known | None:
        """Somebody at leisure of whom this is true."""
        free = [
            each
            for each in self.people.values()
            if not (each.busy or each.gone or each.stays) and wanted(each)
        ]
        return rng.choice(free) if free else None

    @asynccontextmanager
    async def held(self, *people: Known):
        """Act on people: give the act a name, and say when it was acknowledged, or that nobody knows."""
        for known in people:
            assert not known.busy, known.email
            known.busy = True
        act = Act(self, people)
        try:
            yield act
        finally:
            for known in people:
                known.version += 1
            if not act.acknowledged:
                await asyncio.sleep(IN_DOUBT)
                await act.settle()
            for known in people:
                known.busy = False

    async def look(self) -> dict[str, books.Person]:
        return await asyncio.to_thread(self.world.books.people)

    # --- what is due --------------------------------------------------------------------------------------------

    def publish(self, changed: dict[str, tuple[int, int]], new: str | None, condition: str) -> None:
        """Note who has to hear of what was just published: those who certainly ask for it now."""
        now = time.monotonic()
        for known in self.people.values():
            if known.busy or known.gone:
                continue
            for each in known.follows:
                if each.state != "active" or each.every != "immediate":
                    continue
                if each.topic in changed and each.lightest >= NOTABLE and each.groups & DATES:
                    self.due.append(Due(known.email, each.id, each.topic, now, *changed[each.topic]))
                elif new is not None and each.topic == condition:
                    self.due.append(Due(known.email, each.id, new, now))

    def untold(self) -> list[Due]:
        """What nobody told although it was due, and although nothing that happened since explains it."""
        heard: dict[str, tuple[list[tuple[str, int, int]], set[str]]] = {}
        for email in {each.email for each in self.due}:
            texts = [copy.text for copy in self.world.relay.arrived(email)]
            told = [pair for text in texts for pair in days.told(text)]
            heard[email] = told, {nct_id for text in texts for nct_id in days.named(text)}
        return [each for each in self.due if self._stands(each) and not each.is_told_by(*heard[each.email])]

    def _stands(self, due: Due) -> bool:
        known = self.people[due.email]
        if known.gone or due.email in self.world.relay.refused:
            return False
        if self.withdrawn.get(due.nct_id, 0) > due.at:
            return False
        return known.changed.get(due.follow, 0) < due.at


class Act:
    """One act on people who are held."""

    def __init__(self, ledger: Ledger, people: tuple[Known, ...]) -> None:
        self._ledger, self._people, self.acknowledged = ledger, people, False
        self.before = {each.email: each.row for each in people}

    async def done(self, reason: str | None = None) -> None:
        """It was acknowledged: what the database says of these people now has to stay."""
        if reason is not None:
            self._ledger.reasons.add(reason)
        await self.settle()
        self.acknowledged = True

    async def settle(self) -> None:
        """Take over what the database says of these people."""
        now, rows = time.monotonic(), await self._ledger.look()
        for known in self._people:
            was, known.row = known.row, rows.get(known.email)
            old = {} if was is None else was.follows
            for each in {} if known.row is None else known.row.follows.values():
                if old.get(each.id) != each:
                    known.changed[each.id] = now
            if known.follows:
                known.left = None
            elif known.left is None:
                known.left = now
