"""How does an event from outside reach the run that waits for it?"""

from functools import partial

from django.db import transaction

from connectors.declare import JSON
from workflows import doorbell
from workflows.engine import waking as engine
from workflows.errors import NotAwaited


def deliver(token: str, payload: JSON) -> bool:
    """False for an address that is not ours. Raises NotAwaited when no step waits (any more).

    The address was given out by a run that may have a successor by now.
    """
    run_id = engine.run_of(token)
    if run_id is None:
        return False
    run_id = engine.newest(run_id)
    lane = engine.deliver(run_id, payload)
    if lane is None and (later := engine.newest(run_id)) != run_id:  # it was moved a moment ago
        run_id, lane = later, engine.deliver(later, payload)
    if lane is None:
        raise NotAwaited("The run does not wait for this, or not any more.")
    transaction.on_commit(partial(doorbell.ring, run_id, lane))
    return True
