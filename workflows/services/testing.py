"""How is a draft tried out before it goes live? As a run of kind *test*, on a version that can never be live.

Tests act for real unless a step is answered by its sample; they never count as production runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from connectors import registry
from connectors.declare import JSON, Repeat
from workflows import selectors
from workflows.definition import operations, walk
from workflows.definition.document import Definition, Policy, Step
from workflows.engine import context, rehearsing
from workflows.engine import starting as engine
from workflows.engine.data import Lazy
from workflows.engine.known import moment
from workflows.engine.starting import NewRun
from workflows.models import Run, StepRun, Workflow
from workflows.models.run import Lane, RunKind
from workflows.models.workflow import WorkflowKind
from workflows.services import publishing, starting
from workspaces.ids import uuid7
from workspaces.services.audit import Actor

OWN = ("flow",)
"""Apps whose steps touch nothing outside of Parley."""


@dataclass(frozen=True, kw_only=True)
class TestData:
    """With what a test runs: samples, a past run's data, or what a person made of them."""

    __test__ = False

    input: Mapping[str, JSON] = field(default_factory=dict)
    """{action, variables, analysis, session}"""
    outputs: Mapping[str, JSON] = field(default_factory=dict)
    """Step id → what it gives back."""
    context_id: UUID | None = None


def sample_data(workflow: Workflow, definition: Definition) -> TestData:
    """The samples of the variables, and what the steps last gave back."""
    return TestData(input=_declared(workflow, definition), outputs=selectors.samples(workflow, definition))


def _declared(workflow: Workflow, definition: Definition) -> dict[str, dict[str, JSON]]:
    agent = selectors.agent_definition(workflow.agent)
    return {
        "action": {item.name: item.sample for item in definition.settings.variables},
        "variables": {item.name: item.sample for item in agent.variables},
        "analysis": {item.key: None for item in agent.analysis},
        "session": {},
    }


def preview_roots(workflow: Workflow, definition: Definition) -> dict[str, Any]:
    """What the roots but `steps` held last: the samples of the variables, over them the newest run's data."""
    roots: dict[str, Any] = {name: dict(values) for name, values in _declared(workflow, definition).items()}
    kept = Run.objects.filter(workflow=workflow, pruned_at=None).order_by("-id")
    row = kept.values_list("input", "context_id", "id", "number", "trigger", "started_at").first()
    if row is None:
        return roots
    given, context_id, id_, number, trigger, started_at = row
    for name, values in roots.items():
        values.update(given.get(name) or {})
    run = {"id": str(id_), "number": number, "trigger": trigger}
    run["started_at"] = moment(started_at) if started_at else None
    seen = Lazy(partial(_conversation, workflow.workspace_id, context_id))
    return {**roots, "conversation": seen, "run": run, "now": run["started_at"]}


def _conversation(workspace_id: UUID, context_id: UUID | None) -> Mapping[str, JSON]:
    try:
        return context.of(workspace_id, context_id, None).values("conversation")
    except ObjectDoesNotExist:  # erased since
        return {}


def data_of(run: Run) -> TestData:
    """What a past run started with and what its steps gave; of a loop's steps the first pass."""
    rows = StepRun.objects.filter(run=run, status="succeeded").order_by("seq")
    outputs: dict[str, JSON] = {}
    for step_id, output in rows.values_list("step_id", "output"):
        outputs.setdefault(step_id, output)
    given = {name: value for name, value in run.input.items() if name != "samples"}
    return TestData(input=given, outputs=outputs, context_id=run.context_id)


def with_effects(definition: Definition) -> list[Step]:
    """The steps that would do something in the world: a person is asked before they really act."""
    return [place.step for place in walk.places(definition) if place.step.enabled and has_effect(place.step)]


def has_effect(step: Step) -> bool:
    known = registry.default().find(step.action)
    if known is None or known.app.slug in OWN:
        return step.action.startswith("flow.call_workflow@")
    return known.action.repeat_of(step.inputs) is not Repeat.SAFE


def declared_sample(step: Step) -> JSON:
    """What a step that was never run is said to give."""
    known = registry.default().find(step.action)
    outputs = known.action.outputs if known else ()
    return {output.name: output.sample for output in outputs}


def test_workflow(
    workflow: Workflow, *, data: TestData, answered: Mapping[str, JSON] | None = None, by: Actor
) -> Run:
    """Runs the draft from its start. `answered` is step id → the sample that stands for its answer."""
    return _start(workflow, selectors.definition(workflow), data, answered or {}, by)


def test_step(
    workflow: Workflow,
    step_id: str,
    *,
    data: TestData,
    inputs: Mapping[str, JSON] | None = None,
    connection: str | None = None,
    policy: Policy | None = None,
    answered: Mapping[str, JSON] | None = None,
    by: Actor,
) -> Run:
    """Runs this step alone, with what is on the screen when `inputs` are given; the steps before it count as
    having given `data.outputs`. Raises OperationRefused when the step is gone.
    """
    definition = selectors.definition(workflow)
    if inputs is not None:
        definition = operations.configure_step(
            definition,
            step_id,
            registry=registry.default(),
            inputs=inputs,
            connection=connection,
            policy=policy,
        )
    walk.require(definition, step_id)
    rehearsal = rehearsing.rehearsal(definition, step_id, data.outputs)
    return _start(workflow, definition, data, answered or {}, by, rehearsal)


test_workflow.__test__ = test_step.__test__ = False  # type: ignore[attr-defined]


@transaction.atomic
def _start(
    workflow: Workflow,
    definition: Definition,
    data: TestData,
    answered: Mapping[str, JSON],
    by: Actor,
    rehearsal: rehearsing.Rehearsal | None = None,
) -> Run:
    version = publishing.frozen(workflow, definition, by=by)
    lane = Lane.LIVE if workflow.kind == WorkflowKind.ACTION else Lane.BACKGROUND
    run_id = engine.insert(
        NewRun(
            workspace_id=workflow.workspace_id,
            agent_id=workflow.agent_id,
            workflow_id=workflow.pk,
            version_id=version.pk,
            kind=RunKind.TEST,
            trigger="test",
            lane=lane,
            trigger_key=f"test:{uuid7()}",
            input={**data.input, "samples": dict(answered)},
            context_id=data.context_id,
            stop_path=rehearsal.path if rehearsal else None,
        )
    ).run_id
    if rehearsal:
        engine.prefill(run_id, rehearsal.rows)
    transaction.on_commit(partial(starting.set_going, run_id, lane))
    return Run.objects.get(pk=run_id)
