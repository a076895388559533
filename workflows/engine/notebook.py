"""What was done since the last commit? The holder's side of the journal: it collects rows and hands them over
together.
"""

import time
from datetime import datetime, timedelta

from django.conf import settings

from connectors.declare import JSON
from workflows import doorbell, events
from workflows.definition.document import Step
from workflows.engine import journal
from workflows.engine.claiming import Claim
from workflows.engine.journal import Committed, Row
from workflows.engine.keys import idempotency_key
from workflows.engine.moves import Done, Failed, Finish, Outcome, Skipped

PRECISE_UP_TO_S = 60


class Notebook:
    """`seq` counts the steps that have an outcome; the attempts of one step share the number after it."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.seq = claim.seq
        self.rows: list[Row] = []

    def note(
        self,
        step: Step,
        path: str,
        outcome: Outcome,
        *,
        started_at: datetime,
        took_ms: int = 0,
        attempt: int = 1,
        inputs: JSON = None,
    ) -> None:
        """The step's outcome."""
        self.seq += 1
        self._add(step, path, outcome, started_at, took_ms, attempt, inputs, seq=self.seq)

    def note_unknown(self, step: Step, path: str, lost: Failed, *, attempt: int) -> None:
        """An attempt whose holder was lost: not the step's outcome yet, unless the step says so."""
        self._add(step, path, lost, lost.at, 0, attempt, None, seq=self.seq + 1, status="unknown")

    def settle_unknown(self) -> None:
        """The lost attempt is the step's outcome."""
        self.seq += 1

    def intend(self, path: str, *, attempt: int, limit_s: float) -> tuple[Committed, float]:
        """Commits the intent; again, if this process was stopped until the lease no longer surely outlasts
        the step.

        Gives back the commit and the `time.monotonic()` before it.
        """
        margin = settings.ENGINE_LEASE_MARGIN_S
        while True:
            asked = time.monotonic()
            begun = journal.intend(
                self.claim, self.rows, path=path, seq=self.seq, attempt=attempt, lease_s=limit_s + margin
            )
            self.rows = []
            if time.monotonic() - asked < margin:
                self._tell("running")
                return begun, asked

    def park(self, path: str, until: datetime | timedelta, reason: str) -> str:
        parked = journal.park(self.claim, self.rows, path=path, seq=self.seq, until=until, reason=reason)
        if parked.is_cancelled:
            doorbell.ring(self.claim.run_id, self.claim.lane)
        elif isinstance(until, datetime):
            self._ring_at(until, parked.at)
        return self._tell("queued")

    def finish(self, end: Finish) -> str:
        journal.finish(self.claim, self.rows, end, seq=self.seq)
        return self._tell(end.status)

    def _ring_at(self, until: datetime, now: datetime) -> None:
        """A short wait ends to the second; a long one with the sweep. Nothing is lost if the hint is."""
        seconds = (until - now).total_seconds()
        if seconds <= PRECISE_UP_TO_S:
            doorbell.ring(self.claim.run_id, self.claim.lane, countdown=max(0.0, seconds))

    def _add(
        self,
        step: Step,
        path: str,
        outcome: Outcome,
        started_at: datetime,
        took_ms: int,
        attempt: int,
        inputs: JSON,
        *,
        seq: int,
        status: str = "",
    ) -> None:
        row = Row(
            seq=seq,
            attempt=attempt,
            path=path,
            step_id=step.id,
            action=step.action,
            status=status or _STATUS[type(outcome)],
            idem_key=idempotency_key(self.claim.root_run_id, path),
            started_at=started_at,
            duration_ms=took_ms,
            input=inputs,
        )
        match outcome:
            case Done(output):
                row.output = output
            case Skipped(_, why):
                row.error = why
            case Failed(error):
                row.error_class, row.error, row.http_status = error.code, error.message, error.http_status
        self.rows.append(row)

    def _tell(self, status: str) -> str:
        claim = self.claim
        events.publish(
            events.RunChanged(claim.workspace_id, claim.run_id, claim.workflow_id, claim.context_id, status)
        )
        return status


_STATUS: dict[type[Outcome], str] = {Done: "succeeded", Skipped: "skipped", Failed: "failed"}
