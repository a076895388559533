"""Only one holder at a time, and everybody's turn."""

import re
import threading
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from tests.support.dying import lease_ends
from tests.support.make import make_workspace
from tests.support.runs import make_version, set_values, start_run
from workflows.engine import claiming, journal
from workflows.engine.claiming import claim, claim_next
from workflows.engine.journal import LeaseLost
from workflows.engine.moves import Finish
from workflows.models import Run, WorkspaceLane
from workspaces import sql
from workspaces.models import Workspace


@pytest.mark.django_db
class TestClaim:
    def test_a_claimed_run_cannot_be_claimed_again(self, workspace: Workspace) -> None:
        run_id = start_run(make_version(workspace))

        first, second = claim(run_id), claim(run_id)

        assert first
        assert first.epoch == 1
        assert second is None

    def test_a_run_whose_holder_is_gone_can_be_claimed_by_another(self, workspace: Workspace) -> None:
        run_id = start_run(make_version(workspace))
        claim(run_id)
        lease_ends(run_id)

        second = claim(run_id)

        assert second
        assert second.epoch == 2
        assert Run.objects.get(pk=run_id).crash_count == 1

    def test_a_holder_that_lost_its_run_writes_nothing(self, workspace: Workspace) -> None:
        run_id = start_run(make_version(workspace))
        zombie = claim(run_id)
        lease_ends(run_id)
        holder = claim(run_id)
        assert zombie
        assert holder

        with pytest.raises(LeaseLost):
            journal.intend(zombie, [], path="s_x", seq=0, attempt=1, lease_s=10)
        with pytest.raises(LeaseLost):
            journal.park(zombie, [], path="s_x", seq=0, until=timedelta(0), reason="yield")
        with pytest.raises(LeaseLost):
            journal.finish(zombie, [], Finish("failed"), seq=0)

        assert journal.finish(holder, [], Finish("succeeded"), seq=0)
        with pytest.raises(LeaseLost):
            journal.finish(holder, [], Finish("failed"), seq=0)
        assert Run.objects.get(pk=run_id).status == "succeeded"

    def test_a_run_that_is_not_due_is_left_alone(self, workspace: Workspace) -> None:
        run_id = start_run(make_version(workspace))
        Run.objects.update(next_at=timezone.now() + timedelta(hours=1))

        assert claim(run_id) is None
        assert claim_next("background") is None

    def test_a_paused_workflow_starts_no_run(self, workspace: Workspace) -> None:
        version = make_version(workspace)
        run_id = start_run(version)
        type(version.workflow).objects.update(paused_at=timezone.now())

        assert claim(run_id) is None
        assert claim_next("background") is None

        type(version.workflow).objects.update(paused_at=None)
        assert claim_next("background")

    def test_a_paused_lane_starts_no_run(self, workspace: Workspace) -> None:
        run_id = start_run(make_version(workspace))
        WorkspaceLane.objects.update(paused=True)

        assert claim(run_id) is None
        assert claim_next("background") is None


@pytest.mark.django_db
class TestWhoIsNext:
    def test_lanes_do_not_take_from_each_other(self, workspace: Workspace) -> None:
        start_run(make_version(workspace), lane="live")

        assert claim_next("background") is None
        assert claim_next("live")

    def test_a_live_run_is_left_to_its_own_hint_at_first(self, workspace: Workspace) -> None:
        start_run(make_version(workspace), lane="live")

        assert claim_next("live", age_s=60) is None

    def test_a_run_whose_holder_is_gone_comes_before_the_backlog(self, workspace: Workspace) -> None:
        version = make_version(workspace)
        lost = start_run(version)
        claim(lost)
        older = [start_run(version) for _ in range(3)]
        Run.objects.filter(pk__in=older).update(next_at=F("next_at") - timedelta(days=1))
        lease_ends(lost)

        found = claim_next("background")

        assert found
        assert found.run_id == lost

    def test_a_lost_run_of_a_paused_workflow_keeps_nobody_from_their_turn(self, workspace: Workspace) -> None:
        version, other = make_version(workspace), make_version(workspace)
        lost = start_run(version)
        claim(lost)
        lease_ends(lost)
        type(version.workflow).objects.filter(pk=version.workflow_id).update(paused_at=timezone.now())
        due = start_run(other)

        found = claim_next("background")

        assert found
        assert found.run_id == due

    def test_workspaces_take_turns(self) -> None:
        busy, quiet = make_version(make_workspace("busy")), make_version(make_workspace("quiet"))
        for _ in range(5):
            start_run(busy)
        start_run(quiet)

        served = [_slug(claim_next("background")) for _ in range(4)]

        assert sorted(served[:2]) == ["busy", "quiet"]
        assert served[2:] == ["busy", "busy"]

    def test_a_workspace_with_its_share_waits_while_others_have_less(self) -> None:
        busy, quiet = make_version(make_workspace("busy")), make_version(make_workspace("quiet"))
        for _ in range(5):
            start_run(busy)
        [claim_next("background") for _ in range(2)]
        WorkspaceLane.objects.update(last_served_at=timezone.now() - timedelta(hours=1))
        start_run(quiet)

        assert _slug(claim_next("background")) == "quiet"
        assert _slug(claim_next("background")) == "busy"  # alone, it may have the rest

    def test_isolated_runs_are_for_the_isolated_lane_only(self, workspace: Workspace) -> None:
        run_id = start_run(make_version(workspace))
        claim(run_id)
        lease_ends(run_id)
        Run.objects.update(crash_count=2)

        assert claim(run_id) is None
        assert claim_next("background") is None
        found = claim_next("system", isolated=True)
        assert found
        assert found.run_id == run_id

    def test_a_suspect_that_is_due_again_needs_no_hint(self, workspace: Workspace) -> None:
        run_id = start_run(make_version(workspace))
        Run.objects.update(crash_count=2)

        assert claim_next("background") is None
        found = claim_next("system", isolated=True)

        assert found
        assert found.run_id == run_id

    def test_a_run_that_is_let_go_of_in_its_last_life_is_not_lost(self, workspace: Workspace) -> None:
        run_id = start_run(make_version(workspace))
        claim(run_id)
        lease_ends(run_id)
        Run.objects.update(crash_count=4)
        last = claim(run_id, isolated=True)
        assert last

        journal.park(last, [], path="s_x", seq=0, until=timedelta(0), reason="yield")

        found = claim_next("system", isolated=True)
        assert found
        assert found.run_id == run_id


