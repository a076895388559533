"""What can people do with a run that exists? Stop it, let it go on now or later, or try it again from where
it failed.

Each is one guarded statement: a worker that takes the run in between is faster, and a run that has ended
stays as it is.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone

from workflows import doorbell, events, replies
from workflows.engine import starting as engine
from workflows.engine import unknown
from workflows.engine.keys import idempotency_key
from workflows.engine.published import published
from workflows.errors import BadMoment, NotRetryable, NotWaiting
from workflows.models.run import TERMINAL, Run, RunStatus, StepRun, StepStatus
from workflows.services import continuing, starting
from workspaces.ids import uuid7
from workspaces.services import audit
from workspaces.services.audit import Actor

FURTHEST = timedelta(days=5 * 366)
UNTIMED = ("child",)
"""What it waits for has no time that could be moved."""
ANSWERED = ("event", "approval", *UNTIMED)
"""It goes on when an answer comes: *now* is not for us to say."""

_CANCEL = """
UPDATE run SET cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()),
  status = CASE WHEN status = 'running' THEN status ELSE 'cancelled' END,
  wait_reason = CASE WHEN status = 'running' THEN wait_reason END,
  finished_at = CASE WHEN status = 'running' THEN finished_at ELSE clock_timestamp() END
WHERE id = %s AND status IN ('queued', 'running', 'quarantined')
RETURNING status"""

_RUN_NOW = """
UPDATE run SET next_at = least(next_at, clock_timestamp()), hinted_at = clock_timestamp()
WHERE id = %s AND status = 'queued' AND wait_reason <> ALL(%s) RETURNING lane"""

_POSTPONE = """
UPDATE run SET next_at = %s, hinted_at = NULL
WHERE id = %s AND status = 'queued' AND wait_reason <> ALL(%s) RETURNING lane"""

_POSTPONE_BY = _POSTPONE.replace(
    "next_at = %s",
    "next_at = (greatest(next_at, clock_timestamp()) AT TIME ZONE %s + %s) AT TIME ZONE %s",
)

_WAKE_CALLER = """
UPDATE run SET next_at = clock_timestamp(), hinted_at = clock_timestamp()
WHERE id = %s AND status = 'queued' AND wait_reason = 'child' RETURNING id, lane"""

_RESUME = """
UPDATE run SET status = 'queued', wait_reason = 'retry', next_at = clock_timestamp(),
  hinted_at = clock_timestamp(), crash_count = 0
WHERE id = %s AND status = 'quarantined' RETURNING lane"""


def cancel(run: Run, by: Actor) -> Run:
    """A waiting run ends at once; a running one before its next step, never in the middle of one. Ended runs
    stay as they are.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        was = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
        cursor.execute(_CANCEL, [run.pk])
        found = cursor.fetchone()
        if found:
            audit.record(run.workspace, by, "run.cancelled", of=run)
        if found and was.status != RunStatus.RUNNING and was.cur_state == "started":
            _note_lost(was)
    run.refresh_from_db()
    if found and run.status == RunStatus.CANCELLED:
        transaction.on_commit(partial(tell, run))
        _wake_caller(run)
    if found:
        for called in Run.objects.filter(parent_run_id=run.pk, trigger="workflow").exclude(
            status__in=TERMINAL
        ):
            cancel(called, by)
    return run


def _note_lost(run: Run) -> None:
    """A step had begun when the run's holder was lost: that it may have taken place is not forgotten."""
    path = run.cur_path or ""
    step = published(run.version_id).steps[path.rpartition("/")[2]]
    lost = unknown.error(step)
    StepRun.objects.create(
        id=uuid7(),
        workspace_id=run.workspace_id,
        run=run,
        seq=run.seq + 1,
        attempt=run.attempt if run.status == RunStatus.QUARANTINED else run.attempt - 1,
        path=path,
        step_id=step.id,
        action=step.action,
        status=StepStatus.UNKNOWN,
        epoch=run.epoch,
        idem_key=idempotency_key(run.root_run_id, path),
        error_class=lost.code,
        error=lost.message,
        started_at=timezone.now(),
        duration_ms=0,
    )


