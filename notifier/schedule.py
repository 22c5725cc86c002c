"""When something is due: the next daily or weekly mail in a person's zone, and the retry timetable. Pure."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifier.errors import InputError

DIGEST_HOUR = 8  # o'clock in the reader's zone: after any change to or from summer time
DIGEST_WEEKDAY = 0  # Monday

#: How long to wait after the n-th attempt that the server put off (S12). At least half an hour soon after the start,
#: because greylisting wants patience; then every few hours.
RETRY_AFTER = (
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
)
GIVE_UP_AFTER = timedelta(days=5)
UNSURE_AFTER = timedelta(minutes=30)  # before the one repetition of a mail that may have arrived (S5)


def zone(name: str) -> ZoneInfo:
    """The time zone of that name. Raises InputError with an example."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InputError(
            f"{name!r} is not a time zone: give one such as Europe/Copenhagen or America/New_York"
        ) from None


def next_daily(after: datetime, where: ZoneInfo) -> datetime:
    """The next 08:00 there that is later than `after`, in UTC."""
    return _next(after, where, days=1, weekday=None)


def next_weekly(after: datetime, where: ZoneInfo) -> datetime:
    """The next Monday 08:00 there that is later than `after`, in UTC."""
    return _next(after, where, days=7, weekday=DIGEST_WEEKDAY)


def _next(after: datetime, where: ZoneInfo, *, days: int, weekday: int | None) -> datetime:
    today = after.astimezone(where).date()
    first = today if weekday is None else today + timedelta(days=(weekday - today.weekday()) % 7)
    # Counting in local dates, not in hours, keeps 08:00 at 08:00 across both changes of the clock.
    candidate = _at_hour(first, where, after)
    return candidate if candidate > after else _at_hour(first + timedelta(days=days), where, after)


def _at_hour(day: date, where: ZoneInfo, after: datetime) -> datetime:
    return datetime.combine(day, time(DIGEST_HOUR), tzinfo=where).astimezone(after.tzinfo)


def retry_at(attempts: int, now: datetime, created_at: datetime, seed: int) -> datetime | None:
    """When to try again after `attempts` that were put off; None when it is time to give up.

    Up to a fifth is added, by `seed` (the message's id), so that mails put off together do not come back together.
    """
    if now - created_at >= GIVE_UP_AFTER:
        return None
    wait = RETRY_AFTER[min(max(attempts, 1), len(RETRY_AFTER)) - 1]
    return now + wait * (1 + (seed * 7919 % 100) / 500)
