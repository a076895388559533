"""What do Celery's workers do? They answer the doorbell; what is to be done stands in the database."""

import time
from uuid import UUID

from celery import shared_task

from workflows import valkey
from workflows.engine import advancing, sweeping
from workflows.services import alerts, outbox


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


@shared_task(name="workflows.heartbeat")
def heartbeat(*, lane: str, **_: object) -> None:
    """Seconds since 1970, under `heartbeat:<lane>`: a worker of that lane took a task then."""
    valkey.ask(lambda server: server.set(f"heartbeat:{lane}", time.time()), otherwise=None)
