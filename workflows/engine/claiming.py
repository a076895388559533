"""Who has a run? One statement claims it: a new epoch, and a lease that ends by itself if its holder dies."""

import json
import os
import socket
import threading
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings

from connectors.declare import JSON
from workflows.engine import faults, sql

ISOLATED_FROM = 2
"""Crashes in a row after which a run is claimed only by the isolated lane, where it can hurt nobody else."""
QUARANTINED_FROM = 5


class Claim(NamedTuple):
    """A run as its holder found it. `epoch` is the fencing token that every commit carries."""

    run_id: UUID
    workspace_id: UUID
    workspace_slug: str
    workspace_zone: str
    agent_id: UUID
    workflow_id: UUID
    version_id: UUID
    depth: int
    root_run_id: UUID
    number: int | None
    kind: str
    trigger: str
    lane: str
    context_id: UUID | None
    message_seq: int | None
    epoch: int
    path: str | None
    is_interrupted: bool
    """The effect at `path` had begun when the last holder was lost: nobody knows whether it took place."""
    attempt: int
    """The next one at `path`."""
    seq: int
    wait_reason: str | None
    next_at: datetime | None
    deadline_at: datetime | None
    started_at: datetime
    claimed_at: datetime
    is_cancelled: bool
    is_answered: bool
    """Whoever waited for it has its answer, from a *Respond* step."""
    caller_id: UUID | None
    """The run that called this one's workflow."""
    stop_path: str | None
    """A test ends after this step."""
    input: dict[str, JSON]


# In the order of Claim's fields.
_RETURNED = """run.id, run.workspace_id, w.slug, w.time_zone, run.agent_id, run.workflow_id, run.version_id,
  run.depth, run.root_run_id, run.number, run.kind, run.trigger, run.lane, run.context_id, run.message_seq,
  run.epoch, run.cur_path, run.cur_state = 'started', run.attempt, run.seq, run.wait_reason, run.next_at,
  run.deadline_at, run.started_at, clock_timestamp(), run.cancel_requested_at IS NOT NULL,
  run.responded_at IS NOT NULL, CASE WHEN run.trigger = 'workflow' THEN run.parent_run_id END, run.stop_path,
  run.input"""

_IS_IN_ORDER = """({run}.order_key IS NULL OR NOT EXISTS (
    SELECT FROM run o WHERE o.workflow_id = {run}.workflow_id AND o.order_key = {run}.order_key
      AND coalesce(o.order_place, o.id) < coalesce({run}.order_place, {run}.id)
      AND o.status IN ('queued', 'running', 'quarantined')))"""
"""Ids rise with time, so the earlier run has the lower one; who was moved has its predecessor's place."""
# Looked up for each run, which a join is not bound to be: with some ten thousand runs stored it was planned
# to go through all that each workflow ever had (13 ms a claim instead of 0.7). IS NOT NULL the planner takes
# for likely: so it goes by `next_at`, and stops at the first.
_IS_NOT_PAUSED = """(
      SELECT f.id FROM workflows_workflow f WHERE f.id = r.workflow_id AND f.paused_at IS NULL) IS NOT NULL"""
_IS_DUE = f"""r.status = 'queued' AND r.next_at <= statement_timestamp() - %(age)s
    AND r.crash_count < {ISOLATED_FROM} AND {_IS_NOT_PAUSED} AND {_IS_IN_ORDER.format(run="r")}"""

_TAKE = f"""
UPDATE run SET status = 'running', epoch = run.epoch + 1, lease_owner = %(owner)s,
  lease_until = clock_timestamp() + %(lease)s,
  crash_count = run.crash_count + (run.status = 'running')::int,
  attempt = run.attempt + (run.cur_state = 'started')::int,
  started_at = coalesce(run.started_at, clock_timestamp())
FROM workspaces_workspace w
WHERE w.id = run.workspace_id AND run.id = {{run}}
  AND run.crash_count < {QUARANTINED_FROM} AND (run.crash_count < {ISOLATED_FROM} OR %(isolated)s)
  AND (run.status = 'queued' AND run.next_at <= statement_timestamp()
       OR run.status = 'running' AND run.lease_until < statement_timestamp())
  AND NOT EXISTS (SELECT FROM workflows_workflow f WHERE f.id = run.workflow_id AND f.paused_at IS NOT NULL)
  AND NOT EXISTS (
    SELECT FROM workspace_lane l WHERE l.workspace_id = run.workspace_id AND l.lane = run.lane AND l.paused)
  AND {_IS_IN_ORDER.format(run="run")}
RETURNING {_RETURNED}"""  # noqa: S608 - made of constants

_BY_ID = _TAKE.format(run="%(run)s")

