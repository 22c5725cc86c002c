"""What differs between two versions of a study, as changes with a meaning; on real pairs where they are at hand.

Beside it two libraries that say what differs between any two documents, without the meaning. All are given documents
that are decoded already. The ratio is that of the median pair; all pairs together are in the line too, of which a few
with hundreds of places make most.
"""

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from statistics import median
from typing import Any

from benchmarks import records
from benchmarks.measure import Ground, Row, Scale, at_least, cpu_of, left_out, times
from notifier.domain.changes import detect

PAIRS = {Scale.FULL: 1000, Scale.QUICK: 1000, Scale.SMALLEST: 1}
#: How often each pair is compared, by ours and by a peer; one call of ours is too short to be timed alone.
CALLS = {Scale.FULL: (25, 5), Scale.QUICK: (15, 1), Scale.SMALLEST: (1, 1)}
REACH = {"jsonpatch": 20, "deepdiff": 200}


def rows(ground: Ground) -> Iterator[Row]:
    """A line a peer."""
    pairs = [(json.loads(old), json.loads(new)) for old, new in records.pairs()[: PAIRS[ground.scale]]]
    for name, limit in REACH.items():
        what = f"what differs between two versions of a study ({len(pairs)} pairs), beside {name}"
        try:
            peer = _peer(name)
        except ImportError:
            yield left_out(what, f"{name} is not installed", f"≥ {limit}×")
            continue
        took = [_took(pair, peer, *CALLS[ground.scale]) for pair in pairs]
        ratio = median(theirs / ours for ours, theirs in took)
        ours, theirs = (sum(side) for side in zip(*took, strict=True))
        yield Row(
            what,
            f"all {1e3 * ours:.0f} ms",
            f"{name}: all {1e3 * theirs:.0f} ms",
            f"{times(ratio)} faster (all: {times(theirs / ours)})",
            at_least(ratio, limit),
        )


def _peer(name: str) -> Callable[[Any, Any], Any]:
    peer = import_module(name)
    compare: Callable[[Any, Any], Any] = peer.make_patch if name == "jsonpatch" else peer.DeepDiff
    return compare


def _took(
    pair: tuple[Any, Any], peer: Callable[[Any, Any], Any], calls: int, of_peer: int
) -> tuple[float, float]:
    """CPU seconds of one comparison, by ours and by the peer, the medians of several in turn."""
    ours, theirs = [], []
    for _ in range(of_peer):
        ours.append(cpu_of(lambda: [detect(*pair) for _ in range(calls)]) / calls)
        theirs.append(cpu_of(lambda: peer(*pair)))
    return median(ours), median(theirs)
