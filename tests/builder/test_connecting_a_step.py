"""A step of a template has its path, and gets its connection later: nothing is lost on the way."""

from typing import Any

import pytest
from django.test import Client

from tests.support.make import make_agent, make_connection, make_workflow
from workflows.models import Workflow
from workspaces.models import Workspace

STEP = "s_book000001"
FORM = {"i.step.label": "Book", "i.method": "POST", "i.body.kind": "", "i.url": ""}


@pytest.fixture
def unconnected(workspace: Workspace) -> Workflow:
    inputs = {"method": "POST", "path": "/bookings"}
    step = {"id": STEP, "slug": "book", "label": "Book", "action": "rest.request@1", "inputs": inputs}
    return make_workflow(make_agent(workspace), steps=[step])


def send(client: Client, workflow: Workflow, place: str, **over: Any) -> Any:
    url = f"/workflows/{workflow.pk}/steps/{STEP}/{place}"
    return client.post(url, {"rev": workflow.draft_revision, "i.step.connection": "", **FORM, **over})


def inputs(workflow: Workflow) -> dict[str, Any]:
    workflow.refresh_from_db()
    found: dict[str, Any] = workflow.draft["steps"][0]["inputs"]
    return found


def test_choosing_the_connection_shows_the_path_that_is_stored(
    client: Client, workspace: Workspace, unconnected: Workflow
) -> None:
    shop = make_connection(workspace, "rest")

    drawn = send(client, unconnected, "form/", **{"i.step.connection": str(shop.pk)}).content.decode()

    assert "/bookings</textarea>" in drawn


def test_saving_the_connection_keeps_the_path(
    client: Client, workspace: Workspace, unconnected: Workflow
) -> None:
    shop = make_connection(workspace, "rest")

    assert send(client, unconnected, "", **{"i.step.connection": str(shop.pk)}).status_code == 302

    assert inputs(unconnected)["path"] == "/bookings"


def test_saving_something_else_first_keeps_the_path(client: Client, unconnected: Workflow) -> None:
    assert send(client, unconnected, "", **{"i.method": "PUT"}).status_code == 302

    assert inputs(unconnected) == {**inputs(unconnected), "method": "PUT", "path": "/bookings"}


def test_a_whole_address_takes_the_place_of_the_path(client: Client, unconnected: Workflow) -> None:
    assert send(client, unconnected, "", **{"i.url": "https://example.com/x"}).status_code == 302

    assert "path" not in inputs(unconnected)
