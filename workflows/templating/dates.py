"""How is a point in time written in words? Own directives: a text could abuse the widths of `strftime`."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from workflows.templating.errors import NotRendered

_MAX_PATTERN = 200
_DIRECTIVE = re.compile(r"%(-?)(.?)", re.DOTALL)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)

_WORDS: Mapping[str, Callable[[datetime], str]] = {
    "Y": lambda at: f"{at.year:04}",
    "y": lambda at: f"{at.year % 100:02}",
    "m": lambda at: f"{at.month:02}",
    "d": lambda at: f"{at.day:02}",
    "e": lambda at: f"{at.day:2}",
    "j": lambda at: f"{at.timetuple().tm_yday:03}",
    "H": lambda at: f"{at.hour:02}",
    "I": lambda at: f"{(at.hour % 12) or 12:02}",
    "l": lambda at: f"{(at.hour % 12) or 12:2}",
    "M": lambda at: f"{at.minute:02}",
    "S": lambda at: f"{at.second:02}",
    "L": lambda at: f"{at.microsecond // 1000:03}",
    "p": lambda at: "AM" if at.hour < 12 else "PM",
    "P": lambda at: "am" if at.hour < 12 else "pm",
    "A": lambda at: _DAYS[at.weekday()],
    "a": lambda at: _DAYS[at.weekday()][:3],
    "u": lambda at: str(at.isoweekday()),
    "V": lambda at: f"{at.isocalendar().week:02}",
    "B": lambda at: _MONTHS[at.month - 1],
    "b": lambda at: _MONTHS[at.month - 1][:3],
    "F": lambda at: at.date().isoformat(),
    "T": lambda at: f"{at.hour:02}:{at.minute:02}:{at.second:02}",
    "R": lambda at: f"{at.hour:02}:{at.minute:02}",
    "s": lambda at: str(int(at.timestamp())),
    "z": lambda at: (at.isoformat()[-6:]).replace(":", ""),
    "Z": lambda at: at.tzname() or "",
    "%": lambda at: "%",
}


def formatted(value: Any, pattern: str, zone: str | None = None) -> str:
    """`value` in the words of `pattern` (`%d %B %Y`); a time without an offset counts as UTC."""
    if len(pattern) > _MAX_PATTERN:
        raise NotRendered(f"A date format has at most {_MAX_PATTERN} characters.")
    at = moment(value)
    if zone is not None:
        at = _in_zone(at, zone)

    def word(match: re.Match[str]) -> str:
        if match[2] not in _WORDS:
            raise NotRendered(f"“{match[0]}” is not a part of a date format.")
        text = _WORDS[match[2]](at)
        return (text.lstrip("0 ") or "0") if match[1] else text

    return _DIRECTIVE.sub(word, pattern)


def moment(value: Any) -> datetime:
    """A point in time from an ISO-8601 text, a date, or the seconds since 1970."""
    try:
        if isinstance(value, datetime):
            at = value
        elif isinstance(value, date):
            at = datetime(value.year, value.month, value.day, tzinfo=UTC)
        elif isinstance(value, str) and len(value) <= 64:
            at = datetime.fromisoformat(value.strip())
        elif isinstance(value, int | float) and not isinstance(value, bool):
            at = datetime.fromtimestamp(value, UTC)
        else:
            raise ValueError
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NotRendered("“date” needs a date or a time such as 2026-03-31T09:30:00Z.") from error


def _in_zone(at: datetime, zone: str) -> datetime:
    try:
        return at.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError, OverflowError) as error:
        raise NotRendered(f"“{zone[:60]}” is not a time zone such as Europe/Madrid.") from error
