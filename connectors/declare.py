"""How does an app say what it can do? Plain data plus one function per action.

One declaration drives the editor's form, the checks at publish, the variable picker, redaction and the docs. Declaring an
action needs no migration, no template and no change in the core (docs/how-to/add-an-app.md).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

type JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]
type Inputs = Mapping[str, JSON]
"""An action's inputs at call time: tokens resolved, defaults filled in, types checked against the declared fields."""
type Outputs = JSON


class Kind(StrEnum):
    """What a field holds; the editor has one form control and the checker one rule for each."""

    TEXT = "text"  # one line
    LONG_TEXT = "long_text"  # several lines; `{% if %}` and `{% for %}` allowed
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    PAIRS = "pairs"  # [{name, value}]
    JSON = "json"  # any JSON value, typed as text in the form
    BODY = "body"  # null | {kind: json|form|text, value}
    VALUES = "values"  # [{name, value}] whose values keep their types (flow.set_values)
    DATETIME = "datetime"
    SECRET = "secret"  # connection credentials only: write-only


class Repeat(StrEnum):
    """What a crash between the call and its commit allows."""

    SAFE = "safe"  # reads, or writes that may happen twice without harm
    WITH_KEY = "with_key"  # the other side recognises our idempotency key
    NEVER = "never"  # cannot be deduplicated: `on_unknown` decides


@dataclass(frozen=True, kw_only=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Field:
    name: str
    kind: Kind
    label: str
    help: str = ""
    placeholder: str = ""
    required: bool = False
    default: JSON = None
    choices: tuple[Choice, ...] = ()
    tokens: bool = True
    """May hold `{{ tokens }}`. A number field whose stored value is one token is checked after it was resolved."""
    accepts_secure: bool = False
    """Secrets and secure metadata may be used here; they are resolved at call time and never stored."""
    advanced: bool = False
    """Shown under *More options*."""
    shown_when: Mapping[str, Sequence[JSON]] = field(default_factory=dict)
    """Other field → values for which this one is shown (and, if required, required)."""
    when_connected: bool | None = None
    """True: only with a connection; False: only without one (REST: `path` and `url`)."""
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    pattern: str = ""
    """RE2; checked on values without tokens at publish and on all values at call time."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """One value an action gives back, for the picker and the checks. Below type `any` every path is allowed."""

    name: str
    type: str  # string | number | integer | boolean | object | array | any
    label: str
    fields: tuple["Output", ...] = ()
    sample: JSON = None


class Reply(Protocol):
    """An HTTP answer: read whole, decoded, at most 1 MB."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def text(self) -> str: ...
    @property
    def json(self) -> JSON: ...


class Http(Protocol):
    """The guarded outbound HTTP client, already bound to the connection's base address, hosts and credentials.

    Raises Unavailable, TimedOut, Blocked or Misconfigured; an answer of any status is returned, not raised.
    """

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        query: Sequence[tuple[str, str]] = (),
        json: JSON = None,
        form: Sequence[tuple[str, str]] | None = None,
        content: bytes | None = None,
    ) -> Reply: ...


class Mail(Protocol):
    """The guarded outbound SMTP client of an e-mail connection."""

    def send(self, message: Any, *, sender: str, recipients: Sequence[str]) -> Mapping[str, str]:
        """Hands the message over; returns refused recipients with the server's reason. Raises ConnectorError."""
        ...


@dataclass(frozen=True, kw_only=True)
class Call:
    """Everything an action's function may touch besides its inputs."""

    http: Http
    mail: Mail
    settings: Mapping[str, JSON]
    """The connection's settings, credentials excluded; empty without a connection."""
    idempotency_key: str
    """The same for every attempt of this step in this run, 32 characters of [a-z2-7]."""
    attempt: int
    deadline: float
    """`time.monotonic()` at which the step is out of time; http and mail keep to it themselves."""
    workspace: str
    """The workspace's slug."""


type Perform = Callable[[Inputs, Call], Outputs]


@dataclass(frozen=True, kw_only=True)
class Action:
    key: str
    label: str
    description: str
    fields: tuple[Field, ...] = ()
    outputs: tuple[Output, ...] = ()
    output_type: str = "object"
    """`object`: its keys are `outputs`; `any`: unknown until it ran."""
    repeat: Repeat = Repeat.NEVER
    repeats: Callable[[Mapping[str, JSON]], Repeat] | None = None
    """Decides `repeat` by the stored inputs, where that differs (REST: by method)."""
    default_on_unknown: str | None = None
    """retry | skip | fail; without it `retry` for SAFE and WITH_KEY, `fail` for NEVER."""
    schema: int = 1
    synonyms: tuple[str, ...] = ()
    needs_connection: bool = False
    """False with an app that has connections: the connection is optional."""
    summary: Callable[[Mapping[str, JSON]], str] | None = None
    """The card's line, plain text with `**strong**` parts, from the stored inputs."""
    kinds: tuple[str, ...] = ("action", "post_conversation")
    """Workflow kinds it may be used in."""
    perform: Perform | None = None
    """None for flow actions: their behaviour is the engine's own (workflows/engine/flow/)."""

    def performed_by(self, function: Perform) -> "Action":
        return replace(self, perform=function)

    def repeat_of(self, inputs: Mapping[str, JSON]) -> Repeat:
        return self.repeats(inputs) if self.repeats else self.repeat


@dataclass(frozen=True, kw_only=True)
class ConnectionKind:
    """What a connection of an app holds. SECRET fields are encrypted at rest and write-only."""

    fields: tuple[Field, ...]
    hosts: Callable[[Mapping[str, JSON]], Sequence[str]]
    """The hosts that its credentials may be sent to, from its settings."""
    check: Callable[[Call], None] | None = None
    """Tries the connection; raises ConnectorError with what is wrong."""
    base_url: Callable[[Mapping[str, JSON]], str] | None = None


@dataclass(frozen=True, kw_only=True)
class App:
    slug: str
    name: str
    description: str
    actions: tuple[Action, ...]
    icon: str = ""
    """A symbol of the sprite (`i-globe`, `b-slack`); empty draws a monogram."""
    tone: str = ""
    """Tile style: core | flow | ai | h1…h8; empty is the plain brand tile."""
    category: str = "apps"
    """apps | flow | data | people | ai"""
    connection: ConnectionKind | None = None
    synonyms: tuple[str, ...] = ()
    demo_only: bool = False
