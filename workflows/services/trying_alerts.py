"""Do alerts arrive? Sends one to everybody who is named, here and now, and says how it went."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from connectors.errors import ConnectorError
from workflows.models import AlertSettings
from workflows.services import alert_settings, alert_texts, alerts, sending
from workflows.services.sending import EMAIL, WEBHOOK, Parcel, Send
from workspaces import throttle
from workspaces.ids import uuid7
from workspaces.models import Workspace
from workspaces.services import audit
from workspaces.services.audit import Actor

SEND_S = 10.0
MOST_IN_A_WHILE = 10
"""Tests of one workspace in one window of the throttle: it sends to whatever address is named."""


@dataclass(frozen=True)
class Tried:
    to: str
    error: str
    """Empty: it was taken."""


class TooOften(Exception):
    pass


def try_them(workspace: Workspace, *, by: Actor) -> list[Tried]:
    """What is stored, whether alerts are on or not. No transaction is open. Raises TooOften."""
    if not throttle.may_do(f"test-alert:{workspace.pk}", MOST_IN_A_WHILE):
        raise TooOften
    settings = alert_settings.of(workspace)
    targets = _targets(settings)
    audit.record(workspace, by, "alerts.tested", name="Alerts", targets=len(targets))
    with ThreadPoolExecutor(max(1, len(targets)), thread_name_prefix="test-alert") as pool:
        return list(pool.map(_tried, targets))


def _targets(settings: AlertSettings) -> list[tuple[str, Send]]:
    notice = alerts.notice(alert_texts.TEST, settings.workspace)

    def parcel(topic: str, **payload: str) -> Parcel:
        return Parcel(uuid7(), settings.workspace_id, topic, {"notice": notice, **payload})

    targets = [(person, sending.prepare(parcel(EMAIL, to=person))) for person in settings.emails]
    if settings.webhook_url:
        host = httpx.URL(settings.webhook_url).host
        targets.append((host, sending.webhook_to(settings, parcel(WEBHOOK))))
    return targets


def _tried(target: tuple[str, Send]) -> Tried:
    to, send = target
    try:
        send(time.monotonic() + SEND_S)
    except ConnectorError as failed:
        return Tried(to, str(failed))
    return Tried(to, "")
