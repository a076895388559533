"""The pages of an agent on which its document is edited: instructions, variables, analysis, settings."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST

from builder import agent_saving, fragments, saving
from builder.forms import agent_form, agent_sections, redrawing
from builder.forms.agent_sections import SECTIONS, Section
from builder.fragments import Fragment
from builder.presenters import agent_forms, agent_page, opened_agent
from builder.presenters.agent_forms import FormView
from builder.presenters.opened_agent import OpenedAgent
from builder.presenters.panel import Typing
from builder.views import posted
from workflows.definition.problems import OperationRefused
from workflows.errors import DefinitionInvalid, NotPublished, StaleDraft
from workflows.models import Agent
from workflows.services import agent_drafts, agents
from workspaces import access
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit

type AgentView[**P] = Callable[Concatenate[SignedInRequest, UUID, P], HttpResponse]

GONE = ("node_gone", "outcome_gone", "already_there")


def open_agent(request: SignedInRequest, agent_id: UUID, least: Role) -> OpenedAgent:
    agent = access.reach(request, Agent, agent_id, least, join=opened_agent.RELATED)
    return opened_agent.open_agent(agent, request.membership)


def refusable[**P](view: AgentView[P]) -> AgentView[P]:
    """Nothing was changed: the person is told why, and sees the page as it is now."""

    @wraps(view)
    def guarded(request: SignedInRequest, agent_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, agent_id, *args, **kwargs)
        except OperationRefused as refusal:
            return _refused(request, agent_id, refusal.message, 409 if refusal.code in GONE else 422)
        except (StaleDraft, NotPublished) as stale:
            return _refused(request, agent_id, str(stale), 409)
        except DefinitionInvalid as invalid:
            return _refused(request, agent_id, str(invalid), 422)

    return guarded  # type: ignore[return-value]  # `wraps` keeps the view's own type, which is the same


def _refused(request: SignedInRequest, agent_id: UUID, reason: str, status: int) -> HttpResponse:
    if request.htmx:
        return fragments.respond(request, fragments.toast(reason, tone="error"), status=status)
    messages.error(request, reason)
    path = request.META.get("HTTP_REFERER", "").partition("//")[2].partition("/")[2].partition("?")[0]
    own = path if path.startswith(f"agents/{agent_id}/") else f"agents/{agent_id}/"
    return redirect(f"/{own}")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@refusable
def section(request: SignedInRequest, agent_id: UUID, name: str) -> HttpResponse:
    here = open_agent(request, agent_id, Role.VIEWER)
    own = _section(here, name)
    if request.method != "POST":
        return draw_section(request, here, own)
    access.require(request, Role.EDITOR)
    revision = posted.revision(request)
    form = agent_form.posted(own.spec, request.POST)
    judged = judge(request, here, agent_saving.of_section(here, own, revision), form, revision)
    if judged.typing:
        return draw_section(request, here, own, judged.typing, judged.status)
    content = agent_sections.content_of(own, judged.values)
    now, by = here.agent.draft_revision, audit.actor_of(request)
    try:
        agents.save(here.agent, name, content, revision=now, by=by)
    except DefinitionInvalid as refusal:
        errors = {agent_sections.field_of_path(one.path): one.message for one in refusal.problems}
        return draw_section(request, here, own, Typing(form=form, errors=errors, revision=revision), 422)
    if not request.htmx:
        messages.success(request, " ".join(filter(None, ("Saved to draft.", judged.notice))))
        return redirect(request.path)
    after = open_agent(request, agent_id, Role.EDITOR)
    text = f"{own.title} saved to draft"
    typing = Typing(notice=judged.notice) if judged.notice else None
    return draw_section(request, after, _section(after, name), typing, said=text)


@require_POST
@signed_in
@refusable
def redraw_section(request: SignedInRequest, agent_id: UUID, name: str) -> HttpResponse:
    """The same form after a button in it that saves nothing, or after a choice that shows other fields."""
    here = open_agent(request, agent_id, Role.EDITOR)
    own, revision = _section(here, name), posted.revision(request)
    kind = agent_saving.of_section(here, own, revision)
    form = agent_form.posted(own.spec, request.POST)
    return draw_section(request, here, own, redrawn(request, kind, form, own.spec, revision))


def judge(
    request: SignedInRequest, here: OpenedAgent, kind: saving.Kind, form: saving.Form, revision: int
) -> saving.Judged:
    renamed = agent_drafts.renamed_since(here.agent, revision)
    undecided = request.POST.getlist("conflict")
    return saving.judge(kind, form, renamed, undecided=undecided, revision=revision)


def redrawn(
    request: SignedInRequest, kind: saving.Kind, form: saving.Form, spec: agent_form.Spec, revision: int
) -> Typing:
    after = redrawing.redraw(form, request.POST.get("do", ""), kind.shown(kind.stored), spec.new_rows)
    undecided = [name for name in request.POST.getlist("conflict") if name != after.settled]
    return Typing(
        form=after.form,
        conflicts=saving.conflicts_of(kind, after.form, undecided),
        revision=revision,
        new_row=after.new_row,
    )


def around(request: SignedInRequest, here: OpenedAgent) -> list[Fragment]:
    """What stands around an agent's page, or its flow, and says its state."""
    is_flow = urlsplit(request.htmx.current_url or "").path.endswith("/flow/")
    context = {"page": agent_page.page(here, "")}
    above = "flow.html#bar" if is_flow else "agent_page.html#head"
    return [Fragment(above, context), Fragment("agent_page.html#banner", context)]


def _section(here: OpenedAgent, name: str) -> Section:
    return agent_sections.with_choices(SECTIONS[name], here.providers, here.membership.workspace.time_zone)


def draw_section(
    request: SignedInRequest,
    here: OpenedAgent,
    own: Section,
    typing: Typing | None = None,
    status: int = 200,
    *,
    said: str = "",
) -> HttpResponse:
    context = _context(here, own, typing)
    if not request.htmx:
        response = render(request, "builder/agent_section.html", context, status=status)
        patch_vary_headers(response, ["HX-Request"])
        return response
    main = render_to_string("builder/agent_section.html#panel", context, request)
    told = [*around(request, here), fragments.said(said)] if said else []
    return fragments.respond(request, *told, main=main, status=status)


def _context(here: OpenedAgent, own: Section, typing: Typing | None) -> dict[str, Any]:
    view: FormView = agent_forms.form_view(
        here,
        own.spec,
        agent_sections.values_of(own, here.draft),
        [one for one in here.problems if not one.step_id],
        url=f"{here.url}{own.name}/",
        name=own.title,
        typing=typing,
        place=own.name,
    )
    return {
        "nav": "agents",
        "page": agent_page.page(here, own.name),
        "section": own,
        "panel": view,
        "variables": agent_forms.variables(here),
        "workflows": agent_forms.callable_workflows(here),
        "value_types": agent_sections.VALUE_TYPES,
        "analysis_types": agent_sections.ANALYSIS_TYPES,
    }
