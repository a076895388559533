"""Fault tests 4 and 5: Valkey forgets everything, dies, or takes connections and never answers."""

import signal
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from random import Random

import httpx
import pytest
from django.db.models import F

from config.stack import places
from tests.engine_faults import workloads
from tests.engine_faults.workloads import delay, put
from tests.engine_faults.world.proxy import Mode, Proxy
from tests.engine_faults.world.whole import World
from tests.support import waiting
from tests.support.make import make_api_key
from tests.support.runs import make_version, set_values, start_run
from workflows.models import Run, StepRun, WorkflowVersion
from workspaces.models import Workspace

_numbers = count(1)
SEED = 4


AS_SHIPPED = {"ENGINE_LEASE_MARGIN_S": "10", "ENGINE_SWEEP_S": "5", "ENGINE_HINT_AGE_S": "15"}
"""What other tests shorten."""


def _real_workers(world: World, **env: str) -> None:
    """Those of Celery: they hear of nothing but by hints."""
    world.celery("background", 2, **env)
    world.celery("system", 1, **env)
    world.beat(**env)


# --- 4: it forgets -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sleepers", "flushes", "nap_s"),
    [(60, 4, 6.0), pytest.param(1000, 10, 20.0, marks=pytest.mark.long)],
)
def test_sleeping_delays_and_a_load_survive_a_valkey_that_forgets(
    world: World, workspace: Workspace, sleepers: int, flushes: int, nap_s: float
) -> None:
    """All end, nothing twice, nothing early; and none later than the sweep and the queue explain."""
    random = Random(SEED)
    version = make_version(workspace, delay("nap", nap_s), put(world.sink, "after"), kind="post_conversation")
    sleeping = [start_run(version) for _ in range(sleepers)]
    _real_workers(world)
    world.ring(*sleeping, lane="background")
    waiting.until(lambda: _asleep() == sleepers, seconds=90 + sleepers / 20, what="all sleep")
    load = [start_run(make_version(workspace, put(world.sink, f"load{n}"))) for n in range(20)]
    world.ring(*load, lane="background")
    for _ in range(flushes):
        time.sleep(random.uniform(0, nap_s / flushes))
        world.servers.flush_valkey()

    ended = world.ended(*sleeping, *load, seconds=120 + sleepers / 10)

    assert {run.status for run in ended} == {"succeeded"}
    assert set(Counter(world.sink.keys()).values()) == {1}
    assert min(_lateness(version)) >= 0, "nothing fires early"
    world.check()


def _asleep() -> int:
    return Run.objects.filter(status="queued", wait_reason="delay").count()


def _lateness(version: WorkflowVersion) -> list[float]:
    """Seconds from the end of each delay to the start of the step after it."""
    naps = StepRun.objects.filter(run__version=version, action="flow.delay@1")
    due = {row.run_id: row.started_at + timedelta(milliseconds=row.duration_ms) for row in naps}
    after = StepRun.objects.filter(run__version=version, action="rest.request@1")
    return [(row.started_at - due[row.run_id]).total_seconds() for row in after]


# --- 5: it is away -----------------------------------------------------------------------------------------
@pytest.fixture
def wire(world: World) -> Iterator[Proxy]:
    proxy = Proxy(world.servers.redis_socket)
    yield proxy
    proxy.stop()


@contextmanager
def _web(world: World, wire: Proxy) -> Iterator[str]:
    """A web process that reaches Valkey over the wire."""
    port = places.free_port()
    world.web(port, REDIS_URL=f"redis://127.0.0.1:{wire.port}/0", LIVE_EXECUTOR="celery")
    world.until_answers(port)
    yield f"http://127.0.0.1:{port}"


def test_live_calls_are_answered_while_valkey_is_away(
    world: World, workspace: Workspace, wire: Proxy
) -> None:
    """I13: each within its deadline, whether Valkey refuses or never answers."""
    _, key = make_api_key(workspace)
    live = make_version(workspace, put(world.sink, "live"), response={"a": "{{ run.id }}"}, deadline_s=5)
    ways: tuple[Mode, ...] = ("refuse", "stall")
    with _web(world, wire) as address:
        client = httpx.Client(
            base_url=f"{address}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=30
        )
        _call(client, live)
        before = [_call(client, live) for _ in range(5)]
        for wire.mode in ways:
            during = [_call(client, live) for _ in range(12)]
            assert max(during) < 5.1, "within the deadline"
            # Once the breaker is open nobody asks Valkey for five seconds: most calls lose nothing.
            assert statistics.median(during) < statistics.median(before) + 1.0
        wire.mode = "pass"
        assert waiting.until(lambda: _call(client, live), seconds=20, what="it answers again")
    world.check()


