"""How does an app say what it can do? Plain data plus one function per action.

One declaration drives the editor's form, the checks at publish, the variable picker, redaction and the docs.
Declaring an action needs no migration, no template and no change in the core (docs/how-to/add-an-app.md).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol
from uuid import UUID

type JSON = bool | int | float | str | list["JSON"] | dict[str, "JSON"] | None
type Inputs = Mapping[str, JSON]
"""An action's inputs at call time: tokens resolved, defaults filled in, types checked by the declaration."""
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
    LIST = "list"  # a list, or a token that gives one; typed as JSON in the form
    VALUE = "value"  # one value of any type: JSON, or else a text
    WORKFLOW = "workflow"  # the id of another action workflow of the agent
    SECRET = "secret"  # noqa: S105 - a kind of field; connection credentials only: write-only


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
    """May hold `{{ tokens }}`; such a value is checked against the declaration after it was resolved."""
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
    many: bool = False
    """A text field that takes a list of texts too (recipients)."""
    pattern: str = ""
    """RE2, matches the whole value; checked at publish on values without tokens, at call time on all."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """One value an action gives back, for the picker and the checks. Below `any` every path is allowed."""

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
    """The guarded outbound HTTP client, bound to the connection's base address, hosts and credentials.

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

    def check(self) -> None:
        """Connects and signs in without sending anything."""
        ...

    def send(self, message: bytes, *, sender: str, recipients: Sequence[str]) -> Mapping[str, str]:
        """Hands the message over; returns the refused recipients with the server's reason.

        Raises Unavailable (nobody was accepted for now), Rejected, NeedsReconnect or Misconfigured.
        """
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


class Credential(Protocol):
    """A secret value; `workspaces.vault.Secret` where it matters."""

    def reveal(self) -> str: ...


@dataclass(frozen=True, kw_only=True, repr=False)
class Auth:
    """What proves a connection's identity on each request; clear values, so it is never shown or stored."""

    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    expires_in_s: float | None = None
    """None: as long as the connection stays as it is."""


type Authorize = Callable[["Resolved", Http], Auth]
"""Makes the Auth of a connection; for token requests it gets a guarded client without credentials."""


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """A connection ready to be used: its settings and opened credentials, and where these may be sent."""

    id: UUID
    app: str
    name: str
    version: int
    settings: Mapping[str, JSON]
    credentials: Mapping[str, Credential] = field(default_factory=dict, repr=False)
    hosts: frozenset[str] = frozenset()
    base_url: str = ""
    authorize: Authorize | None = None


type Perform = Callable[[Inputs, Call], Outputs]


class Summary(Protocol):
    """The card's line in words, with `**strong**` parts, from the stored inputs and the connection's name.

    In place of a workflow's id it is given the workflow's name.
    """

    def __call__(self, inputs: Mapping[str, JSON], connection: str = "") -> str: ...


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
    icon: str = ""
    """Stands on its cards instead of the app's own."""
    default_on_unknown: str | None = None
    """retry | skip | fail; without it `retry` for SAFE and WITH_KEY, `fail` for NEVER."""
    schema: int = 1
    synonyms: tuple[str, ...] = ()
    needs_connection: bool = False
    """False with an app that has connections: the connection is optional."""
    summary: Summary | None = None
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
    authorize: Authorize | None = None
    paths: Mapping[str, str] = field(default_factory=dict)
    """Field → its place in the API's settings object where that is nested (`token` → `auth.token`)."""


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
