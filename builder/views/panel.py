"""Saving what stands in the panel: a step's settings, or the workflow's own."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from builder import saving
from builder.forms import policy, redrawing
from builder.forms import settings as settings_form
from builder.forms import step as step_form
from builder.presenters import opened
from builder.presenters.chain import SETTINGS, Chosen
from builder.presenters.opened import Opened
from builder.presenters.panel import Typing
from builder.views import answers, posted
from builder.views.chain import open_workflow
from builder.views.refusals import refusable
from workflows.definition import operations
from workflows.definition.problems import OperationRefused
from workflows.errors import DefinitionInvalid
from workflows.services import drafting
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit

FIELDS = {"error_branch_not_empty": policy.ON_ERROR.name}
"""Reason of a refusal → the field that it is about, where that is not the name."""


@require_POST
@signed_in
@refusable
def save_step(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    place, revision, chosen = before.place(step_id), posted.revision(request), Chosen(step=step_id)
    known = before.known(place.step)
    form = step_form.posted(known, request.POST, step_form.values_of(place.step))
    judged = answers.judge(
        request, before, saving.of_step(before, known, place.step, revision), form, revision
    )
    if judged.typing:
        return answers.again(request, before, chosen, judged.typing, judged.status)
    values = step_form.saved(judged.values, place.step.policy)
    now, by = before.workflow.draft_revision, audit.actor_of(request)
    try:
        workflow = drafting.save_step(before.workflow, step_id, revision=now, by=by, **values)
    except (DefinitionInvalid, OperationRefused) as refusal:
        return answers.again(request, before, chosen, _refused(form, refusal, revision), 422)
    after = opened.reopened(before, workflow)
    text = f"Step {place.number} saved to draft{_followed(before, step_id, values['label'])}"
    return answers.saved(request, before, after, chosen, text, judged.notice)


@require_POST
@signed_in
@refusable
def redraw_step(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    """The same form after a button in it that saves nothing, or after a choice that shows other fields."""
    here = open_workflow(request, workflow_id, Role.EDITOR)
    place, revision = here.place(step_id), posted.revision(request)
    known = here.known(place.step)
    kind = saving.of_step(here, known, place.step, revision)
    form = step_form.posted(known, request.POST, kind.stored)
    return _redrawn(request, here, Chosen(step=step_id), kind, form, revision)


@require_POST
@signed_in
@refusable
def save_settings(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    kind, revision, chosen = before.draft.kind, posted.revision(request), Chosen(step=SETTINGS)
    form = settings_form.posted(kind, request.POST)
    judged = answers.judge(request, before, saving.of_settings(before, revision), form, revision)
    if judged.typing:
        return answers.again(request, before, chosen, judged.typing, judged.status)
    settings = settings_form.settings_in(kind, judged.values)
    now, by = before.workflow.draft_revision, audit.actor_of(request)
    try:
        workflow = drafting.save_settings(before.workflow, revision=now, settings=settings, by=by)
    except DefinitionInvalid as refusal:
        return answers.again(request, before, chosen, _refused(form, refusal, revision), 422)
    after = opened.reopened(before, workflow)
    return answers.saved(request, before, after, chosen, "Settings saved to draft", judged.notice)


@require_POST
@signed_in
@refusable
def redraw_settings(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    here = open_workflow(request, workflow_id, Role.EDITOR)
    revision = posted.revision(request)
    kind = saving.of_settings(here, revision)
    form = settings_form.posted(here.draft.kind, request.POST)
    return _redrawn(request, here, Chosen(step=SETTINGS), kind, form, revision)


def _followed(before: Opened, step_id: str, label: str) -> str:
    """How many texts name the step by its new name now."""
    _, count = operations.rename_step(before.draft, step_id, label)
    return f", {count} reference{' follows' if count == 1 else 's follow'}" if count else ""


def _refused(form: saving.Form, refusal: DefinitionInvalid | OperationRefused, revision: int) -> Typing:
    """What the document does not take: the reasons at their fields, and what was typed."""
    if isinstance(refusal, OperationRefused):
        name = FIELDS.get(refusal.code, step_form.LABEL.name)
        return Typing(form=form, errors={name: refusal.message}, revision=revision)
    named = {
        problem.field or settings_form.field_of_path(problem.path): problem.message
        for problem in refusal.problems
    }
    errors = {f"step.{name}" if f"step.{name}" in form else name: message for name, message in named.items()}
    return Typing(form=form, errors=errors, revision=revision)


def _redrawn(
    request: SignedInRequest,
    here: Opened,
    chosen: Chosen,
    kind: saving.Kind,
    form: saving.Form,
    revision: int,
) -> HttpResponse:
    redrawn = redrawing.redraw(
        form, request.POST.get("do", ""), kind.shown(kind.stored), settings_form.NEW_ROW
    )
    undecided = [name for name in request.POST.getlist("conflict") if name != redrawn.settled]
    typing = Typing(
        form=redrawn.form,
        conflicts=saving.conflicts_of(kind, redrawn.form, undecided),
        revision=revision,
        new_row=redrawn.new_row,
    )
    return answers.again(request, here, chosen, typing, 200)
