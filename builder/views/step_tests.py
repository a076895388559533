"""Trying one step out beside its settings, as they stand on the screen; and what is kept as its sample."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST

from builder import fragments
from builder.forms import json_text
from builder.forms import step as step_form
from builder.forms import step_test as form
from builder.fragments import Fragment
from builder.presenters import step_test as presenter
from builder.presenters.chain import Chosen
from builder.presenters.left import left
from builder.presenters.opened import Opened
from builder.presenters.step_test import Result
from builder.views.chain import draw_page, open_workflow
from builder.views.refusals import refusable
from workflows.definition.problems import OperationRefused
from workflows.definition.walk import Place
from workflows.errors import NotWaiting
from workflows.models import Run
from workflows.models.run import RunKind
from workflows.services import operating, sampling, testing
from workspaces import access
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role
from workspaces.services import audit

WITH_VERSION = ("workflow__agent", "workflow__live_version", "version")


@require_http_methods(["GET", "POST"])
@signed_in
@refusable
def test_step(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    """The data to start from, with `?run=` those of a past run; with `?tested=` what came of a test."""
    here = open_workflow(request, workflow_id, Role.EDITOR)
    place = here.place(step_id)
    if request.method == "POST":
        return _start(request, here, place)
    tested = _own(request, here, "tested")
    if request.htmx and tested:
        return _answer(request, here, place, tested, is_sample_typed="sample" in request.GET)
    test = presenter.step_test(here, place, run=_own(request, here, form.RUN), tested=tested)
    if request.htmx:
        response = render(request, "builder/panel_test.html", {"test": test})
        patch_vary_headers(response, ["HX-Request"])
        return response
    chosen = Chosen(step=step_id)
    return draw_page(request, here, chosen, left(here, chosen, test=test))


def _start(request: SignedInRequest, here: Opened, place: Place) -> HttpResponse:
    """With the step's form as it is on the screen, saved or not."""
    known = here.known(place.step)
    stored = step_form.values_of(place.step)
    posted = step_form.posted(known, request.POST, stored)
    reading = step_form.read(known, posted, stored)
    data = _data(request, here)
    asked = form.read(request.POST, here.draft, data)
    errors = [("i-" + name.replace(".", "-"), message) for name, message in reading.errors.items()]
    if asked.error:
        errors.append(("t-data", asked.error))
    if errors:
        return _refused(request, here, place, errors)
    saved = step_form.saved(reading.values, place.step.policy)
    run = testing.test_step(
        here.workflow,
        place.step.id,
        data=asked.data,
        inputs=saved["inputs"],
        connection=saved["connection"],
        policy=saved["policy"],
        answered=form.answered(place, asked),
        by=audit.actor_of(request),
    )
    if not request.htmx:
        return redirect(f"{request.path}?tested={run.pk}")
    shown = presenter.sample(here, place).text
    typed = request.POST.get(form.SAMPLE, shown).replace("\r\n", "\n")
    return _answer(request, here, place, run, is_sample_typed=typed.strip() != shown.strip())


@require_POST
@signed_in
@refusable
def keep_sample(request: SignedInRequest, workflow_id: UUID, step_id: str) -> HttpResponse:
    """What was typed stands for the step's output from now on; with `do=drop` again what it gave last."""
    here = open_workflow(request, workflow_id, Role.EDITOR)
    place, by = here.place(step_id), audit.actor_of(request)
    text = request.POST.get(form.SAMPLE, "").replace("\x00", "")
    if request.POST.get("do") == "drop":
        sampling.drop(here.workflow, step_id)
    else:
        try:
            sampling.keep(here.workflow, step_id, json_text.read(text), by=by)
        except (json_text.NotJson, OperationRefused) as wrong:
            return _sample(request, here, place, text=text, error=str(wrong), status=422)
    return _sample(request, open_workflow(request, workflow_id, Role.EDITOR), place)


