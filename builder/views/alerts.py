"""Who is told when runs fail: the settings, a test that says how it went, and what was sent lately."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from builder.forms.alerts import AlertsForm
from builder.presenters import alerts as presenter
from connectors import mailer
from workflows.models import Outbox
from workflows.services import alert_settings, sending, trying_alerts
from workflows.services.alert_settings import Saved
from workflows.services.trying_alerts import TooOften
from workspaces import access, forms, throttle
from workspaces.access import SignedInRequest
from workspaces.errors import Invalid
from workspaces.models import Role
from workspaces.services import audit

SHOWN = 20


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.workspace_page(Role.ADMIN)
def alerts(request: SignedInRequest, slug: str) -> HttpResponse:
    if request.method != "POST":
        return _page(request, AlertsForm.of(alert_settings.of(request.workspace)))
    form = AlertsForm(request.POST)
    by = audit.actor_of(request)
    saved = forms.tried(form, lambda it: alert_settings.save(request.workspace, **it.cleaned_data, by=by))
    if saved is None:
        return _page(request, form, status=422)
    if saved.new_secret:
        return _page(request, AlertsForm.of(saved.settings), saved=saved, status=201)
    messages.success(request, "Alerts are on." if saved.settings.is_on else "Saved. Alerts are off.")
    return redirect("builder:alerts", slug)


@never_cache
@require_POST
@access.workspace_page(Role.ADMIN)
def replace_secret(request: SignedInRequest, slug: str) -> HttpResponse:
    try:
        saved = alert_settings.replace_secret(request.workspace, by=audit.actor_of(request))
    except Invalid as invalid:
        messages.error(request, str(invalid))
        return redirect("builder:alerts", slug)
    return _page(request, AlertsForm.of(saved.settings), saved=saved, status=201)


@never_cache
@require_POST
@access.workspace_page(Role.ADMIN)
def test_alert(request: SignedInRequest, slug: str) -> HttpResponse:
    form = AlertsForm.of(alert_settings.of(request.workspace))
    try:
        tried = trying_alerts.try_them(request.workspace, by=audit.actor_of(request))
    except TooOften:
        minutes = throttle.WINDOW_S // 60
        messages.error(request, f"Too many tests. Wait {minutes} minutes, then try again.")
        return redirect("builder:alerts", slug)
    return _page(request, form, tried=tried, was_tried=True)


def _page(
    request: SignedInRequest,
    form: AlertsForm,
    *,
    saved: Saved | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    settings = saved.settings if saved else alert_settings.of(request.workspace)
    sent = Outbox.objects.in_workspace(request.workspace).filter(topic__in=sending.SENDERS)
    context = {
        "nav": "settings",
        "tab": "alerts",
        "form": form,
        "settings": settings,
        "former_until": settings.former_until
        if settings.former_until and settings.former_until > timezone.now()
        else None,
        "new_secret": saved.new_secret if saved else "",
        "deliveries": [presenter.delivery(row) for row in sent.order_by("-created_at", "-id")[:SHOWN]],
        "has_mail_server": mailer.is_set_up(),
        **more,
    }
    return render(request, "builder/alerts.html", context, status=status)
