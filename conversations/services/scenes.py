"""What may a model, or a line that is said, draw on? The public part of a conversation."""

from zoneinfo import ZoneInfo

from django.utils import timezone

from conversations.models import Conversation
from conversations.replying.prompt import Scene
from workflows.definition.agent_document import AgentDefinition


def of(conversation: Conversation, agent: AgentDefinition) -> Scene:
    """`conversation` with its workspace. Metadata and secure metadata are not looked at."""
    zone = ZoneInfo(agent.time_zone or conversation.workspace.time_zone)
    name = conversation.customer.get("name")
    return Scene(
        agent=agent,
        channel=conversation.channel,
        direction=conversation.direction,
        customer_name=name if isinstance(name, str) else "",
        variables=conversation.variables,
        session=conversation.session,
        started_at=conversation.started_at.astimezone(zone),
        now=timezone.now().astimezone(zone),
    )
