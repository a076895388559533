"""What does a visitor see of a chat? What was said, and nothing of what went on behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conversations import colours, inputs
from conversations.models import Conversation, Message, Widget
from conversations.presenters.chat import KINDS
from conversations.replying import consent
from conversations.services import tool_calls
from workflows.definition import agent_flow
from workflows.definition.agent_document import AgentDefinition

MOST_AT_ONCE = 500


@dataclass(frozen=True)
class WidgetFrame:
    widget: Widget

    @cached_property
    def agent(self) -> AgentDefinition:
        return inputs.described_now(self.widget.agent)

    @property
    def title(self) -> str:
        return self.widget.title or self.agent.name

    @property
    def is_demo_model(self) -> bool:
        return self.agent.model.provider == "demo"

    @property
    def on_accent(self) -> str:
        return colours.text_on(self.widget.accent)


def news(conversation: Conversation, after: int) -> tuple[list[dict[str, Any]], int]:
    """What was said after that message, and the number of the last one there is. Tools stay unseen."""
    rows = Message.objects.filter(conversation=conversation, seq__gt=after).order_by("seq")
    found = list(rows[:MOST_AT_ONCE])
    said = [_said(one) for one in found if one.role in ("user", "agent") and one.text]
    return said, found[-1].seq if found else after


def _said(message: Message) -> dict[str, Any]:
    by = "visitor" if message.role == "user" else "agent"
    kind = KINDS.get(message.line)
    told = {"seq": message.seq, "by": by, "text": message.text, "note": kind in ("hold", "note")}
    if kind == "member":
        told |= {"name": message.name}
    return told | ({"key": message.key} if message.key else {})


def replies(conversation: Conversation) -> tuple[Sequence[str], bool]:
    """Suggested as long as the chat stands at its start; and whether only those are taken."""
    if tool_calls.asked(conversation):
        return (consent.YES, consent.NO), False
    start = agent_flow.start_of(agent_flow.effective(inputs.described(conversation).flow))
    is_there = conversation.status == "open" and conversation.node in ("", start.id)
    return (tuple(start.suggested_replies), start.strict_replies) if is_there else ((), False)
