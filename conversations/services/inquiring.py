"""What does the customer's own server know of this person? Asked once, before the conversation begins.

It has two seconds. Whatever goes wrong, the conversation begins without, and its timeline says so.
"""

import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4

from django.db import transaction

from connectors import calls, webhooks
from connectors.declare import JSON
from connectors.errors import ConnectorError, Misconfigured
from connectors.outbound import address
from conversations.models import Inquiry
from workflows.models import Agent
from workspaces import vault
from workspaces.errors import Invalid, Problem
from workspaces.services import audit
from workspaces.services.audit import Actor

WAITS_S = 2.0
MOST_VARIABLES = 200


@dataclass(frozen=True)
class Known:
    variables: dict[str, JSON] = field(default_factory=dict)
    note: str = ""
    """How it went, in words; empty: nobody was asked."""


def of(agent: Agent) -> Inquiry:
    """What is stored, or the defaults, unsaved."""
    found = Inquiry.objects.in_workspace(agent.workspace).filter(agent=agent).first()
    return found or Inquiry(workspace=agent.workspace, agent=agent)


def save(agent: Agent, url: str, *, by: Actor) -> str:
    """The secret that signs, the first time; shown this once. Raises Invalid."""
    url = url.strip()
    try:
        url = str(address.build(url, (), None)) if url else ""
    except Misconfigured as wrong:
        raise Invalid([Problem("url", "form", str(wrong))]) from wrong
    clear = ""
    with transaction.atomic():
        Inquiry.objects.bulk_create([Inquiry(workspace=agent.workspace, agent=agent)], ignore_conflicts=True)
        rows = Inquiry.objects.select_for_update(of=("self",)).select_related("workspace")
        inquiry = rows.get(agent=agent)
        inquiry.url = url
        if url and not inquiry.secret:
            clear = webhooks.new_secret()
            inquiry.secret = vault.encrypt(inquiry.workspace, clear, bound_to=_place(inquiry))
        inquiry.save()
        audit.record(agent.workspace, by, "inquiry.changed", of=inquiry, name=agent.name, is_on=bool(url))
    return clear


def ask(agent: Agent, *, channel: str, direction: str, customer: JSON) -> Known:
    """Outside any transaction: it may take a while."""
    rows = Inquiry.objects.select_related("workspace").filter(agent=agent).exclude(url="")
    inquiry = rows.first()
    if inquiry is None:
        return Known()
    question = {"agent": str(agent.pk), "channel": channel, "direction": direction, "customer": customer}
    host, began = urlsplit(inquiry.url).hostname, time.monotonic()
    try:
        variables = _answer(inquiry, json.dumps(question).encode())
    except ConnectorError as failed:
        return Known(note=f"{host} did not say ({failed.code}); it began without.")
    if variables is None:
        return Known(note=f"{host} gave no variables that can be read; it began without.")
    count = f"{len(variables)} variable{'' if len(variables) == 1 else 's'}"
    return Known(variables, f"{host} gave {count} in {time.monotonic() - began:.1f} s.")


def _answer(inquiry: Inquiry, body: bytes) -> dict[str, JSON] | None:
    webhook_id = f"ask_{uuid4().hex}"
    call = calls.make_call(
        workspace_slug=inquiry.workspace.slug,
        workspace_id=inquiry.workspace_id,
        resolved=None,
        idempotency_key=webhook_id,
        attempt=1,
        deadline=time.monotonic() + WAITS_S,
    )
    secret = vault.decrypt(inquiry.workspace, inquiry.secret, bound_to=_place(inquiry)).reveal()
    signed = webhooks.headers([secret], webhook_id=webhook_id, timestamp=int(time.time()), body=body)
    lines = [("Content-Type", "application/json"), *signed]
    answer = call.http.request("POST", inquiry.url, headers=lines, content=body)
    if answer.status != 200:
        return None
    told = answer.json
    variables = told.get("variables") if isinstance(told, dict) else None
    is_readable = isinstance(variables, dict) and len(variables) <= MOST_VARIABLES
    return dict(variables) if isinstance(variables, dict) and is_readable else None


def _place(inquiry: Inquiry) -> str:
    return f"inquiry_secret:{inquiry.pk}"
