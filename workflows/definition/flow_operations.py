"""How is a conversation flow changed? A flow goes in, a new one comes out, or OperationRefused is raised.

Ids never change. What led to a removed node leads nowhere then, and comes back with it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from connectors.declare import JSON
from workflows.definition import agent_flow, wording
from workflows.definition.agent_flow import (
    MAX_NODES,
    MAX_OUTCOMES,
    End,
    Exit,
    Exits,
    Flow,
    Node,
    Outcome,
    Start,
    Turn,
    WorkflowNode,
)
from workflows.definition.problems import OperationRefused

type Made = Turn | WorkflowNode | End

NAMES: Mapping[str, str] = {"turn": "Agent turn", "workflow": "Run workflow", "end": "End"}
"""Types that can be added, and the name that a new one begins with."""
GO_ON = "Go on"
"""The first outcome of a turn that was put between two nodes."""
ALWAYS = "always"


@dataclass(frozen=True)
class Leading:
    """An exit that leads to a node."""

    node: Node
    exit: Exit


@dataclass(frozen=True)
class Removed:
    """A node that was taken out: where it stood in the list, and which exits led to it."""

    node: Node
    index: int
    led_here: tuple[tuple[str, str], ...]
    """(node id, key of the exit)."""


def leading_to(flow: Flow, node_id: str) -> Iterator[Leading]:
    """Everything that breaks when the node goes."""
    for one in flow.nodes:
        for way in agent_flow.exits(one):
            if way.to == node_id and one.id != node_id:
                yield Leading(one, way)


def add_node(
    flow: Flow,
    type_: str,
    *,
    after: str = "",
    exit_key: str = "",
    name: str = "",
    node_id: str = "",
) -> tuple[Flow, Made]:
    """A new node; with `after` it is what that node leads to.

    An exit that led elsewhere leads to the new node, and the new node goes on where the exit led. Without
    `exit_key` a start or a turn gets a new outcome.
    """
    flow = agent_flow.effective(flow)
    if len(flow.nodes) >= MAX_NODES:
        raise OperationRefused("too_many_nodes", f"A flow has at most {MAX_NODES} nodes.")
    node = _made(type_, node_id or agent_flow.new_node_id(), free_name(flow, name or NAMES.get(type_, "")))
    if agent_flow.node(flow, node.id):
        raise OperationRefused("already_there", "This node was already added.")
    if not after:
        return _with_nodes(flow, [*flow.nodes, node]), node
    before = require(flow, after)
    if not exit_key:
        flow, outcome = add_outcome(flow, after, _free_outcome(before))
        exit_key, led_to = outcome.id, None
    else:
        led_to = _exit(before, exit_key).to
    grown = _with_nodes(flow, [*flow.nodes, node])
    if led_to and agent_flow.node(flow, led_to):
        grown, node = _goes_on(grown, node, led_to)
    return connect(grown, after, exit_key, node.id), node


def connect(flow: Flow, node_id: str, exit_key: str, to: str | None) -> Flow:
    """The exit leads to `to`, or nowhere."""
    node = require(flow, node_id)
    _exit(node, exit_key)
    if to is not None and isinstance(require(flow, to), Start):
        raise OperationRefused("to_start", "Nothing can lead to the start of the conversation.")
    return _replaced(flow, _reconnected(node, {exit_key: to}))


def add_outcome(flow: Flow, node_id: str, name: str, *, to: str | None = None) -> tuple[Flow, Outcome]:
    node = require(flow, node_id)
    if not isinstance(node, Start | Turn):
        raise OperationRefused("no_outcomes", f"“{node.name}” has fixed ways on.")
    if len(node.outcomes) >= MAX_OUTCOMES:
        raise OperationRefused("too_many_outcomes", f"A node has at most {MAX_OUTCOMES} outcomes.")
    made = Outcome(id=agent_flow.new_outcome_id(), name=name)
    flow = _replaced(flow, node.model_copy(update={"outcomes": [*node.outcomes, made]}))
    return (connect(flow, node_id, made.id, to), made) if to else (flow, made)


def remove_outcome(flow: Flow, node_id: str, exit_key: str) -> Flow:
    node = require(flow, node_id)
    _exit(node, exit_key)
    if not isinstance(node, Start | Turn):
        return connect(flow, node_id, exit_key, None)
    kept = [outcome for outcome in node.outcomes if outcome.id != exit_key]
    return _replaced(flow, node.model_copy(update={"outcomes": kept}))


def configure(flow: Flow, node_id: str, content: Mapping[str, JSON]) -> Flow:
    """The node with these fields; its others stay. Raises OperationRefused for what is no node."""
    flow = agent_flow.effective(flow)
    node = require(flow, node_id)
    stored = {**node.model_dump(), **content, "id": node.id, "type": node.type}
    try:
        changed = type(node).model_validate(stored)
    except ValidationError as error:
        first = wording.problems_of(error.errors())[0]
        raise OperationRefused(first.code, f"{first.path}: {first.message}") from error
    return _replaced(flow, changed)


def remove_node(flow: Flow, node_id: str) -> tuple[Flow, Removed]:
    node = require(flow, node_id)
    if isinstance(node, Start):
        raise OperationRefused("start_stays", "The start of the conversation cannot be removed.")
    led_here = tuple((leading.node.id, leading.exit.key) for leading in leading_to(flow, node_id))
    removed = Removed(node, [one.id for one in flow.nodes].index(node_id), led_here)
    rest = _with_nodes(flow, [one for one in flow.nodes if one.id != node_id])
    for before, exit_key in led_here:
        rest = connect(rest, before, exit_key, None)
    return rest, removed


def restore_node(flow: Flow, removed: Removed) -> Flow:
    """Exactly undoes `remove_node`; exits that lead elsewhere by now stay as they are."""
    if agent_flow.node(flow, removed.node.id):
        raise OperationRefused("already_there", "The node is already back.")
    if len(flow.nodes) >= MAX_NODES:
        raise OperationRefused("too_many_nodes", f"A flow has at most {MAX_NODES} nodes.")
    nodes = [*flow.nodes[: removed.index], removed.node, *flow.nodes[removed.index :]]
    back = _with_nodes(flow, nodes)
    for before, exit_key in removed.led_here:
        if _is_open(back, before, exit_key):
            back = connect(back, before, exit_key, removed.node.id)
    return back


def dump_removed(removed: Removed) -> dict[str, JSON]:
    led_here: list[JSON] = [list(pair) for pair in removed.led_here]
    return {"node": removed.node.model_dump(), "index": removed.index, "led_here": led_here}


def parse_removed(stored: JSON) -> Removed:
    """Raises OperationRefused when it is not kept any more."""
    try:
        assert isinstance(stored, dict)
        (node,) = Flow.model_validate({"nodes": [stored["node"]]}).nodes
        index, led_here = stored["index"], stored["led_here"]
        assert isinstance(index, int)
        assert isinstance(led_here, list)
        pairs = tuple((str(pair[0]), str(pair[1])) for pair in led_here if isinstance(pair, list))
    except (AssertionError, KeyError, IndexError, ValidationError) as error:
        raise OperationRefused("not_kept", "What was deleted is no longer kept.") from error
    return Removed(node, index, pairs)


def require(flow: Flow, node_id: str) -> Node:
    node = agent_flow.node(flow, node_id)
    if node is None:
        raise OperationRefused("node_gone", "This node is no longer in the flow.")
    return node


def free_name(flow: Flow, wanted: str) -> str:
    """`Agent turn`, and `Agent turn 2` when there is one: people tell nodes apart by their names."""
    wanted = wanted.strip()[:110]
    taken = {one.name for one in flow.nodes}
    names = (wanted, *(f"{wanted} {number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _free_outcome(node: Node) -> str:
    taken = {way.label for way in agent_flow.exits(node)}
    first = ALWAYS if isinstance(node, Start) and not taken else GO_ON
    names = (first, *(f"{first} {number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _made(type_: str, node_id: str, name: str) -> Made:
    makers: Mapping[str, Callable[[], Made]] = {
        "turn": lambda: Turn(id=node_id, type="turn", name=name),
        "workflow": lambda: WorkflowNode(id=node_id, type="workflow", name=name),
        "end": lambda: End(id=node_id, type="end", name=name),
    }
    if type_ not in makers:
        raise OperationRefused("unknown_type", "Choose an agent turn, a workflow or an end.")
    try:
        return makers[type_]()
    except ValidationError as error:
        raise OperationRefused("bad_node", wording.problems_of(error.errors())[0].message) from error


def _goes_on(flow: Flow, node: Made, to: str) -> tuple[Flow, Made]:
    """A turn with one outcome; a workflow whatever comes of it. An end ends."""
    if isinstance(node, Turn):
        flow, _ = add_outcome(flow, node.id, GO_ON, to=to)
    elif isinstance(node, WorkflowNode):
        flow = _replaced(flow, _reconnected(node, dict.fromkeys(agent_flow.ENDINGS, to)))
    changed = agent_flow.node(flow, node.id)
    assert isinstance(changed, Turn | WorkflowNode | End)
    return flow, changed


def _exit(node: Node, exit_key: str) -> Exit:
    found = next((way for way in agent_flow.exits(node) if way.key == exit_key), None)
    if found is None:
        raise OperationRefused("outcome_gone", "This outcome is no longer there.")
    return found


def _is_open(flow: Flow, node_id: str, exit_key: str) -> bool:
    node = agent_flow.node(flow, node_id)
    return node is not None and any(way.key == exit_key and way.to is None for way in agent_flow.exits(node))


def _reconnected(node: Node, targets: Mapping[str, str | None]) -> Node:
    if isinstance(node, WorkflowNode):
        return node.model_copy(update={"outcomes": Exits(**{**node.outcomes.model_dump(), **targets})})
    assert isinstance(node, Start | Turn)
    outcomes = [
        outcome.model_copy(update={"to": targets[outcome.id]}) if outcome.id in targets else outcome
        for outcome in node.outcomes
    ]
    return node.model_copy(update={"outcomes": outcomes})


def _replaced(flow: Flow, node: Node) -> Flow:
    return _with_nodes(flow, [node if one.id == node.id else one for one in flow.nodes])


def _with_nodes(flow: Flow, nodes: list[Node]) -> Flow:
    return flow.model_copy(update={"nodes": nodes})
