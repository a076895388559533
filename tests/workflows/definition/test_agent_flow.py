"""Which flows can be read, and what do the small helpers say about one?"""

from typing import Any

import pytest

from workflows.definition import agent_document, agent_flow
from workflows.definition.problems import StructureInvalid

START = {"id": "n_start0001", "type": "start", "name": "Hello"}
TURN = {"id": "n_need00001", "type": "turn", "name": "Find the need"}


def outcome(number: int, to: str | None = None, **over: Any) -> dict[str, Any]:
    return {"id": f"o_{number:09}", "name": f"Way {number}", "to": to, **over}


def parse(*nodes: dict[str, Any]) -> agent_flow.Flow:
    return agent_document.parse({"schema": 1, "name": "Mia", "flow": {"nodes": list(nodes)}}).flow


def paths_of(*nodes: dict[str, Any]) -> list[str]:
    with pytest.raises(StructureInvalid) as refused:
        parse(*nodes)
    return [problem.path for problem in refused.value.problems]


def test_a_flow_without_nodes_is_walked_from_a_start() -> None:
    flow = parse()

    assert flow.nodes == []
    assert [node.type for node in agent_flow.effective(flow).nodes] == ["start"]
    assert agent_flow.start_of(flow).id == agent_flow.START_ID


def test_every_type_of_node_tells_its_ways_on() -> None:
    workflow = {
        "id": "n_lookup001",
        "type": "workflow",
        "name": "Look up",
        "outcomes": {"succeeded": "n_bye000001"},
    }
    end = {"id": "n_bye000001", "type": "end", "name": "Bye"}
    flow = parse(START, {**TURN, "outcomes": [outcome(1, "n_lookup001"), outcome(2)]}, workflow, end)

    ways = {node.id: [(way.label, way.to) for way in agent_flow.exits(node)] for node in flow.nodes}

    assert ways == {
        "n_start0001": [],
        "n_need00001": [("Way 1", "n_lookup001"), ("Way 2", None)],
        "n_lookup001": [("succeeded", "n_bye000001"), ("failed", None), ("timed out", None)],
        "n_bye000001": [],
    }
    assert agent_flow.node(flow, "n_bye000001") == flow.nodes[3]
    assert agent_flow.node(flow, "n_nobody001") is None


@pytest.mark.parametrize(
    ("nodes", "path"),
    [
        ([TURN], "flow.nodes"),
        ([START, {**START, "id": "n_start0002"}], "flow.nodes[1].type"),
        ([START, {**TURN, "id": START["id"]}], "flow.nodes[1].id"),
        ([{**START, "outcomes": [outcome(1), outcome(1)]}], "flow.nodes[0].outcomes[1].id"),
        ([{**START, "colour": "red"}], "flow.nodes[0].colour"),
        ([START, {**TURN, "type": "dance"}], "flow.nodes[1]"),
        ([START, {**TURN, "id": "n_x"}], "flow.nodes[1].id"),
        ([START, {**TURN, "name": "  "}], "flow.nodes[1].name"),
        ([START, {**TURN, "outcomes": [outcome(1, "elsewhere")]}], "flow.nodes[1].outcomes[0].to"),
        ([{**START, "outcomes": [outcome(n) for n in range(21)]}], "flow.nodes[0].outcomes"),
        ([{**START, "suggested_replies": ["x" * 81]}], "flow.nodes[0].suggested_replies[0]"),
        ([{**START, "suggested_replies": ["x"] * 11}], "flow.nodes[0].suggested_replies"),
        (
            [START, {"id": "n_run000001", "type": "workflow", "name": "Run", "workflow": 7}],
            "flow.nodes[1].workflow",
        ),
        ([START, *({**TURN, "id": f"n_{n:08}"} for n in range(200))], "flow.nodes"),
    ],
)
def test_what_is_no_flow_is_refused_at_its_place(nodes: list[dict[str, Any]], path: str) -> None:
    assert paths_of(*nodes) == [path]


def test_new_ids_are_ones_that_a_flow_takes() -> None:
    node_id, outcome_id = agent_flow.new_node_id(), agent_flow.new_outcome_id()

    flow = parse({**START, "id": node_id, "outcomes": [outcome(1, node_id, id=outcome_id)]})

    assert agent_flow.exits(flow.nodes[0])[0].key == outcome_id
    assert agent_flow.new_node_id() != node_id
