"""How are a workflow and a run read while somebody waits? With prepared statements (workspaces.sql)."""

from uuid import UUID

from workflows.models import Run, StepRun, Workflow, WorkflowVersion
from workspaces import sql
from workspaces.models import Workspace

_WORKFLOW = sql.Columns(Workflow, "w", without={"draft"})
_VERSION = sql.Columns(WorkflowVersion, "v", without={"definition"})
_RUN = sql.Columns(Run, "r")
_STEP = sql.Columns(StepRun, "s")

_TO_BE_CALLED = f"""
SELECT {_WORKFLOW.sql}, {_VERSION.sql}
FROM workflows_workflow w LEFT JOIN workflow_version v ON v.id = w.live_version_id
WHERE w.id = %(workflow)s AND w.workspace_id = %(workspace)s"""  # noqa: S608 - made of constants
_BY_ID = f"SELECT {_RUN.sql} FROM run r WHERE r.id = %(run)s"  # noqa: S608
_STEPS = f"SELECT {_STEP.sql} FROM step_run s WHERE s.run_id = %(run)s ORDER BY s.seq, s.attempt"  # noqa: S608


def workflow(workspace: Workspace, workflow_id: UUID) -> Workflow | None:
    """With its live version, and both without their documents, which are long."""
    found = sql.one(_TO_BE_CALLED, {"workflow": workflow_id, "workspace": workspace.pk})
    if found is None:
        return None
    called = _WORKFLOW.instance(found[: len(_WORKFLOW)])
    called.workspace = workspace
    if called.live_version_id:
        called.live_version = _VERSION.instance(found[len(_WORKFLOW) :])
    return called


def run(run_id: UUID) -> Run:
    """Of a caller that has just started it, or that was let through to it."""
    found = sql.one(_BY_ID, {"run": run_id})
    if found is None:
        raise Run.DoesNotExist
    return _RUN.instance(found)


def steps(of: Run) -> list[StepRun]:
    """Every attempt of every step, in order."""
    return [_STEP.instance(row) for row in sql.many(_STEPS, {"run": of.pk})]
