"""Invariants 1 to 5: wherever a process dies, the run comes to the same end, with no more effects than its
steps allow.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from connectors.declare import JSON, Inputs
from tests.support.dying import lease_ends, writes
from tests.support.probe import Died, Probe, note
from tests.support.runs import error_of, make_version, set_values, start_run, step, step_id, steps_of
from workflows.engine import sweeping
from workflows.engine.advancing import advance
from workflows.models import Run, WorkflowVersion
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def _version(workspace: Workspace) -> WorkflowVersion:
    return make_version(
        workspace,
        set_values("before", n="{{ action.number }}"),
        note("first", "{{ steps.before.output.n }}", action="noted"),
        set_values("between", at="{{ now }}", id="{{ steps.first.output.id }}"),
        {**note("off"), "enabled": False},
        note("second", "{{ steps.between.output.id }} {{ steps.between.output.at }}", action="read"),
        response={"second": "{{ steps.second.output.id }}"},
    )


def _start(version: WorkflowVersion, probe: Probe) -> Any:
    probe.then = lambda inputs: {"id": f"id of {inputs['text']}"[:7]}
    return start_run(version, input={"action": {"number": 7}})


def _finish(run_id: Any) -> Run:
    """Others take the run over until it has ended."""
    for _ in range(10):
        lease_ends(run_id)
        advance(run_id, "system" if Run.objects.get(pk=run_id).crash_count >= 2 else "background")
        run = Run.objects.get(pk=run_id)
        if run.finished_at:
            return run
    raise AssertionError(f"still {run.status}")


def _shape(run: Run) -> Any:
    final = [(path, status) for path, _, status in steps_of(run) if status != "unknown"]
    return run.status, run.result, final


def _count_of_writes(version: WorkflowVersion, probe: Probe) -> tuple[int, Any]:
    run_id = _start(version, probe)
    with writes() as counted:
        advance(run_id, "background")
    return counted.count, _shape(Run.objects.get(pk=run_id))


def test_a_run_that_dies_after_any_write_ends_the_same(workspace: Workspace, probe: Probe) -> None:
    version = _version(workspace)
    count, whole = _count_of_writes(version, probe)
    assert count == 5  # claim, two intents, the end; and the look for the next due run

    for point in range(1, count + 1):
        probe.calls.clear()
        run_id = _start(version, probe)
        with pytest.raises(Died), writes(die_after=point):
            advance(run_id, "background")

        run = _finish(run_id)

        assert _shape(run) == whole, f"after write {point}"
        assert len(probe.calls) <= 3, f"after write {point}"
        assert len({key for _, key, _ in probe.calls}) == 2, f"after write {point}"


@pytest.mark.parametrize("deaths", [1, 2, 3, 4])
def test_a_step_during_which_its_process_dies_is_repeated_with_the_same_key(
    workspace: Workspace, probe: Probe, deaths: int
) -> None:
    run_id = _start(version := _version(workspace), probe)
    lives = iter([False] * deaths)

    def die_at_first(inputs: Inputs) -> Any:
        if next(lives, True):
            return {"id": "id of x"}
        raise Died

    probe.then = die_at_first
    for _ in range(deaths):
        lease_ends(run_id)
        with pytest.raises(Died):
            advance(run_id, "system" if Run.objects.get(pk=run_id).crash_count >= 2 else "background")

    run = _finish(run_id)

    first = [call for call in probe.calls if call[0] == "7"]
    assert [attempt for _, _, attempt in first] == list(range(1, deaths + 2))
    assert len({key for _, key, _ in first}) == 1
    assert run.status == "succeeded"
    unknown = [(path, attempt) for path, attempt, status in steps_of(run) if status == "unknown"]
    assert unknown == [(step_id("first"), attempt) for attempt in range(1, deaths + 1)]
    assert version.workflow_id == run.workflow_id


@pytest.mark.parametrize(
    ("on_unknown", "status", "calls"),
    [("retry", "succeeded", 2), ("skip", "succeeded", 1), ("fail", "failed", 1), (None, "failed", 1)],
)
def test_a_step_that_cannot_be_deduplicated_does_what_it_is_set_to(
    workspace: Workspace, probe: Probe, on_unknown: str | None, status: str, calls: int
) -> None:
    policy: JSON = {"on_unknown": on_unknown} if on_unknown else {}
    run_id = start_run(
        make_version(workspace, note("sms", action="note", policy=policy), set_values("after", a=1))
    )

    def die(inputs: Inputs) -> Any:
        probe.then = lambda _: {}
        raise Died

    probe.then = die
    with pytest.raises(Died):
        advance(run_id, "background")

    run = _finish(run_id)

    assert (run.status, len(probe.calls)) == (status, calls)
    assert steps_of(run)[0] == (step_id("sms"), 1, "unknown")
    if status == "failed":
        assert (error_of(run)["code"], error_of(run)["maybe_done"]) == ("outcome_unknown", True)


def test_a_process_that_dies_before_the_intent_leaves_no_doubt(workspace: Workspace, probe: Probe) -> None:
    run_id = start_run(make_version(workspace, note("sms", action="note")))
    with pytest.raises(Died), writes(die_after=1):
        advance(run_id, "background")

    run = _finish(run_id)

    assert (run.status, len(probe.calls)) == ("succeeded", 1)
    assert steps_of(run) == [(step_id("sms"), 1, "succeeded")]


def test_a_delay_survives_every_crash_and_later_steps_see_the_same_now(
    workspace: Workspace, probe: Probe
) -> None:
    version = make_version(
        workspace,
        note("first", action="noted"),
        step("wait", "flow.delay@1", {"mode": "for", "amount": 2, "unit": "hours"}),
        note("second", "{{ now }}", action="noted"),
        kind="post_conversation",
    )
    for point in range(1, 7):
        probe.calls.clear()
        run_id = start_run(version)
        sizes = []
        with writes(die_after=point):
            for _ in range(4):
                lease_ends(run_id)
                parked = Run.objects.get(pk=run_id)
                if parked.wait_reason == "delay" and parked.status == "queued":
                    sizes.append(parked.next_at)
                    _time_passes(run_id, hours=2)
                try:
                    advance(run_id, "background")
                except Died:
                    continue
        run = _finish(run_id)
        assert run.status == "succeeded", f"after write {point}"
        assert len(set(probe.keys(probe.calls[-1][0]))) == 1
        assert len({text for text, key, _ in probe.calls if key == probe.calls[-1][1]}) == 1, (
            f"after write {point}"
        )


def _time_passes(run_id: Any, *, hours: float) -> None:
    passed = timedelta(hours=hours)
    Run.objects.filter(pk=run_id).update(next_at=F("next_at") - passed, started_at=F("started_at") - passed)


def test_a_run_that_keeps_killing_its_workers_is_set_apart(workspace: Workspace, probe: Probe) -> None:
    def die(_: Inputs) -> Any:
        raise Died

    probe.then = die
    run_id = start_run(make_version(workspace, note("poison", action="noted")))
    lanes = []
    for _ in range(10):
        lease_ends(run_id)
        sweeping.sweep()
        for lane in ("background", "system"):
            try:
                advance(run_id, lane)
            except Died:
                lanes.append(lane)

    assert lanes == ["background"] * 3 + ["system"] * 3
    assert Run.objects.get(pk=run_id).status == "quarantined"
