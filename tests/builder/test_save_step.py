"""Saving what stands in the panel of a step."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.test import Client

from tests.builder.conftest import MAIL, PREPARE, REST
from workflows.models import Workflow
from workflows.services import drafting
from workspaces.models import User
from workspaces.services import audit

MAIL_FORM = {
    "i.step.label": "Thank",
    "i.to": "a@example.com",
    "i.subject": "Thanks",
    "i.text": "Hello",
}


def save(client: Client, url: str, step_id: str, workflow: Workflow, **over: Any) -> Any:
    connection = step(workflow, step_id).get("connection") or ""
    form = {"rev": workflow.draft_revision, "i.step.connection": connection, **MAIL_FORM, **over}
    return client.post(f"{url}steps/{step_id}/", form)


def step(workflow: Workflow, step_id: str) -> Mapping[str, Any]:
    workflow.refresh_from_db()
    found: Mapping[str, Any] = next(one for one in workflow.draft["steps"] if one["id"] == step_id)
    return found


def test_saving_stores_the_fields_in_the_draft(client: Client, url: str, workflow: Workflow) -> None:
    response = save(client, url, MAIL, workflow, **{"i.subject": "Thank you {{ variables.name }}"})

    assert response.status_code == 302
    assert response["Location"] == f"{url}?step={MAIL}"
    assert step(workflow, MAIL)["inputs"]["subject"] == "Thank you {{ variables.name }}"


def test_saving_without_a_change_changes_nothing(client: Client, url: str, workflow: Workflow) -> None:
    before = workflow.draft_revision

    save(client, url, MAIL, workflow)

    workflow.refresh_from_db()
    assert workflow.draft_revision == before


def test_a_new_name_rewrites_the_references(client: Client, url: str, workflow: Workflow) -> None:
    save(client, url, MAIL, workflow, **{"i.text": "{{ steps.prepare.output.greeting }}"})
    form = {
        "rev": workflow.draft_revision + 1,
        "i.step.label": "Get ready",
        "i.values.name": ["greeting"],
        "i.values.type": ["text"],
        "i.values.value": ["hello"],
    }

    client.post(f"{url}steps/{PREPARE}/", form)

    assert step(workflow, PREPARE)["slug"] == "get_ready"
    assert step(workflow, MAIL)["inputs"]["text"] == "{{ steps.get_ready.output.greeting }}"


def test_htmx_gets_only_what_changed(htmx: Callable[..., Client], url: str, workflow: Workflow) -> None:
    response = save(htmx(query=f"?step={MAIL}"), url, MAIL, workflow, **{"i.subject": "Other"})

    page = response.content.decode()
    assert response.status_code == 200
    assert f'id="n-{MAIL}" hx-swap-oob="true"' in page
    assert f'id="n-{REST}"' not in page
    assert 'id="banner"' in page
    assert 'id="rev"' in page
    assert "Step 3 saved to draft" in page
    assert 'id="step-form"' not in page


def test_bad_json_is_refused_and_kept(client: Client, url: str, workflow: Workflow) -> None:
    form = {
        "i.step.label": "Look up",
        "i.method": "POST",
        "i.path": "/x",
        "i.body.kind": "json",
        "i.body": '{"a": ',
    }
    response = save(client, url, REST, workflow, **form)

    page = response.content.decode()
    assert response.status_code == 422
    assert "Not valid JSON in line 1" in page
    assert "{&quot;a&quot;: " in page
    assert step(workflow, REST)["inputs"]["path"] == "/orders"


def test_a_token_nobody_can_read_is_refused(client: Client, url: str, workflow: Workflow) -> None:
    response = save(client, url, MAIL, workflow, **{"i.subject": "Hi {{ 1 + }}"})

    assert response.status_code == 422


def test_an_incomplete_step_is_saved_and_needs_setup(client: Client, url: str, workflow: Workflow) -> None:
    response = save(client, url, MAIL, workflow, **{"i.to": ""})

    assert response.status_code == 302
    assert "Needs setup" in client.get(url).content.decode()


def test_different_fields_merge(client: Client, url: str, workflow: Workflow, owner: User) -> None:
    seen = workflow.draft_revision
    change_subject(workflow, owner, "Theirs")

    response = save(client, url, MAIL, workflow, rev=seen, **{"i.text": "Mine"})

    inputs = step(workflow, MAIL)["inputs"]
    assert response.status_code == 302
    assert (inputs["subject"], inputs["text"]) == ("Theirs", "Mine")


def test_the_same_field_shows_both_values(client: Client, url: str, workflow: Workflow, owner: User) -> None:
    seen = workflow.draft_revision
    change_subject(workflow, owner, "Theirs")

    response = save(client, url, MAIL, workflow, rev=seen, **{"i.subject": "Mine"})

    page = response.content.decode()
    assert response.status_code == 409
    assert "changed Subject while you edited" in page
    assert "Use mine" in page
    assert step(workflow, MAIL)["inputs"]["subject"] == "Theirs"


@pytest.mark.parametrize(("choice", "wanted"), [("mine", "Mine"), ("theirs", "Theirs")])
def test_choosing_one_of_both_settles_it(
    client: Client, url: str, workflow: Workflow, owner: User, choice: str, wanted: str
) -> None:
    change_subject(workflow, owner, "Theirs")
    undecided = {"rev": workflow.draft_revision, "i.subject": "Mine", "conflict": "subject"}
    connection = {"i.step.connection": step(workflow, MAIL)["connection"]}

    page = client.post(
        f"{url}steps/{MAIL}/form/", MAIL_FORM | connection | undecided | {"do": f"{choice}:subject"}
    )
    response = save(client, url, MAIL, workflow, **{"i.subject": wanted})

    assert "Use mine" not in page.content.decode()
    assert f">\n{wanted}</textarea>" in page.content.decode()
    assert response.status_code == 302
    assert step(workflow, MAIL)["inputs"]["subject"] == wanted


def test_nothing_is_saved_while_a_choice_is_open(client: Client, url: str, workflow: Workflow) -> None:
    response = save(client, url, MAIL, workflow, **{"i.subject": "Mine", "conflict": "subject"})

    assert response.status_code == 409
    assert step(workflow, MAIL)["inputs"]["subject"] == "Thanks"


def test_what_stood_on_the_screen_follows_a_rename(
    client: Client, url: str, workflow: Workflow, owner: User
) -> None:
    save(client, url, MAIL, workflow, **{"i.text": "{{ steps.prepare.output.greeting }}"})
    workflow.refresh_from_db()
    seen = workflow.draft_revision
    drafting.rename_step(workflow, PREPARE, label="Get ready", by=audit.system("Ada"))

    text = "{{ steps.prepare.output.greeting }}"
    response = save(client, url, MAIL, workflow, rev=seen, **{"i.text": text, "i.subject": "New"})

    assert response.status_code == 302
    assert step(workflow, MAIL)["inputs"]["text"] == "{{ steps.get_ready.output.greeting }}"


def test_a_row_is_added_without_saving(client: Client, url: str, workflow: Workflow) -> None:
    form = {
        "rev": workflow.draft_revision,
        "i.step.label": "Look up",
        "i.path": "/typed",
        "do": "add:headers",
    }
    before = workflow.draft_revision

    page = client.post(f"{url}steps/{REST}/form/", {**form, "do": "add:headers"}).content.decode()

    workflow.refresh_from_db()
    assert "/typed" in page
    assert 'name="i.headers.name"' in page
    assert workflow.draft_revision == before


def test_a_step_that_is_gone_is_said_so(htmx: Callable[..., Client], url: str, workflow: Workflow) -> None:
    response = htmx(query="?step=s_gone00001").post(f"{url}steps/s_gone00001/", {"rev": 1})

    assert response.status_code == 409
    assert "no longer in the workflow" in response.content.decode()


def test_a_form_without_its_revision_is_refused(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    assert htmx().post(f"{url}steps/{MAIL}/", MAIL_FORM).status_code == 422


def change_subject(workflow: Workflow, by: User, subject: str) -> None:
    now = step(workflow, MAIL)
    drafting.save_step(
        workflow,
        MAIL,
        revision=workflow.draft_revision,
        inputs={**now["inputs"], "subject": subject},
        connection=now["connection"],
        by=audit.Actor(name=str(by), user=by),
    )
    workflow.refresh_from_db()


def test_saving_a_new_name_says_how_many_references_follow(
    htmx: Callable[..., Client], client: Client, url: str, workflow: Workflow
) -> None:
    save(client, url, MAIL, workflow, **{"i.text": "{{ steps.prepare.output.greeting }}"})
    form = {
        "rev": workflow.draft_revision + 1,
        "i.step.label": "Get ready",
        "i.values.name": ["greeting"],
        "i.values.type": ["text"],
        "i.values.value": ["hello"],
    }

    page = htmx().post(f"{url}steps/{PREPARE}/", form).content.decode()

    assert "Step 1 saved to draft, 1 reference follows" in page
