"""Fault test 16: one workspace starts far more than there are workers; another one's single run is not behind
it.
"""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection

from tests.engine_faults.workloads import put
from tests.engine_faults.world.judging import SECRET, SECRET_KEY
from tests.engine_faults.world.whole import World
from tests.support import waiting
from tests.support.make import make_secret, make_workspace
from tests.support.runs import make_version, start_run
from workflows.models import Run, WorkflowVersion
from workspaces.models import Workspace

WITHIN = timedelta(seconds=2)
SLOW_S = 0.2
"""How long each step of the flood takes at the sink."""


@pytest.mark.parametrize("flood", [2_000, pytest.param(20_000, marks=pytest.mark.long)])
def test_one_run_is_not_behind_the_flood_of_another_workspace(
    world: World, workspace: Workspace, flood: int
) -> None:
    _insert(make_version(workspace, put(world.sink, "flood", "slow")), flood)
    quiet = make_workspace("quiet")
    make_secret(quiet, SECRET_KEY, SECRET)
    other = make_version(quiet, put(world.sink, "quiet"))
    world.workers(background=4)
    world.sink.expect(8, "flood")

    ones = []
    for _ in range(3):
        run_id = start_run(other)
        world.ended(run_id)
        ones.append(run_id)

    for run in Run.objects.filter(pk__in=ones):
        assert run.started_at
        assert run.started_at - run.created_at < WITHIN + timedelta(seconds=SLOW_S)
    assert Run.objects.filter(status="queued").count() > flood // 2, "the flood still stands"
    world.check(is_quiet=False)


def _insert(version: WorkflowVersion, number: int) -> None:
    """As `starting.insert` makes them, all in one statement: copies of one run."""
    first: UUID = start_run(version)
    names = [str(field.column) for field in Run._meta.concrete_fields]
    columns = ", ".join(f'"{column}"' for column in names)
    own = {
        "id": "gen_random_uuid()",
        "root_run_id": "gen_random_uuid()",
        "trigger_key": "trigger_key || ':' || n",
        "number": "number + n",
    }
    values = ", ".join(own.get(column, f'"{column}"') for column in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO run ({columns}) SELECT {values} FROM run, generate_series(1, %s) n WHERE id = %s",
            [number - 1, first],
        )
        cursor.execute("ANALYZE run")


def test_a_workspace_alone_takes_all_workers(world: World, workspace: Workspace) -> None:
    """Fairness is no quota: nobody waits for slots that nobody else wants."""
    runs = [
        start_run(make_version(workspace, put(world.sink, f"run{n}", "holdx1", timeout_s=5)))
        for n in range(4)
    ]
    world.workers(background=4)

    world.sink.expect(4)
    waiting.until(lambda: Run.objects.filter(status="running").count() == 4, seconds=5, what="all run")
    world.sink.release()
    world.ended(*runs)

    world.check()
