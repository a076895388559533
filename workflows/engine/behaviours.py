"""What does each flow action come to, from what is known? The engine's own words: a function each.

A loop is not among them: it is a way of walking, and so part of the plan.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from connectors.declare import JSON
from workflows.definition.document import Step
from workflows.engine.flow import delay, respond, set_values, split, stop, wait_for_event
from workflows.engine.flow.rules import RuleWrong
from workflows.engine.known import Known, Scope, moment, not_rendered, values
from workflows.engine.moves import (
    CallWorkflow,
    Done,
    Failed,
    Outcome,
    Remember,
    Sleep,
    StepError,
    after,
)
from workflows.engine.settle import Unfit, settled
from workflows.templating.errors import TemplatingError

type Decision = Outcome | Sleep | Remember | CallWorkflow
type Behaviour = Callable[[Step, str, dict[str, JSON], Scope, Known], Decision]


def _computed(compute: Callable[[dict[str, JSON]], JSON]) -> Behaviour:
    def behaviour(step: Step, path: str, inputs: dict[str, JSON], scope: Scope, known: Known) -> Decision:
        return done(compute(inputs), known)

    return behaviour


def done(output: JSON, known: Known) -> Outcome:
    """In its kept form, so that a run gives the same whether or not it was interrupted after this."""
    try:
        return Done(settled(output), known.now)
    except Unfit as unfit:
        return Failed(StepError(code=unfit.code, message=str(unfit)), known.now)


def _split(step: Step, path: str, inputs: dict[str, JSON], scope: Scope, known: Known) -> Decision:
    try:
        taken = split.taken(
            step.branches,
            mode=str(inputs.get("mode") or "first"),
            values=values(scope, known),
            now=known.now,
            zone=known.zone,
        )
    except TemplatingError as error:
        return Failed(not_rendered(error), known.now)
    except RuleWrong as wrong:
        return Failed(StepError(code="rule", message=str(wrong)), known.now)
    return Done(
        {"taken": [branch.id for branch in taken], "labels": [branch.label for branch in taken]}, known.now
    )


def _delay(step: Step, path: str, inputs: dict[str, JSON], scope: Scope, known: Known) -> Decision:
    due = known.woken.get(path)
    if due is None:
        try:
            due = delay.until(inputs, now=known.now, zone=known.zone())
        except delay.CannotCompute as reason:
            return Failed(StepError(code="delay", message=str(reason)), known.now)
        if due > known.now:
            return Sleep(step, path, due, "delay")
    waited_ms = max(0, round((due - known.now) / timedelta(milliseconds=1)))
    return Done({"until": moment(due)}, after(known.now, waited_ms))


def _wait_for_event(step: Step, path: str, inputs: dict[str, JSON], scope: Scope, known: Known) -> Decision:
    """An event that came early counts: it was kept. A time-out is a failure, so that a branch may follow."""
    events = known.events()
    if len(events) > known.events_taken:
        event = events[known.events_taken]
        came_at = max(event.received_at, known.now)
        return Done({"event": event.payload, "received_at": moment(event.received_at)}, came_at)
    due = known.woken.get(path)
    if due is not None:
        return Failed(StepError(code="timed_out", message=wait_for_event.TOO_LATE), max(due, known.now))
    try:
        return Sleep(step, path, known.now + wait_for_event.longest(inputs), "event")
    except delay.CannotCompute as reason:
        return Failed(StepError(code="delay", message=str(reason)), known.now)


def _set_session(step: Step, path: str, inputs: dict[str, JSON], scope: Scope, known: Known) -> Decision:
    kept = done(inputs.get("value"), known)
    if not isinstance(kept, Done):
        return kept
    return Remember(step, path, str(inputs.get("name") or ""), kept.output, known.now)


def _call_workflow(step: Step, path: str, inputs: dict[str, JSON], scope: Scope, known: Known) -> Decision:
    given = inputs.get("input")
    if given is not None and not isinstance(given, dict):
        message = "The values for the workflow must be an object of names and values."
        return Failed(StepError(code="bad_input", message=message), known.now)
    return CallWorkflow(step, path, str(inputs.get("workflow") or ""), given or {}, known.now)


SPLIT, STOP, RESPOND = "flow.split@1", "flow.stop@1", "flow.respond@1"
SET_SESSION, WAIT_FOR_EVENT = "flow.set_session@1", "flow.wait_for_event@1"

BEHAVIOURS: Mapping[str, Behaviour] = {
    SPLIT: _split,
    STOP: _computed(stop.output),
    RESPOND: _computed(respond.output),
    SET_SESSION: _set_session,
    WAIT_FOR_EVENT: _wait_for_event,
    "flow.set_values@1": _computed(set_values.output),
    "flow.delay@1": _delay,
    "flow.call_workflow@1": _call_workflow,
}
