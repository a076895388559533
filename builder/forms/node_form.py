"""Which fields does the panel of a flow's node have, and what do the posted ones say?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from builder.forms import agent_form, typed
from builder.forms.agent_form import Spec, Table
from builder.forms.step import Values
from builder.forms.typed import NotReadable, Row
from connectors.declare import JSON, Choice, Field, Kind
from workflows.definition import agent_flow
from workflows.definition.agent_check import Surroundings
from workflows.definition.agent_flow import Flow, Node, Start, WorkflowNode
from workflows.services.flows import NewTarget

NEW = "new:"
"""Before the type of a node that is to be made because an outcome leads to it."""
NEW_TARGETS: Mapping[str, str] = {
    "new:turn": "New agent turn",
    "new:workflow": "New workflow to run",
    "new:end": "New end",
}
NOWHERE = "Nowhere yet"

NAME = Field(name="name", kind=Kind.TEXT, label="Name", required=True, tokens=False, max_length=120)
NOTES = Field(
    name="notes",
    kind=Kind.LONG_TEXT,
    label="Notes for your team",
    help="Never told to the model.",
    tokens=False,
    max_length=20_000,
)


def _text(
    name: str, label: str, help_text: str = "", placeholder: str = "", *, advanced: bool = False
) -> Field:
    return Field(
        name=name,
        kind=Kind.LONG_TEXT,
        label=label,
        help=help_text,
        placeholder=placeholder,
        advanced=advanced,
        max_length=20_000,
    )


SPEAKS_FIRST = Field(
    name="speaks_first",
    kind=Kind.CHOICE,
    label="Who speaks first",
    default="agent",
    tokens=False,
    choices=(Choice(value="agent", label="The agent"), Choice(value="person", label="The person")),
)
FIRST = (
    _text("message.inbound", "First message", "Said word for word.", "Hi, this is Mia. How can I help?"),
    _text("message.outbound", "First message of outbound calls", "Empty: the same."),
)
REPLIES = Field(
    name="suggested_replies",
    kind=Kind.LONG_TEXT,
    label="Suggested replies",
    help="One in each line, at most 10. Shown as buttons in a chat.",
    tokens=False,
)
STRICT = Field(
    name="strict_replies",
    kind=Kind.BOOLEAN,
    label="Only suggested replies",
    help="A chat takes no other answer to the first message.",
    default=False,
    tokens=False,
)
INSTRUCTIONS = (
    _text(
        "instructions.shared",
        "Instructions",
        "",
        "Find out what they need. @ names a workflow, / a variable.",
    ),
    _text("instructions.call", "Instructions for calls", advanced=True),
    _text("instructions.chat", "Instructions for chats", advanced=True),
)
SCRIPT = _text("script", "Exact words", "", "Empty: the agent chooses its words")
MODE = Field(
    name="mode",
    kind=Kind.CHOICE,
    label="Then",
    default="end",
    tokens=False,
    choices=(
        Choice(value="end", label="End the conversation"),
        Choice(value="transfer", label="Transfer it to somebody"),
    ),
)
DESTINATION = Field(
    name="destination",
    kind=Kind.TEXT,
    label="Transfer to",
    help="A name, a number or an address.",
    placeholder="Support line",
    required=True,
    tokens=False,
    max_length=500,
    shown_when={"mode": ("transfer",)},
)
LAST = _text("message", "Last words", "Said word for word. Empty: a plain goodbye.")


def _outcome(row: Row) -> JSON:
    if not row["name"].strip():
        raise NotReadable("Name the outcome.")
    return {
        "id": row["id"] or agent_flow.new_outcome_id(),
        "name": row["name"].strip(),
        "description": row["description"].strip(),
        "to": row["to"] or None,
    }


NEW_OUTCOME: Row = {"id": "", "name": "", "description": "", "to": ""}
OUTCOMES = Table(
    name="outcomes",
    label="Outcomes",
    new=NEW_OUTCOME,
    shown=lambda row: {column: typed.text_of(row.get(column)) for column in NEW_OUTCOME},
    read=_outcome,
    ignored=("id", "to"),
)


@dataclass(frozen=True)
class Targets:
    """Where an outcome may lead: (value, label)."""

    nodes: Sequence[tuple[str, str]]
    new: Sequence[tuple[str, str]] = tuple(NEW_TARGETS.items())

    @property
    def choices(self) -> tuple[Choice, ...]:
        pairs = (("", NOWHERE), *self.nodes, *self.new)
        return tuple(Choice(value=value, label=label) for value, label in pairs)


def targets(flow: Flow, node: Node) -> Targets:
    return Targets([(one.id, one.name) for one in flow.nodes if not isinstance(one, Start)])


def spec_of(node: Node, flow: Flow, surroundings: Surroundings) -> Spec:
    match node.type:
        case "start":
            return Spec((NAME, SPEAKS_FIRST, *FIRST, REPLIES, STRICT, NOTES), (OUTCOMES,))
        case "turn":
            return Spec((NAME, *INSTRUCTIONS, SCRIPT, NOTES), (OUTCOMES,))
        case "workflow":
            return Spec((NAME, *_of_workflow(node, flow, surroundings), NOTES))
    return Spec((NAME, MODE, DESTINATION, LAST, NOTES))


def _of_workflow(node: Node, flow: Flow, surroundings: Surroundings) -> Sequence[Field]:
    assert isinstance(node, WorkflowNode)
    known = surroundings.workflows.get(node.workflow or "")
    names = dict.fromkeys([*(known.spoken if known else ()), *node.input])
    ways = targets(flow, node).choices
    return (
        Field(
            name="workflow",
            kind=Kind.CHOICE,
            label="Workflow",
            required=True,
            tokens=False,
            choices=tuple(
                Choice(value=one.id, label=one.name if one.is_live else f"{one.name} (not live)")
                for one in surroundings.workflows.values()
            ),
        ),
        *(
            Field(
                name=f"input.{name}",
                kind=Kind.TEXT,
                label=name,
                help="Empty: asked for in the conversation.",
            )
            for name in names
        ),
        *(
            Field(
                name=f"outcomes.{key}",
                kind=Kind.CHOICE,
                label=f"When it {WHEN[key]}",
                tokens=False,
                choices=ways,
                default="",
            )
            for key in agent_flow.ENDINGS
        ),
    )


WHEN: Mapping[str, str] = {
    "succeeded": "has succeeded",
    "failed": "has failed",
    "timed_out": "takes too long",
}


def values_of(spec: Spec, node: Node) -> dict[str, JSON]:
    values = agent_form.flat(spec, node.model_dump())
    replies = values.get(REPLIES.name)
    if isinstance(replies, list):
        values[REPLIES.name] = "\n".join(map(str, replies))
    return {name: "" if value is None else value for name, value in values.items()}


def content_of(values: Values, node: Node) -> dict[str, JSON]:
    """What the node becomes; outcomes that want a new node lead nowhere until it is there."""
    own = dict(values)
    if REPLIES.name in own:
        lines = str(own[REPLIES.name] or "").splitlines()
        own[REPLIES.name] = [line.strip() for line in lines if line.strip()]
    if isinstance(node, WorkflowNode):
        own["workflow"] = own.get("workflow") or None
        for key in agent_flow.ENDINGS:
            own[f"outcomes.{key}"] = _existing(own.get(f"outcomes.{key}"))
        own = {name: value for name, value in own.items() if not name.startswith("input.") or value}
        content = agent_form.nested(own)
        content.setdefault("input", {})
        return content
    rows = own.get(OUTCOMES.name)
    if isinstance(rows, list):
        own[OUTCOMES.name] = [
            {**row, "to": _existing(row.get("to"))} for row in rows if isinstance(row, dict)
        ]
    return agent_form.nested(own)


def wanted(values: Values, node: Node) -> list[NewTarget]:
    """The nodes that outcomes ask for."""
    pairs: list[tuple[str, JSON]] = []
    if isinstance(node, WorkflowNode):
        pairs = [(key, values.get(f"outcomes.{key}")) for key in agent_flow.ENDINGS]
    elif isinstance(rows := values.get(OUTCOMES.name), list):
        pairs = [(str(row.get("id")), row.get("to")) for row in rows if isinstance(row, dict)]
    return [NewTarget(key, str(to).removeprefix(NEW)) for key, to in pairs if str(to) in NEW_TARGETS]


def _existing(to: JSON) -> JSON:
    return to if isinstance(to, str) and to and not to.startswith(NEW) else None
