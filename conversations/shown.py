"""How does a conversation look over the API? Secure metadata by key name only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from conversations.models import Conversation, Message, SecureValue, ToolCall
from conversations.transcripts import entry
from workflows.api import shown as runs
from workflows.models import Run
from workspaces.api.shapes import Shown, instant


def summary(conversation: Conversation) -> Shown:
    return {
        "id": str(conversation.pk),
        "agent": str(conversation.agent_id),
        "agent_version": conversation.agent_version.number if conversation.agent_version else None,
        "channel": conversation.channel,
        "direction": conversation.direction,
        "status": conversation.status,
        "customer": conversation.customer,
        "external_id": conversation.external_id,
        "started_at": instant(conversation.started_at),
        "ended_at": instant(conversation.ended_at),
        "ended_by": conversation.ended_by,
        "ended_reason": conversation.ended_reason,
    }


def conversation(of: Conversation) -> Shown:
    return conversations([of])[0]


def conversations(of: Sequence[Conversation]) -> list[Shown]:
    """Four queries, however many there are."""
    ids = [one.pk for one in of]
    messages = _by_conversation(Message.objects.filter(conversation_id__in=ids).order_by("seq"))
    calls = _by_conversation(ToolCall.objects.filter(conversation_id__in=ids).order_by("requested_at"))
    names = _by_conversation(SecureValue.objects.filter(conversation_id__in=ids).order_by("name"))
    made: dict[UUID, list[Run]] = defaultdict(list)
    workspaces = {one.workspace_id for one in of}
    found = Run.objects.filter(workspace_id__in=workspaces, context_id__in=ids)
    for run in found.select_related("version", "workflow").order_by("id"):
        assert run.context_id
        made[run.context_id].append(run)
    return [
        {
            **summary(one),
            "variables": one.variables,
            "session": one.session,
            "metadata": one.metadata,
            "secure_metadata": [kept.name for kept in names[one.pk]],
            "transcript": [entry(message) for message in messages[one.pk]],
            "tool_calls": [tool_call(call) for call in calls[one.pk]],
            "analysis": one.analysis,
            "runs": [runs.run(run) for run in made[one.pk]],
        }
        for one in of
    ]


def _by_conversation[R: (Message, ToolCall, SecureValue)](rows: Iterable[R]) -> dict[UUID, list[R]]:
    found: dict[UUID, list[R]] = defaultdict(list)
    for row in rows:
        found[row.conversation_id].append(row)
    return found


def tool_call(call: ToolCall) -> Shown:
    return {
        "tool_call_id": call.tool_call_id,
        "name": call.name,
        "arguments": call.arguments,
        "result": call.result,
        "run": str(call.run_id) if call.run_id else None,
        "requested_at": instant(call.requested_at),
        "answered_at": instant(call.answered_at),
    }
