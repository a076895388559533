"""What does the plan decide from? What is known of the run, and what a step sees of the ones before it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from connectors.declare import JSON
from workflows.definition.document import Step
from workflows.engine.moves import Outcome, StepError
from workflows.templating import render
from workflows.templating.errors import MissingValue, TemplatingError


@dataclass(frozen=True)
class Event:
    """Something the run waits for, or will."""

    payload: JSON
    received_at: datetime


def no_events() -> Sequence[Event]:
    return ()


@dataclass(kw_only=True)
class Known:
    """`now` moves with the outcomes, never with a clock: it is the run's last commit."""

    journal: Mapping[str, Outcome]
    roots: Mapping[str, Any]
    now: datetime
    zone: Callable[[], tzinfo]
    woken: Mapping[str, datetime] = field(default_factory=dict)
    """Path → due time of a wait that is over but not yet in the journal."""
    events: Callable[[], Sequence[Event]] = no_events
    """All that came for this run, oldest first; each *Wait for an event* takes the next one."""
    events_taken: int = 0
    is_answered: bool = False
    """A *Respond* step gave the answer, so the response fields are not asked for."""
    stop_path: str | None = None
    """A test of one step ends there."""
    count: int = 0
    """Steps that have an outcome."""

    def remember(self, name: str, value: JSON) -> None:
        self.roots = {**self.roots, "session": {**self.roots.get("session", {}), name: value}}


@dataclass(kw_only=True)
class Scope:
    prefix: str = ""
    """Of the paths: the loops around, each with its pass."""
    steps: dict[str, dict[str, JSON]] = field(default_factory=dict)
    loop: Mapping[str, JSON] | None = None
    last: JSON = None
    """What the last step gave back."""

    def inside(self, path: str, index: int, item: JSON) -> "Scope":
        """One pass of the loop at `path`: it sees what came before, and nobody outside sees its steps."""
        return Scope(prefix=f"{path}[{index}]/", steps=dict(self.steps), loop={"item": item, "index": index})

    def done(self, step: Step, output: JSON) -> None:
        self.steps[step.slug] = {"output": output}
        self.last = output

    def failed(self, step: Step, error: StepError) -> None:
        self.steps[step.slug] = {"error": {"code": error.code, "message": error.message}}
        self.last = None


def values(scope: Scope, known: Known) -> dict[str, Any]:
    """The roots that a field may name at this place."""
    found = {**known.roots, "steps": scope.steps, "now": moment(known.now)}
    return found if scope.loop is None else {**found, "loop": scope.loop}


def rendered(step: Step, scope: Scope, known: Known) -> tuple[dict[str, JSON], StepError | None]:
    try:
        filled = render.resolve(dict(step.inputs), values(scope, known))
    except TemplatingError as error:
        return {}, not_rendered(error)
    return filled if isinstance(filled, dict) else {}, None


def not_rendered(error: TemplatingError, place: str = "") -> StepError:
    code = "missing_value" if isinstance(error, MissingValue) else "not_rendered"
    return StepError(code=code, message=f"{place}: {error}" if place else str(error))


def moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
