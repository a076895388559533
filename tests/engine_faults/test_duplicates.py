"""Fault tests 8 and 9: hints come many times and in any order; two workers reach for one run."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from uuid import UUID

import pytest
from django.db import connection

from tests.engine_faults import workloads
from tests.engine_faults.workloads import delay, put
from tests.engine_faults.world.whole import World
from tests.support.runs import make_version, set_values, start_run, steps_of
from workflows.engine import claiming
from workflows.engine.advancing import advance
from workflows.models import Run
from workspaces.models import Workspace

SEED = 20260311


def test_each_hint_comes_five_times_in_any_order_and_once_after_the_end(
    world: World, workspace: Workspace
) -> None:
    connection_ = workloads.mailbox(workspace, world.sink)
    works = [workloads.everything(workspace, world.sink, connection_, f"dup{n}x") for n in range(6)]
    runs = [start_run(work.version) for work in works]
    hints = runs * 5
    Random(SEED).shuffle(hints)

    pids = [world.advance(run_id) for run_id in hints]
    for pid in pids:
        world.until_gone(pid)
    world.workers(background=2)
    ended = world.ended(*runs)
    before = [Run.objects.values().get(pk=run_id) for run_id in runs]
    for run_id in runs:
        world.until_gone(world.advance(run_id))

    assert [Run.objects.values().get(pk=run_id) for run_id in runs] == before
    shapes = {
        tuple((path.replace(work.mark, ""), *rest) for path, *rest in steps_of(run))
        for run, work in zip(ended, works, strict=True)
    }
    assert len(shapes) == 1
    assert set(Counter(world.sink.keys()).values()) == {1}
    world.check()


def test_hints_of_celery_come_five_times(world: World, workspace: Workspace) -> None:
    version = make_version(workspace, put(world.sink, "one"), delay("nap", 1), put(world.sink, "two"))
    runs = [start_run(version) for _ in range(20)]
    for _ in range(5):
        world.ring(*runs, lane="background")
    world.celery("background", 4)

    ended = world.ended(*runs, seconds=60)

    world.ring(*runs, lane="background")
    assert {run.status for run in ended} == {"succeeded"}
    assert set(Counter(world.sink.keys()).values()) == {1}
    world.check()


@pytest.mark.parametrize("times", [200, pytest.param(1000, marks=pytest.mark.long)])
def test_two_workers_reach_for_one_run_and_one_has_it(world: World, workspace: Workspace, times: int) -> None:
    """At once, by id and by turn: one claim per epoch, always."""
    version = make_version(workspace, set_values("only", a=1))
    for _ in range(times):
        start_run(version)
    runs: list[UUID] = []
    barrier = threading.Barrier(2)

    def reach(run_id: UUID, *, by_turn: bool) -> claiming.Claim | None:
        barrier.wait()
        try:
            return claiming.claim_next("background") if by_turn else claiming.claim(run_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        while queued := Run.objects.filter(status="queued").order_by("id").first():
            by_turn = len(runs) % 2 == 1
            hands = [pool.submit(reach, queued.pk, by_turn=turn) for turn in (False, by_turn)]
            claims = [claim for hand in hands if (claim := hand.result())]
            assert [claim.run_id for claim in claims].count(queued.pk) == 1
            assert len({claim.run_id for claim in claims}) == len(claims)
            assert {claim.epoch for claim in claims} == {1}
            runs += [claim.run_id for claim in claims]
            _are_over(claims)

    assert len(runs) == times


def _are_over(claims: list[claiming.Claim]) -> None:
    Run.objects.filter(pk__in=[claim.run_id for claim in claims]).update(
        status="cancelled", lease_until=None, lease_owner=None, finished_at=claims[0].claimed_at
    )


def test_a_trigger_that_is_pulled_by_many_at_once_fires_once(world: World, workspace: Workspace) -> None:
    version = make_version(workspace, put(world.sink, "put"))
    pids = [world.starter(version, f"key {number % 4}") for number in range(20)]
    for pid in pids:
        world.until_gone(pid)

    assert Run.objects.count() == 4
    assert len(set(Run.objects.values_list("number", flat=True))) == 4  # a race may leave a number out
    while advance(None, "background"):
        pass
    world.check()
