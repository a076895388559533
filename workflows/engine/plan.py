"""What does a run do next? Decided from the definition and the journal alone: no database, no clock, no
network.

The plan walks the definition from its start and passes over every step whose outcome the journal holds. So a
run that was interrupted anywhere comes to the very move it would have made otherwise, and steps that only
compute (*Set values*, *Split*) need no commit of their own: they give the same again.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from connectors.declare import JSON
from workflows.definition.document import Branch, Definition, Step
from workflows.engine import behaviours
from workflows.engine.behaviours import BEHAVIOURS, RESPOND, SET_SESSION, SPLIT, STOP, WAIT_FOR_EVENT
from workflows.engine.flow import loop, respond
from workflows.engine.known import Known, Scope, not_rendered, rendered, values
from workflows.engine.moves import (
    Act,
    CallWorkflow,
    Done,
    Failed,
    Finish,
    Move,
    Note,
    Outcome,
    Perform,
    Remember,
    Respond,
    Skipped,
    Sleep,
    StepError,
)
from workflows.templating import render
from workflows.templating.errors import MissingValue, TemplatingError

MAX_STEPS = 10_000
"""Of one run, each pass of a loop counted."""

type Moves = Generator[Move, Outcome | None, Finish]
"""An Act is answered with its Outcome, a Note with nothing; after Sleep and Respond nobody asks again."""
type _Part = Generator[Move, Outcome | None, Finish | None]
"""None: go on with what comes after it."""
type _Acted = Generator[Move, Outcome | None, Outcome | Finish]

_NOT_REACHED = "With these data the run does not come to this step."
_TOO_MANY = StepError(code="too_many_steps", message=f"A run takes at most {MAX_STEPS:,} steps.")


class _Broken(Finish):
    """A step failed and nothing inside goes on from there. A loop around it may; else the run ends so."""

    @property
    def cause(self) -> StepError:
        error = self.error or {}
        return StepError(code=str(error.get("code")), message=str(error.get("message")))


def moves(definition: Definition, known: Known) -> Moves:
    walk, scope = _Walk(definition, known), Scope()
    ended = yield from walk.sequence(definition.steps, scope)
    if known.stop_path is not None:
        return ended or Finish("failed", error={"code": "not_reached", "message": _NOT_REACHED})
    if ended is not None and ended.status == "failed":
        return Finish("failed", error=ended.error)
    return _answer(definition, scope, known, is_whole=ended is None)


@dataclass
class _Walk:
    """Through the chain, into branches and loops. `known` grows on the way."""

    definition: Definition
    known: Known

    def sequence(self, steps: Sequence[Step], scope: Scope) -> _Part:
        known = self.known
        for step in steps:
            path = scope.prefix + step.id
            outcome: Outcome | Finish | None = known.journal.get(path)
            if outcome is None:
                outcome = yield from self._act(step, path, scope)
            if isinstance(outcome, Finish):
                return outcome
            known.now = max(known.now, outcome.at)  # a successor's first outcomes are older than itself
            known.count += 1
            if known.count > MAX_STEPS:
                return Finish("failed", error=failure(step, path, _TOO_MANY))
            if path == known.stop_path:
                return _tested(step, path, outcome)
            ended = yield from self._after(step, path, outcome, scope)
            if ended is not None:
                return ended
        return None

    def _act(self, step: Step, path: str, scope: Scope) -> _Acted:
        known = self.known
        if not step.enabled:
            skipped = Skipped(known.now, "The step is switched off.")
            yield Note(step, path, skipped, known.now)
            return skipped
        if step.body is not None:
            return (yield from self._loop(step, path, scope))
        behaviour = BEHAVIOURS.get(step.action)
        if behaviour is None:
            return (yield from _told(Perform(step, path, values(scope, known), known.now)))
        inputs, error = rendered(step, scope, known)
        decided = Failed(error, known.now) if error else behaviour(step, path, inputs, scope, known)
        match decided:
            case Remember() | CallWorkflow():
                return (yield from _told(decided))
            case Sleep():
                yield decided
                raise RuntimeError("nobody goes on after a Sleep")
        yield Note(step, path, decided, known.now, inputs)
        return decided

    def _loop(self, step: Step, path: str, scope: Scope) -> _Acted:
        began = self.known.now
        inputs, error = rendered(step, scope, self.known)
        outcome = Failed(error, began) if error else (yield from self._passes(step, path, inputs, scope))
        if not isinstance(outcome, Finish):
            yield Note(step, path, outcome, began, {**inputs, "items": None})
        return outcome

    def _passes(self, step: Step, path: str, inputs: dict[str, JSON], scope: Scope) -> _Acted:
        """Steps in a loop are committed as they go; the loop itself has its outcome after the last pass."""
        try:
            passes = loop.passes(inputs)
        except loop.CannotLoop as reason:
            return Failed(StepError(code="loop", message=str(reason)), self.known.now)
        for index, item in enumerate(passes.items):
            inner = scope.inside(path, index, item)
            ended = yield from self.sequence(step.body or (), inner)
            if ended is None:
                passes.succeeded(inner.last)
            elif not isinstance(ended, _Broken):
                return ended
            elif inputs.get("on_item_error") == "continue":
                passes.broke(ended.error or {})
            elif step.policy.on_error == "stop":
                return ended  # it names the step that failed, which is where a retry goes on
            else:
                return Failed(ended.cause, self.known.now)
        return behaviours.done(passes.output, self.known)

    def _after(self, step: Step, path: str, outcome: Outcome, scope: Scope) -> _Part:
        match outcome:
            case Done(output):
                scope.done(step, output)
                return (yield from self._after_done(step, path, output, scope))
            case Failed(error):
                scope.failed(step, error)
                if step.policy.on_error == "branch":
                    return (yield from self._branches(step, lambda branch: branch.on_error, scope))
                if step.policy.on_error != "continue":
                    return _Broken("failed", error=failure(step, path, error))
        return None

    def _after_done(self, step: Step, path: str, output: JSON, scope: Scope) -> _Part:
        said, known = output if isinstance(output, dict) else {}, self.known
        if step.action == STOP:
            return _stopped(step, path, said)
        if step.action == SPLIT:
            taken = said.get("taken")
            ids = taken if isinstance(taken, list) else []
            return (yield from self._branches(step, lambda branch: branch.id in ids, scope))
        if step.action == RESPOND and not known.is_answered:
            known.is_answered = True
            fields = [field.name for field in self.definition.settings.response]
            yield Respond(step, path, respond.result(said, fields), known.now)
        if step.action == SET_SESSION:
            known.remember(str(step.inputs.get("name")), said.get("value"))
        if step.action == WAIT_FOR_EVENT:
            known.events_taken += 1
        return None

    def _branches(self, step: Step, is_taken: Callable[[Branch], bool], scope: Scope) -> _Part:
        for branch in step.branches:
            if is_taken(branch):
                ended = yield from self.sequence(branch.steps, scope)
                if ended is not None:
                    return ended
        return None


def _told(act: Act) -> Generator[Move, Outcome | None, Outcome]:
    answer = yield act
    if answer is None:
        raise TypeError("an Act is answered with an outcome")
    return answer


def _tested(step: Step, path: str, outcome: Outcome) -> Finish:
    if isinstance(outcome, Failed):
        return Finish("failed", error=failure(step, path, outcome.error))
    return Finish("succeeded")


def _stopped(step: Step, path: str, said: dict[str, JSON]) -> Finish:
    if said.get("result") != "failed":
        return Finish("succeeded")
    message = str(said.get("message") or "") or f"The step “{step.label}” ended the run as failed."
    return Finish("failed", error=failure(step, path, StepError(code="stopped", message=message)))


def failure(step: Step, path: str, error: StepError) -> dict[str, JSON]:
    """`run.error`, as pages and the API show it."""
    found: dict[str, JSON] = {"code": error.code, "message": error.message}
    found |= {"step_id": step.id, "path": path, "action": step.action}
    return found | {"maybe_done": True} if error.maybe_done else found


# --- The answer --------------------------------------------------------------------------------------------
def _answer(definition: Definition, scope: Scope, known: Known, *, is_whole: bool) -> Finish:
    """The response fields. A run that was stopped early gives null for what its missing steps would have
    given.
    """
    if definition.kind != "action" or known.is_answered:
        return Finish("succeeded")
    found, result = values(scope, known), dict[str, JSON]()
    for response in definition.settings.response:
        try:
            result[response.name] = render.resolve(response.value, found)
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
