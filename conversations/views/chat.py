"""A member's own chat with an agent: to try its draft, or to meet it as customers do. It needs no script.

Docked beside the builder's pages it is the same chat in a narrower frame; there its parts are fetched alone.
"""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from conversations.models import Edition
from conversations.presenters.chat import ChatPanel
from conversations.services import ending, trying
from workflows.errors import InputInvalid
from workflows.models import Agent
from workspaces import access
from workspaces.access import SignedInRequest
from workspaces.models import Role

LONGEST = 8_000
TOO_LONG = f"A message has at most {LONGEST:,} characters."


@dataclass(frozen=True)
class Problem:
    text: str
    typed: str


@require_http_methods(["GET", "POST"])
@access.signed_in
def chat(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    agent = access.reach(request, Agent, agent_id, Role.TESTER, join=("live_version",))
    problem = _take(request, agent, Edition.LIVE) if request.method == "POST" else None
    if request.method == "POST" and not problem:
        back = request.POST.get("back", "")
        if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
            return redirect(back)
        return redirect("conversations:chat", agent_id=agent.pk)
    context = {"nav": "agents", "chat": _panel(request, agent, Edition.LIVE, problem)}
    return render(request, "conversations/chat.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "POST"])
@access.signed_in
def dock(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    """Fetched into the side of a builder page; opened by itself it is the chat's own page."""
    agent = access.reach(request, Agent, agent_id, Role.TESTER, join=("live_version",))
    problem = _take(request, agent, Edition.DRAFT) if request.method == "POST" else None
    if request.method == "POST" and not request.htmx and not problem:
        return redirect("conversations:chat", agent_id=agent.pk)
    context = {"nav": "agents", "chat": _panel(request, agent, Edition.DRAFT, problem)}
    template = "conversations/dock.html" if request.htmx else "conversations/chat.html"
    response = render(request, template, context, status=422 if problem else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _take(request: SignedInRequest, agent: Agent, edition: str) -> Problem | None:
    """What was asked for: another chat, its end, or something to say. `edition` is that of a first chat."""
    found = trying.current(agent, request.user)
    text = (request.POST.get("choice") or request.POST.get("text", "")).replace("\x00", "").strip()
    problem = ""
    try:
        if "edition" in request.POST:
            trying.start(agent, request.user, request.POST["edition"])
        elif "end" in request.POST and found is not None:
            ending.end(found, by="person")
        elif len(text) > LONGEST:
            problem = TOO_LONG
        elif text:
            found = found or trying.start(agent, request.user, edition)
            problem = trying.say(found, text, key=request.POST.get("key", "")[:200] or None)
    except InputInvalid as error:
        problem = "; ".join(one.message for one in error.problems)
    return Problem(problem, text) if problem else None


def _panel(request: SignedInRequest, agent: Agent, edition: str, problem: Problem | None) -> ChatPanel:
    found = trying.current(agent, request.user)
    problem = problem or Problem("", "")
    return ChatPanel(
        agent, found, found.edition if found else edition, problem=problem.text, typed=problem.typed
    )
