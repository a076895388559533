"""A run from its start to its end, as the journal tells it."""

import json
from typing import Any

import pytest

from connectors.errors import Rejected
from tests.support.probe import Probe, note
from tests.support.runs import error_of, make_version, set_values, start_run, step, step_id, steps_of
from workflows.engine.advancing import advance
from workflows.models import Run
from workflows.services import starting
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def test_a_run_passes_values_from_step_to_step_and_gives_its_response(
    workspace: Workspace, probe: Probe
) -> None:
    probe.then = lambda inputs: {"id": f"<{inputs['text']}>"}
    version = make_version(
        workspace,
        note("first", "{{ action.order }}"),
        set_values("middle", title="Order {{ steps.first.output.id }}", number="{{ action.order }}"),
        note("second", "{{ steps.middle.output.title }}"),
        response={"number": "{{ steps.middle.output.number }}", "id": "{{ steps.second.output.id }}"},
    )
    run_id = start_run(version, input={"action": {"order": 1042}})

    advance(run_id, "background")

    run = Run.objects.get(pk=run_id)
    assert (run.status, run.error) == ("succeeded", None)
    assert run.result == {"number": 1042, "id": "<Order <1042>>"}
    assert steps_of(run) == [(step_id(slug), 1, "succeeded") for slug in ("first", "middle", "second")]
    assert [taken.seq for taken in run.steps.order_by("seq")] == [1, 2, 3]
    assert run.finished_at
    assert run.lease_until is None


def test_a_run_keeps_the_version_it_started_with(workspace: Workspace, probe: Probe) -> None:
    version = make_version(workspace, note("only", "old"))
    run_id = start_run(version)
    make_version(workspace, note("only", "new"))

    advance(run_id, "background")

    assert [text for text, _, _ in probe.calls] == ["old"]


def test_a_failed_step_says_what_where_and_whether_it_may_have_happened(
    workspace: Workspace, probe: Probe
) -> None:
    def refuse(_: object) -> None:
        raise Rejected("The shop answered 422: no such order.", http_status=422, maybe_done=False)

    probe.then = refuse
    run_id = start_run(make_version(workspace, note("first"), note("later")))

    advance(run_id, "background")

    run = Run.objects.get(pk=run_id)
    assert run.status == "failed"
    assert run.error == {
        "code": "rejected",
        "message": "The shop answered 422: no such order.",
        "step_id": step_id("first"),
        "path": step_id("first"),
        "action": "probe.note@1",
    }
    taken = run.steps.get()
    assert (taken.status, taken.error_class, taken.http_status) == ("failed", "rejected", 422)
    assert taken.input == {"text": "first"}


def test_a_fault_of_ours_fails_the_step_without_its_details(workspace: Workspace, probe: Probe) -> None:
    def break_down(_: object) -> None:
        raise ZeroDivisionError("internal detail")

    probe.then = break_down
    run_id = start_run(make_version(workspace, note("first")))

    advance(run_id, "background")

    error = error_of(run_id)
    assert error["code"] == "internal"
    assert "internal detail" not in str(error)


def test_a_trigger_fires_once(workspace: Workspace, probe: Probe) -> None:
    version = make_version(workspace, note("only"))

    run_id = start_run(version, key="conversation:1")
    again = start_run(version, key="conversation:1")
    advance(run_id, "background")

    assert again == run_id
    assert len(probe.calls) == 1
    assert Run.objects.count() == 1


def test_runs_of_a_workflow_are_numbered(workspace: Workspace) -> None:
    version, other = make_version(workspace), make_version(workspace)

    made = [start_run(version), start_run(other), start_run(version), start_run(version, key="again")]
    start_run(version, key="again")

    assert [Run.objects.get(pk=run_id).number for run_id in made] == [1, 1, 2, 3]


