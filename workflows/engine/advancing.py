"""Which run does a worker work on, and for how long? The one named in the hint, then whatever is due in its
lane.
"""

import logging
import time
from uuid import UUID

from django.db import OperationalError, connection

from workflows import doorbell, replies
from workflows.engine import claiming, journal, perform
from workflows.engine.claiming import Claim
from workflows.engine.journal import LeaseLost

log = logging.getLogger(__name__)

BUDGET_S = 20.0
"""How long one hint keeps a worker; after that others get their turn."""
HEAD_START_S = 1.0
"""A live run's own hint is on its way: nobody else takes the run before it had this long to arrive."""
ENDED = frozenset({"succeeded", "failed", "cancelled", "responded"})
"""Whoever waits for the run has its answer then."""


def advance(run_id: UUID | None, lane: str, *, reply_to: str = "", budget_s: float = BUDGET_S) -> int:
    """Works on the run and on what else is due; gives back on how many. Safe to call twice, late or for a run
    that ended.

    The lane `system` takes only runs that took their workers down with them, each in a process of its own.
    """
    isolated = lane == "system"
    until = time.monotonic() + budget_s
    count = 0
    claim = claiming.claim(run_id, isolated=isolated) if run_id else None
    while claim or (claim := _next(lane, isolated)):
        _work(claim, until, reply_to if claim.run_id == run_id else "")
        count += 1
        if time.monotonic() >= until:
            doorbell.ring(claim.run_id, lane)
            break
        claim = None
    return count


def advance_one(run_id: UUID) -> str:
    """Works on this run, and on those it calls, in whatever process calls: the net under live calls. Empty
    when it was not to be had.
    """
    claim = claiming.claim(run_id)
    status = _work(claim, time.monotonic() + BUDGET_S, "") if claim else ""
    called = claiming.called_by(run_id) if status == "queued" else None
    if called is not None and advance_one(called) in ENDED:
        return advance_one(run_id)
    return status


def _next(lane: str, isolated: bool) -> Claim | None:
    if lane != "live":
        return claiming.claim_next(lane, isolated=isolated)
    if time.monotonic() - _looked[0] < HEAD_START_S:
        return None
    _looked[0] = time.monotonic()
    return claiming.claim_next(lane, age_s=HEAD_START_S)


_looked = [time.monotonic() - HEAD_START_S]
"""When this process last looked for live runs whose hint was lost: the search costs more than a short run."""


def _work(claim: Claim, until: float, reply_to: str) -> str:
    """Whoever waits for a live run is told when it has ended; a background run gives its slot up when its
    time is over.
    """
    is_live = claim.lane == "live"
    try:
        status = perform.work(claim, may_go_on=lambda: is_live or time.monotonic() < until)
    except LeaseLost:
        log.warning(
            "fenced: another worker has the run", extra={"run": str(claim.run_id), "epoch": claim.epoch}
        )
        return ""
    except OperationalError:
        if connection.is_usable():
            journal.let_go(claim)
        raise
    if is_live and status in ENDED:
        replies.answer(claim.run_id, reply_to)
    return status
