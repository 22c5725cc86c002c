"""When an answer is too empty to be believed: the registry would have lost what it had. Pure.

An answer that is not believed is a fault of the registry, never news: the pass is partial, nothing is marked as missing
or as looked at, and the next pass asks again.
"""

from collections.abc import Collection
from datetime import date, timedelta

MANY = 20  # below this a list may well become empty by itself
LEFT_OF_A_LIST = 10  # a list that shrinks to less than one in so many was not given whole
MOST_LEAVING = 10  # studies of which somebody was told, from one list in one look
BELIEVED_AFTER = timedelta(days=7)  # of data in which a condition's list stayed that short


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
