"""When is that, for the person it concerns? Moments in the zone of a customer, an agent or a workspace."""

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@cache
def zone(name: str) -> ZoneInfo | None:
    """None for what is no time zone: customers' data come from outside."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def first_zone(*names: object) -> ZoneInfo:
    """The first of them that is one."""
    found = (zone(name) for name in names if isinstance(name, str))
    return next((one for one in found if one), ZoneInfo("UTC"))


def place(zone: ZoneInfo) -> str:
    """`Europe/Berlin` is called Berlin."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def on_the_clock(at: datetime, zone: ZoneInfo, today: date) -> str:
    """`09:00`, with the day where that is neither today nor said by the heading: `3 Dec, 09:00`."""
    local = at.astimezone(zone)
    if local.date() == today:
        return f"{local:%H:%M}"
    year = f" {local:%Y}" if local.year != today.year else ""
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M}"


def span(length: timedelta) -> str:
    """`2 h 54 min`: two units, as exact as a reader wants it."""
    minutes = max(0, round(length.total_seconds() / 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours and days < 10 else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"
