"""What state do people see? What is stored, and besides: *waiting*, *running* and *not reached*, from the
run's cursor.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from workflows.models.run import Run, RunStatus, StepRun, StepStatus

WAITING = "waiting"


def run_state(run: Run, *, now: datetime | None = None) -> str:
    """queued | running | waiting | succeeded | failed | cancelled | quarantined"""
    if run.status != RunStatus.QUEUED:
        return run.status
    is_ahead = _is_ahead(run, now)
    return WAITING if is_ahead or run.wait_reason != "start" or _is_paused(run) else run.status


def wait_reason(run: Run, *, now: datetime | None = None) -> str | None:
    """Why it does not go on: what is stored, or *paused* where it is due and its workflow is paused."""
    if run_state(run, now=now) != WAITING:
        return None
    return "paused" if _is_paused(run) and not _is_ahead(run, now) else run.wait_reason


def _is_ahead(run: Run, now: datetime | None) -> bool:
    return run.next_at is not None and run.next_at > (now or timezone.now())


def _is_paused(run: Run) -> bool:
    """Known where the workflow came with the run; a list that only counts states does not ask for it."""
    return Run._meta.get_field("workflow").is_cached(run) and run.workflow.paused_at is not None


def step_state(run: Run, step_id: str, rows: Sequence[StepRun]) -> str:
    """succeeded | failed | skipped | unknown | waiting | running | not_reached; `rows` are the step's
    attempts, in order.
    """
    stands_here = (run.cur_path or "").rpartition("/")[2] == step_id
    if stands_here and run.status == RunStatus.RUNNING and run.cur_state == "started":
        return "running"
    if stands_here and run.status == RunStatus.QUEUED:
        return WAITING
    if stands_here and run.status == RunStatus.QUARANTINED and run.cur_state == "started":
        return StepStatus.UNKNOWN
    return rows[-1].status if rows else "not_reached"


def path_state(run: Run, path: str, rows: Sequence[StepRun]) -> str:
    """The same for one place in the run: a step in one pass of a loop. `rows` are the attempts there."""
    if run.cur_path == path and run.status == RunStatus.RUNNING and run.cur_state == "started":
        return "running"
    if run.cur_path == path and run.status == RunStatus.QUEUED:
        return WAITING
    if run.cur_path == path and run.status == RunStatus.QUARANTINED and run.cur_state == "started":
        return StepStatus.UNKNOWN
    return rows[-1].status if rows else "not_reached"
