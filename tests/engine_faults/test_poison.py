"""Fault test 13: a step takes its worker down: by a crash, by all its memory, by never coming back."""

import os
import signal
from uuid import UUID

import pytest

from connectors.declare import JSON
from tests.engine_faults.workloads import put
from tests.engine_faults.world.whole import World
from tests.support import waiting
from tests.support.runs import make_version, start_run, step, steps_of
from workflows.engine.claiming import ISOLATED_FROM, QUARANTINED_FROM
from workflows.models import Run
from workspaces.models import Workspace

HARMED = "tests.engine_faults.world.harmed"
"""Celery that knows what harms, and ends a task after seconds."""


def _harm(how: str) -> dict[str, JSON]:
    return step("harm", "harm.do@1", {"how": how}, policy={"timeout_s": 1, "on_unknown": "retry"})


@pytest.mark.parametrize("how", ["abort", "memory"])
def test_a_run_that_kills_its_workers_is_set_apart_and_its_neighbours_finish(
    world: World, workspace: Workspace, how: str
) -> None:
    poison = start_run(make_version(workspace, _harm(how)))
    innocent = [start_run(make_version(workspace, put(world.sink, f"good{n}"))) for n in range(6)]
    background = world.workers(background=2, system=1, keep=True)

    ended = world.ended(*innocent, seconds=60)
    run = waiting.until(lambda: _quarantined(world, poison), seconds=90, what="it is in quarantine")

    assert {each.status for each in ended} == {"succeeded"}
    assert run
    assert run.crash_count == QUARANTINED_FROM
    assert [row[2] for row in steps_of(run)] == ["unknown"] * QUARANTINED_FROM  # the last life left no word
    assert len([pid for pid in background[:2] if pid not in world.kept]) <= ISOLATED_FROM
    assert len(world.sink.keys()) == len(set(world.sink.keys())) == len(innocent)
    world.check()


def _quarantined(world: World, run_id: UUID) -> Run | None:
    world.tend()
    return Run.objects.filter(pk=run_id, status="quarantined").first()


@pytest.mark.long
def test_a_step_that_never_comes_back_is_ended_by_celery_and_set_apart(
    world: World, workspace: Workspace
) -> None:
    """Its own deadline is none to it; the worker's hard limit is."""
    poison = start_run(make_version(workspace, _harm("spin")))
    innocent = [start_run(make_version(workspace, put(world.sink, f"good{n}"))) for n in range(6)]
    world.ring(poison, *innocent, lane="background")
    world.celery("background", 2, app=HARMED)
    world.celery("system", 1, app=HARMED)
    world.beat()

    ended = world.ended(*innocent, seconds=60)
    waiting.until(lambda: _quarantined(world, poison), seconds=180, what="it is in quarantine")

    assert {each.status for each in ended} == {"succeeded"}
    world.check()


def test_a_worker_that_is_stopped_for_good_costs_one_crash(world: World, workspace: Workspace) -> None:
    """A slot that hangs is not the run's fault for ever: progress sets the count back."""
    run_id = start_run(make_version(workspace, put(world.sink, "one"), put(world.sink, "two")))
    world.faults.set({"point": "F6", "do": "stop"})
    worker = world.advance(run_id)
    world.faults.expect()
    world.workers(background=1)

    (run,) = world.ended(run_id)
    os.kill(worker, signal.SIGKILL)

    assert (run.status, run.crash_count) == ("succeeded", 0)
    world.check()
