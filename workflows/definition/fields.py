"""Which fields of an action count for a step, and what is the canonical form of its inputs?"""

from collections.abc import Iterator, Mapping
from copy import deepcopy

from connectors.declare import JSON, Action, Field, Kind
from connectors.inputs import is_shown

_KEEPS_EMPTY = frozenset((Kind.JSON, Kind.BODY, Kind.BOOLEAN, Kind.LIST, Kind.VALUE))
"""Kinds in which only null is the same as nothing."""
_LONG = frozenset((Kind.LONG_TEXT, Kind.BODY))


def normalised(inputs: Mapping[str, JSON], action: Action) -> dict[str, JSON]:
    """Defaults filled in and empty optional fields left out, so that equal settings are equal JSON."""
    complete = dict(inputs)
    for field in action.fields:
        if field.name not in complete and field.default is not None:
            complete[field.name] = deepcopy(field.default)
        elif field.name in complete and field.default is None and is_empty(complete[field.name], field):
            del complete[field.name]
    return complete


def is_empty(value: JSON, field: Field) -> bool:
    return value is None or (value in ("", [], {}) and field.kind not in _KEEPS_EMPTY)


def shown(action: Action, inputs: Mapping[str, JSON], *, connected: bool) -> Iterator[Field]:
    """The fields that count with these inputs; the others are not required."""
    given = {field.name: inputs.get(field.name, field.default) for field in action.fields}
    return (field for field in action.fields if is_shown(field, given, connected=connected))


def allows_tags(field: Field) -> bool:
    """Whether `{% if %}` and `{% for %}` may be used in it."""
    return field.kind in _LONG
