"""How is a background worker told of a conversation? By a hint that may be lost: the sweep comes by."""

import logging
from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError

from workflows import doorbell, valkey

log = logging.getLogger(__name__)

ANALYSE = "conversations.analyse"
TELL_LATE = "conversations.tell_late"


def hint(task: str, id_: UUID) -> None:
    """After the commit; never waits for a message server that is away."""
    if doorbell.waiting("background") is None:
        return
    try:
        current_app.send_task(task, kwargs={"id": str(id_)}, queue="background", retry=False)
    except (OperationalError, OSError) as error:
        valkey.breaker.trip()
        log.warning("A hint could not be given: %s", type(error).__name__)
