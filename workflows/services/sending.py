"""How does one row of the outbox go out? As a mail by Parley's own mail server, or as a signed webhook.

`prepare` asks the database, the function that it gives back does not: rows are sent from several threads.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from django.utils import timezone

from connectors import calls, errors, mailer, webhooks
from workflows.models import AlertSettings
from workflows.services import alert_settings, alert_texts

EMAIL, WEBHOOK = "alert.email", "alert.webhook"

type Send = Callable[[float], None]
"""Gets its deadline (`time.monotonic()`). Raises ConnectorError."""


@dataclass(frozen=True)
class Parcel:
    id: UUID
    workspace_id: UUID
    topic: str
    payload: Mapping[str, Any]
    attempt: int = 1


def prepare(parcel: Parcel) -> Send:
    return SENDERS[parcel.topic](parcel)


def may_help(error: errors.ConnectorError) -> bool:
    """To try again later."""
    return isinstance(error, errors.Unavailable | errors.NeedsReconnect)


def _mail(parcel: Parcel) -> Send:
    notice = parcel.payload["notice"]
    subject, text = alert_texts.subject(notice), alert_texts.text(notice)

    def send(deadline: float) -> None:
        mailer.send(parcel.payload["to"], subject=subject, text=text, key=parcel.id.hex, deadline=deadline)

    return send


def _webhook(parcel: Parcel) -> Send:
    """To the address that is set now, signed with the secrets that are valid now."""
    rows = AlertSettings.objects.filter(workspace_id=parcel.workspace_id).select_related("workspace")
    settings = rows.first()
    if settings is None or not settings.webhook_url:
        return _nowhere
    return webhook_to(settings, parcel)


def webhook_to(settings: AlertSettings, parcel: Parcel) -> Send:
    url, keys = settings.webhook_url, alert_settings.signing_keys(settings, timezone.now())
    slug = settings.workspace.slug
    body = json.dumps(parcel.payload["notice"], ensure_ascii=False, separators=(",", ":")).encode()
    webhook_id = f"msg_{parcel.id.hex}"

    def send(deadline: float) -> None:
        call = calls.make_call(
            workspace_slug=slug,
            workspace_id=parcel.workspace_id,
            resolved=None,
            idempotency_key=webhook_id,
            attempt=parcel.attempt,
            deadline=deadline,
        )
        signed = webhooks.headers(keys, webhook_id=webhook_id, timestamp=int(time.time()), body=body)
        lines = [("Content-Type", "application/json"), *signed]
        status = call.http.request("POST", url, headers=lines, content=body).status
        if not 200 <= status < 300:
            raise errors.Unavailable(f"{httpx.URL(url).host} answered {status}.", http_status=status)

    return send


def _nowhere(_deadline: float) -> None:
    raise errors.Misconfigured("The webhook was taken away before this was sent.")


def unopened(_deadline: float) -> None:
    raise errors.Misconfigured("The webhook's secret cannot be opened. Replace it in the settings.")


SENDERS: Mapping[str, Callable[[Parcel], Send]] = {EMAIL: _mail, WEBHOOK: _webhook}
