"""How is a worker told that a run is due? By a hint that may be lost: the truth is in the database, and the
sweep comes by.

A hint holds ids only. It is never published from inside a transaction, and never keeps a request waiting.
"""

import logging
from typing import Protocol
from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError

from workflows import valkey

log = logging.getLogger(__name__)

ENOUGH_HINTS = 16
"""Hints that wait in the background queue: whoever takes one goes on with every other due run, ours too.
Of the outbox the same: whoever looks into it sends all that is there."""


class Bell(Protocol):
    def __call__(self, run_id: UUID, lane: str, *, reply_to: str, countdown: float | None) -> bool: ...


def ring(run_id: UUID, lane: str, *, reply_to: str = "", countdown: float | None = None) -> bool:
    """False when the hint could not be given. `lane` is a queue: live, background, or system for isolated
    runs.
    """
    return _bell[0](run_id, lane, reply_to=reply_to, countdown=countdown)


def ring_for_outbox() -> bool:
    """Something is to be sent: the system worker looks into the outbox. With a fake bell nobody is told."""
    return _bell[0] is not celery or _tell_outbox()


def use(bell: Bell) -> None:
    """Puts another bell in place of the real one: the fake of the tests."""
    _bell[:] = [bell]


def waiting(lane: str) -> int | None:
    """How many hints a queue holds; None when the server does not answer."""
    count: int | None = valkey.ask(lambda server: server.llen(lane), otherwise=None)
    return count


def celery(run_id: UUID, lane: str, *, reply_to: str, countdown: float | None) -> bool:
    held = waiting(lane)  # asked first because the answer, or none, comes sooner than Celery would give up
    if held is None:
        return False
    if lane == "background" and countdown is None and held >= ENOUGH_HINTS:
        return True
    values = {"run_id": str(run_id), "lane": lane, "reply_to": reply_to}
    return _send("workflows.advance", lane, values, countdown)


def _tell_outbox() -> bool:
    held = waiting("system")
    if held is None or held >= ENOUGH_HINTS:
        return held is not None
    return _send("workflows.deliver", "system", {}, None)


def _send(task: str, queue: str, values: dict[str, str], countdown: float | None) -> bool:
    try:
        current_app.send_task(task, kwargs=values, queue=queue, countdown=countdown, retry=False)
    except (OperationalError, OSError) as error:
        valkey.breaker.trip()
        log.warning("A hint could not be given: %s", type(error).__name__)
        return False
    return True


_bell: list[Bell] = [celery]
