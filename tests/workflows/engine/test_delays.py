"""A delay is a row with a due time: nothing else has to survive."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from tests.support.probe import Probe, note
from tests.support.runs import Rung, make_version, start_run, step, step_id
from workflows.engine import shown, sweeping
from workflows.engine.advancing import advance
from workflows.models import Run
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def _delayed(workspace: Workspace, **inputs: object) -> Run:
    wait = step("wait", "flow.delay@1", {"mode": "for", "amount": 3, "unit": "weeks", **inputs})  # type: ignore[dict-item]
    run_id = start_run(make_version(workspace, note("before"), wait, note("after"), kind="post_conversation"))
    advance(run_id, "background")
    return Run.objects.get(pk=run_id)


def test_a_delayed_run_holds_nothing_and_says_when_it_goes_on(workspace: Workspace, probe: Probe) -> None:
    run = _delayed(workspace)

    assert (run.status, run.wait_reason, run.lease_until) == ("queued", "delay", None)
    assert run.next_at
    assert timedelta(days=20) < run.next_at - timezone.now() <= timedelta(weeks=3)
    assert shown.run_state(run) == "waiting"
    assert shown.step_state(run, step_id("wait"), []) == "waiting"
    assert shown.step_state(run, step_id("after"), []) == "not_reached"


def test_it_does_not_wake_early(workspace: Workspace, probe: Probe) -> None:
    run = _delayed(workspace)

    advance(run.pk, "background")

    assert len(probe.calls) == 1


def test_it_goes_on_when_its_time_has_come(workspace: Workspace, probe: Probe) -> None:
    run = _delayed(workspace)
    Run.objects.update(next_at=F("next_at") - timedelta(weeks=3))

    advance(run.pk, "background")

    ended = Run.objects.get(pk=run.pk)
    assert ended.status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["before", "after"]
    assert ended.steps.count() == 3


def test_the_sweep_rings_for_it_within_its_interval(workspace: Workspace, probe: Probe, bell: Rung) -> None:
    run = _delayed(workspace)
    Run.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    bell.hints.clear()

    sweeping.sweep()

    assert bell.hints == [(run.pk, "background")]


def test_a_delay_of_seconds_is_rung_for_to_the_second(workspace: Workspace, probe: Probe, bell: Rung) -> None:
    run = _delayed(workspace, amount=5, unit="seconds")

    assert bell.hints == [(run.pk, "background")]
