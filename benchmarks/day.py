"""A day of the registry from the first question to the last mail: what it asks, what it costs, where that goes.

The registry is a process of its own (`registry.py`), so its CPU is not in the figures; it answers at once, so the pace that a
real one is asked at is not either. Half of the day's updates are of studies that somebody follows. The mails go to the
sink, from the outbox of the same database; the baseline of the day before is not counted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import insert

from benchmarks import sending
from benchmarks.apart import Taken, apart, here
from benchmarks.looking import look
from benchmarks.measure import Ground, Row, Scale, percent, portions
from benchmarks.registry import Size, followed_id, running
from benchmarks.sink import sink
from benchmarks.store import AT_ONCE, a_person, a_subscription, opened
from notifier.storage.engine import Database
from notifier.storage.models import conditions, subscribers, subscriptions

SIZES = {
    Scale.FULL: Size(10_000, 1_000, 2_000, 1_000, 200, 100_000),
    Scale.QUICK: Size(1_000, 100, 200, 100, 20, 5_000),
    Scale.SMALLEST: Size(5, 2, 4, 2, 1, 10),
}
THE_DAY_BEFORE, THE_DAY = "2027-01-12T12:00:00+00:00", "2027-01-13T12:00:00+00:00"
STAGES = ("asking", "comparing", "writing", "making mails", "sending", "else")


@dataclass(frozen=True, slots=True)
class Day:
    """What a day came to: CPU seconds by stage, and MB at the most."""

    requests: int
    changes: int
    notices: int
    mails: int
    peak: float
    stages: dict[str, float]

    @property
    def cpu(self) -> float:
        return sum(self.stages.values())


def rows(ground: Ground) -> Iterator[Row]:
    """The day, and a line a stage."""
    size = SIZES[ground.scale]
    run = here if ground.scale is Scale.SMALLEST else apart
    day = lived(ground.folder, size, run)
    yield Row(
        f"a day: {size.updates:,} updates, {size.new:,} new, {size.followed:,} followed studies, "
        f"{size.conditions:,} conditions, {size.people:,} subscribers",
        f"{day.requests:,} requests, {day.changes:,} changes, {day.mails:,} mails; "
        f"{day.cpu:.1f} s of CPU, {day.peak:.0f} MB",
    )
    for stage in STAGES:
        yield Row(
            f"of that day: {stage}",
            f"{day.stages[stage]:.1f} s of CPU",
            "the whole day",
            percent(day.stages[stage] / day.cpu),
        )


@cache
def lived(within: Path, size: Size, run: Callable[..., Taken]) -> Day:
    """Live through the day before, and then the day that counts; a day of the same size is lived once."""
    folder = Path(mkdtemp(dir=within))
    url = f"sqlite:///{folder / 'notifier.db'}"
    with running(size) as registry:
        database = opened(url)
        _fill(database, size)
        database.close()
        _whole(run(look, url, registry.address, THE_DAY_BEFORE))
        registry.next_day()
        looked = run(look, url, registry.address, THE_DAY)
    found = _whole(looked)
    with sink() as (port, _):
        sent = run(sending.ours, str(folder), url, port, 10, None, THE_DAY)
    return Day(
        requests=found["requests"],
        changes=found["changes"],
        notices=found["notices"],
        mails=sent.gave["mails"],
        peak=max(looked.peak, sent.peak),
        stages=dict.fromkeys(STAGES, 0.0) | found["stages"] | sent.gave["cpu"],
    )


def _whole(taken: Taken) -> dict[str, Any]:
    found: dict[str, Any] = taken.gave
    if found["outcome"] != "done":
        raise RuntimeError(f"the pass was {found['outcome']}")
    return found


def _fill(database: Database, size: Size) -> None:
    """Everybody follows a study, and every second one a condition besides."""
    with database.transaction() as session:
        texts = [f"Condition {number}" for number in range(size.conditions)]
        rows = [{"id": number + 1, "query": text, "text": text} for number, text in enumerate(texts)]
        session.execute(insert(conditions), rows)
        for some in portions(size.people, AT_ONCE):
            session.execute(insert(subscribers), [a_person(number) for number in some])
            session.execute(insert(subscriptions), [_of_study(number, size) for number in some])
            session.execute(
                insert(subscriptions), [_of_condition(number, size) for number in some if number % 2]
            )


def _of_study(number: int, size: Size) -> dict[str, Any]:
    return a_subscription(number, followed_id(number % size.followed))


def _of_condition(number: int, size: Size) -> dict[str, Any]:
    return a_subscription(number, None) | {"condition_id": number // 2 % size.conditions + 1}
