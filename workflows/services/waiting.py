"""How does a caller get a live run's result? It waits to be told, and a net inside this process catches what
Celery misses.

`LIVE_EXECUTOR=celery` gives the run to a live worker; `inline` runs it in a thread of this process. Either
takes over when the other cannot: the run is claimed like by any worker, so only one of them has it
(docs/adr/0005).
"""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Q

from workflows import doorbell, replies, valkey
from workflows.engine import advancing, effects
from workflows.models.run import Run, RunStatus

log = logging.getLogger(__name__)

NET_AFTER_S = 0.5
"""A run that no worker has claimed by then is run here."""
INLINE_SLOTS = 32


def set_going(run_id: UUID) -> None:
    """After the commit. Takes at most the time a message server gets to answer (0.3 s)."""
    box = replies.inbox()
    box.expect(run_id)
    if settings.LIVE_EXECUTOR == "inline" and _run_inline(run_id):
        return
    if not doorbell.ring(run_id, "live", reply_to=box.address):
        _run_inline(run_id)


def wait_for(run_id: UUID, *, seconds: float) -> None:
    """Returns when the run has ended or responded, or the time is up; read the row then. Holds no database
    connection.
    """
    until = time.monotonic() + seconds
    if seconds <= 0:
        return
    effects.give_back_connection()
    box = replies.inbox()
    event, was_expected = box.expect(run_id)
    if not was_expected and _ask(run_id, box):
        return
    if not event.wait(min(seconds, NET_AFTER_S)) and not _ask(run_id, box):
        if Run.objects.filter(pk=run_id, status=RunStatus.QUEUED, wait_reason="start").exists():
            _run_inline(run_id)
        effects.give_back_connection()
        _wait_on(run_id, event, until)
    if event.is_set():
        box.forget(run_id)


def _wait_on(run_id: UUID, event: threading.Event, until: float) -> None:
    """To the end; without a message server nobody can tell us, so the row is looked at each second."""
    while (left := until - time.monotonic()) > 0:
        if event.wait(min(left, 1.0)):
            return
        if not valkey.breaker.is_closed() and _is_over(run_id):
            return


def _ask(run_id: UUID, box: replies.Inbox) -> bool:
    """Asks to be told, then looks: it may have happened in between."""
    box.ask(run_id)
    is_over = _is_over(run_id)
    if is_over:
        box.forget(run_id)
    return is_over


def _is_over(run_id: UUID) -> bool:
    goes_on = Q(status__in=[RunStatus.QUEUED, RunStatus.RUNNING], responded_at=None)
    is_over = not Run.objects.filter(goes_on, pk=run_id).exists()
    effects.give_back_connection()
    return is_over


# --- The net -----------------------------------------------------------------------------------------------
@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(INLINE_SLOTS, thread_name_prefix="live")


_free = threading.BoundedSemaphore(INLINE_SLOTS)


def _run_inline(run_id: UUID) -> bool:
    """False when all slots are taken: an answer later is better than a queue without end."""
    if not _free.acquire(blocking=False):
        return False
    _pool().submit(_inline, run_id)
    return True


def _inline(run_id: UUID) -> None:
    try:
        if advancing.advance_one(run_id) in advancing.ENDED:
            replies.inbox().arrived(run_id)
    except DatabaseError:
        log.exception("A live run broke off; its lease will end, and the sweep finds it")
    finally:
        effects.give_back_connection()
        _free.release()
