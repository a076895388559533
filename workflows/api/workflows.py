"""Workflows over the API: list, create, read, replace the draft, publish, undo, versions."""

from dataclasses import asdict
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import JsonValue

from workflows import selectors
from workflows.definition.problems import Problem
from workflows.models import Agent, Workflow, WorkflowVersion
from workflows.services import drafting, publishing
from workspaces.api.keys import READ, WRITE, ApiRequest
from workspaces.api.shapes import (
    ERRORS,
    Body,
    Error,
    Filters,
    Note,
    Revision,
    Shown,
    instant,
    listed,
    reach,
)
from workspaces.services import audit

router = Router(tags=["Workflows"])


class WorkflowShape(Schema):
    id: UUID
    agent: UUID
    kind: str
    name: str
    description: str
    state: str
    live_version: int | None
    draft_revision: int
    paused: bool
    created_at: str


class ProblemShape(Schema):
    path: str
    code: str
    message: str
    severity: str
    step_id: str
    field: str


class WorkflowWithDraft(WorkflowShape):
    draft: dict[str, Any]
    problems: list[ProblemShape]


class WorkflowList(Schema):
    items: list[WorkflowShape]
    next_cursor: str | None


class VersionShape(Schema):
    id: UUID
    version: int
    note: str
    published_at: str
    published_by: str | None
    is_live: bool


class VersionList(Schema):
    items: list[VersionShape]
    next_cursor: str | None


class DraftStored(Schema):
    draft_revision: int
    problems: list[ProblemShape]


class WaitingShape(Schema):
    kept: int
    moved: int
    stayed: int
    cancelled: int


class Released(Schema):
    version: int
    waiting: WaitingShape | None = None
    """What became of the runs that waited in older versions, if any did; `stayed` could not be moved."""


class NewWorkflow(Body):
    kind: Literal["action", "post_conversation"]
    name: str
    description: str = ""


class NewDraft(Body):
    revision: Revision
    document: dict[str, JsonValue]


class Release(Body):
    revision: Revision
    note: Note = ""
    waiting: Literal["keep", "move", "cancel"] = "keep"


class Undo(Body):
    revision: Revision


@router.get("/agents/{agent_id}/workflows", auth=READ, response={200: WorkflowList, ERRORS: Error})
def list_workflows(request: ApiRequest, agent_id: UUID, filters: Query[Filters]) -> Shown:
    agent = reach(Agent.objects.in_workspace(request.auth.workspace), agent_id)
    return listed(request, filters, _workflows(request).filter(agent=agent), shown)


@router.post("/agents/{agent_id}/workflows", auth=WRITE, response={201: WorkflowWithDraft, ERRORS: Error})
def create_workflow(request: ApiRequest, agent_id: UUID, payload: NewWorkflow) -> Status[Shown]:
    """An agent has any number of action workflows, and one post-conversation workflow."""
    agent = reach(Agent.objects.in_workspace(request.auth.workspace).select_related("workspace"), agent_id)
    workflow = drafting.create(
        agent, payload.kind, payload.name, payload.description, by=audit.actor_of(request)
    )
    return Status(201, _with_draft(workflow))


@router.get("/workflows/{workflow_id}", auth=READ, response={200: WorkflowWithDraft, ERRORS: Error})
def get_workflow(request: ApiRequest, workflow_id: UUID) -> Shown:
    return _with_draft(reach(_workflows(request), workflow_id))


@router.put("/workflows/{workflow_id}/draft", auth=WRITE, response={200: DraftStored, ERRORS: Error})
def put_draft(request: ApiRequest, workflow_id: UUID, payload: NewDraft) -> Shown:
    """Takes what `GET` gives. Refuses only what is no workflow; the rest comes back as `problems`."""
    workflow = drafting.replace(
        reach(_workflows(request), workflow_id),
        payload.document,
        revision=payload.revision,
        by=audit.actor_of(request),
    )
    return {"draft_revision": workflow.draft_revision, "problems": _problems(workflow)}


@router.post(
    "/workflows/{workflow_id}/publish",
    auth=WRITE,
    response={200: Released, ERRORS: Error},
    exclude_none=True,
)
def publish_workflow(request: ApiRequest, workflow_id: UUID, payload: Release) -> Shown:
    """Runs that are under way keep their version. An unchanged draft answers with the live version.

    Those that wait in older versions stay there (`keep`), go on in the new one where their step still exists
    (`move`: each is cancelled and has a successor) or end (`cancel`).
    """
    released = publishing.release(
        reach(_workflows(request), workflow_id),
        revision=payload.revision,
        note=payload.note,
        waiting=payload.waiting,
        by=audit.actor_of(request),
    )
    settled = asdict(released.waiting)
    return {"version": released.version.number, "waiting": settled if any(settled.values()) else None}


@router.post("/workflows/{workflow_id}/undo", auth=WRITE, response={200: DraftStored, ERRORS: Error})
def undo_changes(request: ApiRequest, workflow_id: UUID, payload: Undo) -> Shown:
    """The draft becomes what is live; the discarded draft is kept."""
    workflow = reach(_workflows(request), workflow_id)
    publishing.undo(workflow, revision=payload.revision, by=audit.actor_of(request))
    workflow.refresh_from_db()
    return {"draft_revision": workflow.draft_revision, "problems": _problems(workflow)}


@router.get("/workflows/{workflow_id}/versions", auth=READ, response={200: VersionList, ERRORS: Error})
def list_versions(request: ApiRequest, workflow_id: UUID, filters: Query[Filters]) -> Shown:
    workflow = reach(_workflows(request), workflow_id)
    rows = WorkflowVersion.objects.in_workspace(request.auth.workspace)
    numbered = rows.filter(workflow=workflow, number__isnull=False).select_related("published_by")
    return listed(request, filters, numbered, lambda version: _version(version, workflow))


def shown(workflow: Workflow) -> Shown:
    return {
        "id": str(workflow.pk),
        "agent": str(workflow.agent_id),
        "kind": workflow.kind,
        "name": workflow.name,
        "description": workflow.draft["settings"]["description"],
        "state": selectors.state(workflow),
        "live_version": workflow.live_version.number if workflow.live_version else None,
        "draft_revision": workflow.draft_revision,
        "paused": workflow.paused_at is not None,
        "created_at": instant(workflow.created_at),
    }


def _with_draft(workflow: Workflow) -> Shown:
    return {**shown(workflow), "draft": workflow.draft, "problems": _problems(workflow)}


def _problems(workflow: Workflow) -> list[Shown]:
    return [_problem(problem) for problem in selectors.problems(workflow)]


def _problem(problem: Problem) -> Shown:
    return {
        "path": problem.path,
        "code": problem.code,
        "message": problem.message,
        "severity": problem.severity,
        "step_id": problem.step_id,
        "field": problem.field,
    }


def _version(version: WorkflowVersion, workflow: Workflow) -> Shown:
    return {
        "id": str(version.pk),
        "version": version.number,
        "note": version.note,
        "published_at": instant(version.published_at),
        "published_by": str(version.published_by) if version.published_by else None,
        "is_live": version.pk == workflow.live_version_id,
    }


def _workflows(request: ApiRequest) -> Any:
    rows = Workflow.objects.in_workspace(request.auth.workspace)
    return rows.select_related("live_version", "agent", "workspace")