def test_a_hint_that_comes_twice_or_late_does_nothing(workspace: Workspace, probe: Probe) -> None:
    run_id = start_run(make_version(workspace, note("only")))

    advance(run_id, "background")
    before = Run.objects.get(pk=run_id)
    advance(run_id, "background")

    assert Run.objects.values().get(pk=run_id) == {
        field: value for field, value in vars(before).items() if field != "_state"
    }
    assert len(probe.calls) == 1


def test_one_hint_is_enough_for_every_due_run(workspace: Workspace, probe: Probe) -> None:
    version = make_version(workspace, note("only"))
    made = [start_run(version) for _ in range(3)]

    assert advance(made[0], "background") == 3

    assert not Run.objects.exclude(status="succeeded").exists()


def test_the_hint_follows_the_commit(
    workspace: Workspace, bell: object, django_capture_on_commit_callbacks: object
) -> None:
    version = make_version(workspace)

    with django_capture_on_commit_callbacks(execute=True) as callbacks:  # type: ignore[operator]
        run_id = start_run(version, hint=True)

    assert len(callbacks) == 1
    assert bell.hints == [(run_id, "background")]  # type: ignore[attr-defined]
    assert starting.Started(run_id, is_new=True)


def test_an_action_that_this_worker_does_not_know_waits_for_one_that_does(workspace: Workspace) -> None:
    probe = Probe()
    from tests.support.runs import apps

    with apps(probe.app()):
        version = make_version(workspace, set_values("before", a=1), note("only"))
        run_id = start_run(version)

    advance(run_id, "background")
    parked = Run.objects.get(pk=run_id)
    assert (parked.status, parked.wait_reason) == ("queued", "unknown_action")

    with apps(probe.app()):
        Run.objects.update(next_at=parked.created_at)
        advance(run_id, "background")
    assert Run.objects.get(pk=run_id).status == "succeeded"
    assert len(probe.calls) == 1


def test_a_background_run_that_had_its_time_goes_back_into_the_queue(
    workspace: Workspace, probe: Probe
) -> None:
    run_id = start_run(make_version(workspace, note("first"), note("second")))

    advance(run_id, "background", budget_s=0)
    after_one = Run.objects.get(pk=run_id)
    assert (after_one.status, after_one.wait_reason) == ("queued", "yield")

    advance(run_id, "background")
    assert Run.objects.get(pk=run_id).status == "succeeded"
    assert len(probe.calls) == 2


def test_an_output_is_the_same_before_and_after_it_was_stored(workspace: Workspace, probe: Probe) -> None:
    odd: Any = {
        "zz": 1,
        "b": 1e16,
        "a": -0.0,
        "text": "a\0b\ud800c",
        "nested": [{"long key": 1, "k": float("nan")}],
    }
    probe.then = lambda _: odd
    run_id = start_run(
        make_version(workspace, note("odd"), response={"text": "{{ steps.odd.output | json }}"})
    )

    advance(run_id, "background")

    run = Run.objects.get(pk=run_id)
    stored: Any = run.steps.get().output
    assert run.result
    seen = json.loads(run.result["text"])
    assert seen == stored
    assert list(seen) == list(stored)


def test_an_output_that_is_too_large_fails_the_step(workspace: Workspace, probe: Probe) -> None:
    probe.then = lambda _: {"text": "x" * 1_000_001}
    run_id = start_run(make_version(workspace, note("large")))

    advance(run_id, "background")

    assert error_of(run_id)["code"] == "output_too_large"


def test_what_follows_an_early_answer_is_found_by_the_background_lane_of_any_workspace(
    workspace: Workspace, probe: Probe
) -> None:
    answer = step("answer", "flow.respond@1", {"values": [{"name": "order", "value": 7}]})
    version = make_version(workspace, answer, note("later"), response={"order": None})
    run_id = start_run(version, lane="live")
    advance(run_id, "live")
    assert Run.objects.get(pk=run_id).result == {"order": 7}

    advance(None, "background")

    assert Run.objects.get(pk=run_id).status == "succeeded"
    assert len(probe.keys("later")) == 1
