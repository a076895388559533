"""What people do with one run: stop it, try it again, let it go. What may do harm is asked first."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from builder.presenters import asking, run_facts
from builder.presenters import run as run_presenter
from builder.views.follow_ups import back, dialog_or_page, origin
from workflows.errors import NotRetryable, StepGone
from workflows.models import Run
from workflows.services import operating, retrying
from workspaces import access
from workspaces.access import SignedInRequest
from workspaces.models import Role
from workspaces.services import audit

JOINED = ("workflow__agent", "workflow__live_version", "version")


@require_http_methods(["GET", "POST"])
@access.signed_in
def cancel_run(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    found = access.reach(request, Run, run_id, Role.EDITOR, join=("workflow",))
    if request.method == "GET":
        return _ask(request, asking.cancel(found, _back_url(request, found)))
    operating.cancel(found, by=audit.actor_of(request))
    return back(request, found)


@require_http_methods(["GET", "POST"])
@access.signed_in
def retry_run(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    found = access.reach(request, Run, run_id, Role.EDITOR, join=JOINED)
    here = _back_url(request, found)
    if request.method == "GET":
        version = "live" if request.GET.get("version") == "live" else "same"
        return _ask(request, asking.retry(found, version, _risk(found), here))
    version = "live" if request.POST.get("version") == "live" else "same"
    instead = request.POST.get("instead", "")[:44]
    try:
        successor = retrying.retry(found, version, instead=instead, by=audit.actor_of(request))
    except StepGone as gone:
        if gone.next_step:
            return _ask(request, asking.go_on_instead(found, str(gone), gone.next_step, here), status=409)
        messages.error(request, str(gone))
        return redirect(here)
    except NotRetryable as error:
        messages.error(request, str(error))
        return redirect(here)
    return redirect("builder:run", run_id=successor.pk)


@require_http_methods(["GET", "POST"])
@access.signed_in
def resume_run(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    found = access.reach(request, Run, run_id, Role.EDITOR, join=JOINED)
    if request.method == "GET":
        return _ask(request, asking.resume(found, _risk(found), _back_url(request, found)))
    try:
        operating.resume(found, by=audit.actor_of(request))
    except NotRetryable as error:
        messages.error(request, str(error))
    return back(request, found)


def _ask(request: SignedInRequest, question: asking.Question, status: int = 200) -> HttpResponse:
    context: dict[str, object] = {"question": question, "from": origin(request), "nav": "runs"}
    return dialog_or_page(request, "ask", context, status)


def _risk(run: Run) -> str:
    return run_facts.risk(run_presenter.page(run, "").facts)


def _back_url(request: SignedInRequest, run: Run) -> str:
    if origin(request) == "follow-ups":
        return reverse("builder:follow_ups", args=[request.workspace.slug])
    return reverse("builder:run", args=[run.pk])
