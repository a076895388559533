"""Runs over the API: list, read with their steps, cancel, try again."""

from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router, Schema
from ninja.responses import Status

from workflows.api import shown
from workflows.models import Run
from workflows.services import operating
from workspaces.api.keys import READ, RUN, ApiRequest
from workspaces.api.shapes import ERRORS, NOTHING, Error, Filters, Nothing, Shown, listed, reach
from workspaces.services import audit

router = Router(tags=["Runs"])

type RunState = Literal["queued", "running", "waiting", "succeeded", "failed", "cancelled", "quarantined"]


class RunFilters(Filters):
    workflow: UUID | None = None
    agent: UUID | None = None
    conversation: UUID | None = None
    status: RunState | None = None
    kind: Literal["production", "test"] | None = None


class RunShape(Schema):
    id: UUID
    workflow: UUID
    version: int | None
    number: int | None
    kind: str
    trigger: str
    status: RunState
    wait_reason: str | None
    due_at: str | None
    input: Any
    result: Any
    error: Any
    conversation: UUID | None
    created_at: str
    started_at: str | None
    finished_at: str | None


class StepRunShape(Schema):
    path: str
    step_id: str
    slug: str
    action: str
    status: Literal["succeeded", "failed", "skipped", "waiting", "running", "unknown"]
    attempt: int
    input: Any
    output: Any
    error: Any
    started_at: str | None
    duration_ms: int | None


class RunWithSteps(RunShape):
    steps: list[StepRunShape]


class RunList(Schema):
    items: list[RunShape]
    next_cursor: str | None


@router.get("/runs", auth=READ, response={200: RunList, ERRORS: Error})
def list_runs(request: ApiRequest, filters: Query[RunFilters]) -> Shown:
    rows = Run.objects.in_workspace(request.auth.workspace).select_related("version")
    columns = {"workflow": "workflow_id", "agent": "agent_id", "conversation": "context_id", "kind": "kind"}
    wanted = {column: getattr(filters, name) for name, column in columns.items() if getattr(filters, name)}
    rows = rows.filter(**wanted)
    if filters.status:
        rows = rows.showing(filters.status, timezone.now())
    return listed(request, filters, rows, shown.run)


@router.get("/runs/{run_id}", auth=READ, response={200: RunWithSteps, ERRORS: Error})
def get_run(request: ApiRequest, run_id: UUID) -> Shown:
    """With one entry for each attempt of each step; secret and secure values are `•••`."""
    return shown.run_with_steps(reach(_runs(request), run_id))


@router.post("/runs/{run_id}/cancel", auth=RUN, response={200: RunWithSteps, ERRORS: Error})
def cancel_run(request: ApiRequest, run_id: UUID, payload: Nothing = NOTHING) -> Shown:
    """Stops before the next step; what was done stays done. A run that has ended stays as it is."""
    run = operating.cancel(reach(_runs(request), run_id), by=audit.actor_of(request))
    return shown.run_with_steps(reach(_runs(request), run.pk))


@router.post("/runs/{run_id}/retry", auth=RUN, response={201: RunWithSteps, ERRORS: Error})
def retry_run(request: ApiRequest, run_id: UUID, payload: Nothing = NOTHING) -> Status[Shown]:
    """A new run that goes on from the step that failed; earlier steps are not repeated."""
    run = operating.retry(reach(_runs(request), run_id), by=audit.actor_of(request))
    return Status(201, shown.run_with_steps(reach(_runs(request), run.pk)))


def _runs(request: ApiRequest) -> Any:
    return Run.objects.in_workspace(request.auth.workspace).select_related("version", "workflow", "workspace")
