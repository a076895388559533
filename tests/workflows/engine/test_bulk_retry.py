"""Many failed runs are tried again at once: a few at a time, and none of them twice."""

import pytest
from django.utils import timezone

from connectors.declare import JSON, Inputs
from connectors.errors import Rejected
from tests.support.make import make_workspace
from tests.support.probe import Probe, note
from tests.support.runs import make_version, start_run
from workflows.engine.advancing import advance
from workflows.matching import Matching
from workflows.models import Run, WorkflowVersion
from workflows.services import retrying
from workflows.services.retrying import Batch
from workspaces.models import Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
BY = audit.system("test")


@pytest.fixture
def version(workspace: Workspace, probe: Probe) -> WorkflowVersion:
    return make_version(workspace, note("only"))


def fail(version: WorkflowVersion, probe: Probe, count: int, **over: str) -> None:
    def refuse(_: Inputs) -> JSON:
        raise Rejected("No.")

    probe.then = refuse
    for _ in range(count):
        advance(start_run(version, **over), "background")
    probe.then = dict


def retry(workspace: Workspace, limit: int = 50, **matching: object) -> list[Batch]:
    """Batch by batch, as a page goes on by itself."""
    batches: list[Batch] = []
    cursor = None
    while True:
        batches.append(
            retrying.retry_all(
                workspace,
                Matching(**matching),  # type: ignore[arg-type]
                "same",
                cursor=cursor,
                limit=limit,
                now=timezone.now(),
                by=BY,
            )
        )
        cursor = batches[-1].next_cursor
        if cursor is None:
            return batches


def test_each_failed_run_gets_one_successor(version: WorkflowVersion, probe: Probe) -> None:
    fail(version, probe, 5)

    batches = retry(version.workspace, limit=2)

    assert [(len(batch.successors), batch.left) for batch in batches] == [(2, 3), (2, 1), (1, 0)]
    assert Run.objects.filter(trigger="retry").count() == 5


def test_pressing_twice_does_nothing_more(version: WorkflowVersion, probe: Probe) -> None:
    fail(version, probe, 3)
    retry(version.workspace)

    again = retry(version.workspace)

    assert [batch.successors for batch in again] == [()]
    assert Run.objects.filter(trigger="retry").count() == 3


def test_a_successor_that_fails_at_once_is_not_taken_up_in_the_same_sweep(
    version: WorkflowVersion, probe: Probe
) -> None:
    fail(version, probe, 2)
    first = retrying.retry_all(version.workspace, Matching(), "same", limit=1, now=timezone.now(), by=BY)
    Run.objects.filter(pk__in=first.successors).update(
        status="failed", wait_reason=None, next_at=None, finished_at=timezone.now()
    )

    rest = retrying.retry_all(
        version.workspace, Matching(), "same", cursor=first.next_cursor, now=timezone.now(), by=BY
    )

    assert len(rest.successors) == 1
    assert not Run.objects.filter(parent_run_id__in=first.successors).exists()


def test_only_what_matches_is_tried_again(version: WorkflowVersion, probe: Probe) -> None:
    fail(version, probe, 1)
    fail(version, probe, 1, kind="test")
    other = make_version(version.workspace, note("other"))
    fail(other, probe, 1)
    elsewhere = make_version(make_workspace(), note("only"))
    fail(elsewhere, probe, 1)

    retry(version.workspace, workflow=version.workflow_id, kind="production", error="rejected", version=1)

    successor = Run.objects.get(trigger="retry")
    assert (successor.workflow_id, successor.kind) == (version.workflow_id, "production")
    assert [batch.successors for batch in retry(version.workspace, error="timed_out")] == [()]


def test_what_may_happen_twice_is_left_out_unless_it_is_asked_for(
    version: WorkflowVersion, probe: Probe
) -> None:
    fail(version, probe, 1)
    run = Run.objects.get()
    Run.objects.update(error={**(run.error or {}), "maybe_done": True})

    careful = retrying.retry_all(version.workspace, Matching(), "same", now=timezone.now(), by=BY)
    bold = retrying.retry_all(
        version.workspace, Matching(), "same", unsure_too=True, now=timezone.now(), by=BY
    )

    assert (careful.successors, careful.refused[0].reason) == ((), retrying.UNSURE)
    assert len(bold.successors) == 1


def test_what_cannot_be_tried_again_is_passed_over_with_its_reason(
    version: WorkflowVersion, probe: Probe
) -> None:
    fail(version, probe, 1, kind="test")
    fail(version, probe, 1)
    Run.objects.filter(kind="test").update(workflow=make_version(version.workspace, note("x")).workflow)

    batch = retrying.retry_all(version.workspace, Matching(), "live", now=timezone.now(), by=BY)

    assert len(batch.successors) == 1
    assert retrying.reasons(batch.refused) == {"There is no live version to go on in.": 1}
