"""How is a run started? Its row is part of the caller's transaction; the hint follows the commit."""

from functools import partial
from uuid import UUID

from django.db import transaction

from connectors.declare import JSON
from workflows import doorbell
from workflows.engine import faults
from workflows.engine import starting as engine
from workflows.engine.starting import NewRun, Started
from workflows.models import Workflow, WorkflowVersion
from workflows.models.run import RunKind
from workflows.services import ordering, waiting
from workspaces.models import Workspace

__all__ = ["Started", "start"]


def start(
    *,
    workspace: Workspace,
    workflow: Workflow,
    version: WorkflowVersion,
    kind: str,
    trigger: str,
    lane: str,
    trigger_key: str,
    input: dict[str, JSON],
    context_id: UUID | None = None,
    message_seq: int | None = None,
    deadline_s: float | None = None,
    order_key: str | None = None,
    hint: bool = True,
) -> Started:
    """One run per `trigger_key` of a workflow, however often this is called with it.

    An `order_key` of the caller goes before the one of the workflow's settings, which tests do not keep to.
    """
    if order_key is None and kind == RunKind.PRODUCTION:
        order_key = ordering.key_of(workflow, version, input, context_id=context_id, message_seq=message_seq)
    started = engine.insert(
        NewRun(
            workspace_id=workspace.pk,
            agent_id=workflow.agent_id,
            workflow_id=workflow.pk,
            version_id=version.pk,
            kind=kind,
            trigger=trigger,
            lane=lane,
            trigger_key=trigger_key,
            input=input,
            context_id=context_id,
            message_seq=message_seq,
            deadline_s=deadline_s,
            order_key=order_key,
        )
    )
    if started.is_new and hint:
        transaction.on_commit(partial(set_going, started.run_id, lane))
    return started


def set_going(run_id: UUID, lane: str) -> None:
    faults.hit("F0", str(run_id))
    if lane == "live":
        waiting.set_going(run_id)
    else:
        doorbell.ring(run_id, lane)
    faults.hit("F1", str(run_id))
