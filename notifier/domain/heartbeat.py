"""Whether the daemon's work goes on: when each job last moved, which one is late, and which one fails again and again.
Decides; stops and starts nothing.

A job that runs for long is no fault while it moves: a pass says so at each mail and each answer. One that neither moves
nor begins anew in its time is late, whatever the reason.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

OFTEN_ENOUGH = 2  # runs in a row that failed: once can be a slip


@dataclass(slots=True)
class _Job:
    every: float  # seconds
    patience: float  # seconds that one step of it may take
    moved_at: float
    running: bool = False
    moves: int = 0
    failures: int | None = None  # in a row; None: it never ended yet, so who ran before us may have failed

    @property
    def allowed(self) -> float:
        return self.patience if self.running else self.every + self.patience


class Pulse:
    """What the jobs of this process did last; by a clock that counts seconds and is never set."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._jobs: dict[str, _Job] = {}

    def expect(self, job: str, every: timedelta, patience: timedelta) -> None:
        """From now on this job begins `every` so long, and moves within `patience` while it runs."""
        self._jobs[job] = _Job(every.total_seconds(), patience.total_seconds(), self._monotonic())

    def begin(self, job: str) -> None:
        self._note(job, running=True)

    def end(self, job: str) -> None:
        """A run of the job ended, well or not: the next one is what is waited for."""
        self._note(job, running=False)

    def move(self, job: str) -> None:
        """A job that runs got on with its work."""
        if (known := self._jobs.get(job)) is not None:
            known.moved_at = self._monotonic()
            known.moves += 1

    def failed(self, job: str) -> int:
        """A run ended badly; returns how many did in a row."""
        if (known := self._jobs.get(job)) is None:
            return 0
        known.failures = (known.failures or 0) + 1
        return known.failures

    def went_well(self, job: str) -> bool:
        """A run ended well; returns whether anybody may believe that it does not."""
        if (known := self._jobs.get(job)) is None:
            return False
        doubted = known.failures is None or known.failures >= OFTEN_ENOUGH
        known.failures = 0
        return doubted

    def failing(self) -> list[str]:
        """The jobs that failed again and again, in the order of the alphabet."""
        return sorted(name for name, job in self._jobs.items() if (job.failures or 0) >= OFTEN_ENOUGH)

    def late(self) -> list[str]:
        """The jobs that did not move in their time, in the order of the alphabet."""
        ages = self.ages()
        return sorted(name for name, job in self._jobs.items() if ages[name] > job.allowed)

    def runs(self, job: str) -> bool:
        return job in self._jobs and self._jobs[job].running

    def ages(self) -> dict[str, float]:
        """For each job the seconds since it last moved."""
        now = self._monotonic()
        return {name: now - job.moved_at for name, job in self._jobs.items()}

    def moves(self, job: str) -> int:
        return self._jobs[job].moves if job in self._jobs else 0

    def _note(self, job: str, *, running: bool) -> None:
        if (known := self._jobs.get(job)) is not None:
            known.running, known.moved_at = running, self._monotonic()
