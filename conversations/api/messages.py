"""A chat over the API: one message in, the agent's reply out."""

from typing import Annotated, Any
from uuid import UUID

from ninja import Router, Schema
from pydantic import AfterValidator, Field

from conversations.api.conversations import ToolResult
from conversations.models import Conversation
from conversations.replying.events import Answered, Ended, Event, Said
from conversations.services import replying
from conversations.services.talking import WHILE_WAITING
from workspaces.api import idempotency
from workspaces.api.keys import RUN, ApiRequest
from workspaces.api.shapes import ERRORS, Body, Error, Shown, reach

router = Router(tags=["Conversations"])


def _says_something(text: str) -> str:
    if not text.strip():
        raise ValueError("A message says something.")
    return text


class NewMessage(Body):
    text: Annotated[str, Field(max_length=8_000), AfterValidator(_says_something)]


class CallMade(Schema):
    tool_call_id: str
    name: str
    arguments: dict[str, Any]
    result: ToolResult
    run: UUID | None


class Reply(Schema):
    reply: str = Field(description="What the agent said; lines that only filled a wait are left out.")
    tool_calls: list[CallMade]
    ended: bool


@router.post("/conversations/{conversation_id}/messages", auth=RUN, response={200: Reply, ERRORS: Error})
def send_message(request: ApiRequest, conversation_id: UUID, payload: NewMessage) -> Shown:
    """One turn. While it goes on, another message to the same conversation is 409 `turn_in_progress`."""
    conversation = reach(Conversation.objects.in_workspace(request.auth.workspace), conversation_id)
    key = idempotency.key_of(request)
    return _shown(list(replying.reply(conversation, payload.text, key=key)))


def _shown(events: list[Event]) -> Shown:
    said = [one.text for one in events if isinstance(one, Said) and one.line not in WHILE_WAITING]
    calls = [one for one in events if isinstance(one, Answered)]
    return {
        "reply": "\n".join(said),
        "tool_calls": [
            {
                "tool_call_id": one.tool_call_id,
                "name": one.name,
                "arguments": one.arguments,
                "result": one.result,
                "run": str(one.run) if one.run else None,
            }
            for one in calls
        ],
        "ended": any(isinstance(one, Ended) for one in events),
    }
