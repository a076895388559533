"""The controls of the flow actions: a list, a value of any type, and another workflow of the agent."""

from typing import Any

import pytest
from django.test import Client

from builder.forms.typed import NotReadable, Typed, read, shown
from connectors.declare import JSON, Field, Kind
from tests.support.make import make_agent, make_published_workflow, make_step, make_workflow
from workflows.models import Workflow

VALUE = Field(name="value", kind=Kind.VALUE, label="Value")
ITEMS = Field(name="items", kind=Kind.LIST, label="Items")


def read_text(field: Field, text: str) -> JSON:
    return read(field, Typed(text=text), {}).get(field.name)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("hello", "hello"),
        ("{{ action.number }}", "{{ action.number }}"),
        ('{{ steps.a.output["b c"] }}', '{{ steps.a.output["b c"] }}'),
        ("no. {{ action.number }}", "no. {{ action.number }}"),
        ("42", '"42"'),
        ("true", '"true"'),
        (42, "42"),
        (True, "true"),
        ([1, "a"], '[\n  1,\n  "a"\n]'),
        ({"a": "{{ now }}"}, '{\n  "a": "{{ now }}"\n}'),
        ('say "hi"', 'say "hi"'),
        ("[draft]", "[draft]"),
    ],
)
def test_a_value_of_any_type_reads_back_as_what_it_was(value: JSON, text: str) -> None:
    assert shown(VALUE, {"value": value}).text == text
    assert read_text(VALUE, text) == value


@pytest.mark.parametrize("value", ["{{ steps.find.output.items }}", ["a", 1], ["{{ now }}"]])
def test_a_list_reads_back_as_what_it_was(value: JSON) -> None:
    assert read_text(ITEMS, shown(ITEMS, {"items": value}).text) == value


@pytest.mark.parametrize("text", ["red, green", "5", '{"a": 1}', '"red"'])
def test_what_is_no_list_is_refused_in_words(text: str) -> None:
    with pytest.raises(NotReadable, match="a list"):
        read_text(ITEMS, text)


# --- Call workflow -----------------------------------------------------------------------------------------
CALL = "s_call0000"


@pytest.fixture
def calling(workspace: Any) -> Workflow:
    agent = make_agent(workspace)
    make_published_workflow(agent, "look_up")
    make_workflow(agent, "sleeping")
    make_published_workflow(agent, "After", "post_conversation")
    make_published_workflow(make_agent(workspace, "Max"), "foreign")
    step = make_step("call", action="flow.call_workflow@1", inputs={})
    return make_workflow(agent, "refund", steps=[step])


@pytest.mark.django_db
def test_the_other_action_workflows_of_the_agent_can_be_chosen(client: Client, calling: Workflow) -> None:
    page = client.get(f"/workflows/{calling.pk}/?step={CALL}").content.decode()

    assert "Choose a workflow…" in page
    assert ">look_up</option>" in page
    assert ">sleeping (not live yet)</option>" in page
    for name in ("After", "foreign", "refund"):
        assert f">{name}</option>" not in page


@pytest.mark.django_db
def test_the_chosen_workflow_is_stored_by_its_id_and_shown_by_its_name(
    client: Client, calling: Workflow
) -> None:
    target = Workflow.objects.get(name="look_up")
    form = {
        "rev": calling.draft_revision,
        "i.step.label": "Call",
        "i.workflow": str(target.pk),
        "i.input": "{}",
    }

    client.post(f"/workflows/{calling.pk}/steps/{CALL}/", form)
    page = client.get(f"/workflows/{calling.pk}/?step={CALL}").content.decode()

    calling.refresh_from_db()
    assert calling.draft["steps"][0]["inputs"]["workflow"] == str(target.pk)
    assert f'<option value="{target.pk}" selected>look_up</option>' in page
    assert "Call <b>look_up</b>" in page


@pytest.mark.django_db
def test_the_input_says_what_the_chosen_workflow_takes(client: Client, calling: Workflow) -> None:
    variables = [
        {"name": "number", "type": "integer", "required": True},
        {"name": "colour"},
        {"name": "card", "source": "trusted", "from": "secure.card"},
    ]
    target = make_published_workflow(calling.agent, "pay", variables=variables)
    step = make_step("call", action="flow.call_workflow@1", inputs={"workflow": str(target.pk)})
    workflow = make_workflow(calling.agent, "again", steps=[step])

    page = client.get(f"/workflows/{workflow.pk}/?step={CALL}").content.decode()

    assert (
        "pay takes number (a whole number), colour (a text, optional), card (a text, else from secure.card)."
        in page
    )


@pytest.mark.django_db
def test_a_workflow_that_was_deleted_is_said_to_be(client: Client, calling: Workflow) -> None:
    target = Workflow.objects.get(name="look_up")
    gone = make_workflow(
        calling.agent,
        "again",
        steps=[make_step("call", action="flow.call_workflow@1", inputs={"workflow": str(target.pk)})],
    )
    Workflow.objects.filter(pk=target.pk).update(live_version=None)
    target.versions.all().delete()
    target.delete()

    page = client.get(f"/workflows/{gone.pk}/?step={CALL}").content.decode()

    assert ">A workflow that was deleted</option>" in page
    assert "This agent has no such workflow" in page
