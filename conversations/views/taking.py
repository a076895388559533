"""A person answers in the agent's place: takes a conversation over, writes, and hands it back."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from conversations.errors import ConversationError
from conversations.models import Conversation
from conversations.services import taking_over
from conversations.views.chat import LONGEST, TOO_LONG
from conversations.views.conversations import JOINS, draw
from workspaces import access
from workspaces.access import SignedInRequest
from workspaces.models import Role
from workspaces.services import audit


@require_POST
@access.signed_in
def take_over(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    found = _reach(request, conversation_id)
    by = audit.actor_of(request)
    return _done(request, found, lambda: taking_over.take(found, request.user, by))


@require_POST
@access.signed_in
def say(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    found = _reach(request, conversation_id)
    text = request.POST.get("text", "").replace("\x00", "").strip()
    if len(text) > LONGEST:
        return draw(request, found, problem=TOO_LONG, typed=text)
    if not text:
        return redirect("conversations:conversation", conversation_id=found.pk)
    return _done(request, found, lambda: taking_over.say(found, request.user, text), typed=text)


@require_POST
@access.signed_in
def hand_back(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    found = _reach(request, conversation_id)
    by = audit.actor_of(request)
    return _done(request, found, lambda: taking_over.hand_back(found, request.user, by))


def _reach(request: SignedInRequest, conversation_id: UUID) -> Conversation:
    return access.reach(request, Conversation, conversation_id, Role.EDITOR, join=JOINS)


def _done(
    request: SignedInRequest, found: Conversation, act: Callable[[], None], *, typed: str = ""
) -> HttpResponse:
    try:
        act()
    except ConversationError as error:
        found.refresh_from_db()
        return draw(request, found, problem=str(error), typed=typed)
    if request.htmx:
        return draw(request, found)
    return redirect("conversations:conversation", conversation_id=found.pk)
