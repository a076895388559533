"""Which idempotency key does a step carry? One for all its attempts, in every process and in every successor
run.
"""

import base64
import hashlib
from uuid import UUID


def idempotency_key(root_run_id: UUID, path: str) -> str:
    digest = hashlib.sha256(f"{root_run_id}|{path}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:32]
