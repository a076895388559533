"""*Call workflow*: do another action workflow of the agent and go on with its result."""

from collections.abc import Mapping

from connectors.declare import JSON, Action, Field, Kind, Repeat


def _summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    return f"Call **{inputs.get('workflow') or '…'}**"


CALL_WORKFLOW = Action(
    key="call_workflow",
    icon="i-workflow",
    label="Call workflow",
    description="Do another action workflow of this agent and go on with its result.",
    synonyms=("subflow", "child", "reuse", "run", "function", "nested"),
    output_type="any",
    repeat=Repeat.SAFE,
    summary=_summary,
    fields=(
        Field(
            name="workflow",
            kind=Kind.WORKFLOW,
            label="Workflow",
            help="It runs in its live version.",
            required=True,
            tokens=False,
        ),
        Field(
            name="input",
            kind=Kind.JSON,
            label="Input",
            help="An object with the workflow's action variables by name.",
            placeholder='{"order_number": {{ analysis.order_number }}}',
        ),
    ),
)
