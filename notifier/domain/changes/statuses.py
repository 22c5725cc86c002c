"""What a move from one status to another is: of a study and of a site, for every pair (before, after), as a table.

The same new status means another thing after another old one: a site that never opened does not close.
"""

from itertools import product
from typing import NamedTuple

from notifier.domain.changes.kinds import Kind, Weight

IMPORTANT, NOTABLE, MINOR, _ = Weight


class Move(NamedTuple):
    """said: the name under which `wording` keeps the sentence."""

    said: str
    kind: Kind
    weight: Weight


#: A status, after which of these (none named: after any other), and what it means then; the first row that fits counts.
_Row = tuple[str, str, str, Kind, Weight]

_OPEN = "RECRUITING AVAILABLE"
_JOINABLE = "RECRUITING AVAILABLE ENROLLING_BY_INVITATION"
_SOON = "NOT_YET_RECRUITING"
_OVER = "COMPLETED TERMINATED WITHDRAWN NO_LONGER_AVAILABLE APPROVED_FOR_MARKETING"
_WAS_PAUSED = "SUSPENDED TEMPORARILY_NOT_AVAILABLE"
_GOING_ON = "ACTIVE_NOT_RECRUITING"

#: Statuses of a study that may go on taking people.
ON_HOLD = frozenset(_WAS_PAUSED.split())
#: Of a study that one may join, or soon may.
ENROLLING = frozenset({*_JOINABLE.split(), _SOON})
#: Of a study, and of a site, that takes nobody any more.
TAKES_NOBODY = frozenset({_GOING_ON, *_OVER.split()})

STUDY_STATUSES = tuple(f"{_JOINABLE} {_SOON} {_GOING_ON} {_WAS_PAUSED} {_OVER} UNKNOWN WITHHELD".split())
SITE_STATUSES = (*_JOINABLE.split(), _SOON, _GOING_ON, "SUSPENDED", "COMPLETED", "TERMINATED", "WITHDRAWN")

_OPENED, _PAUSED, _STOPPED = Kind.STATUS_OPENED, Kind.STATUS_PAUSED, Kind.STATUS_STOPPED
_CLOSED, _CHANGED, _LOST = Kind.STATUS_CLOSED, Kind.STATUS_CHANGED, Kind.BECAME_UNKNOWN

