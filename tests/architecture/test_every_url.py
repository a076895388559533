"""Nobody gets where he may not: every page, API route and websocket, as nobody, as a stranger, in every role.

What another workspace has looks exactly like what does not exist; reading never changes a row. A route
without a line in tests/support/routes.py fails here.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.fixtures import Settings

from config.api import api
from config.asgi import application
from config.routing import websockets
from tests.support.make import make_api_key, make_member
from tests.support.routes import (
    ANYONE,
    API,
    OPEN_TO_ALL_METHODS,
    PAGES,
    SIGNED_IN,
    SOCKETS,
    World,
    path_of_nothing,
)
from tests.support.rows import fingerprint
from workspaces.models import ApiKey, Role, User

ADMIN_SITE = "admin/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route, pattern


ROUTES = dict(routes(get_resolver().url_patterns))


ANGLED = str.maketrans("{}", "<>")


def api_routes() -> dict[str, set[str]]:
    """Route below /api/v1/ → methods. One that the API's description leaves out counts as a page."""
    described = api.get_openapi_schema()["paths"]
    return {
        path.removeprefix("/api/v1/").replace("{", "<").replace("}", ">"): {
            method.upper() for method in methods
        }
        for path, methods in described.items()
    }


API_ROUTES = api_routes()
OWN_PAGES = {
    route
    for route in ROUTES
    if not route.startswith(ADMIN_SITE) and route.removeprefix("api/v1/") not in API_ROUTES
}


def test_every_page_has_its_line() -> None:
    assert OWN_PAGES - set(PAGES) == set(), (
        "Add a line to PAGES in tests/support/routes.py for each of these."
    )
    assert set(PAGES) - OWN_PAGES == set(), "These lines of PAGES are for routes that are gone."


def test_every_api_route_has_its_line() -> None:
    declared = {route: set(scopes) for route, scopes in API.items()}
    assert declared == API_ROUTES, "Let API in tests/support/routes.py say the scope of each method."


def test_every_websocket_has_its_line() -> None:
    assert {str(pattern.pattern) for pattern in websockets} == set(SOCKETS)


@pytest.fixture(autouse=True)
def _alone(settings: Settings) -> None:
    """Counters of tries and calls start anew; no live update leaves the process."""
    cache.clear()
    settings.DEBUG = False
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


@pytest.fixture
def world(db: None) -> World:
    return World("theirs")


def signed_in(user: User | None) -> Client:
    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user)
    return client


def send(client: Client, method: str, path: str, **headers: str) -> Any:
    form = "application/x-www-form-urlencoded"
    return client.generic(method, path, "", content_type=form, headers=headers)


def said(response: Any) -> str:
    """The answer without what differs from one request to the next."""
    return re.sub(r'(nonce|csrfmiddlewaretoken" value|request id )[=" ]*[\w+/-]+=*', "", response.text)


GUARDED = [route for route, page in PAGES.items() if {page.get, page.post} & set(Role)]


# --- Pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", GUARDED)
def test_nobody_who_is_not_signed_in_gets_in(route: str, world: World) -> None:
    page, path = PAGES[route], world.path(route)
    before = fingerprint()

    for method, least in (("GET", page.get), ("POST", page.post)):
        response = send(signed_in(None), method, path)
        fragment = send(signed_in(None), method, path, **{"HX-Request": "true"})
        if least is None:
            assert (response.status_code, fragment.status_code) == (405, 405)
        else:
            assert response.status_code == 302
            assert response["Location"].startswith("/login")
            assert (fragment.status_code, fragment["HX-Trigger"]) == (401, "session-expired")
    assert fingerprint() == before


@pytest.mark.parametrize("route", GUARDED)
def test_a_stranger_finds_what_does_not_exist(route: str, world: World, stranger: User) -> None:
    page, path = PAGES[route], world.path(route)
    client = signed_in(stranger)
    before = fingerprint()

    for method, least in (("GET", page.get), ("POST", page.post)):
        theirs, nothing = (send(client, method, url) for url in (path, path_of_nothing(route)))
        assert theirs.status_code == nothing.status_code == (404 if least else 405), method
        assert said(theirs) == said(nothing)
    assert fingerprint() == before


@pytest.mark.parametrize("route", GUARDED)
def test_a_role_that_is_too_low_is_refused(route: str, world: World) -> None:
    page, path = PAGES[route], world.path(route)
    clients = {role: signed_in(make_member(world.workspace, role)) for role in Role}
    before = fingerprint()

    for method, least in (("GET", page.get), ("POST", page.post)):
        too_low = [role for role in Role if isinstance(least, Role) and not role.covers(least)]
        answers = {role: send(clients[role], method, path).status_code for role in too_low}
        assert answers == dict.fromkeys(too_low, 403), method
    assert fingerprint() == before


