"""The agents of a workspace, and one agent with the workflows that belong to it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builder import fragments
from builder.forms.agent import AgentForm
from builder.presenters import agent_forms, agent_page
from builder.presenters import agents as cards
from builder.presenters.opened import RELATED
from builder.views.agent_pages import open_agent
from workflows import selectors
from workflows.errors import DefinitionInvalid
from workflows.models import Agent, AgentVersion, Workflow
from workflows.models.workflow import WorkflowKind
from workflows.selectors import State
from workflows.services import drafting, publishing
from workspaces import access
from workspaces.access import SignedInRequest, signed_in, workspace_page
from workspaces.models import Role
from workspaces.services import audit

VERSIONS_SHOWN = 5
POST_CONVERSATION_NAME = "After the conversation"


@require_http_methods(["GET", "POST"])
@workspace_page(Role.VIEWER)
def agents(request: SignedInRequest, slug: str) -> HttpResponse:
    can_edit = Role(request.membership.role).covers(Role.EDITOR)
    form = AgentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        access.require(request, Role.EDITOR)
        if form.is_valid() and (made := form.create(request)):
            return redirect("builder:agent", agent_id=made.pk)
    is_archive = request.GET.get("archived") == "yes"
    context = {
        "nav": "agents",
        "agents": cards.agent_rows(request.workspace, is_archived=is_archive),
        "is_archive": is_archive,
        "form": form,
        "can_edit": can_edit,
    }
    return render(request, "builder/agents.html", context, status=422 if form.errors else 200)


@require_GET
@signed_in
def agent(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    here = open_agent(request, agent_id, Role.VIEWER)
    all_cards = cards.workflow_cards(here.agent, cards.recent_runs(request.workspace))
    versions = AgentVersion.objects.in_workspace(request.workspace).filter(agent=here.agent)
    context = {
        "nav": "agents",
        "page": agent_page.page(here, ""),
        "agent": here.agent,
        "definition": here.draft,
        "actions": [card for card in all_cards if card.kind == WorkflowKind.ACTION],
        "after": next((card for card in all_cards if card.kind == WorkflowKind.POST_CONVERSATION), None),
        "versions": versions.select_related("published_by").order_by("-number")[:VERSIONS_SHOWN],
        "can_edit": here.can_edit,
    }
    return render(request, "builder/agent.html", context)


@require_POST
@signed_in
def add_workflow(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    found = access.reach(request, Agent, agent_id, Role.EDITOR)
    kind = request.POST.get("kind", WorkflowKind.ACTION)
    if kind not in WorkflowKind.values:
        kind = WorkflowKind.ACTION
    wanted = request.POST.get("name", "").strip()[:120]
    name = (wanted or _free_name(found)) if kind == WorkflowKind.ACTION else POST_CONVERSATION_NAME
    try:
        workflow = drafting.create(found, kind, name, by=audit.actor_of(request))
    except DefinitionInvalid as invalid:
        if request.htmx:
            return fragments.respond(request, fragments.toast(str(invalid), tone="error"), status=422)
        messages.error(request, str(invalid))
        return redirect("builder:agent", agent_id=found.pk)
    if request.htmx:  # made while somebody writes a text that mentions it: the text stays
        return _mentionable(request, agent_id, workflow)
    return redirect(f"{cards.url_of(workflow)}?step=settings")


@require_POST
@signed_in
def switch(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    """The post-conversation workflow on or off: live at once, if nothing else waits to be published."""
    workflow = access.reach(request, Workflow, workflow_id, Role.EDITOR, join=RELATED)
    if workflow.kind != WorkflowKind.POST_CONVERSATION:
        raise Http404
    is_on = request.POST.get("enabled") == "yes"
    by = audit.actor_of(request)
    was_live = selectors.state(workflow) == State.LIVE
    changed = drafting.switch(workflow, is_enabled=is_on, by=by)
    if not was_live:
        return redirect("builder:changes", workflow_id=workflow.pk)
    try:
        publishing.publish(
            changed, revision=changed.draft_revision, note="Switched " + ("on" if is_on else "off"), by=by
        )
    except DefinitionInvalid:
        return redirect("builder:changes", workflow_id=workflow.pk)
    messages.success(request, f"{workflow.name} is {'on' if is_on else 'off'}.")
    return redirect("builder:agent", agent_id=workflow.agent_id)


def _mentionable(request: SignedInRequest, agent_id: UUID, workflow: Workflow) -> HttpResponse:
    here = open_agent(request, agent_id, Role.EDITOR)
    context = {"workflows": agent_forms.callable_workflows(here), "page": agent_page.page(here, "")}
    text = f"{workflow.name} was made as a draft"
    pieces = [fragments.toast(text), fragments.said(text)]
    main = render_to_string("components/mentions_listbox.html", context, request)
    return fragments.respond(request, *pieces, main=main)


def _free_name(agent: Agent) -> str:
    """The person names it next, in its settings."""
    taken = set(Workflow.objects.filter(agent=agent).values_list("name", flat=True))
    names = ("new_action", *(f"new_action_{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
