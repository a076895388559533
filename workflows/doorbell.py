"""How is a worker told that a run is due? By a hint that may be lost: the truth is in the database, and the
sweep comes by.

A hint holds ids only. It is never published from inside a transaction, and never keeps a request waiting.
"""

import logging
import os
import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError

from workflows import valkey

log = logging.getLogger(__name__)

ENOUGH_HINTS = 16
"""Hints that wait in the background queue: whoever takes one goes on with every other due run, ours too.
Of the outbox the same: whoever looks into it sends all that is there."""


GATHERED_S = 0.05


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
    if lane == "background" and countdown is None:
        return _gathered.ring(run_id)
    if waiting(lane) is None:  # asked first: the answer, or none, comes sooner than Celery would give up
        return False
    return _advance(run_id, lane, reply_to, countdown)


class _Gathered:
    """Background runs that are started in a row: the first is rung for at once, the others together a
    moment later. Who takes a hint looks for all that is due, so a flood needs few.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """After a fork: the timer stayed with the parent, which rings for what it had gathered."""
        self._lock = threading.Lock()
        self._runs: list[UUID] = []
        self._quiet_from = 0.0

    def ring(self, run_id: UUID) -> bool:
        with self._lock:
            is_first = not self._runs and time.monotonic() >= self._quiet_from
            if is_first:
                self._quiet_from = time.monotonic() + GATHERED_S
            elif len(self._runs) < ENOUGH_HINTS:
                self._runs.append(run_id)
                if len(self._runs) == 1:
                    threading.Timer(GATHERED_S, self._ring_for_all).start()
        return not is_first or _ring_while_room([run_id])

    def _ring_for_all(self) -> None:
        with self._lock:
            runs, self._runs = self._runs, []
            self._quiet_from = time.monotonic() + GATHERED_S
        _ring_while_room(runs)


def _ring_while_room(runs: list[UUID]) -> bool:
    held = waiting("background")
    if held is None:
        return False
    return all(_advance(run_id, "background", "", None) for run_id in runs[: max(0, ENOUGH_HINTS - held)])


def _advance(run_id: UUID, lane: str, reply_to: str, countdown: float | None) -> bool:
    values = {"run_id": str(run_id), "lane": lane, "reply_to": reply_to}
    return _send("workflows.advance", lane, values, countdown)


def _tell_outbox() -> bool:
    held = waiting("system")
    if held is None or held >= ENOUGH_HINTS:
        return held is not None
    return _send("workflows.deliver", "system", {}, None)


_AS_IT_IS: Mapping[str, Any] = {"argsrepr": "", "kwargsrepr": "", "declare": ()}
"""Without a description for logs, which takes Celery a third of the time, and without declaring the queue,
which is a list in Redis.
"""


def _send(task: str, queue: str, values: dict[str, str], countdown: float | None) -> bool:
    try:
        current_app.send_task(task, kwargs=values, queue=queue, countdown=countdown, retry=False, **_AS_IT_IS)
    except (OperationalError, OSError) as error:
        valkey.breaker.trip()
        log.warning("A hint could not be given: %s", type(error).__name__)
        return False
    return True


_bell: list[Bell] = [celery]
_gathered = _Gathered()
os.register_at_fork(after_in_child=_gathered.forget)
