"""The demo's own agent on a real stack, without network: a question, a refund with a wrong number first, the
end, and the mail that follows.
"""

from typing import Any

import pytest

from tests.support import waiting
from tests.support.api import Api
from tests.support.stack import Stack

pytestmark = pytest.mark.stack


def say(api: Api, conversation: str, text: str) -> Any:
    return api.post(f"/conversations/{conversation}/messages", {"text": text})


def _done(api: Api, run: str) -> set[str]:
    return {step["slug"] for step in api.get(f"/runs/{run}")["steps"] if step["status"] == "succeeded"}


def test_an_order_is_found_and_another_refunded_and_the_follow_up_mail_arrives(
    stack: Stack, api: Api
) -> None:
    mia = next(one["id"] for one in api.get("/agents")["items"] if one["name"].startswith("Mia"))
    customer = {"name": "Ada", "email": "ada.demo-chat@mail.example"}
    chat = api.post("/conversations", {"agent": mia, "channel": "chat", "customer": customer})["id"]

    found = say(api, chat, "Where is my order 1042?")
    assert "Order 1042 is in transit" in found["reply"]
    assert say(api, chat, "I want my money back for 1034")["reply"] == "Shall I refund order 1034?"
    assert say(api, chat, "no, 1043")["reply"] == "Shall I refund order 1043?"
    assert "104.00 euros" in say(api, chat, "yes")["reply"]
    assert say(api, chat, "no thanks, bye")["ended"] is True

    kept = api.get(f"/conversations/{chat}")
    assert (kept["status"], kept["ended_by"]) == ("ended", "agent")
    assert kept["analysis"] == {"intent": "refund", "order_number": 1043, "resolved": True}
    assert [call["result"]["ok"] for call in kept["tool_calls"]] == [True, True]
    after = next(run["id"] for run in kept["runs"] if run["trigger"] == "conversation_ended")
    waiting.until(
        lambda: _done(api, after) >= {"file_a_ticket", "thank_the_customer"},
        seconds=30,
        what=f"the mail; {api.get(f'/runs/{after}')}",
    )
