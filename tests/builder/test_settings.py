"""The workflow's own settings, in the panel when no step is chosen."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.support.make import make_agent, make_workflow
from workflows.models import Workflow
from workspaces.models import User, Workspace

ROWS = {
    "i.variables.name": ["order_number"],
    "i.variables.type": ["integer"],
    "i.variables.description": ["On the receipt."],
    "i.variables.required": ["yes"],
    "i.variables.source": ["spoken"],
    "i.variables.from": [""],
    "i.variables.sample": ["1042"],
    "i.variables.enum": [""],
    "i.response.name": ["greeting"],
    "i.response.type": ["string"],
    "i.response.description": [""],
    "i.response.value": ["{{ steps.prepare.output.greeting }}"],
}


@pytest.fixture
def workflow(workspace: Workspace) -> Workflow:
    return make_workflow(make_agent(workspace), "look_up", description="Look something up.")


def save(client: Client, url: str, workflow: Workflow, **over: Any) -> Any:
    form = {
        "rev": workflow.draft_revision,
        "i.name": "look_up",
        "i.description": "Look something up.",
        "i.message.mode": "default",
        "i.deadline_s": "30",
        **over,
    }
    return client.post(f"{url}settings/", form)


def settings(workflow: Workflow) -> dict[str, Any]:
    workflow.refresh_from_db()
    found: dict[str, Any] = workflow.draft["settings"]
    return found


def test_variables_and_response_fields_are_stored_typed(client: Client, url: str, workflow: Workflow) -> None:
    response = save(client, url, workflow, **ROWS)

    variable = settings(workflow)["variables"][0]
    assert response.status_code == 302
    assert (variable["name"], variable["sample"], variable["required"]) == ("order_number", 1042, True)
    assert settings(workflow)["response"][0]["value"] == "{{ steps.prepare.output.greeting }}"


def test_saving_without_a_change_changes_nothing(client: Client, url: str, workflow: Workflow) -> None:
    save(client, url, workflow, **ROWS)
    workflow.refresh_from_db()
    before = workflow.draft_revision

    save(client, url, workflow, **ROWS)

    workflow.refresh_from_db()
    assert workflow.draft_revision == before


def test_the_message_s_text_is_asked_for_when_it_is_custom(
    client: Client, url: str, workflow: Workflow
) -> None:
    save(client, url, workflow, **{"i.message.mode": "custom", "i.message.text": "One moment."})

    page = client.get(f"{url}?step=settings").content.decode()

    assert settings(workflow)["message"]["text"] == "One moment."
    assert 'id="i-message-text"' in page


def test_a_sample_of_the_wrong_type_is_refused_and_kept(client: Client, url: str, workflow: Workflow) -> None:
    response = save(client, url, workflow, **ROWS | {"i.variables.sample": ["ten"]})

    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="ten"' in page
    assert settings(workflow)["variables"] == []


def test_a_variable_without_a_name_is_kept_and_needs_setup(
    client: Client, url: str, workflow: Workflow
) -> None:
    save(client, url, workflow, **ROWS | {"i.variables.name": [""]})

    assert settings(workflow)["variables"][0]["description"] == "On the receipt."
    assert "Needs setup" in client.get(url).content.decode()


def test_a_name_that_is_taken_is_refused(client: Client, url: str, workflow: Workflow) -> None:
    make_workflow(workflow.agent, "taken")

    response = save(client, url, workflow, **{"i.name": "taken"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "is called “taken”" in page
    assert 'value="taken"' in page
    assert settings(workflow)["name"] == "look_up"


def test_a_row_is_added_without_saving(client: Client, url: str, workflow: Workflow) -> None:
    form = {"rev": workflow.draft_revision, "i.name": "typed", "do": "add:variables"}

    page = client.post(f"{url}settings/form/", form).content.decode()

    assert 'name="i.variables.name"' in page
    assert 'value="typed"' in page
    assert settings(workflow)["name"] == "look_up"


def test_a_row_is_removed_without_saving(client: Client, url: str, workflow: Workflow) -> None:
    form = {"rev": workflow.draft_revision, **ROWS, "do": "remove:variables:0"}

    page = client.post(f"{url}settings/form/", form).content.decode()

    assert 'name="i.variables.name"' not in page


def test_the_same_setting_changed_by_two_shows_both(
    client: Client, url: str, workflow: Workflow, owner: User
) -> None:
    seen = workflow.draft_revision
    other = Client()
    other.force_login(owner)
    save(other, url, workflow, **{"i.description": "Theirs."})

    response = save(client, url, workflow, rev=seen, **{"i.description": "Mine."})

    assert response.status_code == 409
    assert "Use mine" in response.content.decode()
    assert settings(workflow)["description"] == "Theirs."


def test_different_settings_merge(client: Client, url: str, workflow: Workflow, owner: User) -> None:
    seen = workflow.draft_revision
    other = Client()
    other.force_login(owner)
    save(other, url, workflow, **{"i.description": "Theirs."})

    response = save(client, url, workflow, rev=seen, **{"i.deadline_s": "60"})

    assert response.status_code == 302
    assert (settings(workflow)["description"], settings(workflow)["deadline_s"]) == ("Theirs.", 60)


def test_the_order_key_is_saved_and_left_out_when_it_is_empty(
    client: Client, url: str, workflow: Workflow
) -> None:
    save(client, url, workflow, **{"i.order_key": "{{ conversation.id }}"})
    assert settings(workflow)["order_key"] == "{{ conversation.id }}"

    save(client, url, workflow, **{"i.order_key": ""})
    assert "order_key" not in settings(workflow)


def test_an_order_key_that_cannot_be_read_is_refused_and_kept_on_screen(
    client: Client, url: str, workflow: Workflow
) -> None:
    response = save(client, url, workflow, **{"i.order_key": "{{ conversation.id"})

    assert response.status_code == 422
    assert "{{ conversation.id</textarea>" in response.content.decode()


def test_what_the_picker_keeps_from_the_message_saving_refuses_too(
    client: Client, url: str, workflow: Workflow
) -> None:
    page = client.get(f"{url}?step=settings").content.decode()
    (option,) = re.findall(r'<div role="option"[^>]*data-path="steps.prepare.output.greeting"[^>]*>', page)
    assert 'data-not-in="message order_key"' in option

    save(
        client,
        url,
        workflow,
        **{"i.message.mode": "custom", "i.message.text": "{{ steps.prepare.output.greeting }}"},
    )

    assert "has not run yet at this point" in client.get(f"{url}?step=settings").content.decode()
