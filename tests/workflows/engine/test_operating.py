"""What people do with runs: cancel them, and try them again from where they failed."""

from datetime import timedelta

import pytest
from django.db.models import F

from connectors.declare import JSON, Inputs
from connectors.errors import Rejected
from tests.support.dying import lease_ends
from tests.support.probe import Died, Probe, note
from tests.support.runs import Rung, make_version, set_values, start_run, step, step_id, steps_of
from workflows.engine import claiming, shown, sweeping
from workflows.engine.advancing import advance
from workflows.errors import NotRetryable
from workflows.models import Run
from workflows.services import operating
from workspaces.models import AuditEntry, Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
BY = audit.system("test")


def test_a_run_that_waits_is_cancelled_at_once(workspace: Workspace, probe: Probe) -> None:
    run_id = start_run(make_version(workspace, note("only")))

    run = operating.cancel(Run.objects.get(pk=run_id), by=BY)
    advance(run_id, "background")

    assert run.status == "cancelled"
    assert run.finished_at
    assert probe.calls == []
    assert AuditEntry.objects.filter(verb="run.cancelled").exists()


def test_a_run_is_not_cancelled_in_the_middle_of_a_step(workspace: Workspace, probe: Probe) -> None:
    run_id = start_run(make_version(workspace, note("first"), note("second")))

    def cancel_meanwhile(_: Inputs) -> JSON:
        assert operating.cancel(Run.objects.get(pk=run_id), by=BY).status == "running"
        return {"done": True}

    probe.then = cancel_meanwhile
    advance(run_id, "background")

    run = Run.objects.get(pk=run_id)
    assert run.status == "cancelled"
    assert steps_of(run) == [(step_id("first"), 1, "succeeded")]
    assert run.steps.get().output == {"done": True}


def test_a_cancel_reaches_a_run_whose_holder_is_gone(workspace: Workspace, probe: Probe) -> None:
    run_id = start_run(make_version(workspace, note("only")))
    claiming.claim(run_id)
    operating.cancel(Run.objects.get(pk=run_id), by=BY)
    lease_ends(run_id)

    advance(run_id, "background")

    assert Run.objects.get(pk=run_id).status == "cancelled"
    assert probe.calls == []


def test_a_cancel_before_a_delay_does_not_wait_for_its_end(
    workspace: Workspace, probe: Probe, bell: Rung
) -> None:
    wait = step("wait", "flow.delay@1", {"mode": "for", "amount": 3, "unit": "weeks"})
    run_id = start_run(make_version(workspace, note("first"), wait, kind="post_conversation"))

    def cancel_meanwhile(_: Inputs) -> JSON:
        operating.cancel(Run.objects.get(pk=run_id), by=BY)
        return {}

    probe.then = cancel_meanwhile
    advance(run_id, "background")
    advance(*bell.hints[-1])

    assert Run.objects.get(pk=run_id).status == "cancelled"


def test_a_run_that_has_ended_stays_as_it_is(workspace: Workspace, probe: Probe) -> None:
    run_id = start_run(make_version(workspace, note("only")))
    advance(run_id, "background")
    before = Run.objects.values().get(pk=run_id)

    operating.cancel(Run.objects.get(pk=run_id), by=BY)

    assert Run.objects.values().get(pk=run_id) == before


def test_a_failed_run_goes_on_from_the_failed_step_with_the_same_key(
    workspace: Workspace, probe: Probe
) -> None:
    def refuse_second(inputs: Inputs) -> JSON:
        if inputs["text"] == "second":
            raise Rejected("Not now.")
        return {"id": "one"}

    probe.then = refuse_second
    version = make_version(
        workspace,
        note("first"),
        set_values("id", id="{{ steps.first.output.id }}"),
        note("second"),
        response={"id": "{{ steps.id.output.id }}"},
    )
    failed_id = start_run(version)
    advance(failed_id, "background")

    probe.then = lambda _: {}
    successor = operating.retry(Run.objects.get(pk=failed_id), by=BY)
    again = operating.retry(Run.objects.get(pk=failed_id), by=BY)
    advance(successor.pk, "background")

    assert again.pk == successor.pk
    ended = Run.objects.get(pk=successor.pk)
    assert (ended.status, ended.result) == ("succeeded", {"id": "one"})
    assert (ended.parent_run_id, ended.root_run_id) == (failed_id, failed_id)
    assert [text for text, _, _ in probe.calls] == ["first", "second", "second"]
    assert len(set(probe.keys("second"))) == 1
    assert steps_of(ended) == [(step_id(slug), 1, "succeeded") for slug in ("first", "id", "second")]


def test_only_a_run_that_came_to_a_bad_end_is_tried_again(workspace: Workspace, probe: Probe) -> None:
    run_id = start_run(make_version(workspace, note("only")))
    advance(run_id, "background")

    with pytest.raises(NotRetryable):
        operating.retry(Run.objects.get(pk=run_id), by=BY)


def test_a_successor_waits_from_its_own_start(workspace: Workspace, probe: Probe) -> None:
    wait = step("wait", "flow.delay@1", {"mode": "for", "amount": 1, "unit": "days"})
    run_id = start_run(make_version(workspace, note("first"), wait, kind="post_conversation"))
    advance(run_id, "background")
    Run.objects.update(started_at=F("started_at") - timedelta(days=9))
    Run.objects.get(pk=run_id).steps.update(started_at=F("started_at") - timedelta(days=9))
    operating.cancel(Run.objects.get(pk=run_id), by=BY)

    successor = operating.retry(Run.objects.get(pk=run_id), by=BY)
    advance(successor.pk, "background")

    waiting = Run.objects.get(pk=successor.pk)
    assert waiting.wait_reason == "delay"
    assert waiting.started_at
    assert waiting.next_at
    assert waiting.next_at >= waiting.started_at + timedelta(hours=23)


def test_cancelling_a_quarantined_run_says_that_its_step_may_have_taken_place(
    workspace: Workspace, probe: Probe
) -> None:
    def die(_: Inputs) -> JSON:
        raise Died

    probe.then = die
    run_id = start_run(make_version(workspace, note("poison", action="noted")))
    with pytest.raises(Died):
        advance(run_id, "background")
    Run.objects.filter(pk=run_id).update(crash_count=5)
    lease_ends(run_id)
    sweeping.sweep()
    run = Run.objects.get(pk=run_id)
    assert shown.step_state(run, step_id("poison"), []) == "unknown"

    operating.cancel(run, by=audit.system("test"))

    assert (run.status, steps_of(run)) == ("cancelled", [(step_id("poison"), 1, "unknown")])
