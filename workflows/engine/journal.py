"""What is written about a run, and when? Each function is one statement, and each commit carries the claim's
epoch.

Whoever lost the run (its lease ended and another claimed it) writes nothing: the statement finds no row and
`LeaseLost` is raised. Raw SQL, because a step commit is the engine's unit of cost. Times that are kept come
from the database's clock.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError

from connectors.declare import JSON
from workflows.engine import faults, retry, sql, telling, unknown
from workflows.engine.claiming import QUARANTINED_FROM, Claim
from workflows.engine.moves import Done, Failed, Finish, Outcome, Skipped, StepError, after
from workspaces.ids import uuid7


class LeaseLost(Exception):
    """Somebody else has the run now, or it has ended: stop at once, write nothing."""


@dataclass(kw_only=True)
class Row:
    """One attempt of a step, as `step_run` keeps it."""

    seq: int
    attempt: int
    path: str
    step_id: str
    action: str
    status: str
    idem_key: str
    started_at: datetime
    duration_ms: int
    input: JSON = None
    input_digest: str = ""
    output: JSON = None
    error_class: str | None = None
    error: str | None = None
    http_status: int | None = None


@dataclass(frozen=True)
class Committed:
    at: datetime
    is_cancelled: bool


_COMMIT = """
WITH moved AS (
  UPDATE run SET {changes} WHERE id = %(run)s AND epoch = %(epoch)s AND status = 'running'
  RETURNING id, workspace_id, epoch, cancel_requested_at
), written AS (
  INSERT INTO step_run (id, workspace_id, run_id, epoch, seq, attempt, path, step_id, action, status,
    idem_key, input_digest, input, output, error_class, error, http_status, started_at, duration_ms)
  SELECT r.id, m.workspace_id, m.id, m.epoch, r.seq, r.attempt, r.path, r.step_id, r.action, r.status,
    r.idem_key, r.input_digest, r.input, r.output, r.error_class, r.error, r.http_status, r.started_at,
    r.duration_ms
  FROM moved m, jsonb_to_recordset(%(rows)s::jsonb) AS r (
    id uuid, seq int, attempt int, path text, step_id text, action text, status text, idem_key text,
    input_digest text, input jsonb, output jsonb, error_class text, error text, http_status int,
    started_at timestamptz, duration_ms bigint)
)
SELECT clock_timestamp(), cancel_requested_at IS NOT NULL FROM moved"""


def _also(statement: str, part: str) -> str:
    """With another part that is carried out if the run was moved."""
    head, _, tail = statement.rpartition("\nSELECT")
    return head + part + tail


_CALLER = """, woken AS (
  UPDATE run SET next_at = clock_timestamp(), hinted_at = clock_timestamp()
  WHERE id = %(caller)s AND status = 'queued' AND wait_reason = 'child' AND EXISTS (SELECT FROM moved)
)
SELECT"""


_INTEND = _COMMIT.format(
    changes="""seq = %(seq)s, cur_path = %(path)s, cur_state = 'started', attempt = %(attempt)s,
  wait_reason = NULL, lease_until = clock_timestamp() + %(lease)s,
  crash_count = CASE WHEN %(seq)s > seq THEN 0 ELSE crash_count END"""
)
_PARK = _COMMIT.format(
    changes="""seq = %(seq)s, cur_path = %(path)s, cur_state = %(state)s, attempt = %(attempt)s,
  status = 'queued', wait_reason = %(reason)s, hinted_at = NULL,
  next_at = CASE WHEN cancel_requested_at IS NULL THEN {until} ELSE clock_timestamp() END,
  lease_owner = NULL, lease_until = NULL,
  crash_count = CASE WHEN %(seq)s > seq THEN 0 ELSE least(crash_count, %(lives)s) END"""
)
_PARK_UNTIL = _PARK.replace("{until}", "%(until)s")
_PARK_FOR = _PARK.replace("{until}", "clock_timestamp() + %(until)s")
_KEEP = _COMMIT.format(
    changes="""seq = %(seq)s, cur_path = NULL, cur_state = 'pending', attempt = 1, wait_reason = NULL,
  lease_until = clock_timestamp() + %(lease)s, crash_count = 0"""
)
_IN_THE_BACKGROUND = """, turn AS (
  INSERT INTO workspace_lane (id, workspace_id, lane, last_served_at, paused)
  SELECT gen_random_uuid(), workspace_id, 'background', clock_timestamp(), false FROM moved WHERE NOT EXISTS (
    SELECT FROM workspace_lane l WHERE l.workspace_id = moved.workspace_id AND l.lane = 'background')
  ON CONFLICT DO NOTHING
)
SELECT"""


_RESPOND = _COMMIT.format(
    changes="""seq = %(seq)s, cur_path = %(path)s, cur_state = 'pending', attempt = 1, status = 'queued',
  wait_reason = 'yield', next_at = clock_timestamp(), hinted_at = clock_timestamp(), lease_owner = NULL,
  lease_until = NULL, lane = 'background', result = %(result)s::jsonb, responded_at = clock_timestamp(),
  crash_count = 0"""
)
_RESPOND = _also(_RESPOND, _IN_THE_BACKGROUND)
_FINISH = _COMMIT.format(
    changes="""seq = %(seq)s, cur_state = 'pending', status = %(status)s,
  result = CASE WHEN responded_at IS NULL THEN %(result)s::jsonb ELSE result END,
  error = %(error)s::jsonb, wait_reason = NULL, lease_owner = NULL, lease_until = NULL,
  finished_at = clock_timestamp()"""
)
_TOLD = telling.insert(
    telling.FAILED,
    ended="moved",
    code="%(error)s::jsonb ->> 'code'",
    path="%(error)s::jsonb ->> 'path'",
    once="r.id",
)
_FINISH_FAILED = _FINISH.replace("\n)\nSELECT", f"\n), told AS ({_TOLD}\n)\nSELECT")
_RESPOND_TO_CALLER = _also(_RESPOND, _CALLER)
_FINISHES = {
    (is_failed, has_caller): _also(statement, _CALLER) if has_caller else statement
    for is_failed, statement in ((False, _FINISH), (True, _FINISH_FAILED))
    for has_caller in (False, True)
}


def intend(
    claim: Claim, rows: Sequence[Row], *, path: str, seq: int, attempt: int, lease_s: float
) -> Committed:
    """T3: what came of the steps so far, and which effect is about to begin; the lease outlasts it."""
    lease = timedelta(seconds=lease_s)
    committed = _commit(_INTEND, claim, rows, path=path, seq=seq, attempt=attempt, lease=lease)
    faults.hit("F6", path)
    return committed


def keep(claim: Claim, rows: Sequence[Row], *, seq: int, lease_s: float) -> Committed:
    """What came of many steps that only compute, before there are too many to hold."""
    return _commit(_KEEP, claim, rows, seq=seq, lease=timedelta(seconds=lease_s))


def park(
    claim: Claim,
    rows: Sequence[Row],
    *,
    path: str,
    seq: int,
    until: datetime | timedelta,
    reason: str,
    attempt: int | None = None,
) -> Committed:
    """T4: let go of the run until a moment, or for some time from the database's now; `attempt` is the one
    that is next then.

    A step that a former holder had begun stays begun, and one that was tried before keeps its count: whoever
    can go on with it must know. Whoever parks has not crashed, so the run has another life, be it its last.
    One that is to be cancelled does not wait: who claims it next finds that and ends it.
    """
    is_here = attempt is None and claim.path == path
    state = {
        "state": "started" if is_here and claim.is_interrupted else "pending",
        "attempt": attempt or (claim.attempt if is_here else 1),
        "lives": QUARANTINED_FROM - 1,
    }
    statement = _PARK_UNTIL if isinstance(until, datetime) else _PARK_FOR
    parked = _commit(statement, claim, rows, path=path, seq=seq, until=until, reason=reason, **state)
    faults.hit("F7", path)
    return parked


def respond(claim: Claim, rows: Sequence[Row], *, path: str, seq: int, result: JSON) -> Committed:
    """The answer for whoever waits; the rest of the run is for the background lane."""
    statement = _RESPOND_TO_CALLER if claim.caller_id else _RESPOND
    responded = _commit(
        statement, claim, rows, path=path, seq=seq, result=json.dumps(result), caller=claim.caller_id
    )
    faults.hit("F7", path)
    return responded


def finish(claim: Claim, rows: Sequence[Row], end: Finish, *, seq: int) -> Committed:
    """T5: the run's last commit. Nothing of it changes afterwards."""
    result = None if end.result is None else json.dumps(end.result)
    error = None if end.error is None else json.dumps(end.error)
    statement = _FINISHES[end.status == "failed", claim.caller_id is not None]
    values = {"status": end.status, "result": result, "error": error, "caller": claim.caller_id}
    finished = _commit(statement, claim, rows, seq=seq, **values)
    faults.hit("F8", str(claim.run_id))
    return finished


