"""Which rows are not as the engine writes them? One statement per promise, each bounded by the first run."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from workflows.engine import retry
from workflows.engine.claiming import QUARANTINED_FROM
from workflows.engine.invariants.broken import Broken, Scope, ask

STUCK_AFTER_S = 60.0
"""The longest default step (30 s), the lease's margin (10 s), a sweep (5 s), and some time to be served."""
UNSENT_AFTER_S = 600.0
"""Of an outward event: what failed is tried again at a later time, and that is not overdue."""


def broken(scope: Scope) -> Iterator[Broken]:
    values = {
        "first": scope.first_run,
        "stuck": timedelta(seconds=scope.stuck_after_s),
        "is_quiet": scope.is_quiet,
        "since": scope.since or datetime.min.replace(tzinfo=UTC),
        "unsent": timedelta(seconds=UNSENT_AFTER_S),
        "longest": timedelta(seconds=max(retry.CAP_S, retry.LONGEST_RETRY_AFTER_S)),
    }
    for invariant, statement in _STATEMENTS:
        for run, why in ask(statement, values):
            yield Broken(invariant, run, why)
    yield from _versions(values)


_FIRED_TWICE = """
SELECT min(id::text)::uuid, format('trigger %%s fired %%s times', trigger_key, count(*)) FROM run
WHERE id >= %(first)s GROUP BY workspace_id, workflow_id, trigger_key HAVING count(*) > 1"""

_LOST = f"""
SELECT id, format('is %%s, and nothing will ever wake it', status) FROM run
WHERE id >= %(first)s AND (
  status = 'queued' AND (next_at IS NULL OR crash_count >= {QUARANTINED_FROM})
  OR status = 'running' AND lease_until IS NULL
  OR status = 'queued' AND NOT EXISTS (
    SELECT FROM workspace_lane l WHERE l.workspace_id = run.workspace_id AND l.lane = run.lane))"""  # noqa: S608

_LEFT_OVER = """
SELECT id, format('is still %%s (%%s) although nothing is under way', status, coalesce(wait_reason, '-'))
FROM run WHERE %(is_quiet)s AND id >= %(first)s AND (
  status = 'running' OR status = 'queued' AND next_at <= statement_timestamp())"""

_COMMITTED_TWICE = """
SELECT run_id, format('step %%s is committed %%s times', path, count(*)) FROM step_run
WHERE run_id >= %(first)s AND status IN ('succeeded', 'skipped') GROUP BY run_id, path HAVING count(*) > 1"""

_GAPS = """
SELECT s.run_id, format('holds %%s steps up to number %%s, and its own count is %%s',
  count(DISTINCT s.seq), max(s.seq), r.seq)
FROM step_run s JOIN run r ON r.id = s.run_id
WHERE s.run_id >= %(first)s AND r.status IN ('succeeded', 'failed', 'cancelled')
GROUP BY s.run_id, r.seq, r.status, r.parent_run_id
HAVING min(s.seq) <> 1 OR count(DISTINCT s.seq) <> max(s.seq)
  OR r.status = 'succeeded' AND max(s.seq) <> r.seq"""

_EPOCHS = """
SELECT DISTINCT ON (run_id) run_id, why FROM (
  SELECT s.run_id, CASE
    WHEN s.epoch > r.epoch THEN format('step %%s was written by claim %%s of %%s', s.path, s.epoch, r.epoch)
    WHEN s.epoch < lag(s.epoch) OVER (PARTITION BY s.run_id ORDER BY s.seq, s.attempt)
    THEN format('step %%s was written by claim %%s after a later one', s.path, s.epoch) END AS why
  FROM step_run s JOIN run r ON r.id = s.run_id WHERE s.run_id >= %(first)s) AS compared
WHERE why IS NOT NULL"""

_EXPIRED = f"""
SELECT id, format('lost its holder %%s ago and was not taken up', statement_timestamp() - lease_until)
FROM run WHERE id >= %(first)s AND status = 'running' AND lease_until < statement_timestamp() - %(stuck)s
  AND crash_count < {QUARANTINED_FROM}
  AND NOT EXISTS (SELECT FROM workflows_workflow f WHERE f.id = run.workflow_id AND f.paused_at IS NOT NULL)
  AND NOT EXISTS (SELECT FROM workspace_lane l
    WHERE l.workspace_id = run.workspace_id AND l.lane = run.lane AND l.paused)"""  # noqa: S608 - constants

