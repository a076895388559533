"""What stands in the controls of a form, as text, and how does it become a field's value and back?

Stored value → `shown` → `Typed` → the control; posted form → `posted` → `Typed` → `read` → value. A control
that still holds what its stored value looks like keeps that value exactly: opening and saving a step changes
nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from builder.forms import json_text
from connectors.declare import JSON, Field, Kind

PREFIX = "i."
"""Of the names of posted inputs, so that a field may be called `rev` or `connection`."""
COLUMNS = {
    Kind.PAIRS: ("name", "value"),
    Kind.VALUES: ("name", "type", "value"),
    Kind.BODY: ("name", "value"),
}
ROW_KINDS = (Kind.PAIRS, Kind.VALUES)
NUMBER_KINDS = (Kind.NUMBER, Kind.INTEGER)
VALUE_TYPES = {"text": "Text", "number": "Number", "boolean": "Yes or no", "json": "JSON"}


type Row = Mapping[str, str]
"""Column → text."""


@dataclass(frozen=True)
class Typed:
    text: str = ""
    kind: str = ""
    """Of a body: empty for none, else json | form | text."""
    rows: tuple[Row, ...] = ()

    def filled_rows(self) -> list[Row]:
        return [row for row in self.rows if row.get("name") or row.get("value")]

    @property
    def in_words(self) -> str:
        rows = ", ".join(
            ": ".join(text for text in (row.get("name"), row.get("value")) if text) for row in self.rows
        )
        return self.text or rows

    def same_as(self, other: "Typed") -> bool:
        return (self.text, self.kind, self.filled_rows()) == (other.text, other.kind, other.filled_rows())


class Post(Protocol):
    """A posted form: Django's QueryDict."""

    def getlist(self, key: str) -> Sequence[str]: ...


class NotReadable(ValueError):
    """`str()` says to the person who typed it what is wrong; it cannot be stored."""


def posted(field: Field, post: Post) -> Typed:
    name = PREFIX + field.name
    texts = post.getlist(name)
    return Typed(
        text=_clean(texts[-1]) if texts else "",
        kind="".join(post.getlist(f"{name}.kind")[-1:]),
        rows=posted_rows(name, COLUMNS.get(field.kind, ()), post),
    )


def is_posted(field: Field, post: Post) -> bool:
    """Whether the form had the field at all, empty or not."""
    name = PREFIX + field.name
    parts = (name, f"{name}.kind", *(f"{name}.{column}" for column in COLUMNS.get(field.kind, ())))
    return any(post.getlist(part) for part in parts)


def shown(field: Field, inputs: Mapping[str, JSON]) -> Typed:
    value = inputs.get(field.name, field.default)
    if field.kind in ROW_KINDS and isinstance(value, list):
        return Typed(rows=tuple(_shown_row(field.kind, row) for row in value))
    if field.kind is Kind.BODY and isinstance(value, dict):
        return _shown_body(value)
    if field.kind is Kind.JSON:
        return Typed(text="" if value is None else json_text.show(value))
    if field.kind in (Kind.LIST, Kind.VALUE):
        return Typed(text=_shown_value(field.kind, value))
    return Typed(text=text_of(value))


def _shown_value(kind: Kind, value: JSON) -> str:
    """A text reads plainly, unless it would then be taken for something else (`"42"`)."""
    if isinstance(value, str) and (kind is Kind.LIST or _read_text(kind, value) == value):
        return value
    return "" if value is None else json_text.show(value)


def read(field: Field, typed: Typed, stored: Mapping[str, JSON]) -> dict[str, JSON]:
    """`{name: value}`, or nothing where the field is left empty. Raises NotReadable."""
    if typed.same_as(shown(field, stored)):
        return {field.name: stored[field.name]} if field.name in stored else {}
    if field.kind in ROW_KINDS:
        rows: list[JSON] = [_read_row(field.kind, row) for row in typed.filled_rows()]
        return {field.name: rows} if rows else {}
    if field.kind is Kind.BODY:
        return {field.name: body} if (body := _read_body(typed)) is not None else {}
    if not typed.text.strip():
        return {}
    return {field.name: _read_text(field.kind, typed.text)}


