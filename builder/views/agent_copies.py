"""An agent as a file, from a file, its twin, and out of sight."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builder.forms.agent import ImportForm
from builder.views.agent_pages import refusable
from workflows.errors import DefinitionInvalid
from workflows.models import Agent
from workflows.services import agent_copies, agents
from workflows.services.agent_copies import Imported
from workspaces import access
from workspaces.access import SignedInRequest, signed_in, workspace_page
from workspaces.models import Role
from workspaces.services import audit


@require_GET
@signed_in
def export(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    """The drafts of the agent and of its workflows; no secret is in them."""
    agent = access.reach(request, Agent, agent_id, Role.EDITOR)
    response = JsonResponse(
        agent_copies.export(agent), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    name = slugify(agent.name) or "agent"
    response["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response


@require_POST
@signed_in
@refusable
def clone(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    agent = access.reach(request, Agent, agent_id, Role.EDITOR)
    made = agent_copies.clone(agent, by=audit.actor_of(request))
    messages.success(request, f"This is {made.name}. Its workflows are drafts: publish those it shall call.")
    return redirect("builder:agent", agent_id=made.pk)


@require_POST
@signed_in
def archive(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    agent = access.reach(request, Agent, agent_id, Role.EDITOR)
    is_archived = request.POST.get("archived") != "no"
    agents.archive(agent, is_archived=is_archived, by=audit.actor_of(request))
    if not is_archived:
        messages.success(request, f"{agent.name} is back.")
        return redirect("builder:agent", agent_id=agent.pk)
    messages.success(request, f"{agent.name} is in the archive and begins no conversations.")
    return redirect("builder:agents", slug=request.workspace.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def bring_in(request: SignedInRequest, slug: str) -> HttpResponse:
    is_sent = request.method == "POST"
    form = ImportForm(request.POST, request.FILES) if is_sent else ImportForm()
    context: dict[str, Any] = {"nav": "agents", "form": form, "problems": ()}
    if is_sent and form.is_valid():
        try:
            by = audit.actor_of(request)
            imported = agent_copies.bring_in(request.workspace, form.cleaned_data["content"], by=by)
        except DefinitionInvalid as invalid:
            context["problems"] = [
                ("", f"{one.path}: {one.message}" if one.path else one.message) for one in invalid.problems
            ]
        else:
            _tell(request, imported)
            return redirect("builder:agent", agent_id=imported.agent.pk)
    return render(request, "builder/agent_import.html", context, status=422 if is_sent else 200)


def _tell(request: SignedInRequest, imported: Imported) -> None:
    messages.success(request, f"{imported.agent.name} is here. Its workflows are drafts.")
    if not imported.is_live:
        messages.warning(request, "It is not live: solve its problems, then publish it.")
    if count := imported.without_connection:
        what = "One place has" if count == 1 else f"{count} places have"
        messages.warning(request, f"{what} no connection any more: choose one of this workspace.")
