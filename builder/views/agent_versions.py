"""Publishing an agent: what would change, publish it, undo it; its versions, and what to do with them."""

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builder import fragments
from builder.presenters import agent_page, agent_review
from builder.presenters.opened_agent import OpenedAgent
from builder.views import posted
from builder.views.agent_pages import around, open_agent, refusable
from workflows import selectors
from workflows.definition.agent_document import AgentDefinition
from workflows.errors import DefinitionInvalid, NotPublished, StaleDraft
from workflows.models import AgentChange, AgentVersion
from workflows.services import agents
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit

SHOWN = 200
DRAFT = "draft"


@require_GET
@signed_in
def changes(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    return _review(request, open_agent(request, agent_id, Role.VIEWER))


@require_POST
@signed_in
@refusable
def publish(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    here = open_agent(request, agent_id, Role.EDITOR)
    note = request.POST.get("note", "").replace("\x00", "").strip()[:500]
    by = audit.actor_of(request)
    try:
        version = agents.publish(here.agent, revision=posted.revision(request), note=note, by=by)
    except StaleDraft as stale:
        count = len(stale.changes)
        notice = (
            f"{count} more change{'' if count == 1 else 's'} arrived meanwhile. Review again, then publish."
        )
        return _review(request, here, notice=notice, note=note, status=409)
    except DefinitionInvalid:
        return _review(request, here, note=note, status=422)
    text = f"v{version.number} is live"
    if not request.htmx:
        return _done(request, here, text)
    after = open_agent(request, agent_id, Role.EDITOR)
    pieces = [*around(request, after), fragments.toast(text), fragments.said(text)]
    return fragments.respond(request, *pieces, HX_Trigger="close-dialog")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@refusable
def undo(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    here = open_agent(request, agent_id, Role.EDITOR)
    if not here.was_published:
        raise NotPublished("This agent was never published, so there is nothing to return to.")
    if request.method != "POST":
        review = agent_review.review(here, 0)
        return _dialog_or_page(request, "undo", {"review": review})
    change = agents.undo(here.agent, revision=posted.revision(request), by=audit.actor_of(request))
    return _done(request, here, "The draft is what is live again", f"?undone={change.pk}" if change else "")


@require_POST
@signed_in
@refusable
def bring_back(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    here = open_agent(request, agent_id, Role.EDITOR)
    change = change_of(request, here, "undone", "restored")
    agents.bring_back(here.agent, change, revision=here.agent.draft_revision, by=audit.actor_of(request))
    return _done(request, here, "Your changes are back")


@require_GET
@signed_in
def versions(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    here = open_agent(request, agent_id, Role.VIEWER)
    context = {
        "nav": "agents",
        "page": agent_page.page(here, "versions"),
        "live_id": here.agent.live_version_id,
        "versions": _versions(request, here).select_related("published_by").order_by("-number")[:SHOWN],
        "kept": _kept(here, request.GET.get("undone", "")),
    }
    return render(request, "builder/agent_versions.html", context)


@require_GET
@signed_in
def version(request: SignedInRequest, agent_id: UUID, number: int) -> HttpResponse:
    """All that one version holds, to be read."""
    here = open_agent(request, agent_id, Role.VIEWER)
    found = _version(request, here, number)
    context = {
        "nav": "agents",
        "page": agent_page.page(here, "versions"),
        "version": found,
        "is_live": found.pk == here.agent.live_version_id,
        "changes": agent_review.between(here, None, selectors.agent_definition_of(found)),
    }
    return render(request, "builder/agent_version.html", context)


@require_GET
@signed_in
def compare(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    """Any two versions, or one with the draft: `?from=3&to=draft`."""
    here = open_agent(request, agent_id, Role.VIEWER)
    numbers = list(_versions(request, here).order_by("-number").values_list("number", flat=True)[:SHOWN])
    live = here.agent.live_version
    first = request.GET.get("from") or (str(live.number) if live else DRAFT)
    second = request.GET.get("to") or DRAFT
    before, after = (_edition(request, here, name) for name in (first, second))
    context = {
        "nav": "agents",
        "page": agent_page.page(here, "versions"),
        "editions": [(DRAFT, "Draft"), *((str(number), f"v{number}") for number in numbers)],
        "first": first,
        "second": second,
        "changes": agent_review.between(here, before, after),
    }
    return render(request, "builder/agent_compare.html", context)


@require_POST
@signed_in
@refusable
def restore(request: SignedInRequest, agent_id: UUID, number: int) -> HttpResponse:
    """The version becomes the draft; what is live stays live."""
    here = open_agent(request, agent_id, Role.EDITOR)
    found = _version(request, here, number)
    now, by = here.agent.draft_revision, audit.actor_of(request)
    change = agents.restore(here.agent, found, revision=now, by=by)
    messages.success(request, f"The draft is v{number} now. Publish it to make it live.")
    return redirect(f"{here.url}versions/" + (f"?undone={change.pk}" if change else ""))


@require_POST
@signed_in
@refusable
def revert(request: SignedInRequest, agent_id: UUID, number: int) -> HttpResponse:
    """The version goes live again as it is; the draft stays."""
    here = open_agent(request, agent_id, Role.EDITOR)
    agents.roll_back(here.agent, _version(request, here, number), by=audit.actor_of(request))
    messages.success(request, f"v{number} is live again.")
    return redirect(f"{here.url}versions/")


def change_of(request: SignedInRequest, here: OpenedAgent, *operations: str) -> AgentChange:
    """The change to take back; only one of this agent and of this kind."""
    return _own_change(here, request.POST.get("value", ""), *operations) or _missing()


def _missing() -> AgentChange:
    raise Http404


def _own_change(here: OpenedAgent, text: str, *operations: str) -> AgentChange | None:
    try:
        pk = UUID(text)
    except ValueError:
        return None
    own = AgentChange.objects.in_workspace(here.membership.workspace).filter(agent=here.agent)
    found: AgentChange | None = own.filter(pk=pk, operation__in=operations).first()
    return found


def _kept(here: OpenedAgent, text: str) -> AgentChange | None:
    """What was discarded a moment ago and can be brought back."""
    return _own_change(here, text, "undone", "restored") if here.can_edit else None


def _versions(request: SignedInRequest, here: OpenedAgent) -> QuerySet[AgentVersion]:
    return AgentVersion.objects.in_workspace(request.workspace).filter(agent=here.agent)


def _version(request: SignedInRequest, here: OpenedAgent, number: int) -> AgentVersion:
    found: AgentVersion | None = _versions(request, here).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _edition(request: SignedInRequest, here: OpenedAgent, name: str) -> AgentDefinition:
    if name == DRAFT:
        return here.draft
    if not (name.isdecimal() and len(name) < 10):
        raise Http404
    return selectors.agent_definition_of(_version(request, here, int(name)))


def _review(
    request: SignedInRequest, here: OpenedAgent, *, notice: str = "", note: str = "", status: int = 200
) -> HttpResponse:
    if status != 200:
        here = open_agent(request, here.agent.pk, Role.EDITOR)
    review = agent_review.review(here, agents.next_number(here.agent))
    context = {"review": review, "notice": notice, "note": note}
    return _dialog_or_page(request, "agent_changes", context, status)


def _dialog_or_page(
    request: SignedInRequest, screen: str, context: Mapping[str, object], status: int = 200
) -> HttpResponse:
    partial = "#dialog" if request.htmx.target == "dialog" else ""
    response = render(request, f"builder/{screen}.html{partial}", {**context, "nav": "agents"}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _done(request: SignedInRequest, here: OpenedAgent, text: str, query: str = "") -> HttpResponse:
    """The draft is another one: the whole page again."""
    messages.success(request, f"{text}.")
    if request.htmx:
        return HttpResponse(headers={"HX-Redirect": f"{here.url}versions/{query}"})
    return redirect(f"{here.url}versions/{query}")
