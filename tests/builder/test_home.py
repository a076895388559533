"""The first page, and the list of agents."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.support.make import make_agent, make_conversation, make_published_workflow, make_workspace
from tests.support.runs import make_version, rung, set_values, start_run, step
from workflows.engine.advancing import advance
from workflows.models import Run
from workspaces.models import Role, User, Workspace


def test_home_shows_the_agents_of_the_one_workspace(client: Client, workspace: Workspace) -> None:
    make_agent(workspace, "Mia")

    assert "Mia" in client.get("/").content.decode()


def test_what_a_chat_is_told_has_its_places_on_home(client: Client, workspace: Workspace) -> None:
    make_agent(workspace)

    page = client.get("/").content.decode()

    for name in ("turns", "typing", "underway", "place", "tail", "problem"):
        assert f'id="chat-{name}"' in page, name


def test_several_workspaces_are_offered(client: Client, editor: User) -> None:
    make_workspace("second", name="Second").memberships.create(user=editor, role=Role.VIEWER)

    page = client.get("/").content.decode()

    assert "Your workspaces" in page
    assert "/w/second/" in page


def test_somebody_without_a_workspace_is_told_so(client: Client, editor: User) -> None:
    editor.memberships.all().delete()

    assert "not a member of any workspace" in client.get("/").content.decode()


def test_an_agent_is_created_with_its_first_version(client: Client, workspace: Workspace) -> None:
    response = client.post("/w/acme/agents/", {"name": "Mia", "objective": "Helps."})

    page = client.get(response["Location"]).content.decode()
    assert response.status_code == 302
    assert "Mia" in page
    assert "Helps." in page


def test_an_agent_without_a_name_is_refused(client: Client, workspace: Workspace) -> None:
    response = client.post("/w/acme/agents/", {"name": "", "objective": "Kept text"})

    assert response.status_code == 422
    assert "Kept text" in response.content.decode()


def test_a_viewer_creates_no_agent(viewer: User) -> None:
    client = Client()
    client.force_login(viewer)

    assert client.post("/w/acme/agents/", {"name": "Mia"}).status_code == 403
    assert "Create agent" not in client.get("/w/acme/agents/").content.decode()


def test_home_asks_as_much_for_many_as_for_one(
    client: Client, workspace: Workspace, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ("Mia", "Max", "Moe"):
        make_published_workflow(make_agent(workspace, name))

    client.get("/")  # notes in the session what is ticked in the checklist

    with django_assert_max_num_queries(15):
        client.get("/")


def test_overdue_follow_ups_need_somebody(client: Client, workspace: Workspace) -> None:
    assert "Needs you" not in client.get("/").content.decode()
    wait = step("pause", "flow.delay@1", {"mode": "for", "amount": 2, "unit": "days"})
    after = {**set_values("ask", a=1), "label": "Ask if all is well"}
    version = make_version(workspace, wait, after, kind="post_conversation")
    conversation = make_conversation(make_agent(workspace), customer={"name": "Jonas Weber"})
    with rung():
        run_id = start_run(version, context_id=conversation.pk)
        advance(run_id, "background")
    Run.objects.update(next_at=timezone.now() - timedelta(hours=2))

    page = client.get("/").content.decode()

    assert "1 follow-up is overdue" in page
    assert "Oldest: Ask if all is well for Jonas Weber" in page
    assert "2 h late" in page
