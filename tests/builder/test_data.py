"""The page about data: how long they are kept, and erasing a person's after having seen what there is."""

import html

import pytest
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation
from tests.support.make import make_agent, make_conversation
from tests.support.runs import make_version, rung, set_values, start_run
from workflows.models import Agent, Run, StepSample
from workflows.services import agents
from workspaces.models import AuditEntry, User, Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
URL = "/w/acme/settings/data/"


@pytest.fixture
def client(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def test_days_are_kept_and_audited(client: Client, workspace: Workspace) -> None:
    assert client.post(URL, {"payload_days": "7", "run_days": "30"}).status_code == 302

    workspace.refresh_from_db()
    assert (workspace.payload_days, workspace.run_days) == (7, 30)
    assert AuditEntry.objects.get(verb="retention.changed").details == {"payload_days": 7, "run_days": 30}


@pytest.mark.parametrize(
    "bad",
    [
        {"payload_days": "6"},
        {"payload_days": "31"},
        {"run_days": "29"},
        {"run_days": "366"},
        {"run_days": ""},
        {"payload_days": "a week"},
        {"payload_days": "9" * 50},
    ],
)
def test_what_is_out_of_range_is_said_and_not_lost(
    client: Client, workspace: Workspace, bad: dict[str, str]
) -> None:
    answer = client.post(URL, {"payload_days": "7", "run_days": "30", **bad})

    assert answer.status_code == 422
    assert "aria-invalid" in answer.text
    assert all(f'value="{typed}"' in answer.text for typed in bad.values())
    workspace.refresh_from_db()
    assert (workspace.payload_days, workspace.run_days) == (30, 90)


def test_nothing_is_erased_before_it_was_seen(client: Client, workspace: Workspace) -> None:
    make_conversation(make_agent(workspace), customer={"email": "ada@example.com"})
    who = {"by": "email", "value": "ADA@example.com"}

    seen = client.post(f"{URL}erase/", who)
    assert "Erase all of this?" in seen.text
    assert "<dt>Conversations</dt><dd>1</dd>" in seen.text
    assert Conversation.objects.exists()

    done = client.post(f"{URL}erase/", {**who, "do": "erase"}, follow=True)
    assert done.redirect_chain == [(URL, 302)]
    assert "Erased: 1 conversation and 0 runs." in done.text
    assert not Conversation.objects.exists()


def test_whom_nobody_knows_has_nothing_to_erase(client: Client) -> None:
    answer = client.post(f"{URL}erase/", {"by": "phone", "value": "+49 30 901820"})

    assert "Nothing was found" in answer.text
    assert 'value="erase"' not in answer.text


@pytest.mark.parametrize(
    ("by", "value"),
    [("email", "ada"), ("phone", "12"), ("conversation", "<b>"), ("name", "Ada"), ("customer", "a\0b")],
)
def test_what_cannot_be_looked_for_is_said_and_not_lost(client: Client, by: str, value: str) -> None:
    answer = client.post(f"{URL}erase/", {"by": by, "value": value, "do": "erase"})

    assert answer.status_code == 422
    assert "err" in answer.text
    if "\0" not in value:
        assert html.escape(value) in answer.text


# --- Sample data -------------------------------------------------------------------------------------------
def make_samples(workspace: Workspace) -> Agent:
    """A sample agent with a sample conversation, and one that was really held with it."""
    agent = make_agent(workspace, "Mia")
    Agent.objects.update(is_sample=True)
    make_conversation(agent, customer={"name": "Jonas"}, is_sample=True)
    make_conversation(agent, customer={"name": "Ada"})
    return agent


def test_sample_data_carry_a_tag_and_other_data_none(client: Client, workspace: Workspace) -> None:
    make_samples(workspace)
    make_agent(workspace, "Own")

    tag = '<span class="badge">Sample</span>'
    assert client.get("/w/acme/agents/").text.count(tag) == 1
    assert client.get("/w/acme/conversations/").text.count(tag) == 1


def test_what_goes_is_said_before_sample_data_are_removed(client: Client, workspace: Workspace) -> None:
    agent = make_samples(workspace)

    assert f'href="{URL}samples/"' in client.get(URL).text
    asked = client.get(f"{URL}samples/").text
    assert "<dt>Sample conversations</dt><dd>1</dd>" in asked
    assert "Moved to the archive, with all workflows:</b> Mia</p>" in asked
    assert Conversation.objects.count() == 2

    done = client.post(f"{URL}samples/", follow=True)
    assert "Sample data removed: 1 conversation and 0 runs. In the archive: Mia." in done.text
    assert f'href="{URL}samples/"' not in done.text
    assert [one.customer["name"] for one in Conversation.objects.all()] == ["Ada"]
    agent.refresh_from_db()
    assert agent.archived_at


def test_the_runs_of_sample_conversations_go_with_them_and_typed_samples_stay(
    client: Client, workspace: Workspace
) -> None:
    agent = make_samples(workspace)
    sample = Conversation.objects.get(is_sample=True)
    version = make_version(workspace, set_values("ask", a=1), kind="post_conversation")
    with rung():
        start_run(version, context_id=sample.pk)
        own = start_run(version, context_id=Conversation.objects.get(is_sample=False).pk)
    typed = StepSample.objects.create(
        workspace=workspace,
        workflow=version.workflow,
        step_id="s_ask00000",
        action="data.set@1",
        output={"a": ""},
        by_name="Ada",
        at=timezone.now(),
    )

    client.post(f"{URL}samples/")

    assert [run.pk for run in Run.objects.all()] == [own]
    assert StepSample.objects.get() == typed
    agents.archive(agent, is_archived=False, by=audit.system("test"))
    assert "Mia" in client.get("/w/acme/agents/").text


def test_where_there_are_no_sample_data_nothing_is_removed(client: Client, workspace: Workspace) -> None:
    make_conversation(make_agent(workspace))

    assert "Remove sample data" not in client.get(URL).text
    assert "There is no sample data" in client.get(f"{URL}samples/").text
    client.post(f"{URL}samples/")
    assert Conversation.objects.exists()


def test_an_editor_removes_no_sample_data(editor: User, workspace: Workspace) -> None:
    make_samples(workspace)
    client = Client()
    client.force_login(editor)

    assert client.post(f"{URL}samples/").status_code == 403
    assert Conversation.objects.count() == 2
