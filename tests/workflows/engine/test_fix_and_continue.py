"""A run that failed goes on in the repaired workflow, and nothing that was done is done again."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from connectors.declare import JSON, Inputs
from connectors.errors import Rejected
from tests.support.make import make_document
from tests.support.probe import Probe, note
from tests.support.runs import make_version, start_run, step, step_id, steps_of
from workflows.engine import invariants
from workflows.engine import waking as engine_waking
from workflows.engine.advancing import advance
from workflows.engine.continuing import ADDED_LATER
from workflows.errors import NotRetryable, StepGone
from workflows.models import Run, Workflow, WorkflowVersion
from workflows.services import continuing, drafting, operating, publishing, retrying, waking
from workspaces.models import AuditEntry, Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
BY = audit.system("test")


def refuse(*texts: str) -> Any:
    def answer(inputs: Inputs) -> JSON:
        if inputs["text"] in texts:
            raise Rejected("Not now.")
        return {"said": inputs["text"]}

    return answer


def failed_run(version: WorkflowVersion, probe: Probe, *texts: str, **over: Any) -> Run:
    probe.then = refuse(*texts)
    run_id = start_run(version, **over)
    advance(run_id, "background")
    run = Run.objects.get(pk=run_id)
    assert run.status == "failed"
    probe.then = dict
    return run


def repair(
    version: WorkflowVersion, *steps: dict[str, Any], waiting: str = "keep", **settings: Any
) -> WorkflowVersion:
    workflow = Workflow.objects.get(pk=version.workflow_id)
    document = make_document(workflow.name, *steps, **settings)
    draft = drafting.replace(workflow, document, revision=workflow.draft_revision, by=BY)
    return publishing.publish(draft, revision=draft.draft_revision, waiting=waiting, by=BY)


def gone_on(run: Run, **more: str) -> Run:
    successor = continuing.fix_and_continue(Run.objects.get(pk=run.pk), by=BY, **more)
    advance(successor.pk, "background")
    return Run.objects.get(pk=successor.pk)


def test_the_repaired_step_is_done_and_the_ones_before_it_are_not_called_again(
    workspace: Workspace, probe: Probe
) -> None:
    broken = make_version(workspace, note("first"), note("second"), note("third"))
    failed = failed_run(broken, probe, "second")
    repaired = repair(broken, note("first"), note("second", "mended"), note("third"))

    ended = gone_on(failed)

    assert (ended.status, ended.version) == ("succeeded", repaired)
    assert (ended.root_run_id, ended.parent_run_id, ended.trigger) == (failed.pk, failed.pk, "retry")
    assert [text for text, _, _ in probe.calls] == ["first", "second", "mended", "third"]
    assert [row.seq for row in ended.steps.order_by("seq")] == [1, 2, 3]
    assert AuditEntry.objects.filter(verb="run.continued").exists()


def test_the_repaired_step_carries_the_key_that_it_had(workspace: Workspace, probe: Probe) -> None:
    failed = failed_run(broken := make_version(workspace, note("first"), note("second")), probe, "second")
    repair(broken, note("first"), note("second", "mended"))

    gone_on(failed)

    assert probe.keys("second") == probe.keys("mended")


def test_a_step_that_was_added_before_it_is_written_down_as_skipped(
    workspace: Workspace, probe: Probe
) -> None:
    failed = failed_run(broken := make_version(workspace, note("first"), note("second")), probe, "second")
    repair(broken, note("new"), note("first"), note("second", "mended"))

    ended = gone_on(failed)

    assert steps_of(ended) == [
        (step_id("new"), 1, "skipped"),
        (step_id("first"), 1, "succeeded"),
        (step_id("second"), 1, "succeeded"),
    ]
    assert ended.steps.get(status="skipped").error == ADDED_LATER
    assert "new" not in [text for text, _, _ in probe.calls]


def test_later_steps_read_what_earlier_ones_gave_before_the_repair(
    workspace: Workspace, probe: Probe
) -> None:
    failed = failed_run(broken := make_version(workspace, note("first"), note("second")), probe, "second")
    repair(broken, note("first"), note("second", "{{ steps.first.output.said }}, mended"))

    gone_on(failed)

    assert [text for text, _, _ in probe.calls][-1] == "first, mended"


def test_asking_twice_or_for_both_kinds_gives_one_successor(workspace: Workspace, probe: Probe) -> None:
    failed = failed_run(broken := make_version(workspace, note("only")), probe, "only")
    repair(broken, note("only", "mended"))
    run = Run.objects.get(pk=failed.pk)

    successors = {retrying.retry(run, version, by=BY).pk for version in ("live", "live", "same")}

    assert len(successors) == 1
    assert Run.objects.filter(parent_run_id=failed.pk).count() == 1


def test_the_failed_run_itself_never_changes(workspace: Workspace, probe: Probe) -> None:
    failed = failed_run(broken := make_version(workspace, note("only")), probe, "only")
    repair(broken, note("only", "mended"))
    before = Run.objects.values().get(pk=failed.pk)

    gone_on(failed)

    assert Run.objects.values().get(pk=failed.pk) == before


def test_where_the_failed_step_is_gone_nothing_is_made_until_its_place_is_named(
    workspace: Workspace, probe: Probe
) -> None:
    broken = make_version(workspace, note("first"), note("second"), note("third"))
    failed = failed_run(broken, probe, "second")
    repair(broken, note("first"), note("third"))

    with pytest.raises(StepGone) as refused:
        gone_on(failed)

    assert refused.value.next_step is not None
    assert not Run.objects.filter(parent_run_id=failed.pk).exists()
    ended = gone_on(failed, instead=refused.value.next_step.id)
    assert ended.status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["first", "second", "third"]


def test_a_run_whose_answer_could_not_be_given_only_answers_anew(workspace: Workspace, probe: Probe) -> None:
    broken = make_version(workspace, note("first"), response={"id": "{{ steps.first.output.nowhere }}"})
    run_id = start_run(broken)
    probe.then = lambda _: {"here": 7}
    advance(run_id, "background")
    fields = [{"name": "id", "type": "object", "value": "{{ steps.first.output.here }}"}]
    repair(broken, note("first"), response=fields)

    ended = gone_on(Run.objects.get(pk=run_id))

    assert (ended.status, ended.result) == ("succeeded", {"id": 7})
    assert len(probe.calls) == 1


def test_a_cancelled_wait_starts_again_in_the_new_version(workspace: Workspace, probe: Probe) -> None:
    wait = step("wait", "flow.delay@1", {"mode": "for", "amount": 1, "unit": "days"})
    version = make_version(workspace, note("first"), wait, kind="post_conversation")
    run_id = start_run(version)
    advance(run_id, "background")
    operating.cancel(Run.objects.get(pk=run_id), by=BY)
    repair(version, note("first"), wait, note("after"))

    waiting = gone_on(Run.objects.get(pk=run_id))

    assert (waiting.status, waiting.wait_reason, waiting.cur_path) == ("queued", "delay", step_id("wait"))
    assert len(probe.calls) == 1


def test_a_test_of_the_draft_and_a_run_that_did_not_fail_do_not_go_on(
    workspace: Workspace, probe: Probe
) -> None:
    version = make_version(workspace, note("only"))
    test = failed_run(version, probe, "only", kind="test")
    run_id = start_run(version)
    advance(run_id, "background")

    for pk in (test.pk, run_id):
        with pytest.raises(NotRetryable):
            gone_on(Run.objects.get(pk=pk))


def test_the_database_refuses_a_second_outcome_of_a_step(workspace: Workspace, probe: Probe) -> None:
    """What the rest leans on: a step that was taken over cannot be committed once more."""
    failed = failed_run(broken := make_version(workspace, note("first"), note("second")), probe, "second")
    repair(broken, note("first"), note("second", "mended"))
    row = gone_on(failed).steps.get(path=step_id("first"))

    row.pk, row.seq = start_run(broken), 99
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


# --- In branches and loops ---------------------------------------------------------------------------------
def branch(name: str, *steps: dict[str, Any], left: JSON = 1, **over: JSON) -> dict[str, Any]:
    when = {} if over else {"when": {"all": [{"left": left, "op": "eq", "right": 1}]}}
    return {"id": "b_" + name.ljust(8, "0"), "label": name, "steps": list(steps), **when, **over}


def split(*branches: dict[str, Any], mode: str = "first") -> dict[str, Any]:
    return step("fork", "flow.split@1", {"mode": mode}, branches=list(branches))


def loop(*body: dict[str, Any], items: JSON) -> dict[str, Any]:
    return step("each", "flow.loop@1", {"items": items}, body=list(body))


def said(probe: Probe) -> list[str]:
    return [text for text, _, _ in probe.calls]


def sound(run: Run) -> None:
    """check_engine finds nothing wrong with what is stored."""
    assert invariants.check() == []
    assert [row.seq for row in run.steps.filter(status__in=["succeeded", "skipped"]).order_by("seq")] == list(
        range(1, run.seq + 1)
    )


def test_it_goes_on_in_the_branch_that_it_was_in_though_the_rules_say_otherwise_now(
    workspace: Workspace, probe: Probe
) -> None:
    other = branch("other", note("elsewhere"), otherwise=True)
    broken = make_version(
        workspace, split(branch("mine", note("first"), note("second")), other), note("after")
    )
    failed = failed_run(broken, probe, "second")
    repair(
        broken,
        split(branch("mine", note("first"), note("second", "mended"), left=2), other),
        note("after"),
    )

    ended = gone_on(failed)

    assert ended.status == "succeeded"
    assert said(probe) == ["first", "second", "mended", "after"]
    sound(ended)


def test_a_step_that_was_moved_into_another_branch_takes_the_run_along(
    workspace: Workspace, probe: Probe
) -> None:
    broken = make_version(
        workspace, split(branch("mine", note("second")), branch("other", otherwise=True)), note("after")
    )
    failed = failed_run(broken, probe, "second")
    repair(
        broken,
        split(branch("mine"), branch("other", note("second", "mended"), otherwise=True)),
        note("after"),
    )

    ended = gone_on(failed)

    taken: Any = ended.steps.get(path=step_id("fork")).output
    assert taken["taken"] == ["b_other000"]
    assert said(probe) == ["second", "mended", "after"]


def test_in_a_loop_it_goes_on_with_the_item_that_failed(workspace: Workspace, probe: Probe) -> None:
    items: JSON = ["a", "b", "c"]
    first, second = note("first", "first {{ loop.item }}"), note("second", "{{ loop.item }}")
    broken = make_version(workspace, loop(first, second, items=items), note("after"))
    failed = failed_run(broken, probe, "b")
    mended = note("second", "mended {{ loop.item }}")
    repair(broken, loop(first, note("new"), mended, items=items), note("after"))

    ended = gone_on(failed)

    assert ended.status == "succeeded"
    assert said(probe) == ["first a", "a", "first b", "b", "mended b", "first c", "new", "mended c", "after"]
    skipped = ended.steps.filter(status="skipped").order_by("seq").values_list("path", flat=True)
    assert list(skipped) == [f"{step_id('each')}[{index}]/{step_id('new')}" for index in (0, 1)]
    sound(ended)


def test_a_step_that_failed_and_was_passed_stays_passed(workspace: Workspace, probe: Probe) -> None:
    caught: dict[str, Any] = {
        "id": "b_caught00",
        "label": "On error",
        "on_error": True,
        "steps": [note("caught")],
    }
    risky = note("risky", branches=[caught], policy={"on_error": "branch", "retries": 0})
    broken = make_version(workspace, risky, note("second"))
    failed = failed_run(broken, probe, "risky", "second")
    repair(broken, risky, note("second", "mended"))

    ended = gone_on(failed)

    assert ended.status == "succeeded"
    assert said(probe) == ["risky", "caught", "second", "mended"]


def test_an_event_reaches_the_run_that_went_on_in_its_place(workspace: Workspace, probe: Probe) -> None:
    wait = step("wait", "flow.wait_for_event@1", {"timeout": 1, "unit": "hours"})
    broken = make_version(workspace, note("risky"), wait, note("after"), kind="post_conversation")
    failed = failed_run(broken, probe, "risky")
    repair(broken, note("risky", "mended"), wait, note("after", "{{ steps.wait.output.event.said }}"))
    waiting = gone_on(failed)
    assert waiting.wait_reason == "event"

    waking.deliver(engine_waking.url(failed.pk).rpartition("/")[2], {"said": "yes"})
    advance(waiting.pk, "background")

    assert Run.objects.get(pk=waiting.pk).status == "succeeded"
    assert said(probe)[-1] == "yes"


def test_an_event_reaches_a_run_that_was_moved_while_it_waited(workspace: Workspace, probe: Probe) -> None:
    wait = step("wait", "flow.wait_for_event@1", {"timeout": 1, "unit": "hours"})
    version = make_version(workspace, wait, note("after"), kind="post_conversation")
    run_id = start_run(version)
    advance(run_id, "background")
    repair(version, wait, note("after", "{{ steps.wait.output.event.said }}"), waiting="move")
    moved = Run.objects.get(parent_run_id=run_id)

    waking.deliver(engine_waking.url(run_id).rpartition("/")[2], {"said": "moved"})
    advance(moved.pk, "background")

    assert Run.objects.get(pk=moved.pk).status == "succeeded"
    assert said(probe) == ["moved"]


def test_a_wait_inside_a_loop_moves_with_its_item(workspace: Workspace, probe: Probe) -> None:
    wait = step("wait", "flow.delay@1", {"mode": "for", "amount": 1, "unit": "days"})
    body = (note("first", "{{ loop.item }}"), wait)
    version = make_version(workspace, loop(*body, items=["a", "b"]), kind="post_conversation")
    run_id = start_run(version)
    for _ in range(2):
        Run.objects.filter(status="queued").update(next_at=timezone.now())
        advance(run_id, "background")
    assert Run.objects.get(pk=run_id).cur_path == f"{step_id('each')}[1]/{step_id('wait')}"
    repair(version, loop(*body, note("told", "told {{ loop.item }}"), items=["a", "b"]), waiting="move")

    moved = Run.objects.get(parent_run_id=run_id)
    Run.objects.filter(pk=moved.pk).update(next_at=timezone.now())
    advance(moved.pk, "background")

    assert Run.objects.get(pk=moved.pk).status == "succeeded"
    assert said(probe) == ["a", "b", "told b"]
    sound(Run.objects.get(pk=moved.pk))
