"""What came of a call whose deadline had passed? It is told in the conversation as soon as it is known."""

from uuid import UUID

from django.db import transaction

from conversations.errors import TurnInProgress
from conversations.models import ToolCall
from conversations.services import tool_calls
from conversations.services.talking import Talk
from conversations.services.turns import Turn


def tell(tool_call_id: UUID) -> None:
    """Once; harmless when there is nothing to tell yet, or while the agent speaks: the sweep comes again."""
    made = ToolCall.objects.select_related("conversation").filter(pk=tool_call_id, late_due=True).first()
    if made is None:
        return
    if not made.conversation.node:
        tool_calls.settle_late(made)  # the runtime that holds the conversation reads it from there
        return
    try:
        turn = Turn(made.conversation_id, is_over_too=True)
    except TurnInProgress:
        return
    try:
        _tell(made, Talk(made.conversation_id, turn.keep))
    finally:
        turn.release()


def _tell(made: ToolCall, talk: Talk) -> None:
    with transaction.atomic():
        result = tool_calls.settle_late(made)
        if result is not None:
            talk.transcript.answered(made, result.stored(), is_late=True)
    if result is not None and talk.conversation.status == "open" and not talk.conversation.taken_by_id:
        for _event in talk.tell():
            pass  # each is stored, and told to the pages that are open
