"""What a move from one status to another is: of a study and of a site, for every pair (before, after): `moves.tsv`.

The same new status means another thing after another old one: a site that never opened does not close.
"""

from itertools import product
from pathlib import Path
from typing import NamedTuple

from notifier.domain.changes.kinds import Kind, Weight
from notifier.domain.sheets import packaged


class Move(NamedTuple):
    """said: the name under which `wording` keeps the sentence."""

    said: str
    kind: Kind
    weight: Weight


_OPEN = ("RECRUITING", "AVAILABLE")
_JOINABLE = (*_OPEN, "ENROLLING_BY_INVITATION")
_SOON, _GOING_ON = "NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING"
_OVER = ("COMPLETED", "TERMINATED", "WITHDRAWN", "NO_LONGER_AVAILABLE", "APPROVED_FOR_MARKETING")

#: Statuses of a study that may go on taking people.
ON_HOLD = frozenset({"SUSPENDED", "TEMPORARILY_NOT_AVAILABLE"})
#: Of a study that one may join, or soon may.
ENROLLING = frozenset({*_JOINABLE, _SOON})
#: Of a study, and of a site, that takes nobody any more.
TAKES_NOBODY = frozenset({_GOING_ON, *_OVER})

STUDY_STATUSES = (*_JOINABLE, _SOON, _GOING_ON, *sorted(ON_HOLD), *_OVER, "UNKNOWN", "WITHHELD")
SITE_STATUSES = (*_JOINABLE, _SOON, _GOING_ON, "SUSPENDED", "COMPLETED", "TERMINATED", "WITHDRAWN")

#: Of a study and of a site: a status, after which of these (none named: after any other), and what it means then; the first
#: row that fits counts.
_ROWS: dict[str, list[tuple[str, frozenset[str], Move]]] = {"study": [], "site": []}
for _whose, _after, _before, _said, _kind, _weight in packaged(Path(__file__).with_name("moves.tsv")):
    _ROWS[_whose].append((_after, frozenset(_before.split()), Move(_said, Kind(_kind), Weight(_weight))))


def _read(whose: str, before: str, after: str) -> Move:
    return next(
        move
        for status, earlier, move in _ROWS[whose]
        if status in {after, ""} and (not earlier or before in earlier)
    )


def _of_study(before: str, after: str) -> Move:
    move = _read("study", before, after)
    known_again = before == "UNKNOWN" != after and move.kind is not Kind.STATUS_STOPPED
    return move._replace(kind=Kind.NO_LONGER_UNKNOWN) if known_again else move


#: Every move of a study's, and of a site's, status.
STUDY_MOVES = {(b, a): _of_study(b, a) for b, a in product(STUDY_STATUSES, repeat=2) if b != a}
SITE_MOVES = {(b, a): _read("site", b, a) for b, a in product(SITE_STATUSES, repeat=2) if b != a}


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
        return Move("site_withdrawn", Kind.SITE_STATUS, Weight.NOTABLE)
    if not pair[1] or (not pair[0] and pair[1] not in _OPEN):
        return Move(_FIRST_LISTED.get(pair[1], "site_status"), Kind.SITE_STATUS, Weight.MINOR)
    return SITE_MOVES.get(pair) or _read("site", *pair)
