"""What state do people see? What is stored, and besides: *waiting*, *running* and *not reached*, from the
run's cursor.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from workflows.models.run import Run, RunStatus, StepRun

WAITING = "waiting"


def run_state(run: Run, *, now: datetime | None = None) -> str:
    """queued | running | waiting | succeeded | failed | cancelled | quarantined"""
    if run.status != RunStatus.QUEUED:
        return run.status
    is_ahead = run.next_at is not None and run.next_at > (now or timezone.now())
    return WAITING if is_ahead or run.wait_reason != "start" else run.status


def step_state(run: Run, step_id: str, rows: Sequence[StepRun]) -> str:
    """succeeded | failed | skipped | unknown | waiting | running | not_reached; `rows` are the step's
    attempts, in order.
    """
    stands_here = (run.cur_path or "").rpartition("/")[2] == step_id
    if stands_here and run.status == RunStatus.RUNNING and run.cur_state == "started":
        return "running"
    if stands_here and run.status == RunStatus.QUEUED:
        return WAITING
    return rows[-1].status if rows else "not_reached"
