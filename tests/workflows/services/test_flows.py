"""A flow is changed by ids: parallel changes all survive, and what was removed comes back."""

import pytest

from connectors.declare import JSON
from tests.support.make import make_agent
from workflows.definition import agent_flow
from workflows.definition.problems import OperationRefused
from workflows.errors import StaleDraft
from workflows.models import Agent
from workflows.services import flows
from workflows.services.flows import NewTarget
from workspaces.services.audit import Actor

pytestmark = pytest.mark.django_db

ADA = Actor(name="Ada")
START = agent_flow.START_ID


def names(agent: Agent) -> list[str]:
    return [node["name"] for node in Agent.objects.get(pk=agent.pk).draft["flow"]["nodes"]]


def test_two_people_who_add_at_the_same_place_both_have_their_node() -> None:
    agent = make_agent()

    flows.add_node(agent, "turn", after=START, name="Ask", by=ADA)
    flows.add_node(agent, "end", after=START, name="Bye", by=ADA)

    assert names(agent) == ["Conversation start", "Ask", "Bye"]
    assert len(Agent.objects.get().draft["flow"]["nodes"][0]["outcomes"]) == 2


def test_a_node_is_saved_with_the_targets_that_its_outcomes_ask_for() -> None:
    agent, turn = flows.add_node(make_agent(), "turn", after=START, by=ADA)
    outcome: JSON = {"id": "o_refund0001", "name": "Refund", "description": "", "to": None}

    agent, made = flows.save_node(
        agent,
        turn.id,
        {"name": "Find the need", "outcomes": [outcome]},
        new_targets=[NewTarget("o_refund0001", "workflow")],
        revision=agent.draft_revision,
        by=ADA,
    )

    assert names(agent) == ["Conversation start", "Find the need", "Run workflow"]
    assert agent.draft["flow"]["nodes"][1]["outcomes"][0]["to"] == made[0].id


def test_a_node_that_somebody_else_saved_is_not_overwritten() -> None:
    agent, turn = flows.add_node(make_agent(), "turn", after=START, by=ADA)
    _, other = flows.add_node(agent, "end", after=turn.id, by=ADA)
    flows.save_node(agent, other.id, {"message": "Bye."}, revision=3, by=ADA)

    with pytest.raises(StaleDraft):
        flows.save_node(agent, other.id, {"message": "Ciao."}, revision=3, by=ADA)
    flows.save_node(agent, turn.id, {"script": "Hello."}, revision=3, by=ADA)


def test_a_removed_node_comes_back() -> None:
    agent, turn = flows.add_node(make_agent(), "turn", after=START, by=ADA)
    before = agent.draft["flow"]

    _, change = flows.remove_node(agent, turn.id, by=ADA)
    assert names(agent) == ["Conversation start"]
    agent = flows.restore_node(agent, change, by=ADA)

    assert agent.draft["flow"] == before
    with pytest.raises(OperationRefused):
        flows.restore_node(agent, change, by=ADA)


def test_the_start_stays() -> None:
    agent, _ = flows.add_node(make_agent(), "turn", after=START, by=ADA)

    with pytest.raises(OperationRefused, match="cannot be removed"):
        flows.remove_node(agent, START, by=ADA)
