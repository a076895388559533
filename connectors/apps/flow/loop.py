"""*Loop*: the same steps for each item of a list."""

from collections.abc import Mapping

from connectors.declare import JSON, Action, Choice, Field, Kind, Output, Repeat

MOST = 1_000


def _summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    items = inputs.get("items")
    if isinstance(items, list):
        return f"For each of **{len(items)} items**" if len(items) != 1 else "For **1 item**"
    return f"For each item in **{items or '…'}**"


LOOP = Action(
    key="loop",
    icon="i-repeat",
    label="Loop",
    description="Do the same steps for each item of a list.",
    synonyms=("for each", "repeat", "iterate", "list", "items", "every"),
    repeat=Repeat.SAFE,
    summary=_summary,
    outputs=(
        Output(name="results", type="array", label="What the steps gave for each item"),
        Output(name="count", type="integer", label="Items done", sample=2),
        Output(name="failed", type="integer", label="Items that failed", sample=0),
        Output(name="left_out", type="integer", label="Items beyond the limit", sample=0),
    ),
    fields=(
        Field(
            name="items",
            kind=Kind.LIST,
            label="Items",
            help="A token that gives a list. Inside, each one is loop.item.",
            placeholder="{{ steps.look_up_order.output.items }}",
            required=True,
        ),
        Field(
            name="limit",
            kind=Kind.INTEGER,
            label="At most",
            help=f"Items beyond it are left out; up to {MOST:,}.",
            required=True,
            default=100,
            minimum=1,
            maximum=MOST,
            tokens=False,
        ),
        Field(
            name="on_item_error",
            kind=Kind.CHOICE,
            label="If an item fails",
            required=True,
            default="stop",
            tokens=False,
            choices=(
                Choice(value="stop", label="stop the loop"),
                Choice(value="continue", label="go on with the next item"),
            ),
        ),
    ),
)
