"""Whatever people do to a flow, in any order: it can be stored, exits lead to nodes, and undo is exact."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.definition import agent_document, agent_flow, flow_operations
from workflows.definition.agent_flow import Flow, Start, Turn
from workflows.definition.flow_operations import Removed
from workflows.definition.problems import OperationRefused

TYPES = ("turn", "workflow", "end")
VERBS = ("add", "insert", "connect", "outcome", "let go", "rename", "remove", "restore")


@dataclass(frozen=True)
class Edit:
    """Numbers stand for nodes and exits; they are taken modulo how many there are."""

    verb: str
    node: int
    other: int


EDITS = st.lists(st.builds(Edit, st.sampled_from(VERBS), st.integers(0, 40), st.integers(0, 40)), max_size=30)


class Desk:
    """A flow under edit, with the last removed node at hand."""

    def __init__(self) -> None:
        self.flow = agent_flow.effective(Flow())
        self.removed: Removed | None = None

    def apply(self, edit: Edit) -> None:
        nodes = self.flow.nodes
        node, other = nodes[edit.node % len(nodes)], nodes[edit.other % len(nodes)]
        exits = agent_flow.exits(node)
        key = exits[edit.other % len(exits)].key if exits else ""
        match edit.verb:
            case "add":
                self.flow, _ = flow_operations.add_node(self.flow, TYPES[edit.other % 3])
            case "insert":
                type_ = TYPES[edit.other % 3]
                self.flow, _ = flow_operations.add_node(self.flow, type_, after=node.id, exit_key=key)
            case "connect":
                self.flow = flow_operations.connect(self.flow, node.id, key, other.id)
            case "outcome":
                self.flow, _ = flow_operations.add_outcome(
                    self.flow, node.id, f"Way {edit.other}", to=other.id
                )
            case "let go":
                self.flow = flow_operations.remove_outcome(self.flow, node.id, key)
            case "rename":
                self.flow = flow_operations.configure(self.flow, node.id, {"name": f"Node {edit.other}"})
            case "remove":
                self.flow, self.removed = flow_operations.remove_node(self.flow, node.id)
            case "restore" if self.removed:
                self.flow, self.removed = flow_operations.restore_node(self.flow, self.removed), None


def edited(edits: list[Edit]) -> Desk:
    desk = Desk()
    for edit in edits:
        before = desk.flow
        try:
            desk.apply(edit)
        except OperationRefused:
            assert desk.flow == before
    return desk


@settings(max_examples=150, deadline=None)
@given(EDITS)
def test_the_flow_can_be_stored_and_every_exit_leads_to_a_node_or_nowhere(edits: list[Edit]) -> None:
    flow = edited(edits).flow

    stored = agent_document.parse({"schema": 1, "name": "Mia", "flow": flow.model_dump()})
    assert stored.flow == flow
    assert sum(isinstance(one, Start) for one in flow.nodes) == 1
    ids = {one.id for one in flow.nodes if not isinstance(one, Start)}
    assert all(way.to is None or way.to in ids for one in flow.nodes for way in agent_flow.exits(one))


@settings(max_examples=100, deadline=None)
@given(EDITS, st.integers(0, 40))
def test_removing_and_restoring_any_node_changes_nothing(edits: list[Edit], which: int) -> None:
    flow = edited(edits).flow
    node = flow.nodes[which % len(flow.nodes)]
    if isinstance(node, Start):
        return

    rest, removed = flow_operations.remove_node(flow, node.id)

    assert agent_flow.node(rest, node.id) is None
    assert not list(flow_operations.leading_to(rest, node.id))
    assert flow_operations.restore_node(rest, removed) == flow


@settings(max_examples=100, deadline=None)
@given(EDITS, st.integers(0, 40), st.integers(0, 40))
def test_a_turn_put_into_any_exit_takes_the_conversation_where_it_went_before(
    edits: list[Edit], which: int, exit_number: int
) -> None:
    flow = edited(edits).flow
    node = flow.nodes[which % len(flow.nodes)]
    exits = agent_flow.exits(node)
    if not exits:
        return
    way = exits[exit_number % len(exits)]

    longer, turn = flow_operations.add_node(flow, "turn", after=node.id, exit_key=way.key)

    assert isinstance(turn, Turn)
    changed = {found.key: found.to for found in agent_flow.exits(flow_operations.require(longer, node.id))}
    assert changed[way.key] == turn.id
    assert [on.to for on in agent_flow.exits(flow_operations.require(longer, turn.id))] == (
        [way.to] if way.to else []
    )
