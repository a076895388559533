"""Until when does a *Delay* step wait?

A delay that cannot be computed is an error, never a delay of nothing.
"""

from datetime import UTC, datetime, time, timedelta, tzinfo

from connectors.declare import JSON

LONGEST = timedelta(days=366)
OPENS, CLOSES = time(9), time(17)
WORKDAYS = range(5)  # Monday to Friday


class CannotCompute(ValueError):
    """`str()` says which setting is wrong, for the person who built the step."""


def until(inputs: dict[str, JSON], *, now: datetime, zone: tzinfo) -> datetime:
    """The moment the run goes on, in UTC; not after `now` when there is nothing to wait for."""
    match inputs.get("mode") or "for":
        case "for":
            moment = now + duration(inputs.get("amount"), inputs.get("unit") or "days")
        case "until":
            moment = _moment(inputs.get("at"), zone)
        case "business_hours":
            moment = next_opening(now, zone)
        case other:
            raise CannotCompute(f"“{other}” is not a way to wait.")
    if moment - now > LONGEST:
        raise CannotCompute(f"The delay would end on {moment:%Y-%m-%d}; the longest is a year.")
    return moment.astimezone(UTC)


def next_opening(now: datetime, zone: tzinfo) -> datetime:
    """`now` inside business hours, else the next time they begin, by the wall clock of `zone`."""
    local = now.astimezone(zone)
    if local.weekday() in WORKDAYS and OPENS <= local.time() < CLOSES:
        return now
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    while day.weekday() not in WORKDAYS:
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, zone)


def duration(amount: JSON, unit: JSON) -> timedelta:
    """Raises CannotCompute."""
    try:
        number = float(amount) if not isinstance(amount, bool) else None  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = None
    if number is None or not 0 <= number < float("inf"):
        raise CannotCompute(f"“{amount}” is not a length of time.")
    if unit not in ("seconds", "minutes", "hours", "days", "weeks"):
        raise CannotCompute(f"“{unit}” is not a unit of time.")
    try:
        return timedelta(**{str(unit): number})
    except OverflowError as error:
        raise CannotCompute("The longest delay is a year.") from error


def _moment(at: JSON, zone: tzinfo) -> datetime:
    if not isinstance(at, str) or not at.strip():
        raise CannotCompute("There is no date and time to wait for.")
    try:
        moment = datetime.fromisoformat(at.strip())
    except ValueError as error:
        raise CannotCompute(f"“{at}” is not a date and time such as 2026-12-24T09:00.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
