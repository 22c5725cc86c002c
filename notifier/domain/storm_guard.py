"""When what a pass found is not to be believed. Pure.

A storm, in which the registry rewrote everything, or a fault of ours, waits for an admin. An answer that is too empty is a fault
of the registry, which would have lost what it had, and never news: the pass is partial, nothing is marked as missing or as
looked at, and the next pass asks again.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median_high

MANY_STUDIES = 50  # below this, a share of the followed studies says nothing
MANY_MESSAGES = 200  # below this, a multiple of the usual says nothing
SAMPLES = 3
MANY = 20  # below this a list may well become empty by itself
LEFT_OF_A_LIST = 10  # a list that shrinks to less than one in so many was not given whole
MOST_LEAVING = 10  # studies of which somebody was told, from one list in one look
BELIEVED_AFTER = timedelta(days=7)  # of data in which a condition's list stayed that short


@dataclass(frozen=True, slots=True)
class Storm:
    """What a pass found and whom it would mail."""

    followed: int  # studies
    changed: Sequence[str]  # NCT ids of studies with news
    people: int  # who would be mailed
    usual_people: Sequence[int]  # how many the last passes that had news would have mailed
    paths: Counter[str] = field(default_factory=Counter)  # in how many studies each path changed


def verdict(storm: Storm, *, studies: float, messages: float) -> str | None:
    """Why the pass is held, in one sentence with the path that changed most and three samples; None: it may go.

    studies: the share of the followed ones, 0..1; messages: the multiple of the usual number of mails.
    """
    if len(storm.changed) > MANY_STUDIES and len(storm.changed) > studies * storm.followed:
        share = 100 * len(storm.changed) / max(storm.followed, 1)
        return f"{len(storm.changed)} of {storm.followed} followed studies changed ({share:.0f} %){_where(storm)}"
    # The middle one: a single storm that was released must not make the next one usual.
    usual = median_high(storm.usual_people) if storm.usual_people else None
    if usual is not None and storm.people > MANY_MESSAGES and storm.people > messages * usual:
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


# --- answers that are too empty ----------------------------------------------------------------------------------


def records_lost(expected: Collection[str], missing: Collection[str]) -> bool:
    """Several studies of which we hold a record are gone at once: all that were asked for, or many and most."""
    lost = len(set(missing) & set(expected))
    return lost > 1 and (lost == len(expected) or (lost > MANY and 2 * lost > len(expected)))


def sweep_lost(before: int, now: int) -> bool:
    """Nothing at all was updated in days that overlap with those in which many studies were."""
    return now == 0 and before >= MANY


def listing_lost(seen: int, now: int) -> bool:
    """Hardly any study stands under a condition under which many were seen."""
    return seen >= MANY and LEFT_OF_A_LIST * now < seen


def search_moved(left: int) -> bool:
    """So many studies left one list at once that it is the search that changed, not they."""
    return left > MOST_LEAVING


def is_believed_by_now(looked_in: str, data_timestamp: str) -> bool:
    """A list may change for good: what was answered for a week of data is so."""
    return date.fromisoformat(data_timestamp[:10]) - date.fromisoformat(looked_in[:10]) >= BELIEVED_AFTER
