"""How does a run come to be? One statement: a trigger fires once, however often it is pulled."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from connectors.declare import JSON
from workflows.engine import sql
from workflows.engine.rehearsing import Prefilled
from workflows.models.run import Run
from workspaces.ids import uuid7


@dataclass(frozen=True)
class Started:
    run_id: UUID
    is_new: bool
    """False when the trigger had fired before; then `run_id` is the run it made."""


@dataclass(frozen=True, kw_only=True)
class NewRun:
    workspace_id: UUID
    agent_id: UUID
    workflow_id: UUID
    version_id: UUID
    kind: str
    trigger: str
    lane: str
    trigger_key: str
    input: dict[str, JSON] = field(default_factory=dict)
    context_id: UUID | None = None
    message_seq: int | None = None
    deadline_s: float | None = None
    root_run_id: UUID | None = None
    parent_run_id: UUID | None = None
    depth: int = 0
    order_key: str | None = None
    """Runs of a workflow with the same key go one after the other."""
    stop_path: str | None = None
    """A test ends after this step."""


# Whether the lane is there is looked up: a conflict would wait for whoever is being served in it just now.
_INSERT = """
WITH counted AS (
  INSERT INTO run_number (id, workspace_id, workflow_id, last)
  SELECT %(number_id)s, %(workspace)s, %(workflow)s, 1 WHERE NOT EXISTS (
    SELECT FROM run
    WHERE workspace_id = %(workspace)s AND workflow_id = %(workflow)s AND trigger_key = %(trigger_key)s)
  ON CONFLICT (workflow_id) DO UPDATE SET last = run_number.last + 1
  RETURNING last
), turn AS (
  INSERT INTO workspace_lane (id, workspace_id, lane, last_served_at, paused)
  SELECT %(turn_id)s, %(workspace)s, %(lane)s::varchar, clock_timestamp(), false WHERE NOT EXISTS (
    SELECT FROM workspace_lane WHERE workspace_id = %(workspace)s AND lane = %(lane)s)
  ON CONFLICT DO NOTHING
)
INSERT INTO run (id, workspace_id, agent_id, workflow_id, version_id, number, kind, trigger, lane,
  trigger_key, context_id, message_seq, root_run_id, parent_run_id, depth, order_key, stop_path, status,
  wait_reason, next_at, hinted_at, epoch, cur_state, attempt, seq, crash_count, deadline_at, input,
  created_at)
SELECT %(id)s, %(workspace)s, %(agent)s, %(workflow)s, %(version)s, last, %(kind)s, %(trigger)s, %(lane)s,
  %(trigger_key)s, %(context)s::uuid, %(message_seq)s::int, %(root)s, %(parent)s::uuid, %(depth)s,
  %(order_key)s, %(stop_path)s, 'queued', 'start', clock_timestamp(), clock_timestamp(), 0, 'pending', 1,
  0, 0, clock_timestamp() + %(deadline)s::interval, %(input)s::jsonb, clock_timestamp()
FROM counted
ON CONFLICT (workspace_id, workflow_id, trigger_key) DO NOTHING
RETURNING id"""


def insert(new: NewRun) -> Started:
    """Part of the caller's transaction, so that what happened and the run that follows from it are one."""
    run_id = uuid7()
    values: dict[str, Any] = {
        "id": run_id,
        "number_id": uuid7(),
        "turn_id": uuid7(),
        "workspace": new.workspace_id,
        "agent": new.agent_id,
        "workflow": new.workflow_id,
        "version": new.version_id,
        "kind": new.kind,
        "trigger": new.trigger,
        "lane": new.lane,
        "trigger_key": new.trigger_key,
        "context": new.context_id,
        "message_seq": new.message_seq,
        "root": new.root_run_id or run_id,
        "parent": new.parent_run_id,
        "depth": new.depth,
        "order_key": new.order_key,
        "stop_path": new.stop_path,
        "deadline": timedelta(seconds=new.deadline_s) if new.deadline_s is not None else None,
        "input": json.dumps(new.input),
    }
    if sql.one(_INSERT, values):
        return Started(run_id, is_new=True)
    present = Run.objects.only("id").get(
        workspace=new.workspace_id, workflow=new.workflow_id, trigger_key=new.trigger_key
    )
    return Started(present.pk, is_new=False)


_TAKE_OVER = """
WITH taken AS (
  INSERT INTO step_run (id, workspace_id, run_id, epoch, seq, attempt, path, step_id, action, status,
    idem_key, input_digest, input, output, error_class, error, http_status, started_at, duration_ms)
  SELECT gen_random_uuid(), s.workspace_id, %(successor)s, 0, s.seq, s.attempt, s.path, s.step_id, s.action,
    s.status, s.idem_key, s.input_digest, s.input, s.output, s.error_class, s.error, s.http_status,
    s.started_at, s.duration_ms
  FROM step_run s JOIN run r ON r.id = s.run_id
  WHERE r.id = %(failed)s AND s.path IS DISTINCT FROM r.error ->> 'path'
    AND NOT (s.path = r.cur_path AND r.error IS NULL AND s.status NOT IN ('succeeded', 'skipped'))
  RETURNING seq
)
UPDATE run SET seq = coalesce((SELECT max(seq) FROM taken), 0) WHERE id = %(successor)s"""


def take_over(successor_id: UUID, failed_id: UUID) -> None:
    """Gives a successor the steps that are done in the run it follows: all but the one that failed."""
    sql.run(_TAKE_OVER, {"successor": successor_id, "failed": failed_id})
    take_events(successor_id, failed_id)


_TAKE_EVENTS = "UPDATE run_event SET run_id = %(successor)s WHERE run_id = %(predecessor)s"


def take_events(successor_id: UUID, predecessor_id: UUID) -> None:
    """What came from outside belongs to whoever goes on; taken or not, they are counted along the steps."""
    sql.run(_TAKE_EVENTS, {"successor": successor_id, "predecessor": predecessor_id})


_PREFILL = """
WITH written AS (
  INSERT INTO step_run (id, workspace_id, run_id, epoch, seq, attempt, path, step_id, action, status,
    idem_key, input_digest, output, error_class, error, started_at, duration_ms)
  SELECT gen_random_uuid(), run.workspace_id, run.id, 0, r.seq, 1, r.path, r.step_id, r.action, r.status, '',
    '', r.output, r.error_class, r.error, clock_timestamp(), 0
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (seq int, path text, step_id text, action text, status text,
    output jsonb, error_class text, error text)
  JOIN run ON run.id = %(run)s
)
UPDATE run SET seq = %(seq)s WHERE id = %(run)s"""


def prefill(run_id: UUID, rows: Sequence[Prefilled]) -> None:
    """Gives a test the steps before the one that is tested, as if they had run."""
    told = [
        {
            "seq": seq,
            "path": row.path,
            "step_id": row.step.id,
            "action": row.step.action,
            "status": row.status,
            "output": row.output,
            "error_class": "sample" if row.status == "failed" else None,
            "error": row.why,
        }
        for seq, row in enumerate(rows, 1)
    ]
    sql.run(_PREFILL, {"run": run_id, "rows": json.dumps(told), "seq": len(told)})
