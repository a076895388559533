"""Operators find everything of workflows and conversations, change nothing of it, and see no secret."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from conversations.services import ending
from conversations.transcripts import Entry
from tests.support.make import make_agent, make_conversation, make_person, make_published_workflow
from workflows.engine import advancing
from workflows.models import Run, StepRun

MODELS = sorted(
    (model for model in admin.site._registry if model._meta.app_label in {"workflows", "conversations"}),
    key=lambda model: model.__name__,
)
EACH = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    person = make_person("Operator")
    person.is_staff = person.is_superuser = True
    person.save()
    client.force_login(person)
    return client


@pytest.fixture(autouse=True)
def _one_of_everything(db: None) -> None:
    agent = make_agent(secure_metadata=[{"name": "card"}])
    make_published_workflow(agent, "After", "post_conversation", enabled=True)
    conversation = make_conversation(agent, secure_metadata={"card": "4111-CANARY"})
    conversation.tool_calls.create(
        workspace_id=conversation.workspace_id, tool_call_id="call-1", name="greet", arguments={}
    )
    ending.end(conversation, by="api", transcript=[Entry(role="user", text="Hi")])
    advancing.advance_one(Run.objects.get().pk)


@EACH
def test_a_list_can_be_searched_and_filtered(model: type, operator: Client) -> None:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")  # type: ignore[attr-defined]

    for query in ({}, {"q": "nothing like it"}, {"q": "0197"}):
        assert operator.get(address, query).status_code == 200


@EACH
def test_a_row_is_shown_without_secrets_and_cannot_be_changed(model: type, operator: Client) -> None:
    row = model._default_manager.first()  # type: ignore[attr-defined]
    if row is None:
        pytest.skip("Nothing of this kind is made yet.")
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])  # type: ignore[attr-defined]

    page = operator.get(address)

    assert page.status_code == 200
    assert b"CANARY" not in page.content
    if hasattr(row, "ciphertext"):
        assert row.ciphertext.encode() not in page.content
    if model.__name__ != "WorkspaceLane":
        assert operator.post(address, {}).status_code == 403


def test_a_runs_steps_are_one_click_away(operator: Client) -> None:
    run = Run.objects.get()
    steps = reverse("admin:workflows_steprun_changelist")

    listed = operator.get(reverse("admin:workflows_run_changelist"))
    page = operator.get(f"{steps}?run__id__exact={run.pk}")

    assert f"run__id__exact={run.pk}" in listed.content.decode()
    assert StepRun.objects.get().path in page.content.decode()
