"""*Respond* answers who waits at once; the rest of the run is done in the background."""

import pytest

from connectors.declare import JSON
from tests.support.probe import Probe, note
from tests.support.runs import Rung, make_version, start_run, step, step_id
from tests.workflows.engine.test_splits import refusing
from workflows.engine.advancing import advance
from workflows.models import Run
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def respond(**values: JSON) -> dict[str, JSON]:
    pairs: list[JSON] = [{"name": name, "value": value} for name, value in values.items()]
    return step("answer", "flow.respond@1", {"values": pairs})


def started(workspace: Workspace, *steps: dict[str, JSON]) -> Run:
    version = make_version(workspace, *steps, response={"number": "{{ action.n }}", "note": "later"})
    run_id = start_run(version, lane="live", input={"action": {"n": 7}})
    advance(run_id, "live")
    return Run.objects.get(pk=run_id)


def test_the_answer_is_there_before_the_rest_has_begun(
    workspace: Workspace, probe: Probe, bell: Rung
) -> None:
    run = started(workspace, note("before"), respond(number="{{ action.n | plus: 1 }}"), note("after"))

    assert run.responded_at
    assert run.result == {"number": 8, "note": None}
    assert (run.status, run.lane) == ("queued", "background")
    assert [text for text, _, _ in probe.calls] == ["before"]
    assert (run.pk, "background") in bell.hints

    advance(run.pk, "background")

    run.refresh_from_db()
    assert (run.status, run.result) == ("succeeded", {"number": 8, "note": None})
    assert [text for text, _, _ in probe.calls] == ["before", "after"]


def test_a_failure_after_the_answer_does_not_take_it_back(workspace: Workspace, probe: Probe) -> None:
    refusing(probe, "after")
    run = started(workspace, respond(number=1), note("after"))

    advance(run.pk, "background")

    run.refresh_from_db()
    assert (run.status, run.result) == ("failed", {"number": 1, "note": None})


def test_only_the_first_answer_counts(workspace: Workspace, probe: Probe) -> None:
    second = {**respond(number=2), "id": step_id("other"), "slug": "other"}
    run = started(workspace, respond(number=1), second)

    advance(run.pk, "background")

    run.refresh_from_db()
    assert (run.status, run.result) == ("succeeded", {"number": 1, "note": None})