_LET_GO = """
UPDATE run SET status = 'queued', wait_reason = coalesce(wait_reason, 'yield'),
  next_at = clock_timestamp() + %(pause)s, hinted_at = NULL, lease_owner = NULL, lease_until = NULL,
  attempt = attempt + (cur_state = 'started')::int
WHERE id = %(run)s AND epoch = %(epoch)s AND status = 'running'"""
REFUSED_PAUSE = timedelta(seconds=5)


def let_go(claim: Claim) -> None:
    """The database is there and does not take what came of the run: a full disk, say. Its worker lives, so
    that is no crash; a step that had begun stays begun.
    """
    values = {"run": claim.run_id, "epoch": claim.epoch, "pause": REFUSED_PAUSE}
    with suppress(DatabaseError):
        sql.run(_LET_GO, values)


def _commit(statement: str, claim: Claim, rows: Sequence[Row], **values: Any) -> Committed:
    values |= {"run": claim.run_id, "epoch": claim.epoch, "rows": _json(rows)}
    found = sql.one(statement, values)
    if found is None:
        raise LeaseLost
    return Committed(at=found[0], is_cancelled=found[1])


def _json(rows: Sequence[Row]) -> str:
    return json.dumps(
        [{**vars(row), "id": str(uuid7()), "started_at": row.started_at.isoformat()} for row in rows]
    )


