"""A workflow that only fails is paused; a person may pause one too, and only a person resumes it."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.declare import Inputs
from connectors.errors import Rejected
from tests.support.make import make_published_workflow, make_workflow
from tests.support.probe import Probe, note
from tests.support.runs import Rung, apps, make_version, rung, start_run
from workflows.engine.advancing import advance
from workflows.errors import NotPublished
from workflows.models import Outbox, Run, Workflow, WorkflowVersion
from workflows.services import alert_settings, alerts, drafting, pausing, publishing
from workflows.services.pausing import FAILURES_IN_A_ROW
from workspaces.models import AuditEntry, Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
BY = audit.system("Ada")


@pytest.fixture(autouse=True)
def bell() -> Iterator[Rung]:
    with rung() as bell:
        yield bell


@pytest.fixture
def probe() -> Iterator[Probe]:
    probe = Probe()
    with apps(probe.app()):
        yield probe


@pytest.fixture
def version(workspace: Workspace, probe: Probe) -> WorkflowVersion:
    return make_version(workspace, note("only"), kind="post_conversation")


def end(version: WorkflowVersion, probe: Probe, *, well: bool = False, times: int = 1, **over: Any) -> None:
    def refuse(_: Inputs) -> Any:
        raise Rejected("No.")

    probe.then = (lambda _: {}) if well else refuse
    for _ in range(times):
        advance(start_run(version, **over), "background")
    alerts.take()


def now(version: WorkflowVersion) -> Workflow:
    return Workflow.objects.get(pk=version.workflow_id)


def test_ten_failures_in_a_row_pause_it_and_say_why(version: WorkflowVersion, probe: Probe) -> None:
    end(version, probe, times=FAILURES_IN_A_ROW - 1)
    assert now(version).paused_at is None

    end(version, probe)

    paused = now(version)
    assert paused.paused_at
    assert paused.paused_by == "Parley"
    assert paused.pause_reason == "its last 10 runs failed: The other side refused"
    assert paused.pause_run_id == Run.objects.order_by("id").values_list("id", flat=True)[0]
    entry = AuditEntry.objects.get(verb="workflow.paused")
    assert (entry.actor, entry.user, entry.object_id) == ("Parley", None, str(paused.pk))


def test_one_that_succeeded_since_it_went_live_keeps_it_going(version: WorkflowVersion, probe: Probe) -> None:
    end(version, probe, well=True)
    end(version, probe, times=FAILURES_IN_A_ROW + 5)

    assert now(version).paused_at is None


def test_tests_never_count(version: WorkflowVersion, probe: Probe) -> None:
    end(version, probe, times=FAILURES_IN_A_ROW, kind="test", trigger="test")
    end(version, probe, times=FAILURES_IN_A_ROW - 1)

    assert now(version).paused_at is None


def test_publishing_counts_anew_and_does_not_resume(workspace: Workspace, probe: Probe) -> None:
    workflow = make_published_workflow(kind="post_conversation", steps=[note("only")])
    version = workflow.live_version
    assert version
    end(version, probe, times=FAILURES_IN_A_ROW)
    workflow.refresh_from_db()
    assert workflow.paused_at

    changed = drafting.switch(workflow, is_enabled=not workflow.draft["settings"].get("enabled"), by=BY)
    second = publishing.publish(changed, revision=changed.draft_revision, by=BY)
    assert Workflow.objects.get(pk=workflow.pk).paused_at, "publishing must not resume"

    pausing.resume(workflow, by=BY)
    end(second, probe, times=FAILURES_IN_A_ROW - 1)
    assert Workflow.objects.get(pk=workflow.pk).paused_at is None
    end(second, probe)
    assert Workflow.objects.get(pk=workflow.pk).paused_at


def test_late_failures_of_an_older_version_do_not_count(workspace: Workspace, probe: Probe) -> None:
    workflow = make_published_workflow(kind="post_conversation", steps=[note("only")])
    old = workflow.live_version
    assert old
    changed = drafting.switch(workflow, is_enabled=not workflow.draft["settings"].get("enabled"), by=BY)
    publishing.publish(changed, revision=changed.draft_revision, by=BY)

    end(old, probe, times=FAILURES_IN_A_ROW)

    assert Workflow.objects.get(pk=workflow.pk).paused_at is None


def test_after_resuming_one_failure_does_not_pause_it_again(version: WorkflowVersion, probe: Probe) -> None:
    end(version, probe, times=FAILURES_IN_A_ROW)
    pausing.resume(now(version), by=BY)

    end(version, probe)

    resumed = now(version)
    assert (resumed.paused_at, resumed.pause_reason, resumed.pause_run_id) == (None, "", None)
    assert AuditEntry.objects.filter(verb="workflow.resumed", actor="Ada").count() == 1


def test_the_pause_is_told(workspace: Workspace, version: WorkflowVersion, probe: Probe) -> None:
    given = {"emails": "ada@example.com", "webhook_url": "", "window_minutes": 60}
    alert_settings.save(workspace, is_on=True, **given, by=BY)  # type: ignore[arg-type]

    end(version, probe, times=FAILURES_IN_A_ROW)

    types = [row.payload["notice"]["type"] for row in Outbox.objects.filter(topic="alert.email")]
    assert sorted(types) == ["run.failed", "workflow.paused"]


def test_what_waits_stays_and_goes_on_after_resuming(version: WorkflowVersion, probe: Probe) -> None:
    pausing.pause(now(version), by=BY)
    run_id = start_run(version)

    advance(run_id, "background")
    assert Run.objects.get(pk=run_id).status == "queued"
    pausing.resume(now(version), by=BY)
    advance(run_id, "background")

    assert Run.objects.get(pk=run_id).status == "succeeded"


def test_pausing_twice_is_pausing_once(version: WorkflowVersion) -> None:
    first = pausing.pause(now(version), by=BY).paused_at

    assert pausing.pause(now(version), by=audit.system("Bob")).paused_at == first
    assert AuditEntry.objects.filter(verb="workflow.paused").count() == 1
    assert now(version).paused_by == "Ada"


def test_what_was_never_live_cannot_be_paused(workspace: Workspace) -> None:
    with pytest.raises(NotPublished):
        pausing.pause(make_workflow(), by=BY)


def test_resuming_what_is_not_paused_changes_nothing(version: WorkflowVersion) -> None:
    before = now(version).failures_since

    pausing.resume(now(version), by=BY)

    assert now(version).failures_since == before
    assert not AuditEntry.objects.filter(verb="workflow.resumed").exists()
