"""How does a claimed run move? The plan says what is next; here it is written down, done, and written down
again.

The order that everything rests on: commit the intent, act outside of any transaction, keep the outcome for
the next commit. What came of step k and the intent for step k+1 are one statement.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from connectors import registry
from connectors.declare import JSON
from workflows.definition.document import StructureInvalid
from workflows.engine import attempts, children, plan
from workflows.engine.behaviours import BEHAVIOURS
from workflows.engine.claiming import Claim
from workflows.engine.effects import Sample
from workflows.engine.hold import Hold
from workflows.engine.known import Known
from workflows.engine.moves import (
    Act,
    CallWorkflow,
    Done,
    Finish,
    Move,
    Note,
    Outcome,
    Perform,
    Remember,
    Respond,
    Sleep,
    after,
)
from workflows.engine.notebook import Notebook
from workflows.engine.published import published

UNKNOWN_ACTION_WAIT = timedelta(seconds=60)
"""A worker that is older than the workflow waits for its own update instead of failing the run."""
OWN_EFFECT_LIMIT_S = 5.0
"""For what the engine does in its own database."""


def work(claim: Claim, *, may_go_on: Callable[[], bool]) -> str:
    """Moves the run until it has ended or must wait; gives back its status, or `responded`. Raises LeaseLost
    when somebody else has it.

    `may_go_on` is asked before each effect: a run that has had its time goes back into the queue.
    """
    notebook = Notebook(claim)
    if claim.is_cancelled:
        return _cancelled(claim, notebook)
    try:
        version = published(claim.version_id)
    except StructureInvalid:
        return notebook.park(claim.path or "", UNKNOWN_ACTION_WAIT, "unknown_action")
    hold = Hold(claim, version, notebook)
    known = hold.known()
    moves = plan.moves(version.definition, known)
    answer: Outcome | None = None
    while True:
        try:
            move = moves.send(answer)
        except StopIteration as end:
            return notebook.finish(end.value)
        told = _make(hold, known, move, may_go_on)
        if isinstance(told, str):
            return told
        answer = told


def _cancelled(claim: Claim, notebook: Notebook) -> str:
    """A step whose holder was lost in the middle may have taken place: the history says so."""
    if claim.is_interrupted and claim.path:
        with suppress(StructureInvalid):
            step = published(claim.version_id).steps.get(claim.path.rpartition("/")[2])
            if step is not None and step.action not in BEHAVIOURS:
                attempts.note_lost(notebook, step, claim.path, claim.claimed_at)
    return notebook.finish(Finish("cancelled"))


def _make(hold: Hold, known: Known, move: Move, may_go_on: Callable[[], bool]) -> Outcome | str | None:
    """What the plan is told; or the run's status, when it was let go of."""
    match move:
        case Note():
            _note(hold, move)
            return None
        case Sleep(reason="event"):
            return hold.notebook.park_for_event(move.path, move.until, events_seen=known.events_taken)
        case Sleep():
            return hold.notebook.park(move.path, move.until, move.reason)
        case Respond():
            return hold.notebook.respond(move.path, move.result)
    if not may_go_on():
        return hold.notebook.park(move.path, timedelta(0), "yield")
    return _act(hold, move)


def _act(hold: Hold, move: Act) -> Outcome | str:
    match move:
        case Remember():
            return _remember(hold, move)
        case CallWorkflow() if sample := hold.sample_of(move.step):
            return _sampled(hold, move, sample)
        case CallWorkflow():
            return children.call(hold, move)
        case Perform():
            known = registry.default().find(move.step.action)
            if known is None or known.action.perform is None:
                return hold.notebook.park(move.path, UNKNOWN_ACTION_WAIT, "unknown_action")
            return attempts.carry_out(hold, move, known.action)


def _sampled(hold: Hold, move: CallWorkflow, sample: Sample) -> Outcome:
    done = Done(sample.output, move.now)
    inputs: JSON = {"workflow": move.workflow, "input": dict(move.given)}
    hold.notebook.note(move.step, move.path, done, started_at=move.now, inputs=inputs)
    return done


def _note(hold: Hold, note: Note) -> None:
    took_ms = round((note.outcome.at - note.started_at) / timedelta(milliseconds=1))
    hold.notebook.note(
        note.step, note.path, note.outcome, started_at=note.started_at, took_ms=took_ms, inputs=note.inputs
    )
    hold.notebook.keep_if_much()


def _remember(hold: Hold, move: Remember) -> Outcome | str:
    """Setting a value twice is setting it once, so a lost attempt is simply made again. A test leaves the
    conversation as it is.
    """
    attempt = hold.attempt_at(move.path)
    begun, asked = hold.notebook.intend(move.path, attempt=attempt, limit_s=OWN_EFFECT_LIMIT_S)
    if begun.is_cancelled:
        return hold.notebook.finish(Finish("cancelled"))
    if hold.claim.kind != "test":
        hold.context.set_session(move.name, move.value)
    took_ms = round((time.monotonic() - asked) * 1000)
    done = Done({"value": move.value}, after(begun.at, took_ms))
    inputs = {"name": move.name, "value": move.value}
    hold.notebook.note(
        move.step,
        move.path,
        done,
        started_at=begun.at,
        took_ms=took_ms,
        attempt=attempt,
        inputs=inputs,
    )
    return done
