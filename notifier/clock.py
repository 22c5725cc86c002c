"""The one place that reads the time. Everything else is handed a Clock, or a `now`. All times are aware UTC."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


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