def _slug(found: claiming.Claim | None) -> str:
    assert found
    return found.workspace_slug


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_exactly_one_gets_the_run() -> None:
    version = make_version(make_workspace("race"), set_values("only", a=1))
    made = [start_run(version) for _ in range(25)]
    barrier = threading.Barrier(2, timeout=20)
    got: list[tuple[int, UUID]] = []

    def worker(number: int) -> None:
        try:
            for run_id in made:
                barrier.wait()
                if claim(run_id):
                    got.append((number, run_id))
        finally:
            connection.close()

    threads = [threading.Thread(target=worker, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(run_id for _, run_id in got) == sorted(made)
    assert set(Run.objects.values_list("epoch", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_who_is_being_served_in_the_same_lane(workspace: Workspace) -> None:
    """Else all that a busy workspace starts and claims would stand in one row."""
    version = make_version(workspace, set_values("only", a=1))
    first = start_run(version)
    with psycopg.connect(**connection.get_connection_params() | {"pool": None}) as other:
        other.execute("UPDATE workspace_lane SET last_served_at = clock_timestamp()")
        sql.run("SET lock_timeout = '2s'", {})
        try:
            second = start_run(version)
            claims = [claim_next("background"), claim_next("background")]
        finally:
            sql.run("RESET lock_timeout", {})

    assert [found.run_id for found in claims if found] == [first, second]


_MANY = """
INSERT INTO run (id, workspace_id, agent_id, workflow_id, version_id, kind, trigger, lane, trigger_key,
  root_run_id, depth, status, wait_reason, next_at, epoch, cur_state, attempt, seq, crash_count, input,
  created_at)
SELECT gen_random_uuid(), workspace_id, agent_id, workflow_id, version_id, kind, trigger, lane, n::text,
  root_run_id, depth, CASE WHEN mod(n, 5) = 0 THEN 'succeeded' ELSE 'queued' END, 'delay',
  now() + interval '30 days' * random(), 0, 'pending', 1, 0, 0, '{}', now()
FROM run, generate_series(1, 1000) n"""


TYPES = {
    "lane": "text",
    "owner": "text",
    "age": "interval",
    "lease": "interval",
    "half": "int",
    "isolated": "bool",
}


@pytest.mark.django_db
def test_a_claim_looks_at_what_is_due_and_at_nothing_else() -> None:
    """With some thousand runs of each workflow stored, other plans look cheaper than they are."""
    for number in range(20):
        start_run(make_version(make_workspace(f"busy-{number}")))
    places = {f"%({name})s": f"${place}::{kind}" for place, (name, kind) in enumerate(TYPES.items(), 1)}
    statement = re.sub(r"%\(\w+\)s", lambda found: places[found[0]], claiming._NEXT)

    with connection.cursor() as cursor:
        cursor.execute(_MANY)
        cursor.execute("ANALYZE run")
        cursor.execute("EXPLAIN (GENERIC_PLAN) " + statement)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "run_due_in_lane" in plan
    assert "run_newest_of_workflow" not in plan
    assert "Bitmap" not in plan
