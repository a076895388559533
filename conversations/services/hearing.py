"""What did the person on the phone hear? When somebody speaks in between, that is what counts as said."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from conversations import events
from conversations.models import Conversation, Message

CUT = " —"


@transaction.atomic
def cut(conversation: Conversation, *, after: int, heard: str, was_begun: str = "") -> None:
    """Of what the agent said after message `after`, only what was heard stays. `was_begun` is what it was
    saying when it was interrupted, and is not stored yet. What tools answered stays.
    """
    said = list(
        Message.objects.filter(conversation=conversation, role="agent", seq__gt=after).order_by("seq")
    )
    *kept, of_the_last = heard_of([*(one.text for one in said), was_begun], heard)
    for message, text in zip(said, kept, strict=True):
        if text == message.text:
            continue
        if text:
            message.text = text.rstrip() + CUT
            message.save(update_fields=["text"])
        else:
            message.delete()
    if of_the_last:
        _add(conversation, of_the_last.rstrip() + CUT)
    events.changed(conversation, seq=_last(conversation), status=conversation.status)


def heard_of(texts: Sequence[str], heard: str) -> list[str]:
    """Of each text the part that was heard. Twilio tells what it was playing; what came before that was heard
    in full. What it tells may fit nothing (a number read out): then all that is stored counts as heard.
    """
    spoken = heard.split()
    begins = range(len(texts))
    found = next((at for at in reversed(begins) if spoken and _is_begun_by(texts[at:], spoken)), None)
    if found is None:
        is_silent = not spoken
        last = max((at for at in begins if texts[at]), default=-1)
        return ["" if is_silent and at == last else text for at, text in enumerate(texts)]
    parts = list(texts[:found])
    for text in texts[found:]:
        count = len(text.split())
        part, spoken = spoken[:count], spoken[count:]
        parts.append(text if part == text.split() else " ".join(part))
    return parts


def _is_begun_by(texts: Sequence[str], spoken: Sequence[str]) -> bool:
    """The last word may be heard in part."""
    words = " ".join(texts).split()
    *whole, last = spoken
    return (
        len(words) >= len(spoken)
        and words[: len(whole)] == whole
        and words[len(whole)].startswith(last.rstrip(".,;:!?"))
    )


def _add(conversation: Conversation, text: str) -> None:
    Message.objects.create(
        workspace_id=conversation.workspace_id,
        conversation=conversation,
        seq=_last(conversation) + 1,
        role="agent",
        text=text,
        at=timezone.now(),
    )


def _last(conversation: Conversation) -> int:
    return Message.objects.filter(conversation=conversation).aggregate(last=Max("seq"))["last"] or 0
