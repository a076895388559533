"""Does it stay fast when much is stored? Claims among half a million runs, one workspace that floods another,
and what a run costs beside a million others.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from bench import _background, _cost, _live
from bench._table import row
from bench._workflows import BY, publish, ten_steps
from workflows import doorbell
from workflows.engine import claiming
from workflows.models import Run, WorkflowVersion
from workflows.services import agents
from workspaces.ids import uuid7
from workspaces.models import Workspace

WORKSPACES = 20
CLAIMS = 500
FLOODS = 5
PATIENCE_S = 120

_FILL = """
INSERT INTO run (id, workspace_id, agent_id, workflow_id, version_id, number, kind, trigger, lane,
  trigger_key, root_run_id, depth, status, wait_reason, next_at, hinted_at, epoch, cur_state, attempt, seq,
  crash_count, input, result, created_at, started_at, finished_at)
SELECT made.id, %(workspace)s, %(agent)s, %(workflow)s, %(version)s, n, 'production', 'bench', 'background',
  'stored:' || made.id, made.id, 0, %(status)s, %(reason)s, clock_timestamp() + %(wait)s::interval * random(),
  clock_timestamp(), 1, 'pending', 1, 1, 0, '{"action": {"order_number": 1042}}', NULL, clock_timestamp(),
  clock_timestamp(), CASE WHEN %(status)s = 'succeeded' THEN clock_timestamp() END
FROM generate_series(1, %(count)s) n, LATERAL (
  SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
    || substr(md5(random()::text || n), 1, 3) || '8'
    || substr(md5(random()::text || n), 4, 15))::uuid AS id) made"""
_STEP_EACH = """
INSERT INTO step_run (id, workspace_id, run_id, epoch, seq, attempt, path, step_id, action, status, idem_key,
  input_digest, output, started_at, duration_ms)
SELECT gen_random_uuid(), r.workspace_id, r.id, 1, 1, 1, 's_step00000', 's_step00000', 'flow.set_values@1',
  'succeeded', substr(r.id::text, 1, 32), '', '{"text": "Order 0", "number": 0}', r.created_at, 1
FROM run r WHERE r.version_id = %(version)s
  AND NOT EXISTS (SELECT FROM step_run s WHERE s.run_id = r.id)"""


def workspaces() -> list[WorkflowVersion]:
    """A workflow of each of them; their runs are what is stored."""
    return [_neighbour() for _ in range(WORKSPACES)]


def fill(versions: Sequence[WorkflowVersion], count: int, *, asleep: float) -> None:
    """So many runs more, each with a step run; this share of them sleeps for up to a month."""
    share = count // len(versions)
    sleeping = round(share * asleep)
    for version in versions:
        _insert(version, sleeping, status="queued", reason="delay", wait="30 days")
        _insert(version, share - sleeping, status="succeeded", reason=None, wait="0")
        _run(_STEP_EACH, version=version.pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE run, step_run")


def show_claims(versions: Sequence[WorkflowVersion]) -> None:
    with _nobody_else():
        for version in versions:
            _insert(version, CLAIMS // len(versions), status="queued", reason="start", wait="0")
        found = []
        for _ in range(CLAIMS // len(versions) * len(versions)):
            begun = time.perf_counter()
            claim = claiming.claim_next("background")
            found.append(time.perf_counter() - begun)
            if claim is None:
                raise RuntimeError("a due run was not found")
            Run.objects.filter(pk=claim.run_id).update(status="cancelled", lease_until=None, lease_owner=None)
    parts = statistics.quantiles(found, n=100)
    asleep = Run.objects.filter(status="queued").count()
    print(
        f"\nClaims among {Run.objects.count():,} stored runs, {asleep:,} asleep, {len(versions)} workspaces"
    )
    row("", "p50 ms", "p95 ms", "p99 ms")
    row("claim the next run whose turn it is", *(f"{parts[at - 1] * 1000:.2f}" for at in (50, 95, 99)))


@contextmanager
def _nobody_else() -> Iterator[None]:
    """The stack's background worker is stopped meanwhile."""
    flag = Path(os.environ["VAR_DIR"]) / "paused" / "background"
    flag.touch()
    _await(lambda: not _cost.is_running("background"))
    try:
        yield
    finally:
        flag.unlink()


def show_flood(runs: int) -> None:
    """How long a single run of one workspace waits while another has thousands due."""
    flooding, other = _neighbour(), _neighbour()
    _background.cost(other, runs=1)
    _insert(flooding, runs, status="queued", reason="start", wait="0")
    for run_id in Run.objects.filter(version=flooding.pk).values_list("pk", flat=True)[:8]:
        doorbell.ring(run_id, "background")
    _await(lambda: Run.objects.filter(version=flooding.pk, status="succeeded").count() >= 100)
    waited = [_wait_of(other) for _ in range(FLOODS)]
    left = Run.objects.filter(version=flooding.pk, status="queued").update(status="cancelled")
    print(f"\nA workspace floods with {runs:,} runs; {left:,} are still due when the other has had its turns")
    row("", "median s", "longest s")
    row("the other's single run starts after", f"{statistics.median(waited):.2f}", f"{max(waited):.2f}")


def show_growth(few: Sequence[dict[str, float]], many: Sequence[dict[str, float]], stored: int) -> None:
    print(f"\nCPU ms of a run, when few and when {stored:,} are stored")
    row("", "few", "many", "×")
    for name, before, after in zip(("W1 through Celery", "W2"), few, many, strict=True):
        growth = sum(after.values()) / max(sum(before.values()), 0.01)
        row(name, _cost.total(before), _cost.total(after), f"{growth:.2f}")
        print(f"    few: {_cost.shares(before)}; many: {_cost.shares(after)}")


def costs(
    action: WorkflowVersion, post: WorkflowVersion, key: str, *, calls: int, runs: int
) -> list[dict[str, float]]:
    return [_live.cost(action, key, calls=calls), _background.cost(post, runs=runs)]


def _neighbour() -> WorkflowVersion:
    workspace = Workspace.objects.create(slug=f"bench-{uuid7().hex[-8:]}", name="Neighbour")
    version = publish(agents.create(workspace, "Bench", by=BY), "post_conversation", ten_steps())
    _background.start(version)  # its turn in the lane and its count of runs exist from now on
    return version


def _insert(version: WorkflowVersion, count: int, *, status: str, reason: str | None, wait: str) -> None:
    _run(
        _FILL,
        workspace=version.workspace_id,
        agent=version.workflow.agent_id,
        workflow=version.workflow_id,
        version=version.pk,
        status=status,
        reason=reason,
        wait=wait,
        count=count,
    )


def _run(statement: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _wait_of(version: WorkflowVersion) -> float:
    """Seconds from its commit to its first claim, by the database's clock."""
    run = Run.objects.filter(pk=_background.start(version).pk)
    _await(lambda: run.filter(started_at__isnull=False).exists())
    begun = run.get()
    assert begun.started_at
    return (begun.started_at - begun.created_at).total_seconds()


def _await(has_come: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not has_come():
        if time.monotonic() > until:
            raise TimeoutError("what was waited for did not come")
        time.sleep(0.02)
