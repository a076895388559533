"""Publishing: what would change, publish it, and undo it."""

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builder import difference, fragments
from builder.presenters import chain
from builder.presenters import changes as review_page
from builder.presenters.chain import SETTINGS, Chosen
from builder.presenters.left import left
from builder.presenters.opened import Opened
from builder.views import posted
from builder.views.chain import open_workflow
from builder.views.refusals import refusable
from workflows.errors import DefinitionInvalid, NotPublished, StaleDraft
from workflows.services import moving, publishing
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
    waiting = request.POST.get("waiting", moving.KEEP)
    if waiting not in moving.CHOICES:
        waiting = moving.KEEP
    try:
        released = publishing.release(
            before.workflow,
            revision=posted.revision(request),
            note=note,
            waiting=waiting,
            by=audit.actor_of(request),
        )
    except StaleDraft as stale:
        typed = {"note": note, "chosen": waiting}
        return _review(request, before, notice=_arrived(len(stale.changes)), status=409, **typed)
    except DefinitionInvalid:
        return _review(request, before, note=note, chosen=waiting, status=422)
    return _done(request, before, fragments.toast(review_page.went_live(released)))


@require_http_methods(["GET", "POST"])
@signed_in
@refusable
def undo(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    if not before.was_published:
        raise NotPublished("This workflow was never published, so there is nothing to return to.")
    if request.method == "GET":
        return _dialog_or_page(request, "undo", {"review": review_page.review(before, 0)})
    by = audit.actor_of(request)
    change = publishing.undo(before.workflow, revision=posted.revision(request), by=by)
    value = str(change.pk) if change else ""
    back = {"action": "Bring them back", "url": f"{before.url}bring-back/", "value": value} if change else {}
    toast = fragments.toast("The draft is what is live again", **back)
    return _done(request, before, toast, f"?undone={value}" if change else "")


@require_POST
@signed_in
@refusable
def bring_back(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    change = posted.change(request, before.workflow, "undone")
    now, by = before.workflow.draft_revision, audit.actor_of(request)
    publishing.bring_back(before.workflow, change, revision=now, by=by)
    return _done(request, before, fragments.toast("Your changes are back"))


def _arrived(count: int) -> str:
    changes = "1 more change" if count == 1 else f"{count} more changes"
    return f"{changes} arrived meanwhile. Review again, then publish."


def _review(
    request: SignedInRequest,
    here: Opened,
    *,
    notice: str = "",
    note: str = "",
    chosen: str = moving.KEEP,
    status: int = 200,
) -> HttpResponse:
    if status != 200:
        here = open_workflow(request, here.workflow.pk, Role.EDITOR)
    review = review_page.review(here, publishing.next_number(here.workflow))
    context = {"review": review, "notice": notice, "note": note, "chosen": chosen}
    return _dialog_or_page(request, "changes", context, status)


def _dialog_or_page(
    request: SignedInRequest, screen: str, context: Mapping[str, object], status: int = 200
) -> HttpResponse:
    partial = "#dialog" if request.htmx.target == "dialog" else ""
    response = render(request, f"builder/{screen}.html{partial}", {**context, "nav": "agents"}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _done(
    request: SignedInRequest, before: Opened, toast: fragments.Fragment, query: str = ""
) -> HttpResponse:
    text = str(toast.context["text"])
    if not request.htmx:
        messages.success(request, text)
        return redirect(before.url + query)
    after = open_workflow(request, before.workflow.pk, Role.EDITOR)
    chosen = fragments.on_screen(request)
    here = Chosen(step=chosen.step if chosen.step in (*after.places, SETTINGS) else "")
    pieces = [*difference.whole(chain.page(after, here)), toast, fragments.said(text)]
    return fragments.with_panel(request, after, left(after, here), *pieces, HX_Trigger="close-dialog")
