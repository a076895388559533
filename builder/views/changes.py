"""Publishing: what would change, publish it, undo it, and the versions there have been."""

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builder import fragments
from builder.presenters import chain, opened
from builder.presenters import changes as review_page
from builder.presenters.chain import Chosen
from builder.presenters.left import left
from builder.presenters.opened import Opened
from builder.views.chain import open_workflow
from builder.views.panel import revision_of
from builder.views.refusals import refusable
from workflows.errors import DefinitionInvalid, StaleDraft
from workflows.models import DraftChange, Workflow, WorkflowVersion
from workflows.services import publishing
from workspaces import access
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit


@require_GET
@signed_in
def changes(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    return _review(request, open_workflow(request, workflow_id, Role.VIEWER))


@require_POST
@signed_in
@refusable
def publish(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    note = request.POST.get("note", "").replace("\x00", "").strip()[:500]
    try:
        version = publishing.publish(
            before.workflow, revision=revision_of(request), note=note, by=audit.actor_of(request)
        )
    except StaleDraft as stale:
        count = len(stale.changes) or 1
        arrived = (
            f"{count} more change{'' if count == 1 else 's'} arrived meanwhile. Review again, then publish."
        )
        return _review(request, before, notice=arrived, note=note, status=409)
    except DefinitionInvalid:
        return _review(request, before, note=note, status=422)
    text = f"v{version.number} is live"
    return _done(
        request, before, text, fragments.toast(text, action="See versions", href=f"{before.url}versions/")
    )


@require_http_methods(["GET", "POST"])
@signed_in
@refusable
def undo(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    if request.method == "GET":
        context = {"review": review_page.review(before, 0)}
        return _dialog_or_page(request, "undo", context)
    change = publishing.undo(before.workflow, revision=revision_of(request), by=audit.actor_of(request))
    text = "The draft is what is live again"
    if change is None:
        return _done(request, before, text, fragments.toast(text))
    return _done(
        request,
        before,
        text,
        fragments.toast(text, action="Restore", url=f"{before.url}bring-back/", value=str(change.pk)),
    )


@require_POST
@signed_in
@refusable
def bring_back(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    kept = DraftChange.objects.in_workspace(request.workspace).filter(
        workflow=before.workflow, operation="undone"
    )
    change = get_object_or_404(kept, revision=before.workflow.draft_revision)
    publishing.bring_back(
        before.workflow, change, revision=before.workflow.draft_revision, by=audit.actor_of(request)
    )
    text = "Your changes are back"
    return _done(request, before, text, fragments.toast(text))


@require_GET
@signed_in
def versions(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    workflow = access.reach(request, Workflow, workflow_id, Role.VIEWER, join=opened.RELATED)
    numbered = WorkflowVersion.objects.in_workspace(request.workspace).filter(
        workflow=workflow, number__isnull=False
    )
    context = {
        "workflow": workflow,
        "versions": numbered.select_related("published_by").order_by("-number")[:200],
        "nav": "agents",
    }
    return render(request, "builder/versions.html", context)


def _review(
    request: SignedInRequest, here: Opened, *, notice: str = "", note: str = "", status: int = 200
) -> HttpResponse:
    if status != 200:
        here = open_workflow(request, here.workflow.pk, Role.EDITOR)
    review = review_page.review(here, publishing.next_number(here.workflow))
    context = {"review": review, "notice": notice, "note": note}
    return _dialog_or_page(request, "changes", context, status)


def _dialog_or_page(
    request: SignedInRequest, screen: str, context: Mapping[str, object], status: int = 200
) -> HttpResponse:
    partial = "#dialog" if request.htmx.target == "dialog" else ""
    response = render(request, f"builder/{screen}.html{partial}", {**context, "nav": "agents"}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _done(request: SignedInRequest, before: Opened, text: str, shown: fragments.Fragment) -> HttpResponse:
    if not request.htmx:
        messages.success(request, text)
        return redirect(before.url)
    after = open_workflow(request, before.workflow.pk, Role.EDITOR)
    chosen = fragments.on_screen(request)
    step = chosen.step if chosen.step in after.places else ""
    pieces = [
        *fragments.whole(chain.page(after, Chosen(step=step))),
        shown,
        fragments.said(text),
    ]
    shown_left = left(after, Chosen(step=step))
    return fragments.with_panel(request, after, shown_left, *pieces, HX_Trigger="close-dialog")
