"""Does a value have the type that was declared for it? And if not, what must it be, in plain words?"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from connectors.declare import JSON
from workflows.definition.problems import Problem

MUST_BE = {
    "string": "must be a text",
    "number": "must be a number",
    "integer": "must be an integer",
    "boolean": "must be true or false",
    "object": "must be an object",
    "array": "must be a list",
    "datetime": "must be a date and time such as 2026-11-22T09:30:00Z",
}


class Declared(Protocol):
    """An action variable, or a variable of the agent."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def required(self) -> bool: ...


def fault(value: JSON, type_: str, choices: Sequence[JSON] = ()) -> str:
    """What the value must be instead; empty when it is right. A type that is not listed takes anything."""
    if not _is(value, type_):
        return MUST_BE[type_]
    if choices and value not in choices:
        return "must be one of " + ", ".join(str(choice) for choice in choices)
    return ""


def read(value: JSON, type_: str) -> JSON:
    """A text as the value of another type that it spells; as it is when it spells none."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        match type_:
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "boolean" if text.lower() in ("true", "false", "yes", "no"):
                return text.lower() in ("true", "yes")
    except ValueError:
        pass
    return value


def problems(
    declared: Iterable[Declared], given: Mapping[str, JSON], *, path: str, undeclared_allowed: bool
) -> list[Problem]:
    """Null counts as not given. `path` is where the values stand in the request."""
    by_name = {item.name: item for item in declared}
    found = [
        Problem(f"{path}.{name}", "required", f"{name} is missing", field=name)
        for name, item in by_name.items()
        if item.required and given.get(name) is None
    ]
    for name, value in given.items():
        item = by_name.get(name)
        if item is None and not undeclared_allowed:
            message = f"{name} is not one of the values this takes"
            found.append(Problem(f"{path}.{name}", "unknown_field", message, field=name))
        elif item and value is not None and (said := fault(value, item.type, getattr(item, "enum", ()))):
            found.append(Problem(f"{path}.{name}", "wrong_type", f"{name} {said}", field=name))
    return found


def _is(value: JSON, type_: str) -> bool:
    match type_:
        case "string":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "integer":
            return _is_whole(value)
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "datetime":
            return isinstance(value, str) and _is_instant(value)
    return True


def _is_whole(value: JSON) -> bool:
    """1.0 is an integer in JSON."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
