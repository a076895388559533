"""All of a person goes, and nothing of anybody else, while workers are busy."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from connectors.declare import JSON, Inputs
from connectors.errors import Rejected
from conversations.models import Conversation, Message, SecureValue, ToolCall
from conversations.services import ending, erasing, tool_calls
from conversations.services.erasing import Wanted
from conversations.transcripts import Entry
from tests.support.make import make_agent, make_api_key, make_conversation, make_published_workflow
from tests.support.probe import Probe, note
from tests.support.program import Program
from tests.support.rows import fingerprint
from tests.support.runs import Rung, apps, rung
from workflows.engine.advancing import advance
from workflows.models import Agent, Outbox, Run, RunEvent, StepRun, StepSample, Workflow
from workflows.services import alert_settings, alerts, operating, sampling, starting
from workspaces.errors import Invalid
from workspaces.models import AuditEntry, IdempotentAnswer, Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
BY = audit.system("Ada")
ADA = {"id": "c-4711", "name": "Ada", "email": "Ada@Example.com", "phone": "+49 (30) 901820"}
BOB = {"id": "c-4712", "name": "Bob", "email": "bob@example.com", "phone": "+49 30 901821"}


@pytest.fixture(autouse=True)
def bell() -> Iterator[Rung]:
    with rung() as bell:
        yield bell


@pytest.fixture
def probe() -> Iterator[Probe]:
    probe = Probe()
    with apps(probe.app()):
        yield probe


@pytest.fixture
def agent(workspace: Workspace, probe: Probe) -> Agent:
    made = make_agent(workspace, secure_metadata=[{"name": "iban"}])
    steps = [note("tell", "{{ conversation.customer.email }} {{ variables.city }}")]
    make_published_workflow(made, kind="post_conversation", steps=steps, enabled=True)
    make_published_workflow(made, name="look_up", steps=[note("look")])
    return made


def talk(agent: Agent, customer: dict[str, str], **over: Any) -> Conversation:
    conversation = make_conversation(
        agent,
        customer=customer,
        variables={"city": f"city of {customer['name']}"},
        secure_metadata={"iban": "DE00 1234 5678"},
        **over,
    )
    entry = Entry(role="user", text=f"I am {customer['email']}.")
    ending.end(conversation, by="person", transcript=[entry], analysis={"who": customer["email"]})
    return conversation


def erase(workspace: Workspace, by: str, value: str) -> erasing.Found:
    return erasing.erase(workspace, erasing.wanted(by, value), by=BY, grace_s=0)


def everything() -> str:
    """Every row of what people said and runs did, as text."""
    models = (Conversation, Message, SecureValue, ToolCall, Run, StepRun, RunEvent, Outbox, IdempotentAnswer)
    rows = [list(model._default_manager.values()) for model in models]
    return json.dumps([rows, list(AuditEntry.objects.values("object_name", "details"))], default=str)


@pytest.mark.parametrize(
    ("by", "value"),
    [
        ("email", " ada@example.com"),
        ("phone", "0049 30 901820"),
        ("customer", "c-4711"),
    ],
)
def test_all_of_a_person_goes_and_nothing_of_anybody_else(
    workspace: Workspace, agent: Agent, by: str, value: str
) -> None:
    mine = [talk(agent, ADA), talk(agent, ADA)]
    theirs = talk(agent, BOB)
    for run_id in Run.objects.values_list("id", flat=True):
        advance(run_id, "background")
    of_bob = StepRun.objects.filter(run__context_id=theirs.pk).values().get()
    found = erasing.preview(workspace, erasing.wanted(by, value))
    assert vars(found) == {
        "conversations": 2,
        "messages": 2,
        "tool_calls": 0,
        "runs": 2,
        "step_runs": 2,
        "under_way": 0,
    }

    assert erase(workspace, by, value) == found

    left = everything().lower()
    for trace in ("ada@example.com", "901820", "c-4711", "city of ada", *(str(one.pk) for one in mine)):
        assert trace not in left, trace
    assert StepRun.objects.values().get() == of_bob
    assert Conversation.objects.get() == theirs
    assert erasing.preview(workspace, erasing.wanted(by, value)).is_empty


def test_it_is_audited_without_whose_it_was(workspace: Workspace, agent: Agent) -> None:
    talk(agent, ADA)

    erase(workspace, "email", "ada@example.com")

    entry = AuditEntry.objects.get(verb="data.erased")
    assert (entry.actor, entry.details["looked_for"], entry.details["conversations"]) == ("Ada", "email", 1)
    assert "ada@example" not in json.dumps(entry.details).lower() + entry.object_name + entry.object_id


def test_one_conversation_goes_and_the_person_s_others_stay(workspace: Workspace, agent: Agent) -> None:
    gone, kept = talk(agent, ADA), talk(agent, ADA)

    erase(workspace, "conversation", str(gone.pk))

    assert list(Conversation.objects.values_list("id", flat=True)) == [kept.pk]
    assert list(Run.objects.values_list("context_id", flat=True)) == [kept.pk]


def test_waiting_runs_go_with_their_wait(workspace: Workspace, agent: Agent) -> None:
    talk(agent, ADA)
    Run.objects.update(next_at=timezone.now() + timedelta(days=14), wait_reason="delay")

    assert erase(workspace, "email", "ada@example.com").under_way == 0
    assert not Run.objects.exists()


def test_a_run_in_the_middle_of_a_step_is_taken_from_its_worker(
    workspace: Workspace, agent: Agent, probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    talk(agent, ADA)
    run_id = Run.objects.get().pk

    def erase_meanwhile(_: Inputs) -> JSON:
        assert Run.objects.get(pk=run_id).status == "running"
        erase(workspace, "email", "ada@example.com")
        return {"too": "late: ada@example.com"}

    probe.then = erase_meanwhile
    advance(run_id, "background")

    assert len(probe.calls) == 1
    assert "fenced" in caplog.text
    assert "ada@example.com" not in everything().lower()


def test_runs_that_follow_from_one_go_too(workspace: Workspace, agent: Agent, probe: Probe) -> None:
    def refuse(_: Inputs) -> JSON:
        raise Rejected("No.")

    probe.then = refuse
    talk(agent, ADA)
    failed = Run.objects.get()
    advance(failed.pk, "background")
    failed.refresh_from_db()
    successor = operating.retry(failed, by=BY)
    child = _api_run(workspace, agent, {})
    Run.objects.filter(pk=child).update(parent_run_id=successor.pk)

    assert erase(workspace, "email", "ada@example.com").runs == 3
    assert not Run.objects.exists()


def _api_run(workspace: Workspace, agent: Agent, action: dict[str, JSON]) -> UUID:
    workflow = Workflow.objects.get(agent=agent, kind="action")
    assert workflow.live_version
    return starting.start(
        workspace=workspace,
        workflow=workflow,
        version=workflow.live_version,
        kind="production",
        trigger="api",
        lane="live",
        trigger_key=f"api:{len(action)}:{json.dumps(action)}",
        input={"action": action},
        hint=False,
    ).run_id


def test_runs_without_a_conversation_are_found_by_the_value_they_were_given(
    workspace: Workspace, agent: Agent
) -> None:
    _api_run(workspace, agent, {"to": {"email": "ADA@example.com"}})
    kept = [
        _api_run(workspace, agent, {"to": "nada@example.com"}),
        _api_run(workspace, agent, {"note": "not only ada@example.com"}),
    ]

    erase(workspace, "email", "ada@example.com")

    assert sorted(Run.objects.values_list("id", flat=True)) == sorted(kept)


def test_what_was_told_of_the_runs_goes_and_answers_for_repeated_requests(
    workspace: Workspace, agent: Agent, probe: Probe
) -> None:
    def refuse(_: Inputs) -> JSON:
        raise Rejected("No.")

    probe.then = refuse
    alert_settings.save(
        workspace, is_on=True, emails="ops@example.com", webhook_url="", window_minutes=60, by=BY
    )
    conversation = talk(agent, ADA)
    advance(Run.objects.get().pk, "background")
    alerts.take()
    key, _ = make_api_key(workspace)
    for name, body in (("its", {"id": str(conversation.pk)}), ("other", {"id": "1"})):
        IdempotentAnswer.objects.create(
            workspace=workspace, api_key=key, key=name, request_sha256="0" * 64, status=200, body=body
        )

    erase(workspace, "email", "ada@example.com")

    assert set(Outbox.objects.values_list("topic", flat=True)) == {"alert.window"}
    assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["other"]


def test_another_workspace_is_not_touched(
    workspace: Workspace, agent: Agent, probe: Probe, stranger: object
) -> None:
    elsewhere = Workspace.objects.exclude(pk=workspace.pk).get()
    other = make_agent(elsewhere)
    theirs = make_conversation(other, customer=ADA)
    talk(agent, ADA)

    erase(workspace, "email", "ada@example.com")
    assert Conversation.objects.get() == theirs

    before = fingerprint()
    assert erasing.preview(workspace, Wanted("conversation", str(theirs.pk))).is_empty
    assert fingerprint() == before


@pytest.mark.parametrize(
    ("by", "value"),
    [
        ("email", ""),
        ("email", "ada"),
        ("email", "a@b\0"),
        ("phone", "1042"),
        ("phone", "ada"),
        ("conversation", "1"),
        ("customer", " "),
        ("customer", "x" * 321),
        ("name", "Ada"),
    ],
)
def test_what_could_mean_too_much_is_refused(by: str, value: str) -> None:
    with pytest.raises(Invalid):
        erasing.wanted(by, value)


def test_a_call_that_comes_while_its_conversation_is_erased_finds_nothing(
    program: Program, workspace: Workspace, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = make_conversation(agent, customer=ADA)

    def erased(*_: object, **__: object) -> None:
        erase(workspace, "email", "ada@example.com")
        ToolCall.objects.get(pk=conversation.pk)

    monkeypatch.setattr(tool_calls, "call", erased)
    answer = program.post(
        f"/conversations/{conversation.pk}/tool-calls", {"tool_call_id": "1", "name": "look_up"}
    )

    assert answer.status_code == 404


def test_the_command_counts_first_and_erases_when_told(workspace: Workspace, agent: Agent) -> None:
    talk(agent, ADA)
    said = StringIO()

    call_command("erase", workspace="acme", email="ada@example.com", stdout=said)
    assert "Found: 1 conversations, 1 messages" in said.getvalue()
    assert Conversation.objects.exists()

    call_command("erase", workspace="acme", email="ada@example.com", yes=True, stdout=said)
    assert "Erased: 1 conversations" in said.getvalue()
    assert not Conversation.objects.exists()
    assert "ada@" not in said.getvalue()


def test_the_command_refuses_what_it_does_not_know(workspace: Workspace) -> None:
    with pytest.raises(CommandError, match="no workspace"):
        call_command("erase", workspace="nowhere", email="ada@example.com")
    with pytest.raises(CommandError, match="digits"):
        call_command("erase", workspace="acme", phone="12")


def test_samples_that_hold_a_person_go_too_and_those_of_others_stay(agent: Agent) -> None:
    workflow = Workflow.objects.get(agent=agent, kind="post_conversation")
    step = workflow.draft["steps"][0]["id"]
    talk(agent, ADA)
    run = Run.objects.get()

    outputs: list[tuple[JSON, Run | None]] = [
        ({"text": "taken from Ada's run"}, run),
        ({"to": "ada@example.com"}, None),
        ({"to": BOB["email"]}, None),
    ]
    left = []
    for output, taken_from in outputs:
        sampling.keep(workflow, step, output, run=taken_from, by=BY)
        erasing.erase(agent.workspace, Wanted("email", ADA["email"]), by=BY, grace_s=0)
        left.append(StepSample.objects.count())

    assert left == [0, 0, 1]
