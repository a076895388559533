"""Where in an agent's document do people write to it? Every text that may hold tokens and mentions."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from workflows.definition.agent_document import AgentDefinition
from workflows.definition.agent_flow import End, Node, Start, Turn, WorkflowNode

type Rewrite = Callable[[str], str]

RULES = {"shared": "Rules for every conversation", "call": "Rules for calls", "chat": "Rules for chats"}
INSTRUCTIONS = {
    "shared": "Instructions",
    "call": "Instructions for calls",
    "chat": "Instructions for chats",
}


@dataclass(frozen=True)
class Spot:
    """A text and the place where people edit it."""

    text: str
    path: str
    field: str
    """Its name in the form that holds it, such as `rules.call`."""
    label: str
    node_id: str = ""


def spots(definition: AgentDefinition) -> Iterator[Spot]:
    yield Spot(definition.persona, "persona", "persona", "Persona")
    yield Spot(definition.objective, "objective", "objective", "Objective")
    for scope, label in RULES.items():
        yield Spot(getattr(definition.rules, scope), f"rules.{scope}", f"rules.{scope}", label)
    for index, node in enumerate(definition.flow.nodes):
        for path, text, label in _of_node(node):
            yield Spot(text, f"flow.nodes[{index}].{path}", _field(path), label, node.id)


def _field(path: str) -> str:
    """Of a list or an object of inputs, the whole."""
    return path if path.startswith(("message.", "instructions.")) else re.split(r"[.\[]", path)[0]


def _of_node(node: Node) -> Iterator[tuple[str, str, str]]:
    match node:
        case Start():
            yield "message.inbound", node.message.inbound, "First message"
            yield "message.outbound", node.message.outbound, "First message of outbound calls"
        case Turn():
            for scope, label in INSTRUCTIONS.items():
                yield f"instructions.{scope}", getattr(node.instructions, scope), label
            yield "script", node.script, "Exact words"
        case WorkflowNode():
            for name, text in node.input.items():
                yield f"input.{name}", text, name
        case End():
            yield "message", node.message, "Last words"
    if isinstance(node, Start | Turn):
        for number, outcome in enumerate(node.outcomes):
            yield f"outcomes[{number}].description", outcome.description, f"Outcome {outcome.name}"


def rewritten(definition: AgentDefinition, rewrite: Rewrite) -> AgentDefinition:
    """The definition with each of these texts rewritten."""
    return definition.model_copy(
        update={
            "persona": rewrite(definition.persona),
            "objective": rewrite(definition.objective),
            "rules": definition.rules.model_copy(
                update={scope: rewrite(getattr(definition.rules, scope)) for scope in RULES}
            ),
            "flow": definition.flow.model_copy(
                update={"nodes": [_rewritten_node(node, rewrite) for node in definition.flow.nodes]}
            ),
        }
    )


def _rewritten_node(node: Node, rewrite: Rewrite) -> Node:
    changed = partial(node.model_copy, deep=False)
    match node:
        case Start():
            message = {name: rewrite(text) for name, text in node.message.model_dump().items()}
            outcomes = _rewritten_outcomes(node, rewrite)
            return changed(update={"message": node.message.model_copy(update=message), "outcomes": outcomes})
        case Turn():
            texts = {name: rewrite(text) for name, text in node.instructions.model_dump().items()}
            return changed(
                update={
                    "instructions": node.instructions.model_copy(update=texts),
                    "script": rewrite(node.script),
                    "outcomes": _rewritten_outcomes(node, rewrite),
                }
            )
        case WorkflowNode():
            return changed(update={"input": {name: rewrite(text) for name, text in node.input.items()}})
    return changed(update={"message": rewrite(node.message)})


def _rewritten_outcomes(node: Start | Turn, rewrite: Rewrite) -> list[object]:
    return [
        outcome.model_copy(update={"description": rewrite(outcome.description)}) for outcome in node.outcomes
    ]
