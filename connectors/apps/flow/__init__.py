"""Flow control: declared like any app; what its steps do is the engine's own (workflows/engine/flow/)."""

from collections.abc import Mapping

from connectors.declare import JSON, Action, App, Choice, Field, Kind, Repeat


def _delay_summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    match inputs.get("mode") or "for":
        case "until":
            return f"Until **{inputs.get('at') or '…'}**"
        case "business_hours":
            return "Until the next **business hours**"
    amount, unit = str(inputs.get("amount") or "…"), str(inputs.get("unit") or "days")
    return f"For **{amount} {unit.removesuffix('s') if amount == '1' else unit}**"


def _stop_summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    return "End the run as **failed**" if inputs.get("result") == "failed" else "End the run as **succeeded**"


def _values_summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    values = inputs.get("values")
    rows = values if isinstance(values, list) else []
    names = [str(row["name"]) for row in rows if isinstance(row, dict) and row.get("name")]
    if not names:
        return "No values yet"
    return "Set " + ", ".join(f"**{name}**" for name in names[:3]) + (" and more" if len(names) > 3 else "")


DELAY = Action(
    key="delay",
    icon="i-timer",
    label="Delay",
    description="Wait for some time, until a moment, or until the next business hours.",
    synonyms=("wait", "pause", "sleep", "timer", "later", "schedule"),
    kinds=("post_conversation",),
    repeat=Repeat.SAFE,
    summary=_delay_summary,
    fields=(
        Field(
            name="mode",
            kind=Kind.CHOICE,
            label="Wait",
            required=True,
            default="for",
            tokens=False,
            choices=(
                Choice(value="for", label="for some time"),
                Choice(value="until", label="until a moment"),
                Choice(value="business_hours", label="until the next business hours"),
            ),
        ),
        Field(
            name="amount",
            kind=Kind.NUMBER,
            label="How long",
            required=True,
            minimum=0,
            shown_when={"mode": ("for",)},
        ),
        Field(
            name="unit",
            kind=Kind.CHOICE,
            label="Unit",
            required=True,
            default="days",
            tokens=False,
            shown_when={"mode": ("for",)},
            choices=tuple(
                Choice(value=unit, label=unit) for unit in ("seconds", "minutes", "hours", "days", "weeks")
            ),
        ),
        Field(
            name="at",
            kind=Kind.DATETIME,
            label="Until",
            help="A date and time; without a time zone it is the workspace's.",
            placeholder="2026-12-24T09:00",
            required=True,
            shown_when={"mode": ("until",)},
        ),
    ),
)

STOP = Action(
    key="stop",
    icon="i-circle-stop",
    label="Stop",
    description="End the run here, as succeeded or as failed.",
    synonyms=("end", "exit", "finish", "abort", "quit"),
    repeat=Repeat.SAFE,
    summary=_stop_summary,
    fields=(
        Field(
            name="result",
            kind=Kind.CHOICE,
            label="End as",
            required=True,
            default="succeeded",
            tokens=False,
            choices=(
                Choice(value="succeeded", label="Succeeded"),
                Choice(value="failed", label="Failed"),
            ),
        ),
        Field(
            name="message",
            kind=Kind.TEXT,
            label="Message",
            help="Shown with the run.",
            max_length=500,
        ),
    ),
)

SET_VALUES = Action(
    key="set_values",
    icon="i-braces",
    label="Set values",
    description="Put together named values that later steps can use.",
    synonyms=("variable", "assign", "compose", "map", "prepare", "data"),
    output_type="any",
    repeat=Repeat.SAFE,
    summary=_values_summary,
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

APP = App(
    slug="flow",
    name="Flow control",
    description="Decide what happens next and when.",
    icon="i-split",
    tone="flow",
    category="flow",
    synonyms=("logic", "control"),
    actions=(DELAY, SET_VALUES, STOP),
)
