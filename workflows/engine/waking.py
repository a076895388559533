"""What from outside do runs wait for? Events, by a signed address; they are kept until a step takes them."""

import json
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction

from connectors.declare import JSON
from workflows.engine import sql
from workflows.engine.known import Event
from workspaces.ids import uuid7

_SIGNER = signing.Signer(sep=".", salt="workflows.event")


def url(run_id: UUID) -> str:
    """Whoever knows it may wake the run, nothing else."""
    return f"{settings.BASE_URL}/api/v1/events/{_SIGNER.sign(run_id.hex)}"


def run_of(token: str) -> UUID | None:
    """None for what was not signed here."""
    try:
        return UUID(_SIGNER.unsign(token))
    except (signing.BadSignature, ValueError):
        return None


_EVENTS = "SELECT payload, received_at FROM run_event WHERE run_id = %(run)s ORDER BY id"


def events(run_id: UUID) -> Sequence[Event]:
    return [Event(json.loads(payload), at) for payload, at in sql.many(_EVENTS, {"run": run_id})]


_LOCK = "SELECT FROM run WHERE id = %(run)s FOR UPDATE"
_COUNT = "SELECT count(*) FROM run_event WHERE run_id = %(run)s"


def has_come(run_id: UUID, *, beyond: int) -> bool:
    """Part of the caller's transaction: with the row locked, an event that arrives from now on finds the run
    as this transaction leaves it.
    """
    sql.one(_LOCK, {"run": run_id})
    found = sql.one(_COUNT, {"run": run_id})
    return found is not None and found[0] > beyond


_NEWEST = """
WITH RECURSIVE history AS (
  SELECT id, root_run_id, 0 AS age FROM run WHERE id = %(run)s
  UNION ALL
  SELECT r.id, r.root_run_id, h.age + 1 FROM history h
  JOIN run r ON r.root_run_id = h.root_run_id AND r.parent_run_id = h.id AND r.trigger = 'retry')
SELECT id FROM history ORDER BY age DESC LIMIT 1"""


def newest(run_id: UUID) -> UUID:
    """The run that goes on in this one's place, if it was tried again or moved to another version."""
    found = sql.one(_NEWEST, {"run": run_id})
    return found[0] if found else run_id


# --- An event arrives --------------------------------------------------------------------------------------
_TARGET = """
SELECT r.lane, r.status = 'queued' AND r.wait_reason = 'event',
  r.status IN ('queued', 'running') AND NOT EXISTS (
    SELECT FROM step_run s WHERE s.run_id = r.id AND s.action = 'flow.wait_for_event@1'),
  (SELECT count(*) FROM run_event e WHERE e.run_id = r.id) - (
    SELECT count(*) FROM step_run s
    WHERE s.run_id = r.id AND s.action = 'flow.wait_for_event@1' AND s.status = 'succeeded')
FROM run r WHERE r.id = %(run)s FOR UPDATE"""
_STORE = """
INSERT INTO run_event (id, workspace_id, run_id, payload, received_at)
SELECT %(id)s, workspace_id, id, %(payload)s::jsonb, clock_timestamp() FROM run WHERE id = %(run)s"""
_WAKE = """
UPDATE run SET next_at = clock_timestamp(), hinted_at = clock_timestamp()
WHERE id = %(run)s AND status = 'queued' AND wait_reason = 'event'"""


def deliver(run_id: UUID, payload: JSON) -> str | None:
    """Keeps the event and makes the run due; gives back its lane, or None when it waits for none.

    An event may come before the first step that waits for one. Another, while the first is not yet taken, is
    taken for the same again.
    """
    with transaction.atomic():
        found = sql.one(_TARGET, {"run": run_id})
        if found is None:
            return None
        lane, is_waiting, may_be_early, pending = found
        if not (is_waiting or may_be_early):
            return None
        if pending <= 0:
            sql.run(_STORE, {"id": uuid7(), "run": run_id, "payload": json.dumps(payload)})
        sql.run(_WAKE, {"run": run_id})
    return str(lane)
