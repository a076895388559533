"""What is a workflow made of? Frozen values; a change makes a new definition (operations.py)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.declare import JSON

SCHEMA = 1
MAX_STEPS = 500
MAX_DEPTH = 6
MAX_BYTES = 512 * 1024
DEFAULT_DEADLINE_S = 30

type Steps = tuple["Step", ...]


@dataclass(frozen=True, kw_only=True)
class Rule:
    left: JSON
    op: str
    right: JSON = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rules of which all or any must hold; an empty group is false."""

    mode: str
    """all | any"""
    rules: tuple["Rule | Group", ...] = ()


@dataclass(frozen=True, kw_only=True)
class Branch:
    """One way on from a step: under rules, otherwise, or when the step fails."""

    id: str
    label: str = ""
    when: Group | None = None
    otherwise: bool = False
    on_error: bool = False
    steps: Steps = ()


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What happens when a step is slow or fails. None is what the engine or the action does by default."""

    timeout_s: int | float | None = None
    retries: int | None = None
    on_error: str = "stop"
    """stop | continue | branch"""
    on_unknown: str | None = None
    """retry | skip | fail"""


@dataclass(frozen=True, kw_only=True)
class Step:
    id: str
    slug: str
    action: str
    label: str = ""
    connection: str | None = None
    inputs: Mapping[str, JSON] = field(default_factory=dict)
    branches: tuple[Branch, ...] = ()
    body: Steps | None = None
    """The steps of a loop; None for a step that is none."""
    note: str = ""
    enabled: bool = True
    policy: Policy = Policy()


@dataclass(frozen=True, kw_only=True)
class ActionVariable:
    name: str
    type: str = "string"
    description: str = ""
    required: bool = False
    source: str = "spoken"
    """spoken: the model collects it; trusted: taken from `origin`, unseen by the model."""
    origin: str = ""
    """`from` in the document: `secure.customer_id`, `variables.plan`, `session.cart`."""
    sample: JSON = None
    enum: tuple[JSON, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ResponseField:
    name: str
    type: str = "string"
    description: str = ""
    value: JSON = None


@dataclass(frozen=True, kw_only=True)
class Delayed:
    """A line that is said when the answer takes longer than `after_ms`."""

    after_ms: int = 4000
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What the agent says while an action workflow runs."""

    mode: str = "default"
    """default | custom | none"""
    text: str = ""
    delayed: Delayed | None = None
    failure: str = ""
    timeout: str = ""
    confirm: str = ""
    """What the person is asked before it is done; empty: the platform does not ask."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`enabled` belongs to a post-conversation workflow; all from `message` on to an action workflow."""

    name: str
    description: str = ""
    order_key: str = ""
    """Filled in when a run begins: runs with the same key go one after the other. Empty: none waits."""
    enabled: bool = False
    message: Message = Message()
    deadline_s: int | float = DEFAULT_DEADLINE_S
    variables: tuple[ActionVariable, ...] = ()
    response: tuple[ResponseField, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Definition:
    kind: str
    """action | post_conversation: the workflow's, not written in the document."""
    settings: Settings
    steps: Steps = ()
