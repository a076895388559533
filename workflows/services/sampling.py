"""What stands for a step's output in tests and in the picker, instead of what it gave last?"""

from django.db import transaction
from django.utils import timezone

from connectors.declare import JSON
from workflows import selectors
from workflows.definition import walk
from workflows.definition.json_limits import find_problem
from workflows.definition.problems import OperationRefused
from workflows.models import Run, StepRun, StepSample, Workflow
from workspaces.services.audit import Actor

MAX_BYTES = 200_000
MAX_LEVELS = 30


@transaction.atomic
def keep(workflow: Workflow, step_id: str, output: JSON, *, run: Run | None = None, by: Actor) -> StepSample:
    """Raises OperationRefused for a step that is gone, and for what is too much."""
    step = walk.require(selectors.definition(workflow), step_id).step
    if problem := find_problem(output, "sample", max_bytes=MAX_BYTES, max_levels=MAX_LEVELS):
        raise OperationRefused(problem.code, problem.message)
    kept, _ = StepSample.objects.update_or_create(
        workflow=workflow,
        step_id=step_id,
        defaults={
            "workspace_id": workflow.workspace_id,
            "action": step.action,
            "output": output,
            "run": run,
            "by_name": by.name[:254],
            "at": timezone.now(),
        },
    )
    return kept


def keep_of_run(run: Run, path: str, *, by: Actor) -> StepSample:
    """What the step at this place of a run gave back. Raises OperationRefused where there is nothing."""
    row = StepRun.objects.filter(run=run, path=path, status="succeeded").first()
    if row is None or run.pruned_at is not None:
        raise OperationRefused("no_output", "This run holds no output of the step.")
    return keep(run.workflow, row.step_id, row.output, run=run, by=by)


def drop(workflow: Workflow, step_id: str) -> None:
    """From now on it is again what the step gave last."""
    StepSample.objects.filter(workflow=workflow, step_id=step_id).delete()


def kept(workflow: Workflow, step_id: str) -> StepSample | None:
    return StepSample.objects.filter(workflow=workflow, step_id=step_id).select_related("run").first()
