"""What does a run do next? Decided from the definition and the journal alone: no database, no clock, no
network.

The plan walks the definition from its start and passes over every step whose outcome the journal holds. So a
run that was interrupted anywhere comes to the very move it would have made otherwise, and steps that only
compute (*Set values*) need no commit of their own: they give the same again.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from connectors.declare import JSON
from workflows.definition.document import Definition, Step
from workflows.engine.flow import delay, set_values, stop
from workflows.engine.moves import (
    Done,
    Failed,
    Finish,
    Move,
    Note,
    Outcome,
    Perform,
    Skipped,
    Sleep,
    StepError,
    after,
)
from workflows.templating import render
from workflows.templating.errors import MissingValue, TemplatingError

type Moves = Generator[Move, Outcome | None, Finish]
"""Perform is answered with its Outcome, Note with nothing; after Sleep nobody asks again."""
type _Part = Generator[Move, Outcome | None, Finish | None]


@dataclass(kw_only=True)
class Known:
    """What the plan decides from. `now` moves with the outcomes, never with a clock: it is the run's last
    commit.
    """

    journal: Mapping[str, Outcome]
    roots: Mapping[str, Any]
    now: datetime
    zone: Callable[[], tzinfo]
    woken: Mapping[str, datetime] = field(default_factory=dict)
    """Path → due time of a delay that is over but not yet in the journal."""


@dataclass
class _Scope:
    """What steps at one place see of the ones before them."""

    prefix: str = ""
    steps: dict[str, dict[str, JSON]] = field(default_factory=dict)


def moves(definition: Definition, known: Known) -> Moves:
    scope = _Scope()
    ended = yield from _sequence(definition.steps, scope, known)
    if ended is not None and ended.status == "failed":
        return ended
    return _answer(definition, scope, known, is_whole=ended is None)


def _sequence(steps: Sequence[Step], scope: _Scope, known: Known) -> _Part:
    for step in steps:
        path = scope.prefix + step.id
        outcome = known.journal.get(path)
        if outcome is None:
            outcome = yield from _act(step, path, scope, known)
        known.now = max(known.now, outcome.at)  # a successor's first outcomes are older than itself
        ended = _after(step, path, outcome, scope)
        if ended is not None:
            return ended
    return None


def _act(step: Step, path: str, scope: _Scope, known: Known) -> Generator[Move, Outcome | None, Outcome]:
    if not step.enabled:
        outcome: Outcome = Skipped(known.now, "The step is switched off.")
        yield Note(step, path, outcome, known.now)
        return outcome
    behaviour = _FLOW.get(step.action)
    if behaviour is not None:
        return (yield from behaviour(step, path, scope, known))
    answer = yield Perform(step, path, _values(scope, known), known.now)
    if answer is None:
        raise TypeError("a Perform is answered with an outcome")
    return answer


def _after(step: Step, path: str, outcome: Outcome, scope: _Scope) -> Finish | None:
    match outcome:
        case Done(output):
            scope.steps[step.slug] = {"output": output}
            if step.action == _STOP:
                return _stopped(step, path, output)
        case Failed(error):
            scope.steps[step.slug] = {"error": {"code": error.code, "message": error.message}}
            if step.policy.on_error != "continue":
                return Finish("failed", error=failure(step, path, error))
    return None


def failure(step: Step, path: str, error: StepError) -> dict[str, JSON]:
    """`run.error`, as pages and the API show it."""
    found: dict[str, JSON] = {"code": error.code, "message": error.message}
    found |= {"step_id": step.id, "path": path, "action": step.action}
    return found | {"maybe_done": True} if error.maybe_done else found


def _stopped(step: Step, path: str, output: JSON) -> Finish:
    said = output if isinstance(output, dict) else {}
    if said.get("result") != "failed":
        return Finish("succeeded")
    message = str(said.get("message") or "") or f"The step “{step.label}” ended the run as failed."
    return Finish("failed", error=failure(step, path, StepError(code="stopped", message=message)))


# --- Flow actions ------------------------------------------------------------------------------------------
type _Behaviour = Callable[[Step, str, _Scope, Known], Generator[Move, Outcome | None, Outcome]]

_STOP = "flow.stop@1"


def _computed(compute: Callable[[dict[str, JSON]], dict[str, JSON]]) -> _Behaviour:
    def behaviour(
        step: Step, path: str, scope: _Scope, known: Known
    ) -> Generator[Move, Outcome | None, Outcome]:
        inputs, error = _inputs(step, scope, known)
        outcome: Outcome = Failed(error, known.now) if error else Done(compute(inputs), known.now)
        yield Note(step, path, outcome, known.now, inputs)
        return outcome

    return behaviour


def _delay(step: Step, path: str, scope: _Scope, known: Known) -> Generator[Move, Outcome | None, Outcome]:
    inputs, error = _inputs(step, scope, known)
    due = known.woken.get(path)
    if due is None and error is None:
        try:
            due = delay.until(inputs, now=known.now, zone=known.zone())
        except delay.CannotCompute as reason:
            error = StepError(code="delay", message=str(reason))
        if due is not None and due > known.now:
            yield Sleep(step, path, due, "delay")
    outcome: Outcome
    if due is None:
        outcome = Failed(error or StepError(code="delay", message="The delay cannot be computed."), known.now)
    else:
        waited_ms = max(0, round((due - known.now) / timedelta(milliseconds=1)))
        outcome = Done({"until": moment(due)}, after(known.now, waited_ms))
    yield Note(step, path, outcome, known.now, inputs)
    return outcome


_FLOW: Mapping[str, _Behaviour] = {
    "flow.set_values@1": _computed(set_values.output),
    _STOP: _computed(stop.output),
    "flow.delay@1": _delay,
}


# --- Values ------------------------------------------------------------------------------------------------
def _values(scope: _Scope, known: Known) -> dict[str, Any]:
    return {**known.roots, "steps": scope.steps, "now": moment(known.now)}


def _inputs(step: Step, scope: _Scope, known: Known) -> tuple[dict[str, JSON], StepError | None]:
    try:
        rendered = render.resolve(dict(step.inputs), _values(scope, known))
    except TemplatingError as error:
        return {}, not_rendered(error)
    return rendered if isinstance(rendered, dict) else {}, None


def not_rendered(error: TemplatingError, place: str = "") -> StepError:
    code = "missing_value" if isinstance(error, MissingValue) else "not_rendered"
    return StepError(code=code, message=f"{place}: {error}" if place else str(error))


def moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _answer(definition: Definition, scope: _Scope, known: Known, *, is_whole: bool) -> Finish:
    """The response fields. A run that was stopped early gives null for what its missing steps would have
    given.
    """
    if definition.kind != "action":
        return Finish("succeeded")
    values, result = _values(scope, known), dict[str, JSON]()
    for response in definition.settings.response:
        try:
            result[response.name] = render.resolve(response.value, values)
        except MissingValue as error:
            if is_whole:
                return _unanswered(response.name, error)
            result[response.name] = None
        except TemplatingError as error:
            return _unanswered(response.name, error)
    return Finish("succeeded", result)


def _unanswered(name: str, error: TemplatingError) -> Finish:
    wrong = not_rendered(error, f"The response field “{name}” could not be filled")
    return Finish("failed", error={"code": wrong.code, "message": wrong.message, "field": name})
