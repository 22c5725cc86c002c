"""Times: the next daily or weekly mail in a person's zone, the retry timetable, and the date that a mail or an answer has. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from notifier.errors import InputError

DIGEST_HOUR = 8  # o'clock in the reader's zone unless they chose another
DAYTIME = (8, 20)  # between these hours bad news may come
DIGEST_WEEKDAY = 0  # Monday
SATURDAY = 5

#: How long to wait after the n-th attempt that the server put off (S12). At least half an hour soon after the start,
#: because greylisting wants patience; then every few hours.
RETRY_AFTER = (
    timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4),
    timedelta(hours=8),
)  # fmt: skip
GIVE_UP_AFTER = timedelta(days=5)
STALE_AFTER = timedelta(days=5)
UNSURE_AFTER = timedelta(minutes=30)  # before the one repetition of a mail that may have arrived (S5)
#: What a mail that was given up would have told is told again by then at the latest.
FOLD_WITHIN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Timetable:
    """How long a mail is tried, and what becomes of one that may have arrived."""

    retry_after: tuple[timedelta, ...] = RETRY_AFTER
    give_up_after: timedelta = GIVE_UP_AFTER  # since it was made, when the mail server still puts it off
    #: Since it was made: from then on it is told anew instead of sent (S14).
    stale_after: timedelta = STALE_AFTER
    resend_unsure: bool = True  # once; else an admin decides (S5)


TIMETABLE = Timetable()


@cache
def zones() -> frozenset[str]:
    """The zones that every installation knows, whatever its machine has besides: those of the package `tzdata`."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(listed) - {"Factory", "localtime", "posixrules"}


def zone(name: str) -> ZoneInfo:
    """The time zone of that name, as somebody gives it. Raises InputError with an example."""
    if name not in zones():
        raise InputError(
            f"{name[:64]!r} is not a time zone: give one such as Europe/Copenhagen or America/New_York"
        )
    return ZoneInfo(name)


def zone_of(name: object) -> ZoneInfo:
    """The time zone of a stored name; UTC for one that we do not know, so that one person's value stops nobody."""
    return ZoneInfo(name) if isinstance(name, str) and name in zones() else ZoneInfo("UTC")


def next_daily(after: datetime, where: ZoneInfo, hour: int = DIGEST_HOUR) -> datetime:
    """The next time that the clock there shows `hour` and that is later than `after`, in UTC."""
    today, hour = after.astimezone(where).date(), _within(hour, 23, DIGEST_HOUR)
    return next(at for n in range(3) if (at := _at(today + timedelta(days=n), hour, where)) > after)


def next_weekly(
    after: datetime, where: ZoneInfo, hour: int = DIGEST_HOUR, weekday: int = DIGEST_WEEKDAY
) -> datetime:
    """The next such weekday (0 is Monday) and hour there that is later than `after`, in UTC."""
    today, hour = after.astimezone(where).date(), _within(hour, 23, DIGEST_HOUR)
    weekday = _within(weekday, 6, DIGEST_WEEKDAY)
    day = today + timedelta(days=(weekday - today.weekday()) % 7)
    return next(at for n in range(3) if (at := _at(day + timedelta(weeks=n), hour, where)) > after)


def workdays_between(first: date, last: date) -> int:
    """How many days from Monday to Friday lie between two days, neither of them counted."""
    days = (first + timedelta(days=n) for n in range(1, (last - first).days))
    return sum(day.weekday() < SATURDAY for day in days)


def workdays_time(start: datetime, end: datetime) -> timedelta:
    """The time between two, without Saturdays and Sundays (of UTC), when the registry publishes nothing."""
    days = (start.astimezone(UTC).date() + timedelta(days=n) for n in range((end - start).days + 2))
    midnights = (_at(day, 0, ZoneInfo("UTC")) for day in days if day.weekday() < SATURDAY)
    spans = (min(end, night + timedelta(days=1)) - max(start, night) for night in midnights)
    return sum((span for span in spans if span > timedelta()), timedelta())


def daytime(now: datetime, where: ZoneInfo) -> datetime:
    """`now` where it is day there, else the next morning, in UTC."""
    first, last = DAYTIME
    return now if first <= now.astimezone(where).hour < last else next_daily(now, where, first)


def _within(value: object, most: int, otherwise: int) -> int:
    """A stored number from 0 to `most`; any other is what nobody chose."""
    return value if isinstance(value, int) and 0 <= value <= most else otherwise


def _at(day: date, hour: int, where: ZoneInfo) -> datetime:
    # Counting in local dates, not in hours, keeps 08:00 at 08:00 across both changes of the clock.
    return datetime.combine(day, time(hour), tzinfo=where).astimezone(UTC)


def retry_at(
    attempts: int, now: datetime, created_at: datetime, seed: int, timetable: Timetable = TIMETABLE
) -> datetime | None:
    """When to try again after `attempts` that were put off; None when it is time to give up.

    Up to a fifth is added, by `seed` (the message's id), so that mails put off together do not come back together.
    """
    if now - created_at >= timetable.give_up_after:
        return None
    waits = timetable.retry_after
    return now + spread(waits[min(max(attempts, 1), len(waits)) - 1], seed)


def spread(wait: timedelta, seed: int) -> timedelta:
    """A wait with up to a fifth added, by `seed`."""
    return wait * (1 + (seed * 7919 % 100) / 500)


def date_of(field: str | None) -> datetime | None:
    """The time in a field of a mail or an HTTP message, in UTC; None where it holds none, whatever is wrong with it.

    The standard library raises one of four exceptions for one that is wrong, and which of them is not written down.
    """
    try:
        at = parsedate_to_datetime(field or "")
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
