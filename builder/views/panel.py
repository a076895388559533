"""Saving what stands in the panel: a step's settings, or the workflow's own."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from builder import fragments, saving
from builder.forms import redrawing
from builder.forms import settings as settings_form
from builder.forms import step as step_form
from builder.presenters import chain, opened
from builder.presenters.chain import SETTINGS, Chosen
from builder.presenters.left import left
from builder.presenters.opened import Opened
from builder.presenters.panel import Typing
from builder.views.chain import draw_page, open_workflow
from builder.views.refusals import refusable
from workflows.definition.problems import OperationRefused
from workflows.services import drafting, drafts
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit


@require_POST
@signed_in
@refusable
def save_step(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    place, revision = before.place(step_id), revision_of(request)
    known = before.known(place.step)
    judged = saving.judge(
        saving.of_step(before, known, place.step, revision),
        step_form.posted(known, request.POST),
        drafts.renamed_since(before.workflow, revision),
        undecided=request.POST.getlist("conflict"),
        revision=revision,
    )
    if judged.typing:
        return _again(request, before, Chosen(step=step_id), judged.typing, judged.status)
    workflow = drafting.save_step(
        before.workflow,
        step_id,
        revision=before.workflow.draft_revision,
        by=audit.actor_of(request),
        **step_form.saved(judged.values, place.step.policy),
    )
    after = opened.reopened(before, workflow)
    text = f"Step {place.number} saved to draft"
    return _saved(request, before, after, Chosen(step=step_id), text, judged.notice)


@require_POST
@signed_in
@refusable
def redraw_step(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    """The same form after a button in it that saves nothing, or after a choice that shows other fields."""
    here = open_workflow(request, workflow_id, Role.EDITOR)
    place, revision = here.place(step_id), revision_of(request)
    known = here.known(place.step)
    kind = saving.of_step(here, known, place.step, revision)
    return _redrawn(
        request, here, Chosen(step=step_id), kind, step_form.posted(known, request.POST), revision
    )


@require_POST
@signed_in
@refusable
def save_settings(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    kind, revision = before.draft.kind, revision_of(request)
    judged = saving.judge(
        saving.of_settings(before, revision),
        settings_form.posted(kind, request.POST),
        drafts.renamed_since(before.workflow, revision),
        undecided=request.POST.getlist("conflict"),
        revision=revision,
    )
    if judged.typing:
        return _again(request, before, Chosen(step=SETTINGS), judged.typing, judged.status)
    workflow = drafting.save_settings(
        before.workflow,
        revision=before.workflow.draft_revision,
        settings=settings_form.settings_in(kind, judged.values),
        by=audit.actor_of(request),
    )
    after = opened.reopened(before, workflow)
    return _saved(request, before, after, Chosen(step=SETTINGS), "Settings saved to draft", judged.notice)


@require_POST
@signed_in
@refusable
def redraw_settings(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    here = open_workflow(request, workflow_id, Role.EDITOR)
    revision = revision_of(request)
    kind = saving.of_settings(here, revision)
    form = settings_form.posted(here.draft.kind, request.POST)
    return _redrawn(request, here, Chosen(step=SETTINGS), kind, form, revision)


def revision_of(request: SignedInRequest) -> int:
    """The draft's revision that was on the screen."""
    text = request.POST.get("rev", "")
    if not (text.isdecimal() and len(text) < 10):
        raise OperationRefused("bad_revision", "The form is incomplete. Reload the page and try again.")
    return int(text)


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
    return _again(request, here, chosen, typing, 200)


def _again(
    request: SignedInRequest, here: Opened, chosen: Chosen, typing: Typing, status: int
) -> HttpResponse:
    """The panel with what was typed. A redrawn form is swapped where its button says; a refused one whole."""
    shown = left(here, chosen, typing=typing)
    if not request.htmx:
        return draw_page(request, here, chosen, shown, status=status)
    if status == 200:
        return fragments.respond(request, main=fragments.draw_panel(request, here, shown))
    return fragments.with_panel(request, here, shown, status=status)


def _saved(
    request: SignedInRequest, before: Opened, after: Opened, chosen: Chosen, text: str, notice: str
) -> HttpResponse:
    """The form stays as it is and typing goes on, unless it showed errors or got others’ changes."""
    if not request.htmx:
        messages.success(request, " ".join(filter(None, (f"{text}.", notice))))
        return redirect(f"{after.url}?step={chosen.step}")
    was = fragments.on_screen(request)
    difference = fragments.difference(chain.page(before, was), chain.page(after, was))
    pieces = [*difference, fragments.said(text)]
    if notice or "again" in request.POST:
        shown = left(after, chosen, typing=Typing(notice=notice))
        return fragments.with_panel(request, after, shown, *pieces)
    return fragments.respond(request, *pieces, fragments.revision(after))