_IS_LOST = f"""r.status = 'running' AND r.lease_until < statement_timestamp()
    AND r.crash_count < {QUARANTINED_FROM} AND (r.crash_count >= {ISOLATED_FROM}) = %(isolated)s
    AND NOT EXISTS (SELECT FROM workflows_workflow f WHERE f.id = r.workflow_id AND f.paused_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM workspace_lane l WHERE l.workspace_id = r.workspace_id AND l.lane = r.lane
                      AND l.paused)"""  # noqa: S608 - made of constants

_LOST = "SELECT r.id FROM run r WHERE {which} ORDER BY r.lease_until LIMIT 1 FOR UPDATE SKIP LOCKED"
_SUSPECT = f"""
  SELECT r.id FROM run r
  WHERE r.status = 'queued' AND r.next_at <= statement_timestamp() AND {_IS_NOT_PAUSED}
    AND r.crash_count >= {ISOLATED_FROM} AND r.crash_count < {QUARANTINED_FROM}
    AND NOT EXISTS (SELECT FROM workspace_lane l WHERE l.workspace_id = r.workspace_id AND l.lane = r.lane
                      AND l.paused)
    AND {_IS_IN_ORDER.format(run="r")}
  ORDER BY r.next_at LIMIT 1 FOR UPDATE SKIP LOCKED"""  # noqa: S608 - made of constants
_NEXT_ISOLATED = _TAKE.format(run=f"coalesce(({_LOST.format(which=_IS_LOST)}), ({_SUSPECT}))")

# A look into the index for each workspace. As EXISTS it was now and then planned as a join: with half a
# million runs asleep and no figures yet, a claim read them all (0.2 s instead of 1 ms).
_WHOSE_TURN = f"""
WITH due AS (
  SELECT l.id AS turn, l.workspace_id FROM workspace_lane l CROSS JOIN LATERAL (
    SELECT FROM run r WHERE r.workspace_id = l.workspace_id AND r.lane = l.lane AND {_IS_DUE}
    ORDER BY r.next_at LIMIT 1) it_has_one
  WHERE l.lane = %(lane)s AND NOT l.paused
  ORDER BY (SELECT count(*) FROM run b WHERE b.workspace_id = l.workspace_id AND b.lane = l.lane
              AND b.status = 'running') >= coalesce(l.max_running, %(half)s), l.last_served_at
  LIMIT 1
), served AS (
  UPDATE workspace_lane SET last_served_at = clock_timestamp() WHERE id = (
    SELECT l.id FROM workspace_lane l JOIN due ON l.id = due.turn FOR UPDATE OF l SKIP LOCKED)
)"""  # noqa: S608 - made of constants
_DUE = f"""
  SELECT r.id FROM run r
  WHERE r.workspace_id = (SELECT workspace_id FROM due) AND r.lane = %(lane)s AND {_IS_DUE}
  ORDER BY r.next_at LIMIT 1 FOR UPDATE SKIP LOCKED"""  # noqa: S608
_LOST_HERE = _LOST.format(which=f"r.lane = %(lane)s AND {_IS_LOST}")
_NEXT = _WHOSE_TURN + _TAKE.format(run=f"coalesce(({_LOST_HERE}), ({_DUE}))")


def claim(run_id: UUID, *, isolated: bool = False) -> Claim | None:
    """The run, if it is due or its holder is gone, and nobody else was faster."""
    return _take(_BY_ID, run=run_id, isolated=isolated)


def claim_next(lane: str, *, isolated: bool = False, age_s: float = 0) -> Claim | None:
    """A run whose holder is gone, else a due run of the workspace that has waited longest for its turn.

    `age_s` leaves alone what became due within that time: its own hint is on the way.
    """
    if isolated:
        return _take(_NEXT_ISOLATED, isolated=True)
    return _take(_NEXT, lane=lane, isolated=False, age=timedelta(seconds=age_s), half=SLOTS[lane] // 2)


_CALLED = """
SELECT id FROM run WHERE parent_run_id = %(run)s AND trigger = 'workflow' AND status = 'queued'
ORDER BY id DESC LIMIT 1"""


def called_by(run_id: UUID) -> UUID | None:
    """The run that this one has called and waits for."""
    found = sql.one(_CALLED, {"run": run_id})
    return found[0] if found else None


SLOTS = {"live": 32, "background": 4}
"""Runs at once in one worker of the lane; half of them is what one workspace may take while others wait."""


def _take(statement: str, **values: Any) -> Claim | None:
    values |= {"owner": owner(), "lease": timedelta(seconds=settings.ENGINE_LEASE_MARGIN_S)}
    found = sql.one(statement, values)
    if found is None:
        return None
    faults.hit("F2", str(found[0]))
    *columns, text = found
    return Claim._make([*columns, json.loads(text)])


def owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_native_id()}"[:100]
