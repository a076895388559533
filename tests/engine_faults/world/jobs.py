"""What a forked worker does (see nursery)."""

import logging
import os
import time
from datetime import timedelta
from functools import partial
from typing import Any, NoReturn
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from config import database as databases
from tests.support.runs import Rung
from workflows import doorbell
from workflows.engine import advancing, sweeping
from workflows.engine.faults import Fault
from workflows.models import WorkflowVersion
from workflows.services import alerts, outbox, starting

log = logging.getLogger(__name__)
PAUSE_S = 0.03


def do(job: dict[str, Any]) -> None:
    bell = _ready(job)
    match job["do"]:
        case "work":
            _work(job["lane"], bell)
        case "advance":
            _once(lambda: advancing.advance(UUID(job["run"]), job["lane"]))
        case "inline":
            _once(lambda: advancing.advance_one(UUID(job["run"])))
        case "start":
            _start(UUID(job["version"]), job["key"])
        case "ring":
            for run_id in job["runs"]:
                doorbell.ring(UUID(run_id), job["lane"])
        case "sweep":
            sweeping.sweep()
        case "send":
            _send()
        case "migrate":
            call_command("migrate", interactive=False, verbosity=0)


def _ready(job: dict[str, Any]) -> Rung:
    """Connected as the job says. The bell only notes who rang, unless to ring is the job."""
    if database := job.get("database"):
        connection.settings_dict.update(databases.of(database, pool_size=2))
    settings.REDIS_URL = job.get("redis", settings.REDIS_URL)
    if skew := float(job.get("skew", 0)):
        _turn_the_clock(skew)
    bell = Rung()
    if job["do"] != "ring":
        doorbell.use(bell)
    return bell


def _turn_the_clock(by_s: float) -> None:
    """What this process takes for the time of day; clocks that only move on stay as they are."""
    real_time, real_now = time.time, timezone.now
    time.time = lambda: real_time() + by_s
    timezone.now = lambda: real_now() + timedelta(seconds=by_s)


def _start(version_id: UUID, key: str) -> None:
    version = WorkflowVersion.objects.select_related("workflow", "workspace").get(pk=version_id)
    with transaction.atomic():
        starting.start(
            workspace=version.workspace,
            workflow=version.workflow,
            version=version,
            kind="production",
            trigger="api",
            lane="background",
            trigger_key=key,
            input={},
        )


def _work(lane: str, bell: Rung) -> NoReturn:
    """The system worker sweeps too: that puts runs into quarantine, and rings for the suspects that wait."""
    swept = 0.0
    while True:
        _once(lambda: advancing.advance(None, lane, budget_s=2))
        if lane == "system" and time.monotonic() - swept > settings.ENGINE_SWEEP_S:
            swept = time.monotonic()
            _once(sweeping.sweep)
            for run_id in [run_id for run_id, queue in bell.hints if queue == "system"]:
                _once(partial(advancing.advance, run_id, lane, budget_s=2))
            bell.hints.clear()
        time.sleep(PAUSE_S)


def _send() -> NoReturn:
    """As the system worker's task does it, in a hurry: who dies in the middle is made up for in seconds."""
    outbox.SEND_S, outbox.LEASE = 1.0, timedelta(seconds=2)
    outbox.FIRST_WAIT_S, outbox.LONGEST_WAIT_S = 0.2, 1.0
    while True:
        _once(alerts.take)
        _once(outbox.deliver)
        time.sleep(PAUSE_S)


def _once(task: Any) -> None:
    """As Celery does it: a task that fails is logged, and the worker lives."""
    try:
        task()
    except (DatabaseError, Fault) as fault:
        log.warning(
            "%s: a task failed: %s %s", os.getpid(), type(fault).__name__, str(fault).splitlines()[:1]
        )
        time.sleep(0.1)
    finally:
        try:
            connection.close()
        except DatabaseError:
            log.warning("a connection could not be given back")
