"""What changed in a conversation just now? For open pages and chats; nothing depends on its arrival."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import transaction

from conversations.models import Conversation
from workflows import events


@dataclass(frozen=True)
class ConversationChanged:
    """It has begun, there is a message more, somebody has taken it over, or it has ended."""

    workspace_id: UUID
    conversation_id: UUID
    seq: int
    """Of the newest message."""
    status: str

    @property
    def key(self) -> UUID:
        return self.conversation_id

    @property
    def groups(self) -> tuple[str, ...]:
        return group_of(self.conversation_id), group_of_workspace(self.workspace_id)

    @property
    def message(self) -> dict[str, str | None]:
        """As consumers receive it, in their method `conversation_changed`."""
        return {
            "type": "conversation.changed",
            "conversation_id": str(self.conversation_id),
            "seq": str(self.seq),
            "status": self.status,
        }


def group_of(conversation_id: UUID) -> str:
    return f"conversation.{conversation_id}"


def group_of_workspace(workspace_id: UUID) -> str:
    """All conversations of a workspace."""
    return f"workspace.{workspace_id}.conversations"


def changed(conversation: Conversation, *, seq: int, status: str) -> None:
    """After the commit of the transaction that is open, if one is."""
    event = ConversationChanged(conversation.workspace_id, conversation.pk, seq, status)
    transaction.on_commit(partial(events.publish, event))
