"""An agent's page and the workflows that belong to it."""

from django.test import Client

from tests.support.make import make_agent, make_published_workflow, make_step
from workflows.models import Workflow
from workflows.services import drafting
from workspaces.models import User, Workspace
from workspaces.services import audit


def test_the_cards_show_state_and_steps(client: Client, workspace: Workspace) -> None:
    agent = make_agent(workspace)
    workflow = make_published_workflow(agent, "look_up", description="Finds it.")

    page = client.get(f"/agents/{agent.pk}/").content.decode()

    assert f'href="/workflows/{workflow.pk}/"' in page
    assert "Live v1" in page
    assert "Finds it." in page
    assert "Flow control" in page


def test_a_changed_draft_shows_on_its_card(client: Client, workspace: Workspace) -> None:
    agent = make_agent(workspace)
    workflow = make_published_workflow(agent, "look_up")
    drafting.remove_step(workflow, make_step()["id"], by=audit.system("test"))

    assert "Unpublished changes" in client.get(f"/agents/{agent.pk}/").content.decode()


def test_adding_an_action_workflow_opens_the_builder(client: Client, workspace: Workspace) -> None:
    agent = make_agent(workspace)

    first = client.post(f"/agents/{agent.pk}/workflows/", {"kind": "action"})
    client.post(f"/agents/{agent.pk}/workflows/", {"kind": "action"})

    names = Workflow.objects.filter(agent=agent).order_by("name").values_list("name", flat=True)
    assert list(names) == ["new_action", "new_action_2"]
    assert "Workflow settings" in client.get(first["Location"]).content.decode()


def test_there_is_one_post_conversation_workflow(client: Client, workspace: Workspace) -> None:
    agent = make_agent(workspace)

    for _ in range(2):
        client.post(f"/agents/{agent.pk}/workflows/", {"kind": "post_conversation"})

    assert Workflow.objects.filter(agent=agent).count() == 1


def test_the_switch_goes_live_when_nothing_else_waits(client: Client, workflow: Workflow) -> None:
    response = client.post(f"/workflows/{workflow.pk}/switch/", {"enabled": "no"})

    workflow.refresh_from_db()
    assert response["Location"] == f"/agents/{workflow.agent_id}/"
    assert workflow.live_version is not None
    assert workflow.live_version.definition["settings"]["enabled"] is False


def test_the_switch_asks_when_other_changes_wait(client: Client, workflow: Workflow) -> None:
    drafting.remove_step(workflow, workflow.draft["steps"][0]["id"], by=audit.system("test"))

    response = client.post(f"/workflows/{workflow.pk}/switch/", {"enabled": "no"})

    workflow.refresh_from_db()
    assert response["Location"] == f"/workflows/{workflow.pk}/changes/"
    assert workflow.live_version is not None
    assert workflow.live_version.definition["settings"]["enabled"] is True


def test_an_action_workflow_has_no_switch(client: Client, workspace: Workspace) -> None:
    workflow = make_published_workflow(make_agent(workspace), "look_up")

    response = client.post(f"/workflows/{workflow.pk}/switch/", {"enabled": "yes"})

    assert response.status_code == 404


def test_a_viewer_sees_no_buttons(viewer: User, workspace: Workspace) -> None:
    agent = make_agent(workspace)
    client = Client()
    client.force_login(viewer)

    assert "Add action workflow" not in client.get(f"/agents/{agent.pk}/").content.decode()
