"""Fault test 18: old data go, and a person's, while runs are under way: none of those is touched by it."""

import time
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.db.models import F

from conversations.services import erasing
from tests.engine_faults import workloads
from tests.engine_faults.workloads import put
from tests.engine_faults.world.whole import World
from tests.support.runs import make_version, start_run
from workflows.models import Run, StepRun
from workflows.services import retention
from workspaces.models import Workspace
from workspaces.services import audit

BY = audit.system("test")
_numbers = count(1)


@pytest.mark.parametrize("rounds", [3, pytest.param(30, marks=pytest.mark.long)])
def test_what_is_old_goes_while_runs_are_under_way(world: World, workspace: Workspace, rounds: int) -> None:
    box = workloads.mailbox(workspace, world.sink)
    old = [start_run(make_version(workspace, put(world.sink, f"old{n}"))) for n in range(10)]
    world.workers(background=3)
    world.ended(*old)
    _is_long_ago()
    going = []
    for _ in range(rounds):
        works = [workloads.everything(workspace, world.sink, box, f"pr{next(_numbers)}x") for _ in range(3)]
        going += [start_run(work.version) for work in works]
        for _batch in retention.batches():
            time.sleep(0.01)
    ended = world.ended(*going, seconds=120)

    assert {run.status for run in ended} == {"succeeded"}
    assert not Run.objects.filter(pk__in=old).exists()
    assert not StepRun.objects.filter(run__in=old).exists()
    assert all(run.steps.count() >= 10 for run in ended)
    broken = [each for each in world.broken(is_quiet=True) if not each.why.endswith("which no step has")]
    assert broken == []  # the keys of what was pruned are strangers now


def _is_long_ago() -> None:
    """A year, for all that there is. No run changes once it has ended: this is the calendar, not the run."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE run DISABLE TRIGGER ended_run_changes")
        year = timedelta(days=365)
        Run.objects.update(
            created_at=F("created_at") - year,
            started_at=F("started_at") - year,
            finished_at=F("finished_at") - year,
        )
        cursor.execute("ALTER TABLE run ENABLE TRIGGER ended_run_changes")


def test_a_person_s_data_go_while_a_worker_is_in_the_middle_of_a_run(
    world: World, workspace: Workspace
) -> None:
    """The worker finds nothing to write to, and stops; others are not disturbed."""
    version = make_version(workspace, put(world.sink, "one", "holdx1", timeout_s=10), put(world.sink, "two"))
    whose = start_run(version, input={"action": {"email": "ada@example.com"}})
    other = start_run(make_version(workspace, put(world.sink, "other")))
    world.workers(background=2)
    world.sink.expect(2)

    found = erasing.erase(workspace, erasing.wanted("email", "ada@example.com"), by=BY, grace_s=0.2)
    world.sink.release()
    (run,) = world.ended(other)
    time.sleep(0.5)

    assert found.runs == 1
    assert run.status == "succeeded"
    assert not Run.objects.filter(pk=whose).exists()
    assert not StepRun.objects.filter(run=whose).exists()
    assert world.sink.keys("two") == []
