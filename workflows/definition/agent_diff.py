"""What changes for people when this draft of an agent goes live? Section by section, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.declare import JSON
from workflows.definition import agent_flow
from workflows.definition.agent_document import AgentDefinition
from workflows.definition.agent_flow import Flow, Node, Start, Turn
from workflows.definition.agent_texts import INSTRUCTIONS, RULES
from workflows.definition.diff import Change, FieldDiff, words

TYPES: Mapping[str, str] = {
    "start": "Conversation start",
    "turn": "Agent turn",
    "workflow": "Run workflow",
    "end": "End",
}


@dataclass(frozen=True)
class SectionDiff:
    section: str
    """settings | instructions | variables | analysis | flow: the page on which it is edited."""
    label: str
    change: Change
    fields: tuple[FieldDiff, ...]
    node_id: str = ""


def diff(
    published: AgentDefinition | None, draft: AgentDefinition, workflows: Mapping[str, str]
) -> list[SectionDiff]:
    """`workflows` is id → name. Of an agent that was never published everything is new."""
    before = published or AgentDefinition(name=draft.name)
    sections = (
        ("flow", "Flow", _flow_settings),
        ("instructions", "Instructions", _instructions),
        ("variables", "Variables", _variables),
        ("analysis", "Analysis", _analysis),
        ("settings", "Settings", _settings),
    )
    found = list(_nodes(before.flow, draft.flow, workflows))
    for section, label, values in sections:
        if fields := tuple(_fields(values(before), values(draft))):
            found.append(SectionDiff(section, label, "edited", fields))
    return found


def _settings(definition: AgentDefinition) -> dict[str, JSON]:
    model = definition.model
    return {
        "Name": definition.name,
        "Language": definition.language,
        "Time zone": definition.time_zone,
        "Channels": ", ".join(definition.channels),
        "Model provider": model.provider,
        "Model": model.model,
        "Temperature": model.temperature,
        "Connection": model.connection,
    }


def _flow_settings(definition: AgentDefinition) -> dict[str, JSON]:
    return {"Ends after minutes without a word": definition.flow.inactive_after_min}


def _instructions(definition: AgentDefinition) -> dict[str, JSON]:
    rules: dict[str, JSON] = {label: getattr(definition.rules, scope) for scope, label in RULES.items()}
    return {"Persona": definition.persona, "Objective": definition.objective, **rules}


def _variables(definition: AgentDefinition) -> dict[str, JSON]:
    variables = {f"Variable “{one.name}”": _lines(one.model_dump()) for one in definition.variables}
    keys = {
        f"Secure metadata “{one.name}”": one.description or "defined" for one in definition.secure_metadata
    }
    return {**variables, **keys}


def _analysis(definition: AgentDefinition) -> dict[str, JSON]:
    return {f"Property “{one.key}”": _lines(one.model_dump()) for one in definition.analysis}


def _lines(values: Mapping[str, JSON]) -> str:
    """`type: string`, line by line, without what is empty."""
    told = {name: value for name, value in values.items() if value not in (None, "", [])}
    return "\n".join(f"{name}: {_in_line(value)}" for name, value in told.items())


def _in_line(value: JSON) -> str:
    """A list of texts with commas, as people type it."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(map(str, value))
    return words(value)


def _nodes(before: Flow, after: Flow, workflows: Mapping[str, str]) -> Iterator[SectionDiff]:
    old = {node.id: _node_values(node, before, workflows) for node in before.nodes}
    new = {node.id: _node_values(node, after, workflows) for node in after.nodes}
    for node in after.nodes:
        fields = tuple(_fields(old.get(node.id, {}), new[node.id]))
        if node.id not in old:
            yield SectionDiff("flow", node.name, "added", fields, node.id)
        elif fields:
            yield SectionDiff("flow", node.name, "edited", fields, node.id)
    for node in before.nodes:
        if node.id not in new:
            yield SectionDiff("flow", node.name, "removed", (), node.id)


def _node_values(node: Node, flow: Flow, workflows: Mapping[str, str]) -> dict[str, JSON]:
    """Label → value, with names where ids stand."""
    stored = {name: value for name, value in node.model_dump().items() if name not in ("id", "outcomes")}
    names = {one.id: one.name for one in flow.nodes}
    values: dict[str, JSON] = {}
    for field, value in stored.items():
        if field == "type":
            values["Type"] = TYPES[node.type]
        elif field == "workflow":
            values["Workflow"] = workflows.get(str(value), "one that is gone") if value else None
        elif field == "input":
            values |= {f"Value of {name}": text for name, text in value.items()}
        elif isinstance(value, dict):
            values |= {_LABELS[f"{field}.{name}"]: text for name, text in value.items()}
        else:
            values[_LABELS[field]] = value if not isinstance(value, list) else "\n".join(value)
    outcomes = node.outcomes if isinstance(node, Start | Turn) else []
    prompts = {outcome.id: outcome.description for outcome in outcomes}
    for way in agent_flow.exits(node):
        to = f"→ {names.get(way.to, 'a node that is gone')}" if way.to else "→ nowhere yet"
        values[f"Outcome “{way.label}”"] = "\n".join(filter(None, (to, prompts.get(way.key, ""))))
    return values


_LABELS: Mapping[str, str] = {
    "name": "Name",
    "speaks_first": "Speaks first",
    "message.inbound": "First message",
    "message.outbound": "First message of outbound calls",
    "message": "Last words",
    "suggested_replies": "Suggested replies",
    "strict_replies": "Only suggested replies",
    "notes": "Notes",
    **{f"instructions.{scope}": label for scope, label in INSTRUCTIONS.items()},
    "script": "Exact words",
    "mode": "Then",
    "destination": "Destination",
}


def _fields(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> Iterator[FieldDiff]:
    for label in {**before, **after}:
        old, new = words(before.get(label)), words(after.get(label))
        if old != new:
            yield FieldDiff(label, old, new)
