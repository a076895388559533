"""How does something leave Parley surely? As a row, written with what it tells of; sent at least once (T8).

Whoever sends takes a batch for a while (a lease), sends it outside of any transaction, and marks what was
sent where the lease is still its own. What fails is tried again, ever later, for a day; then it is given up,
and the settings page says so.
"""

import json
import logging
import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db.models.functions import Now

from connectors.declare import JSON
from connectors.errors import ConnectorError
from workflows.engine import faults, sql
from workflows.models import Outbox
from workflows.services import sending
from workspaces.errors import VaultError
from workspaces.ids import uuid7

log = logging.getLogger(__name__)

BATCH = 8
SEND_S = 10.0
LEASE = timedelta(seconds=60)
BUDGET_S = 10.0
"""How long one hint keeps the worker; it also sweeps."""
GIVEN_UP_AFTER = timedelta(hours=24)
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 2 * 3600.0


@dataclass(frozen=True)
class Claimed:
    id: UUID
    workspace_id: UUID
    topic: str
    payload: Mapping[str, Any]
    attempts: int
    created_at: datetime
    token: UUID


@dataclass(frozen=True)
class Outcome:
    error: str = ""
    is_final: bool = False
    """Trying again cannot help."""


def post(
    topic: str,
    workspace_id: UUID,
    once: str,
    payload: Mapping[str, JSON],
    *,
    available_at: datetime | None = None,
) -> None:
    """Part of the caller's transaction; a second row with the same key is none."""
    row = Outbox(
        id=uuid7(),
        workspace_id=workspace_id,
        topic=topic,
        dedupe_key=once[:200],
        payload=dict(payload),
        available_at=available_at or Now(),
    )
    Outbox.objects.bulk_create([row], ignore_conflicts=True)


def due(topics: Sequence[str]) -> Any:
    """What is to be done now, the oldest first."""
    return Outbox.objects.filter(
        topic__in=topics, sent_at=None, given_up_at=None, available_at__lte=Now()
    ).order_by("available_at")


def deliver(*, budget_s: float = BUDGET_S) -> int:
    """Sends what is due, a batch at a time; gives back how many rows left. Safe in several processes."""
    until = time.monotonic() + budget_s
    sent = 0
    while claimed := claim():
        sent += _send(claimed)
        if time.monotonic() >= until:
            break
    return sent


_CLAIM = """
UPDATE outbox SET lease_token = %(token)s, lease_until = clock_timestamp() + %(lease)s,
  attempts = attempts + 1
WHERE id IN (
  SELECT id FROM outbox
  WHERE topic = ANY(%(topics)s) AND sent_at IS NULL AND given_up_at IS NULL
    AND available_at <= statement_timestamp()
    AND (lease_until IS NULL OR lease_until < statement_timestamp())
  ORDER BY available_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING id, workspace_id, topic, payload, attempts, created_at"""


def claim() -> list[Claimed]:
    """A batch for this sender alone, for as long as its lease holds."""
    token = uuid4()
    values = {"token": token, "lease": LEASE, "limit": BATCH, "topics": list(sending.SENDERS)}
    return [
        Claimed(id_, workspace_id, topic, json.loads(payload), attempts, created_at, token)
        for id_, workspace_id, topic, payload, attempts, created_at in sql.many(_CLAIM, values)
    ]


def _send(claimed: Sequence[Claimed]) -> int:
    """All of a batch at once, so that one slow receiver costs its own time only once."""
    parcels = [
        sending.Parcel(row.id, row.workspace_id, row.topic, row.payload, row.attempts) for row in claimed
    ]
    ready = [_prepared(parcel) for parcel in parcels]
    with ThreadPoolExecutor(BATCH, thread_name_prefix="outbox") as pool:
        outcomes = list(pool.map(_tried, ready))
    faults.hit("F10")
    sent = 0
    for row, outcome in zip(claimed, outcomes, strict=True):
        sent += not outcome.error
        mark(row, outcome)
    return sent


def _prepared(parcel: sending.Parcel) -> sending.Send:
    """One that cannot be put together must not hold back the others."""
    try:
        return sending.prepare(parcel)
    except VaultError:
        return sending.unopened


def _tried(send: sending.Send) -> Outcome:
    try:
        send(time.monotonic() + SEND_S)
    except ConnectorError as failed:
        return Outcome(str(failed)[:500] or "It could not be sent.", not sending.may_help(failed))
    return Outcome()


_MARK = """
UPDATE outbox SET lease_token = NULL, lease_until = NULL, last_error = %(error)s,
  sent_at = CASE WHEN %(error)s::text IS NULL THEN clock_timestamp() END,
  given_up_at = CASE WHEN %(error)s::text IS NOT NULL
    AND (%(final)s OR created_at < clock_timestamp() - %(patience)s) THEN clock_timestamp() END,
  available_at = CASE WHEN %(error)s::text IS NULL THEN available_at ELSE clock_timestamp() + %(wait)s END
WHERE id = %(id)s AND lease_token = %(token)s
RETURNING given_up_at IS NOT NULL"""


def mark(row: Claimed, outcome: Outcome) -> bool:
    """False where the lease was lost: another has it, and says what came of it."""
    values = {
        "id": row.id,
        "token": row.token,
        "error": outcome.error or None,
        "final": outcome.is_final,
        "patience": GIVEN_UP_AFTER,
        "wait": timedelta(seconds=_wait_s(row.attempts)),
    }
    found = sql.one(_MARK, values)
    if found and found[0]:
        log.warning("given up in the outbox", extra={"outbox": str(row.id), "topic": row.topic})
    return found is not None


def _wait_s(attempts: int) -> float:
    """5 s, 20 s, 80 s … two hours; a fifth more or less, so that not all come back at once."""
    planned = min(LONGEST_WAIT_S, FIRST_WAIT_S * 4.0 ** (min(attempts, 10) - 1))
    return planned * random.uniform(0.8, 1.2)
