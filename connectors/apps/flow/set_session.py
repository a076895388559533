"""*Set session variable*: keep a value for the rest of the conversation."""

from collections.abc import Mapping

from connectors.declare import JSON, Action, Field, Kind, Output, Repeat


def _summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    name = inputs.get("name")
    return f"Keep **session.{name}**" if name else "Nothing to keep yet"


SET_SESSION = Action(
    key="set_session",
    icon="i-bookmark",
    label="Set session variable",
    description="Keep a value for the rest of the conversation and its later workflows.",
    synonyms=("remember", "store", "memory", "save", "variable", "state"),
    repeat=Repeat.SAFE,
    summary=_summary,
    outputs=(Output(name="value", type="any", label="Value"),),
    fields=(
        Field(
            name="name",
            kind=Kind.TEXT,
            label="Session variable",
            help="Later steps and workflows read it as session.NAME.",
            placeholder="order_number",
            required=True,
            tokens=False,
            max_length=64,
            pattern="[A-Za-z_][A-Za-z0-9_-]*",
        ),
        Field(
            name="value",
            kind=Kind.VALUE,
            label="Value",
            help="It keeps its type when it is a single token. Empty takes the old value away.",
        ),
    ),
)