# One line for each meaning reads better than one line for each word.
# fmt: off
_OF_STUDIES = (
    ("RECRUITING", f"{_WAS_PAUSED} {_GOING_ON} {_OVER}", "opened_again", _OPENED, IMPORTANT),
    ("RECRUITING", "", "opened", _OPENED, IMPORTANT),
    ("NOT_YET_RECRUITING", _JOINABLE, "set_back", _CHANGED, IMPORTANT),
    ("NOT_YET_RECRUITING", "", "not_yet", _CHANGED, IMPORTANT),
    ("ENROLLING_BY_INVITATION", _OPEN, "now_invites", _CLOSED, IMPORTANT),
    ("ENROLLING_BY_INVITATION", "", "invites", _CHANGED, IMPORTANT),
    ("ACTIVE_NOT_RECRUITING", f"{_JOINABLE} {_WAS_PAUSED}", "closed", _CLOSED, IMPORTANT),
    ("ACTIVE_NOT_RECRUITING", _SOON, "going_on_unopened", _CHANGED, IMPORTANT),
    ("ACTIVE_NOT_RECRUITING", _OVER, "going_on_again", _CHANGED, IMPORTANT),
    ("ACTIVE_NOT_RECRUITING", "", "going_on", _CHANGED, IMPORTANT),
    ("SUSPENDED", _JOINABLE, "paused", _PAUSED, IMPORTANT),
    ("SUSPENDED", _SOON, "paused_unopened", _PAUSED, IMPORTANT),
    ("SUSPENDED", "", "paused_closed", _PAUSED, IMPORTANT),
    ("TERMINATED", _SOON, "stopped_unopened", _STOPPED, IMPORTANT),
    ("TERMINATED", "COMPLETED", "stopped_after_all", _STOPPED, IMPORTANT),
    ("TERMINATED", "", "stopped", _STOPPED, IMPORTANT),
    ("WITHDRAWN", f"{_GOING_ON} {_OVER}", "cancelled_after_all", _STOPPED, IMPORTANT),
    ("WITHDRAWN", "", "cancelled", _STOPPED, IMPORTANT),
    ("COMPLETED", _JOINABLE, "ended_open", _CLOSED, IMPORTANT),
    ("COMPLETED", _SOON, "ended_unopened", _CLOSED, IMPORTANT),
    ("COMPLETED", "TERMINATED WITHDRAWN", "ended_after_all", _CLOSED, IMPORTANT),
    ("COMPLETED", "", "ended", _CLOSED, IMPORTANT),
    ("UNKNOWN", _SOON, "unknown_unopened", _LOST, IMPORTANT),
    ("UNKNOWN", _JOINABLE, "unknown", _LOST, IMPORTANT),
    ("UNKNOWN", "", "unknown", _LOST, NOTABLE),
    ("AVAILABLE", f"{_WAS_PAUSED} {_OVER}", "available_again", _OPENED, IMPORTANT),
    ("AVAILABLE", "", "available", _OPENED, IMPORTANT),
    ("TEMPORARILY_NOT_AVAILABLE", "", "not_available_now", _PAUSED, IMPORTANT),
    ("NO_LONGER_AVAILABLE", f"{_JOINABLE} {_WAS_PAUSED}", "not_available_any_more", _CLOSED, IMPORTANT),
    ("NO_LONGER_AVAILABLE", "", "not_available", _CHANGED, IMPORTANT),
    ("APPROVED_FOR_MARKETING", f"{_JOINABLE} {_WAS_PAUSED}", "approved", _CLOSED, IMPORTANT),
    ("APPROVED_FOR_MARKETING", "", "approved", _CHANGED, IMPORTANT),
    ("WITHHELD", "", "withheld", _CHANGED, IMPORTANT),
    ("", "", "changed", _CHANGED, IMPORTANT),
)
_TOOK = f"{_JOINABLE} SUSPENDED"
_OF_SITES = (
    *((after, f"SUSPENDED {_GOING_ON} {_OVER}", "site_opened_again", Kind.SITE_OPENED, NOTABLE) for after in _OPEN.split()),
    *((after, "", "site_opened", Kind.SITE_OPENED, NOTABLE) for after in _OPEN.split()),
    ("ENROLLING_BY_INVITATION", _OPEN, "site_now_invites", Kind.SITE_CLOSED, NOTABLE),
    ("ENROLLING_BY_INVITATION", "", "site_invites", Kind.SITE_STATUS, NOTABLE),
    ("NOT_YET_RECRUITING", _JOINABLE, "site_set_back", Kind.SITE_STATUS, NOTABLE),
    ("NOT_YET_RECRUITING", "", "site_not_yet", Kind.SITE_STATUS, NOTABLE),
    ("SUSPENDED", _JOINABLE, "site_paused", Kind.SITE_PAUSED, NOTABLE),
    ("SUSPENDED", _SOON, "site_paused_unopened", Kind.SITE_PAUSED, NOTABLE),
    ("SUSPENDED", "", "site_paused_closed", Kind.SITE_PAUSED, NOTABLE),
    ("ACTIVE_NOT_RECRUITING", _TOOK, "site_closed", Kind.SITE_CLOSED, NOTABLE),
    ("ACTIVE_NOT_RECRUITING", _SOON, "site_shut_unopened", Kind.SITE_STATUS, NOTABLE),
    ("ACTIVE_NOT_RECRUITING", "", "site_going_on", Kind.SITE_STATUS, MINOR),
    ("COMPLETED", _TOOK, "site_closed_and_ended", Kind.SITE_CLOSED, NOTABLE),
    ("COMPLETED", _SOON, "site_shut_unopened", Kind.SITE_STATUS, NOTABLE),
    ("COMPLETED", "", "site_ended", Kind.SITE_STATUS, MINOR),
    ("TERMINATED", _TOOK, "site_closed_and_stopped", Kind.SITE_CLOSED, NOTABLE),
    ("TERMINATED", _SOON, "site_never_opens", Kind.SITE_STATUS, NOTABLE),
    ("TERMINATED", _GOING_ON, "site_stopped", Kind.SITE_STATUS, NOTABLE),
    ("TERMINATED", "", "site_stopped", Kind.SITE_STATUS, MINOR),
    ("WITHDRAWN", _TOOK, "site_withdrew", Kind.SITE_CLOSED, NOTABLE),
    ("WITHDRAWN", _SOON, "site_never_opens", Kind.SITE_STATUS, NOTABLE),
    ("WITHDRAWN", _GOING_ON, "site_out", Kind.SITE_STATUS, NOTABLE),
    ("WITHDRAWN", "", "site_out", Kind.SITE_STATUS, MINOR),
    ("", "", "site_status", Kind.SITE_STATUS, NOTABLE),
)
# fmt: on


def _read(rows: tuple[_Row, ...], before: str, after: str) -> Move:
    return next(
        Move(said, kind, weight)
        for status, earlier, said, kind, weight in rows
        if status in {after, ""} and (not earlier or before in earlier.split())
    )


def _of_study(before: str, after: str) -> Move:
    move = _read(_OF_STUDIES, before, after)
    known_again = before == "UNKNOWN" != after and move.kind is not Kind.STATUS_STOPPED
    return move._replace(kind=Kind.NO_LONGER_UNKNOWN) if known_again else move


#: Every move of a study's, and of a site's, status.
STUDY_MOVES = {(b, a): _of_study(b, a) for b, a in product(STUDY_STATUSES, repeat=2) if b != a}
SITE_MOVES = {(b, a): _read(_OF_SITES, b, a) for b, a in product(SITE_STATUSES, repeat=2) if b != a}


#: What the first listed status of a site says, without a word on what was before.
_FIRST_LISTED = {
    "ENROLLING_BY_INVITATION": "site_invites",
    "NOT_YET_RECRUITING": "site_not_yet",
    "SUSPENDED": "site_paused_closed",
    "ACTIVE_NOT_RECRUITING": "site_going_on",
}


def study_move(before: object, after: object) -> Move:
    """What the move of a study's status is, also from or to a code that we have never seen."""
    pair = str(before or ""), str(after or "")
    return STUDY_MOVES.get(pair) or _of_study(*pair)


def site_move(before: object, after: object) -> Move:
    """As `study_move`, for a site. Where one side lists no status, nothing is claimed of what was; it is minor then."""
    pair = str(before or ""), str(after or "")
    if pair == ("", "WITHDRAWN"):  # bad news for those near it, whatever was before
        return Move("site_withdrawn", Kind.SITE_STATUS, NOTABLE)
    if not pair[1] or (not pair[0] and pair[1] not in _OPEN.split()):
        return Move(_FIRST_LISTED.get(pair[1], "site_status"), Kind.SITE_STATUS, MINOR)
    return SITE_MOVES.get(pair) or _read(_OF_SITES, *pair)
