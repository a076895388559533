"""Runs over the API: list, read with their steps, cancel, let go on now or later, try again."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import Field

from workflows.api import shown
from workflows.matching import Matching
from workflows.models import Run
from workflows.services import operating, retrying
from workspaces.api.keys import READ, RUN, ApiRequest
from workspaces.api.shapes import (
    ERRORS,
    NOTHING,
    Body,
    Error,
    Filters,
    Id,
    Moment,
    Nothing,
    Shown,
    listed,
    reach,
)
from workspaces.services import audit

router = Router(tags=["Runs"])

type RunState = Literal["queued", "running", "waiting", "succeeded", "failed", "cancelled", "quarantined"]


class RunFilters(Filters):
    workflow: UUID | None = None
    agent: UUID | None = None
    conversation: UUID | None = None
    status: RunState | None = None
    kind: Literal["production", "test"] | None = None
    version: int | None = Field(None, ge=1, le=2**31 - 1)
    error: str | None = Field(None, max_length=60, description="The code of a failed run's error.")
    since: Moment | None = None
    until: Moment | None = None


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


class Later(Body):
    until: Moment


class Retry(Body):
    version: Literal["same", "live"] = "same"
    instead: Annotated[str, Field(max_length=44)] = ""
    """The id of the step that a 409 `step_gone` offered."""


AS_IT_RAN = Retry()


class RetryMany(Body):
    """Which failed runs, and on which version: the one they ran on, or the live one."""

    version: Literal["same", "live"] = "same"
    workflow: Id | None = None
    agent: Id | None = None
    number: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """Of the version they ran on."""
    error: Annotated[str, Field(max_length=60)] = ""
    since: Moment | None = None
    until: Moment | None = None
    kind: Literal["production", "test"] = "production"
    unsure: bool = False
    """Also those whose step may have taken place already, and would a second time."""
    limit: Annotated[int, Field(ge=1, le=100)] = retrying.BATCH
    cursor: Id | None = None


class Retried(Schema):
    runs: list[UUID]
    refused: list[dict[str, str]]
    left: int
    next_cursor: str | None


@router.get("/runs", auth=READ, response={200: RunList, ERRORS: Error})
def list_runs(request: ApiRequest, filters: Query[RunFilters]) -> Shown:
    these = Matching(
        workflow=filters.workflow,
        agent=filters.agent,
        version=filters.version,
        state=filters.status or "",
        since=filters.since,
        until=filters.until,
        conversation=filters.conversation,
        error=filters.error or "",
        kind=filters.kind or "",
    )
    rows = these.runs(request.auth.workspace, timezone.now()).select_related("version", "workflow")
    rows = rows.defer("version__definition", "workflow__draft")
    return listed(request, filters, rows, shown.run)


@router.post("/runs/retry", auth=RUN, response={200: Retried, ERRORS: Error})
def retry_runs(request: ApiRequest, payload: RetryMany) -> Shown:
    """The failed runs that match and were not tried again yet, newest first, `limit` at a time.

    Go on with `next_cursor` until it is null. Asking again starts no run twice.
    """
    these = Matching(
        workflow=payload.workflow,
        agent=payload.agent,
        version=payload.number,
        since=payload.since,
        until=payload.until,
        error=payload.error,
        kind=payload.kind,
    )
    batch = retrying.retry_all(
        request.auth.workspace,
        these,
        payload.version,
        cursor=payload.cursor,
        limit=payload.limit,
        unsure_too=payload.unsure,
        now=timezone.now(),
        by=audit.actor_of(request),
    )
    return {
        "runs": [str(pk) for pk in batch.successors],
        "refused": [{"run": str(one.run_id), "message": one.reason} for one in batch.refused],
        "left": batch.left,
        "next_cursor": str(batch.next_cursor) if batch.next_cursor else None,
    }


@router.get("/runs/{run_id}", auth=READ, response={200: RunWithSteps, ERRORS: Error})
def get_run(request: ApiRequest, run_id: UUID) -> Shown:
    """With one entry for each attempt of each step; secret and secure values are `•••`."""
    return shown.run_with_steps(reach(_runs(request), run_id))


@router.post("/runs/{run_id}/cancel", auth=RUN, response={200: RunWithSteps, ERRORS: Error})
def cancel_run(request: ApiRequest, run_id: UUID, payload: Nothing = NOTHING) -> Shown:
    """Stops before the next step; what was done stays done. A run that has ended stays as it is."""
    run = operating.cancel(reach(_runs(request), run_id), by=audit.actor_of(request))
    return shown.run_with_steps(reach(_runs(request), run.pk))


@router.post("/runs/{run_id}/run-now", auth=RUN, response={200: RunWithSteps, ERRORS: Error})
def run_now(request: ApiRequest, run_id: UUID, payload: Nothing = NOTHING) -> Shown:
    """A waiting run goes on at once; one that waits for an answer cannot."""
    run = operating.run_now(reach(_runs(request), run_id), by=audit.actor_of(request))
    return shown.run_with_steps(run)


@router.post("/runs/{run_id}/postpone", auth=RUN, response={200: RunWithSteps, ERRORS: Error})
def postpone_run(request: ApiRequest, run_id: UUID, payload: Later) -> Shown:
    """A waiting run goes on then. Of a wait for an answer it is the time-out that moves."""
    run = operating.postpone(reach(_runs(request), run_id), payload.until, by=audit.actor_of(request))
    return shown.run_with_steps(run)


@router.post("/runs/{run_id}/resume", auth=RUN, response={200: RunWithSteps, ERRORS: Error})
def resume_run(request: ApiRequest, run_id: UUID, payload: Nothing = NOTHING) -> Shown:
    """A run in quarantine gets another start."""
    run = operating.resume(reach(_runs(request), run_id), by=audit.actor_of(request))
    return shown.run_with_steps(run)


@router.post("/runs/{run_id}/retry", auth=RUN, response={201: RunWithSteps, ERRORS: Error})
def retry_run(request: ApiRequest, run_id: UUID, payload: Retry = AS_IT_RAN) -> Status[Shown]:
    """A new run that goes on from the step that failed; earlier steps are not repeated.

    With `version: live` it goes on in the live version. If the failed step is gone there, the answer is 409
    `step_gone` and names the step to go on at instead, if that is clear; say so by `instead`.
    """
    found = reach(_runs(request), run_id)
    run = retrying.retry(found, payload.version, instead=payload.instead, by=audit.actor_of(request))
    return Status(201, shown.run_with_steps(reach(_runs(request), run.pk)))


def _runs(request: ApiRequest) -> Any:
    joined = ("version", "workflow__live_version", "workspace")
    return Run.objects.in_workspace(request.auth.workspace).select_related(*joined)
