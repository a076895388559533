"""Pause and Resume: on the agent's card, above the chain, on the page of runs; each says why."""

import pytest
from django.test import Client

from tests.support.make import (
    make_agent,
    make_conversation,
    make_member,
    make_published_workflow,
    make_workflow,
)
from tests.support.program import Program
from tests.support.runs import rung
from workflows.models import Agent, Run, Workflow
from workflows.services import pausing
from workspaces.ids import uuid7
from workspaces.models import AuditEntry, Role, User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    return make_agent(workspace)


@pytest.fixture
def workflow(agent: Agent) -> Workflow:
    return make_published_workflow(agent, name="look_up")


@pytest.fixture
def client(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def pages(workflow: Workflow) -> tuple[str, str, str]:
    return f"/agents/{workflow.agent_id}/", f"/workflows/{workflow.pk}/", "/w/acme/runs/"


def test_a_person_pauses_and_resumes_from_the_card(client: Client, workflow: Workflow, editor: User) -> None:
    card = f"/agents/{workflow.agent_id}/"
    assert "Pause" in client.get(card).text

    paused = client.post(f"/workflows/{workflow.pk}/pause/", {"back": "agent"}, follow=True)
    assert paused.redirect_chain == [(card, 302)]
    workflow.refresh_from_db()
    assert workflow.paused_at
    for page in pages(workflow):
        text = client.get(page).text
        assert f"by {editor.name}" in text, page
        assert "Resume" in text, page

    resumed = client.post(f"/workflows/{workflow.pk}/resume/", {"back": "chain"}, follow=True)
    assert resumed.redirect_chain == [(f"/workflows/{workflow.pk}/", 302)]
    workflow.refresh_from_db()
    assert workflow.paused_at is None
    for page in pages(workflow):
        assert "Resume" not in client.get(page).text, page


def test_why_it_was_paused_is_said_and_the_first_failed_run_is_one_click_away(
    client: Client, workflow: Workflow
) -> None:
    assert workflow.live_version
    run = Run.objects.create(
        workspace=workflow.workspace,
        agent=workflow.agent,
        workflow=workflow,
        version=workflow.live_version,
        trigger="api",
        lane="live",
        trigger_key="1",
        root_run_id=uuid7(),
        status="failed",
        created_at=workflow.created_at,
    )
    pausing.pause(workflow, by=pausing.PARLEY)
    reason = "its last 10 runs failed: It took too long"
    Workflow.objects.update(pause_reason=reason, pause_run_id=run.pk)
    for page in pages(workflow):
        text = client.get(page).text
        assert f"because {reason}" in text, page
        assert f'href="/runs/{run.pk}/"' in text, page

    run.delete()
    for page in pages(workflow):
        assert "first failed run" not in client.get(page).text, "it is not kept any more"


def test_who_may_not_edit_sees_why_but_no_button(workspace: Workspace, workflow: Workflow) -> None:
    pausing.pause(workflow, by=pausing.PARLEY)
    client = Client()
    client.force_login(make_member(workspace, Role.VIEWER))

    for page in pages(workflow):
        text = client.get(page).text
        assert "aused" in text, page
        assert "Resume" not in text, page


def test_the_publish_page_says_that_it_is_paused(client: Client, workflow: Workflow) -> None:
    pausing.pause(workflow, by=pausing.PARLEY)

    assert "Publishing does not resume it" in client.get(f"/workflows/{workflow.pk}/changes/").text


def test_what_is_not_live_has_no_pause(client: Client, agent: Agent) -> None:
    draft = make_workflow(agent, name="draft")
    assert "pause/" not in client.get(f"/agents/{agent.pk}/").text

    said = client.post(f"/workflows/{draft.pk}/pause/", follow=True)

    assert "not live" in said.text
    assert not AuditEntry.objects.filter(verb="workflow.paused").exists()


def test_what_follows_conversations_queues_up_and_calls_are_answered_not_live(
    workspace: Workspace, agent: Agent, workflow: Workflow
) -> None:
    program = Program(workspace)
    after = make_published_workflow(agent, kind="post_conversation", enabled=True)
    for stopped in (after, workflow):
        pausing.pause(stopped, by=pausing.PARLEY)
    conversation = make_conversation(agent)

    call = {"tool_call_id": "1", "name": "look_up", "arguments": {}}
    answer = program.post(f"/conversations/{conversation.pk}/tool-calls", call).json()
    assert (answer["ok"], answer["error_code"]) == (False, "not_live")
    assert program.post(f"/workflows/{workflow.pk}/runs", {}).status_code == 409

    with rung():
        program.post(f"/conversations/{conversation.pk}/end", {})
    [run] = program.get("/runs").json()["items"]
    assert (run["workflow"], run["status"], run["wait_reason"]) == (str(after.pk), "waiting", "paused")
    assert [item["id"] for item in program.get("/runs", status="waiting").json()["items"]] == [run["id"]]
    assert program.get("/runs", status="queued").json()["items"] == []

    pausing.resume(after, by=pausing.PARLEY)
    assert program.get(f"/runs/{run['id']}").json()["status"] == "queued"
