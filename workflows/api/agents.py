"""Agents over the API: list, read, create, change, publish; as a file, and from one."""

from typing import Any
from uuid import UUID

from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import Field, JsonValue

from workflows import selectors
from workflows.definition.agent_document import AgentDefinition
from workflows.models import Agent
from workflows.services import agent_copies, agents
from workflows.services.agent_copies import AgentFile
from workspaces.api.keys import READ, WRITE, ApiRequest
from workspaces.api.shapes import (
    ERRORS,
    Body,
    Error,
    Filters,
    Note,
    Revision,
    Shown,
    instant,
    listed,
    reach,
)
from workspaces.services import audit

router = Router(tags=["Agents"])


class AgentShape(Schema):
    id: UUID
    name: str
    state: str
    live_version: int | None
    draft_revision: int
    created_at: str


class AgentWithDraft(AgentShape):
    draft: dict[str, Any]


class AgentList(Schema):
    items: list[AgentShape]
    next_cursor: str | None


class AgentDraft(Body):
    revision: Revision
    document: dict[str, JsonValue]


class AgentRelease(Body):
    revision: Revision | None = None
    note: Note = ""


AS_IT_IS = AgentRelease()


class ImportedAgent(AgentWithDraft):
    without_connection: int = Field(
        description="Steps, and the model, whose connection this workspace does not have: choose others."
    )


class DraftRevision(Schema):
    draft_revision: int


class Released(Schema):
    version: int


@router.get("/agents", auth=READ, response={200: AgentList, ERRORS: Error})
def list_agents(request: ApiRequest, filters: Query[Filters]) -> Shown:
    return listed(request, filters, _agents(request).filter(archived_at=None), shown)


@router.post("/agents", auth=WRITE, response={201: AgentWithDraft, ERRORS: Error})
def create_agent(request: ApiRequest, payload: AgentDefinition) -> Status[Shown]:
    """Only `name` is needed; version 1 is live at once."""
    fields = payload.model_dump(by_alias=True, exclude={"name"})
    agent = agents.create(request.auth.workspace, payload.name, by=audit.actor_of(request), **fields)
    return Status(201, _with_draft(agent))


@router.post("/agents/import", auth=WRITE, response={201: ImportedAgent, ERRORS: Error})
def import_agent(request: ApiRequest, payload: AgentFile) -> Status[Shown]:
    """A file as `export` gives it becomes a new agent with drafts of its workflows; these are not live before
    they are published. Its version 1 is live at once, unless something in it has to be solved first.
    """
    imported = agent_copies.bring_in(
        request.auth.workspace, payload.model_dump(by_alias=True), by=audit.actor_of(request)
    )
    lost = imported.without_connection
    return Status(201, {**_with_draft(imported.agent), "without_connection": lost})


@router.get("/agents/{agent_id}/export", auth=READ, response={200: AgentFile, ERRORS: Error}, by_alias=True)
def export_agent(request: ApiRequest, agent_id: UUID) -> Shown:
    """The drafts of the agent and of its workflows, as one file. No secret is in it."""
    return agent_copies.export(reach(_agents(request), agent_id))


@router.get("/agents/{agent_id}", auth=READ, response={200: AgentWithDraft, ERRORS: Error})
def get_agent(request: ApiRequest, agent_id: UUID) -> Shown:
    return _with_draft(reach(_agents(request), agent_id))


@router.put("/agents/{agent_id}/draft", auth=WRITE, response={200: DraftRevision, ERRORS: Error})
def put_agent_draft(request: ApiRequest, agent_id: UUID, payload: AgentDraft) -> Shown:
    """`revision` is the one that you read; 409 when somebody wrote since."""
    agent = agents.replace_draft(
        reach(_agents(request), agent_id),
        payload.document,
        revision=payload.revision,
        by=audit.actor_of(request),
    )
    return {"draft_revision": agent.draft_revision}


@router.post("/agents/{agent_id}/publish", auth=WRITE, response={200: Released, ERRORS: Error})
def publish_agent(request: ApiRequest, agent_id: UUID, payload: AgentRelease = AS_IT_IS) -> Shown:
    """Does not publish its workflows. An unchanged draft answers with the live version."""
    version = agents.publish(
        reach(_agents(request), agent_id),
        revision=payload.revision,
        note=payload.note,
        by=audit.actor_of(request),
    )
    return {"version": version.number}


def shown(agent: Agent) -> Shown:
    return {
        "id": str(agent.pk),
        "name": agent.name,
        "state": selectors.agent_state(agent),
        "live_version": agent.live_version.number if agent.live_version else None,
        "draft_revision": agent.draft_revision,
        "created_at": instant(agent.created_at),
    }


def _with_draft(agent: Agent) -> Shown:
    return {**shown(agent), "draft": agent.draft}


def _agents(request: ApiRequest) -> Any:
    return Agent.objects.in_workspace(request.auth.workspace).select_related("live_version", "workspace")
