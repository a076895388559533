"""A member's chat is looked after while nothing is said: on a timer, and by how many are open."""

from typing import Any

import pytest

from conversations import chats, sockets
from tests.conversations.test_chats import over_a_socket, until_closed
from tests.support.make import make_agent, make_conversation
from workspaces.models import Membership, User, Workspace

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_open_socket_of_somebody_who_is_removed_is_closed_by_the_timer(
    tester: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chats, "LOOKS_EVERY_S", 0.05)
    held = make_conversation(make_agent(workspace), kind="test")

    async def talk(socket: Any) -> int:
        await Membership.objects.filter(user=tester).adelete()
        return await until_closed(socket)

    assert over_a_socket(tester, held, talk) == sockets.NOT_FOUND


def test_one_person_has_so_many_sockets_and_no_more(
    tester: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chats, "MOST_SOCKETS", 0)
    held = make_conversation(make_agent(workspace), kind="test")

    refused = over_a_socket(tester, held, until_closed)

    assert (refused["type"], refused["code"]) == ("websocket.close", sockets.TOO_MANY)
