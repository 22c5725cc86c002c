"""Which kind of change a new value of a single field is, and what it weighs. Dates as the registry publishes them (`2026`,
`2026-03`, `2026-03-15`): how far one moved, and whether it did.
"""

import re
from collections import Counter
from datetime import date
from typing import Any

import msgspec

from notifier.domain.changes import kinds
from notifier.domain.changes.form import says_the_same
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


def value_change(path: str, before: Any, after: Any, was: Standing, now: Standing) -> kinds.Change:
    """The change of what stands at a path that is told as one value."""
    if path == kinds.OVERALL_STATUS:
        move = study_move(_text(before), _text(after))
        return kinds.Change(move.kind, move.weight, kinds.OVERALL_STATUS, before, after)
    if path == kinds.HAS_RESULTS:
        kind = kinds.Kind.OTHER
        if after is True or before is True:
            kind = kinds.Kind.RESULTS_POSTED if after is True else kinds.Kind.RESULTS_WITHDRAWN
        return kinds.Change(kind, kind.weight, kinds.HAS_RESULTS, before, after)
    kind = kinds.kind_at(path)
    if kind is kinds.Kind.START_DATE:
        return _start_change(path, before, after, was, now)
    same = says_the_same(before, after) or is_same_firm(before, after)
    return kinds.Change(
        kind, kinds.Weight.HOUSEKEEPING if same else _weight(kind, path, before, after), path, before, after
    )


def _start_change(path: str, before: Any, after: Any, was: Standing, now: Standing) -> kinds.Change:
    change = kinds.Change(
        kinds.Kind.START_DATE, date_weight(kinds.Kind.START_DATE, before, after), path, before, after
    )
    if rolling(change, posted=now.posted, previously_posted=was.posted):
        # Such a date is told once a month at most: when it enters another one.
        same_month = slip_months(_text(before["date"]), _text(after["date"])) == 0
        weight = kinds.Weight.MINOR if same_month else kinds.Kind.START_DATE_ROLLED.weight
        return msgspec.structs.replace(change, kind=kinds.Kind.START_DATE_ROLLED, weight=weight)
    since = slip_months(_text(_at(after, "date")), now.posted)
    settled = now.status in _HAVE_STARTED or (
        now.status == "WITHDRAWN" and was.status != "NOT_YET_RECRUITING"
    )
    if change.weight > kinds.Weight.MINOR and settled and since is not None:
        closed = now.takes_nobody and since >= 0
        # Among days that have passed, of a study that stands as it stood, it moves nothing that is still to come.
        days = [_text(_at(side, "date")) or "" for side in (before, after)]
        over = bool(now.posted) and all(day and day < str(now.posted)[: len(day)] for day in days)
        came_true = _at(after, "type") == "ACTUAL" != _at(before, "type")
        closed |= over and not came_true and was.status == now.status
        if closed or since >= _LONG_AGO:
            return change.at_most(kinds.Weight.MINOR)
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


def _weight(kind: kinds.Kind, path: str, before: Any, after: Any) -> kinds.Weight:
    """What a new value weighs, which some circumstance makes lighter; the circumstance stands in the table of kinds."""
    match kind:
        case kinds.Kind.TITLE:
            ours, theirs = (_TITLE_DRESS.sub("", str(each or "").casefold()) for each in (before, after))
            if not is_respelled(ours, theirs) and same_words(ours, theirs):
                return kinds.Weight.MINOR if same_words(before, after) else kinds.Weight.HOUSEKEEPING
            # A short name beside the title, which alone names what is studied, is a minor one.
            light = is_respelled(ours, theirs) or path.endswith(".acronym")
            return kinds.Weight.MINOR if light else kind.weight
        case kinds.Kind.SUMMARY:
            # Whether people are called patients or subjects makes no other study.
            before, after = (_TEENAGE.sub("adolescent", str(side or "")) for side in (before, after))
            sides = _moved(before, after)
            moved = {word if word in COMMON_WORDS else f"{word}s" for side in sides for word in side}
            signs = [_TELLING_SIGNS.findall(side) for side in (before, after)]
            light = (moved <= COMMON_WORDS and signs[0] == signs[1]) or same_words(before, after)
            return kinds.Weight.MINOR if light or is_respelled(before, after) else kinds.Weight.NOTABLE
        case kinds.Kind.DESCRIPTION:
            # A number that gave way to another one says as much as many words do.
            gone, came = _moved(before, after)
            most = max(_MOST_EDITED, _EDITED * len(f"{before} {after}".split()))
            numbers = all(any(map(str.isdigit, side)) for side in (gone, came))
            return kinds.Weight.NOTABLE if numbers or (gone + came).total() >= most else kinds.Weight.MINOR
        case kinds.Kind.EXPANDED_ACCESS:
            if not (_at(before, "hasExpandedAccess") or _at(after, "hasExpandedAccess")):
                return kinds.Weight.NOTABLE if path.endswith("Types") else kinds.Weight.HOUSEKEEPING
            moved_keys = [
                key for key in ("hasExpandedAccess", "statusForNctId") if _at(before, key) != _at(after, key)
            ]
            return kind.weight if moved_keys else kinds.Weight.MINOR
        case kinds.Kind.PHASE:
            return kinds.Weight.HOUSEKEEPING if before in _NO_PHASE and after in _NO_PHASE else kind.weight
        case kinds.Kind.RESULTS_DELAYED:
            asked = path.endswith((".dispFirstSubmitDate", ".resultsWaived"))
            return kind.weight if asked and before is None and after is not None else kinds.Weight.MINOR
        case kinds.Kind.PRIMARY_COMPLETION_DATE | kinds.Kind.COMPLETION_DATE:
            return date_weight(kind, before, after)
        case kinds.Kind.DOCUMENTS:
            return kinds.Weight.MINOR
    return kind.weight


