"""How does a conversation that took place elsewhere come in? Ended at once, with its follow-up."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from conversations import transcripts
from conversations.models import Conversation
from conversations.services import ending, following_up, starting
from conversations.services.starting import Opening, Started
from conversations.transcripts import Entry


def bring_in(opening: Opening, transcript: Sequence[Entry]) -> Started:
    """Raises InputInvalid."""
    if known := starting.known_by_external_id(opening):
        return Started(known, is_new=False)
    try:
        with transaction.atomic():
            return Started(_ended(opening, transcript), is_new=True)
    except IntegrityError:
        return Started(starting.made_meanwhile(opening), is_new=False)


def _ended(opening: Opening, transcript: Sequence[Entry]) -> Conversation:
    now = timezone.now()
    times = [item.at for item in transcript if item.at] or [now]
    conversation = starting.open_one(
        opening, started_at=min(times), status="ended", ended_at=max(times), ended_by="api"
    )
    transcripts.store(conversation, transcript)
    conversation.analysis = ending.analysed(conversation, None)
    conversation.save(update_fields=["analysis"])
    following_up.start(conversation)
    return conversation
