"""What do an agent's pages need to know of it, read once per request?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.urls import reverse

from connectors.models import Connection
from workflows import selectors
from workflows.definition import agent_check, agent_diff, agent_flow
from workflows.definition.agent_check import KnownWorkflow, Surroundings
from workflows.definition.agent_diff import SectionDiff
from workflows.definition.agent_document import AgentDefinition
from workflows.definition.agent_flow import Flow
from workflows.definition.problems import Problem
from workflows.models import Agent, AgentChange, AgentVersion
from workspaces.models import Membership, Role

RELATED = ("live_version", "live_version__published_by")
"""What comes with the agent in the query that finds it."""
SECTION_OF_FIELD: Mapping[str, str] = {
    "persona": "instructions",
    "objective": "instructions",
    "rules": "instructions",
    "model": "settings",
}


@dataclass
class OpenedAgent:
    agent: Agent
    membership: Membership
    draft: AgentDefinition
    surroundings: Surroundings
    shown_version: AgentVersion | None = field(default=None)

    @property
    def can_edit(self) -> bool:
        return Role(self.membership.role).covers(Role.EDITOR)

    @cached_property
    def url(self) -> str:
        return reverse("builder:agent", args=[self.agent.pk])

    @cached_property
    def flow(self) -> Flow:
        """With its start, which is always there."""
        return agent_flow.effective(self.draft.flow)

    @cached_property
    def problems(self) -> list[Problem]:
        return agent_check.check(self.draft, self.surroundings)

    @property
    def was_published(self) -> bool:
        return self.agent.live_version is not None

    @cached_property
    def live(self) -> AgentDefinition | None:
        version = self.agent.live_version
        return selectors.agent_definition_of(version) if version else None

    @cached_property
    def is_changed(self) -> bool:
        return self.live is None or self.live != self.draft

    @cached_property
    def changes(self) -> Sequence[SectionDiff]:
        """What publishing would change in the live version."""
        return agent_diff.diff(self.live, self.draft, self.workflow_names) if self.is_changed else []

    @cached_property
    def workflow_names(self) -> Mapping[str, str]:
        return {one.id: one.name for one in self.surroundings.workflows.values()}

    @cached_property
    def authors(self) -> list[str]:
        """Who wrote since the live version was published, `you` first."""
        version = self.agent.live_version
        written = AgentChange.objects.filter(agent=self.agent)
        if version:
            written = written.filter(at__gt=version.published_at)
        me = self.membership.user.pk
        found = written.order_by("by_name").values_list("by_id", "by_name").distinct()
        names = {"you" if user_id == me else name.split("@")[0] for user_id, name in found}
        return sorted(names, key=lambda name: (name != "you", name))

    @cached_property
    def providers(self) -> Mapping[str, str]:
        """Id → name of the workspace's connections to model providers."""
        found = Connection.objects.filter(workspace_id=self.agent.workspace_id, app=selectors.MODEL_PROVIDER)
        return {str(one.pk): one.name for one in found.order_by("name")}

    @property
    def not_live(self) -> list[KnownWorkflow]:
        """Action workflows that the draft refers to and that nothing can call yet."""
        ids = {node.workflow for node in self.draft.flow.nodes if isinstance(node, agent_flow.WorkflowNode)}
        ids |= {str(id_) for id_ in self.agent.references.values()}
        return [one for one in self.surroundings.workflows.values() if one.id in ids and not one.is_live]

    def url_of(self, problem: Problem) -> str:
        """Where the problem is put right."""
        anchor = f"#i-{problem.field.replace('.', '-')}" if problem.field else ""
        if problem.step_id:
            return f"{self.url}flow/?node={problem.step_id}{anchor}"
        section = SECTION_OF_FIELD.get(problem.field.partition(".")[0])
        return f"{self.url}{section}/{anchor}" if section else f"{self.url}flow/"

    def place_of(self, problem: Problem) -> str:
        """Its place in words."""
        node = agent_flow.node(self.flow, problem.step_id) if problem.step_id else None
        if node:
            return node.name
        return SECTION_OF_FIELD.get(problem.field.partition(".")[0], "flow").capitalize()


def open_agent(agent: Agent, membership: Membership) -> OpenedAgent:
    """Two queries: the action workflows and the connections to model providers."""
    return OpenedAgent(
        agent=agent,
        membership=membership,
        draft=selectors.agent_definition(agent),
        surroundings=selectors.surroundings(agent),
    )
