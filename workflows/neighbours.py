"""What do the workflows of one agent know of each other: what is each called with, and what does it call?"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Func, JSONField
from django.db.models.functions import Coalesce

from connectors.declare import JSON
from workflows.definition import document
from workflows.definition.vocabulary import Neighbour
from workflows.models import Agent, Workflow

_STEPS = '$.steps.** ? (@.action == "flow.{action}@1").inputs.{field}'


@dataclass(frozen=True)
class Known:
    workflows: Mapping[str, Neighbour]
    """By id."""
    session: Mapping[str, str]
    """Session variable → type, of those that the others set."""


def of(agent: Agent, workflow: Workflow | None = None) -> Known:
    """Each as it is live, else as it is drafted. Only a few lines of the documents leave the database."""
    current = Coalesce("live_version__definition", "draft")
    rows = Workflow.objects.filter(agent_id=agent.pk).values(
        "id",
        "name",
        "kind",
        "live_version_id",
        "paused_at",
        settings=_Query(current, path="$.settings"),
        calls=_Query(current, path=_STEPS.format(action="call_workflow", field="workflow")),
        sets=_Query(current, path=_STEPS.format(action="set_session", field="name")),
    )
    found = {row["id"]: row for row in rows}
    others = [row for id_, row in found.items() if workflow is None or id_ != workflow.pk]
    session = {name for row in others for name in row["sets"] if isinstance(name, str) and name}
    return Known(
        workflows={str(id_): _neighbour(row) for id_, row in found.items()},
        session=dict.fromkeys(sorted(session), "any"),
    )


class _Query(Func):
    """All that a JSON path finds."""

    output_field = JSONField()

    def __init__(self, content: Coalesce, *, path: str) -> None:
        super().__init__(content, template=f"jsonb_path_query_array(%(expressions)s, '{path}')")


def _neighbour(row: Mapping[str, object]) -> Neighbour:
    kind = str(row["kind"])
    settings = document.parse_settings(_first(row["settings"]), kind=kind)
    calls = row["calls"] if isinstance(row["calls"], list) else []
    return Neighbour(
        name=settings.name,
        kind=kind,
        is_live=row["live_version_id"] is not None,
        is_paused=row["paused_at"] is not None,
        variables=settings.variables,
        response=settings.response,
        calls=frozenset(id_ for id_ in calls if isinstance(id_, str)),
    )


def _first(found: object) -> JSON:
    return found[0] if isinstance(found, list) else None
