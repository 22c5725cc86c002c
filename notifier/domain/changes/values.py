"""Which kind of change a new value of a single field is, and what it weighs."""

import re
from collections import Counter
from typing import Any

import msgspec

from notifier.domain.changes.dates import date_weight, rolling, slip_months
from notifier.domain.changes.form import says_the_same
from notifier.domain.changes.kinds import HAS_RESULTS, OVERALL_STATUS, Change, Kind, Weight, kind_at
from notifier.domain.changes.lists import is_same_firm
from notifier.domain.changes.pairing import COMMON_WORDS, fold, is_respelled, same_words
from notifier.domain.changes.statuses import ENROLLING, ON_HOLD, TAKES_NOBODY, study_move


class Standing(msgspec.Struct, frozen=True):
    """What of a whole record decides how its single changes are told: status, and the day it was posted."""

    status: str | None = None
    posted: str | None = None

    @property
    def enrolling(self) -> bool:
        """Whether people may join, or soon may, or may again."""
        return self.status in ENROLLING | ON_HOLD

    @property
    def takes_nobody(self) -> bool:
        """Whether nobody can join any more."""
        return self.status in TAKES_NOBODY

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Standing":
        """Read from a record; what is not there or not text is None."""
        status = _at(_at(document, "protocolSection"), "statusModule")
        return cls(
            _text(_at(status, "overallStatus")), _text(_at(_at(status, "lastUpdatePostDateStruct"), "date"))
        )


def _at(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def value_change(path: str, before: Any, after: Any, was: Standing, now: Standing) -> Change:
    """The change of what stands at a path that is told as one value."""
    if path == OVERALL_STATUS:
        move = study_move(_text(before), _text(after))
        return Change(move.kind, move.weight, OVERALL_STATUS, before, after)
    if path == HAS_RESULTS:
        kind = Kind.OTHER
        if after is True or before is True:
            kind = Kind.RESULTS_POSTED if after is True else Kind.RESULTS_WITHDRAWN
        return Change(kind, kind.weight, HAS_RESULTS, before, after)
    kind = kind_at(path)
    if kind is Kind.START_DATE:
        return _start_change(path, before, after, was, now)
    same = says_the_same(before, after) or is_same_firm(before, after)
    return Change(
        kind, Weight.HOUSEKEEPING if same else _weight(kind, path, before, after), path, before, after
    )


def _start_change(path: str, before: Any, after: Any, was: Standing, now: Standing) -> Change:
    change = Change(Kind.START_DATE, date_weight(Kind.START_DATE, before, after), path, before, after)
    if rolling(change, posted=now.posted, previously_posted=was.posted):
        # Such a date is told once a month at most: when it enters another one.
        same_month = slip_months(_text(before["date"]), _text(after["date"])) == 0
        weight = Weight.MINOR if same_month else Kind.START_DATE_ROLLED.weight
        return msgspec.structs.replace(change, kind=Kind.START_DATE_ROLLED, weight=weight)
    since = slip_months(_text(_at(after, "date")), now.posted)
    settled = now.status in _HAVE_STARTED or (
        now.status == "WITHDRAWN" and was.status != "NOT_YET_RECRUITING"
    )
    if change.weight > Weight.MINOR and settled and since is not None:
        closed = now.takes_nobody and since >= 0
        # Among days that have passed, of a study that stands as it stood, it moves nothing that is still to come.
        days = [_text(_at(side, "date")) or "" for side in (before, after)]
        over = bool(now.posted) and all(day and day < str(now.posted)[: len(day)] for day in days)
        came_true = _at(after, "type") == "ACTUAL" != _at(before, "type")
        closed |= over and not came_true and was.status == now.status
        light = closed or since >= _LONG_AGO
        return msgspec.structs.replace(change, weight=Weight.MINOR if light else change.weight)
    return change


#: By their status, studies that have started; so many months later their start is no news any more.
_HAVE_STARTED = TAKES_NOBODY - {"WITHDRAWN"} | {"RECRUITING", "ENROLLING_BY_INVITATION"}
_LONG_AGO = 6
_TEENAGE = re.compile(r"(?i)\bteenage[rd]?(?=s?\b)")
_TELLING_SIGNS = re.compile(r"[<>=≤≥±%+]")
#: From this share of edited words on, and from as many, a long text says something else.
_EDITED, _MOST_EDITED = 0.05, 10
#: What a title has besides what it is about: an article, and the phase, whose change is told by itself.
_TITLE_DRESS = re.compile(
    r"\b(?:an?|the|(?:early )?phase (?:[0-4]|i{1,3}|iv)(?:[ab]|/(?:[0-4]|i{1,3}|iv))*)\b"
)
_NO_PHASE: tuple[Any, ...] = (None, [], ["NA"], ["UNKNOWN"])


def _weight(kind: Kind, path: str, before: Any, after: Any) -> Weight:
    """What a new value weighs, which some circumstance makes lighter; the circumstance stands in the table of kinds."""
    match kind:
        case Kind.TITLE:
            ours, theirs = (_TITLE_DRESS.sub("", str(each or "").casefold()) for each in (before, after))
            if not is_respelled(ours, theirs) and same_words(ours, theirs):
                return Weight.MINOR if same_words(before, after) else Weight.HOUSEKEEPING
            # A short name beside the title, which alone names what is studied, is a minor one.
            light = is_respelled(ours, theirs) or path.endswith(".acronym")
            return Weight.MINOR if light else kind.weight
        case Kind.SUMMARY:
            # Whether people are called patients or subjects makes no other study.
            before, after = (_TEENAGE.sub("adolescent", str(side or "")) for side in (before, after))
            sides = _moved(before, after)
            moved = {word if word in COMMON_WORDS else f"{word}s" for side in sides for word in side}
            signs = [_TELLING_SIGNS.findall(side) for side in (before, after)]
            light = (moved <= COMMON_WORDS and signs[0] == signs[1]) or same_words(before, after)
            return Weight.MINOR if light or is_respelled(before, after) else Weight.NOTABLE
        case Kind.DESCRIPTION:
            # A number that gave way to another one says as much as many words do.
            gone, came = _moved(before, after)
            most = max(_MOST_EDITED, _EDITED * len(f"{before} {after}".split()))
            numbers = all(any(map(str.isdigit, side)) for side in (gone, came))
            return Weight.NOTABLE if numbers or (gone + came).total() >= most else Weight.MINOR
        case Kind.EXPANDED_ACCESS:
            if not (_at(before, "hasExpandedAccess") or _at(after, "hasExpandedAccess")):
                return Weight.NOTABLE if path.endswith("Types") else Weight.HOUSEKEEPING
            moved_keys = [
                key for key in ("hasExpandedAccess", "statusForNctId") if _at(before, key) != _at(after, key)
            ]
            return kind.weight if moved_keys else Weight.MINOR
        case Kind.PHASE:
            return Weight.HOUSEKEEPING if before in _NO_PHASE and after in _NO_PHASE else kind.weight
        case Kind.RESULTS_DELAYED:
            asked = path.endswith((".dispFirstSubmitDate", ".resultsWaived"))
            return kind.weight if asked and before is None and after is not None else Weight.MINOR
        case Kind.PRIMARY_COMPLETION_DATE | Kind.COMPLETION_DATE:
            return date_weight(kind, before, after)
        case Kind.DOCUMENTS:
            return Weight.MINOR
    return kind.weight


def _moved(before: Any, after: Any) -> tuple[Counter[str], Counter[str]]:
    """The words that went and that came."""
    old, new = (Counter(fold(side).split()) for side in (before, after))
    return old - new, new - old