@require_POST
@signed_in
def use_as_sample(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    """What a step gave in this run stands for its output from now on."""
    run = access.reach(request, Run, run_id, Role.EDITOR, join=WITH_VERSION)
    path = request.POST.get("path", "")[:500]
    step_id = path.rpartition("/")[2]
    try:
        sampling.keep_of_run(run, path, by=audit.actor_of(request))
    except OperationRefused as refusal:
        messages.error(request, refusal.message)
        return redirect("builder:run", run_id)
    if request.htmx:
        here = open_workflow(request, run.workflow_id, Role.EDITOR)
        return _sample(request, here, here.place(step_id))
    messages.success(request, "This output is the sample of the step now.")
    return redirect("builder:run", run_id)


@require_POST
@signed_in
def skip_wait(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    """A test need not wait for days. Only a test: of others *Run now* is said by those who may."""
    run = access.reach(request, Run, run_id, Role.TESTER, join=WITH_VERSION)
    if run.kind != RunKind.TEST:
        raise Http404
    try:
        operating.run_now(run, by=audit.actor_of(request))
    except NotWaiting as error:
        messages.error(request, str(error))
    step_id = request.POST.get("t.step", "")
    if request.htmx and step_id:
        here = open_workflow(request, run.workflow_id, Role.TESTER)
        return _answer(request, here, here.place(step_id), run, has_focus=True)
    return redirect("builder:run", run_id)


def _data(request: SignedInRequest, here: Opened) -> testing.TestData:
    run = _own(request, here, form.RUN)
    return testing.data_of(run) if run else testing.sample_data(here.workflow, here.draft)


def _own(request: SignedInRequest, here: Opened, name: str) -> Run | None:
    """A run of this workflow; of another one it is not found."""
    text = request.POST.get(name, "") or request.GET.get(name, "")
    if not text:
        return None
    try:
        run_id = UUID(text)
    except ValueError:
        raise Http404 from None
    rows = Run.objects.in_workspace(request.workspace).select_related("workspace", *WITH_VERSION)
    found = rows.filter(workflow=here.workflow, pk=run_id).first()
    if found is None:
        raise Http404
    return found


def _answer(
    request: SignedInRequest,
    here: Opened,
    place: Place,
    run: Run,
    *,
    is_sample_typed: bool = False,
    has_focus: bool = False,
) -> HttpResponse:
    """`has_focus`: the button that asked for it may be gone."""
    rows = Run.objects.in_workspace(request.workspace).select_related("workspace", *WITH_VERSION)
    fresh = rows.get(pk=run.pk, workflow=here.workflow)
    result = presenter.result(here, place, fresh, is_sample_typed=is_sample_typed)
    pieces = [Fragment("panel_test.html#badge", {"result": result})]
    if result.is_over:
        pieces.append(fragments.said(_in_words(result)))
        if not is_sample_typed:
            pieces.append(_sample_piece(here, place, is_open=False))
    main = fragments.draw("panel_test.html#result", {"result": result, "has_focus": has_focus}, request)
    return fragments.respond(request, *pieces, main=main)


def _in_words(result: Result) -> str:
    return f"The test failed: {result.error.title}" if result.error else "The test succeeded"


def _refused(
    request: SignedInRequest, here: Opened, place: Place, errors: list[tuple[str, str]]
) -> HttpResponse:
    if request.htmx:
        main = fragments.draw("panel_test.html#result", {"problems": errors}, request)
        return fragments.respond(request, main=main, status=422)
    for _, message in errors:
        messages.error(request, message)
    return redirect(request.path)


def _sample(
    request: SignedInRequest,
    here: Opened,
    place: Place,
    *,
    text: str | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    if request.htmx:
        said = [] if error else [fragments.said("The sample was changed")]
        return fragments.respond(
            request, _sample_piece(here, place, text=text, error=error), *said, status=status
        )
    if error:
        messages.error(request, error)
    return redirect("builder:test_step", here.workflow.pk, place.step.id)


def _sample_piece(
    here: Opened, place: Place, *, text: str | None = None, error: str = "", is_open: bool = True
) -> Fragment:
    url = presenter.sample_url(here, place)
    sample = presenter.sample(here, place, text=text, error=error)
    return Fragment("panel_test.html#sample", {"sample": sample, "sample_url": url, "is_open": is_open})
