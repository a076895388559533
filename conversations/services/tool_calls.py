"""How is a tool call answered? Exactly once: by its run, by its deadline, or by what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from connectors.declare import JSON
from conversations import inputs, tools
from conversations.errors import ToolCallDiffers
from conversations.models import Conversation, Message, ToolCall
from conversations.tools import Tool
from workflows.errors import InputInvalid
from workflows.models import Run, Workflow
from workflows.models.run import Lane, RunStatus
from workflows.models.workflow import WorkflowKind
from workflows.services import operating, starting, waiting
from workspaces.services import audit

MOST_CALLS = 200
"""In one conversation, whoever makes them."""
LONGEST_S = 120.0
USED_UP = "This conversation has used up its calls."
DECLINED = "The person did not say yes. Nothing was done."
FAILED = "That did not work just now."
CALLED_OFF = "The person has interrupted; this was called off."
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
    made = begin(conversation, tool_call_id=tool_call_id, name=name, arguments=arguments)
    while made.result is None:
        await_answer(made, seconds=LONGEST_S)
    return made


def begin(
    conversation: Conversation,
    *,
    tool_call_id: str,
    name: str,
    arguments: Mapping[str, JSON],
    asks_first: bool = False,
) -> ToolCall:
    """The call and its run appear together, or neither does; what cannot be run is answered at once. With
    `asks_first` there is no run yet: see `confirm` and `decline`.
    """
    try:
        with transaction.atomic():
            made = ToolCall.objects.create(
                workspace_id=conversation.workspace_id,
                conversation=conversation,
                tool_call_id=tool_call_id,
                name=name,
                arguments=dict(arguments),
            )
            _start_or_answer(conversation, made, asks_first=asks_first)
    except IntegrityError:
        made = ToolCall.objects.get(conversation=conversation, tool_call_id=tool_call_id)
        if (made.name, made.arguments) != (name, dict(arguments)):
            raise ToolCallDiffers("This tool_call_id was used for another call. Use a new one.") from None
    return made


def unsettled(conversation: Conversation) -> list[ToolCall]:
    """Calls that no message answers yet: those of which the person is asked, those under way, and what a dead
    turn left behind.
    """
    mine = Message.objects.filter(conversation=conversation, role="tool")
    rows = ToolCall.objects.filter(conversation=conversation)
    told = mine.filter(tool_call_id=OuterRef("tool_call_id"))
    return list(rows.exclude(Exists(told)).order_by("requested_at", "id"))


def asked(conversation: Conversation) -> ToolCall | None:
    """The call of which the person is asked whether it may begin."""
    found: ToolCall | None = ToolCall.objects.filter(conversation=conversation, confirm_due=True).first()
    return found


def confirm(conversation: Conversation, made: ToolCall) -> None:
    """The person said yes: it begins, once, with what they were asked about. Its time counts from now."""
    with transaction.atomic():
        mine = ToolCall.objects.filter(pk=made.pk, confirm_due=True)
        if mine.update(confirm_due=False, requested_at=timezone.now()):
            made.refresh_from_db()
            _start_or_answer(conversation, made)
    made.refresh_from_db()


def decline(conversation: Conversation, message: str = DECLINED) -> None:
    """What the person was asked about is answered without having begun."""
    result = Result(ok=False, message=message, error_code="failed").stored()
    open_ones = ToolCall.objects.filter(conversation=conversation, confirm_due=True)
    open_ones.update(confirm_due=False, result=result, answered_at=timezone.now())


def refuse(
    conversation: Conversation, *, tool_call_id: str, name: str, arguments: Mapping[str, JSON], result: Result
) -> ToolCall:
    """A call that is answered without being looked at."""
    now = timezone.now()
    made, _ = ToolCall.objects.get_or_create(
        conversation=conversation,
        tool_call_id=tool_call_id,
        defaults={
            "workspace_id": conversation.workspace_id,
            "name": name,
            "arguments": dict(arguments),
            "result": result.stored(),
            "answered_at": now,
        },
    )
    return made


def await_answer(made: ToolCall, *, seconds: float) -> None:
    """Waits so long at most; `made.result` is there when the run or the deadline has come to its end."""
    assert made.run_id is not None, "a call without an answer has a run"
    run = Run.objects.select_related("version", "workflow").get(pk=made.run_id)
    tool = tools.tool_of(run.workflow, run.version)
    left = tool.definition.settings.deadline_s - (timezone.now() - made.requested_at).total_seconds()
    if not _is_over(run):
        waiting.wait_for(run.pk, seconds=max(0.0, min(left, seconds)))
        run.refresh_from_db()
    if _is_over(run) or left <= seconds:
        _answer(made, _result(run, tool))
        made.refresh_from_db()


def leave(made: ToolCall) -> None:
    """Nobody waits for it any more. What only reads is called off; a write goes on, and what comes of it is
    told later: stopping it halfway could leave it done and nobody knowing.
    """
    if made.result is None:
        await_answer(made, seconds=0)
    if made.result is not None:
        return
    assert made.run_id is not None, "a call without an answer has a run"
    run = Run.objects.select_related("workspace", "version", "workflow").get(pk=made.run_id)
    tool = tools.tool_of(run.workflow, run.version)
    if tools.writes(tool.definition):
        _answer(made, _result(run, tool))
    else:
        _answer(made, Result(ok=False, message=CALLED_OFF, error_code="failed"))
        operating.cancel(run, audit.system("conversation"))
    made.refresh_from_db()


def settle_late(made: ToolCall) -> Result | None:
    """What came of a call after its deadline, told to one caller only; None while it goes on, or told."""
    assert made.run_id is not None, "what is late has a run"
    run = Run.objects.select_related("version", "workflow").get(pk=made.run_id)
    if not _is_over(run):
        return None
    result = _result(run, tools.tool_of(run.workflow, run.version))
    mine = ToolCall.objects.filter(pk=made.pk, late_due=True)
    told = mine.update(late_due=False, late_result=result.stored(), late_at=timezone.now())
    return result if told else None


def _start_or_answer(conversation: Conversation, made: ToolCall, *, asks_first: bool = False) -> None:
    offered = tools.of(conversation.agent_id, conversation.edition)
    tool = next((tool for tool in offered if tool.name == made.name), None)
    if not Conversation.objects.filter(pk=conversation.pk, status="open").exists():
        _answer(made, Result(ok=False, message="The conversation has ended.", error_code="failed"))
    elif tool is None:
        _answer(made, _no_such_tool(conversation, made.name))
    elif ToolCall.objects.filter(conversation=conversation).count() > MOST_CALLS:
        _answer(made, Result(ok=False, message=USED_UP, error_code="failed"))
    else:
        _start(conversation, made, tool, asks_first=asks_first)


def _start(conversation: Conversation, made: ToolCall, tool: Tool, *, asks_first: bool) -> None:
    settings = tool.definition.settings
    try:
        inputs.refuse_trusted(settings.variables, made.arguments, path="arguments")
        action = inputs.action_values(settings.variables, made.arguments, conversation, path="arguments")
    except InputInvalid as error:
        said = "; ".join(problem.message for problem in error.problems)
        _answer(made, Result(ok=False, message=said, error_code="bad_arguments"))
        return
    if asks_first:
        made.confirm_due = True
        made.save(update_fields=["confirm_due"])
        return
    started = starting.start(
        workspace=conversation.workspace,
        workflow=tool.workflow,
        version=tool.version,
        kind=conversation.kind,
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


def _is_over(run: Run) -> bool:
    return run.status not in (RunStatus.QUEUED, RunStatus.RUNNING) or run.responded_at is not None


def _result(run: Run, tool: Tool) -> Result:
    message = tool.definition.settings.message
    if run.status == RunStatus.SUCCEEDED or run.responded_at is not None:
        return Result(ok=True, data=run.result)
    if _is_over(run):
        return Result(ok=False, message=message.failure or FAILED, error_code="failed")
    return Result(ok=False, message=message.timeout or TIMED_OUT, error_code="timed_out")


def _answer(made: ToolCall, result: Result) -> None:
    """The first answer stays: whoever waited for the same call gives that one."""
    unanswered = ToolCall.objects.filter(pk=made.pk, result__isnull=True)
    is_late = result.error_code == "timed_out"
    if unanswered.update(result=result.stored(), answered_at=timezone.now(), late_due=is_late):
        made.result = result.stored()
