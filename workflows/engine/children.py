"""How does a run use another workflow of its agent? By a run of that one, whose end wakes it again.

The called run is named by who called it from where, so it is made once. If it failed and is called again, a
successor takes over the steps that are done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from connectors.declare import JSON
from workflows.definition import values
from workflows.definition.document import ActionVariable
from workflows.engine import starting
from workflows.engine.hold import Hold
from workflows.engine.moves import CallWorkflow, Done, Failed, Outcome, StepError
from workflows.engine.notebook import CHILD_LOOKED_AT
from workflows.engine.published import published
from workflows.engine.starting import NewRun
from workflows.models import Run, Workflow
from workflows.models.run import TERMINAL, RunStatus
from workflows.models.workflow import WorkflowKind
from workflows.templating.paths import SECURE_KEY, is_marker

DEEPEST = 5
"""Workflows that call workflows: whoever calls itself comes to an end."""


def call(hold: Hold, move: CallWorkflow) -> Outcome | str:
    """What the called workflow came to; or the run's status, while it waits for that."""
    target = _target(hold, move)
    if isinstance(target, StepError):
        return _failed(hold, move, target)
    earlier = list(_calls(hold, move, target.pk))
    latest = earlier[-1] if earlier else None
    if latest is not None and (outcome := _outcome(hold, move, target, latest)):
        return outcome
    if latest is not None and latest.status not in TERMINAL:
        return hold.notebook.park_for_child(move.path, lambda: _adopted(hold, latest))
    assert target.live_version_id is not None
    variables = published(target.live_version_id).definition.settings.variables
    given = _given(hold, variables, move.given)
    if isinstance(given, StepError):
        return _failed(hold, move, given)
    called = _Called(hold, move, target, given, latest, len(earlier) + 1)
    return hold.notebook.park_for_child(move.path, called.insert)


def _target(hold: Hold, move: CallWorkflow) -> Workflow | StepError:
    if hold.claim.depth >= DEEPEST:
        return StepError(code="too_deep", message=f"Workflows call each other at most {DEEPEST} levels deep.")
    rows = Workflow.objects.filter(
        workspace_id=hold.claim.workspace_id, agent_id=hold.claim.agent_id, kind=WorkflowKind.ACTION
    )
    try:
        found = rows.filter(pk=UUID(move.workflow)).first()
    except ValueError:
        found = None
    if found is None:
        return StepError(code="unknown_workflow", message="The workflow to call is not there any more.")
    if found.live_version_id is None or found.paused_at is not None:
        return StepError(code="not_live", message=f"The workflow “{found.name}” is not live.")
    return found


def _calls(hold: Hold, move: CallWorkflow, workflow_id: UUID) -> list[Run]:
    """The runs that this step made, in this run or in the ones before it of the same history."""
    found: list[Run] = []
    for number in count(1):
        key = _key(hold, move, number)
        rows = Run.objects.filter(workspace_id=hold.claim.workspace_id, workflow_id=workflow_id)
        run = rows.filter(trigger_key=key).first()
        if run is None:
            return found
        found.append(run)
    return found


def _key(hold: Hold, move: CallWorkflow, number: int) -> str:
    return f"call:{hold.claim.root_run_id}:{move.path}:{number}"[:300]


def _outcome(hold: Hold, move: CallWorkflow, target: Workflow, called: Run) -> Outcome | None:
    """None: it goes on still, or is to be tried again."""
    ended_at = called.responded_at or called.finished_at
    if called.status == RunStatus.SUCCEEDED or called.responded_at:
        assert ended_at
        return _noted(hold, move, Done(called.result, ended_at), called.created_at)
    if called.status in TERMINAL and _was_waited_for(hold, move, called):
        assert ended_at
        said = (called.error or {}).get("message") or "it was cancelled."
        error = StepError(code="called_failed", message=f"“{target.name}” did not succeed: {said}")
        return _noted(hold, move, Failed(error, ended_at), called.created_at)
    return None


