"""How does a conversation look over the API? Secure metadata by key name only."""

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
    messages = Message.objects.filter(conversation=of).order_by("seq")
    calls = ToolCall.objects.filter(conversation=of).order_by("requested_at")
    made = Run.objects.filter(workspace_id=of.workspace_id, context_id=of.pk).select_related(
        "version", "workflow"
    )
    names = SecureValue.objects.filter(conversation=of).order_by("name").values_list("name", flat=True)
    return {
        **summary(of),
        "variables": of.variables,
        "session": of.session,
        "metadata": of.metadata,
        "secure_metadata": list(names),
        "transcript": [entry(message) for message in messages],
        "tool_calls": [tool_call(call) for call in calls],
        "analysis": of.analysis,
        "runs": [runs.run(run) for run in made.order_by("id")],
    }


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