def _moved(before: Any, after: Any) -> tuple[Counter[str], Counter[str]]:
    old, new = (Counter(fold(side).split()) for side in (before, after))
    return old - new, new - old


# --- dates -------------------------------------------------------------------------------------------------------

#: A completion date that moves by less is a minor change, in months.
NOTABLE_SLIP = 3
#: A start date that moves by less is one, in days.
NOTABLE_START = 14
#: Moves of fewer days are said in days, and up to so many weeks in weeks.
MOST_WEEKS = 10
#: So many days are a month, even where they are not from one day of a month to the same of the next.
_A_MONTH = (30, 31)
_MONTH = 30.4375  # days
#: A start date that lies this close after the day of posting, twice in a row, moves along with it, in days.
ROLLING_WINDOW = 10


def slip_months(before: str | None, after: str | None) -> int | None:
    """By how many calendar months a date moved, negative when it came nearer; None where either cannot be told."""
    ours, theirs = _months(before), _months(after)
    return None if ours is None or theirs is None else theirs - ours


def slip_days(before: str | None, after: str | None) -> int | None:
    """By how many days a date moved; None where either has no day."""
    try:
        ours, theirs = (date.fromisoformat(str(each)) for each in (before, after))
    except ValueError:
        return None
    return (theirs - ours).days


def slip(before: str | None, after: str | None) -> tuple[str, float] | None:
    """By how much a date moved, as it is said: ("day", 5), ("week", -3), ("month", 2.5); None where it cannot be told.

    Where both days are known, in days, weeks, or months to the nearest half; from one day of a month to the same day of
    another, and where a day is not known, by calendar months.
    """
    days, months = slip_days(before, after), slip_months(before, after)
    if days is not None and abs(days) < NOTABLE_START:
        return "day", days
    if days is None or str(before)[8:] == str(after)[8:]:
        return None if months is None else ("month", months)
    if abs(days) in _A_MONTH:
        return "month", days // abs(days)
    if abs(weeks := round(days / 7)) <= MOST_WEEKS:
        return "week", weeks
    return "month", round(2 * days / _MONTH) / 2


def _months(published: str | None) -> int | None:
    """Months since year 0; a year alone counts as its January."""
    try:
        year, month = [*map(int, str(published or "").split("-")[:2]), 1][:2]
    except ValueError:
        return None
    return year * 12 + month


def differs_in_precision_only(before: Any, after: Any) -> bool:
    """Whether two date structures of one type name the same month (or year), one of them more exactly."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return False
    ours, theirs = str(before.get("date") or ""), str(after.get("date") or "")
    shorter, longer = sorted((ours, theirs), key=len)
    rest_is_same = before | {"date": ""} == after | {"date": ""}
    return bool(shorter) and longer.startswith(shorter + "-") and rest_is_same


def date_weight(kind: kinds.Kind, before: Any, after: Any) -> kinds.Weight:
    """What the move of a start or completion date weighs; both sides are date structures or absent."""
    if differs_in_precision_only(before, after):
        return kinds.Weight.HOUSEKEEPING
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return kind.weight
    was, now = str(before.get("type") or ""), str(after.get("type") or "")
    came_true = bool(was) and was != now and "ACTUAL" in (was, now)
    moved = slip(before.get("date"), after.get("date"))
    if came_true or moved is None:
        return kind.weight
    unit, number = moved
    if kind is kinds.Kind.START_DATE:
        notable = unit != "day" and number != 0
    else:
        notable = unit == "month" and abs(number) >= NOTABLE_SLIP
    return kind.weight if notable else kinds.Weight.MINOR


def rolling(change: kinds.Change, *, posted: str | None, previously_posted: str | None) -> bool:
    """Whether an estimated start date only moved along with the days of posting: it lies a few days after each.

    posted, previously_posted: the days on which the new and the old record were posted. Months without a day, and
    dates that came true, never roll.
    """
    if change.path != kinds.START_DATE or change.before == change.after:
        return False
    for start, day in ((change.before, previously_posted), (change.after, posted)):
        if not isinstance(start, dict) or start.get("type") == "ACTUAL":
            return False
        try:
            ahead = date.fromisoformat(str(start.get("date"))) - date.fromisoformat(str(day))
        except ValueError:
            return False
        if not 0 <= ahead.days <= ROLLING_WINDOW:
            return False
    return True