def _was_waited_for(hold: Hold, move: CallWorkflow, called: Run) -> bool:
    """By this run: its own, or one of its history that ended as it was taken over."""
    is_its_own = called.parent_run_id == hold.claim.run_id
    return is_its_own or (hold.claim.wait_reason == "child" and hold.claim.path == move.path)


def _adopted(hold: Hold, called: Run) -> tuple[UUID, timedelta]:
    """It was made for an earlier run of this history; from now on its end wakes this one."""
    row = Run.objects.select_for_update(no_key=True).get(pk=called.pk)
    if row.status in TERMINAL:
        return row.pk, timedelta(0)
    Run.objects.filter(pk=row.pk).update(parent_run_id=hold.claim.run_id)
    return row.pk, CHILD_LOOKED_AT


@dataclass(frozen=True)
class _Called:
    hold: Hold
    move: CallWorkflow
    target: Workflow
    given: dict[str, JSON]
    failed: Run | None
    number: int

    def insert(self) -> tuple[UUID, timedelta]:
        """Part of the caller's transaction."""
        claim = self.hold.claim
        assert self.target.live_version_id is not None
        session = {**_object(claim.input.get("session")), **self.hold.context.values("session")}
        started = starting.insert(
            NewRun(
                workspace_id=claim.workspace_id,
                agent_id=claim.agent_id,
                workflow_id=self.target.pk,
                version_id=self.failed.version_id if self.failed else self.target.live_version_id,
                kind=claim.kind,
                trigger="workflow",
                lane=claim.lane,
                trigger_key=_key(self.hold, self.move, self.number),
                input={**claim.input, "session": session, "action": self.given},
                context_id=claim.context_id,
                message_seq=claim.message_seq,
                deadline_s=self.hold.left_s,
                root_run_id=self.failed.root_run_id if self.failed else None,
                parent_run_id=claim.run_id,
                depth=claim.depth + 1,
            )
        )
        if started.is_new and self.failed:
            starting.take_over(started.run_id, self.failed.pk)
        return started.run_id, CHILD_LOOKED_AT


def _given(
    hold: Hold, variables: tuple[ActionVariable, ...], given: Mapping[str, JSON]
) -> dict[str, JSON] | StepError:
    """Every action variable: as given, else from where it is trusted, else null."""
    forged = [name for name, value in given.items() if is_marker(value)]
    wanted = [item for item in variables if not (item.name not in given and _is_secure(item))]
    filled = {**{item.name: _trusted(hold, item) for item in variables if item.origin}, **given}
    checked = {name: value for name, value in filled.items() if not is_marker(value)}
    wrong = [
        problem.message
        for problem in values.problems(wanted, checked, path="input", undeclared_allowed=False)
    ]
    wrong += [f"{name} cannot be a secure value" for name in forged]
    if wrong:
        return StepError(code="bad_input", message=f"The workflow cannot be called so: {'; '.join(wrong)}.")
    return {item.name: filled.get(item.name) for item in variables}


def _is_secure(variable: ActionVariable) -> bool:
    return variable.origin.startswith("secure.")


def _trusted(hold: Hold, variable: ActionVariable) -> JSON:
    root, _, name = variable.origin.partition(".")
    if root == "secure":
        return {SECURE_KEY: name} if name in hold.context.secure_names() else None
    return _object(hold.claim.input.get(root)).get(name) if root in ("variables", "session") else None


def _object(value: JSON) -> dict[str, JSON]:
    return value if isinstance(value, dict) else {}


def _failed(hold: Hold, move: CallWorkflow, error: StepError) -> Outcome:
    return _noted(hold, move, Failed(error, move.now), move.now)


def _noted(hold: Hold, move: CallWorkflow, outcome: Outcome, began_at: datetime) -> Outcome:
    hold.notebook.note(
        move.step,
        move.path,
        outcome,
        started_at=began_at,
        took_ms=max(0, round((outcome.at - began_at) / timedelta(milliseconds=1))),
        inputs={"workflow": move.workflow, "input": dict(move.given)},
    )
    return outcome
