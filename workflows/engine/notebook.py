"""What was done since the last commit? The holder's side of the journal: it collects rows and hands them over
together.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from connectors.declare import JSON
from workflows import doorbell, events
from workflows.definition.document import Step
from workflows.engine import faults, journal, waking
from workflows.engine.claiming import Claim
from workflows.engine.journal import Committed, Row
from workflows.engine.keys import idempotency_key
from workflows.engine.moves import Done, Failed, Finish, Outcome, Skipped

PRECISE_UP_TO_S = 60
MOST_ROWS = 100
CHILD_LOOKED_AT = timedelta(hours=1)
"""A run is woken by the one it called; should that ever be missed, it looks by itself."""


class Notebook:
    """`seq` counts the steps that have an outcome; the attempts of one step share the number after it."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.seq = claim.seq
        self.rows: list[Row] = []
        self._committed = time.monotonic()

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
        status: str = "",
        is_outcome: bool = True,
    ) -> None:
        """An attempt at a step; unless `is_outcome`, the step's own outcome is still to come."""
        row = Row(
            seq=self.seq + 1,
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
        self.seq += is_outcome

    def keep_if_much(self) -> None:
        """Steps that only compute need no commit of their own, but neither may they fill the memory or
        outlast the lease.
        """
        margin = settings.ENGINE_LEASE_MARGIN_S
        if len(self.rows) >= MOST_ROWS or time.monotonic() - self._committed > margin / 3:
            journal.keep(self.claim, self.rows, seq=self.seq, lease_s=margin)
            self._wrote()

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
            self._wrote()
            if time.monotonic() - asked < margin:
                self._tell("running")
                return begun, asked

    def park(self, path: str, until: datetime | timedelta, reason: str, *, attempt: int | None = None) -> str:
        parked = journal.park(
            self.claim, self.rows, path=path, seq=self.seq, until=until, reason=reason, attempt=attempt
        )
        return self._parked(parked, until)

    def park_for_event(self, path: str, until: datetime, *, events_seen: int) -> str:
        """Until the time is over or an event comes, be it at this moment."""
        with transaction.atomic():
            has_come = waking.has_come(self.claim.run_id, beyond=events_seen)
            wait = timedelta(0) if has_come else until
            parked = journal.park(self.claim, self.rows, path=path, seq=self.seq, until=wait, reason="event")
        return self._parked(parked, wait)

    def park_for_child(self, path: str, insert: Callable[[], tuple[UUID, timedelta]]) -> str:
        """Until the run that `insert` makes has ended, or as long as it says. Both are one commit, so neither
        is there alone.
        """
        with transaction.atomic():
            child_id, wait = insert()
            parked = journal.park(self.claim, self.rows, path=path, seq=self.seq, until=wait, reason="child")
        doorbell.ring(child_id, self.claim.lane)
        return self._parked(parked, wait)

    def respond(self, path: str, result: JSON) -> str:
        journal.respond(self.claim, self.rows, path=path, seq=self.seq, result=result)
        doorbell.ring(self.claim.run_id, "background")
        self._wake_caller()
        return self._tell("responded")

    def finish(self, end: Finish) -> str:
        journal.finish(self.claim, self.rows, end, seq=self.seq)
        self._wake_caller()
        if end.status == "failed" and self.claim.kind == "production":
            doorbell.ring_for_outbox()
        return self._tell(end.status)

    def _wake_caller(self) -> None:
        if self.claim.caller_id:
            doorbell.ring(self.claim.caller_id, self.claim.lane)

    def _wrote(self) -> None:
        self.rows, self._committed = [], time.monotonic()

    def _parked(self, parked: Committed, until: datetime | timedelta) -> str:
        """A short wait ends to the second; a long one with the sweep. Nothing is lost if the hint is."""
        faults.hit("F7", str(self.claim.run_id))
        wait = until - parked.at if isinstance(until, datetime) else until
        if parked.is_cancelled:
            doorbell.ring(self.claim.run_id, self.claim.lane)
        elif wait.total_seconds() <= PRECISE_UP_TO_S:
            countdown = max(0.0, wait.total_seconds())
            doorbell.ring(self.claim.run_id, self.claim.lane, countdown=countdown)
        return self._tell("queued")

    def _tell(self, status: str) -> str:
        claim = self.claim
        events.publish(
            events.RunChanged(claim.workspace_id, claim.run_id, claim.workflow_id, claim.context_id, status)
        )
        return status


_STATUS: dict[type[Outcome], str] = {Done: "succeeded", Skipped: "skipped", Failed: "failed"}
