"""Dates as the registry publishes them (`2026`, `2026-03`, `2026-03-15`): how far one moved, and whether it did."""

from datetime import date
from typing import Any

from notifier.domain.changes.kinds import START_DATE, Change, Kind, Weight

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


def date_weight(kind: Kind, before: Any, after: Any) -> Weight:
    """What the move of a start or completion date weighs; both sides are date structures or absent."""
    if differs_in_precision_only(before, after):
        return Weight.HOUSEKEEPING
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return kind.weight
    was, now = str(before.get("type") or ""), str(after.get("type") or "")
    came_true = bool(was) and was != now and "ACTUAL" in (was, now)
    moved = slip(before.get("date"), after.get("date"))
    if came_true or moved is None:
        return kind.weight
    unit, number = moved
    if kind is Kind.START_DATE:
        notable = unit != "day" and number != 0
    else:
        notable = unit == "month" and abs(number) >= NOTABLE_SLIP
    return kind.weight if notable else Weight.MINOR


def rolling(change: Change, *, posted: str | None, previously_posted: str | None) -> bool:
    """Whether an estimated start date only moved along with the days of posting: it lies a few days after each.

    posted, previously_posted: the days on which the new and the old record were posted. Months without a day, and
    dates that came true, never roll.
    """
    if change.path != START_DATE or change.before == change.after:
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
