"""Fault tests 1 and 2: a worker dies by `kill -9`, at every point of the engine and in every kind of step;
then all workers at once, and the web process with its callers.
"""

import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
import pytest

from config.stack import places
from tests.engine_faults import workloads
from tests.engine_faults.workloads import Everything, delay, put
from tests.engine_faults.world.whole import World
from tests.support import waiting
from tests.support.make import make_api_key
from tests.support.runs import error_of, make_version, rung, set_values, start_run, step, step_id, steps_of
from workflows.engine import sweeping
from workflows.models import Run
from workspaces.models import Workspace

type Fault = dict[str, Any]
_numbers = count(1)


def _kill(point: str, path: str, **over: Any) -> Fault:
    return {"point": point, "do": "kill", "path": path, **over}


# --- 1: at every point, in every kind of step --------------------------------------------------------------
@pytest.fixture
def make_everything(world: World, workspace: Workspace) -> Any:
    connection = workloads.mailbox(workspace, world.sink)
    return lambda: workloads.everything(workspace, world.sink, connection, f"m{next(_numbers)}x")


def test_a_worker_is_killed_once_at_every_point_in_every_kind_of_step(
    world: World, make_everything: Any
) -> None:
    """Each run has one death of its own; all of them go on side by side."""
    faults: dict[Any, tuple[Fault, Everything]] = {}

    def add(run_id: Any, fault: Fault, work: Everything) -> None:
        faults[run_id] = (fault, work)

    for place in range(6):
        for point in ("F3", "F5", "F6"):
            work = make_everything()
            add(start_run(work.version), _kill(point, work.effects[place]), work)
    for place in range(3):
        work = make_everything()
        add(start_run(work.version), _kill("F7", work.parks[place]), work)
    work = make_everything()
    add(start_run(work.version), _kill("F6", work.session), work)
    for point, nth in (("F2", 1), ("F2", 3), ("F7", 1), ("F8", 1)):
        work = make_everything()
        run_id = start_run(work.version)
        add(run_id, _kill(point, str(run_id), nth=nth), work)
    world.faults.set(*(fault for fault, _ in faults.values()))

    world.workers(background=3, keep=True)
    runs = world.ended(*faults, seconds=120)

    assert len(world.faults.done()) == len(faults)
    seen = Counter(world.sink.keys())
    for run in runs:
        fault, work = faults[run.pk]
        _is_as_it_should_be(run, fault, work, seen)
    world.check()


def _is_as_it_should_be(run: Run, fault: Fault, work: Everything, seen: Counter[str]) -> None:
    assert run.status == "succeeded", (fault, run.error)
    unknown = [path for path, _, status in steps_of(run) if status == "unknown"]
    in_doubt = fault["point"] in ("F3", "F5", "F6") and fault["path"] in (*work.effects, work.session)
    assert unknown == ([fault["path"]] if in_doubt and fault["path"] != work.session else []), fault
    for row in run.steps.filter(path__in=work.effects).order_by("seq", "attempt"):
        times = seen[row.idem_key]
        if row.path != fault["path"]:
            assert times == 1, (fault, row.path)
        elif fault["path"] == work.post:
            assert times == (fault["point"] == "F5"), fault
        else:
            assert times == (2 if fault["point"] == "F5" else 1), fault


# --- 1, F4: the request has arrived, the answer is not read ------------------------------------------------
def test_a_worker_dies_while_the_other_side_answers(world: World, workspace: Workspace) -> None:
    """What may be repeated is repeated with its key; what may not says that its outcome is unknown."""
    connection = workloads.mailbox(workspace, world.sink)
    steps = [
        put(world.sink, "put", "hangx1"),
        put(world.sink, "post", "hangx1", method="POST"),
        workloads.mail(world.sink, "mail", connection, "hangx1"),
    ]
    runs = [start_run(make_version(workspace, set_values("before", a=1), one)) for one in steps]
    workers = [world.advance(run_id) for run_id in runs]
    world.sink.expect(3)
    for pid in workers:
        world.kill(pid)

    world.workers(background=2)
    put_run, post_run, mail_run = world.ended(*runs)

    assert (put_run.status, post_run.status, mail_run.status) == ("succeeded", "failed", "succeeded")
    assert (error_of(post_run)["code"], error_of(post_run)["maybe_done"]) == ("outcome_unknown", True)
    times = Counter(world.sink.keys())
    assert [times[run.steps.latest("seq").idem_key] for run in (put_run, post_run, mail_run)] == [2, 1, 2]
    assert steps_of(put_run)[1:] == [(step_id("put"), 1, "unknown"), (step_id("put"), 2, "succeeded")]
    world.check()


# --- 1, F0, F1, F9: who tells the workers dies -------------------------------------------------------------
@pytest.mark.parametrize("point", ["F0", "F1"])
def test_whoever_starts_a_run_dies_after_the_commit(world: World, workspace: Workspace, point: str) -> None:
    version = make_version(workspace, put(world.sink, "put"))
    world.faults.set({"point": point, "do": "kill"})
    world.until_gone(world.starter(version, "once"))
    assert len(world.faults.done()) == 1
    world.until_gone(world.starter(version, "once"))  # the caller tries again

    world.workers()
    (run,) = world.ended()

    assert run.status == "succeeded"
    world.sink.expect(1)
    world.check()


