"""What does the holder of a run have at hand, from its claim until it lets go?"""

import time
from datetime import datetime, timedelta

from workflows.definition.document import Step
from workflows.engine import context, data, effects, journal, waking, zones
from workflows.engine.claiming import Claim
from workflows.engine.effects import Sample
from workflows.engine.known import Known
from workflows.engine.notebook import Notebook
from workflows.engine.published import Published
from workflows.engine.redact import Revealed

DEFAULT_TIMEOUT_S = {"action": 10.0, "post_conversation": 30.0}
LONGEST_TIMEOUT_S = 300.0


class Hold:
    def __init__(self, claim: Claim, version: Published, notebook: Notebook) -> None:
        self.claim = claim
        self.version = version
        self.notebook = notebook
        self.revealed = Revealed()
        self.context = context.of(claim.workspace_id, claim.context_id, claim.message_seq)
        self.kept = journal.read(claim) if claim.seq or claim.path else journal.Kept({})
        self._claimed = time.monotonic()

    def known(self) -> Known:
        claim = self.claim
        for path in self.kept.outcomes:
            self._reveal_again(path)
        woken = {}
        if claim.wait_reason in ("delay", "event") and claim.path and claim.next_at:
            woken[claim.path] = claim.next_at
        return Known(
            journal=self.kept.outcomes,
            roots=data.roots(claim, self.version.number, self.context),
            now=claim.started_at,
            zone=lambda: zones.of(claim.agent_id, claim.workspace_zone),
            woken=woken,
            events=lambda: waking.events(claim.run_id),
            is_answered=claim.is_answered,
            stop_path=claim.stop_path,
        )

    def sample_of(self, step: Step) -> Sample | None:
        """What a test takes for the step's answer instead of acting."""
        if self.claim.kind != "test":
            return None
        samples = self.claim.input.get("samples")
        known = isinstance(samples, dict) and step.id in samples
        return Sample(samples[step.id]) if known and isinstance(samples, dict) else None

    def attempt_at(self, path: str) -> int:
        return self.claim.attempt if self.claim.path == path else 1

    def was_begun(self, path: str) -> bool:
        return self.claim.is_interrupted and self.claim.path == path

    @property
    def now(self) -> datetime:
        """By the database's clock, as far as this process can tell."""
        return self.claim.claimed_at + timedelta(seconds=time.monotonic() - self._claimed)

    @property
    def left_s(self) -> float | None:
        """Until whoever waits gives up; None when nobody waits, or not any more."""
        if self.claim.deadline_at is None or self.claim.is_answered:
            return None
        left = (self.claim.deadline_at - self.now).total_seconds()
        return left if left > 0 else None

    def own_limit_s(self, step: Step) -> float:
        default = DEFAULT_TIMEOUT_S[self.version.definition.kind]
        return min(step.policy.timeout_s or default, LONGEST_TIMEOUT_S)

    def _reveal_again(self, path: str) -> None:
        """After a restart: what earlier steps used stays masked in what later ones put out."""
        step = self.version.steps.get(path.rpartition("/")[2])
        if step is not None:
            effects.reveal_again(step, self.claim, self.context, self.revealed)
