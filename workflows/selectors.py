"""What is so about an agent or a workflow: its draft, its state, its problems, what its steps gave back?"""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import Value

from connectors import registry
from connectors.declare import JSON
from connectors.models import Connection
from workflows import neighbours
from workflows.definition import agent_check, agent_document, check, diff, document, walk
from workflows.definition.agent_check import KnownWorkflow, Surroundings
from workflows.definition.agent_document import AgentDefinition
from workflows.definition.check import Vocabulary
from workflows.definition.diff import StepDiff
from workflows.definition.document import Definition, StructureInvalid
from workflows.definition.problems import Problem
from workflows.models import (
    Agent,
    AgentVersion,
    DraftChange,
    Run,
    StepRun,
    StepSample,
    Workflow,
    WorkflowVersion,
)
from workflows.models.workflow import WorkflowKind
from workspaces.models import Secret

ANALYSIS_TYPES = {"enum": "string", "json": "any"}
MODEL_PROVIDER = "openai"
"""The app whose connections lead to language models."""
RUNS_SAMPLED = 20
VERSIONS_KEPT = 512
DRAFTS_KEPT = 100


class State(StrEnum):
    DRAFT_ONLY = "draft_only"
    LIVE = "live"
    UNPUBLISHED_CHANGES = "unpublished_changes"


def state(workflow: Workflow) -> State:
    """Derived, never stored: by comparing the digests of the canonical documents."""
    live = workflow.live_version
    if live is None:
        return State.DRAFT_ONLY
    return State.LIVE if live.sha256 == workflow.draft_sha256 else State.UNPUBLISHED_CHANGES


def agent_state(agent: Agent) -> State:
    if agent.live_version is None:
        return State.DRAFT_ONLY
    is_changed = is_agent_changed(agent, agent_definition(agent))
    return State.UNPUBLISHED_CHANGES if is_changed else State.LIVE


def is_agent_changed(agent: Agent, draft: AgentDefinition) -> bool:
    """Compared as they are read today: a version that lacks a newer key has its default."""
    live = agent.live_version
    return live is None or agent_definition_of(live) != draft


def definition(workflow: Workflow) -> Definition:
    """Read once per process: a digest names one document."""
    found = _drafts.get((workflow.kind, workflow.draft_sha256))
    if found is None:
        own = json.loads(json.dumps(workflow.draft))  # shares nothing with the row
        found = parsed(own, workflow.kind)
        if workflow.draft_sha256:  # else it was never stored
            remember(workflow, found)
    return found


def remember(workflow: Workflow, draft: Definition) -> None:
    """What the row says now, so that nobody reads it again."""
    if len(_drafts) >= DRAFTS_KEPT:
        _drafts.clear()
    _drafts[workflow.kind, workflow.draft_sha256] = draft


_drafts: dict[tuple[str, str], Definition] = {}


def definition_of(version: WorkflowVersion, kind: str) -> Definition:
    """Read once per process: a version never changes."""
    found = _definitions.get(version.pk)
    if found is None:
        if len(_definitions) >= VERSIONS_KEPT:
            _definitions.clear()
        found = _definitions[version.pk] = parsed(version.definition, kind)
    return found


def definitions(version_ids: Collection[UUID]) -> Mapping[UUID, Definition]:
    """One query for those that this process has not read yet. One that it is too old to read is left out."""
    read = {pk: _definitions[pk] for pk in version_ids if pk in _definitions}
    unread = [pk for pk in version_ids if pk not in read]
    if unread:
        for version in WorkflowVersion.objects.filter(pk__in=unread).select_related("workflow"):
            with suppress(StructureInvalid):
                read[version.pk] = definition_of(version, version.workflow.kind)
    return read


_definitions: dict[UUID, Definition] = {}


def parsed(content: JSON, kind: str) -> Definition:
    return document.parse(content, kind=kind, registry=registry.default())


def agent_definition(agent: Agent) -> AgentDefinition:
    return agent_document.parse(agent.draft)


def agent_definition_of(version: AgentVersion) -> AgentDefinition:
    """Read once per process: a version never changes."""
    found = _agent_definitions.get(version.pk)
    if found is None:
        if len(_agent_definitions) >= VERSIONS_KEPT:
            _agent_definitions.clear()
        found = _agent_definitions[version.pk] = agent_document.parse(version.definition)
    return found


_agent_definitions: dict[UUID, AgentDefinition] = {}


def action_names(agent: Agent) -> list[tuple[str, UUID]]:
    """Name and id of each of its action workflows."""
    workflows = Workflow.objects.filter(agent=agent, kind=WorkflowKind.ACTION)
    return list(workflows.order_by("name").values_list("name", "pk"))


