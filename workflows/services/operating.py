"""What can people do with a run that exists? Stop it, or try it again from where it failed."""

from functools import partial

from django.db import connection, transaction

from workflows import events, replies
from workflows.engine import starting as engine
from workflows.engine.starting import NewRun
from workflows.errors import NotRetryable
from workflows.models.run import TERMINAL, Run, RunStatus
from workflows.services import starting
from workspaces.services import audit
from workspaces.services.audit import Actor

_CANCEL = """
UPDATE run SET cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()),
  status = CASE WHEN status = 'running' THEN status ELSE 'cancelled' END,
  wait_reason = CASE WHEN status = 'running' THEN wait_reason END,
  finished_at = CASE WHEN status = 'running' THEN finished_at ELSE clock_timestamp() END
WHERE id = %s AND status IN ('queued', 'running', 'quarantined')
RETURNING status"""


def cancel(run: Run, by: Actor) -> Run:
    """A waiting run ends at once; a running one before its next step, never in the middle of one. Ended runs
    stay as they are.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CANCEL, [run.pk])
        found = cursor.fetchone()
        if found:
            audit.record(run.workspace, by, "run.cancelled", of=run)
    run.refresh_from_db()
    if found and run.status == RunStatus.CANCELLED:
        transaction.on_commit(partial(_tell, run))
    if found:
        for called in Run.objects.filter(parent_run_id=run.pk, trigger="workflow").exclude(
            status__in=TERMINAL
        ):
            cancel(called, by)
    return run


def retry(run: Run, by: Actor) -> Run:
    """A successor of a failed run, on the same version: it takes over the steps that are done and goes on
    from the failed one.

    Asking twice gives the same successor. Raises NotRetryable.
    """
    if run.status not in (RunStatus.FAILED, RunStatus.CANCELLED):
        raise NotRetryable("Only a run that failed or was cancelled can be tried again.")
    with transaction.atomic():
        started = engine.insert(
            NewRun(
                workspace_id=run.workspace_id,
                agent_id=run.agent_id,
                workflow_id=run.workflow_id,
                version_id=run.version_id,
                kind=run.kind,
                trigger="retry",
                lane="background",
                trigger_key=f"retry:{run.pk}",
                input=run.input,
                context_id=run.context_id,
                message_seq=run.message_seq,
                root_run_id=run.root_run_id,
                parent_run_id=run.pk,
                depth=run.depth,
            )
        )
        if started.is_new:
            engine.take_over(started.run_id, run.pk)
            audit.record(run.workspace, by, "run.retried", of=run)
            transaction.on_commit(partial(starting.set_going, started.run_id, "background"))
    return Run.objects.get(pk=started.run_id)


def _tell(run: Run) -> None:
    events.publish(events.RunChanged(run.workspace_id, run.pk, run.workflow_id, run.context_id, run.status))
    replies.answer(run.pk, "")
