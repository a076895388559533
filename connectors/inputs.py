"""Do these inputs fit the declared fields? Checks and converts them once their tokens are resolved. Pure."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import datetime
from uuid import UUID

import re2

from connectors.declare import JSON, Field, Inputs, Kind
from connectors.errors import Misconfigured

LARGEST = 1e300
INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
DECIMAL = re.compile(r"[+-]?([0-9]{1,300}\.?[0-9]{0,300}|\.[0-9]{1,300})([eE][+-]?[0-9]{1,4})?")


def typed(fields: Iterable[Field], inputs: Mapping[str, JSON], *, connected: bool | None = None) -> Inputs:
    """Every declared field by name: converted, or its default. Raises Misconfigured naming the field.

    `connected` says whether the step has a connection; None leaves the fields' `when_connected` unchecked.
    Messages never quote a value: it may be a secret.
    """
    declared = tuple(fields)
    given = defaults(declared) | {name: value for name, value in inputs.items() if not is_empty(value)}
    return {field.name: _field_value(field, given, inputs, connected) for field in declared}


def defaults(fields: Iterable[Field]) -> dict[str, JSON]:
    return {field.name: deepcopy(field.default) for field in fields}


def is_shown(field: Field, given: Mapping[str, JSON], *, connected: bool | None = None) -> bool:
    """`given` has the defaults filled in."""
    if None not in (field.when_connected, connected) and field.when_connected != connected:
        return False
    return all(given.get(name) in values for name, values in field.shown_when.items())


def is_empty(value: JSON) -> bool:
    return value is None or value == "" or value == []


def convert(field: Field, value: JSON) -> JSON:
    """One value that is not empty, as the field's kind has it."""
    converted = CONVERTERS[field.kind](field, value)
    if isinstance(converted, str) and field.kind is not Kind.SECRET:
        _check_text(field, converted)
    if isinstance(converted, int | float) and not isinstance(converted, bool):
        _check_range(field, converted)
    return converted


def _field_value(
    field: Field, given: Mapping[str, JSON], inputs: Mapping[str, JSON], connected: bool | None
) -> JSON:
    value = given[field.name]
    if not is_shown(field, given, connected=connected):
        if field.when_connected is not None and not is_empty(inputs.get(field.name)):
            rule = "only with a connection" if field.when_connected else "only without a connection"
            raise Misconfigured(f"{field.label} is possible {rule}.", field=field.name)
        return deepcopy(field.default)
    if is_empty(value):
        if field.required and not (field.when_connected is not None and connected is None):
            raise Misconfigured(f"{field.label} is missing.", field=field.name)
        return deepcopy(field.default)
    return convert(field, value)


def _text(field: Field, value: JSON) -> JSON:
    if field.many and isinstance(value, list):
        for position, item in enumerate(value):
            if not isinstance(item, str):
                raise Misconfigured(
                    f"{field.label} must be a list of texts.", field=f"{field.name}[{position}]"
                )
            _check_text(field, item)
        return value
    return as_text(value)


