"""*Stop*: end the run here."""

from collections.abc import Mapping

from connectors.declare import JSON, Action, Choice, Field, Kind, Repeat


def _summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    return "End the run as **failed**" if inputs.get("result") == "failed" else "End the run as **succeeded**"


STOP = Action(
    key="stop",
    icon="i-circle-stop",
    label="Stop",
    description="End the run here, as succeeded or as failed.",
    synonyms=("end", "exit", "finish", "abort", "quit"),
    repeat=Repeat.SAFE,
    summary=_summary,
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
