"""What did the workspace come with, only to be looked at, and how does it go?

Conversations and all that came of them are erased. Agents are archived, as people may have built on them:
they can be taken out of the archive again. Connections stay: other workflows may use them.
"""

from dataclasses import dataclass

from conversations.services import erasing
from conversations.services.erasing import Found
from workflows.models import Agent
from workflows.services import agents
from workspaces.models import Workspace
from workspaces.services.audit import Actor


@dataclass(frozen=True)
class SampleData:
    agents: tuple[Agent, ...]
    """Those that are not in the archive."""
    found: Found

    @property
    def is_empty(self) -> bool:
        return self.found.is_empty and not self.agents


def there_is(workspace: Workspace) -> SampleData:
    own = Agent.objects.in_workspace(workspace).filter(is_sample=True, archived_at=None)
    return SampleData(tuple(own.order_by("name")), erasing.preview(workspace, erasing.SAMPLES))


def remove(workspace: Workspace, *, by: Actor) -> SampleData:
    """Gives back what went. The agents first, so that none of them begins another conversation."""
    before = there_is(workspace)
    for agent in before.agents:
        agents.archive(agent, is_archived=True, by=by)
    return SampleData(before.agents, erasing.erase(workspace, erasing.SAMPLES, by=by))
