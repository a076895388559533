"""Invariant 11: who waits gets an answer, whatever is missing: worker, hint, or the whole message server."""

import threading
import time
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from tests.support.make import make_workspace
from tests.support.runs import Rung, make_version, rung, set_values, start_run
from workflows import doorbell, replies, valkey
from workflows.engine.advancing import advance
from workflows.models import Run, WorkflowVersion
from workflows.services import operating, waiting
from workspaces.services import audit

pytestmark = pytest.mark.django_db(transaction=True)

LONG_S = 20.0
"""Far more than any of this takes: a test that waits so long has failed."""


@pytest.fixture
def version() -> WorkflowVersion:
    return make_version(
        make_workspace("acme"), set_values("only", a=1), response={"a": "{{ steps.only.output.a }}"}
    )


@pytest.fixture
def no_server(settings: Settings) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    valkey.client.cache_clear()
    doorbell.use(doorbell.celery)
    yield
    valkey.client.cache_clear()
    valkey.breaker.reset()


def _waited(run_id: UUID) -> tuple[str, float]:
    begun = time.monotonic()
    waiting.wait_for(run_id, seconds=LONG_S)
    return Run.objects.get(pk=run_id).status, time.monotonic() - begun


def _worker(run_id: UUID, reply_to: str) -> threading.Thread:
    def work() -> None:
        advance(run_id, "live", reply_to=reply_to)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_worker_tells_who_waits(version: WorkflowVersion) -> None:
    class Worker(Rung):
        def __call__(self, run_id: UUID, lane: str, *, reply_to: str, countdown: float | None) -> bool:
            _worker(run_id, reply_to)
            return super().__call__(run_id, lane, reply_to=reply_to, countdown=countdown)

    doorbell.use(Worker())
    run_id = start_run(version, lane="live", hint=True)

    status, _ = _waited(run_id)

    assert status == "succeeded"
    assert Run.objects.get(pk=run_id).epoch == 1


def test_without_a_doorbell_the_run_is_run_here(version: WorkflowVersion) -> None:
    with rung(answers=False):
        run_id = start_run(version, lane="live", hint=True)
        assert _waited(run_id)[0] == "succeeded"


def test_a_hint_that_nobody_takes_is_made_up_for_here(version: WorkflowVersion) -> None:
    run_id = start_run(version, lane="live", hint=True)

    assert _waited(run_id)[0] == "succeeded"


def test_without_a_message_server_live_runs_are_answered(version: WorkflowVersion, no_server: None) -> None:
    run_id = start_run(version, lane="live", hint=True)

    assert _waited(run_id)[0] == "succeeded"


def test_inline_needs_no_worker(version: WorkflowVersion, settings: Settings, bell: Rung) -> None:
    settings.LIVE_EXECUTOR = "inline"

    run_id = start_run(version, lane="live", hint=True)

    assert _waited(run_id)[0] == "succeeded"
    assert bell.hints == []


def test_a_second_caller_joins_and_is_told_too(version: WorkflowVersion) -> None:
    run_id = start_run(version, lane="live", key="tool:1")
    assert start_run(version, lane="live", key="tool:1", hint=True) == run_id
    timer = threading.Timer(0.1, lambda: _worker(run_id, "").join())
    timer.start()

    status, _ = _waited(run_id)

    assert status == "succeeded"
    timer.join()


def test_a_run_that_has_ended_is_not_waited_for(version: WorkflowVersion) -> None:
    run_id = start_run(version, lane="live")
    advance(run_id, "live")

    assert _waited(run_id)[1] < LONG_S / 2


def test_a_cancelled_run_is_not_waited_for(version: WorkflowVersion) -> None:
    run_id = start_run(version, lane="live")
    operating.cancel(Run.objects.get(pk=run_id), by=audit.system("test"))

    assert _waited(run_id)[0] == "cancelled"


def test_when_the_time_is_up_the_caller_goes_on(version: WorkflowVersion) -> None:
    type(version.workflow).objects.update(paused_at=version.published_at)
    run_id = start_run(version, lane="live", hint=True)

    waiting.wait_for(run_id, seconds=0.7)

    assert Run.objects.get(pk=run_id).status == "queued"


def test_a_reply_may_come_before_anybody_waits(version: WorkflowVersion) -> None:
    box = replies.inbox()
    run_id = start_run(version, lane="live", hint=True)
    box.arrived(run_id)

    begun = time.monotonic()
    waiting.wait_for(run_id, seconds=LONG_S)

    assert time.monotonic() - begun < LONG_S / 2
