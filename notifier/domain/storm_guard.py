"""When a pass is a storm, and must wait for an admin: a registry that rewrote everything, or a fault of ours. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median_high

MANY_STUDIES = 50  # below this, a share of the followed studies says nothing
MANY_MESSAGES = 200  # below this, a multiple of the usual says nothing
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """`studies`: the share of the followed studies, 0..1; `messages`: the multiple of the usual number of mails;
    `event`: the most people whom one change may concern.
    """

    studies: float = 0.2
    messages: float = 5.0
    event: int = 20_000


@dataclass(frozen=True, slots=True)
class Storm:
    """What a pass found and whom it would mail."""

    followed: int  # studies
    changed: Sequence[str]  # NCT ids of studies with news
    people: int  # who would be mailed
    usual_people: Sequence[int]  # how many the last passes that had news would have mailed
    paths: Counter[str] = field(default_factory=Counter)  # in how many studies each path changed


def verdict(storm: Storm, limits: Limits) -> str | None:
    """Why the pass is held, in one sentence with the path that changed most and three samples; None: it may go."""
    many_studies = len(storm.changed) > MANY_STUDIES and len(storm.changed) > limits.studies * storm.followed
    if many_studies:
        share = 100 * len(storm.changed) / max(storm.followed, 1)
        return f"{len(storm.changed)} of {storm.followed} followed studies changed ({share:.0f} %){_where(storm)}"
    # The middle one: a single storm that was released must not make the next one usual.
    usual = median_high(storm.usual_people) if storm.usual_people else None
    if usual is not None and storm.people > MANY_MESSAGES and storm.people > limits.messages * usual:
        return f"{storm.people} people would be mailed, usually about {usual:.0f}{_where(storm)}"
    return None


def of_events(large: Sequence[tuple[str, str, int]]) -> str | None:
    """Why single changes are held, by NCT id, kind and people, the largest first; None: there are none."""
    if not large:
        return None
    nct_id, kind, people = large[0]
    more = f", and {len(large) - 1} more changes like it" if len(large) > 1 else ""
    return f"one change concerns {people} people: {kind} of {nct_id}{more}; the rest of the pass goes"


def _where(storm: Storm) -> str:
    if not storm.paths:
        return ""
    path, count = storm.paths.most_common(1)[0]
    path = path or "no part of the record"
    samples = ", ".join(list(storm.changed)[:SAMPLES])
    return f"; most often {path} (in {count}), for example {samples}"
