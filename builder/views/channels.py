"""How people reach an agent: the chat on pages, the telephone. What is set here holds at once."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from builder.forms.channels import InquiryForm, PhoneLineForm, WidgetForm
from builder.presenters import agent_page
from builder.presenters.opened_agent import OpenedAgent
from builder.views.agent_pages import open_agent
from conversations.services import inquiring, phone_lines, widgets
from workspaces import forms
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit


@require_GET
@signed_in
def channels(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    return _page(request, open_agent(request, agent_id, Role.VIEWER))


@require_POST
@signed_in
def save_widget(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    here, by = open_agent(request, agent_id, Role.EDITOR), audit.actor_of(request)
    form = WidgetForm(request.POST)
    widget = forms.tried(form, lambda it: widgets.save(here.agent, it.wanted(), by=by))
    if widget is None:
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


@require_POST
@signed_in
def save_phone_line(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    """An admin's, as all credentials are."""
    here, by = open_agent(request, agent_id, Role.ADMIN), audit.actor_of(request)
    form = PhoneLineForm(request.POST, prefix="phone")
    line = forms.tried(form, lambda it: phone_lines.save(here.agent, it.wanted(), by=by))
    if line is None:
        return _page(request, here, phone_form=form, status=422)
    messages.success(request, "The agent takes calls." if line.is_enabled else "Saved. No calls are taken.")
    return redirect("builder:agent_channels", agent_id)


@never_cache
@require_POST
@signed_in
def save_inquiry(request: SignedInRequest, agent_id: UUID) -> HttpResponse:
    here, by = open_agent(request, agent_id, Role.ADMIN), audit.actor_of(request)
    form = InquiryForm(request.POST, prefix="inquiry")
    secret = forms.tried(form, lambda it: inquiring.save(here.agent, it.cleaned_data["url"], by=by))
    if secret is None:
        return _page(request, here, inquiry_form=form, status=422)
    if secret:
        return _page(request, here, inquiry_secret=secret, status=201)
    messages.success(request, "Saved.")
    return redirect("builder:agent_channels", agent_id)


def _page(
    request: SignedInRequest,
    here: OpenedAgent,
    *,
    widget_form: WidgetForm | None = None,
    phone_form: PhoneLineForm | None = None,
    inquiry_form: InquiryForm | None = None,
    new_secret: str = "",
    inquiry_secret: str = "",
    status: int = 200,
) -> HttpResponse:
    widget, line = widgets.of(here.agent), phone_lines.of(here.agent)
    context: dict[str, Any] = {
        "nav": "agents",
        "page": agent_page.page(here, "channels"),
        "widget": widget,
        "widget_form": widget_form or WidgetForm.of(widget),
        "snippet": snippet(widget.public_key) if widget.public_key else "",
        "chats": here.live is not None and "chat" in here.live.channels,
        "line": line,
        "inquiry_form": inquiry_form or InquiryForm.of(inquiring.of(here.agent)),
        "inquiry_secret": inquiry_secret,
        "phone_form": phone_form or PhoneLineForm.of(line),
        "call_url": f"{settings.BASE_URL}/calls/{line.public_key}/" if line.public_key else "",
        "takes_calls": here.live is not None and "call" in here.live.channels,
        "new_secret": new_secret,
        "is_admin": Role(here.membership.role).covers(Role.ADMIN),
    }
    return render(request, "builder/channels.html", context, status=status)


def snippet(public_key: str) -> str:
    """What is copied into a page."""
    return f'<script src="{settings.BASE_URL}/widget.js" data-agent="{public_key}" async></script>'
