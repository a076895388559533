"""What is a conversation flow made of? Nodes, and outcomes that lead from one to the next. Pure and frozen.

Here is only what makes it readable at all; what keeps a flow from going live is told by agent_check.py.
"""

import secrets
import string
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from workflows.definition.problems import Problem

MAX_NODES = 200
MAX_OUTCOMES = 20
MAX_REPLIES = 10
START_ID = "n_start0001"
"""Of the start node that a flow without nodes is taken to have."""
_ALPHABET = string.ascii_letters + string.digits

type NodeId = Annotated[str, StringConstraints(pattern=r"^n_[A-Za-z0-9]{8,40}$")]
type OutcomeId = Annotated[str, StringConstraints(pattern=r"^o_[A-Za-z0-9]{8,40}$")]
type Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
type Line = Annotated[str, StringConstraints(max_length=500)]
type Text = Annotated[str, StringConstraints(max_length=20_000)]
type Reply = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
type Ending = Literal["succeeded", "failed", "timed_out"]

ENDINGS: Mapping[Ending, str] = {"succeeded": "succeeded", "failed": "failed", "timed_out": "timed out"}
"""How a workflow that was run can end, and the words for it."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Outcome(Part):
    """A named way on from a start or a turn."""

    id: OutcomeId
    name: Name
    description: Line = ""
    """When to take it: a small prompt."""
    to: NodeId | None = None


class Greeting(Part):
    """What the agent says first; an empty `outbound` is the same as `inbound`."""

    inbound: Text = ""
    outbound: Text = ""


class Instructions(Part):
    """For every channel, for calls only, for chats only."""

    shared: Text = ""
    call: Text = ""
    chat: Text = ""


class Start(Part):
    id: NodeId
    type: Literal["start"]
    name: Name
    speaks_first: Literal["agent", "person"] = "agent"
    message: Greeting = Greeting()
    suggested_replies: Annotated[list[Reply], Field(max_length=MAX_REPLIES)] = Field(default=[])
    strict_replies: bool = False
    """In a chat only the suggested replies can be given."""
    notes: Text = ""
    outcomes: Annotated[list[Outcome], Field(max_length=MAX_OUTCOMES)] = Field(default=[])


class Turn(Part):
    id: NodeId
    type: Literal["turn"]
    name: Name
    instructions: Instructions = Instructions()
    script: Text = ""
    """Said word for word when the turn begins; empty: the model finds its words."""
    notes: Text = ""
    """For the team; never sent to a model."""
    outcomes: Annotated[list[Outcome], Field(max_length=MAX_OUTCOMES)] = Field(default=[])


class Exits(Part):
    """Where a conversation goes on after a workflow was run."""

    succeeded: NodeId | None = None
    failed: NodeId | None = None
    timed_out: NodeId | None = None


class WorkflowNode(Part):
    id: NodeId
    type: Literal["workflow"]
    name: Name
    workflow: Annotated[str, StringConstraints(max_length=40)] | None = None
    """The id of an action workflow of the same agent; None until one is chosen."""
    input: Annotated[dict[str, Text], Field(max_length=100)] = Field(default={})
    """Spoken variable → text with tokens. What is not here is asked for in the conversation."""
    notes: Text = ""
    outcomes: Exits = Exits()


class End(Part):
    id: NodeId
    type: Literal["end"]
    name: Name
    mode: Literal["end", "transfer"] = "end"
    destination: Line = ""
    message: Text = ""
    """Said word for word; empty: a plain goodbye."""
    notes: Text = ""


type Node = Start | Turn | WorkflowNode | End


class Flow(Part):
    inactive_after_min: Annotated[int, Field(ge=1, le=1440)] = 30
    nodes: Annotated[list[Annotated[Node, Field(discriminator="type")]], Field(max_length=MAX_NODES)] = Field(
        default=[]
    )
    """Empty: an agent made before there were flows; see `effective`."""


@dataclass(frozen=True)
class Exit:
    """One way on from a node, whatever its type."""

    key: str
    """The outcome's id; of a workflow node `succeeded`, `failed` or `timed_out`."""
    label: str
    to: str | None


def effective(flow: Flow) -> Flow:
    """The flow to walk through: with a start, if there is nothing else."""
    if flow.nodes:
        return flow
    start = Start(id=START_ID, type="start", name="Conversation start")
    return flow.model_copy(update={"nodes": [start]})


def node(flow: Flow, node_id: str) -> Node | None:
    return next((one for one in flow.nodes if one.id == node_id), None)


def start_of(flow: Flow) -> Start:
    return next(one for one in effective(flow).nodes if isinstance(one, Start))


def exits(node: Node) -> tuple[Exit, ...]:
    """In the order in which people see them."""
    if isinstance(node, End):
        return ()
    if isinstance(node, WorkflowNode):
        return tuple(Exit(key, label, getattr(node.outcomes, key)) for key, label in ENDINGS.items())
    return tuple(Exit(outcome.id, outcome.name, outcome.to) for outcome in node.outcomes)


def new_node_id() -> str:
    return "n_" + _letters()


def new_outcome_id() -> str:
    return "o_" + _letters()


def _letters() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


def contradictions(flow: Flow) -> Iterator[Problem]:
    """What makes a flow unreadable although each of its nodes is well formed."""
    starts = [index for index, one in enumerate(flow.nodes) if isinstance(one, Start)]
    if flow.nodes and not starts:
        yield Problem("flow.nodes", "no_start", "A flow has one start.")
    for index in starts[1:]:
        yield Problem(f"flow.nodes[{index}].type", "second_start", "A flow has one start only.")
    yield from _repeated_ids(flow)


def _repeated_ids(flow: Flow) -> Iterator[Problem]:
    counts: Counter[str] = Counter()
    for path, id_ in _ids(flow):
        counts[id_] += 1
        if counts[id_] > 1:
            yield Problem(path, "duplicate_id", f"“{id_}” is used twice.")


def _ids(flow: Flow) -> Iterator[tuple[str, str]]:
    for index, one in enumerate(flow.nodes):
        yield f"flow.nodes[{index}].id", one.id
        if isinstance(one, Start | Turn):
            for number, outcome in enumerate(one.outcomes):
                yield f"flow.nodes[{index}].outcomes[{number}].id", outcome.id
