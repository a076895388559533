"""Web and the live worker are killed in the middle of tool calls: one result each, and nothing done twice."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support import waiting
from tests.support.api import Api
from tests.support.sink import HttpSink
from tests.support.stack import Stack

pytestmark = pytest.mark.stack

CALLS = 8
UNDERWAY = 3
"""So many have reached the world when both processes are killed."""
DEADLINE_S = 10


def test_each_call_has_one_result_and_no_effect_twice(stack: Stack, api: Api, http_sink: HttpSink) -> None:
    agent = api.make_agent("Calls that survive")
    api.publish_workflow(agent, "action", _document(http_sink.url))
    chat = api.post("/conversations", {"agent": agent, "channel": "chat"})["id"]
    http_sink.mode = "hang"

    with ThreadPoolExecutor(CALLS) as callers:
        answers = [callers.submit(_insist, api, chat, number) for number in range(CALLS)]
        http_sink.requests.expect(UNDERWAY, seconds=20)
        stack.kill_child("live")
        stack.kill_child("web")
        http_sink.mode = "ok"
        http_sink.release()
        results = [answer.result(timeout=90) for answer in answers]

    again = [_insist(api, chat, number) for number in range(CALLS)]
    assert again == results
    assert all(set(result) >= {"ok", "data", "message", "error_code"} for result in results)
    waiting.until(lambda: _is_quiet(api, chat), seconds=60, what="every run came to its end")
    kept = api.get(f"/conversations/{chat}")
    assert len(kept["tool_calls"]) == len(kept["runs"]) == CALLS
    assert all(call["result"] is not None for call in kept["tool_calls"])
    arrived = Counter(request.path for request in http_sink.requests.all())
    assert set(arrived.values()) <= {1}
    for number, result in enumerate(results):
        assert not result["ok"] or arrived[f"/notes/{number}"] == 1


def _insist(api: Api, chat: str, number: int) -> dict[str, Any]:
    """As a runtime does: the same call until there is an answer."""
    body = {"tool_call_id": f"c{number}", "name": "take_note", "arguments": {"number": number}}
    until = time.monotonic() + 80
    while True:
        try:
            answer = api.call("POST", f"/conversations/{chat}/tool-calls", json=body)
        except httpx.TransportError:
            assert time.monotonic() < until
            time.sleep(0.3)
        else:
            assert answer.status_code == 200, answer.text
            return dict(answer.json())


def _is_quiet(api: Api, chat: str) -> bool:
    return all(run["finished_at"] for run in api.get(f"/conversations/{chat}")["runs"])


def _document(url: str) -> dict[str, Any]:
    number = {"name": "number", "type": "integer", "required": True, "description": "Which."}
    send = {"method": "POST", "url": f"{url}/notes/{{{{ action.number }}}}"}
    step = {"id": "s_takenote", "slug": "send", "label": "Send", "action": "rest.request@1", "inputs": send}
    settings = {
        "name": "take_note",
        "description": "Takes a note.",
        "deadline_s": DEADLINE_S,
        "variables": [number],
    }
    return {"schema": 1, "settings": settings, "steps": [step]}