def posted_rows(name: str, columns: Sequence[str], post: Post) -> tuple[Row, ...]:
    """Every row posts every column, in the order of the page."""
    by_column = [[_clean(text) for text in post.getlist(f"{name}.{column}")] for column in columns]
    return tuple(dict(zip(columns, texts, strict=True)) for texts in zip(*by_column, strict=False))


def _clean(text: str) -> str:
    """Browsers send line ends as CRLF; the database holds no NUL."""
    return text.replace("\r\n", "\n").replace("\x00", "")


def _shown_row(kind: Kind, row: JSON) -> Row:
    name, value = (row.get("name"), row.get("value")) if isinstance(row, dict) else ("", row)
    shown_row = {"name": text_of(name), "value": text_of(value)}
    return shown_row | {"type": _type_of(value)} if kind is Kind.VALUES else shown_row


def _type_of(value: JSON) -> str:
    match value:
        case str():
            return "text"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case _:
            return "json"


def text_of(value: JSON) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case list() if all(isinstance(part, str) for part in value):
            return ", ".join(str(part) for part in value)
        case _:
            return json_text.show(value)


def _shown_body(value: dict[str, JSON]) -> Typed:
    kind, content = str(value.get("kind", "")), value.get("value")
    if kind == "form" and isinstance(content, list):
        return Typed(kind=kind, rows=tuple(_shown_row(Kind.PAIRS, row) for row in content))
    return Typed(kind=kind, text=json_text.show(content) if kind == "json" else text_of(content))


def _read_row(kind: Kind, row: Row) -> JSON:
    if kind is not Kind.VALUES:
        return {"name": row["name"], "value": row["value"]}
    try:
        return {"name": row["name"], "value": _read_value(row["type"], row["value"])}
    except NotReadable as error:
        raise NotReadable(f"{row['name'] or 'A value'}: {error}") from error


def _read_value(value_type: str, text: str) -> JSON:
    kind = {"number": Kind.NUMBER, "boolean": Kind.BOOLEAN, "json": Kind.JSON}.get(value_type, Kind.TEXT)
    if kind is not Kind.TEXT and not text.strip():
        return None
    return _read_text(kind, text)


def _read_body(typed: Typed) -> JSON:
    match typed.kind:
        case "json":
            return {
                "kind": "json",
                "value": _read_text(Kind.JSON, typed.text) if typed.text.strip() else None,
            }
        case "form":
            return {"kind": "form", "value": [_read_row(Kind.PAIRS, row) for row in typed.filled_rows()]}
        case "text":
            return {"kind": "text", "value": typed.text}
        case _:
            return None


def _read_text(kind: Kind, text: str) -> JSON:
    if kind is Kind.JSON:
        try:
            return json_text.read(text)
        except json_text.NotJson as error:
            raise NotReadable(str(error)) from error
    if kind is Kind.VALUE:
        return _read_value_of_any_type(text)
    if kind is Kind.LIST:
        return _read_list(text.strip())
    if "{{" in text and kind in (*NUMBER_KINDS, Kind.BOOLEAN):
        return text.strip()
    if kind in NUMBER_KINDS:
        return _read_number(kind, text.strip())
    if kind is Kind.BOOLEAN:
        return _read_boolean(text.strip())
    return text


def _read_value_of_any_type(text: str) -> JSON:
    try:
        return json_text.read(text)
    except json_text.NotJson:
        return text


def _read_list(text: str) -> JSON:
    value = _read_value_of_any_type(text)
    if isinstance(value, list) or (isinstance(value, str) and "{{" in value):
        return value
    raise NotReadable('Insert a token that gives a list, or type one: ["a", "b"].')


def _read_number(kind: Kind, text: str) -> int | float:
    try:
        number = json_text.read(text)
    except json_text.NotJson:
        number = None
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise NotReadable(
            "Type a number, such as 10 or 2.5." if kind is Kind.NUMBER else "Type a whole number."
        )
    if kind is Kind.INTEGER and not isinstance(number, int):
        raise NotReadable("Type a whole number.")
    return number


def _read_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise NotReadable("Choose yes or no.")
    return text == "true"