def surroundings(agent: Agent) -> Surroundings:
    """What the agent's texts and its flow may name. Two queries."""
    workflows = Workflow.objects.filter(agent=agent, kind=WorkflowKind.ACTION).select_related("live_version")
    providers = Connection.objects.filter(workspace_id=agent.workspace_id, app=MODEL_PROVIDER)
    return Surroundings(
        workflows={str(workflow.pk): _known(workflow) for workflow in workflows.order_by("name")},
        providers=frozenset(str(id_) for id_ in providers.values_list("id", flat=True)),
    )


def _known(workflow: Workflow) -> KnownWorkflow:
    live = workflow.live_version
    settings = (definition_of(live, workflow.kind) if live else definition(workflow)).settings
    return KnownWorkflow(
        id=str(workflow.pk),
        name=workflow.name,
        description=settings.description,
        is_live=live is not None and workflow.paused_at is None,
        version=live.number if live else None,
        spoken=tuple(variable.name for variable in settings.variables if variable.source == "spoken"),
    )


def agent_problems(agent: Agent, draft: AgentDefinition) -> list[Problem]:
    return agent_check.check(draft, surroundings(agent))


def vocabulary(agent: Agent, workflow: Workflow | None = None) -> Vocabulary:
    """The names that the steps of this agent's workflows may use, with their types; of `workflow`, where its
    own steps are looked at.
    """
    described = agent_definition(agent)
    connections = Connection.objects.filter(workspace_id=agent.workspace_id).values_list("id", "app")
    secrets = Secret.objects.filter(workspace_id=agent.workspace_id).values_list("key", flat=True)
    known = neighbours.of(agent, workflow)
    return Vocabulary(
        variables={item.name: item.type for item in described.variables},
        analysis={item.key: ANALYSIS_TYPES.get(item.type, item.type) for item in described.analysis},
        secure={item.name: "string" for item in described.secure_metadata},
        session=known.session,
        secrets=frozenset(secrets),
        connections={str(id_): app for id_, app in connections},
        workflows=known.workflows,
        workflow=str(workflow.pk) if workflow else "",
    )


def problems(workflow: Workflow, *, draft: Definition | None = None) -> list[Problem]:
    """Everything wrong with the draft, errors and warnings. `draft` saves parsing it again."""
    return check.check(
        draft or definition(workflow),
        registry=registry.default(),
        vocabulary=vocabulary(workflow.agent, workflow),
    )


@dataclass(frozen=True)
class Unpublished:
    """What the draft changes in the live version, and who wrote it."""

    changes: tuple[StepDiff, ...]
    authors: tuple[str, ...]

    def count(self, change: str) -> int:
        return sum(1 for item in self.changes if item.change == change)


def changes_since_publish(workflow: Workflow) -> Unpublished:
    live = workflow.live_version
    before = definition_of(live, workflow.kind) if live else None
    written = DraftChange.objects.filter(workflow=workflow)
    if live:
        written = written.filter(at__gt=live.published_at)
    return Unpublished(
        changes=tuple(diff.diff(before, definition(workflow), registry.default())),
        authors=tuple(written.order_by("by_name").values_list("by_name", flat=True).distinct()),
    )


def samples(workflow: Workflow, draft: Definition) -> Mapping[str, JSON]:
    """Step id → what a person chose as its sample, else what it gave back when it last succeeded, looked for
    in the newest runs. What another action gave, before the step was replaced, is none. One query.
    """
    kept = Run.objects.filter(workflow=workflow, pruned_at=None)
    newest = kept.order_by("-id").values("id")[:RUNS_SAMPLED]
    succeeded = StepRun.objects.filter(run_id__in=newest, status="succeeded")
    latest = succeeded.order_by("step_id", "-started_at").distinct("step_id")
    chosen = StepSample.objects.filter(workflow=workflow)
    columns = ("step_id", "action", "output", "rank")
    given = latest.annotate(rank=Value(0)).values_list(*columns)
    rows = given.union(chosen.annotate(rank=Value(1)).values_list(*columns), all=True)
    actions = {place.step.id: place.step.action for place in walk.places(draft)}
    return {
        step_id: output
        for step_id, action, output, _ in sorted(rows, key=lambda row: row[3])
        if actions.get(step_id) == action
    }


def action_workflows(agent_id: UUID) -> list[Workflow]:
    """Every one, live or not: what a conversation with drafts may use."""
    rows = Workflow.objects.filter(agent_id=agent_id, kind="action")
    return list(rows.select_related("live_version", "workspace").order_by("name"))


def live_workflows(agent_id: UUID, kind: str) -> list[Workflow]:
    """The ones that conversations may use: published, and not stopped by *Pause*."""
    return [workflow for workflow in published_workflows(agent_id, kind) if workflow.paused_at is None]


def published_workflows(agent_id: UUID, kind: str) -> list[Workflow]:
    """Paused ones too: what follows a conversation waits until the pause is over."""
    live = Workflow.objects.filter(agent_id=agent_id, kind=kind, live_version__isnull=False)
    return list(live.select_related("live_version", "workspace").order_by("name"))