_OVERDUE = """
SELECT r.id, format('has been due for %%s, and its lane serves nobody', statement_timestamp() - r.next_at)
FROM run r JOIN workspace_lane l ON l.workspace_id = r.workspace_id AND l.lane = r.lane
JOIN workflows_workflow f ON f.id = r.workflow_id
WHERE r.id >= %(first)s AND r.status = 'queued' AND r.next_at < statement_timestamp() - %(stuck)s
  AND NOT l.paused AND f.paused_at IS NULL AND l.last_served_at < statement_timestamp() - %(stuck)s
  AND NOT EXISTS (SELECT FROM run b WHERE b.workspace_id = r.workspace_id AND b.lane = r.lane
    AND b.status = 'running')
  AND (r.order_key IS NULL OR NOT EXISTS (SELECT FROM run e WHERE e.workflow_id = r.workflow_id
    AND e.order_key = r.order_key AND coalesce(e.order_place, e.id) < coalesce(r.order_place, r.id)
    AND e.status IN ('queued', 'running', 'quarantined')))"""

_ENDED = """
SELECT id, format('is %%s, and yet %%s', status, CASE
    WHEN finished_at IS NULL THEN 'has no end'
    WHEN lease_until IS NOT NULL THEN 'somebody holds it'
    WHEN wait_reason IS NOT NULL THEN 'waits' ELSE 'ended before it began' END)
FROM run WHERE id >= %(first)s AND status IN ('succeeded', 'failed', 'cancelled')
  AND (finished_at IS NULL OR lease_until IS NOT NULL OR wait_reason IS NOT NULL
       OR finished_at < started_at)"""

_BEGUN_AFTERWARDS = """
SELECT r.id, format('step %%s began %%s after the run had ended', s.path, s.started_at - r.finished_at)
FROM run r JOIN step_run s ON s.run_id = r.id
WHERE r.id >= %(first)s AND s.epoch > 0 AND s.started_at > r.finished_at + interval '1 second'"""
# A step that only computes begins when the one before it ended, by a clock that counts the time of a commit
# too.

_AFTER_THE_LAST = """
SELECT DISTINCT ON (run_id) run_id, format('step %%s was attempted again after it had %%s', path, before) FROM
( SELECT s.run_id, s.path, lag(s.status) OVER w AS before, lag(s.error_class) OVER w AS code FROM step_run s
WHERE s.run_id >= %(first)s WINDOW w AS (PARTITION BY s.run_id, s.seq ORDER BY s.attempt) ) AS compared WHERE
before IN ('succeeded', 'skipped')
  OR before = 'failed' AND code NOT IN ('unavailable', 'timed_out', 'deadline', 'outcome_unknown')"""

_WAITS_TOO_LONG = """
SELECT id, format('waits %%s for another attempt', next_at - statement_timestamp()) FROM run
WHERE id >= %(first)s AND status = 'queued' AND wait_reason = 'retry'
  AND next_at > statement_timestamp() + %(longest)s"""

_UNSENT = """
SELECT (payload ->> 'run')::uuid, format('%%s (%%s) has been due for %%s, and nobody sends it', topic, id,
  statement_timestamp() - available_at)
FROM outbox WHERE sent_at IS NULL AND given_up_at IS NULL AND created_at >= %(since)s
  AND available_at < statement_timestamp() - %(unsent)s
  AND (lease_until IS NULL OR lease_until < statement_timestamp() - %(unsent)s)"""

_OF_ANOTHER = """
SELECT r.id, format('belongs to workflow %%s, its version to %%s', r.workflow_id, v.workflow_id)
FROM run r JOIN workflow_version v ON v.id = r.version_id
WHERE r.id >= %(first)s AND v.workflow_id <> r.workflow_id"""

_STATEMENTS = (
    ("I1", _FIRED_TWICE),
    ("I1", _LOST),
    ("I1", _LEFT_OVER),
    ("I2", _COMMITTED_TWICE),
    ("I3", _GAPS),
    ("I7", _EPOCHS),
    ("I8", _EXPIRED),
    ("I8", _OVERDUE),
    ("I9", _ENDED),
    ("I9", _BEGUN_AFTERWARDS),
    ("I10", _OF_ANOTHER),
    ("I11", _AFTER_THE_LAST),
    ("I11", _WAITS_TOO_LONG),
    ("I12", _UNSENT),
)

_USED = """
SELECT id, definition, sha256, number FROM workflow_version v
WHERE EXISTS (SELECT FROM run r WHERE r.version_id = v.id AND r.id >= %(first)s)"""


def _versions(values: dict[str, Any]) -> Iterator[Broken]:
    """Hashed from the stored text alone: a version that this code cannot read is checked all the same."""
    for version, definition, sha256, number in ask(_USED, values):
        content = json.loads(definition) if isinstance(definition, str) else definition
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if hashlib.sha256(text.encode()).hexdigest() != sha256:
            yield Broken("I10", None, f"version {number} ({version}) is not the text that was published")
