"""How does a run that stopped go on in the repaired workflow? As a successor on the live version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from django.db import transaction

from workflows import selectors
from workflows.definition import walk
from workflows.definition.document import Definition
from workflows.engine import continuing, handing_over
from workflows.engine import starting as engine
from workflows.engine.continuing import NoWay, Outcome, Route
from workflows.engine.handing_over import HandOver
from workflows.engine.starting import NewRun
from workflows.errors import NotRetryable, StepGone
from workflows.models import Run, WorkflowVersion
from workflows.models.run import STOPPED, RunKind
from workflows.services import starting
from workspaces.services import audit
from workspaces.services.audit import Actor


def successor_of(run: Run, version_id: UUID) -> NewRun:
    """One for each run, whatever was asked for: the key says so."""
    return NewRun(
        workspace_id=run.workspace_id,
        agent_id=run.agent_id,
        workflow_id=run.workflow_id,
        version_id=version_id,
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
        order_key=run.order_key,
    )


def fix_and_continue(run: Run, *, instead: str = "", by: Actor) -> Run:
    """A successor on the live version: what is done stays done, and it goes on from the step that failed.

    Asking twice gives the same successor. `instead` is the step that a StepGone offered. Raises NotRetryable.
    """
    require_stopped(run)
    version = run.workflow.live_version
    if version is None or run.kind == RunKind.TEST:
        raise NotRetryable("There is no live version to go on in.")
    with transaction.atomic():
        started = engine.insert(successor_of(run, version.pk))
        if started.is_new:
            route = ways([run], version, instead=instead)[run.pk]
            if isinstance(route, NoWay):
                raise StepGone(str(route), route.next_step)
            handing_over.hand_over(
                [
                    HandOver(
                        predecessor_id=run.pk,
                        successor_id=started.run_id,
                        root_run_id=run.root_run_id,
                        route=route,
                    )
                ]
            )
            audit.record(run.workspace, by, "run.continued", of=run, on_version=version.number)
            transaction.on_commit(partial(starting.set_going, started.run_id, "background"))
    return Run.objects.get(pk=started.run_id)


def require_stopped(run: Run) -> None:
    if run.status not in STOPPED:
        raise NotRetryable("Only a run that failed or was cancelled can be tried again.")
    if run.pruned_at is not None:
        raise NotRetryable("What this run started with is not kept any more, so it cannot be tried again.")


def ways(runs: Sequence[Run], version: WorkflowVersion, *, instead: str = "") -> Mapping[UUID, Route | NoWay]:
    """Where each of these runs of one workflow would go on in the version, or why it cannot."""
    kind = version.workflow.kind
    new = selectors.definition_of(version, kind)
    olds = selectors.definitions({run.version_id for run in runs})
    forking = [place.step.id for place in walk.places(new) if place.step.branches]
    journals = handing_over.journals([run.pk for run in runs], forking)
    return {
        run.pk: _way(_Stand.of(run, journals[run.pk]), olds.get(run.version_id), new, instead) for run in runs
    }


@dataclass(frozen=True)
class _Stand:
    """Where a run stands, and what it has done before."""

    at: str | None
    has_ended: bool
    journal: Mapping[str, Outcome] = field(default_factory=dict)

    @classmethod
    def of(cls, run: Run, journal: Mapping[str, Outcome]) -> "_Stand":
        error = run.error or {}
        failed_at = error.get("path")
        at = failed_at or run.cur_path or None
        has_ended = not failed_at and at in journal and journal[str(at)].status != "failed"
        before = {path: outcome for path, outcome in journal.items() if path != at or has_ended}
        return cls(at, has_ended, before)


def _way(stand: _Stand, old: Definition | None, new: Definition, instead: str) -> Route | NoWay:
    if old is None:
        return NoWay("The version that it ran on has a step that this Parley does not know yet.")
    try:
        return continuing.route(old, new, stand.journal, stand.at, has_ended=stand.has_ended, instead=instead)
    except NoWay as reason:
        return reason
