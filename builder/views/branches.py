"""The branches of a split: add, name and rule, move, copy, delete, bring back."""

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builder import fragments, saving
from builder.forms import branch as branch_form
from builder.forms import redrawing, rules
from builder.presenters import asked, menus, opened
from builder.presenters.chain import Chosen
from builder.presenters.opened import Opened
from builder.presenters.panel import Typing
from builder.views import answers, posted
from builder.views.chain import open_workflow
from builder.views.questions import ask, show_menu
from builder.views.refusals import refusable
from builder.views.steps import changed, go_on, show_left
from workflows.definition.problems import OperationRefused
from workflows.errors import DefinitionInvalid
from workflows.services import drafting
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit

PLACES = {"left": -1, "right": 1}


@require_POST
@signed_in
@refusable
def add(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    workflow, branch = drafting.add_branch(before.workflow, step_id, by=audit.actor_of(request))
    after = opened.reopened(before, workflow)
    number = after.place(step_id).number
    return go_on(
        request,
        before,
        after,
        Chosen(step=step_id, branch=branch.id),
        f"{branch.label} added to step {number}",
    )


@require_POST
@signed_in
@refusable
def save(request: SignedInRequest, workflow_id: UUID, branch_id: str) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    place, _ = before.branch(branch_id)
    revision, chosen = posted.revision(request), Chosen(step=place.step.id, branch=branch_id)
    form = branch_form.posted(request.POST)
    kind = saving.of_branch(before, place.step, branch_id, revision)
    judged = answers.judge(request, before, kind, form, revision)
    if judged.typing:
        return answers.again(request, before, chosen, judged.typing, judged.status)
    label, when = branch_form.saved(judged.values)
    now, by = before.workflow.draft_revision, audit.actor_of(request)
    try:
        workflow = drafting.save_rules(
            before.workflow, branch_id, revision=now, label=label, when=when, by=by
        )
    except (DefinitionInvalid, OperationRefused) as refusal:
        typing = Typing(form=form, errors={branch_form.LABEL.name: str(refusal)}, revision=revision)
        return answers.again(request, before, chosen, typing, 422)
    after = opened.reopened(before, workflow)
    return answers.saved(request, before, after, chosen, f"Branch {label} saved to draft", judged.notice)


@require_POST
@signed_in
@refusable
def redraw(request: SignedInRequest, workflow_id: UUID, branch_id: str) -> HttpResponse:
    """The same form with a rule more or less, another operator's fields, or one of two versions chosen."""
    here = open_workflow(request, workflow_id, Role.EDITOR)
    place, _ = here.branch(branch_id)
    revision, do = posted.revision(request), request.POST.get("do", "")
    form = branch_form.posted(request.POST)
    kind = saving.of_branch(here, place.step, branch_id, revision)
    chosen = redrawing.redraw(form, do, kind.shown(kind.stored), {})
    rows = rules.redraw(chosen.form[branch_form.RULES], do)
    drawn = {**chosen.form, branch_form.RULES: rows.form}
    undecided = [name for name in request.POST.getlist("conflict") if name != chosen.settled]
    typing = Typing(
        form=drawn,
        conflicts=saving.conflicts_of(kind, drawn, undecided),
        revision=revision,
        new_row="" if rows.new_row is None else str(rows.new_row),
    )
    return answers.again(request, here, Chosen(step=place.step.id, branch=branch_id), typing, 200)


@require_GET
@signed_in
@refusable
def menu(request: SignedInRequest, workflow_id: UUID, branch_id: str) -> HttpResponse:
    here = open_workflow(request, workflow_id, Role.EDITOR)
    return show_menu(request, here, menus.branch_menu(here, branch_id))


@require_POST
@signed_in
@refusable
def move(request: SignedInRequest, workflow_id: UUID, branch_id: str) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    by_places = PLACES.get(request.POST.get("to", ""), 0)
    workflow = drafting.move_branch(
        before.workflow, branch_id, by_places=by_places, by=audit.actor_of(request)
    )
    after = opened.reopened(before, workflow)
    place, branch = after.branch(branch_id)
    at = place.step.branches.index(branch) + 1
    return _stay(request, before, after, f"{branch.label} is branch {at} now", branch_id)


@require_POST
@signed_in
@refusable
def duplicate(request: SignedInRequest, workflow_id: UUID, branch_id: str) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    workflow, copy = drafting.duplicate_branch(before.workflow, branch_id, by=audit.actor_of(request))
    after = opened.reopened(before, workflow)
    place, _ = after.branch(copy.id)
    return go_on(
        request, before, after, Chosen(step=place.step.id, branch=copy.id), f"Branch {copy.label} is the copy"
    )


@require_http_methods(["GET", "POST"])
@signed_in
@refusable
def delete(request: SignedInRequest, workflow_id: UUID, branch_id: str) -> HttpResponse:
    """A GET asks first: what is in the branch goes with it."""
    before = open_workflow(request, workflow_id, Role.EDITOR)
    place, branch = before.branch(branch_id)
    if request.method == "GET":
        return ask(request, before, asked.removing_branch(before, branch_id))
    workflow, change = drafting.remove_branch(before.workflow, branch_id, by=audit.actor_of(request))
    after = opened.reopened(before, workflow)
    if not request.htmx:
        return redirect(f"{before.url}?deleted_branch={change.pk}")
    text, url = f"Branch {branch.label} deleted", f"{before.url}restore-branch/"
    undo = fragments.toast(text, action="Undo", url=url, value=str(change.pk))
    was = fragments.on_screen(request)
    if was.branch == branch_id:
        return show_left(request, before, after, Chosen(step=place.step.id), undo, fragments.said(text))
    pieces = changed(request, before, after, replace(was, focus=place.step.id))
    return fragments.respond(request, *pieces, undo, fragments.said(text))


@require_POST
@signed_in
@refusable
def restore(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    change = posted.change(request, before.workflow, "branch_removed")
    workflow, branch = drafting.restore_branch(before.workflow, change, by=audit.actor_of(request))
    after = opened.reopened(before, workflow)
    return _stay(request, before, after, f"Branch {branch.label} is back", branch.id)


def _stay(request: SignedInRequest, before: Opened, after: Opened, text: str, branch_id: str) -> HttpResponse:
    if not request.htmx:
        messages.success(request, text)
        place, _ = after.branch(branch_id)
        return redirect(f"{before.url}?step={place.step.id}&branch={branch_id}")
    pieces = changed(request, before, after, replace(fragments.on_screen(request), focus=branch_id))
    return fragments.respond(request, *pieces, fragments.said(text))
