"""Fault tests 10 and 11: a process's clock is wrong, or jumps; then the database's own.

The engine goes by the database's clock for what is kept, and by clocks that only move on for what it
measures.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from tests.engine_faults.workloads import delay, put
from tests.engine_faults.world.whole import World
from tests.support import waiting
from tests.support.runs import make_version, start_run
from workflows.models import Run, StepRun, WorkflowVersion
from workspaces.models import Workspace

DAY_S, HOUR_S = 86_400, 3_600
NAP_S = 2.0
LONG_NAP_S = 10.0
"""Long enough to be seen on a busy machine."""


def _version(world: World, workspace: Workspace, nap_s: float = NAP_S) -> WorkflowVersion:
    return make_version(
        workspace,
        put(world.sink, "before"),
        delay("nap", nap_s),
        put(world.sink, "after"),
        kind="post_conversation",
    )


def _woke_in_time(run: Run) -> None:
    nap = StepRun.objects.get(run=run, action="flow.delay@1")
    after = StepRun.objects.filter(run=run, action="rest.request@1").latest("seq")
    due = nap.started_at + timedelta(milliseconds=nap.duration_ms)
    assert timedelta(0) <= after.started_at - due < timedelta(seconds=10)
    assert timedelta(milliseconds=nap.duration_ms) >= timedelta(seconds=NAP_S)


@pytest.mark.parametrize("skew_s", [DAY_S, -DAY_S, HOUR_S, -HOUR_S])
def test_a_worker_whose_clock_is_wrong_wakes_nothing_early_and_hangs_on_nothing(
    world: World, workspace: Workspace, skew_s: int
) -> None:
    """As Python sees it; `--long` turns the clock of real processes."""
    run_id = start_run(_version(world, workspace))
    world.workers(background=1, skew=str(skew_s))

    (run,) = world.ended(run_id)

    assert run.status == "succeeded"
    _woke_in_time(run)
    assert abs((run.finished_at or _now()) - _now()) < timedelta(minutes=1), "times are the database's"
    world.check()


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
        return found


# --- The long set: libfaketime ------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def libfaketime() -> str:
    """Its library; installed where we may, else this says loudly what is not tested."""
    found = _faketime()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "faketime"], check=False, capture_output=True)
        found = _faketime()
    if found is None:
        pytest.skip("CLOCKS ARE NOT TESTED: install the Debian package faketime")
    return str(found)


def _faketime() -> Path | None:
    places = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")
    return next((path for place in places for path in Path("/").glob(place.lstrip("/"))), None)


def _skewed(library: str, clock: Path) -> dict[str, str]:
    """What stands in the file is how wrong the clock is, from that moment on."""
    clock.write_text("+0")
    return {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


@pytest.fixture
def clock(world: World, libfaketime: str, tmp_path: Path) -> Path:
    """Of all processes of Celery. Beat may die in its sleep when the clock jumps, and is started again."""
    file = tmp_path / "clock"
    skewed = _skewed(libfaketime, file)
    world.supervise(partial(world.celery, "background", 2, **skewed))
    world.supervise(partial(world.celery, "system", 1, **skewed))
    world.supervise(partial(world.beat, **skewed))
    return file


@pytest.fixture
def database_clock(world: World, libfaketime: str, tmp_path: Path) -> Iterator[Path]:
    tmp_path.chmod(0o755)
    file = tmp_path / "clock"
    world.servers.set_clock(_skewed(libfaketime, file))
    yield file
    world.servers.set_clock(None)


@pytest.mark.long
@pytest.mark.parametrize("jump", [f"+{DAY_S}", f"-{DAY_S}", f"+{HOUR_S}", f"-{HOUR_S}"])
def test_the_clocks_of_all_workers_and_beat_jump_while_runs_sleep(
    world: World, workspace: Workspace, clock: Path, jump: str
) -> None:
    sleeping = [start_run(_version(world, workspace, LONG_NAP_S)) for _ in range(5)]
    world.ring(*sleeping, lane="background")
    waiting.until(
        lambda: Run.objects.filter(wait_reason="delay").exists(), seconds=90, what="one of them sleeps"
    )
    clock.write_text(jump)

    ended = world.ended(*sleeping, seconds=120)
    late = start_run(_version(world, workspace))
    # nobody is told of it: the sweep goes on by a clock that does not jump
    ended += world.ended(late, seconds=120)

    assert {run.status for run in ended} == {"succeeded"}
    for run in ended[:-1]:
        nap = StepRun.objects.get(run=run, action="flow.delay@1")
        after = StepRun.objects.filter(run=run, action="rest.request@1").latest("seq")
        assert after.started_at >= nap.started_at + timedelta(seconds=LONG_NAP_S), "nothing early"
    world.check()


@pytest.mark.long
@pytest.mark.parametrize("forward", [True, False])
def test_the_database_s_clock_jumps_while_runs_sleep(
    world: World, workspace: Workspace, database_clock: Path, forward: bool
) -> None:
    """Forward: what sleeps is due early, as documented. Back: it is late by as much. Nothing is lost."""
    version = make_version(workspace, delay("nap", 60), put(world.sink, "after"), kind="post_conversation")
    sleeping = start_run(version)
    world.workers(background=1, keep=True)
    waiting.until(lambda: Run.objects.get(pk=sleeping).wait_reason == "delay", seconds=30, what="it sleeps")
    database_clock.write_text("+120" if forward else "-120")

    if not forward:
        other = start_run(make_version(workspace, put(world.sink, "other")))
        world.ended(other, seconds=30)
        assert Run.objects.get(pk=sleeping).status == "queued"
        database_clock.write_text("+120")
    (run,) = world.ended(sleeping, seconds=30)

    assert run.status == "succeeded"
    assert len(world.sink.keys("after")) == 1
