"""How does a run in another version get what its predecessor has done? A few statements, however many runs.

Rows are numbered anew in the order of the new chain, so that the successor's journal reads as if it had run
there from the start.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from workflows.engine import sql
from workflows.engine.continuing import ADDED_LATER, Added, Outcome, Route
from workflows.engine.keys import idempotency_key
from workflows.engine.starting import take_events
from workspaces.ids import uuid7


@dataclass(frozen=True, kw_only=True)
class HandOver:
    predecessor_id: UUID
    successor_id: UUID
    root_run_id: UUID
    route: Route
    wait_reason: str | None = None
    """What the successor waits for in its predecessor's place, until the same moment; None: it starts."""


_COPY = """
INSERT INTO step_run (id, workspace_id, run_id, epoch, seq, attempt, path, step_id, action, status,
  idem_key, input_digest, input, output, error_class, error, http_status, started_at, duration_ms)
SELECT gen_random_uuid(), s.workspace_id, r.successor, 0, r.seq, s.attempt, s.path, s.step_id, s.action,
  s.status, s.idem_key, s.input_digest, s.input, coalesce(r.output, s.output), s.error_class, s.error,
  s.http_status, s.started_at, s.duration_ms
FROM jsonb_to_recordset(%(rows)s::jsonb)
  AS r (predecessor uuid, successor uuid, path text, seq int, output jsonb)
JOIN step_run s ON s.run_id = r.predecessor AND s.path = r.path"""

_ADD = """
INSERT INTO step_run (id, workspace_id, run_id, epoch, seq, attempt, path, step_id, action, status,
  idem_key, input_digest, output, error, started_at, duration_ms)
SELECT r.id, run.workspace_id, run.id, 0, r.seq, 1, r.path, r.step_id, r.action, r.status, r.idem_key, '',
  r.output, r.error, clock_timestamp(), 0
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (id uuid, successor uuid, path text, seq int, step_id text,
  action text, status text, idem_key text, output jsonb, error text)
JOIN run ON run.id = r.successor"""

_STAND = """
UPDATE run SET seq = r.seq
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (successor uuid, seq int) WHERE run.id = r.successor"""

_WAIT = """
UPDATE run SET wait_reason = r.reason, next_at = old.next_at, cur_path = r.at,
  cur_state = old.cur_state, attempt = old.attempt, crash_count = old.crash_count,
  started_at = old.started_at, deadline_at = old.deadline_at, order_key = old.order_key,
  order_place = coalesce(old.order_place, old.id),
  responded_at = old.responded_at, result = old.result, event_token_hash = old.event_token_hash,
  hinted_at = NULL
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (predecessor uuid, successor uuid, at text, reason text)
JOIN run old ON old.id = r.predecessor
WHERE run.id = r.successor"""


def hand_over(these: Sequence[HandOver]) -> None:
    """In the transaction that made the successors."""
    waiting = [
        {**_pair(one), "at": one.route.at, "reason": one.wait_reason} for one in these if one.wait_reason
    ]
    _run(_COPY, [row for one in these for row in _copied(one)])
    _run(_ADD, [row for one in these for row in _added(one)])
    _run(_STAND, [{"successor": str(one.successor_id), "seq": len(one.route.rows)} for one in these])
    _run(_WAIT, waiting)
    for one in these:
        take_events(one.successor_id, one.predecessor_id)


def _run(statement: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        sql.run(statement, {"rows": json.dumps(rows)})


def _pair(one: HandOver) -> dict[str, Any]:
    return {"predecessor": str(one.predecessor_id), "successor": str(one.successor_id)}


def _copied(one: HandOver) -> Iterator[dict[str, Any]]:
    for seq, row in enumerate(one.route.rows, 1):
        if isinstance(row, str):
            yield {**_pair(one), "path": row, "seq": seq, "output": one.route.taken.get(row)}
    if one.wait_reason and one.route.at:  # the attempts so far of the step that waits for its next one
        yield {**_pair(one), "path": one.route.at, "seq": len(one.route.rows) + 1}


def _added(one: HandOver) -> Iterator[dict[str, Any]]:
    for seq, row in enumerate(one.route.rows, 1):
        if isinstance(row, Added):
            yield {
                "id": str(uuid7()),
                "successor": str(one.successor_id),
                "path": row.path,
                "seq": seq,
                "step_id": row.step.id,
                "action": row.step.action,
                "status": row.status,
                "idem_key": idempotency_key(one.root_run_id, row.path),
                "output": row.output,
                "error": ADDED_LATER if row.status == "skipped" else None,
            }


_JOURNALS = """
SELECT s.run_id, s.path, s.status, CASE WHEN s.step_id = ANY(%(forking)s) THEN s.output END
FROM step_run s WHERE s.run_id = ANY(%(runs)s) ORDER BY s.run_id, s.seq, s.attempt"""


def journals(run_ids: Sequence[UUID], forking: Sequence[str]) -> dict[UUID, dict[str, Outcome]]:
    """What each run has done, by path. Outputs only of steps that branches hang on: others may be large."""
    found: dict[UUID, dict[str, Outcome]] = {run_id: {} for run_id in run_ids}
    for run_id, path, status, output in sql.many(
        _JOURNALS, {"runs": list(run_ids), "forking": list(forking)}
    ):
        known = "failed" if status == "unknown" else status
        found[run_id][path] = Outcome(known, json.loads(output) if output else None)
    return found
