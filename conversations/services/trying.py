"""How does a member talk with an agent? In a chat of their own, with its draft or as it is live.

With the draft it is a test: nothing follows it. As it is live it is a conversation like any other.
"""

from django.db.models import Q

from conversations.errors import ConversationOver, TurnInProgress
from conversations.models import Conversation, ConversationKind, Edition
from conversations.services import ending, replying, starting
from conversations.services.starting import Opening
from workflows.models import Agent
from workspaces.models import User

MEMBER = "member"
"""In the metadata: whose chat it is."""


def mine(user: User) -> Q:
    """Conversations that this member may speak in: tests, and those that they started themselves."""
    return Q(kind=ConversationKind.TEST) | Q(metadata__member=str(user.pk))


def current(agent: Agent, user: User) -> Conversation | None:
    """The newest chat of this member with the agent; it may have ended."""
    rows = Conversation.objects.in_workspace(agent.workspace).filter(agent=agent)
    found: Conversation | None = rows.filter(metadata__member=str(user.pk)).order_by("-pk").first()
    return found


def start(agent: Agent, user: User, edition: str) -> Conversation:
    """A new chat; what was open is ended. The agent greets. Raises InputInvalid."""
    before = current(agent, user)
    if before is not None and before.status == "open":
        ending.end(before, by="person")
    is_draft = edition == Edition.DRAFT
    opening = Opening(
        agent=agent,
        channel="chat",
        customer={"name": user.name or user.email, "email": user.email},
        metadata={MEMBER: str(user.pk)},
        kind=ConversationKind.TEST if is_draft else ConversationKind.PRODUCTION,
        edition=Edition.DRAFT if is_draft else Edition.LIVE,
    )
    started = starting.start(opening).conversation
    for _ in replying.begin(started):
        pass
    return started


def say(conversation: Conversation, text: str, *, key: str | None = None) -> str:
    """What was said back is stored. Gives what went wrong, in words; empty: nothing."""
    try:
        for _ in replying.reply(conversation, text, key=key):
            pass
    except (ConversationOver, TurnInProgress) as error:
        return str(error)
    return ""
