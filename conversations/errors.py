"""What can go wrong around a conversation, split by what the caller does next.

ConversationError
├── HasMessages        a transcript came with the end, but the conversation was spoken through Parley
└── ToolCallDiffers    the id of a tool call was used again for another call
"""


class ConversationError(Exception):
    """Each is a conflict with what is stored; `code` names it for programs."""

    code = "conflict"


class HasMessages(ConversationError):
    code = "has_messages"


class ToolCallDiffers(ConversationError):
    code = "tool_call_differs"
