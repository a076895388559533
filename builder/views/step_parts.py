"""One part of a step changed without its panel: its name, its note, what it does."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from builder.presenters import asked, opened
from builder.presenters.chain import Chosen
from builder.views.chain import open_workflow
from builder.views.questions import ask
from builder.views.refusals import refusable
from builder.views.steps import go_on, stay
from workflows.definition.problems import OperationRefused
from workflows.services import drafting
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit


@require_POST
@signed_in
@refusable
def rename(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    label, was = request.POST.get("label", ""), request.POST.get("was")
    renamed = drafting.rename_step(before.workflow, step_id, label=label, was=was, by=audit.actor_of(request))
    after = opened.reopened(before, renamed.workflow)
    place, count = after.place(step_id), renamed.rewritten
    followed = f", {count} reference{' follows' if count == 1 else 's follow'}" if count else ""
    text = f"Step {place.number} is now {after.label(place.step)}{followed}"
    return stay(request, before, after, text, step_id=step_id)


@require_http_methods(["GET", "POST"])
@signed_in
@refusable
def note(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    place = before.place(step_id)
    if request.method == "GET":
        return ask(request, before, asked.noting(before, step_id))
    text, was = (request.POST.get(name, "").replace("\r\n", "\n").strip() for name in ("note", "was"))
    try:
        workflow = drafting.note_step(
            before.workflow, step_id, note=text, was=was, by=audit.actor_of(request)
        )
    except OperationRefused as refusal:
        if refusal.code != "noted_meanwhile":
            raise
        return ask(request, before, asked.noting(before, step_id, text, theirs=place.step.note), status=409)
    after = opened.reopened(before, workflow)
    told = f"Step {place.number} {'has a note' if text else 'has no note any more'}"
    return stay(request, before, after, told, step_id=step_id)


@require_POST
@signed_in
@refusable
def replace_action(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    action = request.POST.get("action", "")
    workflow = drafting.replace_action(
        before.workflow, step_id, action_ref=action, by=audit.actor_of(request)
    )
    after = opened.reopened(before, workflow)
    place = after.place(step_id)
    text = f"Step {place.number} is now {after.known(place.step).action.label}. What fitted was kept"
    return go_on(request, before, after, Chosen(step=step_id), text)
