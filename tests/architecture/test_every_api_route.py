"""Every API route wants a key with its scope, and finds nothing of another workspace."""

from typing import Any

import pytest
from django.test import Client

from config.api import api
from tests.support.make import make_api_key
from tests.support.routes import ANYONE, API, METHODS, World, api_routes, path_of_nothing
from tests.support.rows import fingerprint
from workspaces.models import ApiKey

GUARDED = [(route, method) for route, scopes in API.items() for method in scopes if scopes[method] != ANYONE]


def test_every_api_route_has_its_line() -> None:
    declared = {route: set(scopes) for route, scopes in API.items()}
    assert declared == api_routes(api), "Let API in tests/support/routes.py say the scope of each method."


def call(key: str, method: str, path: str) -> Any:
    """`path` as a route of the API is filled in: `/agents`."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    client = Client(raise_request_exception=False)
    body = "" if method == "GET" else "{}"
    return client.generic(method, f"/api/v1{path}", body, content_type="application/json", headers=headers)


@pytest.mark.parametrize(("route", "method"), GUARDED)
def test_the_api_wants_a_key_with_the_scope(route: str, method: str, world: World) -> None:
    path, scope = world.path(route), API[route][method]
    _key, right = make_api_key(world.workspace, scope, name="right")
    _key, wrong = make_api_key(world.workspace, *(set(ApiKey.Scope.values) - {scope}), name="wrong")
    before = fingerprint()

    assert call("", method, path).status_code == 401
    assert call("pk_nonsense", method, path).status_code == 401
    assert call(wrong, method, path).status_code == 403
    assert fingerprint() == before
    status = call(right, method, path).status_code
    assert status in ({200} if method == "GET" else {200, 201, 202, 409, 422})
    assert method != "GET" or fingerprint() == before


@pytest.mark.parametrize(("route", "method"), [place for place in GUARDED if "<" in place[0]])
def test_the_key_of_another_workspace_finds_what_does_not_exist(
    route: str, method: str, world: World
) -> None:
    _key, foreign = make_api_key(World("mine").workspace)
    path = world.path(route)
    before = fingerprint()

    theirs, nothing = (call(foreign, method, url) for url in (path, path_of_nothing(route)))

    assert (theirs.status_code, theirs.text) == (nothing.status_code, nothing.text)
    assert theirs.status_code in ({404} if method == "GET" else {404, 422})
    assert fingerprint() == before


@pytest.mark.parametrize("route", sorted(API))
def test_an_api_route_refuses_other_methods(route: str, world: World) -> None:
    _key, key = make_api_key(world.workspace)

    for method in set(METHODS) - set(API[route]):
        assert call(key, method, world.path(route)).status_code == 405, method
