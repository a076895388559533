"""Which fields do a workflow's settings have in the panel, and how do they become the document's and back?

Like a step's, they are one flat mapping; action variables and response fields are two lists in it.
"""

from collections.abc import Mapping, Sequence

from builder.forms import json_text, typed
from builder.forms.step import Reading, Values
from builder.forms.typed import NotReadable, Post, Row, Typed
from connectors.declare import JSON, Choice, Field, Kind
from workflows.definition import document
from workflows.definition.document import Settings, StructureInvalid
from workflows.templating import tokens

TYPES = ("string", "number", "integer", "boolean", "object", "array")
VARIABLE_COLUMNS = ("name", "type", "description", "required", "source", "from", "sample", "enum")
RESPONSE_COLUMNS = ("name", "type", "description", "value")
TABLES: Mapping[str, Sequence[str]] = {"variables": VARIABLE_COLUMNS, "response": RESPONSE_COLUMNS}
NEW_ROW: Mapping[str, Row] = {
    "variables": dict.fromkeys(VARIABLE_COLUMNS, "") | {"type": "string", "source": "spoken"},
    "response": dict.fromkeys(RESPONSE_COLUMNS, "") | {"type": "string"},
}

NAME = Field(
    name="name",
    kind=Kind.TEXT,
    label="Name",
    required=True,
    tokens=False,
    max_length=120,
)
ACTION_NAME = Field(
    name="name",
    kind=Kind.TEXT,
    label="Action name",
    help="The agent calls it by this name: letters, digits, _ and -.",
    placeholder="look_up_order",
    required=True,
    tokens=False,
    max_length=64,
)
DESCRIPTION = Field(
    name="description", kind=Kind.LONG_TEXT, label="Description", tokens=False, max_length=500
)
ACTION_DESCRIPTION = Field(
    name="description",
    kind=Kind.LONG_TEXT,
    label="Description",
    help="The agent decides by it when to call this workflow.",
    required=True,
    tokens=False,
    max_length=500,
)
ENABLED = Field(
    name="enabled",
    kind=Kind.BOOLEAN,
    label="Run after each conversation",
    help="Takes effect when it is published.",
    default=False,
    tokens=False,
)
MESSAGE = (
    Field(
        name="message.mode",
        kind=Kind.CHOICE,
        label="Action message",
        help="What the agent says while it waits.",
        default="default",
        tokens=False,
        choices=(
            Choice(value="default", label="Default: a general line"),
            Choice(value="custom", label="Custom"),
            Choice(value="none", label="None"),
        ),
    ),
    Field(
        name="message.text",
        kind=Kind.LONG_TEXT,
        label="Text",
        placeholder="One moment, I am looking that up.",
        required=True,
        shown_when={"message.mode": ("custom",)},
    ),
)
TIMES = (
    Field(name="message.delayed.text", kind=Kind.TEXT, label="When it takes long, say"),
    Field(
        name="message.delayed.after_ms",
        kind=Kind.INTEGER,
        label="After, in milliseconds",
        placeholder="4000",
        tokens=False,
    ),
    Field(name="message.failure", kind=Kind.TEXT, label="When it fails, say"),
    Field(name="message.timeout", kind=Kind.TEXT, label="When its time is up, say"),
    Field(
        name="message.confirm",
        kind=Kind.TEXT,
        label="Before it is done, ask",
        placeholder="Shall I refund order {{ action.order_number }}?",
        help="Only the person’s own yes lets it begin: by words, button or key. Empty: the agent decides.",
    ),
    Field(
        name="deadline_s",
        kind=Kind.NUMBER,
        label="Time to answer, in seconds",
        help="1 to 120. Then the agent goes on, and the run finishes in the background.",
        default=30,
        tokens=False,
    ),
)
ORDER = Field(
    name="order_key",
    kind=Kind.TEXT,
    label="Order key",
    help="Runs with the same key go one after the other; a run that waits holds up the later ones. "
    "Empty: none waits for another.",
    placeholder="{{ conversation.customer.phone }}",
)


def fields(kind: str) -> tuple[Field, ...]:
    return (
        (ACTION_NAME, ACTION_DESCRIPTION, *MESSAGE, *TIMES, ORDER)
        if kind == "action"
        else (NAME, DESCRIPTION, ENABLED, ORDER)
    )


def values_of(settings: Settings, kind: str) -> Values:
    return flat(document.dump_settings(settings, kind=kind))


def flat(content: JSON) -> dict[str, JSON]:
    """`{"message": {"mode": …}}` → `message.mode`; empty texts and null are left out."""
    found: dict[str, JSON] = {}
    for name, value in content.items() if isinstance(content, dict) else ():
        if isinstance(value, dict):
            found |= {f"{name}.{inner}": part for inner, part in flat(value).items()}
        elif value not in (None, "", []):
            found[name] = value
    return found


