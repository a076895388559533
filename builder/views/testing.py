"""Trying a draft out: all of it or one step, with samples or the data of a past run."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from builder.forms import test as form
from builder.presenters.opened import Opened
from builder.views.chain import open_workflow
from builder.views.refusals import refusable
from workflows.models import Run
from workflows.services import testing
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit

PAST = 10


@require_http_methods(["GET", "POST"])
@signed_in
@refusable
def test(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    """`?step=` tests that step alone; `?run=` takes the data of a past run."""
    here = open_workflow(request, workflow_id, Role.TESTER)
    step = request.GET.get("step", "")
    place = here.place(step) if step else None
    past = Run.objects.in_workspace(request.workspace).filter(workflow=here.workflow).order_by("-id")
    chosen = _chosen(list(past.filter(pk=_id(run)))) if (run := request.GET.get("run", "")) else None
    data = testing.data_of(chosen) if chosen else testing.sample_data(here.workflow, here.draft)
    if request.method == "POST":
        asked = form.read(request.POST, here.draft, data)
        if not asked.error:
            return redirect("builder:run", _start(request, here, step, asked).pk)
    else:
        asked = form.fresh(here.draft, data)
    context = {
        "here": here,
        "place": place,
        "form": asked,
        "past": past.select_related("version").defer("version__definition")[:PAST],
        "chosen": chosen,
        "nav": "agents",
    }
    return render(request, "builder/test.html", context, status=422 if asked.error else 200)


def _start(request: SignedInRequest, here: Opened, step: str, asked: form.TestForm) -> Run:
    by, data, answered = audit.actor_of(request), asked.data, asked.answered
    if step:
        return testing.test_step(here.workflow, step, data=data, answered=answered, by=by)
    return testing.test_workflow(here.workflow, data=data, answered=answered, by=by)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _chosen(found: list[Run]) -> Run:
    if not found:
        raise Http404
    return found[0]
