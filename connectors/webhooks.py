"""How does the other side know that a webhook is ours? By the signature of Standard Webhooks.

`webhook-id` is the same in all deliveries of one event, `webhook-signature` holds one signature for each
secret that is valid: while a secret is being replaced, both are.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(keys: Sequence[str], *, webhook_id: str, timestamp: int, body: bytes) -> list[tuple[str, str]]:
    """Of one delivery; `timestamp` is its own, in seconds since 1970."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return [
        ("webhook-id", webhook_id),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", " ".join(f"v1,{_signature(key, signed)}" for key in keys)),
    ]


def _signature(key: str, signed: bytes) -> str:
    opened = base64.b64decode(key.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(opened, signed, hashlib.sha256).digest()).decode()
