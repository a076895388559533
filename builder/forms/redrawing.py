"""What does a form look like after a button in it that saves nothing: other rows, or one of two versions?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from builder.forms.typed import COLUMNS, Row, Typed
from connectors.declare import Kind

EMPTY_ROW: Row = dict.fromkeys(COLUMNS[Kind.VALUES], "") | {"type": "text"}


@dataclass(frozen=True)
class Redrawn:
    form: Mapping[str, Typed]
    new_row: str = ""
    """The list whose last row was just added."""
    settled: str = ""
    """The field of which one version was chosen."""


def redraw(
    form: Mapping[str, Typed], do: str, theirs: Mapping[str, Typed], new_rows: Mapping[str, Row]
) -> Redrawn:
    """`do` is `add:<field>`, `remove:<field>:<index>`, `mine:<field>` or `theirs:<field>`."""
    verb, _, rest = do.partition(":")
    name, _, index = rest.partition(":")
    if name not in form:
        return Redrawn(form)
    match verb:
        case "add":
            rows = (*form[name].rows, new_rows.get(name, EMPTY_ROW))
            return Redrawn({**form, name: replace(form[name], rows=rows)}, new_row=name)
        case "remove" if index.isdecimal():
            rows = tuple(row for number, row in enumerate(form[name].rows) if number != int(index))
            return Redrawn({**form, name: replace(form[name], rows=rows)})
        case "mine":
            return Redrawn(form, settled=name)
        case "theirs":
            return Redrawn({**form, name: theirs[name]}, settled=name)
    return Redrawn(form)
