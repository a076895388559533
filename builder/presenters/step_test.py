"""What does trying one step out show: the data it starts from, what came of it, the sample that is kept?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from builder.forms import json_text
from builder.forms import step_test as form
from builder.forms.step_test import StepTestForm
from builder.presenters import run as run_presenter
from builder.presenters.opened import Opened
from builder.presenters.run import ErrorBox
from connectors.declare import JSON
from workflows.definition.walk import Place
from workflows.engine import shown
from workflows.models import Run
from workflows.services import sampling, testing

PAST = 10
SOON, LATER = "500ms", "2s"
YOUNG_S = 10
"""So long one looks often what has become of a test."""


@dataclass(frozen=True)
class PastRun:
    id: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Result:
    run_id: str
    run_url: str
    url: str
    """Where it is looked for again."""
    path: str
    state: str
    took_ms: int | None
    until: datetime | None
    output: JSON
    has_output: bool
    error: ErrorBox | None
    is_over: bool
    every: str
    step_id: str
    skip_url: str
    sample_url: str
    can_skip: bool
    """It waits for a time: a test need not."""
    is_kept: bool
    """Another sample was chosen, so this output is none."""
    is_sample_typed: bool
    """Somebody writes a sample: what is on the screen is left alone."""
    http_status: int | None


@dataclass(frozen=True, kw_only=True)
class Sample:
    text: str
    source: str
    is_kept: bool
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class StepTest:
    url: str
    sample_url: str
    form: StepTestForm
    past: Sequence[PastRun]
    has_effect: bool
    sample: Sample
    result: Result | None


def step_test(here: Opened, place: Place, *, run: Run | None = None, tested: Run | None = None) -> StepTest:
    """`run` is the past run whose data are taken."""
    step = place.step
    data = testing.data_of(run) if run else testing.sample_data(here.workflow, here.draft)
    url = reverse("builder:test_step", args=[here.workflow.pk, step.id])
    return StepTest(
        url=url,
        sample_url=sample_url(here, place),
        form=form.fresh(here.draft, place, data),
        past=tuple(_past(here, run)),
        has_effect=testing.has_effect(step),
        sample=sample(here, place),
        result=result(here, place, tested) if tested else None,
    )


def sample_url(here: Opened, place: Place) -> str:
    return reverse("builder:keep_sample", args=[here.workflow.pk, place.step.id])


def _past(here: Opened, chosen: Run | None) -> list[PastRun]:
    rows = Run.objects.filter(workflow=here.workflow, pruned_at=None).order_by("-id")[:PAST]
    found = [run for run in rows if chosen is None or run.pk != chosen.pk]
    return [PastRun(str(run.pk), _named(run), run == chosen) for run in ([chosen] if chosen else []) + found]


def _named(run: Run) -> str:
    number = f" #{run.number}" if run.number else ""
    when = timezone.localtime(run.created_at)
    return f"{run.kind.capitalize()} run{number} of {when:%-d %b, %H:%M}, {shown.run_state(run)}"


def sample(here: Opened, place: Place, *, text: str | None = None, error: str = "") -> Sample:
    kept = sampling.kept(here.workflow, place.step.id)
    if text is not None:
        return Sample(text=text, source="", is_kept=kept is not None, error=error)
    if kept is not None and kept.action == place.step.action:
        source = f"Chosen by {kept.by_name.split('@')[0]}"
        if kept.run:
            source += f", from the {_named(kept.run)[0].lower()}{_named(kept.run)[1:]}"
        return Sample(text=json_text.show(kept.output), source=source, is_kept=True)
    if place.step.id in here.samples:
        output, source = here.samples[place.step.id], "What it gave last"
    else:
        output, source = testing.declared_sample(place.step), "An example: it was never run"
    return Sample(text=json_text.show(output), source=source, is_kept=False)


def result(here: Opened, place: Place, run: Run, *, is_sample_typed: bool = False) -> Result:
    page = run_presenter.page(run, place.step.id)
    details, state = page.selected, page.state
    card = details.card if details else None
    is_waiting = state == shown.WAITING
    url = reverse("builder:test_step", args=[here.workflow.pk, place.step.id])
    last = details.attempts[-1] if details and details.attempts else None
    age_s = (timezone.now() - run.created_at).total_seconds()
    return Result(
        run_id=str(run.pk),
        run_url=page.url,
        url=f"{url}?tested={run.pk}{'&sample=typed' if is_sample_typed else ''}",
        path=card.path if card else "",
        state=card.state if card and card.state != "not_reached" else state,
        took_ms=card.took_ms if card else None,
        until=run.next_at if is_waiting and page.can_hurry else None,
        output=details.output if details else None,
        has_output=bool(details and details.has_output),
        error=_error(page, details.error if details else None),
        is_over=page.is_over,
        every=SOON if age_s < YOUNG_S and not is_waiting else LATER,
        step_id=place.step.id,
        skip_url=reverse("builder:skip_wait", args=[run.pk]),
        sample_url=reverse("builder:use_as_sample", args=[run.pk]),
        can_skip=is_waiting and page.can_hurry,
        is_kept=sampling.kept(here.workflow, place.step.id) is not None,
        is_sample_typed=is_sample_typed,
        http_status=last.http_status if last else None,
    )


def _error(page: run_presenter.RunPage, own: ErrorBox | None) -> ErrorBox | None:
    """Of the step; else of whatever else kept it from being run."""
    if own is not None:
        return own
    explanation = page.explanation if page.is_over else None
    return (
        ErrorBox(explanation.title, explanation.what) if explanation and explanation.tone == "bad" else None
    )
