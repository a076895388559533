"""How does a program start an action workflow? On its live version, perhaps within a conversation."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from connectors.declare import JSON
from conversations import inputs, tools
from conversations.models import Conversation
from workflows import reading
from workflows.errors import NotLive, WrongKind
from workflows.models import Run, Workflow
from workflows.models.run import TERMINAL, Lane, RunKind
from workflows.models.workflow import WorkflowKind
from workflows.services import starting, waiting


def start(
    workflow: Workflow,
    given: Mapping[str, JSON],
    *,
    conversation: Conversation | None = None,
    once: str | None = None,
    wait_s: float = 0,
    order_key: str | None = None,
) -> Run:
    """The run after at most `wait_s` seconds. `once` names the request: a second one joins its run. With an
    `order_key` it waits for earlier runs with the same.

    Raises WrongKind, NotLive and InputInvalid.
    """
    run_id = _start(workflow, given, conversation, once or str(uuid4()), order_key)
    if wait_s:
        waiting.wait_for(run_id, seconds=wait_s)
    run = reading.run(run_id)
    run.workflow = workflow
    live = workflow.live_version
    if live and run.version_id == live.pk:  # else it is the run of an earlier request of that name
        run.version = live
    return run


def is_answered(run: Run) -> bool:
    return run.status in TERMINAL or run.responded_at is not None


def _start(
    workflow: Workflow,
    given: Mapping[str, JSON],
    conversation: Conversation | None,
    once: str,
    order_key: str | None,
) -> UUID:
    if workflow.kind != WorkflowKind.ACTION:
        raise WrongKind(
            "Only action workflows are started by request; this one starts when a conversation ends."
        )
    if workflow.live_version is None or workflow.paused_at is not None:
        raise NotLive("This workflow is not live. Publish it, or end its pause.")
    settings = tools.tool_of(workflow, workflow.live_version).definition.settings
    action = inputs.action_values(settings.variables, given, conversation, path="input")
    started = starting.start(
        workspace=workflow.workspace,
        workflow=workflow,
        version=workflow.live_version,
        kind=RunKind.PRODUCTION,
        trigger="api",
        lane=Lane.LIVE,
        trigger_key=f"api:{once}",
        input=inputs.run_input(conversation, action),
        context_id=conversation.pk if conversation else None,
        deadline_s=settings.deadline_s,
        order_key=order_key,
    )
    return started.run_id
