"""How is an agent made, changed and published? Apart from its workflows, which have their own drafts.

Saving a section carries the revision that was on the screen, and conflicts only with a later change of the
same; replacing everything conflicts with any. Its flow is changed by services/flows.py.
"""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from connectors.declare import JSON
from workflows import selectors
from workflows.definition import agent_document
from workflows.errors import DefinitionInvalid, NotPublished
from workflows.models import Agent, AgentChange, AgentVersion
from workflows.selectors import vocabulary as vocabulary
from workflows.services import agent_drafts
from workflows.services.agent_drafts import Draft
from workspaces.models import Workspace
from workspaces.services import audit
from workspaces.services.audit import Actor


@transaction.atomic
def create(workspace: Workspace, name: str, *, by: Actor, **fields: JSON) -> Agent:
    """With `fields` of the document; its version 1 is live at once, so that conversations can start.

    It may mention workflows that are made next.
    """
    agent = begin(workspace, name, by=by, **fields)
    _publish(agent_drafts.open_draft(agent), by=by, forgiven=("unknown_workflow",))
    agent.refresh_from_db()
    return agent


@transaction.atomic
def begin(workspace: Workspace, name: str, *, by: Actor, **fields: JSON) -> Agent:
    """A draft; nothing of it is live."""
    definition = agent_drafts.parsed({**fields, "name": name})
    agent = Agent.objects.create(
        workspace=workspace, name=definition.name, draft=agent_document.dump(definition)
    )
    audit.record(workspace, by, "agent.created", of=agent)
    return agent


@transaction.atomic
def replace_draft(agent: Agent, document: JSON, *, revision: int, by: Actor) -> Agent:
    """Raises StaleDraft if anything was written after `revision`, and DefinitionInvalid."""
    after = agent_drafts.parsed(document)
    draft = agent_drafts.open_whole(agent, revision=revision)
    changed, _ = agent_drafts.store(draft, after, operation="replaced", by=by)
    return changed


@transaction.atomic
def save(agent: Agent, section: str, content: Mapping[str, JSON], *, revision: int, by: Actor) -> Agent:
    """`content` is what the section holds; the rest stays. Raises StaleDraft and DefinitionInvalid."""
    draft = agent_drafts.open_place(agent, section, revision=revision)
    after = agent_drafts.parsed(agent_document.merged(draft.definition, content))
    changed, _ = agent_drafts.store(draft, after, operation="section_saved", by=by, place=section)
    return changed


@transaction.atomic
def add_variable(agent: Agent, name: str, *, by: Actor) -> Agent:
    """To its draft, unless it is there. Raises DefinitionInvalid for what is no name."""
    draft = agent_drafts.open_draft(agent)
    if any(variable.name == name for variable in draft.definition.variables):
        return draft.agent
    document = agent_document.dump(draft.definition)
    kept = document["variables"]
    assert isinstance(kept, list)
    after = agent_drafts.parsed({**document, "variables": [*kept, {"name": name}]})
    changed, _ = agent_drafts.store(draft, after, operation="section_saved", by=by, place="variables")
    return changed


@transaction.atomic
def publish(agent: Agent, *, revision: int | None = None, note: str = "", by: Actor) -> AgentVersion:
    """Freezes the draft as the next version and makes it live; an unchanged draft gives the live one back.

    Conversations that are open keep the version they began with. Raises StaleDraft and DefinitionInvalid.
    """
    draft = (
        agent_drafts.open_draft(agent)
        if revision is None
        else agent_drafts.open_whole(agent, revision=revision)
    )
    return _publish(draft, note=note, by=by)


def _publish(draft: Draft, *, note: str = "", by: Actor, forgiven: Sequence[str] = ()) -> AgentVersion:
    current = draft.agent
    if current.live_version and not selectors.is_agent_changed(current, draft.definition):
        return current.live_version
    problems = selectors.agent_problems(current, draft.definition)
    if errors := [one for one in problems if one.is_error and one.code not in forgiven]:
        raise DefinitionInvalid(errors)
    version = AgentVersion.objects.create(
        workspace_id=current.workspace_id,
        agent=current,
        number=next_number(current),
        definition=agent_document.dump(draft.definition),
        sha256=agent_document.digest(draft.definition),
        references=current.references,
        note=note,
        published_at=timezone.now(),
        published_by=by.user,
    )
    _go_live(current, version)
    audit.record(current.workspace, by, "agent.published", of=current, version=version.number, note=note)
    return version


@transaction.atomic
def undo(agent: Agent, *, revision: int, by: Actor) -> AgentChange | None:
    """The draft becomes what is live; None if it was. The change keeps what was discarded (`bring_back`)."""
    draft = agent_drafts.open_whole(agent, revision=revision)
    live = draft.agent.live_version
    if live is None:
        raise NotPublished("This agent was never published, so there is nothing to return to.")
    change = _return_to(draft, live, "undone", by)
    if change:
        audit.record(draft.agent.workspace, by, "agent.undone", of=draft.agent, to_version=live.number)
    return change


@transaction.atomic
def bring_back(agent: Agent, change: AgentChange, *, revision: int, by: Actor) -> Agent:
    """Makes the draft that an undo, a restore or a replacement discarded the draft again."""
    draft = agent_drafts.open_whole(agent, revision=revision)
    after = agent_drafts.parsed(change.before)
    changed, _ = agent_drafts.store(draft, after, operation="restored", by=by)
    return changed


@transaction.atomic
def restore(agent: Agent, version: AgentVersion, *, revision: int, by: Actor) -> AgentChange | None:
    """An old version becomes the draft; what is live stays live."""
    draft = agent_drafts.open_whole(agent, revision=revision)
    _require_own(draft.agent, version)
    return _return_to(draft, version, "restored", by)


@transaction.atomic
def roll_back(agent: Agent, version: AgentVersion, *, by: Actor) -> Agent:
    """An old version goes live again as it is; the draft stays what it is. Raises DefinitionInvalid."""
    current = agent_drafts.lock(agent)
    _require_own(current, version)
    problems = selectors.agent_problems(current, selectors.agent_definition_of(version))
    if errors := [problem for problem in problems if problem.is_error]:
        raise DefinitionInvalid(errors)
    before = current.live_version.number if current.live_version else None
    _go_live(current, version)
    audit.record(current.workspace, by, "agent.rolled_back", of=current, before=before, after=version.number)
    return current


@transaction.atomic
def archive(agent: Agent, *, is_archived: bool, by: Actor) -> Agent:
    """An archived agent is in no list and begins no conversations; everything of it stays."""
    current = agent_drafts.lock(agent)
    if (current.archived_at is not None) != is_archived:
        current.archived_at = timezone.now() if is_archived else None
        current.save(update_fields=["archived_at"])
        verb = "agent.archived" if is_archived else "agent.unarchived"
        audit.record(current.workspace, by, verb, of=current)
    return current


def next_number(agent: Agent) -> int:
    highest = AgentVersion.objects.filter(agent=agent).aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1


def _return_to(draft: Draft, version: AgentVersion, operation: str, by: Actor) -> AgentChange | None:
    after = selectors.agent_definition_of(version)
    _, change = agent_drafts.store(draft, after, operation=operation, by=by)
    return change


def _go_live(agent: Agent, version: AgentVersion) -> None:
    agent.live_version = version
    agent.save(update_fields=["live_version"])


def _require_own(agent: Agent, version: AgentVersion) -> None:
    if version.agent_id != agent.pk:
        raise NotPublished("That version does not belong to this agent.")
