"""What the pages on Vapi, Retell and LiveKit show is true: their code runs, with their payloads."""

import json
import re
from collections.abc import Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from conversations.models import Conversation, Message, ToolCall
from tests.support.make import make_agent, make_api_key, make_published_workflow
from workflows.models import Agent
from workspaces.models import Workspace

PAGES = Path(settings.BASE_DIR) / "docs" / "how-to"


@pytest.fixture
def agent(workspace: Workspace, settings: Any) -> Agent:
    settings.LIVE_EXECUTOR = "inline"
    agent = make_agent(workspace)
    make_published_workflow(agent, "greet")
    return agent


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (PAGES / page).read_text(), re.DOTALL | re.MULTILINE)


def code_of(page: str, agent: Agent) -> dict[str, Any]:
    """The names that the page's code defines; `parley` asks the API in this process."""
    _row, key = make_api_key(agent.workspace)
    names: dict[str, Any] = {"AGENT": str(agent.pk)}
    for block in blocks(page, "python"):
        exec(compile(block, page, "exec"), names)

    def parley(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        text = "" if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {key}"}
        kind = "application/json"
        answer = Client().generic(method, f"/api/v1{path}", text, content_type=kind, headers=headers)
        assert answer.status_code in (200, 201), answer.content
        return answer.json()

    names["parley"] = parley
    return names


def said() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("seq").values_list("role", "text"))


@pytest.mark.django_db(transaction=True)
def test_vapi(agent: Agent) -> None:
    code = code_of("vapi.md", agent)
    call, report = (json.loads(block) for block in blocks("vapi.md", "json"))

    (result,) = code["on_vapi"](call)["results"]
    code["on_vapi"](report)

    assert result["toolCallId"] == ToolCall.objects.get().tool_call_id == "toolu_1"
    assert "error_code" in json.loads(result["result"])
    assert said() == [("agent", "Hello!"), ("user", "Hi.")]
    assert Conversation.objects.get().status == "ended"


@pytest.mark.django_db(transaction=True)
def test_retell(agent: Agent) -> None:
    code = code_of("retell.md", agent)
    call, ended = (json.loads(block) for block in blocks("retell.md", "json"))

    result = code["on_retell"](call)
    code["on_retell"](ended)

    assert ToolCall.objects.get().tool_call_id == "tool-1"
    assert "error_code" in result
    assert said() == [("agent", "Hello!"), ("user", "Hi.")]
    assert Conversation.objects.get().status == "ended"


@pytest.mark.django_db(transaction=True)
def test_livekit(agent: Agent) -> None:
    code = code_of("livekit.md", agent)
    (history,) = (json.loads(block) for block in blocks("livekit.md", "json"))

    conversation = code["begin"]("room-1", "+4915112345678")
    tools = code["tools_of"](conversation, lambda call, raw_schema: (call, raw_schema))
    call, schema = tools[0]
    code["asyncio"] = SimpleNamespace(to_thread=_at_once)
    result = _finished(call({}, SimpleNamespace(function_call=SimpleNamespace(call_id="call-1"))))
    code["end"](conversation, history)

    assert schema["name"] == "greet"
    assert "error_code" in result
    assert said() == [("agent", "Hello!"), ("user", "Hi.")]


async def _at_once(call: Any, *values: Any) -> Any:
    return call(*values)


def _finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Without an event loop, in which Django would refuse to ask the database."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits for something")
