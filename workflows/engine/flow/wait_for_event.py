"""How long does a *Wait for an event* step wait?"""

from datetime import timedelta

from connectors.declare import JSON
from workflows.engine.flow import delay

TOO_LATE = "Nothing came before the time was over."


def longest(inputs: dict[str, JSON]) -> timedelta:
    """Raises delay.CannotCompute."""
    length = delay.duration(inputs.get("timeout"), inputs.get("unit") or "seconds")
    if length > delay.LONGEST:
        raise delay.CannotCompute("The longest wait is a year.")
    return length
