"""What is called over the API: an agent's tools, tool calls, and action workflows by themselves."""

from typing import Annotated, Any
from uuid import UUID

from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field, JsonValue

from conversations import tools
from conversations.models import Conversation
from conversations.services import calling, tool_calls
from workflows import reading
from workflows.api import shown
from workflows.api.runs import RunWithSteps
from workflows.models import Agent, Workflow
from workspaces.api import idempotency
from workspaces.api.keys import READ, RUN, ApiRequest
from workspaces.api.refused import not_found
from workspaces.api.shapes import ERRORS, Body, Error, Id, Shown, reach

router = Router(tags=["Tools and runs"])


class Tools(Schema):
    tools: list[dict[str, Any]]


class ToolCallRequest(Body):
    tool_call_id: Annotated[str, Field(min_length=1, max_length=200)]
    name: Annotated[str, Field(min_length=1, max_length=64)]
    arguments: dict[str, JsonValue] = Field(default={})


class ToolCallAnswer(Schema):
    ok: bool
    data: Any
    message: str
    error_code: str | None
    run: UUID | None


class RunRequest(Body):
    input: dict[str, JsonValue] = Field(default={}, description="By the action variables.")
    conversation: Id | None = None
    wait: Annotated[float, Field(ge=0, le=120)] = 0
    order_key: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None,
        description="Runs of the workflow with the same key go one after the other, in the order they came.",
    )


@router.get("/agents/{agent_id}/tools", auth=READ, response={200: Tools, ERRORS: Error})
def list_tools(request: ApiRequest, agent_id: UUID) -> Shown:
    """JSON-schema functions, as language models take them. Trusted variables are left out."""
    agent = reach(Agent.objects.in_workspace(request.auth.workspace), agent_id)
    return {"tools": [tools.schema(tool) for tool in tools.of(agent.pk)]}


@router.post(
    "/conversations/{conversation_id}/tool-calls", auth=RUN, response={200: ToolCallAnswer, ERRORS: Error}
)
def call_tool(request: ApiRequest, conversation_id: UUID, payload: ToolCallRequest) -> Shown:
    """Runs a tool and waits for its answer until its deadline. The same id again gives the same answer."""
    rows = Conversation.objects.in_workspace(request.auth.workspace)
    conversation = reach(
        rows.select_related("workspace", "agent_version", "agent__live_version"), conversation_id
    )
    made = tool_calls.call(
        conversation, tool_call_id=payload.tool_call_id, name=payload.name, arguments=payload.arguments
    )
    return {**(made.result or {}), "run": str(made.run_id) if made.run_id else None}


@router.post(
    "/workflows/{workflow_id}/runs",
    auth=RUN,
    response={200: RunWithSteps, 202: RunWithSteps, ERRORS: Error},
)
def start_run(request: ApiRequest, workflow_id: UUID, payload: RunRequest) -> Status[Shown]:
    """200 when the run is finished or has responded within `wait` seconds, 202 when not yet."""
    workflow = reading.workflow(request.auth.workspace, workflow_id)
    if workflow is None:
        raise not_found()
    run = calling.start(
        workflow,
        payload.input,
        conversation=_conversation(request, workflow, payload.conversation),
        once=idempotency.key_of(request),
        wait_s=payload.wait,
        order_key=payload.order_key,
    )
    return Status(200 if calling.is_answered(run) else 202, shown.run_with_steps(run))


def _conversation(request: ApiRequest, workflow: Workflow, given: UUID | None) -> Conversation | None:
    if given is None:
        return None
    rows = Conversation.objects.in_workspace(request.auth.workspace).filter(agent_id=workflow.agent_id)
    found: Conversation | None = (
        rows.select_related("agent_version", "agent__live_version").filter(pk=given).first()
    )
    if found is None:
        raise not_found("conversation")
    return found
