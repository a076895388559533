from conversations.models.conversation import Conversation, ConversationKind, Edition, SecureValue
from conversations.models.message import Line, Message, ModelCall, ToolCall

__all__ = [
    "Conversation",
    "ConversationKind",
    "Edition",
    "Line",
    "Message",
    "ModelCall",
    "SecureValue",
    "ToolCall",
]
