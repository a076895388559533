"""What time is it, in a test? A clock that moves only when told to."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""


class Clock:
    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, **delta: float) -> datetime:
        """`clock.advance(minutes=5)`"""
        self._now += timedelta(**delta)
        return self._now
