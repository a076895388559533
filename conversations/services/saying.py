"""How do messages get into a conversation? One after the other, by whoever has the turn."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min
from django.utils import timezone

from connectors.declare import JSON
from conversations import events
from conversations.models import Conversation, Line, Message, ToolCall
from conversations.replying import history
from conversations.replying.events import Heard, Said
from conversations.services.turns import PUT_OFF_EVERY


class Transcript:
    """What was said so far, read once, and what is being added."""

    def __init__(self, conversation: Conversation, *, inactive_after: timedelta | None = None) -> None:
        self._conversation = conversation
        self._inactive_after = inactive_after
        self._put_off_at: datetime | None = None
        newest = Message.objects.filter(conversation=conversation).order_by("-seq")
        self.messages = list(reversed(newest[: history.MOST_MESSAGES]))

    @property
    def last_seq(self) -> int:
        return self.messages[-1].seq if self.messages else 0

    def heard(self, text: str, key: str | None) -> Heard:
        stored = self._add(role="user", text=text, key=key)
        return Heard(seq=stored.seq, text=text, at=_time(stored))

    def said(self, text: str, *, line: str = "", tool_call_id: str = "", name: str = "") -> Said:
        stored = self._add(role="agent", text=text, line=line, tool_call_id=tool_call_id, name=name)
        return told(stored)

    def answered(self, made: ToolCall, result: JSON, *, is_late: bool = False) -> None:
        self._add(
            role="tool",
            tool_call_id=made.tool_call_id,
            name=made.name,
            arguments=made.arguments,
            result=result,
            line=Line.LATE if is_late else "",
        )

    def was_heard(self, key: str) -> bool:
        if any(one.key == key for one in self.messages):
            return True
        if len(self.messages) < history.MOST_MESSAGES:
            return False  # these are all
        return Message.objects.filter(conversation=self._conversation, key=key).exists()

    def replied_to(self, key: str) -> list[Said]:
        """What the agent said to a message, whatever followed later."""
        heard = Message.objects.get(conversation=self._conversation, key=key)
        later = Message.objects.filter(conversation=self._conversation, seq__gt=heard.seq)
        following = later.filter(role="user").aggregate(first=Min("seq"))["first"]
        replies = later.filter(role="agent", **({"seq__lt": following} if following else {}))
        return [told(one) for one in replies.order_by("seq")]

    def since_the_person(self) -> list[Message]:
        return history.said_since_the_person(self.messages)

    def _add(self, **columns: Any) -> Message:
        now = timezone.now()
        stored = Message.objects.create(
            workspace_id=self._conversation.workspace_id,
            conversation=self._conversation,
            seq=self.last_seq + 1,
            at=now,
            **columns,
        )
        self.messages.append(stored)
        events.changed(self._conversation, seq=stored.seq, status=self._conversation.status)
        self._put_off_inactivity(now)
        return stored

    def _put_off_inactivity(self, now: datetime) -> None:
        """To within some seconds: what is said in one breath puts it off once."""
        if not self._inactive_after or (self._put_off_at and now - self._put_off_at < PUT_OFF_EVERY):
            return
        open_one = Conversation.objects.filter(pk=self._conversation.pk, status="open")
        open_one.update(inactive_at=now + self._inactive_after)
        self._put_off_at = now


def told(stored: Message) -> Said:
    return Said(
        seq=stored.seq,
        text=stored.text,
        at=_time(stored),
        line=stored.line,
        tool_call_id=stored.tool_call_id,
    )


def _time(stored: Message) -> datetime:
    assert stored.at is not None, "what Parley stores has a time"
    return stored.at