def shown(kind: str, values: Values) -> dict[str, Typed]:
    tables = {name: Typed(rows=_shown_rows(values, name)) for name in _tables(kind)}
    return {field.name: typed.shown(field, values) for field in fields(kind)} | tables


def posted(kind: str, post: Post) -> dict[str, Typed]:
    tables = {
        name: Typed(rows=typed.posted_rows(typed.PREFIX + name, columns, post))
        for name, columns in _tables(kind).items()
    }
    return {field.name: typed.posted(field, post) for field in fields(kind)} | tables


def read(kind: str, form: Mapping[str, Typed], stored: Values) -> Reading:
    values: dict[str, JSON] = {}
    errors: dict[str, str] = {}
    for field in fields(kind):
        try:
            found = typed.read(field, form[field.name], stored)
            _check_tokens(field, found.get(field.name))
        except (NotReadable, tokens.TokenSyntax) as error:
            errors[field.name] = str(error)
        else:
            values |= found
    for name in _tables(kind):
        rows, wrong = _read_rows(name, form[name].rows, stored)
        errors |= wrong
        if rows:
            values[name] = rows
    if not errors:
        errors |= _refused(kind, values)
    return Reading(values, errors)


def settings_in(kind: str, values: Values) -> Settings:
    """Raises StructureInvalid."""
    return document.parse_settings(_nested(kind, values), kind=kind)


def field_of_path(path: str) -> str:
    """`settings.variables[0].name` → `variables.1.name`, as the panel names the rows from 1 on."""
    inner = path.removeprefix("settings.").removeprefix("settings")
    head, bracket, rest = inner.partition("[")
    if not bracket:
        return inner
    index, _, column = rest.partition("]")
    return f"{head}.{int(index) + 1}{column}"


def _tables(kind: str) -> Mapping[str, Sequence[str]]:
    return TABLES if kind == "action" else {}


def _shown_rows(values: Values, name: str) -> tuple[Row, ...]:
    rows = values.get(name)
    return tuple(_shown_row(row, TABLES[name]) for row in rows) if isinstance(rows, list) else ()


def _shown_row(row: JSON, columns: Sequence[str]) -> Row:
    source = row if isinstance(row, dict) else {}
    texts = {column: typed.text_of(source.get(column)) for column in columns}
    if "required" in texts:
        texts["required"] = "yes" if source.get("required") else ""
    return texts


def _read_rows(name: str, rows: Sequence[Row], stored: Values) -> tuple[list[JSON], dict[str, str]]:
    """A row that still looks like the stored one is kept as it is stored."""
    before = stored.get(name)
    kept = (
        {tuple(_shown_row(row, TABLES[name]).items()): row for row in before}
        if isinstance(before, list)
        else {}
    )
    values: list[JSON] = []
    errors: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        if not any(row[column] for column in row if column not in ("type", "source", "required")):
            continue
        try:
            values.append(kept[same] if (same := tuple(row.items())) in kept else _read_row(name, row))
        except (NotReadable, json_text.NotJson, tokens.TokenSyntax) as error:
            errors[f"{name}.{number}"] = f"{row['name'] or 'A row'}: {error}"
    return values, errors


def _read_row(name: str, row: Row) -> JSON:
    common: dict[str, JSON] = {column: row[column].strip() for column in ("name", "type", "description")}
    if name == "response":
        tokens.references(row["value"])
        return {**common, "value": row["value"]}
    return {
        **common,
        "required": row["required"] == "yes",
        "source": row["source"],
        "from": row["from"].strip(),
        "sample": _of_type(row["type"], row["sample"]),
        "enum": [
            _of_type(row["type"], choice.strip()) for choice in row["enum"].split(",") if choice.strip()
        ],
    }


def _of_type(type_: str, text: str) -> JSON:
    if not text.strip():
        return None
    return text if type_ == "string" else json_text.read(text)


def _check_tokens(field: Field, value: JSON) -> None:
    if field.tokens and isinstance(value, str):
        tokens.references(value)


def _refused(kind: str, values: Values) -> dict[str, str]:
    """What the document itself does not take, such as a variable without a name."""
    try:
        settings_in(kind, values)
    except StructureInvalid as invalid:
        return {field_of_path(problem.path): problem.message for problem in invalid.problems}
    return {}


def _nested(kind: str, values: Values) -> dict[str, JSON]:
    nested: dict[str, JSON] = {}
    for path, value in values.items():
        place = nested
        *parents, last = path.split(".")
        for parent in parents:
            inner = place.setdefault(parent, {})
            assert isinstance(inner, dict)
            place = inner
        place[last] = value
    return nested
