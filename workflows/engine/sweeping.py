"""What did hints miss? Runs that are due or whose holder is gone are rung again; nothing depends on a hint
arriving.
"""

import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from workflows import doorbell
from workflows.engine import faults, sql, telling
from workflows.engine.claiming import ISOLATED_FROM, QUARANTINED_FROM, SLOTS

BATCH = 200
OWN_ACCORD_S = 10.0
"""A worker that finished something sweeps if nobody in its process has for this long: beat may be down."""


@dataclass(frozen=True)
class Swept:
    rung: int
    quarantined: int


def sweep() -> Swept:
    """Safe at any time and from several processes at once."""
    _last[0] = time.monotonic()
    quarantined = _quarantine()
    rung = sum(_ring(queue) for queue in ("live", "system", "background"))
    if _has_mail():
        doorbell.ring_for_outbox()
    return Swept(rung, quarantined)


def sweep_of_own_accord() -> None:
    with _lock:
        if time.monotonic() - _last[0] < OWN_ACCORD_S:
            return
        _last[0] = time.monotonic()
    sweep()


_last = [time.monotonic()]
_lock = threading.Lock()

_TOLD = telling.insert(
    telling.QUARANTINED,
    ended="held",
    code="'quarantined'",
    path="r.cur_path",
    once="r.id || ':' || r.epoch",
)
_QUARANTINE = f"""
WITH held AS (
  UPDATE run SET status = 'quarantined', lease_owner = NULL, lease_until = NULL, wait_reason = NULL
  WHERE id IN (SELECT id FROM run WHERE status = 'running' AND lease_until < statement_timestamp()
    AND crash_count >= {QUARANTINED_FROM} LIMIT {BATCH} FOR UPDATE SKIP LOCKED)
  RETURNING id
), told AS ({_TOLD}
)
SELECT id FROM held"""  # noqa: S608 - made of constants


def _quarantine() -> int:
    return len(sql.many(_QUARANTINE, {}))


_UNSENT = """
SELECT EXISTS (SELECT FROM outbox WHERE sent_at IS NULL AND given_up_at IS NULL
  AND available_at <= statement_timestamp()
  AND (lease_until IS NULL OR lease_until < statement_timestamp()))"""


def _has_mail() -> bool:
    """Something in the outbox is due and nobody is sending it; this process may not be the one that does."""
    found = sql.one(_UNSENT, {})
    return bool(found and found[0])


_IS_SUSPECT = f"crash_count >= {ISOLATED_FROM}"
_MISSED = f"""
UPDATE run SET hinted_at = clock_timestamp() WHERE id IN (
  SELECT id FROM run
  WHERE (status = 'running' AND lease_until < statement_timestamp() AND crash_count < {QUARANTINED_FROM}
         OR status = 'queued' AND next_at <= statement_timestamp())
    AND (hinted_at IS NULL OR hinted_at < statement_timestamp() - %(age)s OR hinted_at < lease_until)
    AND CASE WHEN {_IS_SUSPECT} THEN 'system' ELSE lane END = %(queue)s
    AND NOT EXISTS (SELECT FROM workflows_workflow f WHERE f.id = run.workflow_id AND f.paused_at IS NOT NULL)
  ORDER BY status = 'running' DESC, next_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING id"""  # noqa: S608


def _ring(queue: str) -> int:
    """T6: mark them as rung, commit, then ring. A hint lost in between is given again after
    ENGINE_HINT_AGE_S.
    """
    held = doorbell.waiting(queue)
    room = 0 if held is None else 4 * SLOTS.get(queue, 1) - held
    if room <= 0:
        return 0
    age = timedelta(seconds=settings.ENGINE_HINT_AGE_S)
    missed = sql.many(_MISSED, {"age": age, "queue": queue, "limit": min(room, BATCH)})
    if missed:
        faults.hit("F9")
    for (run_id,) in missed:
        doorbell.ring(run_id, queue)
    return len(missed)
