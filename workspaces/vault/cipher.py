"""How is one value sealed? AES-256-GCM with a random 96-bit nonce, bound to the place of the value."""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from workspaces.errors import VaultError

NONCE_BYTES = 12


def seal(key: bytes, clear: bytes, *, bound_to: str) -> str:
    nonce = os.urandom(NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, clear, bound_to.encode())).decode()


def unseal(key: bytes, sealed: str, *, bound_to: str) -> bytes:
    """Raises VaultError when the value was damaged, sealed with another key, or belongs to another place."""
    try:
        raw = base64.urlsafe_b64decode(sealed)
        return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to.encode())
    except (binascii.Error, ValueError, InvalidTag) as error:
        raise VaultError("This encrypted value cannot be opened here.") from error
