"""A member's chat: as a plain form, and over a websocket that takes nothing from those who may not."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django.fixtures import Settings

from config.asgi import application
from conversations import chats, sockets, turning
from conversations.models import Conversation, Message, ModelCall
from conversations.replying.events import Event
from conversations.services import replying, trying
from tests.support import loops
from tests.support.llm import Answer, Asked, LlmServer, Play
from tests.support.make import make_agent, make_conversation, make_published_workflow
from workflows.events import GATHERED_S, flush
from workflows.models import Agent
from workspaces.models import Membership, Role, User, Workspace

type Talk = Callable[[Any], Coroutine[Any, Any, Any]]


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    return make_agent(workspace)


# --- Without a script --------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_chat_needs_no_script(client: Client, tester: User, agent: Agent) -> None:
    client.force_login(tester)
    path = f"/agents/{agent.pk}/chat/"

    assert client.post(path, {"edition": "draft"}).status_code == 302
    page = client.post(path, {"text": "Hello <b>you</b>"}, follow=True).content.decode()

    held = Conversation.objects.get()
    assert (held.kind, held.edition) == ("test", "draft")
    assert "Hello &lt;b&gt;you" in page
    assert 'role="log"' in page
    assert Message.objects.filter(conversation=held, role="agent").exists()


@pytest.mark.django_db
def test_a_new_chat_ends_the_one_before(client: Client, tester: User, agent: Agent) -> None:
    client.force_login(tester)
    for edition in ("live", "draft"):
        client.post(f"/agents/{agent.pk}/chat/", {"edition": edition})

    kinds = Conversation.objects.order_by("pk").values_list("kind", "status", "ended_by")
    assert list(kinds) == [("production", "ended", "person"), ("test", "open", "")]


@pytest.mark.django_db
def test_what_cannot_be_said_is_kept_and_explained(client: Client, tester: User, agent: Agent) -> None:
    client.force_login(tester)
    path = f"/agents/{agent.pk}/chat/"
    client.post(path, {"edition": "draft"})
    client.post(path, {"end": "yes"})

    after_the_end = client.post(path, {"text": "One more thing"})
    too_long = client.post(path, {"text": "a" * 8_001})

    assert (after_the_end.status_code, too_long.status_code) == (422, 422)
    assert "One more thing" in after_the_end.content.decode()
    assert "at most 8,000" in too_long.content.decode()


@pytest.mark.django_db
def test_the_first_page_has_a_chat_for_who_may_test_and_comes_back_to_it(
    client: Client, tester: User, viewer: User, agent: Agent
) -> None:
    client.force_login(viewer)
    assert 'id="chat-form"' not in client.get("/").content.decode()
    client.force_login(tester)
    assert 'id="chat-form"' in client.get("/").content.decode()

    here = client.post(f"/agents/{agent.pk}/chat/", {"text": "Hello", "back": "/"})
    away = client.post(f"/agents/{agent.pk}/chat/", {"text": "Hello", "back": "https://evil.example/"})

    assert here["Location"] == "/"
    assert away["Location"] == f"/agents/{agent.pk}/chat/"
    assert Conversation.objects.get().kind == "production"


# --- At the side of a builder page -------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_dock_is_a_part_for_pages_that_fetch_it_and_a_page_without_a_script(
    client: Client, tester: User, agent: Agent
) -> None:
    client.force_login(tester)
    path = f"/agents/{agent.pk}/chat/dock/"

    part = client.get(path, headers={"hx-request": "true"}).content.decode()
    page = client.get(path).content.decode()
    started = client.post(path, {"edition": "draft", "text": ""}, headers={"hx-request": "true"})
    without = client.post(path, {"text": "Hello"})

    assert "<html" not in part
    assert 'data-start="draft"' in part
    assert "<html" in page
    assert f"/ws/chat/{Conversation.objects.get().pk}/" in started.content.decode()
    assert without["Location"] == f"/agents/{agent.pk}/chat/"


@pytest.mark.django_db
def test_a_chat_that_cannot_start_says_why_in_the_dock(client: Client, tester: User, agent: Agent) -> None:
    agent.draft["variables"] = [{"name": "order", "type": "string", "required": True}]
    agent.save()
    client.force_login(tester)

    answer = client.post(
        f"/agents/{agent.pk}/chat/dock/", {"edition": "draft"}, headers={"hx-request": "true"}
    )

    assert answer.status_code == 422
    assert "order is missing" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_answer_says_what_led_to_it(client: Client, tester: User, agent: Agent) -> None:
    make_published_workflow(
        agent, "greet", response=[{"name": "word", "value": "Hi"}], description="Say hello to them."
    )
    held = trying.start(agent, tester, "live")
    trying.say(held, "say hello")
    client.force_login(tester)

    page = client.get(f"/agents/{agent.pk}/chat/").content.decode()

    assert "Why this answer" in page
    assert "called greet" in page
    assert "Demo model" in page
    assert f'data-workflow="{held.agent.workflows.get().pk}"' in page


# --- Over the websocket ------------------------------------------------------------------------------------
def over_a_socket(
    user: User | None, conversation: Conversation, talk: Talk, *, origin: str | None = None
) -> Any:
    client = Client()
    if user:
        client.force_login(user)
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in client.cookies.items())
    headers = {"host": "testserver", "origin": origin or "http://testserver", "cookie": cookies}
    if origin == "none":
        del headers["origin"]
    scope = {
        "type": "websocket",
        "path": f"/ws/chat/{conversation.pk}/",
        "query_string": b"",
        "subprotocols": [],
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }

    async def hold() -> Any:
        socket: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]
        await socket.send_input({"type": "websocket.connect"})
        answer = await socket.receive_output(timeout=20)
        result = answer
        if answer["type"] == "websocket.accept":
            result = await talk(socket)
            await socket.send_input({"type": "websocket.disconnect", "code": 1000})
            await socket.wait(timeout=20)
        return result

    return loops.run(hold)


async def until_closed(socket: Any) -> int:
    while True:
        answer = await socket.receive_output(timeout=20)
        if answer["type"] == "websocket.close":
            return int(answer["code"])


async def answer_to(socket: Any, text: str) -> str:
    """What comes over the socket until the turn is over."""
    await socket.send_input({"type": "websocket.receive", "text": json.dumps({"text": text, "key": "k"})})
    seen = ""
    while "chat-tail" not in seen:
        seen += (await socket.receive_output(timeout=20)).get("text", "")
    return seen


def nothing() -> Iterator[Event]:
    yield from ()


def sending(**frame: Any) -> Talk:
    async def talk(socket: Any) -> int:
        await socket.send_input({"type": "websocket.receive", **frame})
        return await until_closed(socket)

    return talk


BAD_FRAMES: dict[str, tuple[dict[str, Any], int]] = {
    "binary": ({"bytes": b"\x00\x01"}, sockets.NOT_UNDERSTOOD),
    "too large": ({"text": json.dumps({"text": "a" * 70_000})}, sockets.TOO_LARGE),
    "no JSON": ({"text": "{"}, sockets.NOT_UNDERSTOOD),
    "deep": ({"text": "[" * 30_000}, sockets.NOT_UNDERSTOOD),
    "no object": ({"text": "[1]"}, sockets.NOT_UNDERSTOOD),
    "no text": ({"text": '{"text": 5}'}, sockets.NOT_UNDERSTOOD),
    "empty": ({"text": '{"text": "  "}'}, sockets.NOT_UNDERSTOOD),
    "a zero": ({"text": '{"text": "a\\u0000"}'}, sockets.NOT_UNDERSTOOD),
    "torn": ({"text": '{"text": "\\ud800"}'}, sockets.NOT_UNDERSTOOD),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", BAD_FRAMES)
def test_a_frame_that_is_no_message_closes_the_socket(tester: User, agent: Agent, name: str) -> None:
    held = make_conversation(agent, kind="test")
    frame, code = BAD_FRAMES[name]

    assert over_a_socket(tester, held, sending(**frame)) == code
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_turn_comes_over_the_socket_and_is_stored(tester: User, agent: Agent) -> None:
    held = trying.start(agent, tester, "draft")

    async def talk(socket: Any) -> str:
        return await answer_to(socket, "Hi")

    seen = over_a_socket(tester, held, talk)

    said = Message.objects.filter(conversation=held, role="agent").latest("seq")
    assert '<p class="bub">Hi</p>' in seen
    assert said.text[:10] in seen


@pytest.mark.django_db(transaction=True)
def test_what_was_said_here_is_not_drawn_again_when_it_comes_back(tester: User, agent: Agent) -> None:
    held = trying.start(agent, tester, "draft")

    async def talk(socket: Any) -> bool:
        await answer_to(socket, "Hi")
        return bool(await socket.receive_nothing(timeout=10 * GATHERED_S))

    assert over_a_socket(tester, held, talk)


@pytest.mark.django_db(transaction=True)
def test_what_another_tab_says_in_the_last_moment_of_a_turn_is_shown(
    tester: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = trying.start(agent, tester, "draft")
    read = chats.Chat._news

    def late(chat: chats.Chat, seen: int, is_over: bool) -> tuple[str, int]:
        """Here the turn looks for the last time; the other tab is heard of before it has ended."""
        news = read(chat, seen, is_over)
        if is_over and Message.objects.filter(conversation=held, role="user").count() == 1:
            list(replying.reply(held, "From the other tab"))
            flush()
            time.sleep(0.3)
        return news

    async def talk(socket: Any) -> bool:
        await answer_to(socket, "Hi")
        while "From the other tab" not in (await socket.receive_output(timeout=5)).get("text", ""):
            pass
        return True

    monkeypatch.setattr(chats.Chat, "_news", late)
    assert over_a_socket(tester, held, talk)


@pytest.mark.django_db(transaction=True)
def test_a_stopped_answer_leaves_the_chat_free_for_the_next(tester: User, agent: Agent) -> None:
    held = trying.start(agent, tester, "draft")

    async def talk(socket: Any) -> None:
        for frame in ({"text": "Hi"}, {"stop": True}, {"text": "And now?"}):
            await socket.send_input({"type": "websocket.receive", "text": json.dumps(frame)})
        seen = ""
        while seen.count("chat-tail") < 2:
            seen += (await socket.receive_output(timeout=20)).get("text", "")

    over_a_socket(tester, held, talk)

    last = Message.objects.filter(conversation=held).order_by("-seq")[:2]
    assert [(one.role, one.text) for one in last][1] == ("user", "And now?")
    held.refresh_from_db()
    assert held.turn_until is None


def long_after(_: Asked) -> Answer:
    time.sleep(30)
    return Answer()


SILENCES: dict[str, Play] = {
    "before it answers": long_after,
    "before its first word": Answer(stalls_after=0),
    "in the middle": Answer(text="I will", stalls_after=3),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when", SILENCES)
def test_stop_ends_the_turn_of_a_model_that_is_silent(
    tester: User, workspace: Workspace, llm: LlmServer, settings: Settings, when: str
) -> None:
    settings.LLM_SILENCE_S = settings.LLM_TOTAL_S = 60.0
    held = trying.start(make_agent(workspace, model={"provider": "openai"}), tester, "draft")
    llm.plays(SILENCES[when], Answer(text="Here I am."))

    async def talk(socket: Any) -> None:
        async def send(**frame: Any) -> None:
            await socket.send_input({"type": "websocket.receive", "text": json.dumps(frame)})

        async def until(words: str) -> None:
            while words not in (await socket.receive_output(timeout=20)).get("text", ""):
                pass

        await send(text="Hi")
        await asyncio.to_thread(llm.asked.expect, 1)
        await send(stop=True)
        await until("chat-tail")
        await send(text="And now?")
        await until("Here I am.")

    over_a_socket(tester, held, talk)

    errors = ModelCall.objects.order_by("pk").values_list("error", flat=True)
    assert list(errors) == ["stopped", ""]
    assert not Message.objects.filter(conversation=held, line="trouble").exists()


@pytest.mark.django_db(transaction=True)
def test_who_writes_faster_than_the_agent_answers_is_heard_in_order(tester: User, agent: Agent) -> None:
    held = trying.start(agent, tester, "draft")
    texts = ["First", "Second", "Third"]

    async def talk(socket: Any) -> None:
        for text in texts:
            await socket.send_input({"type": "websocket.receive", "text": json.dumps({"text": text})})
        seen = ""
        while seen.count("chat-tail") < len(texts):
            seen += (await socket.receive_output(timeout=20)).get("text", "")

    over_a_socket(tester, held, talk)

    roles = Message.objects.filter(conversation=held).order_by("seq").values_list("role", "text")
    assert [text for role, text in roles if role == "user"] == texts
    assert [role for role, _ in roles][-6:] == ["user", "agent"] * 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("origin", ["none", "null", "https://evil.example", "http://testserver.evil.example"])
def test_pages_of_others_open_no_socket(tester: User, agent: Agent, origin: str) -> None:
    held = make_conversation(agent, kind="test")

    assert over_a_socket(tester, held, sending(text="{"), origin=origin)["type"] == "websocket.close"


@pytest.mark.django_db(transaction=True)
def test_nobody_speaks_for_a_customer_or_in_another_workspace(
    tester: User, stranger: User, agent: Agent
) -> None:
    of_a_customer = make_conversation(agent)
    test = make_conversation(agent, kind="test")

    assert over_a_socket(tester, of_a_customer, sending(text="{"))["type"] == "websocket.close"
    assert over_a_socket(stranger, test, sending(text="{"))["type"] == "websocket.close"


LOSSES: dict[str, Callable[[], Any]] = {
    "removed": lambda: Membership.objects.filter(role=Role.TESTER).delete(),
    "a viewer now": lambda: Membership.objects.filter(role=Role.TESTER).update(role=Role.VIEWER),
    "signed out": lambda: Session.objects.all().delete(),
    "a new password": lambda: User.objects.update(password=make_password("another one")),
    "not active": lambda: User.objects.update(is_active=False),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("loss", LOSSES)
def test_who_may_not_any_more_says_nothing_over_a_socket_that_is_open(
    tester: User, agent: Agent, loss: str
) -> None:
    held = make_conversation(agent, kind="test")

    async def talk(socket: Any) -> int:
        await turning.in_thread(LOSSES[loss])
        await socket.send_input({"type": "websocket.receive", "text": '{"text": "Hi"}'})
        return await until_closed(socket)

    assert over_a_socket(tester, held, talk) == sockets.NOT_FOUND
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_flood_closes_the_socket(tester: User, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    held = make_conversation(agent, kind="test")
    monkeypatch.setattr(replying, "reply", lambda *_, **__: nothing())

    async def talk(socket: Any) -> int:
        for _ in range(chats.MOST_MESSAGES + 1):
            await socket.send_input({"type": "websocket.receive", "text": '{"text": "Hi"}'})
        return await until_closed(socket)

    assert over_a_socket(tester, held, talk) == sockets.TOO_MANY
