"""Which of an action's declared fields count for a step, and what is the canonical form of its inputs?"""

from collections.abc import Iterator, Mapping

from connectors.declare import JSON, Action, Field, Kind

_KEEPS_EMPTY = frozenset((Kind.JSON, Kind.BODY, Kind.BOOLEAN))
"""Kinds in which only null is the same as nothing."""


def normalised(inputs: Mapping[str, JSON], action: Action) -> dict[str, JSON]:
    """The inputs with defaults filled in and empty optional fields left out, so that equal settings are equal JSON."""
    complete = dict(inputs)
    for field in action.fields:
        value = complete.get(field.name)
        if field.name not in complete and field.default is not None:
            complete[field.name] = field.default
        elif field.name in complete and field.default is None and is_empty(value, field):
            del complete[field.name]
    return complete


def is_empty(value: JSON, field: Field) -> bool:
    return value is None or (value in ("", [], {}) and field.kind not in _KEEPS_EMPTY)


def shown(action: Action, inputs: Mapping[str, JSON], *, connected: bool) -> Iterator[Field]:
    """The fields that count with these inputs; the others are neither required nor used."""
    for field in action.fields:
        if fits_connection(field, connected=connected) and _is_asked_for(field, action, inputs):
            yield field


def fits_connection(field: Field, *, connected: bool) -> bool:
    return field.when_connected is None or field.when_connected == connected


def _is_asked_for(field: Field, action: Action, inputs: Mapping[str, JSON]) -> bool:
    defaults = {other.name: other.default for other in action.fields}
    return all(inputs.get(other, defaults.get(other)) in values for other, values in field.shown_when.items())
