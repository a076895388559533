"""How people reach an agent: the chat on customers' pages. What is set here holds at once, unpublished."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from builder.forms.channels import WidgetForm
from builder.presenters import agent_page
from builder.presenters.opened_agent import OpenedAgent
from builder.views.agent_pages import open_agent
from conversations.services import widgets
from workspaces import forms
from workspaces.access import SignedInRequest, signed_in
from workspaces.errors import Invalid
from workspaces.models import Role
from workspaces.services import audit


@require_GET
@signed_in
def channels(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    return _page(request, open_agent(request, agent_id, Role.VIEWER))


@require_POST
@signed_in
def save_widget(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    here = open_agent(request, agent_id, Role.EDITOR)
    form = WidgetForm(request.POST)
    if not form.is_valid():
        return _page(request, here, widget_form=form, status=422)
    try:
        widget = widgets.save(here.agent, form.wanted(), by=audit.actor_of(request))
    except Invalid as invalid:
        forms.show(invalid, form)
        return _page(request, here, widget_form=form, status=422)
    messages.success(request, "The widget is on." if widget.is_enabled else "Saved. The widget is off.")
    return redirect("builder:agent_channels", agent_id)


@never_cache
@require_POST
@signed_in
def replace_widget_secret(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    here = open_agent(request, agent_id, Role.ADMIN)
    secret = widgets.replace_secret(here.agent, by=audit.actor_of(request))
    return _page(request, here, new_secret=secret, status=201)


def _page(
    request: SignedInRequest,
    here: OpenedAgent,
    *,
    widget_form: WidgetForm | None = None,
    new_secret: str = "",
    status: int = 200,
) -> HttpResponse:
    widget = widgets.of(here.agent)
    context: dict[str, Any] = {
        "nav": "agents",
        "page": agent_page.page(here, "channels"),
        "widget": widget,
        "widget_form": widget_form or WidgetForm.of(widget),
        "snippet": snippet(widget.public_key) if widget.public_key else "",
        "chats": here.live is not None and "chat" in here.live.channels,
        "new_secret": new_secret,
        "is_admin": Role(here.membership.role).covers(Role.ADMIN),
    }
    return render(request, "builder/channels.html", context, status=status)


def snippet(public_key: str) -> str:
    """What is copied into a page."""
    return f'<script src="{settings.BASE_URL}/widget.js" data-agent="{public_key}" async></script>'
