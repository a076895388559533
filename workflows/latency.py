"""How long do a workflow's steps usually take, and is that within what the agent waits?"""

from collections.abc import Sequence
from uuid import UUID

from workflows.definition.document import Definition, Step
from workflows.definition.problems import Problem
from workflows.engine import sql

RUNS_LOOKED_AT = 200
FEWEST = 5
"""Runs of a step below which nothing is said of it."""

_USUAL = """
SELECT s.step_id, percentile_cont(0.95) WITHIN GROUP (ORDER BY s.duration_ms)
FROM step_run s JOIN (
  SELECT id FROM run WHERE workflow_id = %(workflow)s AND kind = 'production' ORDER BY id DESC
  LIMIT %(runs)s) newest ON newest.id = s.run_id
WHERE s.status = 'succeeded' GROUP BY s.step_id HAVING count(*) >= %(fewest)s"""


def problem(workflow_id: UUID, definition: Definition) -> Problem | None:
    """A warning when the usual times of the steps, the 95th percentiles, add up to more than the deadline."""
    if definition.kind != "action":
        return None
    usual = {step_id: ms / 1000 for step_id, ms in sql.many(_USUAL, _values(workflow_id))}
    total = longest_s(definition.steps, usual)
    deadline = definition.settings.deadline_s
    if total <= deadline:
        return None
    message = f"Its steps usually take {total:.0f} s together, but the agent waits {deadline:g} s."
    return Problem("settings.deadline_s", "slow", message, "warning", field="deadline_s")


def longest_s(steps: Sequence[Step], usual: dict[str, float]) -> float:
    """Of the ways through the steps, the slowest one. A loop is counted by itself: it holds its passes."""
    return sum(_step_s(step, usual) for step in steps if step.enabled)


def _step_s(step: Step, usual: dict[str, float]) -> float:
    branches = [longest_s(branch.steps, usual) for branch in step.branches if not branch.on_error]
    inside = sum(branches) if step.inputs.get("mode") == "every" else max(branches, default=0.0)
    return usual.get(step.id, 0.0) + inside


def _values(workflow_id: UUID) -> dict[str, object]:
    return {"workflow": workflow_id, "runs": RUNS_LOOKED_AT, "fewest": FEWEST}
