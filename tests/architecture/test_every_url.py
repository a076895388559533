"""Nobody gets where he may not: every page, as nobody, as a stranger and in every role.

What another workspace has looks exactly like what does not exist; reading never changes a row. A route
without a line in tests/support/routes.py fails here.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from config.api import api
from tests.support.make import make_member
from tests.support.routes import (
    ANYONE,
    METHODS,
    OPEN_TO_ALL_METHODS,
    PAGES,
    SIGNED_IN,
    World,
    api_routes,
    path_of_nothing,
)
from tests.support.rows import fingerprint
from workspaces.models import Role, User

ADMIN_SITE = "admin/"


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


ROUTES = set(routes(get_resolver().url_patterns))
OF_THE_ADMIN = {route for route in ROUTES if route.startswith(ADMIN_SITE)}
OF_THE_API = {f"api/v1/{route}" for route in api_routes(api)}
GUARDED = [route for route, page in PAGES.items() if {page.get, page.post} & set(Role)]


def test_every_page_has_its_line() -> None:
    own = ROUTES - OF_THE_ADMIN - OF_THE_API

    assert own - set(PAGES) == set(), "Add a line to PAGES in tests/support/routes.py for each of these."
    assert set(PAGES) - own == set(), "These lines of PAGES are for routes that are gone."


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
    path = world.path(route)
    before = fingerprint()

    assert signed_in(None).get(path).status_code in {200, 503}
    assert fingerprint() == before


@pytest.mark.parametrize("route", sorted(OF_THE_ADMIN))
def test_the_admin_is_for_staff(route: str, world: World) -> None:
    owner = make_member(world.workspace, Role.OWNER)
    path = "/" + re.sub(r"<[^>]+>", "nothing", route).replace("(?P<url>.*)$", "nothing")

    for client in (signed_in(None), signed_in(owner)):
        response = client.get(path)
        is_asked = response.status_code == 302 and response["Location"].startswith("/admin/login/")
        assert is_asked or path in {"/admin/login/", "/admin/logout/"} or response.status_code == 404, path
