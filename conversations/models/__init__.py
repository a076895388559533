from conversations.models.conversation import Conversation, SecureValue
from conversations.models.message import Message, ToolCall

__all__ = ["Conversation", "Message", "SecureValue", "ToolCall"]
