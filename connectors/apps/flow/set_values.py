"""*Set values*: put together values for later steps."""

from collections.abc import Mapping

from connectors.declare import JSON, Action, Field, Kind, Repeat


def _summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    values = inputs.get("values")
    rows = values if isinstance(values, list) else []
    names = [str(row["name"]) for row in rows if isinstance(row, dict) and row.get("name")]
    if not names:
        return "No values yet"
    return "Set " + ", ".join(f"**{name}**" for name in names[:3]) + (" and more" if len(names) > 3 else "")


SET_VALUES = Action(
    key="set_values",
    icon="i-braces",
    label="Set values",
    description="Put together named values that later steps can use.",
    synonyms=("variable", "assign", "compose", "map", "prepare", "data"),
    output_type="any",
    repeat=Repeat.SAFE,
    summary=_summary,
    fields=(
        Field(
            name="values",
            kind=Kind.VALUES,
            label="Values",
            help="Each value keeps its type when it is a single token.",
            required=True,
        ),
    ),
)
