"""A workflow whose steps usually take longer than the agent waits is warned of before it goes live."""

import pytest

from connectors.declare import JSON
from tests.support.probe import Probe, note
from tests.support.runs import apps, make_definition, make_version, rung, start_run, step_id
from tests.workflows.engine.test_splits import branch, split, when
from workflows import latency, selectors
from workflows.engine.advancing import advance
from workflows.models import StepRun, WorkflowVersion
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def usually(
    workspace: Workspace, *steps: dict[str, JSON], runs: int, took_ms: int, kind: str = "production"
) -> WorkflowVersion:
    """Each of its steps took that long, in each of its runs."""
    probe = Probe()
    with apps(probe.app()), rung():
        version = make_version(workspace, *steps)
        for _ in range(runs):
            advance(start_run(version, kind=kind), "background")
    StepRun.objects.update(duration_ms=took_ms)
    return version


def problem(version: WorkflowVersion) -> str:
    with apps(Probe().app()):
        found = latency.problem(version.workflow_id, selectors.definition(version.workflow))
    return found.message if found else ""


def test_times_that_add_up_to_more_than_the_deadline_are_told(workspace: Workspace) -> None:
    version = usually(
        workspace, note("one", action="read"), note("two", action="read"), runs=5, took_ms=20_000
    )

    assert problem(version) == "Its steps usually take 40 s together, but the agent waits 30 s."


@pytest.mark.parametrize(
    ("runs", "took_ms", "kind"), [(5, 10_000, "production"), (4, 20_000, "production"), (5, 20_000, "test")]
)
def test_what_is_quick_or_hardly_known_or_a_test_is_not(
    workspace: Workspace, runs: int, took_ms: int, kind: str
) -> None:
    steps = [note("one", action="read"), note("two", action="read")]

    assert problem(usually(workspace, *steps, runs=runs, took_ms=took_ms, kind=kind)) == ""


@pytest.mark.parametrize(("mode", "longest"), [("first", 5.0), ("every", 8.0)])
def test_branches_count_as_they_are_taken(workspace: Workspace, mode: str, longest: float) -> None:
    always: dict[str, JSON] = when("x", "exists")
    both = split(branch("a", note("one"), when=always), branch("b", note("two"), when=always), mode=mode)
    with apps(Probe().app()) as known:
        steps = make_definition(both, known=known).steps

    assert latency.longest_s(steps, {step_id("one"): 3.0, step_id("two"): 5.0}) == longest