def _call(client: httpx.Client, version: WorkflowVersion) -> float:
    """How long it took to be answered well."""
    began = time.monotonic()
    answer = client.post(f"/workflows/{version.workflow_id}/runs", json={"input": {}, "wait": 5})
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded"), answer.text
    return time.monotonic() - began


@pytest.mark.parametrize("away_s", [3, pytest.param(60, marks=pytest.mark.long)])
def test_background_runs_catch_up_when_a_killed_valkey_is_back(
    world: World, workspace: Workspace, away_s: int
) -> None:
    """Nobody restarts a worker; what was started meanwhile was never told to anybody."""
    box = workloads.mailbox(workspace, world.sink)
    works = [workloads.everything(workspace, world.sink, box, f"vk{next(_numbers)}x") for _ in range(4)]
    runs = [start_run(work.version) for work in works]
    _real_workers(world)
    world.ring(*runs, lane="background")
    world.sink.expect(1, seconds=60)
    world.servers.kill_valkey()
    try:
        late = [start_run(make_version(workspace, put(world.sink, f"late{n}"))) for n in range(10)]
        time.sleep(away_s)
    finally:
        world.servers.start_valkey()

    ended = world.ended(*runs, *late, seconds=120)

    assert {run.status for run in ended} == {"succeeded"}
    assert set(Counter(world.sink.keys()).values()) == {1}
    world.check()


def test_a_valkey_that_never_answers_does_not_hold_up_a_worker_s_commits(
    world: World, workspace: Workspace, wire: Proxy
) -> None:
    """Events, replies and hints are asked for quickly or not at all."""
    version = make_version(
        workspace, *(put(world.sink, f"call{n}") for n in range(3)), set_values("end", a=1)
    )
    wire.mode = "stall"
    runs = [start_run(version) for _ in range(10)]
    world.worker("background", redis=f"redis://127.0.0.1:{wire.port}/0")

    ended = world.ended(*runs)

    took = [run.finished_at - run.started_at for run in ended if run.finished_at and run.started_at]
    assert sorted(took)[len(took) // 2] < timedelta(seconds=1), "one of them trips the breaker, not all"
    world.check()


# --- Delays after a restart of everything ------------------------------------------------------------------
def test_a_delay_of_two_seconds_fires_within_six_after_everything_was_restarted(
    world: World, workspace: Workspace
) -> None:
    """PostgreSQL, Valkey, workers and beat: all killed while it sleeps, and started again."""
    version = make_version(workspace, delay("nap", 2), put(world.sink, "after"), kind="post_conversation")
    _real_workers(world)
    run_id = start_run(version)
    world.ring(run_id, lane="background")
    waiting.until(lambda: _asleep() == 1, seconds=60, what="it sleeps")
    world.kill_all()
    world.servers.kill_valkey()
    world.servers.restart_postgres(signal.SIGKILL)
    world.servers.start_valkey()
    _real_workers(world, **AS_SHIPPED)
    _until_workers_answer(world, workspace)
    # Starting Celery takes seconds on a busy machine: the delay counts from when workers are there.
    due = Run.objects.filter(pk=run_id).values_list("next_at", flat=True).get()
    assert due
    up_at = Run.objects.exclude(pk=run_id).latest("id").finished_at
    assert up_at

    world.ended(run_id, seconds=60)

    first = StepRun.objects.get(run=run_id, action="rest.request@1").started_at
    assert first >= due, "nothing early"
    assert first - max(due, up_at) < timedelta(seconds=6)
    assert len(world.sink.keys("after")) == 1
    world.check()


def _until_workers_answer(world: World, workspace: Workspace) -> None:
    probe = start_run(make_version(workspace, set_values("up", a=1)))
    Run.objects.filter(pk=probe).update(hinted_at=F("hinted_at") - timedelta(minutes=1))
    world.ended(probe, seconds=90)
