"""Which settings does a document give its workflow?"""

from connectors.declare import JSON
from workflows.definition.reader import Reader
from workflows.definition.shapes import (
    DEFAULT_DEADLINE_S,
    ActionVariable,
    Delayed,
    Message,
    ResponseField,
    Settings,
)

MAX_NAME = 120
MAX_ORDER_KEY = 1_000
_COMMON = ("name", "description", "order_key")
_POST_KEYS = frozenset((*_COMMON, "enabled"))
_ACTION_KEYS = frozenset((*_COMMON, "message", "deadline_s", "variables", "response"))
_MESSAGE_KEYS = frozenset(("mode", "text", "delayed", "failure", "timeout", "confirm"))
_VARIABLE_KEYS = frozenset(("name", "type", "description", "required", "source", "from", "sample", "enum"))
_RESPONSE_KEYS = frozenset(("name", "type", "description", "value"))
_MAX_LIST = 200


def read_settings(reader: Reader, value: JSON, *, kind: str) -> Settings:
    is_action = kind == "action"
    path = "settings"
    source = reader.object(value, path, _ACTION_KEYS if is_action else _POST_KEYS)
    name = reader.required_text(source, "name", path, most=MAX_NAME)
    description = reader.text(source, "description", path, most=5_000)
    order_key = reader.text(source, "order_key", path, most=MAX_ORDER_KEY)
    if not is_action:
        return Settings(
            name=name,
            description=description,
            order_key=order_key,
            enabled=reader.flag(source, "enabled", path, False),
        )
    return Settings(
        name=name,
        description=description,
        order_key=order_key,
        message=_message(reader, source.get("message", {}), "settings.message"),
        deadline_s=reader.number(source, "deadline_s", path, DEFAULT_DEADLINE_S),
        variables=tuple(_variable(reader, item, at) for at, item in _listed(reader, source, "variables")),
        response=tuple(_response(reader, item, at) for at, item in _listed(reader, source, "response")),
    )


def _listed(reader: Reader, source: dict[str, JSON], key: str) -> list[tuple[str, JSON]]:
    items = list(reader.items(source, key, "settings"))
    if len(items) > _MAX_LIST:
        reader.note(f"settings.{key}", "too_many", f"There can be at most {_MAX_LIST} of these.")
    return items[:_MAX_LIST]


def _message(reader: Reader, value: JSON, path: str) -> Message:
    source = reader.object(value, path, _MESSAGE_KEYS)
    return Message(
        mode=reader.text(source, "mode", path, "default", most=20),
        text=reader.text(source, "text", path),
        delayed=_delayed(reader, source["delayed"], f"{path}.delayed")
        if source.get("delayed") is not None
        else None,
        failure=reader.text(source, "failure", path),
        timeout=reader.text(source, "timeout", path),
        confirm=reader.text(source, "confirm", path),
    )


def _delayed(reader: Reader, value: JSON, path: str) -> Delayed:
    source = reader.object(value, path, ("after_ms", "text"))
    return Delayed(
        after_ms=reader.integer(source, "after_ms", path, 4000), text=reader.text(source, "text", path)
    )


def _variable(reader: Reader, value: JSON, path: str) -> ActionVariable:
    source = reader.object(value, path, _VARIABLE_KEYS)
    return ActionVariable(
        name=reader.required_text(source, "name", path, most=200),
        type=reader.text(source, "type", path, "string", most=20),
        description=reader.text(source, "description", path, most=5_000),
        required=reader.flag(source, "required", path, False),
        source=reader.text(source, "source", path, "spoken", most=20),
        origin=reader.text(source, "from", path, most=200),
        sample=source.get("sample"),
        enum=tuple(item for _, item in reader.items(source, "enum", path)),
    )


def _response(reader: Reader, value: JSON, path: str) -> ResponseField:
    source = reader.object(value, path, _RESPONSE_KEYS)
    return ResponseField(
        name=reader.required_text(source, "name", path, most=200),
        type=reader.text(source, "type", path, "string", most=20),
        description=reader.text(source, "description", path, most=5_000),
        value=source.get("value"),
    )