def test_a_sweep_that_dies_before_it_rings_is_made_up_for(world: World, workspace: Workspace) -> None:
    run_id = start_run(make_version(workspace, set_values("only", a=1)))
    Run.objects.update(hinted_at=None)
    world.faults.set({"point": "F9", "do": "kill"})
    while not world.faults.done():  # a message server that is slow to answer is left alone
        world.until_gone(world.sweeper())
    assert Run.objects.get(pk=run_id).hinted_at is not None

    def rung_again() -> bool:
        with rung() as bell:
            sweeping.sweep()
        return (run_id, "background") in bell.hints

    waiting.until(rung_again, seconds=30, what="the next sweep rings")


# --- 1, live -----------------------------------------------------------------------------------------------
def _live_version(world: World, workspace: Workspace, mark: str) -> Any:
    """Answers early, so that it goes on in the background."""
    answer = step(f"{mark}answer", "flow.respond@1", {"values": [{"name": "a", "value": "{{ run.id }}"}]})
    steps = [put(world.sink, f"{mark}one"), answer, put(world.sink, f"{mark}two")]
    return make_version(workspace, *steps, response={"a": None})


def test_a_web_process_dies_in_the_middle_of_a_live_run(world: World, workspace: Workspace) -> None:
    """At each point; a live worker and a background worker bring it to its end."""
    faults, runs = [], []
    for point in ("F2", "F3", "F5", "F6", "F7"):
        mark = f"live{point.lower()}"
        run_id = start_run(_live_version(world, workspace, mark), lane="live", deadline_s=20.0)
        places = {"F2": str(run_id), "F7": step_id(f"{mark}answer")}
        faults.append(_kill(point, places.get(point, step_id(f"{mark}one"))))
        runs.append(run_id)
    world.faults.set(*faults)
    for run_id in runs:
        world.until_gone(world.inline(run_id))
    assert len(world.faults.done()) == len(faults)

    world.workers(background=1, live=1)
    ended = world.ended(*runs)

    assert {run.status for run in ended} == {"succeeded"}
    assert all(run.result == {"a": str(run.pk)} and run.responded_at for run in ended)
    world.check()


def test_a_live_celery_worker_dies_in_the_middle_of_a_run(world: World, workspace: Workspace) -> None:
    """Its threads die with it, and its innocent runs too; the next worker ends them all."""
    versions = [_live_version(world, workspace, f"cel{number}") for number in range(3)]
    runs = [start_run(version, lane="live", deadline_s=60.0) for version in versions]
    world.faults.set(_kill("F5", step_id("cel1one")))
    world.ring(*runs, lane="live")
    worker = world.celery("live", 4)
    worker.wait(60)

    world.celery("live", 4)
    world.workers(background=1, live=1)
    ended = world.ended(*runs, seconds=60)

    assert {run.status for run in ended} == {"succeeded"}
    assert len(world.faults.done()) == 1
    world.check()


# --- 2: everything at once ---------------------------------------------------------------------------------
def test_all_workers_and_the_web_process_are_killed_with_live_runs_open(
    world: World, workspace: Workspace
) -> None:
    """Callers get an error, nothing is lost, and new processes go on without being told."""
    _, key = make_api_key(workspace)
    live = make_version(workspace, put(world.sink, "live", "holdx1", timeout_s=3), response={"a": "1"})
    runs = [
        start_run(make_version(workspace, put(world.sink, f"bg{n}", "holdx1"), delay(f"dl{n}", 1)))
        for n in range(4)
    ]
    port = places.free_port()
    tree = [world.web(port, LIVE_EXECUTOR="inline"), world.celery("background", 2), world.celery("system", 1)]
    beat = world.beat()
    world.until_answers(port)
    callers = ThreadPoolExecutor(3)
    calls = [callers.submit(_call, port, key, live) for _ in range(3)]
    world.sink.expect(3 + 2, seconds=60)

    for program in [*tree, beat]:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
    assert [call.result(30) for call in calls] == ["error"] * 3
    world.sink.release()
    world.celery("background", 2)
    world.celery("live", 4)
    world.celery("system", 1)
    world.beat()
    live_runs = list(Run.objects.filter(workflow=live.workflow_id).values_list("pk", flat=True))
    ended = world.ended(*runs, *live_runs, seconds=90)

    assert len(live_runs) == 3
    assert {run.status for run in ended} == {"succeeded"}
    world.check()


def _call(port: int, key: str, version: Any) -> str:
    """What the caller of a live run gets: its status, or an error."""
    address = f"http://127.0.0.1:{port}/api/v1/workflows/{version.workflow_id}/runs"
    headers = {"Authorization": f"Bearer {key}"}
    try:
        answer = httpx.post(address, json={"input": {}, "wait": 60}, headers=headers, timeout=90)
    except httpx.TransportError:
        return "error"
    return str(answer.json()["status"])
