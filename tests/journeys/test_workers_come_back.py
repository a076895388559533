"""A promised follow-up happens, once, whatever happened to the workers and the broker meanwhile."""

from collections import Counter
from typing import Any

import pytest
import redis

from tests.support import waiting
from tests.support.api import Api
from tests.support.sink import HttpSink
from tests.support.stack import Stack

pytestmark = pytest.mark.stack

CONVERSATIONS = 100


def test_runs_of_conversations_that_ended_without_workers_all_happen_once(
    stack: Stack, api: Api, http_sink: HttpSink
) -> None:
    agent = api.make_agent("Follow-ups without workers")
    workflow = api.publish_workflow(agent, "post_conversation", _document(http_sink.url))

    lanes = ("live", "background", "system")
    for lane in lanes:
        stack.stop_worker(lane)
    try:
        conversations = [_ended(api, agent, number, stack) for number in range(CONVERSATIONS)]
    finally:
        for lane in lanes:
            stack.start_worker(lane)

    http_sink.requests.expect(CONVERSATIONS, seconds=90)
    waiting.until(
        lambda: len(_runs(api, workflow, "succeeded")) == CONVERSATIONS,
        seconds=60,
        what="every run succeeded",
    )
    arrived = Counter(request.path for request in http_sink.requests.all())
    assert arrived == {f"/done/{conversation}": 1 for conversation in conversations}
    assert len(_runs(api, workflow, "")) == CONVERSATIONS


def _ended(api: Api, agent: str, number: int, stack: Stack) -> str:
    """Ended twice, as an impatient caller does; in the middle of it all the broker forgets everything."""
    conversation = api.hold_conversation(agent)
    api.post(f"/conversations/{conversation}/end")
    if number == CONVERSATIONS // 2:
        redis.Redis.from_url(stack.redis_url).flushall()
    return conversation


def _runs(api: Api, workflow: str, status: str) -> list[dict[str, Any]]:
    query = {"workflow": workflow, "limit": 200} | ({"status": status} if status else {})
    return list(api.get("/runs", **query)["items"])


def _document(url: str) -> dict[str, Any]:
    return {
        "schema": 1,
        "settings": {
            "name": "Tell the sink",
            "description": "One request for each conversation.",
            "enabled": True,
        },
        "steps": [
            {
                "id": "s_tellthesink",
                "slug": "tell",
                "label": "Tell",
                "action": "rest.request@1",
                "inputs": {"method": "POST", "url": f"{url}/done/{{{{ conversation.id }}}}"},
            }
        ],
    }
