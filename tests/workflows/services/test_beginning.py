"""A workflow begins from a template: with a free name, its connections, and what its agent has to ask."""

import pytest

from tests.support.make import make_agent, make_connection, make_workflow
from workflows import selectors
from workflows.errors import DefinitionInvalid
from workflows.gallery import templates
from workflows.models import DraftChange, Workflow
from workflows.services import beginning
from workspaces.models import Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
BY = audit.system("test")


def test_it_is_a_draft_that_holds_what_the_file_holds(workspace: Workspace) -> None:
    template = templates()["order-status"]

    workflow = beginning.begin(make_agent(workspace), template, connections={}, by=BY).workflow

    assert workflow.live_version is None
    assert selectors.definition(workflow) == template.definition


def test_a_name_that_is_taken_gets_a_number(workspace: Workspace) -> None:
    agent = make_agent(workspace)

    made = [
        beginning.begin(agent, templates()["order-status"], connections={}, by=BY).workflow for _ in range(3)
    ]

    assert [one.name for one in made] == ["look_up_order", "look_up_order_2", "look_up_order_3"]
    assert [one.draft["settings"]["name"] for one in made] == [one.name for one in made]


def test_a_connection_reaches_its_steps_in_branches_too(workspace: Workspace) -> None:
    mail = str(make_connection(workspace, "email").pk)

    workflow = beginning.begin(
        make_agent(workspace), templates()["send-a-link"], connections={"send_mail": mail}, by=BY
    ).workflow

    wrong = [(one.code, one.message) for one in selectors.problems(workflow) if one.is_error]
    assert [code for code, _ in wrong] == ["needs_connection"]
    assert "REST API" in wrong[0][1]


def test_the_agent_asks_what_the_steps_want_to_know(workspace: Workspace) -> None:
    known = {"name": "Solved", "key": "resolved", "type": "boolean", "description": "Ours.", "choices": []}
    agent = make_agent(workspace, analysis=[known])

    begun = beginning.begin(agent, templates()["ticket"], connections={}, by=BY)

    agent.refresh_from_db()
    assert begun.asked == ("Topic",)
    asked = selectors.agent_definition(agent).analysis
    assert [(item.key, item.name) for item in asked] == [("resolved", "Solved"), ("topic", "Topic")]


def test_a_second_post_conversation_workflow_is_refused_and_nothing_is_stored(workspace: Workspace) -> None:
    agent = make_agent(workspace)
    make_workflow(agent, "After", "post_conversation")

    with pytest.raises(DefinitionInvalid):
        beginning.begin(agent, templates()["ticket"], connections={}, by=BY)

    agent.refresh_from_db()
    assert agent.draft["analysis"] == []
    assert Workflow.objects.get(agent=agent).name == "After"


def test_replacing_its_draft_keeps_what_it_was(workspace: Workspace) -> None:
    agent = make_agent(workspace)
    before = make_workflow(agent, "After", "post_conversation")

    begun = beginning.begin(agent, templates()["ticket"], connections={}, is_replacing=True, by=BY).workflow

    assert begun.pk == before.pk
    kept = DraftChange.objects.filter(workflow=begun).order_by("-revision").first()
    assert kept is not None
    assert kept.before == before.draft


def test_an_action_workflow_never_replaces_one(workspace: Workspace) -> None:
    agent = make_agent(workspace)
    after = make_workflow(agent, "After", "post_conversation")

    begun = beginning.begin(agent, templates()["refund"], connections={}, is_replacing=True, by=BY).workflow

    assert begun.pk != after.pk
