"""Which values does a *Respond* step give to whoever waits?"""

from collections.abc import Iterable

from connectors.declare import JSON
from workflows.engine.flow import set_values


def output(inputs: dict[str, JSON]) -> dict[str, JSON]:
    return set_values.output(inputs)


def result(given: JSON, fields: Iterable[str]) -> dict[str, JSON]:
    """Exactly the response fields; null for what the step does not name."""
    values = given if isinstance(given, dict) else {}
    return {name: values.get(name) for name in fields}
