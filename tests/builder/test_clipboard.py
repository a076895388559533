"""Copying a step as text, pasting it anywhere, and what is said of a text that is none."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.builder.conftest import MAIL, PREPARE, REST
from tests.support.make import make_agent, make_member, make_published_workflow, make_workspace
from workflows.models import Workflow
from workspaces.models import Role, Workspace


def copied(client: Client, url: str, step_id: str) -> str:
    response = client.get(f"{url}steps/{step_id}/copy/", headers={"Accept": "application/json"})
    assert response["Content-Type"] == "application/json"
    return response.content.decode()


def steps(workflow: Workflow) -> list[Any]:
    workflow.refresh_from_db()
    found: list[Any] = workflow.draft["steps"]
    return found


def test_a_step_is_copied_and_pasted_where_it_was_asked(client: Client, url: str, workflow: Workflow) -> None:
    text = copied(client, url, REST)
    response = client.post(f"{url}paste/", {"anchor": f"after:{MAIL}", "text": text})

    pasted = steps(workflow)[3]
    assert response["Location"] == f"{url}?step={pasted['id']}"
    assert pasted["slug"] == "look_up_2"
    assert pasted["id"] != REST
    assert pasted["inputs"] == json.loads(text)["inputs"]
    assert pasted["connection"] == json.loads(text)["connection"]


def test_in_another_workspace_its_connection_is_asked_for(client: Client, url: str) -> None:
    other = make_workspace("other")
    target = make_published_workflow(make_agent(other), "There", "post_conversation", steps=[])
    theirs = Client()
    theirs.force_login(make_member(other, Role.EDITOR))

    there = f"/workflows/{target.pk}/"
    page = theirs.post(f"{there}paste/", {"anchor": "start", "text": copied(client, url, REST)}, follow=True)

    assert "Look up pasted as step 1. 1 step needs a connection" in page.content.decode()
    assert steps(target)[0]["connection"] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "This is no copied step. Copy a step in a workflow first."),
        ("", "This is no copied step"),
        ("[]", "This is no copied step"),
        ('{"action": "no.such@1"}', "This is no copied step: action"),
        ('{"schema": 1, "settings": {}, "steps": []}', "This is no copied step"),
    ],
)
def test_another_text_is_refused_and_stays_in_its_field(
    htmx: Callable[..., Client], url: str, workflow: Workflow, text: str, said: str
) -> None:
    response = htmx().post(f"{url}paste/", {"anchor": "start", "text": text})

    assert response.status_code == 422
    assert response["HX-Retarget"] == "#dialog"
    assert said in response.content.decode()
    assert len(steps(workflow)) == 3


def test_pasted_with_a_key_a_refusal_is_only_a_message(htmx: Callable[..., Client], url: str) -> None:
    response = htmx().post(f"{url}paste/", {"anchor": "start", "text": "hello", "keys": "yes"})

    assert response.status_code == 422
    assert response["HX-Reswap"] == "none"
    assert "This is no copied step" in response.content.decode()


def test_a_place_that_is_gone_is_said(htmx: Callable[..., Client], client: Client, url: str) -> None:
    text = copied(client, url, PREPARE)
    response = htmx().post(f"{url}paste/", {"anchor": "after:s_gone000000", "text": text})

    assert response.status_code == 409


def test_without_a_script_copying_is_a_page_with_the_text(client: Client, url: str) -> None:
    page = client.get(f"{url}steps/{REST}/copy/").content.decode()

    assert "Copy step 2, “Look up”" in page
    assert "&quot;slug&quot;: &quot;look_up&quot;" in page


def test_who_may_only_read_copies_and_cannot_paste(workspace: Workspace, url: str) -> None:
    reader = Client()
    reader.force_login(make_member(workspace, Role.VIEWER))

    assert (
        reader.post(f"{url}paste/", {"anchor": "start", "text": copied(reader, url, REST)}).status_code == 403
    )
