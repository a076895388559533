"""A visitor's chat over its websocket: in by the session's token, out when the widget is off."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.cache import cache
from django.utils import timezone

from config.asgi import application
from conversations import chats, sockets, widget_chats
from conversations.models import Conversation, Message, Widget
from conversations.services import visiting
from conversations.services.visiting import Visit
from tests.support import loops
from tests.support.make import make_agent, make_widget
from workspaces.models import Workspace

type Talk = Callable[[Any], Coroutine[Any, Any, Any]]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _start_counting_anew() -> None:
    cache.clear()


@pytest.fixture
def widget(workspace: Workspace) -> Widget:
    return make_widget(make_agent(workspace))


@pytest.fixture
def session(widget: Widget) -> str:
    return visiting.begin(widget, Visit())


def over_a_socket(widget: Widget, talk: Talk, *, origin: str = "http://testserver") -> Any:
    """What `talk` gives back; without a socket, None."""
    scope = {
        "type": "websocket",
        "path": f"/ws/widget/{widget.public_key}/",
        "query_string": b"",
        "subprotocols": [],
        "client": ["203.0.113.9", 4711],
        "headers": [(b"host", b"testserver"), (b"origin", origin.encode())],
    }

    async def hold() -> Any:
        socket: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]
        await socket.send_input({"type": "websocket.connect"})
        answer = await socket.receive_output(timeout=20)
        if answer["type"] != "websocket.accept":
            return None
        result = await talk(socket)
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait(timeout=20)
        return result

    return loops.run(hold)


async def send(socket: Any, **frame: Any) -> None:
    await socket.send_input({"type": "websocket.receive", "text": json.dumps(frame)})


async def heard(socket: Any, *, until: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    while not told or not until(told[-1]):
        answer = await socket.receive_output(timeout=20)
        assert answer["type"] == "websocket.send", answer
        told.append(json.loads(answer["text"]))
    return told


def is_over(told: dict[str, Any]) -> bool:
    return told["type"] == "said" and bool(told["is_over"])


async def until_closed(socket: Any) -> int:
    while True:
        answer = await socket.receive_output(timeout=20)
        if answer["type"] == "websocket.close":
            return int(answer["code"])


def texts(told: list[dict[str, Any]], by: str = "agent") -> list[str]:
    return [one["text"] for news in told for one in news.get("messages", ()) if one["by"] == by]


def test_a_visitor_hears_what_was_said_and_is_answered(widget: Widget, session: str) -> None:
    async def talk(socket: Any) -> tuple[list[Any], list[Any]]:
        await send(socket, session=session, after=0)
        before = await heard(socket, until=is_over)
        await send(socket, text="Hello <b>you</b>", key="k1")
        return before, await heard(socket, until=is_over)

    before, after = over_a_socket(widget, talk)

    said = Message.objects.filter(role="agent").order_by("seq").values_list("text", flat=True)
    assert before[0]["type"] == "hello"
    assert texts(before) + texts(after) == list(said)
    visitors = [one for news in after for one in news.get("messages", ()) if one["by"] == "visitor"]
    assert [(one["text"], one["key"]) for one in visitors] == [("Hello <b>you</b>", "k1")]


def test_who_comes_back_hears_what_came_meanwhile_and_nothing_is_said_twice(
    widget: Widget, session: str
) -> None:
    async def say(socket: Any) -> int:
        await send(socket, session=session, after=0)
        last = (await heard(socket, until=is_over))[-1]["last"]
        await send(socket, text="Hello", key="k1")
        await socket.send_input({"type": "websocket.disconnect", "code": 1006})
        return int(last)

    async def come_back(socket: Any, after: int) -> list[dict[str, Any]]:
        await send(socket, session=session, after=after)
        await heard(socket, until=is_over)
        await send(socket, text="Hello", key="k1")
        return await heard(socket, until=is_over)

    seen = over_a_socket(widget, say)
    over_a_socket(widget, lambda socket: come_back(socket, seen))

    assert Message.objects.filter(role="user").values_list("text", flat=True).get() == "Hello"
    assert Message.objects.filter(role="agent", line="").count() == 1


def test_what_a_tool_answered_stays_unseen(widget: Widget, session: str) -> None:
    held = Conversation.objects.get()
    Message.objects.create(
        workspace=held.workspace,
        conversation=held,
        seq=50,
        role="tool",
        name="look_up",
        result={"ok": True, "data": "canary"},
        at=timezone.now(),
    )

    async def talk(socket: Any) -> list[dict[str, Any]]:
        await send(socket, session=session, after=0)
        return await heard(socket, until=is_over)

    told = over_a_socket(widget, talk)

    assert "canary" not in json.dumps(told)
    assert told[-1]["last"] == 50


def test_a_visitor_ends_the_chat(widget: Widget, session: str) -> None:
    async def talk(socket: Any) -> dict[str, Any]:
        await send(socket, session=session, after=0)
        await heard(socket, until=is_over)
        await send(socket, end=True)
        return (await heard(socket, until=lambda told: not told.get("is_open", True)))[-1]

    assert over_a_socket(widget, talk)["is_open"] is False
    held = Conversation.objects.get()
    assert (held.status, held.ended_by) == ("ended", "person")


@pytest.mark.parametrize("session", ["", "nonsense", "WyJhIiwiYiJd:1abc:def"])
def test_without_a_good_session_nobody_is_in(widget: Widget, session: str) -> None:
    async def talk(socket: Any) -> int:
        await send(socket, session=session, after=0)
        return await until_closed(socket)

    assert over_a_socket(widget, talk) == widget_chats.NO_SESSION


BAD_FRAMES: dict[str, dict[str, Any]] = {
    "binary": {"bytes": b"\x00"},
    "no JSON": {"text": "{"},
    "deep": {"text": "[" * 30_000},
    "no session": {"text": '{"after": 0}'},
    "no number": {"text": '{"session": "x", "after": "1; drop"}'},
    "true for a number": {"text": '{"session": "x", "after": true}'},
    "endless number": {"text": '{"session": "x", "after": 1e999}'},
}


@pytest.mark.parametrize("name", BAD_FRAMES)
def test_a_first_frame_that_is_no_greeting_closes_the_socket(widget: Widget, name: str) -> None:
    async def talk(socket: Any) -> int:
        await socket.send_input({"type": "websocket.receive", **BAD_FRAMES[name]})
        return await until_closed(socket)

    assert over_a_socket(widget, talk) == sockets.NOT_UNDERSTOOD


def test_a_frame_is_not_larger_than_64_kb(widget: Widget) -> None:
    async def talk(socket: Any) -> int:
        await send(socket, session="a" * 70_000)
        return await until_closed(socket)

    assert over_a_socket(widget, talk) == sockets.TOO_LARGE


def test_a_widget_that_is_turned_off_says_nothing_more(widget: Widget, session: str) -> None:
    async def talk(socket: Any) -> int:
        await send(socket, session=session, after=0)
        await heard(socket, until=is_over)
        await Widget.objects.aupdate(is_enabled=False)
        await send(socket, text="Hello", key="k")
        return await until_closed(socket)

    assert over_a_socket(widget, talk) == sockets.NOT_FOUND
    assert not Message.objects.filter(role="user").exists()


def test_an_open_socket_is_closed_when_its_widget_is_turned_off(
    widget: Widget, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(widget_chats, "ENTERS_WITHIN_S", 0.05)
    monkeypatch.setattr(widget_chats, "LOOKS_EVERY_S", 0.05)

    async def talk(socket: Any) -> int:
        await send(socket, session=session, after=0)
        await Widget.objects.aupdate(is_enabled=False)
        return await until_closed(socket)

    assert over_a_socket(widget, talk) in (sockets.NOT_FOUND, widget_chats.NO_SESSION)


def test_who_does_not_say_who_he_is_is_shown_out(widget: Widget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget_chats, "ENTERS_WITHIN_S", 0.05)

    assert over_a_socket(widget, until_closed) == widget_chats.NO_SESSION


def test_an_address_has_so_many_sockets(widget: Widget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget_chats, "MOST_SOCKETS", 0)

    assert over_a_socket(widget, until_closed) is None


def test_a_flood_closes_the_socket(widget: Widget, session: str) -> None:
    async def talk(socket: Any) -> int:
        await send(socket, session=session, after=0)
        for _ in range(chats.MOST_MESSAGES):
            await send(socket, end=True)
        return await until_closed(socket)

    assert over_a_socket(widget, talk) == sockets.TOO_MANY


@pytest.mark.parametrize("origin", ["null", "https://shop.example", "http://testserver.evil.example"])
def test_other_pages_open_no_socket(widget: Widget, origin: str) -> None:
    assert over_a_socket(widget, until_closed, origin=origin) is None
