"""The API keys of a workspace: create one (shown once), delete one (after typing its name)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from workspaces import access, forms
from workspaces.access import SignedInRequest
from workspaces.errors import Invalid
from workspaces.forms import ApiKeyForm, RemoveApiKeyForm
from workspaces.models import ApiKey, Role
from workspaces.services import api_keys, audit


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.workspace_page(Role.ADMIN)
def index(request: SignedInRequest, slug: str) -> HttpResponse:
    if request.method != "POST":
        return _page(request, ApiKeyForm.empty())
    form = ApiKeyForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    name, scopes = form.cleaned_data["name"], form.cleaned_data["scopes"]
    if any(key.name == name for key in api_keys.listed(request.workspace)):  # a reloaded page, mostly
        form.add_error("name", f"There is already a key {name}. Choose another name.")
        return _page(request, form, status=422)
    try:
        created, clear = api_keys.create(
            request.workspace,
            name,
            scopes,
            expires_at=form.expires_at(timezone.now()),
            by=audit.actor_of(request),
        )
    except Invalid as invalid:
        forms.show(invalid, form)
        return _page(request, form, status=422)
    return _page(request, ApiKeyForm.empty(), created=created, clear=clear, status=201)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.signed_in
def remove(request: SignedInRequest, key_id: UUID) -> HttpResponse:
    key = access.reach(request, ApiKey, key_id, Role.ADMIN)
    form = RemoveApiKeyForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and form.cleaned_data["name"] != key.name:
        form.add_error("name", f"This is not the key's name. Type {key.name} to delete it.")
    if form.is_bound and form.is_valid():
        api_keys.remove(key, by=audit.actor_of(request))
        messages.success(request, f"API key {key.name} was deleted. What used it is refused from now on.")
        return redirect("workspaces:keys", request.workspace.slug)
    context = {"nav": "settings", "tab": "keys", "key": key, "form": form}
    return render(request, "workspaces/remove_key.html", context, status=422 if form.errors else 200)


def _page(
    request: SignedInRequest, form: ApiKeyForm, *, status: int = 200, **created: object
) -> HttpResponse:
    context = {
        "nav": "settings",
        "tab": "keys",
        "form": form,
        "keys": api_keys.listed(request.workspace),
        "now": timezone.now(),
        **created,
    }
    return render(request, "workspaces/keys.html", context, status=status)
