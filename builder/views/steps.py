"""What one can do with a step besides configuring it: add, duplicate, move, disable, delete, bring back."""

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builder import difference, fragments
from builder.fragments import Fragment
from builder.presenters import asked, chain, opened
from builder.presenters.chain import SETTINGS, Chosen
from builder.presenters.left import left
from builder.presenters.opened import Opened
from builder.views import posted
from builder.views.chain import draw_page, open_workflow
from builder.views.questions import ask
from builder.views.refusals import refusable
from workflows.definition.anchors import Anchor, parse_anchor
from workflows.definition.walk import Place
from workflows.services import drafting
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit


@require_POST
@signed_in
@refusable
def add(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    anchor = parse_anchor(request.POST.get("anchor", ""))
    if anchor.kind == "after" and anchor.id not in before.places:
        return _ask_again_where(request, before)
    workflow, step = drafting.add_step(
        before.workflow, anchor=anchor, action_ref=request.POST.get("action", ""), by=audit.actor_of(request)
    )
    after = opened.reopened(before, workflow)
    number = after.places[step.id].number
    return go_on(request, before, after, Chosen(step=step.id), f"{step.label} added as step {number}")


@require_GET
@signed_in
@refusable
def menu(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    here = open_workflow(request, workflow_id, Role.EDITOR)
    here.place(step_id)
    context = {"panel": left(here, Chosen(step=step_id)), "page": chain.page(here, Chosen())}
    return render(request, "builder/panel_step.html#menu", context)


@require_POST
@signed_in
@refusable
def duplicate(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    workflow, copy = drafting.duplicate_step(before.workflow, step_id, by=audit.actor_of(request))
    after = opened.reopened(before, workflow)
    return go_on(
        request, before, after, Chosen(step=copy.id), f"Step {after.places[copy.id].number} is the copy"
    )


@require_http_methods(["GET", "POST"])
@signed_in
@refusable
def move(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    """A GET lists the places to choose from; with `ask` a move that would break something is asked about."""
    before = open_workflow(request, workflow_id, Role.EDITOR)
    place = before.place(step_id)
    if request.method == "GET":
        return ask(request, before, asked.moving(before, step_id))
    anchor = _target(before, place, request.POST.get("to", ""))
    if "ask" in request.POST and (doubtful := asked.doubtful_move(before, step_id, anchor)):
        return ask(request, before, doubtful)
    workflow = drafting.move_step(before.workflow, step_id, anchor=anchor, by=audit.actor_of(request))
    after = opened.reopened(before, workflow)
    number = after.places[step_id].number
    of = "" if after.places[step_id].parents else f" of {len(after.draft.steps)}"
    return stay(request, before, after, f"Moved to position {number}{of}", step_id=step_id, moved=step_id)


@require_POST
@signed_in
@refusable
def enable(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    place = before.place(step_id)
    is_enabled = request.POST.get("enabled") == "yes"
    workflow = drafting.enable_step(
        before.workflow, step_id, is_enabled=is_enabled, by=audit.actor_of(request)
    )
    text = f"Step {place.number} {'enabled' if is_enabled else 'disabled'}"
    return stay(request, before, opened.reopened(before, workflow), text, step_id=step_id)


@require_http_methods(["GET", "POST"])
@signed_in
@refusable
def delete(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    """A GET asks first what of it is to be kept; a POST with `ask` does so if there is anything to say."""
    before = open_workflow(request, workflow_id, Role.EDITOR)
    place = before.place(step_id)
    if request.method == "GET" or "ask" in request.POST:
        question = asked.removing_step(before, step_id)
        if request.method == "GET" or question.choices or question.broken:
            return ask(request, before, question)
    keep, by = request.POST.get("keep") or None, audit.actor_of(request)
    workflow, change = drafting.remove_step(before.workflow, step_id, keep_branch=keep, by=by)
    after = opened.reopened(before, workflow)
    if not request.htmx:
        return redirect(f"{before.url}?deleted={change.pk}")
    text = f"Step {place.number}, {before.label(place.step)}, deleted"
    undo = fragments.toast(text, action="Undo", url=f"{before.url}restore/", value=str(change.pk))
    was = fragments.on_screen(request)
    above = place.before[-1].id if place.before else SETTINGS
    if was.step == step_id:
        return show_left(request, before, after, Chosen(focus=above), undo, fragments.said(text))
    pieces = changed(request, before, after, replace(was, focus=above))
    return fragments.respond(request, *pieces, undo, fragments.said(text))


@require_POST
@signed_in
@refusable
def restore(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    before = open_workflow(request, workflow_id, Role.EDITOR)
    change = posted.change(request, before.workflow, "step_removed")
    workflow = drafting.restore_step(before.workflow, change, by=audit.actor_of(request))
    after = opened.reopened(before, workflow)
    return stay(request, before, after, "The step is back", step_id=change.step_id)


def stay(
    request: SignedInRequest, before: Opened, after: Opened, text: str, *, step_id: str, moved: str = ""
) -> HttpResponse:
    """The panel stays what it is; only what changed in the chain is drawn again."""
    if not request.htmx:
        messages.success(request, text)
        return redirect(f"{before.url}?step={step_id}")
    now = replace(fragments.on_screen(request), focus=step_id)
    pieces = changed(request, before, after, now, moved=moved)
    return fragments.respond(request, *pieces, fragments.said(text))


def go_on(request: SignedInRequest, before: Opened, after: Opened, chosen: Chosen, text: str) -> HttpResponse:
    """On to the panel of a step or a branch that was just made."""
    if not request.htmx:
        messages.success(request, text)
        return redirect(f"{before.url}{chosen.query}")
    return show_left(request, before, after, chosen, fragments.said(text), is_new=True)


def show_left(
    request: SignedInRequest,
    before: Opened,
    after: Opened,
    chosen: Chosen,
    *more: Fragment,
    is_new: bool = False,
) -> HttpResponse:
    """Another panel than before, and what changed in the chain."""
    pieces = [*changed(request, before, after, chosen), *more]
    shown = left(after, chosen, is_new=is_new)
    return fragments.with_panel(request, after, shown, *pieces, HX_Push_Url=after.url + chosen.query)


def changed(
    request: SignedInRequest, before: Opened, after: Opened, now: Chosen, *, moved: str = ""
) -> list[Fragment]:
    old, new = chain.page(before, fragments.on_screen(request)), chain.page(after, now)
    return difference.difference(old, new, moved=moved)


def _ask_again_where(request: SignedInRequest, here: Opened) -> HttpResponse:
    """The place was deleted meanwhile. What was searched for is kept."""
    chosen = Chosen(add=request.POST.get("anchor", ""))
    shown = left(here, chosen, query=request.POST.get("q", ""))
    if request.htmx:
        whole = difference.whole(chain.page(here, Chosen(add="start")))
        return fragments.with_panel(request, here, shown, *whole, status=409)
    return draw_page(request, here, Chosen(add="start"), shown, status=409)


def _target(here: Opened, place: Place, to: str) -> Anchor:
    """`up`, `down`, or an anchor."""
    if to not in ("up", "down"):
        return parse_anchor(to)
    neighbours = here.neighbours(place)
    at = neighbours.index(place.step.id)
    if to == "up":
        return here.places[neighbours[max(at - 1, 0)]].anchor
    return Anchor("after", neighbours[min(at + 1, len(neighbours) - 1)])
