"""Which idempotency key does a step carry? One for all its attempts, in every process and in every successor
run.
"""

import base64
import hashlib
from uuid import UUID

USED = 20
"""Bytes of the digest: they are 32 letters, with nothing left over."""


def idempotency_key(root_run_id: UUID, path: str) -> str:
    digest = hashlib.sha256(f"{root_run_id}|{path}".encode()).digest()
    return base64.b32encode(digest[:USED]).decode().lower()
