"""How is an agent's draft written so that nobody's edit is lost? As drafts.py does it for workflows.

Every write locks the agent's row, applies a pure change to the document as it stands now, and stores the
result with the next revision and an AgentChange, in one transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db.models import Q

from connectors.declare import JSON
from workflows import selectors
from workflows.definition import agent_document, agent_texts, mentions
from workflows.definition.agent_document import AgentDefinition
from workflows.definition.problems import StructureInvalid
from workflows.errors import Change, DefinitionInvalid, StaleDraft
from workflows.models import Agent, AgentChange
from workspaces.services import audit
from workspaces.services.audit import Actor

WHOLE = Q(place="")
CHANGES_KEPT = 100
"""So many of a draft are never forgotten."""
RENAMED = "workflow_renamed"


@dataclass(frozen=True)
class Draft:
    """An agent whose row is locked until the transaction ends, and its document."""

    agent: Agent
    definition: AgentDefinition


def lock(agent: Agent) -> Agent:
    """The row as it is now. Conversations that refer to it can still begin (no key lock)."""
    rows = Agent.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("workspace", "live_version").get(pk=agent.pk)


def open_draft(agent: Agent) -> Draft:
    """For changes that are anchored to ids and so never conflict."""
    locked = lock(agent)
    return Draft(locked, selectors.agent_definition(locked))


def open_place(agent: Agent, place: str, *, revision: int) -> Draft:
    """Raises StaleDraft if this section or node was written after `revision`."""
    draft = open_draft(agent)
    _refuse_if_written(draft.agent, revision, Q(place=place) | WHOLE)
    return draft


def open_whole(agent: Agent, *, revision: int) -> Draft:
    """Raises StaleDraft if anything at all was written after `revision`."""
    draft = open_draft(agent)
    if draft.agent.draft_revision != revision:
        raise StaleDraft(draft.agent.draft_revision, _changes_after(draft.agent, revision, Q()))
    return draft


def store(
    draft: Draft,
    after: AgentDefinition,
    *,
    operation: str,
    by: Actor,
    place: str = "",
    details: JSON = None,
) -> tuple[Agent, AgentChange | None]:
    """Writes the document. One that says the same as before is not a change: no revision, None."""
    agent = draft.agent
    content = agent_document.dump(after)
    if content == agent_document.dump(draft.definition):
        return agent, None
    parsed(content)  # raises DefinitionInvalid for what could not be read again
    agent.name = after.name
    agent.draft = content
    agent.draft_revision += 1
    agent.references = _references(agent, after)
    agent.save(update_fields=["name", "draft", "draft_revision", "references"])
    change = AgentChange.objects.create(
        workspace_id=agent.workspace_id,
        agent=agent,
        revision=agent.draft_revision,
        place=place,
        operation=operation,
        before=agent_document.dump(draft.definition),
        details=details,
        by=by.user,
        by_name=by.name[:254],
        tab=by.tab,
    )
    audit.record(agent.workspace, by, "agent.changed", of=agent, revision=agent.draft_revision)
    return agent, change


def parsed(document: JSON) -> AgentDefinition:
    try:
        return agent_document.parse(document)
    except StructureInvalid as error:
        raise DefinitionInvalid(error.problems) from error


def parsed_at(place: str, document: JSON) -> AgentDefinition:
    """The same for one that stands within another document."""
    try:
        return agent_document.parse(document)
    except StructureInvalid as error:
        problems = [
            replace(problem, path=f"{place}.{problem.path}".rstrip(".")) for problem in error.problems
        ]
        raise DefinitionInvalid(problems) from error


def seen_at(agent: Agent, revision: int) -> AgentDefinition | None:
    """The draft as a screen drawn at `revision` shows it; None if that is how it is now."""
    later = AgentChange.objects.filter(agent=agent, revision__gt=revision).order_by("revision")
    first = later.values_list("before", flat=True).first()
    return agent_document.parse(first) if first is not None else None


def writer_since(agent: Agent, revision: int, place: str) -> str:
    """Who first wrote this place after `revision`; empty if nobody did."""
    later = AgentChange.objects.filter(Q(place=place) | WHOLE, agent=agent, revision__gt=revision)
    return later.order_by("revision").values_list("by_name", flat=True).first() or ""


def renamed_since(agent: Agent, revision: int) -> Callable[[str], str]:
    """Rewrites texts that stood on a screen while somebody renamed a workflow that they mention."""
    later = AgentChange.objects.filter(agent=agent, revision__gt=revision, operation=RENAMED)
    renames = list(later.order_by("revision").values_list("details__from", "details__to"))

    def rewrite(text: str) -> str:
        for old, new in renames:
            text = mentions.renamed(text, {old: new})
        return text

    return rewrite


def rename_workflow(agent: Agent, old: str, new: str, *, by: Actor) -> None:
    """Every mention of an action workflow says its new name; within the transaction that renames it."""
    draft = open_draft(agent)
    after = agent_texts.rewritten(draft.definition, lambda text: mentions.renamed(text, {old: new}))
    store(draft, after, operation=RENAMED, by=by, details={"from": old, "to": new})


def _references(agent: Agent, definition: AgentDefinition) -> dict[str, str]:
    """A name that nothing has any more keeps what it meant."""
    named = {
        mention.name for spot in agent_texts.spots(definition) for mention in mentions.mentions(spot.text)
    }
    if not named:
        return {}
    known = {name: str(id_) for name, id_ in selectors.action_names(agent)}
    meant = {**agent.references, **known}
    return {name: meant[name] for name in sorted(named) if name in meant}


def _refuse_if_written(agent: Agent, revision: int, where: Q) -> None:
    changes = _changes_after(agent, revision, where)
    if changes or revision > agent.draft_revision or _is_forgotten(agent, revision):
        raise StaleDraft(agent.draft_revision, changes)


def _is_forgotten(agent: Agent, revision: int) -> bool:
    """So old a screen that nobody knows any more what was written since."""
    passed = agent.draft_revision - revision
    later = AgentChange.objects.filter(agent=agent, revision__gt=revision)
    return passed > CHANGES_KEPT and later.count() != passed


def _changes_after(agent: Agent, revision: int, where: Q) -> list[Change]:
    later = AgentChange.objects.filter(where, agent=agent, revision__gt=revision)
    columns = later.order_by("revision").values_list("revision", "place", "operation", "by_name")
    return [Change(*row) for row in columns]
