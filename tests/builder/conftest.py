"""An editor's browser on a workflow of three steps."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.support.make import make_agent, make_connection, make_published_workflow, make_step
from workflows.models import Workflow
from workspaces.models import User, Workspace

REST = "s_rest000001"
MAIL = "s_mail000001"
PREPARE = "s_prepare001"


@pytest.fixture
def workflow(workspace: Workspace) -> Workflow:
    """Published: prepare values, call a service, send a mail."""
    shop = make_connection(workspace, "rest", "Shop")
    post = make_connection(workspace, "email", "Post")
    steps: list[dict[str, Any]] = [
        make_step("prepare", id=PREPARE),
        {
            "id": REST,
            "slug": "look_up",
            "label": "Look up",
            "action": "rest.request@1",
            "connection": str(shop.pk),
            "inputs": {"method": "POST", "path": "/orders", "body": {"kind": "json", "value": {"a": 1}}},
        },
        {
            "id": MAIL,
            "slug": "thank",
            "label": "Thank",
            "action": "email.send@1",
            "connection": str(post.pk),
            "inputs": {"to": "a@example.com", "subject": "Thanks", "text": "Hello"},
        },
    ]
    agent = make_agent(workspace)
    return make_published_workflow(agent, "After", "post_conversation", steps=steps, enabled=True)


@pytest.fixture
def url(workflow: Workflow) -> str:
    return f"/workflows/{workflow.pk}/"


@pytest.fixture
def client(editor: User) -> Client:
    client = Client()
    client.force_login(editor)
    return client


@pytest.fixture
def htmx(editor: User, url: str) -> Callable[..., Client]:
    """A client whose requests come from a page with htmx, at an address of the editor."""

    def make(target: str = "", query: str = "") -> Client:
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{url}{query}"}
        client = Client(headers=headers | ({"HX-Target": target} if target else {}))
        client.force_login(editor)
        return client

    return make
