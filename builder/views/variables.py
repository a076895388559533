"""What the `/` picker offers at a step, and a variable that is made while somebody writes its name."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST

from builder import difference, fragments
from builder.presenters import chain as chain_page
from builder.presenters import variables as presenter
from builder.presenters.opened import Opened
from builder.views.chain import open_workflow
from builder.views.refusals import refusable
from workflows.services import agents, drafting
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit


@require_GET
@signed_in
def variables(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    """Where the chain is too long to send it with every panel."""
    here = open_workflow(request, workflow_id, Role.VIEWER)
    return render(request, "components/vars_listbox.html", _context(request, here))


@require_POST
@signed_in
@refusable
def create_variable(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    """Of an action workflow an action variable, else one of the agent: nobody hands the others over."""
    before = open_workflow(request, workflow_id, Role.EDITOR)
    name, by = request.POST.get("name", "").strip(), audit.actor_of(request)
    word, _ = presenter.NEW[before.draft.kind]
    if before.draft.kind == "action":
        drafting.add_variable(before.workflow, name, by=by)
    else:
        agents.add_variable(before.workflow.agent, name, by=by)
    after = open_workflow(request, workflow_id, Role.EDITOR)
    if not request.htmx:
        return redirect(after.url)
    text = f"{word.capitalize()} {name} was made"
    was = fragments.on_screen(request)
    changed = difference.difference(chain_page.page(before, was), chain_page.page(after, was))
    main = render_to_string("components/vars_listbox.html", _context(request, after), request)
    return fragments.respond(request, *changed, fragments.toast(text), fragments.said(text), main=main)


def _context(request: SignedInRequest, here: Opened) -> dict[str, object]:
    step = request.GET.get("step", "")
    found = presenter.offered(here, step if step in here.places else None)
    return {"groups": found.groups, "create": found}
