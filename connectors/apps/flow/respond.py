"""*Respond*: answer the conversation now; the steps after it go on in the background."""

from collections.abc import Mapping

from connectors.declare import JSON, Action, Field, Kind, Repeat


def _summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    values = inputs.get("values")
    rows = values if isinstance(values, list) else []
    names = [str(row["name"]) for row in rows if isinstance(row, dict) and row.get("name")]
    if not names:
        return "Answer now, with no values"
    more = " and more" if len(names) > 3 else ""
    return "Answer with " + ", ".join(f"**{name}**" for name in names[:3]) + more


RESPOND = Action(
    key="respond",
    icon="i-reply",
    label="Respond",
    description="Answer the conversation now and do the steps after it in the background.",
    synonyms=("answer", "return", "reply", "result", "early", "background", "async"),
    kinds=("action",),
    output_type="any",
    repeat=Repeat.SAFE,
    summary=_summary,
    fields=(
        Field(
            name="values",
            kind=Kind.VALUES,
            label="Values",
            help="Named like the response fields of this workflow. One that is not named is empty.",
        ),
    ),
)
