"""Fault test 15: a run is cancelled at each point; nothing begins after that but what is under way."""

import os
import signal
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from tests.engine_faults import workloads
from tests.engine_faults.workloads import delay, put
from tests.engine_faults.world.whole import World
from tests.support import waiting
from tests.support.runs import make_version, start_run, step_id, steps_of
from workflows.models import Run
from workflows.services import operating
from workspaces.models import Workspace
from workspaces.services import audit

BY = audit.system("test")
_numbers = count(1)


def _start(world: World, workspace: Workspace, mode: str = "ok") -> UUID:
    steps = [put(world.sink, "one", mode, timeout_s=5), put(world.sink, "two"), put(world.sink, "three")]
    return start_run(make_version(workspace, *steps))


def _cancel(run_id: UUID) -> Run:
    return operating.cancel(Run.objects.get(pk=run_id), BY)


@pytest.mark.parametrize(
    ("point", "path", "done"),
    [
        ("F2", "", []),
        *((point, "one", ["one"]) for point in ("F6", "F3", "F5")),
        ("F6", "two", ["one", "two"]),
    ],
)
def test_a_run_that_is_cancelled_at_a_point_begins_nothing_more(
    world: World, workspace: Workspace, point: str, path: str, done: list[str]
) -> None:
    run_id = _start(world, workspace)
    where = step_id(path) if path else str(run_id)
    world.faults.set({"point": point, "do": "stop", "path": where})  # once it has begun, nobody can stop it
    worker = world.advance(run_id)
    world.faults.expect()
    assert _cancel(run_id).cancel_requested_at is not None
    os.kill(worker, signal.SIGCONT)
    (run,) = world.ended(run_id)

    assert run.status == "cancelled"
    assert steps_of(run) == [(step_id(slug), 1, "succeeded") for slug in done]
    assert [line["path"].rpartition("/")[2] for line in world.sink.lines()] == done
    world.check()


def test_a_cancel_is_seen_before_the_next_effect(world: World, workspace: Workspace) -> None:
    run_id = _start(world, workspace, "holdx1")
    world.workers(background=1)
    world.sink.expect(1)

    _cancel(run_id)
    world.sink.release()
    (run,) = world.ended(run_id)

    assert run.status == "cancelled"
    assert steps_of(run) == [(step_id("one"), 1, "succeeded")]
    assert len(world.sink.keys()) == 1
    world.check()


def test_a_cancel_of_a_run_whose_worker_died_is_carried_out_by_the_next(
    world: World, workspace: Workspace
) -> None:
    run_id = _start(world, workspace, "hang")
    worker = world.advance(run_id)
    world.sink.expect(1)
    world.kill(worker)
    _cancel(run_id)

    world.workers(background=1)
    (run,) = world.ended(run_id)

    assert run.status == "cancelled"
    assert steps_of(run) == [(step_id("one"), 1, "unknown")], "what may have taken place is shown"
    assert len(world.sink.keys()) == 1
    world.check()


def test_a_waiting_run_ends_at_once_and_its_called_run_too(world: World, workspace: Workspace) -> None:
    sleeping = start_run(
        make_version(workspace, delay("nap", 3600), put(world.sink, "after"), kind="post_conversation")
    )
    world.workers(background=1)
    waiting.until(lambda: Run.objects.get(pk=sleeping).wait_reason == "delay", seconds=20, what="it sleeps")

    assert _cancel(sleeping).status == "cancelled"

    assert world.sink.keys() == []
    world.check()


def test_cancels_at_random_moments_let_no_run_begin_anything_more(world: World, workspace: Workspace) -> None:
    """Whenever it comes: the steps that reached the sink are a beginning of the run, each once."""
    connection = workloads.mailbox(workspace, world.sink)
    works = [
        workloads.everything(workspace, world.sink, connection, f"c{next(_numbers)}x") for _ in range(12)
    ]
    runs = [start_run(work.version) for work in works]
    world.workers(background=3)
    for number, run_id in enumerate(runs):
        world.sink.expect(number * 3)
        _cancel(run_id)
    marks: dict[UUID, Any] = {run.pk: run.cancel_requested_at for run in Run.objects.filter(pk__in=runs)}

    ended = world.ended(*runs)

    assert {run.status for run in ended} <= {"cancelled", "succeeded"}
    for run in ended:
        begun = [row.started_at for row in run.steps.exclude(action__startswith="flow.")]
        late = [at for at in begun if marks[run.pk] and at > marks[run.pk]]
        assert len(late) <= 1, "one intent at most was being committed at that moment"
    world.check()
