"""Which key-encryption keys are there? Read from VAULT_KEYS: the first encrypts, all of them decrypt."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Keyring:
    first: str
    """Id of the key that new things are encrypted with."""
    keys: Mapping[str, bytes] = field(repr=False)


@lru_cache(maxsize=4)
def parse(text: str) -> Keyring:
    """`kid:base64,kid:base64,…`, each key 32 bytes. The message of a bad list never holds a key."""
    keys: dict[str, bytes] = {}
    for place, entry in enumerate(filter(None, (part.strip() for part in text.split(","))), start=1):
        key_id, _, encoded = entry.partition(":")
        if not KEY_ID.fullmatch(key_id) or key_id in keys:
            raise ImproperlyConfigured(
                f"VAULT_KEYS: entry {place} must start with an id of its own, as in id:base64."
            )
        keys[key_id] = _decode(encoded, key_id)
    if not keys:
        raise ImproperlyConfigured("VAULT_KEYS is empty. It needs at least one key, as in id:base64.")
    return Keyring(first=next(iter(keys)), keys=keys)


def _decode(encoded: str, key_id: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImproperlyConfigured(f"VAULT_KEYS: the key {key_id} is not base64.") from error
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"VAULT_KEYS: the key {key_id} must be {KEY_BYTES} bytes, not {len(key)}.")
    return key
