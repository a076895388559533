"""What the engine's own questions leave out: does a secret lie open (guarantee 7), and is every webhook
that arrived one of ours, signed, under its one id (I12)?
"""

import base64
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import redis
from django.db import connection

from connectors import webhooks
from workflows.models import AlertSettings, Outbox
from workflows.services import alert_settings, sending

SECRET = "canary-Zm9yLW5vYm9keQ-4711"
"""Every step that reaches the sink sends it, and the sink says it back."""
SECRET_KEY = "SINK_TOKEN"


# --- Secrets -----------------------------------------------------------------------------------------------
def leaks(folders: Iterable[Path], valkey: str) -> Iterator[str]:
    """Every place that holds the secret in the clear: rows, files of the world, messages."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            name = connection.ops.quote_name(table)
            cursor.execute(
                f"SELECT t::text FROM {name} t WHERE strpos(t::text, %s) > 0 LIMIT 1",
                [SECRET],
            )
            if found := cursor.fetchone():
                yield f"table {table} shows a secret: {found[0][:300]}"
    for folder in folders:
        for file in [*folder.glob("*.log"), *folder.glob("log/*"), *folder.glob("*.jsonl")]:
            if SECRET.encode() in file.read_bytes():
                yield f"{file.name} shows a secret"
    with redis.Redis.from_url(valkey) as client:
        for key in client.scan_iter():
            if SECRET.encode() in _value(client, key):
                yield f"Valkey shows a secret under {key!r}"


def _value(client: Any, key: bytes) -> bytes:
    match client.type(key):
        case b"string":
            return bytes(client.get(key) or b"")
        case b"list":
            return b"\n".join(client.lrange(key, 0, -1))
        case b"hash":
            return b"\n".join(client.hgetall(key).values())
    return b""


# --- I12 ---------------------------------------------------------------------------------------------------
def bad_webhooks(lines: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Of those that the sink saw; and events that count as sent and never arrived."""
    seen: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        hook = line["webhook"]
        seen[hook["id"]].add(hook["body"])
        row = Outbox.objects.filter(pk=_row(hook["id"]), topic=sending.WEBHOOK).first()
        if row is None:
            yield f"webhook {hook['id']} is nobody's"
        elif not _is_signed(hook, row):
            yield f"webhook {hook['id']} is not signed by its workspace"
    for webhook_id, bodies in seen.items():
        if len(bodies) > 1:
            yield f"webhook {webhook_id} came with {len(bodies)} bodies"
    for row in Outbox.objects.filter(topic=sending.WEBHOOK).exclude(sent_at=None):
        if f"msg_{row.pk.hex}" not in seen:
            yield f"event {row.pk} counts as sent, and never arrived"


def _row(webhook_id: str) -> UUID:
    return UUID(webhook_id.removeprefix("msg_"))


def _is_signed(hook: dict[str, Any], row: Outbox) -> bool:
    """As Standard Webhooks says it, and not by the code that signs."""
    settings = AlertSettings.objects.get(workspace_id=row.workspace_id)
    signed = f"{hook['id']}.{hook['timestamp']}.{hook['body']}".encode()
    keys = alert_settings.signing_keys(settings, row.created_at)
    good = {
        "v1," + base64.b64encode(hmac.digest(_opened(key), signed, hashlib.sha256)).decode() for key in keys
    }
    return bool(good & set(hook["signature"].split()))


def _opened(key: str) -> bytes:
    return base64.b64decode(key.removeprefix(webhooks.PREFIX))