def as_text(value: JSON) -> str:
    """How a value reads where only text fits; the same words as in a text with tokens."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case int() | float():
            return str(value)
    return json.dumps(value, ensure_ascii=False)


def _number(field: Field, value: JSON) -> int | float:
    if isinstance(value, str):
        text = value.strip()
        whole, broken = INTEGER.fullmatch(text), DECIMAL.fullmatch(text)
        value = int(text) if whole else float(text) if broken else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
        raise Misconfigured(f"{field.label} must be a number.", field=field.name)
    return value


def _integer(field: Field, value: JSON) -> JSON:
    number = _number(field, value)
    if not float(number).is_integer():
        raise Misconfigured(f"{field.label} must be a whole number.", field=field.name)
    return int(number)


def _boolean(field: Field, value: JSON) -> JSON:
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, bool):
        return word
    if word in ("true", "false"):
        return word == "true"
    raise Misconfigured(f"{field.label} must be true or false.", field=field.name)


def _choice(field: Field, value: JSON) -> JSON:
    if value not in [choice.value for choice in field.choices]:
        offered = ", ".join(choice.value for choice in field.choices)
        raise Misconfigured(f"{field.label} must be one of: {offered}.", field=field.name)
    return value


def _pairs(field: Field, value: JSON) -> JSON:
    return [{**row, "value": as_text(row["value"])} for row in _rows(field.label, value, field.name)]


def _values(field: Field, value: JSON) -> JSON:
    rows = _rows(field.label, value, field.name)
    names = [row["name"] for row in rows]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise Misconfigured(f"{name} is set twice.", field=f"{field.name}[{position}].name")
    return [dict(row) for row in rows]


def _rows(label: str, value: JSON, path: str) -> list[dict[str, JSON]]:
    if not isinstance(value, list):
        raise Misconfigured(f"{label} must be a list of names and values.", field=path)
    rows: list[dict[str, JSON]] = []
    for position, row in enumerate(value):
        if not isinstance(row, dict) or not set(row) <= {"name", "value"}:
            raise Misconfigured(f"{label} must be a list of names and values.", field=f"{path}[{position}]")
        name = row.get("name")
        if not isinstance(name, str) or not name.strip():
            raise Misconfigured("A name is missing.", field=f"{path}[{position}].name")
        rows.append({"name": name.strip(), "value": row.get("value")})
    return rows


def _body(field: Field, value: JSON) -> JSON:
    if not isinstance(value, dict) or not set(value) <= {"kind", "value"}:
        raise Misconfigured(f"{field.label} must be JSON, a form or text.", field=field.name)
    content, path = value.get("value"), f"{field.name}.value"
    match value.get("kind"):
        case "json":
            return {"kind": "json", "value": content}
        case "form":
            rows = _rows(field.label, content if content is not None else [], path)
            return {"kind": "form", "value": [{**row, "value": as_text(row["value"])} for row in rows]}
        case "text":
            return {"kind": "text", "value": as_text(content)}
    raise Misconfigured(f"{field.label} must be JSON, a form or text.", field=f"{field.name}.kind")


def _datetime(field: Field, value: JSON) -> JSON:
    try:
        datetime.fromisoformat(value.strip() if isinstance(value, str) else "")
    except ValueError as unreadable:
        raise Misconfigured(
            f"{field.label} must be a date and time such as 2026-12-24T09:00.", field=field.name
        ) from unreadable
    return as_text(value).strip()


def _list(field: Field, value: JSON) -> JSON:
    if not isinstance(value, list):
        raise Misconfigured(f"{field.label} must be a list.", field=field.name)
    return value


def _row_id(field: Field, value: JSON) -> JSON:
    try:
        return str(UUID(value if isinstance(value, str) else ""))
    except ValueError as unreadable:
        raise Misconfigured(f"{field.label} must be chosen from the list.", field=field.name) from unreadable


def _as_it_is(field: Field, value: JSON) -> JSON:
    return value


CONVERTERS: Mapping[Kind, Callable[[Field, JSON], JSON]] = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _text,
    Kind.SECRET: _text,
    Kind.NUMBER: _number,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.CHOICE: _choice,
    Kind.PAIRS: _pairs,
    Kind.VALUES: _values,
    Kind.BODY: _body,
    Kind.DATETIME: _datetime,
    Kind.JSON: _as_it_is,
    Kind.LIST: _list,
    Kind.VALUE: _as_it_is,
    Kind.WORKFLOW: _row_id,
}


def _check_text(field: Field, text: str) -> None:
    if field.max_length is not None and len(text) > field.max_length:
        raise Misconfigured(f"{field.label} is longer than {field.max_length} characters.", field=field.name)
    if field.pattern and not re2.fullmatch(field.pattern, text):
        raise Misconfigured(f"{field.label} does not look right.", field=field.name)


def _check_range(field: Field, number: float) -> None:
    if field.minimum is not None and number < field.minimum:
        raise Misconfigured(f"{field.label} must be at least {as_text(field.minimum)}.", field=field.name)
    if field.maximum is not None and number > field.maximum:
        raise Misconfigured(f"{field.label} must be at most {as_text(field.maximum)}.", field=field.name)
