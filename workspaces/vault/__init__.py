"""How are secrets kept? Encrypted at rest under its workspace's key; in memory a type that never prints."""

from workspaces.errors import VaultError
from workspaces.vault import cipher, data_keys
from workspaces.vault.data_keys import KeyHolder
from workspaces.vault.secret import Secret

__all__ = ["Secret", "decrypt", "encrypt"]

VERSION = "v1"


def encrypt(workspace: KeyHolder, value: str, *, bound_to: str) -> str:
    """`bound_to` is the value's place, such as `secret:<id>:<version>`: only there can it be decrypted."""
    key = data_keys.to_encrypt(workspace)
    sealed = cipher.seal(key, value.encode(), bound_to=_place(workspace, bound_to))
    return f"{VERSION}:{sealed}"


def decrypt(workspace: KeyHolder, token: str, *, bound_to: str) -> Secret:
    version, _, sealed = token.partition(":")
    if version != VERSION:
        raise VaultError("This is not an encrypted value.")
    key = data_keys.to_decrypt(workspace)
    clear = cipher.unseal(key, sealed, bound_to=_place(workspace, bound_to))
    return Secret(clear.decode())


def _place(workspace: KeyHolder, bound_to: str) -> str:
    return f"{VERSION}|{workspace.id}|{bound_to}"
