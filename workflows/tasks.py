"""What do Celery's workers do? They answer the doorbell; what is to be done stands in the database."""

import logging
import time
from dataclasses import asdict
from uuid import UUID

from celery import shared_task

from workflows import valkey
from workflows.engine import advancing, sweeping
from workflows.services import alerts, outbox, retention

log = logging.getLogger(__name__)

PRUNE_SLICE_S, PRUNE_PAUSE_S, PAUSE_S = 5.0, 2, 0.05


@shared_task(name="workflows.advance")
def advance(*, lane: str, run_id: str | None = None, reply_to: str = "", **_: object) -> None:
    advancing.advance(UUID(run_id) if run_id else None, lane, reply_to=reply_to)
    sweeping.sweep_of_own_accord()


@shared_task(name="workflows.sweep")
def sweep(**_: object) -> None:
    sweeping.sweep()


@shared_task(name="workflows.deliver")
def deliver(**_: object) -> None:
    try:
        alerts.take()
    finally:
        outbox.deliver()


@shared_task(name="workflows.prune")
def prune(*, stage: int = 0, position: str = "", has_removed: bool = False, **_: object) -> None:
    """A slice at a time: the worker that prunes also sweeps."""
    until = time.monotonic() + PRUNE_SLICE_S
    for batch in retention.batches(retention.Progress(stage, position, has_removed)):
        if batch.count:
            log.info("pruned", extra={"what": batch.what, "count": batch.count})
        if time.monotonic() >= until:
            prune.apply_async(kwargs=asdict(batch.then), queue="system", countdown=PRUNE_PAUSE_S)
            return
        time.sleep(PAUSE_S)


@shared_task(name="workflows.heartbeat")
def heartbeat(*, lane: str, **_: object) -> None:
    """Seconds since 1970, under `heartbeat:<lane>`: a worker of that lane took a task then."""
    valkey.ask(lambda server: server.set(f"heartbeat:{lane}", time.time()), otherwise=None)
