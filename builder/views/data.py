"""How long data are kept, and erasing all of one person's: look first, then confirm."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from builder.forms.data import EraseForm, RetentionForm
from builder.presenters import first_steps
from conversations.services import erasing, sample_data
from workspaces import access, forms
from workspaces.access import SignedInRequest
from workspaces.errors import Invalid
from workspaces.models import Role
from workspaces.services import audit, retention


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.workspace_page(Role.ADMIN)
def data(request: SignedInRequest, slug: str) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    form = RetentionForm(request.POST)
    if form.is_valid():
        try:
            retention.keep(request.workspace, **form.cleaned_data, by=audit.actor_of(request))
        except Invalid as invalid:
            forms.show(invalid, form)
        else:
            messages.success(request, "Saved. It counts from the next night on.")
            return redirect("builder:data", slug)
    return _page(request, form, status=422)


@never_cache
@sensitive_post_parameters("value")
@require_POST
@access.workspace_page(Role.ADMIN)
def erase(request: SignedInRequest, slug: str) -> HttpResponse:
    """First what there is; with `do=erase`, from the page that showed it, all of it goes."""
    form = EraseForm(request.POST)
    who = forms.tried(form, lambda it: erasing.wanted(it.cleaned_data["by"], it.cleaned_data["value"]))
    if who is None:
        return _page(request, erase_form=form, status=422)
    if request.POST.get("do") != "erase":
        context = {
            "nav": "settings",
            "tab": "data",
            "who": who,
            "label": erasing.BY[who.by],
            "found": erasing.preview(request.workspace, who),
        }
        return render(request, "builder/erase.html", context)
    erased = erasing.erase(request.workspace, who, by=audit.actor_of(request))
    conversations = _counted(erased.conversations, "conversation")
    messages.success(request, f"Erased: {conversations} and {_counted(erased.runs, 'run')}.")
    return redirect("builder:data", slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.workspace_page(Role.ADMIN)
def remove_samples(request: SignedInRequest, slug: str) -> HttpResponse:
    """Asked first, with what goes."""
    if request.method != "POST":
        samples = sample_data.there_is(request.workspace)
        return render(
            request, "builder/remove_samples.html", {"nav": "settings", "tab": "data", "samples": samples}
        )
    gone = sample_data.remove(request.workspace, by=audit.actor_of(request))
    request.session.pop(first_steps.SEEN, None)  # what was ticked with them
    erased = f"{_counted(gone.found.conversations, 'conversation')} and {_counted(gone.found.runs, 'run')}"
    archived = " and ".join(agent.name for agent in gone.agents)
    kept = f" In the archive: {archived}." if archived else ""
    messages.success(request, f"Sample data removed: {erased}.{kept}")
    return redirect("builder:data", slug)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _page(
    request: SignedInRequest,
    form: RetentionForm | None = None,
    *,
    erase_form: EraseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    workspace = request.workspace
    kept = {"payload_days": workspace.payload_days, "run_days": workspace.run_days}
    context = {
        "nav": "settings",
        "tab": "data",
        "form": form or RetentionForm(initial=kept),
        "samples": sample_data.there_is(workspace),
        "erase_form": erase_form or EraseForm(initial={"by": "email"}),
    }
    return render(request, "builder/data.html", context, status=status)
