"""An agent's conversation flow: the graph or the list, and on its left a node, or the choice of a new one."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builder import agent_saving, fragments
from builder.forms import agent_form, node_form
from builder.fragments import Fragment
from builder.presenters import agent_page, flow_panel
from builder.presenters import flow as flow_page
from builder.presenters.flow_panel import FlowPanel
from builder.presenters.opened_agent import OpenedAgent
from builder.presenters.panel import Typing
from builder.views import posted
from builder.views.agent_pages import around, judge, open_agent, redrawn, refusable
from builder.views.agent_versions import change_of
from workflows.definition import flow_operations
from workflows.definition.agent_flow import START_ID, Node, WorkflowNode
from workflows.definition.problems import OperationRefused
from workflows.errors import DefinitionInvalid
from workflows.services import flows
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit


@dataclass(frozen=True)
class Chosen:
    """What the address says is open."""

    node: str = ""
    add: str = ""
    view: str = ""
    focus: str = ""
    """The node that gets the keyboard's focus."""


@require_GET
@signed_in
def flow(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    here = open_agent(request, agent_id, Role.VIEWER)
    now = Chosen(*(request.GET.get(name, "") for name in ("node", "add", "view")))
    panel = _panel(here, now, kept=request.GET.get("deleted", ""))
    return _draw(request, here, now, panel)


@require_POST
@signed_in
@refusable
def add(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    here = open_agent(request, agent_id, Role.EDITOR)
    after, _, exit_key = request.POST.get("place", "").partition(":")
    type_ = request.POST.get("type", "")
    by = audit.actor_of(request)
    try:
        _, node = flows.add_node(here.agent, type_, after=after, exit_key=exit_key, by=by)
    except OperationRefused as refusal:
        if refusal.code not in ("unknown_type", "node_gone", "outcome_gone", "too_many_nodes", "no_outcomes"):
            raise
        panel = flow_panel.add_panel(here, request.POST.get("place", ""), type_=type_, error=refusal.message)
        return _draw(request, here, Chosen(add="here", view=_on_screen(request).view), panel, status=422)
    return _now(request, agent_id, node.id, f"{node.name} added", is_new=True)


@require_POST
@signed_in
@refusable
def save(request: SignedInRequest, agent_id: UUID, node_id: str) -> HttpResponse:
    here = open_agent(request, agent_id, Role.EDITOR)
    node, revision = _posted_node(request, here, node_id), posted.revision(request)
    spec = node_form.spec_of(node, here.flow, here.surroundings)
    form = agent_form.posted(spec, request.POST)
    judged = judge(request, here, agent_saving.of_node(here, spec, node, revision), form, revision)
    chosen = Chosen(node=node_id, view=_on_screen(request).view)
    if judged.typing:
        panel = flow_panel.node_panel(here, node, spec, judged.typing)
        return _draw(request, here, chosen, panel, status=judged.status)
    content = node_form.content_of(judged.values, node)
    wanted = node_form.wanted(judged.values, node)
    now, by = here.agent.draft_revision, audit.actor_of(request)
    try:
        _, made = flows.save_node(here.agent, node_id, content, new_targets=wanted, revision=now, by=by)
    except (OperationRefused, DefinitionInvalid) as refusal:
        typing = Typing(form=form, errors=_errors(refusal), revision=revision)
        return _draw(request, here, chosen, flow_panel.node_panel(here, node, spec, typing), status=422)
    added = f", {len(made)} node{'' if len(made) == 1 else 's'} added" if made else ""
    return _now(request, agent_id, node_id, f"{judged.values['name']} saved to draft{added}", judged.notice)


@require_POST
@signed_in
@refusable
def redraw(request: SignedInRequest, agent_id: UUID, node_id: str) -> HttpResponse:
    """The same form after a button in it that saves nothing, or after another workflow was chosen."""
    here = open_agent(request, agent_id, Role.EDITOR)
    node, revision = _posted_node(request, here, node_id), posted.revision(request)
    spec = node_form.spec_of(node, here.flow, here.surroundings)
    kind = agent_saving.of_node(here, spec, node, revision)
    form = agent_form.posted(spec, request.POST)
    panel = flow_panel.node_panel(here, node, spec, redrawn(request, kind, form, spec, revision))
    if request.htmx:
        return fragments.respond(request, main=_draw_panel(request, here, panel))
    return _draw(request, here, Chosen(node=node_id), panel)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@refusable
def remove(request: SignedInRequest, agent_id: UUID, node_id: str) -> HttpResponse:
    """Asks first, and says what leads there."""
    here = open_agent(request, agent_id, Role.EDITOR)
    node = flow_operations.require(here.flow, node_id)
    if request.method != "POST":
        leading = list(flow_operations.leading_to(here.flow, node_id))
        context = {
            "nav": "agents",
            "node": node,
            "leading": leading,
            "url": f"{here.url}flow/",
            "name": here.agent.name,
        }
        partial = "#dialog" if request.htmx.target == "dialog" else ""
        response = render(request, f"builder/remove_node.html{partial}", context)
        patch_vary_headers(response, ["HX-Request"])
        return response
    _, change = flows.remove_node(here.agent, node_id, by=audit.actor_of(request))
    text = f"{node.name} deleted"
    if not request.htmx:
        messages.success(request, f"{text}.")
        return redirect(f"{here.url}flow/?deleted={change.pk}")
    undo = {"action": "Undo", "url": f"{here.url}flow/restore/", "value": str(change.pk)}
    before = next((one.node.id for one in flow_operations.leading_to(here.flow, node_id)), START_ID)
    return _now(request, agent_id, "", text, focus=before, undo=undo)


@require_POST
@signed_in
@refusable
def restore(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    here = open_agent(request, agent_id, Role.EDITOR)
    change = change_of(request, here, flows.NODE_REMOVED)
    flows.restore_node(here.agent, change, by=audit.actor_of(request))
    return _now(request, agent_id, change.place, "The node is back", focus=change.place)


def _panel(here: OpenedAgent, chosen: Chosen, *, kept: str = "", is_new: bool = False) -> FlowPanel:
    if chosen.add and here.can_edit:
        return flow_panel.add_panel(here, chosen.add)
    try:
        node = flow_operations.require(here.flow, chosen.node)
    except OperationRefused as gone:
        notice = gone.message if chosen.node else ""
        return flow_panel.overview_panel(here, notice=notice, kept=kept if here.can_edit else "")
    spec = node_form.spec_of(node, here.flow, here.surroundings)
    return flow_panel.node_panel(here, node, spec, is_new=is_new)


def _posted_node(request: SignedInRequest, here: OpenedAgent, node_id: str) -> Node:
    """With the workflow that is chosen on the screen: its variables are fields of the form."""
    node = flow_operations.require(here.flow, node_id)
    if not isinstance(node, WorkflowNode):
        return node
    wanted = request.POST.get("i.workflow", "")
    known = wanted if wanted in here.surroundings.workflows else node.workflow
    return node.model_copy(update={"workflow": known})


def _errors(refusal: OperationRefused | DefinitionInvalid) -> dict[str, str]:
    if isinstance(refusal, DefinitionInvalid):
        return {node_form.NAME.name: str(refusal)}
    place, _, message = refusal.message.partition(": ")
    return {place.partition("[")[0]: message} if message else {node_form.NAME.name: refusal.message}


def _on_screen(request: SignedInRequest) -> Chosen:
    """What the page that sent the request has open, by its address."""
    query = parse_qs(urlsplit(request.htmx.current_url or "").query)
    return Chosen(*(query.get(name, [""])[0] for name in ("node", "add", "view")))


def _now(
    request: SignedInRequest,
    agent_id: UUID,
    node_id: str,
    text: str,
    notice: str = "",
    *,
    is_new: bool = False,
    focus: str = "",
    undo: dict[str, str] | None = None,
) -> HttpResponse:
    """The flow as it is after a change, with a node open."""
    after = open_agent(request, agent_id, Role.EDITOR)
    view = _on_screen(request).view
    query = "&".join(filter(None, (f"node={node_id}" if node_id else "", f"view={view}" if view else "")))
    url = f"{after.url}flow/" + (f"?{query}" if query else "")
    if not request.htmx:
        messages.success(request, " ".join(filter(None, (f"{text}.", notice))))
        return redirect(url)
    chosen = Chosen(node=node_id, view=view, focus=focus)
    pieces = [fragments.said(text), *([fragments.toast(text, **undo)] if undo else [])]
    if notice:
        pieces.append(fragments.toast(notice))
    panel = _panel(after, chosen, is_new=is_new)
    return _fragments(request, after, chosen, panel, *pieces, HX_Push_Url=url, HX_Trigger="close-dialog")


def _draw(
    request: SignedInRequest, here: OpenedAgent, chosen: Chosen, panel: FlowPanel, *, status: int = 200
) -> HttpResponse:
    if request.htmx and request.htmx.target != "main":
        return _fragments(request, here, chosen, panel, status=status)
    shown = flow_page.flow_page(here, chosen.node, chosen.view)
    context = {"nav": "agents", "flow": shown, "page": shown.page, "panel": panel}
    response = render(request, "builder/flow.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _fragments(
    request: SignedInRequest,
    here: OpenedAgent,
    chosen: Chosen,
    panel: FlowPanel,
    *pieces: Fragment,
    status: int = 200,
    **headers: str,
) -> HttpResponse:
    shown = flow_page.flow_page(here, chosen.node, chosen.view, chosen.focus)
    drawn = Fragment("flow.html#view", {"flow": shown, "page": shown.page})
    above = around(request, here) if request.method == "POST" and status == 200 else []
    main = _draw_panel(request, here, panel)
    place = {"HX_Retarget": "#panel", "HX_Reswap": "innerHTML show:none"}
    return fragments.respond(request, drawn, *above, *pieces, main=main, status=status, **place, **headers)


def _draw_panel(request: SignedInRequest, here: OpenedAgent, panel: FlowPanel) -> str:
    context = {"panel": panel, "page": agent_page.page(here, "flow")}
    return render_to_string(panel.template, context, request)
