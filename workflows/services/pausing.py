"""When does a workflow stop for a while, and who ends that? People pause and resume it; Parley pauses one
that only fails.

What is due stays due: claims leave a paused workflow's runs alone; the sweep finds a resumed one's.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from workflows import failures
from workflows.errors import NotPublished
from workflows.models import Run, Workflow
from workflows.models.run import RunKind, RunStatus
from workspaces import ids
from workspaces.services import audit
from workspaces.services.audit import Actor

FAILURES_IN_A_ROW = 10
"""So many production runs must have failed, and none succeeded, since the workflow last went live."""
PARLEY = audit.system("Parley")
CLOCKS_APART = timedelta(minutes=1)
"""Ids come from the clocks of many machines, times from the database's."""


@transaction.atomic
def pause(workflow: Workflow, *, by: Actor) -> Workflow:
    """At once, without a version: runs that wait stay as they are, running ones go on to their next claim."""
    current = _locked(workflow.pk)
    if current.live_version_id is None:
        raise NotPublished("This workflow is not live, so there is nothing to pause.")
    if current.paused_at is None:
        _stop(current, by=by)
    return current


@transaction.atomic
def resume(workflow: Workflow, *, by: Actor) -> Workflow:
    """Its failures are counted anew from now on."""
    current = _locked(workflow.pk)
    if current.paused_at is None:
        return current
    current.paused_at, current.pause_run_id = None, None
    current.paused_by = current.pause_reason = ""
    current.failures_since = timezone.now()
    current.save(update_fields=["paused_at", "paused_by", "pause_reason", "pause_run_id", "failures_since"])
    audit.record(current.workspace, by, "workflow.resumed", of=current)
    return current


@transaction.atomic
def pause_if_it_only_fails(workflow_id: UUID) -> Workflow | None:
    """The workflow, if it was paused now; None if there is no reason, or it is paused already."""
    current = _locked(workflow_id)
    if current.live_version_id is None or current.paused_at is not None:
        return None
    failed = _failed_since_it_went_live(current)
    if len(failed) < FAILURES_IN_A_ROW:
        return None
    first, last = failed[0], failed[-1]
    code = str((last.error or {}).get("code") or "quarantined")
    reason = f"its last {FAILURES_IN_A_ROW} runs failed: {failures.title(code)}"
    _stop(current, by=PARLEY, reason=reason, run_id=first.pk)
    return current


def _failed_since_it_went_live(workflow: Workflow) -> list[Run]:
    """Oldest first; empty as soon as one succeeded. Tests and runs of other versions do not count."""
    assert workflow.live_version is not None
    since = workflow.failures_since or workflow.live_version.published_at
    counted = Run.objects.filter(
        workflow=workflow,
        version_id=workflow.live_version_id,
        kind=RunKind.PRODUCTION,
        id__gte=ids.lowest_at(since - CLOCKS_APART),
        created_at__gte=since,
    )
    if counted.filter(status=RunStatus.SUCCEEDED).exists():
        return []
    failed = counted.filter(status__in=[RunStatus.FAILED, RunStatus.QUARANTINED])
    return list(failed.only("id", "error").order_by("id")[:FAILURES_IN_A_ROW])


def _stop(workflow: Workflow, *, by: Actor, reason: str = "", run_id: UUID | None = None) -> None:
    now: datetime = timezone.now()
    workflow.paused_at, workflow.paused_by = now, by.name[:254]
    workflow.pause_reason, workflow.pause_run_id = reason[:300], run_id
    workflow.save(update_fields=["paused_at", "paused_by", "pause_reason", "pause_run_id"])
    audit.record(workflow.workspace, by, "workflow.paused", of=workflow, reason=reason)


def _locked(workflow_id: UUID) -> Workflow:
    rows = Workflow.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("workspace", "agent", "live_version").get(pk=workflow_id)
