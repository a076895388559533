"""Fault tests 6, 7 and 17: PostgreSQL restarts, loses its connections at a commit, is full or read-only."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import count

import httpx
import psycopg
import pytest
from django.db import connection

from config.stack import places
from tests.engine_faults import workloads
from tests.engine_faults.workloads import put
from tests.engine_faults.world.backing import forget_connections
from tests.engine_faults.world.proxy import Proxy
from tests.engine_faults.world.whole import World
from tests.support.make import make_api_key
from tests.support.runs import make_version, set_values, start_run, step_id, steps_of
from workspaces.models import Workspace

_numbers = count(1)


# --- 6: restarts -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL], ids=["fast", "immediate", "killed"]
)
def test_postgres_restarts_while_runs_are_under_way(
    world: World, workspace: Workspace, how: signal.Signals
) -> None:
    """What was committed is kept, what was not is done again with the same key; nobody restarts a worker."""
    box = workloads.mailbox(workspace, world.sink)
    works = [workloads.everything(workspace, world.sink, box, f"pg{next(_numbers)}x") for _ in range(8)]
    runs = [start_run(work.version) for work in works]
    world.workers(background=3)
    world.sink.expect(8)

    world.servers.restart_postgres(how)
    late = start_run(works[0].version)
    ended = world.ended(*runs, late, seconds=60)

    # A POST under way at that moment is in doubt, and its workflow goes on from that.
    assert {run.status for run in ended} == {"succeeded"}
    world.check()


@pytest.mark.parametrize("point", ["F2", "F3", "F5", "F6", "F7"])
def test_postgres_restarts_while_a_worker_is_at_a_point(
    world: World, workspace: Workspace, point: str
) -> None:
    version = make_version(
        workspace,
        put(world.sink, "one"),
        workloads.delay("nap", 0.2),
        put(world.sink, "two"),
        kind="post_conversation",
    )
    run_id = start_run(version)
    path = {"F2": str(run_id), "F7": step_id("nap")}.get(point, step_id("one"))
    world.faults.set({"point": point, "do": "stop", "path": path})
    worker = world.worker("background")
    world.faults.expect()

    world.servers.restart_postgres(signal.SIGQUIT)
    os.kill(worker, signal.SIGCONT)
    (run,) = world.ended(run_id, seconds=60)

    assert run.status == "succeeded"
    assert [path for path, _, status in steps_of(run) if status == "succeeded"] == [
        step_id("one"),
        step_id("nap"),
        step_id("two"),
    ]
    world.check()


def test_nobody_hears_of_a_restart_between_two_calls(world: World, workspace: Workspace) -> None:
    """The web process and a live worker hold connections that the restart ended; none is used again."""
    _, key = make_api_key(workspace)
    version = make_version(workspace, set_values("only", a=1), response={"a": "1"})
    port = places.free_port()
    world.celery("live", 4)
    world.web(port)
    world.until_answers(port)
    address = f"http://127.0.0.1:{port}/api/v1/workflows/{version.workflow_id}/runs"
    call = partial(
        httpx.post, address, json={"wait": 20}, headers={"Authorization": f"Bearer {key}"}, timeout=30
    )
    assert [call().status_code for _ in range(2)] == [200, 200]

    world.servers.restart_postgres(signal.SIGQUIT)

    assert [call().status_code for _ in range(4)] == [200] * 4
    assert "OperationalError" not in (world.folder / "celery-live.log").read_text()
    world.check()


def test_a_worker_stays_connected_from_hint_to_hint(world: World, workspace: Workspace) -> None:
    """Celery ends the pool of a forked worker around each task, unless it is kept from it."""
    version = make_version(workspace, set_values("only", a=1), kind="post_conversation")
    world.celery("background", 1)
    warm = start_run(version)
    world.ring(warm, lane="background")
    world.ended(warm)
    before = _sessions()

    for _ in range(20):
        run_id = start_run(version)
        world.ring(run_id, lane="background")
        world.ended(run_id)

    assert _sessions() - before <= 2
    world.check()


def _sessions() -> int:
    """How many were begun so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sessions FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


