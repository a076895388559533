"""What do the cards of agents and of their workflows say?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from builder.presenters.chain import state_of
from builder.presenters.pausing import Paused, all_paused
from connectors import registry
from connectors.declare import App
from workflows import selectors
from workflows.definition.document import Step
from workflows.engine import shown
from workflows.models import Agent, Run, Workflow
from workspaces.models import Workspace

RECENT = 300
"""How many of the workspace's newest runs are looked at for the small bars."""
BARS = 14
TONES = {"failed": "f", "quarantined": "f", "waiting": "w", "queued": "w", "running": "w", "cancelled": "n"}


@dataclass(frozen=True)
class Bars:
    """The last runs, newest right; each is one stroke."""

    tones: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class AgentRow:
    id: UUID
    name: str
    url: str
    text: str
    state: str
    state_word: str
    is_sample: bool
    bars: Bars


@dataclass(frozen=True)
class WorkflowCard:
    id: UUID
    kind: str
    name: str
    url: str
    description: str
    state: str
    live_word: str
    """`Live v7` beside *Unpublished changes*; empty when nothing is live."""
    apps: tuple[App, ...]
    more_steps: int
    runs: str
    bars: Bars
    is_enabled: bool
    paused: Paused | None
    can_pause: bool


def agent_rows(workspace: Workspace, *, is_archived: bool = False) -> list[AgentRow]:
    """Three queries."""
    own = Agent.objects.in_workspace(workspace).filter(archived_at__isnull=not is_archived)
    agents = own.select_related("live_version")
    workflows = Workflow.objects.in_workspace(workspace).values_list("agent_id", flat=True)
    counts: dict[UUID, int] = {}
    for agent_id in workflows:
        counts[agent_id] = counts.get(agent_id, 0) + 1
    runs = recent_runs(workspace)
    return [_agent_row(agent, counts.get(agent.pk, 0), runs) for agent in agents.order_by("name")]


def recent_runs(workspace: Workspace) -> Sequence[Run]:
    newest = Run.objects.in_workspace(workspace).filter(kind="production").order_by("-id")
    return list(newest.only("agent_id", "workflow_id", "status", "next_at", "wait_reason")[:RECENT])


def workflow_cards(agent: Agent, runs: Sequence[Run]) -> list[WorkflowCard]:
    """The action workflows by name, then the post-conversation workflow."""
    workflows = Workflow.objects.filter(agent=agent).select_related(
        "live_version", "live_version__published_by"
    )
    found = list(workflows.order_by("kind", "name"))
    stopped = {paused.id: paused for paused in all_paused(found)}
    return [_card(workflow, runs, stopped.get(workflow.pk)) for workflow in found]


def url_of(workflow: Workflow) -> str:
    return reverse("builder:chain", args=[workflow.pk])


def _agent_row(agent: Agent, count: int, runs: Sequence[Run]) -> AgentRow:
    definition = selectors.agent_definition(agent)
    channels = " and ".join(definition.channels).capitalize() or "No channel"
    state = selectors.agent_state(agent)
    live = agent.live_version
    return AgentRow(
        id=agent.pk,
        name=agent.name,
        url=reverse("builder:agent", args=[agent.pk]),
        text=f"{channels} · {count} workflow{'' if count == 1 else 's'}",
        state=state,
        state_word=f"Live v{live.number}" if live and state == selectors.State.LIVE else "",
        is_sample=agent.is_sample,
        bars=bars(run for run in runs if run.agent_id == agent.pk),
    )


def _card(workflow: Workflow, runs: Sequence[Run], paused: Paused | None) -> WorkflowCard:
    definition = selectors.definition(workflow)
    own = [run for run in runs if run.workflow_id == workflow.pk]
    apps = _apps(definition.steps)
    return WorkflowCard(
        id=workflow.pk,
        kind=workflow.kind,
        name=workflow.name,
        url=url_of(workflow),
        description=definition.settings.description,
        state=selectors.state(workflow),
        live_word=state_of(workflow)[1],
        apps=apps[:7],
        more_steps=max(len(apps) - 7, 0),
        runs=f"{len(own)} recent run{'' if len(own) == 1 else 's'}" if own else "No recent runs",
        bars=bars(own),
        is_enabled=definition.settings.enabled,
        paused=paused,
        can_pause=workflow.live_version_id is not None and paused is None,
    )


def bars(runs: Iterable[Run]) -> Bars:
    states = [shown.run_state(run) for run in runs][:BARS]
    tones = [TONES.get(state, "") for state in states]
    counted: Mapping[str, int] = {
        "succeeded": tones.count(""),
        "failed": tones.count("f"),
        "waiting": tones.count("w"),
    }
    words = ", ".join(f"{count} {word}" for word, count in counted.items() if count) or "none"
    padded = ["n"] * (BARS - len(tones)) + tones[::-1]
    return Bars(tuple(padded), f"Last runs: {words}")


def _apps(steps: Iterable[Step]) -> tuple[App, ...]:
    found = (registry.default().find(step.action) for step in steps)
    return tuple(known.face for known in found if known)
