"""What keeps an agent from going live, and what may be a mistake? In plain words, each with its place.

A problem's `step_id` is the id of the node it is about; `field` is the one in the form that holds it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from workflows.definition import agent_flow, agent_texts, flow_reach, mentions
from workflows.definition.agent_document import AgentDefinition
from workflows.definition.agent_flow import End, Flow, Node, Start, WorkflowNode
from workflows.definition.agent_texts import Spot
from workflows.definition.problems import Problem, Severity
from workflows.templating import tokens
from workflows.templating.paths import written
from workflows.templating.tokens import Reference, TokenSyntax

CONVERSATION = ("channel", "direction", "started_at")
"""What an agent's texts may say of the conversation, besides the customer's name."""
ROOTS = ("variables", "session", "conversation", "now")


@dataclass(frozen=True)
class KnownWorkflow:
    """An action workflow of the agent, as its texts and its flow may name it."""

    id: str
    name: str
    is_live: bool
    spoken: Sequence[str] = ()
    """Variables that a flow may fill in."""
    description: str = ""
    version: int | None = None


@dataclass(frozen=True)
class Surroundings:
    workflows: Mapping[str, KnownWorkflow] = field(default_factory=dict)
    """Id → workflow."""
    providers: frozenset[str] = frozenset()
    """Ids of the workspace's connections to model providers."""

    def named(self, name: str) -> KnownWorkflow | None:
        return next((one for one in self.workflows.values() if one.name == name), None)


def check(definition: AgentDefinition, surroundings: Surroundings) -> list[Problem]:
    """Errors block publishing; warnings do not."""
    found: list[Problem] = []
    for spot in agent_texts.spots(definition):
        found += _of_text(spot, definition, surroundings)
    return [*_of_model(definition, surroundings), *_of_flow(definition.flow, surroundings), *found]


def _of_model(definition: AgentDefinition, surroundings: Surroundings) -> Iterator[Problem]:
    connection = definition.model.connection
    if connection is not None and connection not in surroundings.providers:
        message = "There is no such connection to a model provider in this workspace. Choose another one."
        yield Problem("model.connection", "unknown_connection", message, field="model.connection")


def _of_text(spot: Spot, definition: AgentDefinition, surroundings: Surroundings) -> Iterator[Problem]:
    defined = {variable.name for variable in definition.variables}
    try:
        references = tokens.references(spot.text)
    except TokenSyntax as error:
        yield _at(spot, "token_syntax", error.message)
        references = []
    for reference in references:
        yield from _of_reference(reference, spot, defined)
    for name in dict.fromkeys(mention.name for mention in mentions.mentions(spot.text)):
        workflow = surroundings.named(name)
        if workflow is None:
            message = f"There is no action workflow “{name}”. Create it, or choose another one."
            yield _at(spot, "unknown_workflow", message)
        elif not workflow.is_live:
            yield _at(spot, "not_live", f"“{name}” is not live: the agent cannot call it yet.", "warning")


def _of_reference(reference: Reference, spot: Spot, defined: set[str]) -> Iterator[Problem]:
    root, *rest = reference.path
    path = written(reference.path)
    if root not in ROOTS:
        message = f"“{path}” cannot be used here. An agent’s texts know {', '.join(ROOTS)}."
        yield _at(spot, "not_here", message)
    elif root == "conversation" and not _is_told(rest):
        message = f"“{path}” cannot be used here, only the channel, direction, start and customer’s name."
        yield _at(spot, "not_here", message)
    elif root == "variables" and (not rest or str(rest[0]) not in defined):
        message = f"The agent does not define “{path}”; where it is missing, nothing is said."
        yield _at(spot, "undefined_name", message, "warning")


def _is_told(rest: list[str | int]) -> bool:
    return (len(rest) == 1 and rest[0] in CONVERSATION) or rest == ["customer", "name"]


def _at(spot: Spot, code: str, message: str, severity: Severity = "error") -> Problem:
    return Problem(spot.path, code, message, severity, spot.node_id, spot.field)


def _of_flow(flow: Flow, surroundings: Surroundings) -> Iterator[Problem]:
    if not flow.nodes:
        return
    reached = flow_reach.reached(flow)
    ids = {node.id for node in flow.nodes}
    start = agent_flow.start_of(flow)
    for index, node in enumerate(flow.nodes):
        place = f"flow.nodes[{index}]"
        yield from _of_ways(node, place, ids, start.id)
        yield from _of_node(node, place, surroundings)
        if node.id not in reached:
            message = f"Nothing leads to “{node.name}”: no conversation comes here."
            yield Problem(place, "unreachable", message, "warning", node.id)
    for node_id in flow_reach.circling(flow):
        index, node = next((i, one) for i, one in enumerate(flow.nodes) if one.id == node_id)
        message = f"“{node.name}” is in a circle of workflows that nobody can leave."
        yield Problem(f"flow.nodes[{index}]", "circle", message, "error", node_id, "outcomes")
    if not any(isinstance(node, End) and node.id in reached for node in flow.nodes):
        message = "No end can be reached: the agent never ends the conversation by itself."
        yield Problem("flow.nodes", "no_end", message, "warning", start.id)


def _of_ways(node: Node, place: str, ids: set[str], start_id: str) -> Iterator[Problem]:
    for way in agent_flow.exits(node):
        if way.to is None:
            message = f"“{way.label}” leads nowhere yet."
            yield Problem(f"{place}.outcomes", "leads_nowhere", message, "warning", node.id, "outcomes")
        elif way.to == start_id:
            message = f"“{way.label}” leads to the start, where nothing can come back to."
            yield Problem(f"{place}.outcomes", "to_start", message, "error", node.id, "outcomes")
        elif way.to not in ids:
            message = f"“{way.label}” leads to a node that is gone. Choose another one."
            yield Problem(f"{place}.outcomes", "unknown_node", message, "error", node.id, "outcomes")


def _of_node(node: Node, place: str, surroundings: Surroundings) -> Iterator[Problem]:
    match node:
        case WorkflowNode():
            yield from _of_workflow(node, place, surroundings)
        case End(mode="transfer", destination=destination) if not destination.strip():
            message = "Say where the conversation is transferred to."
            yield Problem(f"{place}.destination", "required", message, "error", node.id, "destination")
        case Start(strict_replies=True, suggested_replies=[]):
            message = "Only suggested replies are allowed, but there are none."
            yield Problem(
                f"{place}.suggested_replies", "required", message, "error", node.id, "suggested_replies"
            )


def _of_workflow(node: WorkflowNode, place: str, surroundings: Surroundings) -> Iterator[Problem]:
    where = f"{place}.workflow"
    if node.workflow is None:
        message = "Choose the action workflow that runs here."
        yield Problem(where, "required", message, "error", node.id, "workflow")
        return
    known = surroundings.workflows.get(node.workflow)
    if known is None:
        message = "The action workflow that ran here is gone. Choose another one."
        yield Problem(where, "unknown_workflow", message, "error", node.id, "workflow")
        return
    if not known.is_live:
        message = f"“{known.name}” is not live: the conversation goes on as if it had failed."
        yield Problem(where, "not_live", message, "warning", node.id, "workflow")
    for name in sorted(node.input.keys() - set(known.spoken)):
        message = f"“{known.name}” has no variable “{name}” that can be filled in here."
        yield Problem(f"{place}.input.{name}", "unknown_variable", message, "warning", node.id, "input")
