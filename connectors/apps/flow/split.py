"""*Split*: go on in the branches whose rules hold. The branches belong to the step: they are no field."""

from collections.abc import Mapping

from connectors.declare import JSON, Action, Choice, Field, Kind, Output, Repeat


def _summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    return "**Every match** is taken" if inputs.get("mode") == "every" else "**First match** wins"


SPLIT = Action(
    key="split",
    icon="i-split",
    label="Split",
    description="Go on in the branch whose rules match, or in every one that does.",
    synonyms=("if", "condition", "branch", "decide", "router", "switch", "filter", "else"),
    repeat=Repeat.SAFE,
    summary=_summary,
    outputs=(
        Output(name="taken", type="array", label="Ids of the branches taken"),
        Output(name="labels", type="array", label="Names of the branches taken", sample=["Branch 1"]),
    ),
    fields=(
        Field(
            name="mode",
            kind=Kind.CHOICE,
            label="Take",
            required=True,
            default="first",
            tokens=False,
            choices=(
                Choice(value="first", label="the first branch that matches"),
                Choice(value="every", label="every branch that matches"),
            ),
        ),
    ),
)
