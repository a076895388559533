"""A workflow that calls another: one run of it, whose end is the step's outcome."""

from typing import Any
from uuid import UUID

import pytest

from connectors.declare import JSON
from tests.support.probe import Probe, note
from tests.support.runs import Rung, error_of, make_version, set_values, start_run, step
from tests.workflows.engine.test_splits import refusing
from workflows.engine import claiming, perform
from workflows.engine.advancing import advance, advance_one
from workflows.models import Run, Workflow, WorkflowVersion
from workflows.services import operating
from workspaces.models import Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
VARIABLES: list[JSON] = [{"name": "number", "type": "integer", "required": True}]


def called(
    workspace: Workspace, *steps: dict[str, JSON], response: JSON = "{{ action.number }}"
) -> WorkflowVersion:
    return make_version(workspace, *steps, response={"it": response}, variables=VARIABLES)


def calling(
    workspace: Workspace, target: Workflow, given: JSON, *after: dict[str, JSON], **over: Any
) -> WorkflowVersion:
    call = step("call", "flow.call_workflow@1", {"workflow": str(target.pk), "input": given}, **over)
    version = make_version(workspace, call, *after, response={"got": "{{ steps.call.output.it }}"})
    Workflow.objects.filter(pk=version.workflow_id).update(agent_id=target.agent_id)
    version.workflow.refresh_from_db()
    return version


def work(*run_ids: UUID) -> None:
    for run_id in run_ids:
        advance(run_id, "background")


def work_alone(run_id: UUID) -> None:
    """Nobody goes on with what else is due."""
    claim = claiming.claim(run_id)
    assert claim
    perform.work(claim, may_go_on=lambda: True)


def the_called(run: Run | UUID) -> Run:
    return Run.objects.filter(trigger="workflow").latest("id")


def test_the_result_of_the_called_workflow_is_the_output(
    workspace: Workspace, probe: Probe, bell: Rung
) -> None:
    target = called(workspace, note("inner", "{{ action.number }}")).workflow
    run_id = start_run(calling(workspace, target, {"number": "{{ action.n }}"}), input={"action": {"n": 7}})

    work_alone(run_id)

    run, inner = Run.objects.get(pk=run_id), the_called(run_id)
    assert (run.status, run.wait_reason) == ("queued", "child")
    assert (inner.parent_run_id, inner.depth, inner.input["action"]) == (run_id, 1, {"number": 7})
    assert (inner.pk, "background") in bell.hints
    work(inner.pk, run_id)
    run.refresh_from_db()
    assert (run.status, run.result) == ("succeeded", {"got": 7})
    assert [text for text, _, _ in probe.calls] == ["7"]


def test_a_caller_that_gives_its_slot_up_before_it_looks_does_not_call_again(
    workspace: Workspace, probe: Probe, bell: Rung
) -> None:
    """What it called has failed: that is the step's outcome, however late it is read."""
    target = called(workspace, note("inner")).workflow
    run_id = start_run(calling(workspace, target, {"number": 1}))
    work_alone(run_id)
    refusing(probe, "inner")
    work_alone(the_called(run_id).pk)

    claim = claiming.claim(run_id)
    assert claim
    perform.work(claim, may_go_on=lambda: False)
    work(run_id)

    assert error_of(run_id)["code"] == "called_failed"
    assert Run.objects.filter(trigger="workflow").count() == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "number is missing"),
        ({"number": "many"}, "number must be an integer"),
        ({"number": 1, "extra": 2}, "extra is not one of the values"),
        ({"number": {"$secure": "token"}}, "cannot be a secure value"),
    ],
)
def test_wrong_values_fail_the_step_and_start_nothing(
    workspace: Workspace, probe: Probe, given: JSON, said: str
) -> None:
    run_id = start_run(calling(workspace, called(workspace).workflow, given))

    work(run_id)

    error = error_of(run_id)
    assert (error["code"], said in str(error["message"])) == ("bad_input", True)
    assert not Run.objects.filter(trigger="workflow").exists()


