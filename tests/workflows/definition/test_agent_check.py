"""What is wrong with an agent, where is it said, and does it keep the agent from going live?"""

from typing import Any

import pytest

from tests.workflows.definition.test_agent_flow import START, TURN, outcome
from workflows.definition import agent_check, agent_document
from workflows.definition.agent_check import KnownWorkflow, Surroundings

LIVE = KnownWorkflow("id-live", "look_up", is_live=True, spoken=("order_number",))
DRAFT = KnownWorkflow("id-draft", "refund", is_live=False)
AROUND = Surroundings({LIVE.id: LIVE, DRAFT.id: DRAFT}, frozenset({"id-provider"}))
END = {"id": "n_bye000001", "type": "end", "name": "Bye"}
RUN = {"id": "n_lookup001", "type": "workflow", "name": "Look up", "workflow": "id-live"}
EVERYWHERE = {"succeeded": END["id"], "failed": END["id"], "timed_out": END["id"]}


def found(**document: Any) -> list[tuple[str, str, str]]:
    definition = agent_document.parse({"schema": 1, "name": "Mia", **document})
    problems = agent_check.check(definition, AROUND)
    return [(problem.path, problem.code, problem.severity) for problem in problems]


def in_flow(*nodes: dict[str, Any]) -> list[tuple[str, str, str]]:
    return found(flow={"nodes": list(nodes)})


def start_to(node_id: str) -> dict[str, Any]:
    return {**START, "outcomes": [outcome(1, node_id)]}


def test_a_flow_from_start_to_end_has_no_problem() -> None:
    turn = {**TURN, "outcomes": [outcome(2, RUN["id"])]}

    assert in_flow(start_to(TURN["id"]), turn, {**RUN, "outcomes": EVERYWHERE}, END) == []


def test_an_agent_without_a_flow_has_no_problem() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("nodes", "problem"),
    [
        ([start_to(END["id"]), END, TURN], ("flow.nodes[2]", "unreachable", "warning")),
        (
            [{**START, "outcomes": [outcome(1, END["id"]), outcome(2)]}, END],
            ("flow.nodes[0].outcomes", "leads_nowhere", "warning"),
        ),
        ([start_to("n_gone00001"), END], ("flow.nodes[0].outcomes", "unknown_node", "error")),
        ([start_to(START["id"])], ("flow.nodes[0].outcomes", "to_start", "error")),
        ([start_to(TURN["id"]), TURN], ("flow.nodes", "no_end", "warning")),
        (
            [start_to(RUN["id"]), {**RUN, "workflow": None, "outcomes": EVERYWHERE}, END],
            ("flow.nodes[1].workflow", "required", "error"),
        ),
        (
            [start_to(RUN["id"]), {**RUN, "workflow": "id-other", "outcomes": EVERYWHERE}, END],
            ("flow.nodes[1].workflow", "unknown_workflow", "error"),
        ),
        (
            [start_to(RUN["id"]), {**RUN, "workflow": "id-draft", "outcomes": EVERYWHERE}, END],
            ("flow.nodes[1].workflow", "not_live", "warning"),
        ),
        (
            [start_to(RUN["id"]), {**RUN, "input": {"colour": "red"}, "outcomes": EVERYWHERE}, END],
            ("flow.nodes[1].input.colour", "unknown_variable", "warning"),
        ),
        (
            [start_to(END["id"]), {**END, "mode": "transfer"}],
            ("flow.nodes[1].destination", "required", "error"),
        ),
        (
            [{**start_to(END["id"]), "strict_replies": True}, END],
            ("flow.nodes[0].suggested_replies", "required", "error"),
        ),
        (
            [
                start_to(RUN["id"]),
                {**RUN, "outcomes": dict.fromkeys(EVERYWHERE, RUN["id"])},
            ],
            ("flow.nodes[1]", "circle", "error"),
        ),
    ],
)
def test_what_is_wrong_in_a_flow_is_said_at_its_place(
    nodes: list[dict[str, Any]], problem: tuple[str, str, str]
) -> None:
    assert problem in in_flow(*nodes)


def test_a_workflow_that_can_be_left_is_no_circle() -> None:
    looping = {**RUN, "outcomes": {**EVERYWHERE, "failed": RUN["id"]}}

    assert in_flow(start_to(RUN["id"]), looping, END) == []


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("Call @look_up, and say hello to {{ variables.name }} on {{ conversation.channel }}.", []),
        ("{{ conversation.customer.name }} {{ now }} {{ session.cart }}", []),
        ("Write to mia@shop.example.", []),
        ("Use @refund.", [("not_live", "warning")]),
        ("Use @nothing, @nothing!", [("unknown_workflow", "error")]),
        ("{{ variables.other }}", [("undefined_name", "warning")]),
        ("{{ secure.customer_id }}", [("not_here", "error")]),
        ("{{ secrets.KEY }}", [("not_here", "error")]),
        ("{{ steps.a.output }}", [("not_here", "error")]),
        ("{{ conversation.transcript_text }}", [("not_here", "error")]),
        ("{{ conversation.customer.email }}", [("not_here", "error")]),
        ("{{ variables.name", [("token_syntax", "error")]),
    ],
)
def test_texts_mention_live_workflows_and_what_an_agent_may_know(
    text: str, problems: list[tuple[str, str]]
) -> None:
    everywhere: dict[str, dict[str, Any]] = {
        "persona": {"persona": text},
        "objective": {"objective": text},
        "rules.call": {"rules": {"call": text}},
        "flow.nodes[0].message.inbound": {
            "flow": {"nodes": [{**start_to(END["id"]), "message": {"inbound": text}}, END]}
        },
        "flow.nodes[1].message": {"flow": {"nodes": [start_to(END["id"]), {**END, "message": text}]}},
    }
    for path, document in everywhere.items():
        given = [{"name": "name"}]
        assert found(variables=given, **document) == [(path, *problem) for problem in problems]


def test_a_connection_of_another_workspace_is_none() -> None:
    model = {"provider": "openai", "connection": "id-provider"}

    assert found(model=model) == []
    assert found(model={**model, "connection": "id-foreign"}) == [
        ("model.connection", "unknown_connection", "error")
    ]
