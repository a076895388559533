"""What is no longer kept? What ended runs took and gave, later the runs themselves, and rows that have done
their work. Runs that have not ended are never touched.

In batches that lock little and wait for nobody (SKIP LOCKED: what somebody holds goes the next night), with
a pause after each. `batches` may be broken off after any of them and gone on with later from where it was.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection

from workflows.models import Run
from workflows.models.run import TERMINAL
from workflows.services.drafts import CHANGES_KEPT, WHOLE

BATCH = 1000
OUTBOX_DAYS = 7
DRAFT_CHANGE_DAYS = 30
ANSWER_HOURS = 48
LOWEST, HIGHEST = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"

_ENDED = ", ".join(f"'{status}'" for status in TERMINAL)
_IS_NEEDED = f"""EXISTS (
      SELECT FROM run o WHERE o.root_run_id = r.root_run_id AND o.status NOT IN ({_ENDED}))
    OR EXISTS (SELECT FROM run o WHERE o.id = r.parent_run_id AND o.status NOT IN ({_ENDED}))"""  # noqa: S608
"""A run of the same history, or the one that called it, goes on."""

_PAYLOADS = f"""
WITH old AS (
  SELECT r.id FROM run r JOIN workspaces_workspace w ON w.id = r.workspace_id
  WHERE r.id > %(position)s AND r.pruned_at IS NULL AND r.status IN ({_ENDED})
    AND r.finished_at < clock_timestamp() - w.payload_days * interval '1 day' AND NOT ({_IS_NEEDED})
  ORDER BY r.id LIMIT {BATCH} FOR UPDATE OF r SKIP LOCKED
), steps AS (
  UPDATE step_run s SET input = NULL, output = NULL, error = NULL FROM old WHERE s.run_id = old.id
), events AS (
  DELETE FROM run_event e USING old WHERE e.run_id = old.id
), samples AS (
  DELETE FROM step_sample x USING old WHERE x.run_id = old.id
)
UPDATE run SET input = '{{}}', result = NULL, pruned_at = clock_timestamp(),
  error = CASE WHEN error IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object(
    'code', error -> 'code', 'step_id', error -> 'step_id', 'path', error -> 'path',
    'action', error -> 'action', 'maybe_done', error -> 'maybe_done')) END
FROM old WHERE run.id = old.id RETURNING run.id::text"""  # noqa: S608 - made of constants

_OUTBOX = f"""
DELETE FROM outbox WHERE id IN (
  SELECT id FROM outbox
  WHERE coalesce(sent_at, given_up_at) < clock_timestamp() - interval '{OUTBOX_DAYS} days'
  LIMIT {BATCH} FOR UPDATE SKIP LOCKED)
RETURNING id::text"""  # noqa: S608

_WHOLE = ", ".join(f"'{operation}'" for operation in WHOLE)
_DRAFT_CHANGES = f"""
DELETE FROM workflows_draftchange WHERE id IN (
  SELECT c.id FROM workflows_draftchange c
  JOIN workflows_workflow f ON f.id = c.workflow_id LEFT JOIN workflow_version v ON v.id = f.live_version_id
  WHERE c.at < clock_timestamp() - interval '{DRAFT_CHANGE_DAYS} days'
    AND c.revision <= f.draft_revision - {CHANGES_KEPT} AND (v.id IS NULL OR c.at <= v.published_at)
    AND c.revision IS DISTINCT FROM (SELECT max(d.revision) FROM workflows_draftchange d
      WHERE d.workflow_id = c.workflow_id AND d.operation IN ({_WHOLE}))
  LIMIT {BATCH} FOR UPDATE OF c SKIP LOCKED)
RETURNING id::text"""  # noqa: S608
"""What undo and restore need stays: the last draft that was set aside, and all since the last publish."""

_AGENT_CHANGES = f"""
DELETE FROM agent_change WHERE id IN (
  SELECT c.id FROM agent_change c
  JOIN workflows_agent a ON a.id = c.agent_id LEFT JOIN workflows_agentversion v ON v.id = a.live_version_id
  WHERE c.at < clock_timestamp() - interval '{DRAFT_CHANGE_DAYS} days'
    AND c.revision <= a.draft_revision - {CHANGES_KEPT} AND (v.id IS NULL OR c.at <= v.published_at)
    AND c.revision IS DISTINCT FROM (SELECT max(d.revision) FROM agent_change d
      WHERE d.agent_id = c.agent_id AND d.operation IN ({_WHOLE}))
  LIMIT {BATCH} FOR UPDATE OF c SKIP LOCKED)