def test_a_workflow_that_is_not_live_is_not_called(workspace: Workspace, probe: Probe) -> None:
    target = called(workspace).workflow
    Workflow.objects.filter(pk=target.pk).update(live_version=None)
    run_id = start_run(calling(workspace, target, {"number": 1}))

    work(run_id)

    assert error_of(run_id)["code"] == "not_live"


def test_a_workflow_of_another_agent_is_unknown(workspace: Workspace, probe: Probe) -> None:
    version = calling(workspace, called(workspace).workflow, {"number": 1})
    foreign = called(workspace).workflow
    Workflow.objects.filter(pk=version.workflow_id).update(agent_id=foreign.agent_id)
    version.workflow.refresh_from_db()
    run_id = start_run(version)

    work(run_id)

    assert error_of(run_id)["code"] == "unknown_workflow"


def test_what_fails_in_it_fails_the_step_and_a_retry_goes_on_inside(
    workspace: Workspace, probe: Probe
) -> None:
    target = called(workspace, note("one", action="noted"), note("two", action="noted")).workflow
    run_id = start_run(calling(workspace, target, {"number": 1}))
    refusing(probe, "two")
    work(run_id)
    work(the_called(run_id).pk, run_id)
    assert (error_of(run_id)["code"], "No two." in str(error_of(run_id)["message"])) == (
        "called_failed",
        True,
    )
    probe.then = dict

    again = operating.retry(Run.objects.get(pk=run_id), by=audit.system("test"))
    work(again.pk)
    work(the_called(again.pk).pk, again.pk)

    again.refresh_from_db()
    assert again.status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["one", "two", "two"]
    assert len(set(probe.keys("two"))) == 1


def test_who_calls_itself_comes_to_an_end(workspace: Workspace, probe: Probe) -> None:
    version = called(workspace)
    call = step(
        "again", "flow.call_workflow@1", {"workflow": str(version.workflow_id), "input": {"number": 1}}
    )
    loops = make_version(workspace, call, variables=VARIABLES)
    Workflow.objects.filter(pk=version.workflow_id).update(live_version=loops)
    Workflow.objects.filter(pk=loops.workflow_id).update(agent_id=version.workflow.agent_id)
    loops.workflow.refresh_from_db()
    run_id = start_run(loops, input={"action": {"number": 1}})

    for _ in range(20):
        work(*Run.objects.filter(status="queued").order_by("-id").values_list("id", flat=True))

    assert Run.objects.get(pk=run_id).status == "failed"
    assert Run.objects.filter(trigger="workflow").count() == 5


def test_cancelling_the_caller_cancels_what_it_called(workspace: Workspace, probe: Probe) -> None:
    run_id = start_run(calling(workspace, called(workspace, note("inner")).workflow, {"number": 1}))
    work_alone(run_id)

    operating.cancel(Run.objects.get(pk=run_id), by=audit.system("test"))

    assert list(Run.objects.values_list("status", flat=True)) == ["cancelled", "cancelled"]


def test_without_workers_the_net_runs_what_is_called_too(workspace: Workspace, probe: Probe) -> None:
    target = called(
        workspace, set_values("v", n="{{ action.number | plus: 1 }}"), response="{{ steps.v.output.n }}"
    )
    run_id = start_run(calling(workspace, target.workflow, {"number": 1}), lane="live")

    assert advance_one(run_id) == "succeeded"
    assert Run.objects.get(pk=run_id).result == {"got": 2}


def test_when_what_was_called_is_cancelled_the_caller_goes_on_as_after_a_failure(
    workspace: Workspace, probe: Probe, bell: Rung
) -> None:
    target = called(workspace, note("inner")).workflow
    run_id = start_run(
        calling(workspace, target, {"number": 1}, note("after"), policy={"on_error": "continue"})
    )
    work_alone(run_id)

    operating.cancel(the_called(run_id), by=audit.system("test"))
    work(run_id)

    assert [text for text, _, _ in probe.calls] == ["after"]
