"""Invariants 1 to 5 for branches, loops, answers and called workflows: a death after any write changes
nothing of what comes out.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from connectors.declare import JSON, Inputs
from connectors.errors import Rejected, Unavailable
from tests.support.dying import lease_ends, writes
from tests.support.probe import Died, Probe, note
from tests.support.runs import make_version, set_values, start_run, step, steps_of
from tests.workflows.engine.test_called_workflows import called
from tests.workflows.engine.test_loops import loop
from tests.workflows.engine.test_responding import respond
from tests.workflows.engine.test_splits import branch, split, when
from workflows.engine.advancing import advance
from workflows.models import Run, Workflow, WorkflowVersion
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def rich_version(workspace: Workspace) -> WorkflowVersion:
    target = called(workspace, note("called", "{{ action.number }}", action="noted"))
    call = step("call", "flow.call_workflow@1", {"workflow": str(target.workflow_id), "input": {"number": 5}})
    big = split(
        branch(
            "big", note("big", "big {{ loop.item }}", action="noted"), when=when("{{ loop.item }}", "gt", 1)
        ),
        branch("other", set_values("small", n="{{ loop.item }}"), otherwise=True),
    )
    rescue = branch("wrong", note("rescue", "{{ steps.risky.error.code }}", action="noted"), on_error=True)
    version = make_version(
        workspace,
        loop("each", "{{ action.items }}", big, note("item", "{{ loop.index }}", action="read")),
        {**note("risky", action="noted"), "policy": {"on_error": "branch"}, "branches": [rescue]},
        note("busy", action="noted"),
        step("remember", "flow.set_session@1", {"name": "cart", "value": "{{ steps.each.output.count }}"}),
        respond(it="{{ session.cart }}"),
        call,
        note("last", "{{ steps.call.output.it }} {{ session.cart }}", action="noted"),
        response={"it": "x"},
    )
    Workflow.objects.filter(pk=version.workflow_id).update(agent_id=target.workflow.agent_id)
    version.workflow.refresh_from_db()
    return version


def answering(probe: Probe) -> None:
    busy: list[bool] = []

    def then(inputs: Inputs) -> JSON:
        if inputs["text"] == "risky":
            raise Rejected("No.")
        if inputs["text"] == "busy" and not busy:
            busy.append(True)
            raise Unavailable("Busy.", retry_after_s=300)
        return {"id": inputs["text"]}

    probe.then = then


def drive(run_id: UUID) -> Run:
    """Whatever is due is worked on, and every wait passes, until all have ended."""
    for _ in range(60):
        for run in Run.objects.filter(status="running"):
            lease_ends(run.pk)
        Run.objects.filter(status="queued").update(next_at=timezone.now() - timedelta(seconds=1))
        for run in Run.objects.filter(status__in=["queued", "running"]):
            advance(run.pk, "system" if run.crash_count >= 2 else "background")
        if not Run.objects.filter(finished_at=None).exists():
            return Run.objects.get(pk=run_id)
    raise AssertionError("some have not ended")


def shape(run: Run, probe: Probe) -> Any:
    final = [(path, status) for path, _, status in steps_of(run) if status not in ("unknown", "failed")]
    texts = [text for text, _, _ in probe.calls]
    return run.status, run.result, final, list(dict.fromkeys(texts)), len({key for _, key, _ in probe.calls})


def start(version: WorkflowVersion, probe: Probe) -> UUID:
    Run.objects.exclude(finished_at=None).delete()
    probe.calls.clear()
    answering(probe)
    return start_run(version, lane="live", input={"action": {"items": [1, 2, 3]}})


def test_a_run_of_all_kinds_of_steps_that_dies_after_any_write_ends_the_same(
    workspace: Workspace, probe: Probe
) -> None:
    version = rich_version(workspace)
    run_id = start(version, probe)
    with writes() as counted:
        advance(run_id, "live")
        whole = shape(drive(run_id), probe)
    assert whole[0] == "succeeded"
    assert whole[1] == {"it": 3}

    for point in range(1, counted.count + 1):
        run_id = start(version, probe)
        with writes(die_after=point):
            for _ in range(5):  # it dies once, here or in the driving
                try:
                    advance(run_id, "live")
                    ended = drive(run_id)
                    break
                except Died:
                    continue

        assert shape(ended, probe) == whole, f"after write {point}"
