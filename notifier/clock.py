"""The one place that reads the time. Everything else is handed a Clock, or a `now`. All times are aware UTC."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol


def date_of(field: str | None) -> datetime | None:
    """The time in a field of a mail or an HTTP message, in UTC; None where it holds none, whatever is wrong with it.

    The standard library raises one of four exceptions for one that is wrong, and which of them is not written down.
    """
    try:
        at = parsedate_to_datetime(field or "")
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """Stands still until it is moved: for rehearsals and tests."""

    def __init__(self, at: datetime) -> None:
        self.move_to(at)

    def now(self) -> datetime:
        return self._at

    def move_to(self, at: datetime) -> None:
        """Set the time; a time without a zone is refused."""
        if at.tzinfo is None:
            raise ValueError("a time needs a zone: use UTC")
        self._at = at.astimezone(UTC)

    def move(self, by: timedelta) -> None:
        self._at += by
