"""A variable is made while somebody writes its name: the form stays, the picker knows it at once."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.support.make import make_agent, make_published_workflow
from workflows.models import Workflow
from workspaces.models import Workspace


@pytest.fixture
def action(workspace: Workspace) -> Workflow:
    return make_published_workflow(make_agent(workspace), "refund", steps=[])


def test_of_an_action_workflow_it_is_an_action_variable(client: Client, action: Workflow) -> None:
    client.post(f"/workflows/{action.pk}/variables/new/", {"name": "order_number"})

    action.refresh_from_db()
    assert action.draft["settings"]["variables"][0]["name"] == "order_number"


def test_after_a_conversation_it_is_one_of_the_agent(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    page = htmx().post(f"{url}variables/new/", {"name": "plan"}).content.decode()

    workflow.agent.refresh_from_db()
    assert [one["name"] for one in workflow.agent.draft["variables"]] == ["plan"]
    assert 'data-path="variables.plan"' in page
    assert "Variable plan was made" in page


def test_one_that_is_there_stays_as_it_is(client: Client, action: Workflow) -> None:
    for _ in range(2):
        client.post(f"/workflows/{action.pk}/variables/new/", {"name": "order_number"})

    action.refresh_from_db()
    assert len(action.draft["settings"]["variables"]) == 1


@pytest.mark.parametrize("name", ["", "two words", "9lives", "x" * 65])
def test_what_is_no_name_is_refused(
    htmx: Callable[..., Client], url: str, workflow: Workflow, name: str
) -> None:
    assert htmx().post(f"{url}variables/new/", {"name": name}).status_code == 422
