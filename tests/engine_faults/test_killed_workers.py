"""Invariants 1, 3 and 4 with real processes: a worker is killed, or stopped for too long, in the middle of a
request.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from tests.support import waiting
from tests.support.make import make_workspace
from tests.support.runs import error_of, make_version, rung, set_values, start_run, step, step_id, steps_of
from tests.support.sink import HttpSink
from workflows.engine.advancing import advance
from workflows.models import Run, StepRun

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]
STEP_S, MARGIN_S = 2, 1
"""A step's limit and the lease's margin: how long a dead worker keeps its run."""


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> Iterator[None]:
    settings.ENGINE_LEASE_MARGIN_S = MARGIN_S
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with rung():
        yield


@pytest.fixture
def run_id(http_sink: HttpSink, request: pytest.FixtureRequest) -> UUID:
    call = step(
        "call",
        "rest.request@1",
        {"method": request.param, "url": f"{http_sink.url}/tickets"},
        policy={"timeout_s": STEP_S},
    )
    after = step("after", "rest.request@1", {"method": "GET", "url": f"{http_sink.url}/after"})
    return start_run(make_version(make_workspace("faults"), set_values("before", a=1), call, after))


def _worker(run_id: UUID) -> subprocess.Popen[bytes]:
    """On the test's own database."""
    env = os.environ | {
        "DATABASE_URL": _address(),
        "ENGINE_LEASE_MARGIN_S": str(MARGIN_S),
        "OUTBOUND_ALLOW": "127.0.0.1/32",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.engine_faults.worker", str(run_id)], cwd=ROOT, env=env
    )


def _address() -> str:
    database = connection.settings_dict
    who = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}"
    host = database["HOST"]
    if host.startswith("/"):
        return f"postgresql://{who}@/{database['NAME']}?host={quote(host)}"
    return f"postgresql://{who}@{host}:{database['PORT'] or 5432}/{database['NAME']}"


def _taken_over(run_id: UUID) -> Run:
    """By this process, as soon as the lease has ended."""

    def ended() -> Run | None:
        advance(run_id, "background")
        return Run.objects.filter(pk=run_id, finished_at__isnull=False).first()

    run = waiting.until(ended, seconds=30, what="the run has ended")
    assert run
    return run


def _calls(sink: HttpSink) -> list[str]:
    return [
        request.headers["idempotency-key"] for request in sink.requests.all() if request.path == "/tickets"
    ]


@pytest.mark.parametrize("run_id", ["PUT"], indirect=True)
def test_a_killed_worker_s_step_is_repeated_with_the_same_key(run_id: UUID, http_sink: HttpSink) -> None:
    http_sink.mode = "hang"
    worker = _worker(run_id)
    http_sink.requests.expect(1, seconds=60)
    worker.kill()
    worker.wait(10)
    http_sink.mode = "ok"
    http_sink.release()

    run = _taken_over(run_id)

    assert run.status == "succeeded"
    assert len(_calls(http_sink)) == 2
    assert len(set(_calls(http_sink))) == 1
    assert steps_of(run) == [
        (step_id("before"), 1, "succeeded"),
        (step_id("call"), 1, "unknown"),
        (step_id("call"), 2, "succeeded"),
        (step_id("after"), 1, "succeeded"),
    ]


@pytest.mark.parametrize("run_id", ["POST"], indirect=True)
def test_a_post_whose_worker_was_killed_is_not_made_twice(run_id: UUID, http_sink: HttpSink) -> None:
    http_sink.mode = "hang"
    worker = _worker(run_id)
    http_sink.requests.expect(1, seconds=60)
    worker.kill()
    worker.wait(10)

    run = _taken_over(run_id)

    assert (run.status, error_of(run)["code"], error_of(run)["maybe_done"]) == (
        "failed",
        "outcome_unknown",
        True,
    )
    assert len(_calls(http_sink)) == 1


@pytest.mark.parametrize("run_id", ["PUT"], indirect=True)
def test_a_worker_that_slept_past_its_lease_writes_nothing_more(run_id: UUID, http_sink: HttpSink) -> None:
    http_sink.mode = "hang"
    worker = _worker(run_id)
    http_sink.requests.expect(1, seconds=60)
    worker.send_signal(signal.SIGSTOP)
    http_sink.mode = "ok"

    assert _taken_over(run_id).status == "succeeded"
    before = _everything(run_id)
    http_sink.release()
    worker.send_signal(signal.SIGCONT)
    worker.wait(30)

    assert _everything(run_id) == before
    epochs = list(
        StepRun.objects.filter(run=run_id).order_by("seq", "attempt").values_list("epoch", flat=True)
    )
    assert epochs == sorted(epochs)


def _everything(run_id: UUID) -> tuple[object, object]:
    steps = StepRun.objects.filter(run=run_id).order_by("seq", "attempt")
    return Run.objects.values().get(pk=run_id), list(steps.values())
