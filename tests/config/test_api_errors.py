"""Every refusal of the API has one shape, Django's own refusals too."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.support.program import Program, error
from workflows.services import agents


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v2/agents", "/api/", "/api/v1/agents/", "/api/v1/"]
)
def test_an_address_that_is_none_is_told_so_in_json(path: str, client: Client, db: None) -> None:
    response = client.get(path)

    assert (response.status_code, error(response)["code"]) == (404, "not_found")


def test_a_method_that_a_route_does_not_take_is_told_so_in_json(program: Program) -> None:
    response = program.send("DELETE", "/agents")

    assert (response.status_code, error(response)["code"]) == (405, "method_not_allowed")
    assert set(response["Allow"].split(", ")) == {"GET", "POST"}


def test_a_host_that_is_not_ours_is_told_so_in_json(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["parley.example"]

    response = client.get("/api/v1/agents", headers={"Host": "evil.example"})

    assert (response.status_code, error(response)["code"]) == (400, "bad_request")


@pytest.mark.parametrize("is_debug", [True, False])
def test_what_goes_wrong_on_our_side_says_nothing_of_our_inside(
    is_debug: bool, program: Program, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = is_debug

    def broken(*_args: object, **_named: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(agents, "create", broken)
    response = program.post("/agents", {"name": "Mia"})

    assert (response.status_code, error(response)["code"]) == (500, "internal")
    assert response["X-Request-Id"] in error(response)["message"]
    assert b"hunter2" not in response.content


def test_pages_outside_the_api_keep_their_own_errors(client: Client, db: None) -> None:
    assert client.get("/nothing/here")["Content-Type"].startswith("text/html")
