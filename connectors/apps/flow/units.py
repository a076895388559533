"""In which units do the flow actions count time?"""

from connectors.declare import Choice

UNITS = tuple(Choice(value=unit, label=unit) for unit in ("seconds", "minutes", "hours", "days", "weeks"))
