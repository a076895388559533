"""How is a transcript stored and shown? Entries of role and text, and what belongs to a tool call."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.declare import JSON
from conversations.models import Conversation, Message

SPEAKERS = {"user": "User", "agent": "Agent"}


@dataclass(frozen=True, kw_only=True)
class Entry:
    role: str
    text: str = ""
    at: datetime | None = None
    tool_call_id: str = ""
    name: str = ""
    arguments: JSON = None
    result: JSON = None


def store(conversation: Conversation, entries: Sequence[Entry]) -> None:
    Message.objects.bulk_create(
        Message(
            workspace_id=conversation.workspace_id,
            conversation=conversation,
            seq=seq,
            role=item.role,
            text=item.text,
            at=item.at,
            tool_call_id=item.tool_call_id,
            name=item.name,
            arguments=item.arguments,
            result=item.result,
        )
        for seq, item in enumerate(entries, start=1)
    )


def entry(message: Message) -> dict[str, JSON]:
    """Only what the message has."""
    optional: dict[str, JSON] = {
        "at": message.at.isoformat().replace("+00:00", "Z") if message.at else None,
        "tool_call_id": message.tool_call_id or None,
        "name": message.name or None,
        "arguments": message.arguments,
        "result": message.result,
    }
    given = {key: value for key, value in optional.items() if value is not None}
    return {"role": message.role, "text": message.text, **given}


def spoken(messages: Iterable[Message]) -> str:
    """What people would read: who said what, line by line, without tool calls."""
    said = (message for message in messages if message.role in SPEAKERS)
    return "\n".join(f"{SPEAKERS[message.role]}: {message.text}" for message in said)
