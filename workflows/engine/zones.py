"""In which time zone does a run keep its appointments? The agent's, else the workspace's."""

from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workflows.models import Agent


def of(agent_id: UUID, workspace_zone: str) -> ZoneInfo:
    agent = Agent.objects.select_related("live_version").filter(pk=agent_id).first()
    document = agent.live_version.definition if agent and agent.live_version else {}
    for name in (document.get("time_zone"), workspace_zone):
        try:
            return ZoneInfo(str(name))
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return ZoneInfo("UTC")
