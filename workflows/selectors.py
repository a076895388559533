"""What is so about a workflow: its draft, its state, its problems, and what its steps gave back lately?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from connectors import registry
from connectors.declare import JSON
from connectors.models import Connection
from workflows.definition import agent_document, check, diff, document
from workflows.definition.agent_document import AgentDefinition
from workflows.definition.check import Vocabulary
from workflows.definition.diff import StepDiff
from workflows.definition.document import Definition
from workflows.definition.problems import Problem
from workflows.models import Agent, DraftChange, Run, StepRun, Workflow, WorkflowVersion
from workspaces.models import Secret

ANALYSIS_TYPES = {"enum": "string", "json": "any"}
RUNS_SAMPLED = 20
VERSIONS_KEPT = 512


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
    live = agent.live_version
    if live is None:
        return State.DRAFT_ONLY
    is_same = live.sha256 == agent_document.digest(agent_definition(agent))
    return State.LIVE if is_same else State.UNPUBLISHED_CHANGES


def definition(workflow: Workflow) -> Definition:
    return parsed(workflow.draft, workflow.kind)


def definition_of(version: WorkflowVersion, kind: str) -> Definition:
    """Read once per process: a version never changes."""
    found = _definitions.get(version.pk)
    if found is None:
        if len(_definitions) >= VERSIONS_KEPT:
            _definitions.clear()
        found = _definitions[version.pk] = parsed(version.definition, kind)
    return found


def definitions(version_ids: Collection[UUID], kind: str) -> Mapping[UUID, Definition]:
    """One query for those that this process has not read yet."""
    unread = [pk for pk in version_ids if pk not in _definitions]
    found = WorkflowVersion.objects.in_bulk(unread) if unread else {}
    read = {pk: definition_of(version, kind) for pk, version in found.items()}
    return read | {pk: _definitions[pk] for pk in version_ids if pk not in read}


_definitions: dict[UUID, Definition] = {}


def parsed(content: JSON, kind: str) -> Definition:
    return document.parse(content, kind=kind, registry=registry.default())


def agent_definition(agent: Agent) -> AgentDefinition:
    return agent_document.parse(agent.draft)


def vocabulary(agent: Agent) -> Vocabulary:
    """The names that the steps of this agent's workflows may use, with their types."""
    described = agent_definition(agent)
    connections = Connection.objects.filter(workspace_id=agent.workspace_id).values_list("id", "app")
    secrets = Secret.objects.filter(workspace_id=agent.workspace_id).values_list("key", flat=True)
    return Vocabulary(
        variables={item.name: item.type for item in described.variables},
        analysis={item.key: ANALYSIS_TYPES.get(item.type, item.type) for item in described.analysis},
        secure={item.name: "string" for item in described.secure_metadata},
        session={},
        secrets=frozenset(secrets),
        connections={str(id_): app for id_, app in connections},
    )


def problems(workflow: Workflow, *, draft: Definition | None = None) -> list[Problem]:
    """Everything wrong with the draft, errors and warnings. `draft` saves parsing it again."""
    return check.check(
        draft or definition(workflow),
        registry=registry.default(),
        vocabulary=vocabulary(workflow.agent),
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


def samples(workflow: Workflow) -> Mapping[str, JSON]:
    """Step id → what it gave back when it last succeeded, looked for in the newest runs."""
    newest = Run.objects.filter(workflow=workflow).order_by("-id").values("id")[:RUNS_SAMPLED]
    succeeded = StepRun.objects.filter(run_id__in=newest, status="succeeded")
    latest = succeeded.order_by("step_id", "-started_at").distinct("step_id")
    return dict(latest.values_list("step_id", "output"))


def live_workflows(agent_id: UUID, kind: str) -> list[Workflow]:
    """The ones that conversations may use: published, and not stopped by *Pause*."""
    live = Workflow.objects.filter(
        agent_id=agent_id, kind=kind, live_version__isnull=False, paused_at__isnull=True
    )
    return list(live.select_related("live_version", "workspace").order_by("name"))
