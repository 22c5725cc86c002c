"""The day again with ten times the subscribers, and with ten times the followed studies: what one request and one mail cost.

A request counts with what is compared because of it; a mail with being made and sent. Both are to stay what they were.
The sizes are smaller than the day's, so that all three are lived in a few minutes.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from benchmarks.apart import apart, here
from benchmarks.day import Day, lived
from benchmarks.measure import Ground, Reach, Row, Scale, times
from benchmarks.registry import Size

TIMES = {Scale.FULL: 10, Scale.QUICK: 10, Scale.SMALLEST: 1}
MOST = 1.2  # of what it was
SIZES = {
    Scale.FULL: Size(1_000, 100, 200, 100, 20, 10_000),
    Scale.QUICK: Size(300, 30, 60, 30, 6, 1_000),
    Scale.SMALLEST: Size(2, 1, 2, 1, 1, 2),
}


def rows(ground: Ground) -> Iterator[Row]:
    """What grew, and the cost of a request and of a mail then."""
    size = SIZES[ground.scale]
    run = here if ground.scale is Scale.SMALLEST else apart
    by = TIMES[ground.scale]
    many_studies = {
        name: getattr(size, name) * by for name in ("followed", "updates", "changed", "new", "conditions")
    }
    live = cache(lambda of: lived(ground.folder, of, run))  # the smallest days are all the same
    usual = live(size)
    for what, larger in (
        (f"{size.people * by:,} subscribers", replace(size, people=size.people * by)),
        (f"{size.followed * by:,} followed studies", replace(size, **many_studies)),
    ):
        yield from _lines(f"{by} times: {what}", usual, live(larger))


def _lines(what: str, usual: Day, grown: Day) -> Iterator[Row]:
    for one, before, then in (
        ("a request", _of_request(usual), _of_request(grown)),
        ("a mail", _of_mail(usual), _of_mail(grown)),
    ):
        ratio = then / before
        yield Row(
            f"{what}, {one} costs",
            f"{1000 * then:.2f} ms of CPU",
            f"before: {1000 * before:.2f} ms",
            times(ratio),
            Reach(f"≤ {MOST:g}×", ratio <= MOST),
        )


def _of_request(day: Day) -> float:
    return (day.stages["asking"] + day.stages["comparing"]) / day.requests


def _of_mail(day: Day) -> float:
    return (day.stages["making mails"] + day.stages["sending"]) / day.mails