@pytest.mark.parametrize("route", GUARDED)
def test_a_role_that_is_enough_gets_in_and_reading_changes_nothing(route: str, world: World) -> None:
    page, path = PAGES[route], world.path(route)
    clients = {role: signed_in(make_member(world.workspace, role)) for role in Role}
    enough = {
        method: [role for role in Role if isinstance(least, Role) and role.covers(least)]
        for method, least in (("GET", page.get), ("POST", page.post))
    }
    before = fingerprint()

    for role in enough["GET"]:
        assert send(clients[role], "GET", path).status_code == 200, role
        assert fingerprint() == before, role
    if enough["POST"]:
        status = send(clients[enough["POST"][0]], "POST", path).status_code
        assert status in {200, 201, 204, 302, 303, 409, 422} | ({404} if page.names_nothing else set())


@pytest.mark.parametrize("route", [route for route, page in PAGES.items() if page.post])
def test_no_form_is_taken_without_a_token(route: str, world: World) -> None:
    path = world.path(route)
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_member(world.workspace, Role.OWNER))
    before = fingerprint()

    for headers in ({}, {"HX-Request": "true"}, {"Origin": "https://evil.example"}):
        assert send(client, "POST", path, **headers).status_code == 403, headers
    assert fingerprint() == before


@pytest.mark.parametrize("route", sorted(PAGES))
def test_other_methods_are_refused_and_change_nothing(route: str, world: World) -> None:
    page, path = PAGES[route], world.path(route)
    client = signed_in(make_member(world.workspace, Role.OWNER))
    taken = {method for method, least in (("GET", page.get), ("POST", page.post)) if least}
    before = fingerprint()

    answers = {method: send(client, method, path).status_code for method in set(METHODS) - taken}
    if page is not OPEN_TO_ALL_METHODS:
        assert set(answers.values()) <= {404, 405}, answers
    assert fingerprint() == before


@pytest.mark.parametrize(
    "route", [route for route, page in PAGES.items() if SIGNED_IN in (page.get, page.post)]
)
def test_a_page_for_the_signed_in_asks_the_others_to_sign_in(
    route: str, world: World, stranger: User
) -> None:
    path = world.path(route)
    before = fingerprint()

    assert signed_in(None).get(path)["Location"].startswith("/login")
    assert signed_in(stranger).get(path).status_code in {200, 302}
    assert fingerprint() == before


@pytest.mark.parametrize("route", [route for route, page in PAGES.items() if page.get == ANYONE])
def test_an_open_page_changes_nothing_when_it_is_read(route: str, world: World) -> None:
    before = fingerprint()

    assert signed_in(None).get(world.path(route)).status_code in {200, 503}
    assert fingerprint() == before


# --- API ---------------------------------------------------------------------------------------------------


def call(key: str, method: str, path: str) -> Any:
    """`path` as a route of the API is filled in: `/agents`."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    client = Client(raise_request_exception=False)
    body = "" if method == "GET" else "{}"
    return client.generic(method, f"/api/v1{path}", body, content_type="application/json", headers=headers)


GUARDED_API = [
    (route, method) for route, scopes in API.items() for method in scopes if scopes[method] != ANYONE
]


@pytest.mark.parametrize(("route", "method"), GUARDED_API)
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


@pytest.mark.parametrize(("route", "method"), [place for place in GUARDED_API if "<" in place[0]])
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


# --- Websockets and the admin ------------------------------------------------------------------------------


def is_let_in(user: User | None, path: str, origin: str = "http://testserver") -> bool:
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in signed_in(user).cookies.items())
    headers = {"host": "testserver", "origin": origin, "cookie": cookies}
    scope = {
        "type": "websocket",
        "path": path,
        "query_string": b"",
        "subprotocols": [],
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }

    async def knock() -> bool:
        socket: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]
        await socket.send_input({"type": "websocket.connect"})
        answer = await socket.receive_output(timeout=10)
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait(timeout=10)
        return bool(answer["type"] == "websocket.accept")

    return async_to_sync(knock)()


@pytest.mark.django_db(transaction=True)  # Channels closes connections that are inside a transaction
@pytest.mark.parametrize("route", sorted(SOCKETS))
def test_a_websocket_opens_for_members_on_our_own_pages_only(
    route: str, world: World, stranger: User
) -> None:
    path = world.path(route)
    members = {role: make_member(world.workspace, role) for role in Role}

    assert {role: is_let_in(members[role], path) for role in Role} == {
        role: role.covers(SOCKETS[route]) for role in Role
    }
    assert not is_let_in(None, path)
    assert not is_let_in(stranger, path)
    assert not is_let_in(members[Role.OWNER], path_of_nothing(route))
    assert not is_let_in(members[Role.OWNER], path, origin="https://testserver.evil.example")


@pytest.mark.parametrize("route", sorted(route for route in ROUTES if route.startswith(ADMIN_SITE)))
def test_the_admin_is_for_staff(route: str, world: World) -> None:
    owner = make_member(world.workspace, Role.OWNER)
    path = "/" + re.sub(r"<[^>]+>", "nothing", route).replace("(?P<url>.*)$", "nothing")

    for client in (signed_in(None), signed_in(owner)):
        response = client.get(path)
        is_asked = response.status_code == 302 and response["Location"].startswith("/admin/login/")
        assert is_asked or path in {"/admin/login/", "/admin/logout/"} or response.status_code == 404, path