# --- Reading it back ---------------------------------------------------------------------------------------
_OUTCOMES = """
SELECT path, status, output, error_class, error, http_status, started_at, duration_ms FROM step_run
WHERE run_id = %(run)s ORDER BY seq, attempt"""


@dataclass(frozen=True)
class Kept:
    """What the journal holds when a run is claimed."""

    outcomes: dict[str, Outcome]
    """By path. An attempt at the step where the run stands is not its outcome yet."""
    failures: int = 0
    """Attempts at that step that failed and count."""
    first_tried_at: datetime | None = None


_NOT_COUNTED = (unknown.CODE, retry.DEADLINE)


def read(claim: Claim) -> Kept:
    found: dict[str, Outcome] = {}
    tried: list[tuple[datetime, bool]] = []
    for path, status, output, code, error, http_status, started_at, duration_ms in sql.many(
        _OUTCOMES, {"run": claim.run_id}
    ):
        if status in ("succeeded", "skipped") or path != claim.path:
            ended_at = after(started_at, duration_ms)
            found[path] = _outcome(status, output, code, error, http_status, ended_at)
        else:
            tried.append((started_at, code not in _NOT_COUNTED))
    return Kept(found, sum(counts for _, counts in tried), tried[0][0] if tried else None)


def _outcome(
    status: str,
    output: str | None,
    error_class: str | None,
    error: str | None,
    http_status: int | None,
    at: datetime,
) -> Outcome:
    match status:
        case "succeeded":
            return Done(json.loads(output or "null"), at)
        case "skipped":
            return Skipped(at, error or "")
    return Failed(StepError(code=error_class or "failed", message=error or "", http_status=http_status), at)
