"""Which names may the tokens of a workflow use, besides those of its own steps and variables?"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflows.definition.shapes import ActionVariable, ResponseField


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A workflow of the same agent, as it is live; as it is drafted while it is not."""

    name: str
    kind: str
    is_live: bool = False
    is_paused: bool = False
    variables: tuple[ActionVariable, ...] = ()
    response: tuple[ResponseField, ...] = ()
    calls: frozenset[str] = frozenset()
    """Ids of the workflows that it calls."""


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What the agent defines and the workspace holds. Mappings are name → type (string, number, …, any)."""

    variables: Mapping[str, str] = field(default_factory=dict)
    analysis: Mapping[str, str] = field(default_factory=dict)
    secure: Mapping[str, str] = field(default_factory=dict)
    session: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    connections: Mapping[str, str] = field(default_factory=dict)
    """Id → app."""
    workflows: Mapping[str, Neighbour] = field(default_factory=dict)
    """Id → workflow, the one that is looked at included."""
    workflow: str = ""
    """The id of the one that is looked at."""


CONVERSATION: Mapping[str, str] = {
    "id": "string",
    "channel": "string",
    "direction": "string",
    "customer": "object",
    "started_at": "string",
    "ended_at": "string",
    "duration_s": "number",
    "transcript": "array",
    "transcript_text": "string",
    "summary": "string",
    "ended_by": "string",
    "ended_reason": "string",
}
CUSTOMER: Mapping[str, str] = {"name": "string", "email": "string", "phone": "string", "id": "string"}
"""Always there, null until known; a conversation's customer may have more."""
RUN: Mapping[str, str] = {
    "id": "string",
    "number": "integer",
    "version": "integer",
    "started_at": "string",
    "trigger": "string",
}
EVENT_URL: Mapping[str, str] = {"event_url": "string"}
"""Below `run` after a conversation: who calls it wakes the *Wait for an event* step of this run."""
ERROR: Mapping[str, str] = {"code": "string", "message": "string"}
"""What a step that failed and was passed over leaves under `steps.<slug>.error`."""
