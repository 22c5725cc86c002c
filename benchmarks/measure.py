"""How a figure is got: both sides of a ratio in one run, in turn, several rounds, and the median of them."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

T = TypeVar("T")


class Scale(StrEnum):
    """How large a run is."""

    FULL = "full"
    QUICK = "quick"
    SMALLEST = "smallest"  #: Shows that a workload works; its figures mean nothing.


@dataclass(frozen=True, slots=True)
class Ground:
    """What a run stands on. A database or a peer that is not there is named in a row and left out."""

    scale: Scale
    folder: Path  # for what is made meanwhile
    postgresql: str | None = None  # the address of an empty database of ours, to do with as we like
    nodemailer: Path | None = None  # a folder in which npm installed it


@dataclass(frozen=True, slots=True)
class Reach:
    """What a figure is to come to, in words, and whether it does."""

    words: str = ""
    reached: bool | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    ours: str
    beside: str = ""
    ratio: str = ""
    reach: Reach = field(default_factory=Reach)

    def plain(self) -> dict[str, str | bool | None]:
        """The line as plain values, for JSON."""
        return {
            "what": self.what,
            "ours": self.ours,
            "beside": self.beside,
            "ratio": self.ratio,
            "reach": self.reach.words,
            "reached": self.reach.reached,
        }


def left_out(what: str, why: str, reach: str = "") -> Row:
    """A line that says what was not measured."""
    return Row(what, "not measured", why, reach=Reach(reach))


def at_most(figure: float, limit: float, unit: str = "×") -> Reach:
    return Reach(f"≤ {limit:g}{unit}", figure <= limit)


def at_least(figure: float, limit: float, unit: str = "×") -> Reach:
    return Reach(f"≥ {limit:g}{unit}", figure >= limit)


def both(one: Reach, other: Reach) -> Reach:
    """Two things to come to at once."""
    return Reach(f"{one.words}, {other.words}", bool(one.reached and other.reached))


def in_turn(rounds: int, sides: Mapping[str, Callable[[], T]]) -> dict[str, list[T]]:
    """What each side gave in each round; every second round goes the other way around, so that none is always first."""
    names = list(sides)
    gave: dict[str, list[T]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            gave[name].append(sides[name]())
    return gave


def cpu(rounds: int, sides: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The median of the CPU seconds that each side took in this process, which other work on the machine hardly moves.

    Each runs once before, so that nothing is made for the first time.
    """
    for side in sides.values():
        side()
    timed = in_turn(rounds, {name: partial(cpu_of, side) for name, side in sides.items()})
    return {name: median(times) for name, times in timed.items()}


def cpu_of(side: Callable[[], object]) -> float:
    """The CPU seconds of one call."""
    began = time.process_time()
    side()
    return time.process_time() - began


def times(number: float) -> str:
    """A ratio in words."""
    return f"{number:.2f}×" if number < 10 else f"{number:.0f}×"


def percent(number: float) -> str:
    return f"{100 * number:.0f} %"


def portions(count: int, at_once: int) -> Iterator[range]:
    """So many numbers, that many at a time."""
    return (range(start, min(start + at_once, count)) for start in range(0, count, at_once))
