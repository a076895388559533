"""Where does a conversation go in its flow? Pure: nodes and outcomes in, the next node out."""

from collections.abc import Iterator, Mapping

from connectors.llm.port import LEAVE, Outcome
from workflows.definition import agent_flow
from workflows.definition.agent_flow import Flow, Node, Start, Turn, WorkflowNode

MOST_MOVES = 12
"""In one turn: a flow may lead in a circle."""


def at(flow: Flow, node_id: str) -> Node:
    """Where a conversation stands; if that node is gone, at the start."""
    whole = agent_flow.effective(flow)
    return agent_flow.node(whole, node_id) or agent_flow.start_of(whole)


def greeting(start: Start, direction: str) -> str:
    """An outbound one that is not written is the inbound one."""
    return (start.message.outbound if direction == "outbound" else "").strip() or start.message.inbound


def next_of(flow: Flow, node: Node, key: str) -> Node | None:
    """None: this way leads nowhere yet."""
    to = next((one.to for one in agent_flow.exits(node) if one.key == key), None)
    return agent_flow.node(agent_flow.effective(flow), to) if to else None


def offered(flow: Flow, node: Node) -> tuple[Outcome, ...]:
    """The outcomes that a model may take here: those that lead somewhere."""
    if isinstance(node, WorkflowNode):
        return (LEAVING,)
    if not isinstance(node, Start | Turn):
        return ()
    return tuple(
        Outcome(key=one.id, name=one.name, description=one.description)
        for one in node.outcomes
        if next_of(flow, node, one.id)
    )


LEAVING = Outcome(
    key=LEAVE,
    name="Something else",
    description="The person wants something else, or does not want this any more.",
)


def only_way(flow: Flow, node: Node) -> Node | None:
    """A start with one outcome goes on without asking."""
    ways = offered(flow, node)
    return next_of(flow, node, ways[0].key) if isinstance(node, Start) and len(ways) == 1 else None


def back_from(flow: Flow, node: Node) -> Node:
    """Where it goes on when a workflow's way leads nowhere: at what leads to the workflow, or the start."""
    return next(_leading_to(flow, node), None) or agent_flow.start_of(flow)


def _leading_to(flow: Flow, node: Node) -> Iterator[Node]:
    for other in agent_flow.effective(flow).nodes:
        if isinstance(other, Turn) and any(way.to == node.id for way in agent_flow.exits(other)):
            yield other


def exit_of(result: Mapping[str, object]) -> str:
    """By which of its ways a workflow's node is left, from what the call answered."""
    if result.get("ok"):
        return "succeeded"
    return "timed_out" if result.get("error_code") == "timed_out" else "failed"