def _wake_caller(run: Run) -> None:
    """Who called its workflow need not wait for it any more."""
    if run.trigger != "workflow":
        return
    with connection.cursor() as cursor:
        cursor.execute(_WAKE_CALLER, [run.parent_run_id])
        found = cursor.fetchone()
    if found:
        transaction.on_commit(partial(doorbell.ring, *found))


def run_now(run: Run, by: Actor) -> Run:
    """Its time has come: workers are told. Raises NotWaiting."""
    if not _moved(_RUN_NOW, [run.pk, list(ANSWERED)], run, by, "run.run_now"):
        raise _not_waiting(run, ANSWERED)
    return run


def postpone(run: Run, until: datetime, by: Actor) -> Run:
    """It goes on then; of a wait for an answer, that is when it gives up. Raises BadMoment and NotWaiting."""
    if not timezone.now() < until < timezone.now() + FURTHEST:
        raise BadMoment("Choose a time that lies ahead, at most five years from now.")
    values = [until, run.pk, list(UNTIMED)]
    if not _moved(_POSTPONE, values, run, by, "run.postponed", until=until.isoformat()):
        raise _not_waiting(run, UNTIMED)
    return run


def postpone_by(run: Run, span: timedelta, zone: ZoneInfo, by: Actor) -> Run:
    """From its due time, or from now if that has passed; days keep the hour in `zone`. Raises NotWaiting."""
    values = [zone.key, span, zone.key, run.pk, list(UNTIMED)]
    if not _moved(_POSTPONE_BY, values, run, by, "run.postponed", by_s=round(span.total_seconds())):
        raise _not_waiting(run, UNTIMED)
    return run


def resume(run: Run, by: Actor) -> Run:
    """A run that was set apart because its workers died gets another start. Raises NotRetryable."""
    if not _moved(_RESUME, [run.pk], run, by, "run.resumed"):
        raise NotRetryable("Only a run that is held back can be let go.")
    return run


def retry(run: Run, by: Actor) -> Run:
    """A successor of a failed run, on the same version: it takes over the steps that are done and goes on
    from the failed one.

    Asking twice gives the same successor. Raises NotRetryable.
    """
    continuing.require_stopped(run)
    with transaction.atomic():
        started = engine.insert(continuing.successor_of(run, run.version_id))
        if started.is_new:
            engine.take_over(started.run_id, run.pk)
            audit.record(run.workspace, by, "run.retried", of=run)
            transaction.on_commit(partial(starting.set_going, started.run_id, "background"))
    return Run.objects.get(pk=started.run_id)


def tell(run: Run) -> None:
    """Whoever looks at the run, or waits for it, learns how it is now."""
    events.publish(events.RunChanged(run.workspace_id, run.pk, run.workflow_id, run.context_id, run.status))
    if run.finished_at:
        replies.answer(run.pk, "")


def _moved(statement: str, values: list[Any], run: Run, by: Actor, verb: str, **details: Any) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchone()
        if found is None:
            return False
        audit.record(run.workspace, by, verb, of=run, **details)
        run.refresh_from_db()
        transaction.on_commit(partial(_go_on, run))
    return True


def _go_on(run: Run) -> None:
    """Told after the commit. A due time that lies ahead needs no hint: the sweep comes by."""
    tell(run)
    if run.hinted_at:
        doorbell.ring(run.pk, run.lane)


def _not_waiting(run: Run, not_for: tuple[str, ...]) -> NotWaiting:
    now = Run.objects.get(pk=run.pk)
    if now.status == RunStatus.QUEUED and now.wait_reason in not_for:
        return NotWaiting("It waits for an answer, not for a time. It can be cancelled.")
    return NotWaiting("This run does not wait any more.")
