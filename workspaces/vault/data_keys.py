"""Which key encrypts a workspace's values? A data key of its own, kept wrapped by a key-encryption key."""

import os
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from django.conf import settings

from workspaces.errors import VaultError
from workspaces.vault import cipher, keyring


class KeyHolder(Protocol):
    """What the vault needs of a workspace, so that it can be imported before the models are loaded."""

    id: UUID
    wrapped_key: str

    def stored_key(self) -> str: ...

    def keep_key(self, wrapped: str, *, instead_of: str) -> str: ...


def to_encrypt(workspace: KeyHolder) -> bytes:
    """Read from the row each time: with the key of a rolled-back transaction, values would be lost."""
    wrapped = workspace.stored_key() or workspace.keep_key(_wrap(workspace.id, os.urandom(32)), instead_of="")
    return _unwrap(settings.VAULT_KEYS, workspace.id, wrapped)


def to_decrypt(workspace: KeyHolder) -> bytes:
    wrapped = workspace.wrapped_key or workspace.stored_key()
    if not wrapped:
        raise VaultError("This workspace has no key yet, so nothing of it can be decrypted.")
    return _unwrap(settings.VAULT_KEYS, workspace.id, wrapped)


def rewrap(workspace: KeyHolder) -> bool:
    """Wraps the data key with the first key-encryption key; False when it already was."""
    wrapped = workspace.stored_key()
    if not wrapped or wrapping_key_id(wrapped) == keyring.parse(settings.VAULT_KEYS).first:
        return False
    data_key = _unwrap(settings.VAULT_KEYS, workspace.id, wrapped)
    workspace.keep_key(_wrap(workspace.id, data_key), instead_of=wrapped)
    return True


def wrapping_key_id(wrapped: str) -> str:
    return wrapped.split(":")[1]


def _wrap(workspace_id: UUID, data_key: bytes) -> str:
    ring = keyring.parse(settings.VAULT_KEYS)
    sealed = cipher.seal(ring.keys[ring.first], data_key, bound_to=_place(workspace_id))
    return f"v1:{ring.first}:{sealed}"


@lru_cache(maxsize=4096)
def _unwrap(vault_keys: str, workspace_id: UUID, wrapped: str) -> bytes:
    _version, key_id, sealed = wrapped.split(":")
    key = keyring.parse(vault_keys).keys.get(key_id)
    if key is None:
        raise VaultError(f"VAULT_KEYS has no key {key_id}, which this workspace's key is wrapped with.")
    return cipher.unseal(key, sealed, bound_to=_place(workspace_id))


def _place(workspace_id: UUID) -> str:
    return f"v1|{workspace_id}|data key"
