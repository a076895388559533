"""A step as text for the clipboard, and back from it: between workflows, tabs and workspaces."""

import json
from uuid import UUID

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_http_methods

from builder import fragments
from builder.presenters import asked, opened
from builder.presenters.chain import Chosen
from builder.presenters.opened import Opened
from builder.views.chain import open_workflow
from builder.views.questions import ask
from builder.views.refusals import refusable
from builder.views.steps import go_on, stay
from workflows.definition import document
from workflows.definition.anchors import parse_anchor
from workflows.errors import DefinitionInvalid
from workflows.services import pasting
from workspaces.access import SignedInRequest, signed_in
from workspaces.api import strict_json
from workspaces.api.refused import Refused
from workspaces.models import Role
from workspaces.services import audit

NO_STEP = "This is no copied step"


@require_GET
@signed_in
@refusable
def copy(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    """As JSON for a script; for people as text to take along."""
    here = open_workflow(request, workflow_id, Role.VIEWER)
    step = here.place(step_id).step
    text = json.dumps(document.dump_step(step), ensure_ascii=False, indent=2)
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        response = HttpResponse(text, content_type="application/json")
        patch_vary_headers(response, ["Accept"])
        return response
    return ask(request, here, asked.copying(here, step_id, text))


@require_http_methods(["GET", "POST"])
@signed_in
@refusable
def paste(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    """A GET asks for the text; with the keyboard it comes at once."""
    before = open_workflow(request, workflow_id, Role.EDITOR)
    if request.method == "GET":
        return ask(request, before, asked.pasting(before, request.GET.get("anchor", "start")))
    anchor, text = parse_anchor(request.POST.get("anchor", "")), request.POST.get("text", "")
    by = audit.actor_of(request)
    try:
        pasted = pasting.paste_step(before.workflow, strict_json.loads(text.encode()), anchor=anchor, by=by)
    except Refused:
        return _refused(request, before, f"{NO_STEP}. Copy a step in a workflow first.")
    except DefinitionInvalid as invalid:
        first = invalid.problems[0]
        where = first.path.removeprefix("step").lstrip(".")
        return _refused(request, before, f"{NO_STEP}: {f'{where}: ' if where else ''}{first.message}")
    after, id_ = opened.reopened(before, pasted.workflow), pasted.step.id
    if "keys" in request.POST or not request.htmx:
        return go_on(request, before, after, Chosen(step=id_), _told(after, pasted))
    return stay(request, before, after, _told(after, pasted), step_id=id_)  # what is typed in the panel stays


def _told(after: Opened, pasted: pasting.Pasted) -> str:
    place = after.places[pasted.step.id]
    lost = pasted.without_connection
    missing = f". {lost} step{' needs' if lost == 1 else 's need'} a connection" if lost else ""
    return f"{after.label(place.step)} pasted as step {place.number}{missing}"


def _refused(request: SignedInRequest, here: Opened, reason: str) -> HttpResponse:
    """Beside the text, which stays; pasted with a key there is no place for it."""
    if "keys" in request.POST:
        return fragments.respond(request, fragments.toast(reason, tone="error"), status=422)
    anchor, text = request.POST.get("anchor", ""), request.POST.get("text", "")
    return ask(request, here, asked.pasting(here, anchor, text, reason), status=422)