RETURNING id::text"""  # noqa: S608

_ANSWERS = f"""
DELETE FROM workspaces_idempotentanswer WHERE id IN (
  SELECT id FROM workspaces_idempotentanswer
  WHERE created_at < clock_timestamp() - interval '{ANSWER_HOURS} hours'
  LIMIT {BATCH} FOR UPDATE SKIP LOCKED)
RETURNING id::text"""  # noqa: S608


@dataclass(frozen=True)
class Progress:
    """Where to go on."""

    stage: int = 0
    position: str = ""
    has_removed: bool = False
    """In this pass over the runs: another may find more, as a run goes before the one it follows."""


@dataclass(frozen=True)
class Batch:
    what: str
    count: int
    then: Progress


def batches(start: Progress | None = None) -> Iterator[Batch]:
    """One batch at a time, each committed; the caller pauses in between."""
    at: Progress | None = start or Progress()
    while at is not None and at.stage < len(_STAGES):
        what, step = _STAGES[at.stage]
        batch = step(what, at)
        yield batch
        at = batch.then


def _prune_payloads(what: str, at: Progress) -> Batch:
    found = _ask(_PAYLOADS, {"position": at.position or LOWEST})
    return Batch(what, len(found), Progress(at.stage, max(found)) if found else Progress(at.stage + 1))


def _delete_runs(what: str, at: Progress) -> Batch:
    """From the youngest to the oldest: a run goes when nothing refers to it, so successors and called runs
    go before it.
    """
    found = _ask(_runs(), {"position": at.position or HIGHEST})
    if found:
        return Batch(what, len(found), Progress(at.stage, min(found), has_removed=True))
    return Batch(what, 0, Progress(at.stage) if at.has_removed else Progress(at.stage + 1))


def _delete(statement: str) -> Callable[[str, Progress], Batch]:
    def batch(what: str, at: Progress) -> Batch:
        count = len(_ask(statement, {}))
        return Batch(what, count, Progress(at.stage + (count < BATCH)))

    return batch


@cache
def _runs() -> str:
    """With the rows of every table that belongs to a run."""
    belonging = [
        f"gone_{number} AS (DELETE FROM {item.related_model._meta.db_table} x USING old "  # noqa: S608
        f"WHERE x.{item.field.column} = old.id)"
        for number, item in enumerate(Run._meta.related_objects)
    ]
    return f"""
WITH old AS (
  SELECT r.id FROM run r JOIN workspaces_workspace w ON w.id = r.workspace_id
  WHERE r.id < %(position)s AND r.status IN ({_ENDED})
    AND r.finished_at < clock_timestamp() - w.run_days * interval '1 day'
    AND NOT EXISTS (SELECT FROM run o WHERE o.root_run_id = r.id AND o.id <> r.id)
    AND NOT EXISTS (SELECT FROM run o WHERE o.parent_run_id = r.id)
    AND NOT ({_IS_NEEDED})
  ORDER BY r.id DESC LIMIT {BATCH} FOR UPDATE OF r SKIP LOCKED
), {", ".join(belonging)}
DELETE FROM run USING old WHERE run.id = old.id RETURNING run.id::text"""  # noqa: S608


_STAGES: tuple[tuple[str, Callable[[str, Progress], Batch]], ...] = (
    ("payloads", _prune_payloads),
    ("runs", _delete_runs),
    ("outbox rows", _delete(_OUTBOX)),
    ("draft changes", _delete(_DRAFT_CHANGES)),
    ("agent changes", _delete(_AGENT_CHANGES)),
    ("idempotent answers", _delete(_ANSWERS)),
)


def _ask(statement: str, values: Mapping[str, Any]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]
