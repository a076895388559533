"""Makers and views of runs: a workflow published from its steps, and what became of a run in plain values."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import UUID

from django.utils import timezone

from connectors import registry
from connectors.declare import JSON, Action, App
from connectors.registry import Registry
from workflows import doorbell
from workflows.definition import document
from workflows.definition.document import Definition
from workflows.models import Agent, Run, Workflow, WorkflowVersion
from workflows.services import starting
from workspaces.models import Workspace

_numbers = count(1)


def step(slug: str, action: str, inputs: dict[str, JSON] | None = None, **over: JSON) -> dict[str, JSON]:
    return {"id": step_id(slug), "slug": slug, "action": action, "inputs": inputs or {}, **over}


def step_id(slug: str) -> str:
    return "s_" + slug.replace("_", "").ljust(8, "0")


def set_values(slug: str, **values: JSON) -> dict[str, JSON]:
    pairs: list[JSON] = [{"name": name, "value": value} for name, value in values.items()]
    return step(slug, "flow.set_values@1", {"values": pairs})


def make_definition(
    *steps: dict[str, JSON],
    kind: str = "action",
    response: dict[str, JSON] | None = None,
    known: Registry | None = None,
    **settings: JSON,
) -> Definition:
    fields: list[JSON] = [
        {"name": name, "type": "object", "value": value} for name, value in (response or {}).items()
    ]
    action: dict[str, JSON] = {"response": fields} if kind == "action" else {}
    content: dict[str, JSON] = {
        "schema": 1,
        "settings": {"name": f"workflow_{next(_numbers)}", **action, **settings},
        "steps": list(steps),
    }
    return document.parse(content, kind=kind, registry=known or registry.default())


def make_version(
    workspace: Workspace, *steps: dict[str, JSON], agent: Agent | None = None, **over: Any
) -> WorkflowVersion:
    """A workflow with these steps, published as its version 1; of an agent of its own unless one is given."""
    definition = make_definition(*steps, **over)
    agent = agent or Agent.objects.create(workspace=workspace, name="Mia", draft={"schema": 1, "name": "Mia"})
    content = document.dump(definition)
    workflow = Workflow.objects.create(
        workspace=workspace,
        agent=agent,
        kind=definition.kind,
        name=definition.settings.name,
        draft=content,
        draft_sha256=document.digest(definition),
    )
    version = WorkflowVersion.objects.create(
        workspace=workspace,
        workflow=workflow,
        number=1,
        definition=content,
        sha256=document.digest(definition),
        published_at=timezone.now(),
    )
    workflow.live_version = version
    workflow.save(update_fields=["live_version"])
    return version


def start_run(version: WorkflowVersion, *, key: str = "", lane: str = "background", **over: Any) -> UUID:
    """A run that nobody has been told of."""
    values = {"kind": "production", "trigger": "api", "input": {}, "hint": False, **over}
    started = starting.start(
        workspace=version.workspace,
        workflow=version.workflow,
        version=version,
        lane=lane,
        trigger_key=key or f"test:{next(_numbers)}",
        **values,
    )
    return started.run_id


def error_of(run: Run | UUID) -> dict[str, JSON]:
    row = run if isinstance(run, Run) else Run.objects.get(pk=run)
    assert row.error, f"the run {row.status}"
    return dict(row.error)


def output_of(run: Run | UUID, path: str) -> Any:
    """What the step gave back."""
    row = run if isinstance(run, Run) else Run.objects.get(pk=run)
    return row.steps.get(path=path, status="succeeded").output


def steps_of(run: Run | UUID) -> list[tuple[str, int, str]]:
    """(step, attempt, status) in the order of the journal."""
    row = run if isinstance(run, Run) else Run.objects.get(pk=run)
    return [(taken.path, taken.attempt, taken.status) for taken in row.steps.order_by("seq", "attempt")]


@contextmanager
def apps(*added: App) -> Iterator[Registry]:
    """The apps of a test beside the shipped ones."""
    registry.default.cache_clear()
    shipped = registry.default().apps.values()
    both = Registry([*shipped, *added])
    kept = registry.default
    registry.default = lambda: both  # type: ignore[assignment]
    try:
        yield both
    finally:
        registry.default = kept


def app(*actions: Action, slug: str = "probe") -> App:
    return App(slug=slug, name=slug.capitalize(), description="", actions=actions)


class Rung:
    """A doorbell that only notes who rang."""

    def __init__(self, *, answers: bool = True) -> None:
        self.hints: list[tuple[UUID, str]] = []
        self._answers = answers

    def __call__(self, run_id: UUID, lane: str, *, reply_to: str, countdown: float | None) -> bool:
        self.hints.append((run_id, lane))
        return self._answers


@contextmanager
def rung(*, answers: bool = True) -> Iterator[Rung]:
    bell = Rung(answers=answers)
    doorbell.use(bell)
    try:
        yield bell
    finally:
        doorbell.use(doorbell.celery)
