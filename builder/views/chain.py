"""The workflow editor: the chain, and on its left the settings, a step, or the step picker."""

from dataclasses import replace
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from builder import difference, fragments
from builder.presenters import chain as chain_page
from builder.presenters import first_steps, opened
from builder.presenters import outline as outlined
from builder.presenters.chain import Chosen
from builder.presenters.left import Left, left
from builder.presenters.opened import Opened
from builder.presenters.settings import Offer
from workflows.models import Workflow
from workspaces import access
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role

FRAGMENT_TARGETS = ("panel", "pick-results")


@require_GET
@signed_in
def chain(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    here = open_workflow(request, workflow_id, Role.VIEWER)
    first_steps.note(request.session, "opened")
    query = request.GET
    now = Chosen.of(query.get)
    shown = left(here, now, query=query.get("q", ""), app=query.get("app", ""), offer=_offer(request, here))
    if request.htmx.target in FRAGMENT_TARGETS:
        was = fragments.on_screen(request)
        is_closing = not (now.step or now.add or now.replace)
        closed = replace(now, focus=was.branch or was.step or was.add or was.replace) if is_closing else now
        marks = difference.difference(chain_page.page(here, was), chain_page.page(here, closed))
        return fragments.respond(request, *marks, main=fragments.draw_panel(request, here, shown))
    return draw_page(request, here, now, shown)


@require_GET
@signed_in
def outline(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    """Every step of the chain as a list, in the dialog or as a page."""
    here = open_workflow(request, workflow_id, Role.VIEWER)
    partial = "#dialog" if request.htmx else ""
    context = {"outline": outlined.outline(here), "page": chain_page.page(here, Chosen())}
    response = render(request, f"builder/outline.html{partial}", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _offer(request: SignedInRequest, here: Opened) -> Offer | None:
    if change := request.GET.get("deleted"):
        return Offer("The step was deleted.", "Undo", f"{here.url}restore/", change)
    if change := request.GET.get("deleted_branch"):
        return Offer("The branch was deleted.", "Undo", f"{here.url}restore-branch/", change)
    if change := request.GET.get("undone"):
        return Offer("The draft is what is live again.", "Bring them back", f"{here.url}bring-back/", change)
    return None


def open_workflow(request: SignedInRequest, workflow_id: UUID, least: Role) -> Opened:
    workflow = access.reach(request, Workflow, workflow_id, least, join=opened.RELATED)
    return opened.open_draft(workflow, request.membership)


def draw_page(
    request: SignedInRequest, here: Opened, chosen: Chosen, shown: Left, *, status: int = 200
) -> HttpResponse:
    base = "" if request.path == here.url else here.url
    context = {"page": chain_page.page(here, chosen, base=base), "panel": shown}
    response = render(request, "builder/chain.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
