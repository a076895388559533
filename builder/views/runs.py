"""The runs of a workspace, and one run laid over its chain."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from builder.presenters import run as run_presenter
from builder.presenters import runs as runs_presenter
from builder.presenters.pausing import all_paused
from builder.presenters.runs import Filters
from workflows.models import Run, Workflow
from workflows.services import retrying
from workspaces import access
from workspaces.access import SignedInRequest
from workspaces.models import Role
from workspaces.services import audit

PER_PAGE = 50
BESIDE = 15
RUN_JOINS = ("workflow__agent", "workflow__live_version", "version")


@require_GET
@access.workspace_page(Role.VIEWER)
def runs(request: SignedInRequest, slug: str) -> HttpResponse:
    filters = Filters.of(request.GET.dict(), timezone.now())
    found = list(filters.page(request.workspace)[: PER_PAGE + 1])
    can_edit = Role(request.membership.role).covers(Role.EDITOR)
    workflows = Workflow.objects.in_workspace(request.workspace).select_related("agent").order_by("name")
    context: dict[str, Any] = {
        "nav": "runs",
        "rows": runs_presenter.rows(found[:PER_PAGE]),
        "older": found[PER_PAGE - 1].pk if len(found) > PER_PAGE else None,
        "filters": filters,
        "kinds": filters.kinds(request.workspace),
        "retryable": filters.retryable(request.workspace) if can_edit else 0,
        "workflows": {workflow.pk: workflow.name for workflow in workflows},
        "stopped": all_paused(workflows),
        "can_edit": can_edit,
        "choices": runs_presenter.CHOICES,
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
        "page": run_presenter.page(found, request.GET.get("step"), request.GET.get("item", "")),
        "beside": runs_presenter.rows(newest),
        "can_edit": Role(request.membership.role).covers(Role.EDITOR),
        "can_test": Role(request.membership.role).covers(Role.TESTER),
    }
    return render(request, "builder/run.html", context)


@require_http_methods(["GET", "POST"])
@access.workspace_page(Role.EDITOR)
def retry_runs(request: SignedInRequest, slug: str) -> HttpResponse:
    """Asks first; then one batch with each POST, until the page has gone through all that match."""
    filters = Filters.of(request.GET.dict(), timezone.now())
    version = request.POST.get("version", "")
    context: dict[str, Any] = {"nav": "runs", "filters": filters, "batch_size": retrying.BATCH}
    if version not in (retrying.SAME, retrying.LIVE):
        asked = {"left": retrying.how_many(request.workspace, filters.matching, filters.now)}
        status = 200 if request.method == "GET" else 422
        return render(request, "builder/retry_runs.html", {**context, **asked}, status=status)
    batch = retrying.retry_all(
        request.workspace,
        filters.matching,
        version,
        cursor=runs_presenter.uuid_of(request.POST.get("cursor")),
        unsure_too=request.POST.get("unsure") == "yes",
        now=filters.now,
        by=audit.actor_of(request),
    )
    progress = runs_presenter.progress(batch, request.POST.dict(), version)
    partial = "#progress" if request.htmx else ""
    return render(request, f"builder/retry_runs.html{partial}", {**context, "progress": progress})
