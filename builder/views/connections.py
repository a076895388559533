"""The connections of a workspace: list, make, change, test, delete. Credentials go in and never come out."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builder.forms.connection import ConnectionForm
from connectors import registry
from connectors.declare import App, ConnectionKind
from connectors.errors import ConnectionInvalid
from connectors.models import Connection, ConnectionStatus
from connectors.services import connections as service
from workspaces import access
from workspaces.access import SignedInRequest
from workspaces.models import Role
from workspaces.services import audit


@require_GET
@access.workspace_page(Role.VIEWER)
def connections(request: SignedInRequest, slug: str) -> HttpResponse:
    apps = registry.default().apps
    found = Connection.objects.in_workspace(request.workspace).order_by("name")
    context = {
        "nav": "connections",
        "rows": [(connection, apps[connection.app]) for connection in found if connection.app in apps],
        "apps": [app for app in apps.values() if app.connection],
        "can_manage": Role(request.membership.role).covers(Role.ADMIN),
    }
    return render(request, "builder/connections.html", context)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@access.workspace_page(Role.ADMIN)
def new_connection(request: SignedInRequest, slug: str, app: str) -> HttpResponse:
    known, kind = _app(app)
    form = ConnectionForm(kind, request.POST if request.method == "POST" else None)

    def create(name: str, form: ConnectionForm) -> Connection:
        return service.create(request.workspace, app, name, form.settings(), by=audit.actor_of(request))

    return _form_page(request, form, known, create)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@access.signed_in
def connection(request: SignedInRequest, connection_id: UUID) -> HttpResponse:
    found = access.reach(request, Connection, connection_id, Role.ADMIN)
    known, kind = _app(found.app)
    initial = {**found.settings, "name": found.name}
    form = ConnectionForm(kind, request.POST if request.method == "POST" else None, initial)

    def change(name: str, form: ConnectionForm) -> Connection:
        return service.change(found, name, form.settings(), by=audit.actor_of(request))

    return _form_page(request, form, known, change, connection=found)


@require_POST
@access.signed_in
def test_connection(request: SignedInRequest, connection_id: UUID) -> HttpResponse:
    found = service.test(access.reach(request, Connection, connection_id, Role.ADMIN))
    _say_how_it_went(request, found)
    return redirect("builder:connections", request.workspace.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@access.signed_in
def remove_connection(request: SignedInRequest, connection_id: UUID) -> HttpResponse:
    found = access.reach(request, Connection, connection_id, Role.ADMIN)
    if request.method == "POST":
        service.remove(found, by=audit.actor_of(request))
        messages.success(request, f"Connection {found.name} was deleted.")
        return redirect("builder:connections", request.workspace.slug)
    return render(request, "builder/remove_connection.html", {"nav": "connections", "connection": found})


def _form_page(
    request: SignedInRequest,
    form: ConnectionForm,
    app: App,
    save: Callable[[str, ConnectionForm], Connection],
    **context: Any,
) -> HttpResponse:
    """Saved, then tried: a test that fails is said, and does not undo the saving."""
    context |= {"nav": "connections", "form": form, "app": app}
    if not form.is_bound or request.POST.get("do") == "draw":
        return render(request, "builder/connection.html", context)
    if form.is_valid():
        try:
            saved = save(form.cleaned_data["name"], form)
        except ConnectionInvalid as invalid:
            form.show(invalid.problems)
        else:
            _say_how_it_went(request, service.test(saved))
            return redirect("builder:connections", request.workspace.slug)
    return render(request, "builder/connection.html", context, status=422)


def _say_how_it_went(request: SignedInRequest, tested: Connection) -> None:
    if tested.status == ConnectionStatus.FAILED:
        messages.error(request, f"{tested.name} is saved, but its test failed: {tested.status_message}")
    elif tested.status == ConnectionStatus.OK:
        messages.success(request, f"{tested.name} works.")
    else:
        messages.success(request, f"{tested.name} is saved.")


def _app(slug: str) -> tuple[App, ConnectionKind]:
    known = registry.default().apps.get(slug)
    if known is None or known.connection is None:
        raise Http404
    return known, known.connection
