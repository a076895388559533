"""What can go wrong around a conversation, split by what the caller does next.

ConversationError
├── HasMessages        a transcript came with the end, but the conversation was spoken through Parley
├── ToolCallDiffers    the id of a tool call was used again for another call
├── TurnInProgress     the agent is answering another message; try again in a moment
├── ConversationOver   it has ended; start another one
├── TakenByAnother     a person has taken it over, and it is not you
├── TurnLost           the turn was held too long and somebody else has it now
└── TurnStopped        the person has interrupted; what was begun is left in order
"""


class ConversationError(Exception):
    """Each is a conflict with what is stored; `code` names it for programs."""

    code = "conflict"


class HasMessages(ConversationError):
    code = "has_messages"


class ToolCallDiffers(ConversationError):
    code = "tool_call_differs"


class TurnInProgress(ConversationError):
    code = "turn_in_progress"


class ConversationOver(ConversationError):
    code = "ended"


class TakenByAnother(ConversationError):
    code = "taken_by_another"


class TurnLost(ConversationError):
    code = "turn_lost"


class TurnStopped(ConversationError):
    code = "turn_stopped"
