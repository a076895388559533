"""The conversations of a workspace, and one of them as a single timeline."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_POST

from conversations import shown
from conversations.models import Conversation
from conversations.presenters import exported, listed, timeline
from conversations.presenters.listed import Filters
from workflows.models import Agent
from workspaces import access
from workspaces.access import SignedInRequest
from workspaces.models import Role
from workspaces.services import audit

PER_PAGE = 50
JOINS = ("agent__live_version", "agent_version", "taken_by")


@require_GET
@access.workspace_page(Role.VIEWER)
def conversations(request: SignedInRequest, slug: str) -> HttpResponse:
    filters = Filters.of(request.GET.dict(), timezone.now())
    found = list(filters.page(request.workspace)[: PER_PAGE + 1])
    agents = Agent.objects.in_workspace(request.workspace).select_related("live_version").order_by("name")
    context: dict[str, Any] = {
        "nav": "conversations",
        "rows": listed.rows(found[:PER_PAGE]),
        "older": found[PER_PAGE - 1].pk if len(found) > PER_PAGE else None,
        "filters": filters,
        "agents": {agent.pk: agent.name for agent in agents},
        "properties": listed.properties(agents),
        "choices": listed.CHOICES,
    }
    return render(request, "conversations/list.html", context)


@require_POST
@access.workspace_page(Role.VIEWER)
def export_shown(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """All that the filter shows, on however many pages; the address has the filter, as that of the list."""
    chosen = request.POST.get("format", "")
    if chosen not in exported.FORMATS:
        raise Http404
    words = {name: word for name, word in request.GET.dict().items() if name != "before"}
    filters = Filters.of(words, timezone.now())
    agents = Agent.objects.in_workspace(request.workspace).select_related("live_version").order_by("name")
    parts = exported.parts(chosen, filters.page(request.workspace), listed.properties(agents))
    audit.record(
        request.workspace,
        audit.actor_of(request),
        "conversations.exported",
        object_type="conversation",
        name=filters.query,
        format=chosen,
    )
    response = StreamingHttpResponse(parts, content_type=exported.FORMATS[chosen].content_type)
    day = filters.now.date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="conversations-{slug}-{day}.{chosen}"'
    return response


@require_GET
@access.signed_in
def conversation(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    return draw(request, access.reach(request, Conversation, conversation_id, Role.VIEWER, join=JOINS))


def draw(
    request: SignedInRequest, found: Conversation, *, problem: str = "", typed: str = ""
) -> HttpResponse:
    role = Role(request.membership.role)
    context = {
        "nav": "conversations",
        "line": timeline.of(found),
        "conversation": found,
        "can_edit": role.covers(Role.EDITOR),
        "can_erase": role.covers(Role.ADMIN),
        "member_id": request.user.pk,
        "problem": problem,
        "typed": typed,
    }
    template = "conversations/conversation.html"
    is_part = request.htmx.target == "tl-take"
    response = render(
        request, f"{template}#take" if is_part else template, context, status=409 if problem else 200
    )
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_GET
@access.signed_in
def export(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """As the API gives it; secure values by name only."""
    found = access.reach(request, Conversation, conversation_id, Role.VIEWER, join=JOINS)
    response = JsonResponse(shown.conversation(found), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="conversation-{found.pk}.json"'
    return response
