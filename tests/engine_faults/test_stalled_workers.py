"""Fault test 3: a worker is stopped for twice its lease, and goes on when another has the run."""

import logging
import os
import signal
from typing import Any
from uuid import UUID

import pytest

from tests.engine_faults.workloads import put
from tests.engine_faults.world.whole import World
from tests.support.runs import make_version, set_values, start_run, step_id, steps_of
from workflows.engine import claiming, perform
from workflows.engine.journal import LeaseLost
from workflows.models import Run
from workspaces.models import Workspace

CALL = step_id("call")


@pytest.fixture
def run_id(world: World, workspace: Workspace, request: pytest.FixtureRequest) -> UUID:
    mode = getattr(request, "param", "ok")
    call = put(world.sink, "call", mode, timeout_s=3)  # it is about stalls, not about a slow machine
    return start_run(make_version(workspace, set_values("before", a=1), call, put(world.sink, "after")))


def _everything(run_id: UUID) -> tuple[Any, Any]:
    run = Run.objects.get(pk=run_id)
    return Run.objects.values().get(pk=run_id), list(run.steps.order_by("seq", "attempt").values())


@pytest.mark.parametrize(
    ("point", "times"),
    [
        ("F3", 1),  # it wakes up to find its time is over, and does not begin
        ("F5", 2),  # the effect is done twice, with one key
        ("F6", 1),
    ],
)
def test_a_worker_that_slept_past_its_lease_does_and_writes_nothing_more(
    world: World, run_id: UUID, point: str, times: int
) -> None:
    world.faults.set({"point": point, "do": "stop", "path": CALL})
    sleeper = world.advance(run_id)
    world.faults.expect()

    world.advance(run_id)  # too early: the lease still runs
    world.workers(background=1)
    (run,) = world.ended(run_id)
    before, seen = _everything(run_id), world.sink.keys("call")
    os.kill(sleeper, signal.SIGCONT)
    world.until_gone(sleeper)

    assert run.status == "succeeded"
    assert _everything(run_id) == before
    assert world.sink.keys("call") == seen
    assert len(seen) == times
    assert steps_of(run)[1:3] == [(CALL, 1, "unknown"), (CALL, 2, "succeeded")]
    assert "fenced: another worker has the run" in world.last_words()
    world.check()


@pytest.mark.parametrize("run_id", ["holdx1"], indirect=True)
def test_a_worker_that_slept_while_it_waited_for_an_answer_drops_what_it_gets(
    world: World, run_id: UUID
) -> None:
    sleeper = world.advance(run_id)
    world.sink.expect(1)
    os.kill(sleeper, signal.SIGSTOP)
    world.workers(background=1)
    world.ended(run_id)
    before = _everything(run_id)

    world.sink.release()
    os.kill(sleeper, signal.SIGCONT)
    world.until_gone(sleeper)

    assert _everything(run_id) == before
    assert len(world.sink.keys("call")) == 2
    world.check()


def test_a_claim_that_is_no_longer_its_own_is_refused_at_every_kind_of_commit(
    world: World, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    """The same in one process, for each thing that a holder may write."""
    caplog.set_level(logging.WARNING)
    version = make_version(workspace, put(world.sink, "call"), kind="post_conversation")
    run_id = start_run(version)
    first = claiming.claim(run_id)
    assert first
    Run.objects.filter(pk=run_id).update(lease_until=first.claimed_at.replace(year=2000))
    second = claiming.claim(run_id)
    assert second

    with pytest.raises(LeaseLost):
        perform.work(first, may_go_on=lambda: True)
    with pytest.raises(LeaseLost):
        perform.work(first, may_go_on=lambda: False)  # would park
    assert world.sink.keys() == []
    assert perform.work(second, may_go_on=lambda: True) == "succeeded"
    with pytest.raises(LeaseLost):
        perform.work(second, may_go_on=lambda: True)  # it has ended
    world.check()
