"""How does a part of an agent's document become a form and come back? Fields, and tables of rows.

A form's values are one flat mapping, as with steps: `rules.call`, `model.temperature`, and a table's rows
under its name. Which parts there are is said in agent_sections.py and node_form.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from builder.forms import typed
from builder.forms.json_text import NotJson
from builder.forms.step import Reading, Values
from builder.forms.typed import NotReadable, Post, Row, Typed
from connectors.declare import JSON, Field, Kind
from workflows.templating import tokens

EMPTY: Mapping[Kind, JSON] = {Kind.TEXT: "", Kind.LONG_TEXT: ""}


@dataclass(frozen=True)
class Table:
    name: str
    label: str
    new: Row
    """What an added row holds."""
    shown: Callable[[Mapping[str, JSON]], Row]
    read: Callable[[Row], JSON]
    """Raises NotReadable or NotJson."""
    ignored: Sequence[str] = ()
    """Columns that do not make a row count as filled in."""

    @property
    def columns(self) -> Sequence[str]:
        return tuple(self.new)


@dataclass(frozen=True)
class Spec:
    """The fields and tables of one form."""

    fields: tuple[Field, ...]
    tables: tuple[Table, ...] = ()

    @property
    def labels(self) -> Mapping[str, str]:
        return {field.name: field.label for field in self.fields} | {
            table.name: table.label for table in self.tables
        }

    @property
    def new_rows(self) -> Mapping[str, Row]:
        return {table.name: table.new for table in self.tables}


def shown(spec: Spec, values: Values) -> dict[str, Typed]:
    fields = {field.name: typed.shown(field, values) for field in spec.fields}
    return fields | {table.name: Typed(rows=_shown_rows(table, values)) for table in spec.tables}


def posted(spec: Spec, post: Post) -> dict[str, Typed]:
    fields = {field.name: typed.posted(field, post) for field in spec.fields}
    tables = {
        table.name: Typed(rows=typed.posted_rows(typed.PREFIX + table.name, table.columns, post))
        for table in spec.tables
    }
    return fields | tables


def read(spec: Spec, form: Mapping[str, Typed], stored: Values) -> Reading:
    """Every field has a value then; one that is left empty has the empty one of its kind."""
    values: dict[str, JSON] = {}
    errors: dict[str, str] = {}
    for field in spec.fields:
        try:
            found = typed.read(field, form[field.name], stored)
            value = found.get(field.name, EMPTY.get(field.kind))
            if field.tokens and isinstance(value, str):
                tokens.references(value)
            values[field.name] = value
        except (NotReadable, tokens.TokenSyntax) as error:
            errors[field.name] = str(error)
    for table in spec.tables:
        rows, wrong = _read_rows(table, form[table.name].rows, stored)
        values[table.name] = rows
        errors |= wrong
    return Reading(values, errors)


def nested(values: Values) -> dict[str, JSON]:
    """`{"rules.call": …}` → `{"rules": {"call": …}}`."""
    content: dict[str, JSON] = {}
    for path, value in values.items():
        place = content
        *parents, last = path.split(".")
        for parent in parents:
            inner = place.setdefault(parent, {})
            assert isinstance(inner, dict)
            place = inner
        place[last] = value
    return content


def flat(spec: Spec, content: Mapping[str, JSON]) -> dict[str, JSON]:
    """The values of a form from the document, or from a node of it."""
    return {name: _at(dict(content), name) for name in spec.labels}


def _at(content: JSON, path: str) -> JSON:
    for part in path.split("."):
        content = content.get(part) if isinstance(content, dict) else None
    return content


def _shown_rows(table: Table, values: Values) -> tuple[Row, ...]:
    rows = values.get(table.name)
    return tuple(table.shown(row) for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()


def _read_rows(table: Table, rows: Sequence[Row], stored: Values) -> tuple[list[JSON], dict[str, str]]:
    """A row that still looks like the stored one is kept as it is stored."""
    before = stored.get(table.name)
    kept = (
        {tuple(table.shown(row).items()): row for row in before if isinstance(row, dict)}
        if isinstance(before, list)
        else {}
    )
    values: list[JSON] = []
    errors: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        if not any(text for column, text in row.items() if column not in table.ignored):
            continue
        same: JSON = kept.get(tuple(row.items()))
        try:
            values.append(same if same is not None else table.read(row))
        except (NotReadable, NotJson) as error:
            errors[f"{table.name}.{number}"] = f"{row.get('name') or 'A row'}: {error}"
    return values, errors
