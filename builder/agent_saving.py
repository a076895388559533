"""May what stands in an agent's form be stored? As saving.py says it for steps: merged field by field."""

from builder.forms import agent_form, agent_sections, node_form
from builder.forms.agent_form import Spec
from builder.forms.agent_sections import Section
from builder.forms.step import Values
from builder.presenters.opened_agent import OpenedAgent
from builder.saving import Kind
from workflows.definition import agent_flow
from workflows.definition.agent_document import AgentDefinition
from workflows.definition.agent_flow import Node
from workflows.services import agent_drafts


def of_section(here: OpenedAgent, section: Section, revision: int) -> Kind:
    stored = agent_sections.values_of(section, here.draft)
    before = _seen(here, revision)
    seen = agent_sections.values_of(section, before) if before else stored
    return _kind(here, section.spec, stored, seen, section.name, revision)


def of_node(here: OpenedAgent, spec: Spec, node: Node, revision: int) -> Kind:
    stored = node_form.values_of(spec, node)
    before = _seen(here, revision)
    was = agent_flow.node(agent_flow.effective(before.flow), node.id) if before else None
    seen = node_form.values_of(spec, was) if was and was.type == node.type else stored
    return _kind(here, spec, stored, seen, node.id, revision)


def _seen(here: OpenedAgent, revision: int) -> AgentDefinition | None:
    if revision >= here.agent.draft_revision:
        return None
    return agent_drafts.seen_at(here.agent, revision)


def _kind(here: OpenedAgent, spec: Spec, stored: Values, seen: Values, place: str, revision: int) -> Kind:
    is_old = revision < here.agent.draft_revision
    by = agent_drafts.writer_since(here.agent, revision, place) if is_old else ""
    return Kind(
        read=lambda form, values: agent_form.read(spec, form, values),
        shown=lambda values: agent_form.shown(spec, values),
        stored=stored,
        seen=seen,
        labels=spec.labels,
        by=by.split("@")[0],
    )
