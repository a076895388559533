"""What does an agent's document hold, and what is wrong with one? Pure, as document.py is for workflows."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, JsonValue, StringConstraints, ValidationError

from connectors.declare import JSON
from workflows.definition import agent_flow, wording
from workflows.definition.agent_flow import Flow, Part
from workflows.definition.problems import Problem, StructureInvalid

LARGEST_BYTES = 512 * 1024

type Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")]
type Line = Annotated[str, StringConstraints(max_length=500)]
type Text = Annotated[str, StringConstraints(max_length=20_000)]
type ValueType = Literal["string", "number", "integer", "boolean", "object", "array"]


class Model(Part):
    provider: Literal["demo", "openai"] = "demo"
    model: Annotated[str, StringConstraints(max_length=120)] = ""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.3
    connection: Annotated[str, StringConstraints(max_length=64)] | None = None
    """The id of a connection to a provider; None: the one that the operator set up (`LLM_*`)."""


class Variable(Part):
    """A value that a conversation may be started with."""

    name: Name
    type: ValueType = "string"
    description: Line = ""
    sample: JsonValue = None
    required: bool = False


class SecureKey(Part):
    name: Name
    description: Line = ""


class AnalysisProperty(Part):
    """A question about the conversation that is answered once it has ended."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    key: Name
    type: Literal["boolean", "datetime", "string", "number", "enum", "json"]
    description: Text = ""
    choices: list[Annotated[str, StringConstraints(min_length=1, max_length=120)]] = Field(default=[])


class Rules(Part):
    """Global instructions: for every conversation, for calls only, for chats only."""

    shared: Text = ""
    call: Text = ""
    chat: Text = ""


class AgentDefinition(Part):
    schema_number: Annotated[int, Field(alias="schema", ge=1, le=1)] = 1
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    persona: Text = ""
    objective: Text = ""
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")] = "en"
    time_zone: Annotated[str, StringConstraints(max_length=64)] = ""
    """Empty: the workspace's."""
    model: Model = Model()
    channels: list[Literal["chat", "call"]] = Field(default=["chat", "call"], max_length=2)
    variables: list[Variable] = Field(default=[], max_length=200)
    secure_metadata: list[SecureKey] = Field(default=[], max_length=200)
    analysis: list[AnalysisProperty] = Field(default=[], max_length=200)
    rules: Rules = Rules()
    flow: Flow = Flow()


def parse(document: JSON) -> AgentDefinition:
    """Raises StructureInvalid with the path of everything that is wrong."""
    try:
        definition = AgentDefinition.model_validate(document)
    except ValidationError as error:
        raise StructureInvalid(wording.problems_of(error.errors())) from error
    if problems := list(_contradictions(definition)):
        raise StructureInvalid(problems)
    if len(canonical(definition)) > LARGEST_BYTES:
        raise StructureInvalid([Problem("", "too_large", "An agent may hold 512 KB at most.")])
    return definition


def dump(definition: AgentDefinition) -> dict[str, JSON]:
    return definition.model_dump(by_alias=True)


def merged(definition: AgentDefinition, content: Mapping[str, JSON]) -> dict[str, JSON]:
    """The document with some of its keys replaced; of the flow only what is named."""
    document = dump(definition)
    for key, value in content.items():
        known = document.get(key)
        is_flow = key == "flow" and isinstance(known, dict) and isinstance(value, dict)
        document[key] = {**known, **value} if is_flow else value  # type: ignore[dict-item]
    return document


def canonical(definition: AgentDefinition) -> bytes:
    return json.dumps(dump(definition), sort_keys=True, separators=(",", ":")).encode()


def digest(definition: AgentDefinition) -> str:
    return hashlib.sha256(canonical(definition)).hexdigest()


def _contradictions(definition: AgentDefinition) -> Iterator[Problem]:
    yield from _repeated("variables", "name", [item.name for item in definition.variables])
    yield from _repeated("secure_metadata", "name", [item.name for item in definition.secure_metadata])
    yield from _repeated("analysis", "key", [item.key for item in definition.analysis])
    yield from _repeated("channels", "", list(definition.channels))
    yield from agent_flow.contradictions(definition.flow)
    for index, item in enumerate(definition.analysis):
        if (item.type == "enum") != bool(item.choices):
            message = "Give the choices." if item.type == "enum" else "Only the type enum has choices."
            yield Problem(f"analysis[{index}].choices", "choices", message)
    if definition.time_zone and not _is_time_zone(definition.time_zone):
        yield Problem("time_zone", "unknown_choice", "Use a name such as Europe/Berlin.")


def _repeated(where: str, key: str, names: Sequence[str]) -> Iterator[Problem]:
    for index, name in enumerate(names):
        if name in names[:index]:
            path = f"{where}[{index}].{key}".rstrip(".")
            yield Problem(path, "repeated", f"“{name}” is already there.")


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True
