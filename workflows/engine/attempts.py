"""How is one app step carried out, and carried out again? Each attempt: commit the intent, act outside of any
transaction, keep the outcome for the next commit.
"""

import random
import time
from datetime import datetime, timedelta

from django.conf import settings

from connectors.declare import Action
from workflows.definition.document import Step
from workflows.engine import effects, retry, unknown
from workflows.engine.effects import Effect
from workflows.engine.hold import Hold
from workflows.engine.moves import Done, Failed, Finish, Outcome, Perform, Skipped, StepError, after
from workflows.engine.notebook import Notebook

SHORT_WAIT_S = 2.0
"""A longer wait before the next attempt gives the run's slot up."""


def carry_out(hold: Hold, move: Perform, action: Action) -> Outcome | str:
    """The step's outcome; or the run's status, when it was let go of instead."""
    lost = _outcome_of_lost(hold, move, action)
    return lost or _Attempts(hold, move, action).make()


class _Attempts:
    """At one step, by one holder."""

    def __init__(self, hold: Hold, move: Perform, action: Action) -> None:
        self.hold = hold
        self.move = move
        self.action = action
        self.number = hold.attempt_at(move.path)
        is_here = hold.claim.path == move.path
        self.failures = hold.kept.failures if is_here else 0
        self.first_at = hold.kept.first_tried_at if is_here else None

    def make(self) -> Outcome | str:
        notebook, step = self.hold.notebook, self.move.step
        while True:
            own_s = self.hold.own_limit_s(step)
            limit_s = retry.limit_s(step, self.action, own_s=own_s, left_s=self.hold.left_s)
            begun, asked = notebook.intend(self.move.path, attempt=self.number, limit_s=limit_s)
            if begun.is_cancelled:
                return notebook.finish(Finish("cancelled"))
            self.first_at = self.first_at or begun.at
            effect = self._attempt(asked + limit_s)
            took_ms = round((time.monotonic() - asked) * 1000)
            if effect.error is None:
                done = Done(effect.output, after(begun.at, took_ms))
                self._note(done, begun.at, took_ms, effect)
                return done
            ended = self._after_failure(effect.error, effect, begun.at, took_ms, is_cut=limit_s < own_s)
            if ended is not None:
                return ended
            self.number += 1

    def _attempt(self, deadline: float) -> Effect:
        return effects.attempt(
            effects.Attempt(
                claim=self.hold.claim,
                action=self.action,
                step=self.move.step,
                path=self.move.path,
                number=self.number,
                values=self.move.values,
                context=self.hold.context,
                revealed=self.hold.revealed,
                deadline=deadline,
                sample=self.hold.sample_of(self.move.step),
            )
        )

    def _after_failure(
        self, error: StepError, effect: Effect, began_at: datetime, took_ms: int, *, is_cut: bool
    ) -> Outcome | str | None:
        """None: make the next attempt now."""
        failed = Failed(error, after(began_at, took_ms))
        if is_cut and error.may_pass and self.hold.left_s is None:
            cut = StepError(code=retry.DEADLINE, message=_CUT)
            self._note(Failed(cut, failed.at), began_at, took_ms, effect, is_outcome=False)
            return None
        self.failures += 1
        status = "unknown" if retry.is_unknown(self.move.step, self.action, error) else ""
        verdict = retry.verdict(self.move.step, self.action, error)
        wait_s = self._wait_s(error, effect, failed.at) if verdict == "retry" else None
        if wait_s is not None:
            self._note(failed, began_at, took_ms, effect, is_outcome=False, status=status)
            return self._pause(wait_s)
        if verdict == "skip":
            self._note(failed, began_at, took_ms, effect, is_outcome=False, status=status)
            return self._skip(failed.at, self.number + 1)
        self._note(failed, began_at, took_ms, effect, status=status)
        return failed

    def _wait_s(self, error: StepError, effect: Effect, at: datetime) -> float | None:
        tried = retry.Tried(
            failures=self.failures,
            lane=self.hold.claim.lane,
            elapsed_s=(at - (self.first_at or at)).total_seconds(),
            left_s=self.hold.left_s,
        )
        return retry.wait_s(
            self.move.step, error, tried, retry_after_s=effect.retry_after_s, jitter=random.random()
        )

    def _pause(self, wait_s: float) -> str | None:
        """A short wait in place; a long one gives the slot up, and a restart does not end it."""
        if wait_s <= min(SHORT_WAIT_S, settings.ENGINE_LEASE_MARGIN_S / 2):
            effects.give_back_connection()
            time.sleep(wait_s)
            return None
        until = timedelta(seconds=wait_s)
        return self.hold.notebook.park(self.move.path, until, "retry", attempt=self.number + 1)

    def _skip(self, at: datetime, attempt: int) -> Outcome:
        skipped = Skipped(at, _SKIPPED)
        self.hold.notebook.note(self.move.step, self.move.path, skipped, started_at=at, attempt=attempt)
        return skipped

    def _note(
        self,
        outcome: Outcome,
        began_at: datetime,
        took_ms: int,
        effect: Effect,
        *,
        is_outcome: bool = True,
        status: str = "",
    ) -> None:
        self.hold.notebook.note(
            self.move.step,
            self.move.path,
            outcome,
            started_at=began_at,
            took_ms=took_ms,
            attempt=self.number,
            inputs=effect.inputs,
            is_outcome=is_outcome,
            status=status,
        )


_CUT = "The conversation's time was over before this step had its answer. It is done again in the background."
_SKIPPED = "Whether it took place is not known, and the step is set to skip it then."


def _outcome_of_lost(hold: Hold, move: Perform, action: Action) -> Outcome | None:
    """What a step comes to whose holder was lost in the middle of it. None: it is done again, with the same
    key.
    """
    if not hold.was_begun(move.path):
        return None
    step = move.step
    verdict = unknown.policy(step, action)
    lost = note_lost(hold.notebook, step, move.path, move.now, is_outcome=verdict == "fail")
    match verdict:
        case "retry":
            return None
        case "skip":
            skipped = Skipped(move.now, _SKIPPED)
            hold.notebook.note(step, move.path, skipped, started_at=move.now, attempt=hold.claim.attempt)
            return skipped
    return lost


def note_lost(notebook: Notebook, step: Step, path: str, at: datetime, *, is_outcome: bool = True) -> Failed:
    """The attempt that the run's former holder had begun."""
    lost = Failed(unknown.error(step), at)
    number = notebook.claim.attempt - 1
    notebook.note(step, path, lost, started_at=at, attempt=number, status="unknown", is_outcome=is_outcome)
    return lost
