"""How is a tool call answered? Exactly once: by its run, by its deadline, or by what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from connectors.declare import JSON
from conversations import inputs, tools
from conversations.errors import ToolCallDiffers
from conversations.models import Conversation, ToolCall
from conversations.tools import Tool
from workflows.errors import InputInvalid
from workflows.models import Run, Workflow
from workflows.models.run import Lane, RunKind, RunStatus
from workflows.models.workflow import WorkflowKind
from workflows.services import starting, waiting

FAILED = "That did not work just now."
TIMED_OUT = "This takes longer than expected; it goes on in the background."


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the model is told."""

    ok: bool
    data: JSON = None
    message: str = ""
    error_code: str | None = None
    """unknown_tool | bad_arguments | not_live | timed_out | failed"""

    def stored(self) -> dict[str, JSON]:
        return {"ok": self.ok, "data": self.data, "message": self.message, "error_code": self.error_code}


def call(
    conversation: Conversation, *, tool_call_id: str, name: str, arguments: Mapping[str, JSON]
) -> ToolCall:
    """The answered call. The same id again gets the same answer; with another call in it, ToolCallDiffers."""
    made = _begin(conversation, tool_call_id, name, arguments)
    return made if made.result is not None else _await_answer(made)


def _begin(
    conversation: Conversation, tool_call_id: str, name: str, arguments: Mapping[str, JSON]
) -> ToolCall:
    """The call and its run appear together, or neither does."""
    try:
        with transaction.atomic():
            made = ToolCall.objects.create(
                workspace_id=conversation.workspace_id,
                conversation=conversation,
                tool_call_id=tool_call_id,
                name=name,
                arguments=dict(arguments),
            )
            _start_or_answer(conversation, made)
    except IntegrityError:
        made = ToolCall.objects.get(conversation=conversation, tool_call_id=tool_call_id)
        if (made.name, made.arguments) != (name, dict(arguments)):
            raise ToolCallDiffers("This tool_call_id was used for another call. Use a new one.") from None
    return made


def _start_or_answer(conversation: Conversation, made: ToolCall) -> None:
    tool = next((tool for tool in tools.of(conversation.agent_id) if tool.name == made.name), None)
    if conversation.status != "open":
        _answer(made, Result(ok=False, message="The conversation has ended.", error_code="failed"))
    elif tool is None:
        _answer(made, _no_such_tool(conversation, made.name))
    else:
        _start(conversation, made, tool)


def _start(conversation: Conversation, made: ToolCall, tool: Tool) -> None:
    settings = tool.definition.settings
    try:
        inputs.refuse_trusted(settings.variables, made.arguments, path="arguments")
        action = inputs.action_values(settings.variables, made.arguments, conversation, path="arguments")
    except InputInvalid as error:
        said = "; ".join(problem.message for problem in error.problems)
        _answer(made, Result(ok=False, message=said, error_code="bad_arguments"))
        return
    started = starting.start(
        workspace=conversation.workspace,
        workflow=tool.workflow,
        version=tool.version,
        kind=RunKind.PRODUCTION,
        trigger="tool_call",
        lane=Lane.LIVE,
        trigger_key=f"tool:{conversation.pk}:{made.tool_call_id}",
        input=inputs.run_input(conversation, action),
        context_id=conversation.pk,
        message_seq=_messages_so_far(conversation),
        deadline_s=settings.deadline_s,
    )
    made.run_id = started.run_id
    made.save(update_fields=["run_id"])


def _no_such_tool(conversation: Conversation, name: str) -> Result:
    of_agent = Workflow.objects.filter(agent_id=conversation.agent_id, kind=WorkflowKind.ACTION)
    if of_agent.filter(name=name).exists():
        return Result(ok=False, message=f"{name} is not live.", error_code="not_live")
    return Result(ok=False, message=f"There is no tool {name}.", error_code="unknown_tool")


def _messages_so_far(conversation: Conversation) -> int:
    return conversation.messages.aggregate(last=Max("seq"))["last"] or 0


def _await_answer(made: ToolCall) -> ToolCall:
    assert made.run_id is not None, "a call without an answer has a run"
    run = Run.objects.select_related("version", "workflow").get(pk=made.run_id)
    tool = tools.tool_of(run.workflow, run.version)
    passed = (timezone.now() - made.requested_at).total_seconds()
    waiting.wait_for(run.pk, seconds=max(0.0, tool.definition.settings.deadline_s - passed))
    run.refresh_from_db()
    _answer(made, _result(run, tool))
    made.refresh_from_db()
    return made


def _result(run: Run, tool: Tool) -> Result:
    message = tool.definition.settings.message
    if run.status == RunStatus.SUCCEEDED or run.responded_at is not None:
        return Result(ok=True, data=run.result)
    if run.status in (RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.QUARANTINED):
        return Result(ok=False, message=message.failure or FAILED, error_code="failed")
    return Result(ok=False, message=message.timeout or TIMED_OUT, error_code="timed_out")


def _answer(made: ToolCall, result: Result) -> None:
    """The first answer stays: whoever waited for the same call gives that one."""
    unanswered = ToolCall.objects.filter(pk=made.pk, result__isnull=True)
    if unanswered.update(result=result.stored(), answered_at=timezone.now()):
        made.result = result.stored()
