"""What does a run's version say? Parsed once per process: a version never changes."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from connectors import registry
from workflows.definition import document
from workflows.definition.document import Definition, Step
from workflows.models import WorkflowVersion


@dataclass(frozen=True)
class Published:
    definition: Definition
    number: int | None
    steps: dict[str, Step]
    """By id, however deep."""


@lru_cache(maxsize=512)
def published(version_id: UUID) -> Published:
    """Raises StructureInvalid when this process is too old to know one of its actions."""
    version = WorkflowVersion.objects.select_related("workflow").get(pk=version_id)
    definition = document.parse(version.definition, kind=version.workflow.kind, registry=registry.default())
    return Published(definition, version.number, dict(_by_id(definition.steps)))


def _by_id(steps: tuple[Step, ...]) -> list[tuple[str, Step]]:
    found = []
    for step in steps:
        found.append((step.id, step))
        for branch in step.branches:
            found += _by_id(branch.steps)
        found += _by_id(step.body or ())
    return found
