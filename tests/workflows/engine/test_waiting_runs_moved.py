"""What becomes of the runs that wait in older versions, when a new one goes live."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F
from django.utils import timezone

from connectors.declare import JSON, Inputs
from connectors.errors import Unavailable
from tests.support.make import make_document
from tests.support.probe import Probe, note
from tests.support.runs import make_version, start_run, step, step_id, steps_of
from workflows import selectors
from workflows.engine import attempts, claiming
from workflows.engine.advancing import advance
from workflows.models import Run, Workflow, WorkflowVersion
from workflows.services import drafting, moving, publishing
from workflows.services.moving import Settled
from workflows.services.publishing import Release
from workspaces.models import AuditEntry, Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
BY = audit.system("test")
WAIT = step("wait", "flow.delay@1", {"mode": "for", "amount": 2, "unit": "days"})


@pytest.fixture
def version(workspace: Workspace, probe: Probe) -> WorkflowVersion:
    return make_version(workspace, note("before"), WAIT, note("after"), kind="post_conversation")


@pytest.fixture
def waiting(version: WorkflowVersion) -> UUID:
    return asleep(version)


def asleep(version: WorkflowVersion, **over: Any) -> UUID:
    run_id = start_run(version, **over)
    advance(run_id, "background")
    assert Run.objects.get(pk=run_id).wait_reason == "delay"
    return run_id


def publish(version: WorkflowVersion, choice: str, *steps: dict[str, JSON]) -> Release:
    workflow = Workflow.objects.get(pk=version.workflow_id)
    document = make_document(workflow.name, *steps)
    draft = drafting.replace(workflow, document, revision=workflow.draft_revision, by=BY)
    return publishing.release(draft, revision=draft.draft_revision, waiting=choice, by=BY)


def test_they_finish_on_their_version_unless_somebody_says_otherwise(
    version: WorkflowVersion, waiting: UUID
) -> None:
    before = Run.objects.values().get(pk=waiting)

    released = publish(version, "keep", WAIT, note("after", "new words"))

    assert released.waiting == Settled(kept=1)
    assert Run.objects.values().get(pk=waiting) == before


def test_a_moved_run_waits_until_the_same_moment_and_goes_on_in_the_new_version(
    version: WorkflowVersion, waiting: UUID, probe: Probe
) -> None:
    due = Run.objects.get(pk=waiting).next_at

    released = publish(version, "move", note("before"), WAIT, note("after", "new words"))

    old, moved = Run.objects.get(pk=waiting), Run.objects.get(parent_run_id=waiting)
    assert released.waiting == Settled(moved=1)
    assert (old.status, old.version) == ("cancelled", version)
    assert (moved.status, moved.wait_reason, moved.next_at) == ("queued", "delay", due)
    assert (moved.version, moved.root_run_id) == (released.version, waiting)
    Run.objects.filter(pk=moved.pk).update(next_at=F("next_at") - timedelta(days=2))
    advance(moved.pk, "background")
    assert Run.objects.get(pk=moved.pk).status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["before", "new words"]
    assert steps_of(moved.pk) == [(step_id(slug), 1, "succeeded") for slug in ("before", "wait", "after")]


def test_a_moved_run_keeps_its_place_before_those_that_wait_for_it(
    version: WorkflowVersion, probe: Probe
) -> None:
    """By its order key, however often it is moved."""
    first = asleep(version, order_key="ada")
    later = start_run(version, order_key="ada")

    for words in ("new", "newer"):
        publish(version, "move", note("before"), WAIT, note("after", words))

    assert claiming.claim(later) is None
    moved = Run.objects.get(order_key="ada", status="queued", wait_reason="delay")
    assert (moved.root_run_id, moved.order_place) == (first, first)
    Run.objects.filter(pk=moved.pk).update(next_at=F("next_at") - timedelta(days=2))
    advance(moved.pk, "background")  # and then the later one, which is due
    assert [text for text, _, _ in probe.calls] == ["before", "newer", "before"]


def test_a_run_whose_step_is_gone_stays_where_it_is_and_is_counted(
    version: WorkflowVersion, waiting: UUID
) -> None:
    released = publish(version, "move", note("before"), note("after"))

    assert released.waiting == Settled(stayed=1)
    assert Run.objects.get(pk=waiting).status == "queued"
    assert not Run.objects.filter(parent_run_id=waiting).exists()


def test_cancelling_ends_them(version: WorkflowVersion, waiting: UUID) -> None:
    released = publish(version, "cancel", WAIT)

    assert released.waiting == Settled(cancelled=1)
    assert Run.objects.get(pk=waiting).status == "cancelled"
    assert AuditEntry.objects.get(verb="workflow.published").details["runs_cancelled"] == 1


def test_a_test_and_a_run_that_somebody_waits_for_are_left_alone(version: WorkflowVersion) -> None:
    test = asleep(version, kind="test")
    live = asleep(version)
    Run.objects.filter(pk=live).update(lane="live")

    released = publish(version, "cancel", WAIT)

    assert released.waiting == Settled()
    assert set(Run.objects.filter(status="queued").values_list("pk", flat=True)) == {test, live}


def test_a_run_that_a_worker_takes_meanwhile_is_the_workers(version: WorkflowVersion, waiting: UUID) -> None:
    seen = [(waiting, Run.objects.get(pk=waiting).epoch)]
    Run.objects.filter(pk=waiting).update(next_at=timezone.now())
    claiming.claim(waiting)

    assert moving._cancel(seen) == set()

    assert Run.objects.get(pk=waiting).status == "running"


def test_a_retry_that_is_due_later_keeps_its_attempts(
    workspace: Workspace, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "SHORT_WAIT_S", 0.0)  # none is waited for in place
    version = make_version(workspace, note("only", action="noted"), kind="post_conversation")
    run_id = start_run(version)
    probe.then = _unavailable
    advance(run_id, "background")
    before = Run.objects.get(pk=run_id)
    assert before.wait_reason == "retry"

    publish(version, "move", note("only", "mended", action="noted"))

    moved = Run.objects.get(parent_run_id=run_id)
    assert (moved.wait_reason, moved.next_at) == ("retry", before.next_at)
    assert (moved.attempt, moved.cur_state) == (before.attempt, before.cur_state)
    assert steps_of(moved) == steps_of(before) != []
    probe.then = dict
    Run.objects.filter(pk=moved.pk).update(next_at=timezone.now())
    advance(moved.pk, "background")
    assert Run.objects.get(pk=moved.pk).status == "succeeded"
    assert steps_of(moved.pk)[-1] == (step_id("only"), len(steps_of(before)) + 1, "succeeded")


def test_the_review_counts_them_and_those_whose_step_is_still_there(
    version: WorkflowVersion, waiting: UUID
) -> None:
    asleep(version)
    workflow = Workflow.objects.get(pk=version.workflow_id)

    with_step = moving.survey(workflow, selectors.definition(workflow))
    without = moving.survey(workflow, selectors.parsed(make_document("x", note("before")), workflow.kind))

    assert [(group.version, group.count) for group in with_step.groups] == [(1, 2)]
    assert with_step.earliest == Run.objects.get(pk=waiting).next_at
    assert (with_step.movable, without.movable) == (2, 0)


def test_many_move_in_a_few_statements_each(
    version: WorkflowVersion, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        asleep(version)

    with django_assert_max_num_queries(70):
        released = publish(version, "move", note("before"), WAIT, note("after", "new words"))

    assert released.waiting == Settled(moved=12)


def _unavailable(_: Inputs) -> JSON:
    raise Unavailable("Not now.")
