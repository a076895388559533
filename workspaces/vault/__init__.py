"""How are secrets kept? Encrypted at rest under a workspace's own key; in memory a type that cannot be printed."""

from workspaces.vault.secret import Secret

__all__ = ["Secret"]
