"""What people do to a flow, one by one."""

import pytest

from workflows.definition import agent_flow, flow_operations
from workflows.definition.agent_flow import End, Flow, Start, Turn, WorkflowNode
from workflows.definition.problems import OperationRefused

START = agent_flow.START_ID


def flow_of_three() -> tuple[Flow, str, str]:
    """Start → turn → end."""
    flow, turn = flow_operations.add_node(Flow(), "turn", after=START)
    flow, end = flow_operations.add_node(flow, "end", after=turn.id)
    return flow, turn.id, end.id


def ways(flow: Flow, node_id: str) -> dict[str, str | None]:
    return {way.label: way.to for way in agent_flow.exits(flow_operations.require(flow, node_id))}


def key_of(flow: Flow, node_id: str, label: str) -> str:
    exits = agent_flow.exits(flow_operations.require(flow, node_id))
    return next(way.key for way in exits if way.label == label)


def test_the_first_node_brings_the_start_with_it() -> None:
    flow, turn = flow_operations.add_node(Flow(), "turn", after=START)

    assert [type(one) for one in flow.nodes] == [Start, Turn]
    assert ways(flow, START) == {"always": turn.id}


def test_a_node_put_into_an_exit_goes_on_where_the_exit_led() -> None:
    flow, turn, end = flow_of_three()

    flow, between = flow_operations.add_node(
        flow, "turn", after=START, exit_key=key_of(flow, START, "always")
    )
    flow, run = flow_operations.add_node(
        flow, "workflow", after=turn, exit_key=key_of(flow, turn, "Go on"), name="Look up"
    )

    assert ways(flow, START) == {"always": between.id}
    assert ways(flow, between.id) == {"Go on": turn}
    assert ways(flow, run.id) == {"succeeded": end, "failed": end, "timed out": end}
    assert [one.name for one in flow.nodes] == [
        "Conversation start",
        "Agent turn",
        "End",
        "Agent turn 2",
        "Look up",
    ]


def test_an_end_put_into_an_exit_ends() -> None:
    flow, turn, _ = flow_of_three()

    flow, end = flow_operations.add_node(flow, "end", after=turn, exit_key=key_of(flow, turn, "Go on"))

    assert ways(flow, turn) == {"Go on": end.id}
    assert ways(flow, end.id) == {}


def test_a_node_that_stands_alone_is_reached_from_nowhere() -> None:
    flow, turn = flow_operations.add_node(Flow(), "turn")

    assert list(flow_operations.leading_to(flow, turn.id)) == []


def test_an_outcome_is_connected_and_let_go() -> None:
    flow, turn, end = flow_of_three()
    flow, outcome = flow_operations.add_outcome(flow, turn, "Ask for a person")

    connected = flow_operations.connect(flow, turn, outcome.id, end)
    let_go = flow_operations.remove_outcome(connected, turn, outcome.id)

    assert ways(connected, turn) == {"Go on": end, "Ask for a person": end}
    assert ways(let_go, turn) == {"Go on": end}


def test_the_endings_of_a_workflow_are_fixed() -> None:
    flow, turn, end = flow_of_three()
    flow, run = flow_operations.add_node(flow, "workflow", after=turn)
    flow = flow_operations.connect(flow, run.id, "failed", end)

    flow = flow_operations.remove_outcome(flow, run.id, "failed")

    assert ways(flow, run.id) == {"succeeded": None, "failed": None, "timed out": None}
    with pytest.raises(OperationRefused):
        flow_operations.add_outcome(flow, run.id, "Another")


def test_configuring_changes_only_what_it_names() -> None:
    flow, turn, _ = flow_of_three()

    changed = flow_operations.configure(flow, turn, {"name": "Find the need", "script": "Hello."})

    node = flow_operations.require(changed, turn)
    assert isinstance(node, Turn)
    assert (node.name, node.script, len(node.outcomes)) == ("Find the need", "Hello.", 1)


def test_a_removed_node_leaves_open_ends_and_comes_back_with_them() -> None:
    flow, turn, end = flow_of_three()

    rest, removed = flow_operations.remove_node(flow, turn)

    assert ways(rest, START) == {"always": None}
    stored = flow_operations.dump_removed(removed)
    assert flow_operations.restore_node(rest, flow_operations.parse_removed(stored)) == flow
    assert [leading.node.id for leading in flow_operations.leading_to(flow, end)] == [turn]


def test_an_exit_that_was_reconnected_meanwhile_stays_so() -> None:
    flow, turn, end = flow_of_three()
    rest, removed = flow_operations.remove_node(flow, turn)
    rest = flow_operations.connect(rest, START, key_of(rest, START, "always"), end)

    assert ways(flow_operations.restore_node(rest, removed), START) == {"always": end}


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("start_stays", lambda flow, turn: flow_operations.remove_node(flow, START)),
        ("node_gone", lambda flow, turn: flow_operations.remove_node(flow, "n_nobody001")),
        (
            "to_start",
            lambda flow, turn: flow_operations.connect(flow, turn, key_of(flow, turn, "Go on"), START),
        ),
        ("outcome_gone", lambda flow, turn: flow_operations.connect(flow, turn, "o_nothing001", None)),
        ("unknown_type", lambda flow, turn: flow_operations.add_node(flow, "start")),
        ("already_there", lambda flow, turn: flow_operations.add_node(flow, "turn", node_id=turn)),
        ("too_long", lambda flow, turn: flow_operations.configure(flow, turn, {"name": "x" * 121})),
        ("unknown_field", lambda flow, turn: flow_operations.configure(flow, turn, {"colour": "red"})),
        ("not_kept", lambda flow, turn: flow_operations.parse_removed({"node": {"type": "dance"}})),
    ],
)
def test_what_cannot_be_done_is_refused(code: str, refused: object) -> None:
    flow, turn, _ = flow_of_three()

    with pytest.raises(OperationRefused) as refusal:
        refused(flow, turn)  # type: ignore[operator]

    assert refusal.value.code == code


def test_a_flow_does_not_grow_for_ever() -> None:
    nodes = [Start(id=START, type="start", name="Hello")]
    more = [End(id=f"n_{number:08}", type="end", name=str(number)) for number in range(199)]
    flow = Flow(nodes=[*nodes, *more])

    with pytest.raises(OperationRefused, match="200"):
        flow_operations.add_node(flow, "turn")


def test_types_of_nodes_have_names() -> None:
    made = [flow_operations.add_node(Flow(), type_)[1] for type_ in flow_operations.NAMES]

    assert [type(one) for one in made] == [Turn, WorkflowNode, End]
