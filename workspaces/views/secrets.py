"""The secrets of a workspace: add one, give it a new value, delete it. A value is never shown."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from workspaces import access, forms
from workspaces.access import SignedInRequest
from workspaces.errors import Invalid
from workspaces.forms import SecretForm
from workspaces.models import Role, Secret
from workspaces.services import audit, secrets


@never_cache
@sensitive_post_parameters("value")
@require_http_methods(["GET", "HEAD", "POST"])
@access.workspace_page(Role.ADMIN)
def index(request: SignedInRequest, slug: str) -> HttpResponse:
    form = SecretForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            secret = secrets.add(request.workspace, **form.cleaned_data, by=audit.actor_of(request))
        except Invalid as invalid:
            forms.show(invalid, form)
        else:
            messages.success(request, f"Secret {secret.key} was added.")
            return redirect("workspaces:secrets", slug)
    context = {"nav": "settings", "tab": "secrets", "form": form, "secrets": secrets.names(request.workspace)}
    return render(request, "workspaces/secrets.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("value")
@require_http_methods(["GET", "HEAD", "POST"])
@access.signed_in
def change(request: SignedInRequest, secret_id: UUID) -> HttpResponse:
    secret = access.reach(request, Secret, secret_id, Role.ADMIN)
    present = {"description": secret.description}
    form = SecretForm(request.POST if request.method == "POST" else None, initial=present)
    if form.is_bound and form.is_valid():
        value, description = form.cleaned_data["value"], form.cleaned_data["description"]
        try:
            secrets.change(secret, value, description, by=audit.actor_of(request))
        except Invalid as invalid:
            forms.show(invalid, form)
        else:
            messages.success(request, f"Secret {secret.key} was changed.")
            return redirect("workspaces:secrets", request.workspace.slug)
    context = {"nav": "settings", "tab": "secrets", "form": form, "secret": secret}
    return render(request, "workspaces/secret.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.signed_in
def remove(request: SignedInRequest, secret_id: UUID) -> HttpResponse:
    secret = access.reach(request, Secret, secret_id, Role.ADMIN)
    if request.method == "POST":
        secrets.remove(secret, by=audit.actor_of(request))
        messages.success(request, f"Secret {secret.key} was deleted.")
        return redirect("workspaces:secrets", request.workspace.slug)
    return render(
        request, "workspaces/remove_secret.html", {"nav": "settings", "tab": "secrets", "secret": secret}
    )
