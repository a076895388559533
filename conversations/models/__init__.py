from conversations.models.conversation import Conversation, ConversationKind, Edition, SecureValue
from conversations.models.inquiry import Inquiry
from conversations.models.message import Line, Message, ModelCall, ToolCall
from conversations.models.phone_line import PhoneLine
from conversations.models.pushed import PushedVariables
from conversations.models.widget import Theme, Widget

__all__ = [
    "Conversation",
    "ConversationKind",
    "Edition",
    "Inquiry",
    "Line",
    "Message",
    "ModelCall",
    "PhoneLine",
    "PushedVariables",
    "SecureValue",
    "Theme",
    "ToolCall",
    "Widget",
]
