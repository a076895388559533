"""How is an agent's conversation flow changed? One function for each thing that people do to it.

Adding, connecting and removing are anchored to ids, so parallel ones all survive. Saving a node carries the
revision that was on the screen. What cannot be done to the draft raises OperationRefused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from connectors.declare import JSON
from workflows.definition import flow_operations
from workflows.definition.agent_flow import Flow
from workflows.definition.flow_operations import Made
from workflows.models import Agent, AgentChange
from workflows.services import agent_drafts
from workflows.services.agent_drafts import Draft
from workspaces.services.audit import Actor

NODE_REMOVED = "node_removed"


@dataclass(frozen=True)
class NewTarget:
    """A node that is made because an exit should lead to it."""

    exit_key: str
    type: str


@transaction.atomic
def add_node(
    agent: Agent,
    type_: str,
    *,
    after: str = "",
    exit_key: str = "",
    name: str = "",
    content: Mapping[str, JSON] | None = None,
    by: Actor,
) -> tuple[Agent, Made]:
    draft = agent_drafts.open_draft(agent)
    flow, node = flow_operations.add_node(
        draft.definition.flow, type_, after=after, exit_key=exit_key, name=name
    )
    if content:
        flow = flow_operations.configure(flow, node.id, content)
    return _store(draft, flow, "node_added", by, node.id), node


@transaction.atomic
def save_node(
    agent: Agent,
    node_id: str,
    content: Mapping[str, JSON],
    *,
    new_targets: Sequence[NewTarget] = (),
    revision: int,
    by: Actor,
) -> tuple[Agent, list[Made]]:
    """What the panel holds, and the nodes that its outcomes shall lead to and that are not there yet.

    Raises StaleDraft if the node was written after `revision`.
    """
    draft = agent_drafts.open_place(agent, node_id, revision=revision)
    flow = flow_operations.configure(draft.definition.flow, node_id, content)
    made = []
    for target in new_targets:
        flow, node = flow_operations.add_node(flow, target.type, after=node_id, exit_key=target.exit_key)
        made.append(node)
    return _store(draft, flow, "node_saved", by, node_id), made


@transaction.atomic
def remove_node(agent: Agent, node_id: str, *, by: Actor) -> tuple[Agent, AgentChange]:
    """The change is what `restore_node` takes to put it back as it was."""
    draft = agent_drafts.open_draft(agent)
    flow, removed = flow_operations.remove_node(draft.definition.flow, node_id)
    changed, change = agent_drafts.store(
        draft,
        draft.definition.model_copy(update={"flow": flow}),
        operation=NODE_REMOVED,
        by=by,
        place=node_id,
        details=flow_operations.dump_removed(removed),
    )
    assert change is not None, "a removed node always changes the document"
    return changed, change


@transaction.atomic
def restore_node(agent: Agent, change: AgentChange, *, by: Actor) -> Agent:
    draft = agent_drafts.open_draft(agent)
    flow = flow_operations.restore_node(draft.definition.flow, flow_operations.parse_removed(change.details))
    return _store(draft, flow, "node_restored", by, change.place)


def _store(draft: Draft, flow: Flow, operation: str, by: Actor, place: str) -> Agent:
    after = draft.definition.model_copy(update={"flow": flow})
    changed, _ = agent_drafts.store(draft, after, operation=operation, by=by, place=place)
    return changed