# --- 7: the commit arrives, its answer does not ------------------------------------------------------------
@pytest.fixture
def wire(world: World) -> Iterator[Proxy]:
    proxy = Proxy(world.servers.database_socket)
    yield proxy
    proxy.stop()


@pytest.mark.parametrize(
    ("cut_at", "unknown"),
    [("one", ["one"]), ("two", ["two"]), ("nap", []), ("end", [])],
    ids=["first intent", "outcome and next intent", "park", "end"],
)
def test_a_connection_that_is_cut_at_a_commit_leaves_no_second_outcome(
    world: World, workspace: Workspace, wire: Proxy, cut_at: str, unknown: list[str]
) -> None:
    """The statement was carried out; the worker does not know. The next holder reads what is so."""
    version = make_version(
        workspace,
        set_values("before", a=1),
        put(world.sink, "one"),
        put(world.sink, "two"),
        workloads.delay("nap", 0.2),
        set_values("end", mark="theveryend"),
        kind="post_conversation",
    )
    run_id = start_run(version)
    # The name of the step that the commit is about, as it stands in its parameters; of the last, its outcome.
    pattern = b"theveryend" if cut_at == "end" else b"\x00" + step_id(cut_at).encode()
    wire.cut_on_answer_to(step_id(cut_at).encode() if cut_at != "end" else pattern)
    world.worker("background", database=world.servers.over_tcp(wire))
    assert wire.has_cut.wait(30)

    (run,) = world.ended(run_id)

    assert run.status == "succeeded"
    assert [path for path, _, status in steps_of(run) if status == "unknown"] == [
        step_id(slug) for slug in unknown
    ]
    assert len(set(world.sink.keys())) == 2
    world.check()


def test_a_wire_that_swallows_everything_costs_the_lease_and_nothing_else(
    world: World, workspace: Workspace, wire: Proxy
) -> None:
    """A worker that is cut off from the database cannot write; another one that is not takes over."""
    run_id = start_run(
        make_version(workspace, put(world.sink, "one", "holdx1", timeout_s=3), put(world.sink, "two"))
    )
    world.worker("background", database=world.servers.over_tcp(wire))
    world.sink.expect(1)
    wire.mode = "stall"
    world.sink.release()

    world.worker("background")
    (run,) = world.ended(run_id)
    wire.mode = "pass"
    time.sleep(0.5)

    assert run.status == "succeeded"
    assert steps_of(run)[:2] == [(step_id("one"), 1, "unknown"), (step_id("one"), 2, "succeeded")]
    world.check()


# --- 17: it answers, and refuses to write ------------------------------------------------------------------
def test_a_database_that_is_read_only_for_a_while_loses_nothing(world: World, workspace: Workspace) -> None:
    version = make_version(workspace, put(world.sink, "one"), put(world.sink, "two"))
    runs = [start_run(version) for _ in range(4)]
    _set_read_only(world, on=True)
    world.workers(background=2)
    time.sleep(1.5)
    assert world.sink.keys() == []
    _set_read_only(world, on=False)
    forget_connections()

    ended = world.ended(*runs)

    assert {run.status for run in ended} == {"succeeded"}
    assert len(world.sink.keys()) == 8
    world.check()


def _set_read_only(world: World, *, on: bool) -> None:
    """For sessions that begin from now on; those that are open are ended."""
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")
        cursor.execute(f"ALTER DATABASE parley SET default_transaction_read_only = {'on' if on else 'off'}")
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_database_without_a_free_connection_is_waited_for(world: World, workspace: Workspace) -> None:
    run_id = start_run(make_version(workspace, put(world.sink, "one")))
    taken = []
    try:
        with suppress(psycopg.OperationalError):
            while True:
                taken.append(psycopg.connect(world.servers.database))
        world.worker("background")
        time.sleep(1)
        assert world.sink.keys() == []
    finally:
        for one in taken:
            one.close()

    (run,) = world.ended(run_id, seconds=60)

    assert run.status == "succeeded"
    assert len(world.sink.keys()) == 1
    world.check()
