"""Every websocket opens for members, from our own pages, and for nobody else."""

from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from config.asgi import application
from config.routing import signed, websockets
from tests.support import loops
from tests.support.make import make_member
from tests.support.routes import OPEN_SOCKETS, SIGNED_SOCKETS, SOCKETS, World, path_of_nothing
from workspaces.models import Role, User


def test_every_websocket_has_its_line() -> None:
    assert {str(pattern.pattern) for pattern in websockets} == {*SOCKETS, *OPEN_SOCKETS}
    assert {str(pattern.pattern) for pattern in signed} == SIGNED_SOCKETS


def cookies_of(user: User | None) -> dict[str, Any]:
    client = Client()
    if user:
        client.force_login(user)
    return dict(client.cookies)


def is_let_in(user: User | None, path: str, origin: str = "http://testserver") -> bool:
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in cookies_of(user).items())
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

    return loops.run(knock)


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


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("route", sorted(OPEN_SOCKETS))
def test_an_open_websocket_opens_from_our_own_pages_only(route: str, world: World) -> None:
    assert is_let_in(None, world.path(route))
    assert not is_let_in(None, world.path(route), origin="https://testserver.evil.example")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("route", sorted(SIGNED_SOCKETS))
def test_a_signed_websocket_opens_for_no_page_and_no_member(route: str, world: World) -> None:
    assert not is_let_in(None, world.path(route))
    assert not is_let_in(make_member(world.workspace, Role.OWNER), world.path(route))
