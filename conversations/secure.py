"""How is secure metadata kept? Each value encrypted, and bound to its conversation and its name."""

from collections.abc import Mapping

from conversations.models import Conversation, SecureValue
from workspaces import vault
from workspaces.vault import Secret


def seal(conversation: Conversation, values: Mapping[str, str]) -> None:
    SecureValue.objects.bulk_create(
        SecureValue(
            workspace_id=conversation.workspace_id,
            conversation=conversation,
            name=name,
            ciphertext=vault.encrypt(conversation.workspace, value, bound_to=_place(conversation, name)),
        )
        for name, value in values.items()
    )


def reveal(value: SecureValue, conversation: Conversation) -> Secret:
    """`conversation` with its workspace, which holds the key."""
    return vault.decrypt(conversation.workspace, value.ciphertext, bound_to=_place(conversation, value.name))


def _place(conversation: Conversation, name: str) -> str:
    return f"secure:{conversation.pk}:{name}"
