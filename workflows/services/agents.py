"""How is an agent made, changed and published? Apart from its workflows, which have their own drafts."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from connectors.declare import JSON
from workflows import selectors
from workflows.definition import agent_document
from workflows.definition.agent_document import AgentDefinition
from workflows.definition.problems import StructureInvalid
from workflows.errors import DefinitionInvalid, StaleDraft
from workflows.models import Agent, AgentVersion
from workflows.selectors import vocabulary as vocabulary
from workspaces.models import Workspace
from workspaces.services import audit
from workspaces.services.audit import Actor


@transaction.atomic
def create(workspace: Workspace, name: str, *, by: Actor, **fields: JSON) -> Agent:
    """With `fields` of the document; its version 1 is live at once, so that conversations can start."""
    definition = _parsed({**fields, "name": name})
    agent = Agent.objects.create(
        workspace=workspace, name=definition.name, draft=agent_document.dump(definition)
    )
    audit.record(workspace, by, "agent.created", of=agent)
    publish(agent, by=by)
    agent.refresh_from_db()
    return agent


@transaction.atomic
def replace_draft(agent: Agent, document: JSON, *, revision: int, by: Actor) -> Agent:
    """Raises StaleDraft if anything was written after `revision`, and DefinitionInvalid."""
    definition = _parsed(document)
    current = _lock(agent)
    if current.draft_revision != revision:
        raise StaleDraft(current.draft_revision)
    content = agent_document.dump(definition)
    if content == current.draft:
        return current
    current.name = definition.name
    current.draft = content
    current.draft_revision += 1
    current.save(update_fields=["name", "draft", "draft_revision"])
    audit.record(current.workspace, by, "agent.changed", of=current, revision=current.draft_revision)
    return current


@transaction.atomic
def publish(agent: Agent, *, revision: int | None = None, note: str = "", by: Actor) -> AgentVersion:
    """An unchanged draft gives the live version back."""
    current = _lock(agent)
    if revision is not None and revision != current.draft_revision:
        raise StaleDraft(current.draft_revision)
    sha256 = agent_document.digest(selectors.agent_definition(current))
    if current.live_version and current.live_version.sha256 == sha256:
        return current.live_version
    version = AgentVersion.objects.create(
        workspace_id=current.workspace_id,
        agent=current,
        number=_next_number(current),
        definition=current.draft,
        sha256=sha256,
        note=note,
        published_at=timezone.now(),
        published_by=by.user,
    )
    current.live_version = version
    current.save(update_fields=["live_version"])
    audit.record(current.workspace, by, "agent.published", of=current, version=version.number, note=note)
    return version


def _lock(agent: Agent) -> Agent:
    rows = Agent.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("workspace", "live_version").get(pk=agent.pk)


def _next_number(agent: Agent) -> int:
    highest = AgentVersion.objects.filter(agent=agent).aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1


def _parsed(document: JSON) -> AgentDefinition:
    try:
        return agent_document.parse(document)
    except StructureInvalid as error:
        raise DefinitionInvalid(error.problems) from error
