"""Pause a workflow and let it go on: at once, without a version."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from workflows.errors import NotPublished
from workflows.models import Workflow
from workflows.services import pausing
from workspaces import access
from workspaces.access import SignedInRequest
from workspaces.models import Role
from workspaces.services import audit

BACK: dict[str, Callable[[Workflow], HttpResponse]] = {
    "agent": lambda workflow: redirect("builder:agent", agent_id=workflow.agent_id),
    "chain": lambda workflow: redirect("builder:chain", workflow_id=workflow.pk),
    "runs": lambda workflow: redirect("builder:runs", slug=workflow.workspace.slug),
}
"""The pages that have the button; the field `back` names one of them."""


@require_POST
@access.signed_in
def pause(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    workflow = access.reach(request, Workflow, workflow_id, Role.EDITOR)
    try:
        pausing.pause(workflow, by=audit.actor_of(request))
    except NotPublished as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{workflow.name} is paused. What is due stays due until you resume it.")
    return _back(request, workflow)


@require_POST
@access.signed_in
def resume(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    workflow = access.reach(request, Workflow, workflow_id, Role.EDITOR)
    pausing.resume(workflow, by=audit.actor_of(request))
    messages.success(request, f"{workflow.name} goes on. What has become due meanwhile runs now.")
    return _back(request, workflow)


def _back(request: SignedInRequest, workflow: Workflow) -> HttpResponse:
    return BACK.get(request.POST.get("back", ""), BACK["agent"])(workflow)
