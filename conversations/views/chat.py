"""A member's own chat with an agent: to try its draft, or to meet it as customers do. It needs no script."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from conversations.models import Conversation, Edition
from conversations.presenters.chat import ChatPanel
from conversations.services import ending, trying
from workflows.errors import InputInvalid
from workflows.models import Agent
from workspaces import access
from workspaces.access import SignedInRequest
from workspaces.models import Role

LONGEST = 8_000
TOO_LONG = f"A message has at most {LONGEST:,} characters."


@require_http_methods(["GET", "POST"])
@access.signed_in
def chat(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    agent = access.reach(request, Agent, agent_id, Role.TESTER, join=("live_version",))
    found = trying.current(agent, request.user)
    if request.method != "POST":
        return _page(request, agent, found)
    text = (request.POST.get("choice") or request.POST.get("text", "")).replace("\x00", "").strip()
    problem = ""
    try:
        if "edition" in request.POST:
            trying.start(agent, request.user, request.POST["edition"])
        elif "end" in request.POST and found is not None:
            ending.end(found, by="person")
        elif text:
            problem = _say(request, agent, found, text)
    except InputInvalid as error:
        problem = "; ".join(one.message for one in error.problems)
    if problem:
        return _page(request, agent, trying.current(agent, request.user), problem=problem, typed=text)
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("conversations:chat", agent_id=agent.pk)


def _say(request: SignedInRequest, agent: Agent, found: Conversation | None, text: str) -> str:
    if len(text) > LONGEST:
        return TOO_LONG
    if found is None:
        found = trying.start(agent, request.user, Edition.LIVE)
    return trying.say(found, text, key=request.POST.get("key", "")[:200] or None)


def _page(
    request: SignedInRequest,
    agent: Agent,
    found: Conversation | None,
    *,
    problem: str = "",
    typed: str = "",
) -> HttpResponse:
    edition = found.edition if found else Edition.LIVE
    panel = ChatPanel(agent, found, edition, problem=problem, typed=typed)
    context = {"nav": "agents", "chat": panel}
    return render(request, "conversations/chat.html", context, status=422 if problem else 200)
