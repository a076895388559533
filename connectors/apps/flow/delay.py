"""*Delay*: wait for some time, until a moment, or for business hours."""

from collections.abc import Mapping

from connectors.apps.flow.units import UNITS
from connectors.declare import JSON, Action, Choice, Field, Kind, Repeat


def _summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    match inputs.get("mode") or "for":
        case "until":
            return f"Until **{inputs.get('at') or '…'}**"
        case "business_hours":
            return "Until the next **business hours**"
    amount, unit = str(inputs.get("amount") or "…"), str(inputs.get("unit") or "days")
    return f"For **{amount} {unit.removesuffix('s') if amount == '1' else unit}**"


DELAY = Action(
    key="delay",
    icon="i-timer",
    label="Delay",
    description="Wait for some time, until a moment, or until the next business hours.",
    synonyms=("wait", "pause", "sleep", "timer", "later", "schedule"),
    kinds=("post_conversation",),
    repeat=Repeat.SAFE,
    summary=_summary,
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
            choices=UNITS,
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
