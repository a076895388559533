"""*Wait for an event*: sleep until somebody calls this run back, or the time is over."""

from collections.abc import Mapping

from connectors.apps.flow.units import UNITS
from connectors.declare import JSON, Action, Field, Kind, Output, Repeat


def _summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    amount, unit = str(inputs.get("timeout") or "…"), str(inputs.get("unit") or "seconds")
    return f"At most **{amount} {unit.removesuffix('s') if amount == '1' else unit}**"


WAIT_FOR_EVENT = Action(
    key="wait_for_event",
    icon="i-webhook",
    label="Wait for an event",
    description="Wait until another system calls this run back, or the time is over.",
    synonyms=("callback", "webhook", "resume", "signal", "pause", "until"),
    kinds=("post_conversation",),
    repeat=Repeat.SAFE,
    summary=_summary,
    outputs=(
        Output(name="event", type="any", label="What was sent"),
        Output(name="received_at", type="string", label="When it came", sample="2026-11-25T09:30:00Z"),
    ),
    fields=(
        Field(
            name="timeout",
            kind=Kind.NUMBER,
            label="Wait at most",
            help="Then the step fails; with an error branch the run goes on there. "
            "In a step before this one, give {{ run.event_url }} to the other system: "
            "it goes on by sending a POST with JSON there.",
            required=True,
            minimum=0,
        ),
        Field(
            name="unit",
            kind=Kind.CHOICE,
            label="Unit",
            required=True,
            default="seconds",
            tokens=False,
            choices=UNITS,
        ),
    ),
)
