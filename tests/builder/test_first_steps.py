"""The checklist of the first five minutes: it ticks itself, and it is each member's own."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from conversations.models import Message, ToolCall
from conversations.services import trying
from tests.support.make import make_agent, make_member, make_published_workflow
from tests.support.runs import start_run
from workflows import selectors
from workflows.models import Workflow
from workflows.services import drafting, publishing, testing
from workflows.services.testing import TestData
from workspaces.models import Role, User, Workspace
from workspaces.services.audit import Actor

ROW = re.compile(r'<li(?: class="(done|now)")?><svg.*?class="t[^>]*>(.*?)</(?:a|span)>', re.DOTALL)
CHANGE = "Change its message with /"


@pytest.fixture
def look_up(workspace: Workspace) -> Workflow:
    return make_published_workflow(make_agent(workspace, "Mia, store support"), "look_up")


def rows(client: Client) -> dict[str, str]:
    """Label → done, now, or nothing."""
    _, _, checklist = client.get("/w/acme/").content.decode().partition('<ol class="checks">')
    found = ROW.findall(checklist.partition("</ol>")[0])
    return {re.sub("<[^>]+>", "", label): state for state, label in found}


def test_a_newcomer_begins_with_the_chat(client: Client, look_up: Workflow) -> None:
    assert list(rows(client).items()) == [
        ("Chat with Mia", "now"),
        ("Open the workflow behind an answer", ""),
        (CHANGE, ""),
        ("Test it", ""),
        ("Publish", ""),
    ]


def test_chatting_ticks_and_stays_ticked_in_a_new_chat(
    client: Client, look_up: Workflow, editor: User
) -> None:
    conversation = trying.start(look_up.agent, editor, "live")
    trying.say(conversation, "Hello")
    assert rows(client)["Chat with Mia"] == "done"

    trying.start(look_up.agent, editor, "live")

    assert rows(client)["Chat with Mia"] == "done"
    assert rows(client)["Open the workflow behind an answer"] == "now"


def test_the_workflow_to_open_is_the_one_of_the_last_answer(
    client: Client, look_up: Workflow, editor: User
) -> None:
    refund = make_published_workflow(look_up.agent, "refund")
    conversation = trying.start(look_up.agent, editor, "live")
    assert refund.live_version
    own = {"workspace": conversation.workspace, "conversation": conversation, "tool_call_id": "c1"}
    ToolCall.objects.create(**own, name="refund", arguments={}, run_id=start_run(refund.live_version))
    Message.objects.create(**own, seq=90, role="tool", at=timezone.now())

    page = client.get("/w/acme/").content.decode()

    assert f'href="/workflows/{refund.pk}/">Open the workflow behind an answer' in page


def test_opening_a_workflow_ticks(client: Client, look_up: Workflow) -> None:
    client.get(f"/workflows/{look_up.pk}/")

    assert rows(client)["Open the workflow behind an answer"] == "done"


def test_editing_testing_and_publishing_tick(client: Client, look_up: Workflow, editor: User) -> None:
    me = Actor(name=editor.email, user=editor)
    step = selectors.definition(look_up).steps[0]

    changed = drafting.save_step(
        look_up,
        step.id,
        revision=look_up.draft_revision,
        inputs=step.inputs,
        connection=None,
        label="Another",
        by=me,
    )
    assert rows(client)[CHANGE] == "done"
    testing.test_workflow(changed, data=TestData(), by=me)
    assert rows(client)["Test it"] == "done"
    publishing.publish(changed, revision=changed.draft_revision, by=me)
    assert rows(client)["Publish"] == "done"


def test_what_others_did_ticks_nothing(client: Client, look_up: Workflow, workspace: Workspace) -> None:
    other = make_member(workspace, Role.EDITOR)
    by = Actor(name=other.email, user=other)
    trying.say(trying.start(look_up.agent, other, "live"), "Hello")
    drafting.remove_step(look_up, look_up.draft["steps"][0]["id"], by=by)

    assert "done" not in rows(client).values()


def test_an_empty_workspace_begins_with_an_agent(client: Client, workspace: Workspace) -> None:
    assert list(rows(client).items())[:2] == [
        ("Create an agent", "now"),
        ("Begin a workflow with a template", ""),
    ]

    make_agent(workspace)

    assert list(rows(client).items())[:2] == [
        ("Create an agent", "done"),
        ("Begin a workflow with a template", "now"),
    ]


def test_it_is_put_away_for_oneself_and_comes_back(
    client: Client, look_up: Workflow, workspace: Workspace
) -> None:
    other = Client()
    other.force_login(make_member(workspace, Role.EDITOR))

    client.post("/w/acme/first-steps/", {"show": "no"})
    assert (rows(client), len(rows(other))) == ({}, 5)
    assert "Show the first steps again" in client.get("/w/acme/").content.decode()

    client.post("/w/acme/first-steps/", {"show": "yes"})
    assert len(rows(client)) == 5


def test_who_cannot_do_the_steps_is_not_asked_to(look_up: Workflow, viewer: User) -> None:
    client = Client()
    client.force_login(viewer)

    assert rows(client) == {}
