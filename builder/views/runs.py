"""The runs of a workspace, and one run laid over its chain."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from builder.presenters import run as run_presenter
from builder.presenters import runs as runs_presenter
from builder.presenters.pausing import all_paused
from workflows.errors import NotRetryable
from workflows.models import Run, Workflow
from workflows.services import operating
from workspaces import access
from workspaces.access import SignedInRequest
from workspaces.models import Role, Workspace
from workspaces.services import audit

PER_PAGE = 50
BESIDE = 15
RUN_JOINS = ("workflow__agent", "workflow__live_version", "version")


@require_GET
@access.workspace_page(Role.VIEWER)
def runs(request: SignedInRequest, slug: str) -> HttpResponse:
    workflows = Workflow.objects.in_workspace(request.workspace).select_related("agent").order_by("name")
    found = list(_matching(request.workspace, request)[: PER_PAGE + 1])
    context: dict[str, Any] = {
        "nav": "runs",
        "rows": runs_presenter.rows(found[:PER_PAGE]),
        "older": found[PER_PAGE - 1].pk if len(found) > PER_PAGE else None,
        "workflows": workflows,
        "states": runs_presenter.STATES,
        "stopped": all_paused(workflows),
        "can_edit": Role(request.membership.role).covers(Role.EDITOR),
        "chosen": {name: request.GET.get(name, "") for name in ("workflow", "state", "before")},
    }
    return render(request, "builder/runs.html", context)


@require_GET
@access.signed_in
def run(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    found = access.reach(request, Run, run_id, Role.VIEWER, join=RUN_JOINS)
    beside = Run.objects.in_workspace(request.workspace).filter(workflow=found.workflow)
    newest = (
        beside.select_related("workflow", "version").defer("version__definition").order_by("-id")[:BESIDE]
    )
    context = {
        "page": run_presenter.page(found, request.GET.get("step")),
        "beside": runs_presenter.rows(newest),
        "can_edit": Role(request.membership.role).covers(Role.EDITOR),
    }
    return render(request, "builder/run.html", context)


@require_POST
@access.signed_in
def cancel_run(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    found = access.reach(request, Run, run_id, Role.EDITOR)
    operating.cancel(found, by=audit.actor_of(request))
    return redirect("builder:run", run_id=found.pk)


@require_POST
@access.signed_in
def retry_run(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    found = access.reach(request, Run, run_id, Role.EDITOR)
    try:
        successor = operating.retry(found, by=audit.actor_of(request))
    except NotRetryable as error:
        messages.error(request, str(error))
        return redirect("builder:run", run_id=found.pk)
    return redirect("builder:run", run_id=successor.pk)


def _matching(workspace: Workspace, request: HttpRequest) -> QuerySet[Run]:
    """What the filters in the address leave; a filter that makes no sense leaves nothing out."""
    found = (
        Run.objects.in_workspace(workspace).select_related("workflow", "version").defer("version__definition")
    )
    if (state := request.GET.get("state")) in runs_presenter.STATES:
        found = found.showing(state, timezone.now())
    if workflow := _uuid(request.GET.get("workflow")):
        found = found.filter(workflow_id=workflow)
    if before := _uuid(request.GET.get("before")):
        found = found.filter(pk__lt=before)
    return found.order_by("-id")


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
