"""The versions there have been: what each held, how two differ, and going back to one."""

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builder.presenters import versions as presenter
from builder.presenters.changes import went_live
from builder.views import posted
from builder.views.chain import open_workflow
from builder.views.refusals import refusable
from workflows import selectors
from workflows.models import Workflow, WorkflowVersion
from workflows.services import moving, publishing
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit

MOST = 200
DRAFT = "draft"


@require_GET
@signed_in
def versions(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    here = open_workflow(request, workflow_id, Role.VIEWER)
    return render(request, "builder/versions.html", {**_context(request, here.workflow), "here": here})


@require_GET
@signed_in
def compare(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    """`?from=3&to=5`; without `to`, or with `to=draft`, to the draft."""
    here = open_workflow(request, workflow_id, Role.VIEWER)
    before = _numbered(request, here.workflow, request.GET.get("from", ""))
    to = request.GET.get("to", DRAFT)
    after = None if to == DRAFT else _numbered(request, here.workflow, to)
    context = {
        "here": here,
        "comparison": presenter.compare(here, before, after),
        "from": before,
        "to": after,
    }
    return render(request, "builder/compare.html", {**_context(request, here.workflow), **context})


@require_GET
@signed_in
def version(request: SignedInRequest, workflow_id: UUID, number: int) -> HttpResponse:
    here = open_workflow(request, workflow_id, Role.VIEWER)
    found = _version(request, here.workflow, number)
    context = {"here": here, "version": found, "comparison": presenter.compare(here, None, found)}
    context["has_waiting"] = moving.any_waits(here.workflow)
    return render(request, "builder/version.html", {**context, "workflow": here.workflow, "nav": "agents"})


@require_POST
@signed_in
@refusable
def restore(request: SignedInRequest, workflow_id: UUID, number: int) -> HttpResponse:
    here = open_workflow(request, workflow_id, Role.EDITOR)
    found = _version(request, here.workflow, number)
    by = audit.actor_of(request)
    publishing.restore(here.workflow, found, revision=posted.revision(request), by=by)
    messages.success(request, f"The draft is what v{number} was. What is live has not changed.")
    return redirect(here.url)


@require_http_methods(["GET", "POST"])
@signed_in
@refusable
def roll_back(request: SignedInRequest, workflow_id: UUID, number: int) -> HttpResponse:
    """Asks first what becomes of the runs that wait; without any, one click does it."""
    here = open_workflow(request, workflow_id, Role.EDITOR)
    found, waiting = _version(request, here.workflow, number), request.POST.get("waiting", moving.KEEP)
    if request.method == "GET":
        survey = moving.survey(
            here.workflow, selectors.definition_of(found, here.workflow.kind), staying=found
        )
        context = {"here": here, "version": found, "to": f"v{number}", "waiting": survey, "nav": "agents"}
        partial = "#dialog" if request.htmx.target == "dialog" else ""
        response = render(request, f"builder/roll_back.html{partial}", context)
        patch_vary_headers(response, ["HX-Request"])
        return response
    if waiting not in moving.CHOICES:
        waiting = moving.KEEP
    released = publishing.roll_back(here.workflow, found, waiting=waiting, by=audit.actor_of(request))
    messages.success(request, f"{went_live(released)}. The draft stays as it is.")
    return redirect("builder:versions", workflow_id)


def _context(request: SignedInRequest, workflow: Workflow) -> dict[str, object]:
    newest = _rows(request, workflow).select_related("published_by").order_by("-number")[:MOST]
    return {
        "workflow": workflow,
        "versions": newest,
        "nav": "agents",
        "has_waiting": moving.any_waits(workflow),
    }


def _rows(request: SignedInRequest, workflow: Workflow) -> QuerySet[WorkflowVersion]:
    rows: QuerySet[WorkflowVersion] = WorkflowVersion.objects.in_workspace(request.workspace)
    return rows.filter(workflow=workflow, number__isnull=False)


def _version(request: SignedInRequest, workflow: Workflow, number: int) -> WorkflowVersion:
    if number >= 2**31:
        raise Http404
    return get_object_or_404(_rows(request, workflow).select_related("published_by"), number=number)


def _numbered(request: SignedInRequest, workflow: Workflow, text: str) -> WorkflowVersion:
    if not (text.isascii() and text.isdecimal()):
        raise Http404
    return _version(request, workflow, int(text))
