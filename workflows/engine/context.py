"""What does a run know of its conversation? A port that the layer above fills in.

Transcript, session and secure values live with the conversation. The engine reads them through this port at
call time, so that it never imports upward; `conversations` supplies the provider in its AppConfig.ready(). A
run without a conversation has these roots empty.
"""

from collections.abc import Callable, Mapping
from typing import Protocol
from uuid import UUID

from connectors.declare import JSON
from workspaces.vault import Secret


class RunContext(Protocol):
    def values(self, root: str) -> Mapping[str, JSON]:
        """The values below `conversation` or `session` as they stand now; never a secure one."""
        ...

    def secure_names(self) -> frozenset[str]:
        """Which secure metadata the conversation was given."""
        ...

    def reveal(self, name: str) -> Secret:
        """One secure value, decrypted. Raises KeyError when the conversation has none of that name."""
        ...

    def set_session(self, name: str, value: JSON) -> None: ...


class NoConversation:
    """The context of a run that belongs to no conversation."""

    def values(self, root: str) -> Mapping[str, JSON]:
        return {}

    def secure_names(self) -> frozenset[str]:
        return frozenset()

    def reveal(self, name: str) -> Secret:
        raise KeyError(name)

    def set_session(self, name: str, value: JSON) -> None:
        """Nothing to remember it in: a run without a conversation has no session."""


type Provider = Callable[[UUID, UUID, int | None], RunContext]
"""(workspace id, conversation id, how many messages a live run may see) → its context."""

_provider: list[Provider] = []


def provide(provider: Provider) -> None:
    _provider[:] = [provider]


def of(workspace_id: UUID, context_id: UUID | None, message_seq: int | None) -> RunContext:
    if context_id is None or not _provider:
        return NoConversation()
    return _provider[0](workspace_id, context_id, message_seq)
