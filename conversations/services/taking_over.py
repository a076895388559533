"""How does a person take an agent's place in a chat? The agent pauses, the person writes, and hands back."""

import time
from uuid import UUID

from django.db import transaction

from conversations import events
from conversations.errors import ConversationOver, TakenByAnother, TurnInProgress
from conversations.models import Conversation, Line
from conversations.models.conversation import Channel
from conversations.services import tool_calls
from conversations.services.saying import Transcript
from conversations.services.turns import Turn
from workspaces.models import User
from workspaces.services import audit
from workspaces.services.audit import Actor

JOINED = "{name} has joined the conversation."
LEFT = "{name} has left the conversation."
WAITS_AT_MOST_S, TRIES_EVERY_S = 2.0, 0.05


def can_be_taken(conversation: Conversation) -> bool:
    """Open, in writing, and held by Parley: what a runtime elsewhere holds is not ours to pause."""
    return conversation.status == "open" and conversation.channel == Channel.CHAT and bool(conversation.node)


def take(conversation: Conversation, member: User, by: Actor) -> None:
    """From the agent, or from another member. Once more changes nothing. Raises ConversationOver, and
    TurnInProgress while the agent is still answering.
    """
    with Turn(conversation.pk), transaction.atomic():
        held = Conversation.objects.get(pk=conversation.pk)
        if not can_be_taken(held):
            raise ConversationOver("This conversation cannot be taken over.")
        if held.taken_by_id == member.pk:
            return
        held.taken_by = member
        held.save(update_fields=["taken_by"])
        tool_calls.decline(held)  # a later yes is meant for the person
        audit.record(conversation.workspace, by, "conversation.taken_over", of=held)
        _tell(held, JOINED, member, Line.JOINED)


def say(conversation: Conversation, member: User, text: str) -> None:
    """Raises ConversationOver, TurnInProgress and TakenByAnother."""
    with _turn_soon(conversation.pk), transaction.atomic():
        held = _of(conversation, member)
        Transcript(held).said(text, line=Line.MEMBER, name=name_of(member))


def hand_back(conversation: Conversation, member: User, by: Actor) -> None:
    """The agent answers what is said next. Raises ConversationOver, TurnInProgress and TakenByAnother."""
    with _turn_soon(conversation.pk), transaction.atomic():
        held = _of(conversation, member)
        held.taken_by = None
        held.save(update_fields=["taken_by"])
        audit.record(conversation.workspace, by, "conversation.handed_back", of=held)
        _tell(held, LEFT, member, Line.LEFT)


def name_of(member: User) -> str:
    """As the visitor reads it: never the address of somebody without a name."""
    return (member.name or "A person")[:64]


def _turn_soon(conversation_id: UUID) -> Turn:
    """While a person has it, a turn only stores what the visitor said: it is over in a moment, and whoever
    writes at that moment is not sent away.
    """
    until = time.monotonic() + WAITS_AT_MOST_S
    while True:
        try:
            return Turn(conversation_id)
        except TurnInProgress:
            if time.monotonic() >= until:
                raise
        time.sleep(TRIES_EVERY_S)


def _of(conversation: Conversation, member: User) -> Conversation:
    held = Conversation.objects.get(pk=conversation.pk)
    if held.taken_by_id != member.pk:
        raise TakenByAnother("You do not have this conversation any more. Take it over again to write.")
    return held


def _tell(conversation: Conversation, sentence: str, member: User, line: str) -> None:
    name = name_of(member)
    said = Transcript(conversation).said(sentence.format(name=name), line=line, name=name)
    events.changed(conversation, seq=said.seq, status=conversation.status)
