"""How does one alert that went out, or tries to, read in a list?"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workflows.models import Outbox
from workflows.services import alert_texts, sending


@dataclass(frozen=True)
class Delivery:
    id: UUID
    what: str
    to: str
    at: datetime
    state: str
    word: str
    note: str
    next_at: datetime | None


def delivery(row: Outbox) -> Delivery:
    state, word = _state(row)
    times = f"{row.attempts} attempt{'' if row.attempts == 1 else 's'}"
    return Delivery(
        id=row.pk,
        what=alert_texts.subject(row.payload["notice"]).partition("] ")[2],
        to=row.payload["to"] if row.topic == sending.EMAIL else "Webhook",
        at=row.created_at,
        state=state,
        word=word,
        note=f"{times}: {row.last_error}" if row.last_error and not row.sent_at else "",
        next_at=row.available_at if state == "waiting" else None,
    )


def _state(row: Outbox) -> tuple[str, str]:
    if row.sent_at:
        return "succeeded", "Sent"
    if row.given_up_at:
        return "failed", "Given up"
    return ("waiting", "Trying again") if row.attempts else ("queued", "To be sent")
