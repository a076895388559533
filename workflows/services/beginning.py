"""How does a workflow begin from a template? As a draft with a name that is free, with the connections that
were chosen, and with the questions about the conversation that its steps ask for.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from connectors.declare import JSON
from workflows.gallery import Template
from workflows.models import Agent, Workflow
from workflows.models.workflow import WorkflowKind
from workflows.services import agent_drafts, agents, drafting
from workspaces.services.audit import Actor


@dataclass(frozen=True)
class Begun:
    workflow: Workflow
    asked: tuple[str, ...]
    """Names of the analysis properties that the agent's draft got."""


@transaction.atomic
def begin(
    agent: Agent,
    template: Template,
    *,
    connections: Mapping[str, str],
    is_replacing: bool = False,
    by: Actor,
) -> Begun:
    """`connections` is a step's slug → the id of the connection that it uses; the others stay without one.

    An agent has one post-conversation workflow: `is_replacing` makes the template its draft, and what the
    draft was is kept. Without it a second one raises DefinitionInvalid.
    """
    asked = _ask_for(template, agent, by)
    workflow = after_of(agent) if is_replacing and not template.is_action else None
    if workflow is None:
        workflow = drafting.create(agent, template.file.kind, _name(agent, template), by=by)
    content = _filled(template.file.document, workflow.name, connections)
    filled = drafting.replace(workflow, content, revision=workflow.draft_revision, by=by)
    return Begun(filled, asked)


def after_of(agent: Agent) -> Workflow | None:
    """Its post-conversation workflow."""
    return Workflow.objects.filter(agent=agent, kind=WorkflowKind.POST_CONVERSATION).first()


def free_name(agent: Agent, wanted: str) -> str:
    """`wanted`, or with a number when one of the agent's workflows has it."""
    taken = set(Workflow.objects.filter(agent=agent).values_list("name", flat=True))
    names = (wanted, *(f"{wanted}_{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _name(agent: Agent, template: Template) -> str:
    name = template.definition.settings.name
    return free_name(agent, name) if template.is_action else name


def _filled(document: Mapping[str, JSON], name: str, connections: Mapping[str, str]) -> JSON:
    settings = document["settings"]
    assert isinstance(settings, dict), "a template's document was read before"
    named = {**settings, "name": name}
    return {**document, "settings": named, "steps": _connected(document["steps"], connections)}


def _connected(value: JSON, connections: Mapping[str, str]) -> JSON:
    """The steps, however deep, with the connections that were chosen for them."""
    if isinstance(value, list):
        return [_connected(item, connections) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _connected(item, connections) for key, item in value.items()}
    chosen = connections.get(str(inner.get("slug"))) if "action" in inner else None
    return {**inner, "connection": chosen} if chosen else inner


def _ask_for(template: Template, agent: Agent, by: Actor) -> tuple[str, ...]:
    """Adds to the agent's draft what it does not ask yet; a question that it has stays as it is."""
    draft = agent_drafts.open_draft(agent)
    known = {item.key for item in draft.definition.analysis}
    missing = [item for item in template.file.analysis if item.key not in known]
    if missing:
        asked: list[JSON] = [item.model_dump() for item in [*draft.definition.analysis, *missing]]
        revision = draft.agent.draft_revision
        agents.save(draft.agent, "analysis", {"analysis": asked}, revision=revision, by=by)
    return tuple(item.name for item in missing)
