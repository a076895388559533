"""An agent goes out as a file, comes in again anywhere, and has a twin; nothing foreign comes with it."""

import copy
from typing import Any

import pytest

from tests.support.make import (
    make_agent,
    make_connection,
    make_published_workflow,
    make_step,
    make_workflow,
    make_workspace,
)
from workflows import selectors
from workflows.errors import DefinitionInvalid
from workflows.models import Agent, Workflow
from workflows.selectors import State
from workflows.services import agent_copies, flows
from workspaces.services.audit import Actor

pytestmark = pytest.mark.django_db

ADA = Actor(name="Ada")


def mia() -> Agent:
    """With an action workflow that her flow runs, and one after the conversation that calls a shop."""
    agent = make_agent(persona="Call @look_up.", name="Mia")
    look_up = make_published_workflow(agent, "look_up", description="Finds it.")
    shop = make_connection(agent.workspace)
    request = make_step(
        "call", action="rest.request@1", connection=str(shop.pk), inputs={"method": "GET", "path": "/"}
    )
    make_workflow(agent, "After", "post_conversation", steps=[request])
    content = {"workflow": str(look_up.pk)}
    flows.add_node(agent, "workflow", after="n_start0001", content=content, by=ADA)
    return Agent.objects.get(pk=agent.pk)


def test_what_goes_out_comes_in_as_the_same_agent_elsewhere() -> None:
    agent = mia()

    imported = agent_copies.bring_in(make_workspace(), agent_copies.export(agent), by=ADA)

    twin = imported.agent
    look_up = Workflow.objects.get(agent=twin, kind="action")
    assert (twin.name, twin.draft["persona"], imported.is_live) == ("Mia", "Call @look_up.", True)
    assert twin.draft["flow"]["nodes"][1]["workflow"] == str(look_up.pk)
    assert twin.references == {"look_up": str(look_up.pk)}
    assert selectors.state(look_up) == State.DRAFT_ONLY
    after = Workflow.objects.get(agent=twin, kind="post_conversation")
    assert after.draft["steps"][0]["connection"] is None
    assert imported.without_connection == 1


def test_at_home_connections_stay() -> None:
    agent = mia()

    twin = agent_copies.clone(agent, by=ADA)

    assert (twin.name, twin.workspace) == ("Mia (copy)", agent.workspace)
    after = Workflow.objects.get(agent=twin, kind="post_conversation")
    assert after.draft["steps"] == Workflow.objects.get(agent=agent, kind=after.kind).draft["steps"]
    assert agent_copies.clone(agent, by=ADA).name == "Mia (copy 2)"


def test_workflows_that_call_each_other_call_the_new_ones() -> None:
    agent = make_agent()
    inner = make_workflow(agent, "inner")
    note = make_step("note", value=f"{inner.pk}")
    make_workflow(agent, "outer", steps=[note])

    twin = agent_copies.clone(agent, by=ADA)

    ids = {one.name: str(one.pk) for one in Workflow.objects.filter(agent=twin)}
    outer = Workflow.objects.get(agent=twin, name="outer")
    assert outer.draft["steps"][0]["inputs"]["values"][0]["value"] == ids["inner"]


def test_an_agent_with_errors_comes_in_as_a_draft() -> None:
    content = agent_copies.export(make_agent())
    content["agent"]["persona"] = "Call @nothing."  # type: ignore[index,call-overload]

    imported = agent_copies.bring_in(make_workspace(), content, by=ADA)

    assert not imported.is_live
    assert selectors.agent_state(imported.agent) == State.DRAFT_ONLY


def changed(content: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    copied = copy.deepcopy(content)
    place: Any = copied
    *parents, last = path.split("/")
    for parent in parents:
        place = place[int(parent) if parent.isdecimal() else parent]
    place[last] = value
    return copied


@pytest.mark.parametrize(
    ("place", "value", "path"),
    [
        ("colour", "red", "colour"),
        ("format", "other", "format"),
        ("schema", 2, "schema"),
        ("agent/colour", "red", "agent.colour"),
        ("agent/rules/sms", "x", "agent.rules.sms"),
        ("agent/flow/nodes/1/colour", "red", "agent.flow.nodes[1].colour"),
        ("workflows/0/colour", "red", "workflows[0].colour"),
        ("workflows/0/kind", "other", "workflows[0].kind"),
        ("workflows/0/document/colour", "red", "workflows[0].document.colour"),
        ("workflows/0/document/steps/0/action", "no.such@1", "workflows[0].document.steps[0].action"),
    ],
)
def test_what_is_unknown_is_refused_with_its_path_and_nothing_is_stored(
    place: str, value: object, path: str
) -> None:
    content = changed(agent_copies.export(mia()), place, value)
    before = (Agent.objects.count(), Workflow.objects.count())

    with pytest.raises(DefinitionInvalid) as refused:
        agent_copies.bring_in(make_workspace(), content, by=ADA)

    assert [problem.path for problem in refused.value.problems] == [path]
    assert (Agent.objects.count(), Workflow.objects.count()) == before


@pytest.mark.parametrize("content", [None, [], "agent", {}, {"format": "parley.agent"}, {"a": "\ud800"}])
def test_what_is_no_agent_at_all_is_refused(content: Any) -> None:
    with pytest.raises(DefinitionInvalid):
        agent_copies.bring_in(make_workspace(), content, by=ADA)


def test_two_workflows_of_one_id_are_refused() -> None:
    content: Any = agent_copies.export(mia())
    content["workflows"].append(content["workflows"][0])

    with pytest.raises(DefinitionInvalid, match="twice"):
        agent_copies.bring_in(make_workspace(), content, by=ADA)


def test_a_file_holds_no_secret_and_no_connection_setting() -> None:
    text = str(agent_copies.export(mia()))

    assert "base_url" not in text
    assert "127.0.0.1" not in text
