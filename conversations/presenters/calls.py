"""How does a tool call read, on the timeline and in a chat? And a value, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from connectors.declare import JSON
from conversations.models import ToolCall
from conversations.presenters.ran import StepLine
from workflows.models import Run


@dataclass(frozen=True, kw_only=True)
class Call:
    id: str
    name: str
    version: int | None
    is_ok: bool | None
    """None: it is not answered yet."""
    took_ms: float | None
    error: str
    arguments: tuple[tuple[str, str], ...]
    result: tuple[tuple[str, str], ...]
    run_url: str
    is_asked: bool
    """The person is asked whether it may begin."""
    steps: tuple[StepLine, ...]
    workflow: UUID | None = None
    late: str = ""


def call_of(made: ToolCall, run: Run | None, steps: Sequence[StepLine] = ()) -> Call:
    """`steps` are those of its run."""
    result = made.result or {}
    answered = made.answered_at - made.requested_at if made.answered_at else None
    is_ok = bool(result.get("ok")) if made.result is not None else None
    data = result.get("data")
    late = made.late_result or {}
    return Call(
        id=made.tool_call_id,
        name=made.name,
        version=run.version.number if run else None,
        is_ok=is_ok,
        is_asked=made.confirm_due,
        took_ms=answered.total_seconds() * 1000 if answered else None,
        error=str(result.get("message") or "") if is_ok is False else "",
        arguments=pairs(made.arguments),
        result=pairs(data if isinstance(data, dict) else {"result": data} if data is not None else {}),
        run_url=reverse("builder:run", args=[run.pk]) if run else "",
        workflow=run.workflow_id if run else None,
        steps=tuple(steps),
        late=word(late.get("data") or late.get("message")) if late else "",
    )


def pairs(values: Mapping[str, JSON]) -> tuple[tuple[str, str], ...]:
    return tuple((name, word(value)) for name, value in values.items())


def word(value: JSON) -> str:
    match value:
        case None:
            return "not known"
        case True:
            return "yes"
        case False:
            return "no"
        case {"$secure": _}:
            return "never shown"
        case str() | int() | float():
            text = str(value)
        case _:
            text = ", ".join(_parts(value))
    return text if len(text) <= 500 else text[:499] + "…"


def _parts(value: JSON) -> Iterable[str]:
    if isinstance(value, dict):
        return (f"{name}: {word(inner)}" for name, inner in value.items())
    return (word(inner) for inner in value) if isinstance(value, list) else (str(value),)
