from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.make import make_agent, make_published_workflow
from tests.support.program import Program, error
from workspaces.models import ApiKey, Workspace


def test_without_a_key_nothing_is_answered(client: Client, db: None) -> None:
    refused = client.get("/api/v1/agents")

    assert (refused.status_code, error(refused)["code"]) == (401, "unauthorized")
    assert refused["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer pk_x_y", "Bearer ké", "pk_a_b"]
)
def test_what_is_no_key_is_refused(header: str, client: Client, db: None) -> None:
    assert client.get("/api/v1/agents", headers={"Authorization": header}).status_code == 401


def test_a_session_in_the_browser_is_no_key(client: Client, owner: object) -> None:
    client.force_login(owner)  # type: ignore[arg-type]

    assert client.get("/api/v1/agents").status_code == 401


def test_an_expired_key_is_refused(program: Program) -> None:
    ApiKey.objects.filter(pk=program.key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert program.get("/agents").status_code == 401


def test_a_deleted_key_is_refused(program: Program) -> None:
    program.key.delete()

    assert program.get("/agents").status_code == 401


@pytest.mark.parametrize("scope", ApiKey.Scope.values)
def test_a_key_may_do_what_its_scopes_say(scope: str, workspace: Workspace) -> None:
    workflow = make_published_workflow(make_agent(workspace))
    program = Program(workspace, scope)

    answers = {
        "read": program.get("/agents"),
        "run": program.post(f"/workflows/{workflow.pk}/runs", {"input": {}}),
        "write": program.post("/agents", {"name": "Mia"}),
    }

    assert answers.pop(scope).status_code < 300
    assert {(answer.status_code, error(answer)["code"]) for answer in answers.values()} == {(403, "scope")}
