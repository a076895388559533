"""What does Parley ask of a language model, and what comes back? The port that every provider fills."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from connectors.declare import JSON

TAKE_OUTCOME = "take_outcome"
"""The function by which a model takes an outcome; no tool of an agent can be called by this name."""
LEAVE = "leave"
"""The outcome of a part that is about one tool: the person wants something else."""


@dataclass(frozen=True, kw_only=True)
class Returned:
    """One field of what a tool answers."""

    name: str
    type: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A function that the model may call."""

    name: str
    description: str
    parameters: Mapping[str, JSON]
    """JSON schema of an object."""
    returns: tuple[Returned, ...] = ()
    writes: bool = False
    """It changes something outside: the person is asked before it is called."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A way on from where the conversation stands; taking it is the model's choice."""

    key: str
    name: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A call made earlier, with what it answered."""

    id: str
    name: str
    arguments: Mapping[str, JSON]
    result: Mapping[str, JSON]
    """{ok, data, message, error_code}"""
    is_said: bool = False
    """The person was told `message` by the platform already."""


@dataclass(frozen=True, kw_only=True)
class Message:
    role: Literal["user", "agent", "tool"]
    text: str = ""
    call: ToolCall | None = None
    is_aside: bool = False
    """Said by the platform around a call; what the call answered is still to be told."""


@dataclass(frozen=True, kw_only=True)
class Brief:
    """What the flow wants at this point, apart; `system` has it in words."""

    agent: str = ""
    place: str = ""
    """The name of the flow's node."""
    instructions: str = ""
    was_just_entered: bool = False
    now: datetime | None = None
    """In the agent's zone."""


@dataclass(frozen=True, kw_only=True)
class Request:
    system: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    has_to_call: str = ""
    """The tool that this part of the conversation is about; what it needs is asked for."""
    temperature: float = 0.3
    brief: Brief = Brief()
    memory: Mapping[str, JSON] = field(default_factory=dict)
    """What the provider gave with its last answer in this conversation, to be understood by it alone."""


@dataclass(frozen=True)
class Text:
    """A piece of what the agent says."""

    text: str


@dataclass(frozen=True)
class Called:
    """A tool is to be called."""

    id: str
    name: str
    arguments: str
    """JSON as the model wrote it: it may be none."""


@dataclass(frozen=True)
class Took:
    """An outcome is to be taken."""

    key: str


@dataclass(frozen=True, kw_only=True)
class Usage:
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    """In the currency of the prices that were set; None: unknown."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """Always the last event."""

    usage: Usage = Usage()
    attempts: int = 1
    memory: Mapping[str, JSON] | None = None
    """None: as it was."""


type ModelEvent = Text | Called | Took | Finished


class ModelProvider(Protocol):
    @property
    def name(self) -> str:
        """As it is shown wherever it speaks."""
        ...

    def stream(self, request: Request) -> Iterator[ModelEvent]:
        """Raises ConnectorError; before the first event as well as between events."""
        ...
