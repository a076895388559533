"""What happens while an agent replies? One event for each thing that a person, or a page, may see."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from connectors.declare import JSON


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Of what the model is saying right now; the whole follows as Said."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What the person said is stored."""

    seq: int
    text: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Said:
    seq: int
    text: str
    at: datetime
    line: str = ""
    """greeting | script | hold | delayed | failure | …: said by the platform; empty: by the model."""
    tool_call_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Suggested:
    """What the person may choose to answer."""

    replies: tuple[str, ...]
    is_strict: bool


@dataclass(frozen=True, kw_only=True)
class Calling:
    """A tool is called; its answer follows as Answered."""

    tool_call_id: str
    name: str
    arguments: dict[str, JSON]
    run: UUID | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Answered:
    tool_call_id: str
    name: str
    arguments: dict[str, JSON]
    result: dict[str, JSON]
    """{ok, data, message, error_code}"""
    run: UUID | None
    at: datetime
    duration_ms: int


@dataclass(frozen=True, kw_only=True)
class Moved:
    """The conversation stands at another node of the flow."""

    node: str
    name: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Ended:
    by: str
    """agent | transfer"""
    destination: str = ""
    at: datetime


type Event = Piece | Heard | Said | Suggested | Calling | Answered | Moved | Ended


def shown(event: Event) -> dict[str, Any]:
    """As it goes over a websocket: plain JSON with its `type`."""
    values = {name: _plain(value) for name, value in asdict(event).items()}
    kind = "node" if isinstance(event, Moved) else ""
    extra = {f"{kind}_type": values.pop("type")} if kind else {}
    return {"type": type(event).__name__.lower(), **values, **extra}


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case UUID():
            return str(value)
        case tuple():
            return list(value)
    return value
