"""How does a claimed run move? The plan says what is next; here it is written down, done, and written down
again.

The order that everything rests on: commit the intent, act outside of any transaction, keep the outcome for
the next commit. What came of step k and the intent for step k+1 are one statement.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from connectors import registry
from connectors.registry import Known as KnownAction
from workflows.definition.document import StructureInvalid
from workflows.engine import context, data, effects, journal, plan, unknown, zones
from workflows.engine.claiming import Claim
from workflows.engine.moves import Done, Failed, Finish, Note, Outcome, Perform, Skipped, Sleep, after
from workflows.engine.notebook import Notebook
from workflows.engine.published import Published, published
from workflows.engine.redact import Revealed

UNKNOWN_ACTION_WAIT = timedelta(seconds=60)
"""A worker that is older than the workflow waits for its own update instead of failing the run."""
DEFAULT_TIMEOUT_S = {"action": 10.0, "post_conversation": 30.0}
LONGEST_TIMEOUT_S = 300.0


def work(claim: Claim, *, may_go_on: Callable[[], bool]) -> str:
    """Moves the run until it has ended or must wait; gives back its status. Raises LeaseLost when somebody
    else has it.

    `may_go_on` is asked before each effect: a run that has had its time goes back into the queue.
    """
    notebook = Notebook(claim)
    if claim.is_cancelled:
        return notebook.finish(Finish("cancelled"))
    try:
        version = published(claim.version_id)
    except StructureInvalid:
        return notebook.park(claim.path or "", UNKNOWN_ACTION_WAIT, "unknown_action")
    return _Hands(claim, version, notebook).move(may_go_on)


class _Hands:
    """One holder of one run."""

    def __init__(self, claim: Claim, version: Published, notebook: Notebook) -> None:
        self.claim = claim
        self.version = version
        self.notebook = notebook
        self.revealed = Revealed()
        self.context = context.of(claim.workspace_id, claim.context_id, claim.message_seq)

    def move(self, may_go_on: Callable[[], bool]) -> str:
        moves = plan.moves(self.version.definition, self._known())
        answer: Outcome | None = None
        while True:
            try:
                move = moves.send(answer)
            except StopIteration as end:
                return self.notebook.finish(end.value)
            answer = None
            match move:
                case Note():
                    self._note(move)
                case Sleep():
                    return self.notebook.park(move.path, move.until, move.reason)
                case Perform():
                    action = registry.default().find(move.step.action)
                    if action is None or action.action.perform is None:
                        return self.notebook.park(move.path, UNKNOWN_ACTION_WAIT, "unknown_action")
                    if not may_go_on():
                        return self.notebook.park(move.path, timedelta(0), "yield")
                    answer = self._outcome_of_lost(move, action) or self._perform(move, action)
                    if answer is None:
                        return self.notebook.finish(Finish("cancelled"))

    def _known(self) -> plan.Known:
        claim = self.claim
        done = journal.outcomes(claim) if claim.seq else {}
        for path in done:
            self._reveal_again(path)
        woken = {}
        if claim.wait_reason == "delay" and claim.path and claim.next_at:
            woken[claim.path] = claim.next_at
        return plan.Known(
            journal=done,
            roots=data.roots(claim, self.version.number, self.context),
            now=claim.started_at,
            zone=lambda: zones.of(claim.agent_id, claim.workspace_zone),
            woken=woken,
        )

    def _reveal_again(self, path: str) -> None:
        """After a restart: what earlier steps used stays masked in what later ones put out."""
        step = self.version.steps.get(path.rpartition("/")[2])
        if step is not None:
            effects.reveal_again(step, self.claim, self.context, self.revealed)

    def _note(self, note: Note) -> None:
        took_ms = round((note.outcome.at - note.started_at) / timedelta(milliseconds=1))
        self.notebook.note(
            note.step,
            note.path,
            note.outcome,
            started_at=note.started_at,
            took_ms=took_ms,
            inputs=note.inputs,
        )

    def _perform(self, move: Perform, action: KnownAction) -> Outcome | None:
        """None: the run was cancelled before the step began."""
        limit = min(
            move.step.policy.timeout_s or DEFAULT_TIMEOUT_S[self.version.definition.kind], LONGEST_TIMEOUT_S
        )
        attempt = self.claim.attempt if self._was_begun(move) else 1
        begun, asked = self.notebook.intend(move.path, attempt=attempt, limit_s=limit)
        if begun.is_cancelled:
            return None
        effect = effects.attempt(
            effects.Attempt(
                claim=self.claim,
                action=action.action,
                step=move.step,
                path=move.path,
                number=attempt,
                values=move.values,
                context=self.context,
                revealed=self.revealed,
                deadline=asked + limit,
            )
        )
        took_ms = round((time.monotonic() - asked) * 1000)
        at = after(begun.at, took_ms)
        outcome = Failed(effect.error, at) if effect.error else Done(effect.output, at)
        self.notebook.note(
            move.step,
            move.path,
            outcome,
            started_at=begun.at,
            took_ms=took_ms,
            attempt=attempt,
            inputs=effect.inputs,
        )
        return outcome

    def _was_begun(self, move: Perform) -> bool:
        return self.claim.is_interrupted and self.claim.path == move.path

    def _outcome_of_lost(self, move: Perform, action: KnownAction) -> Outcome | None:
        """What a step comes to whose holder was lost in the middle of it. None: it is done again, with the
        same key.
        """
        if not self._was_begun(move):
            return None
        lost = Failed(unknown.error(move.step), move.now)
        self.notebook.note_unknown(move.step, move.path, lost, attempt=self.claim.attempt - 1)
        match unknown.policy(move.step, action.action):
            case "retry":
                return None
            case "skip":
                skipped = Skipped(
                    move.now, "Whether it took place is not known, and the step is set to skip it then."
                )
                self.notebook.note(
                    move.step, move.path, skipped, started_at=move.now, attempt=self.claim.attempt
                )
                return skipped
        self.notebook.settle_unknown()
        return lost
