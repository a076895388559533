"""What does a run see of its conversation? Fills the engine's port, RunContext; read when a step asks."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import F, Func, JSONField, Value

from connectors.declare import JSON
from conversations import secure
from conversations.models import Conversation, Message, SecureValue
from conversations.transcripts import entry, spoken
from workflows.definition.vocabulary import CUSTOMER
from workflows.engine.context import RunContext
from workspaces.vault import Secret


def of(workspace_id: UUID, conversation_id: UUID, message_seq: int | None) -> RunContext:
    return ConversationContext(workspace_id, conversation_id, message_seq)


class ConversationContext:
    def __init__(self, workspace_id: UUID, conversation_id: UUID, message_seq: int | None) -> None:
        self._rows = Conversation.objects.filter(workspace_id=workspace_id, pk=conversation_id)
        self._message_seq = message_seq

    def values(self, root: str) -> Mapping[str, JSON]:
        match root:
            case "conversation":
                return ConversationRoot(self._conversation, self._message_seq)
            case "session":
                # Asked again each time: an earlier step of this run may have set it.
                session: dict[str, JSON] = self._rows.values_list("session", flat=True).get()
                return session
        return {}

    def secure_names(self) -> frozenset[str]:
        return frozenset(self._secure_values().values_list("name", flat=True))

    def reveal(self, name: str) -> Secret:
        value = self._secure_values().filter(name=name).first()
        if value is None:
            raise KeyError(name)
        return secure.reveal(value, self._conversation)

    def set_session(self, name: str, value: JSON) -> None:
        """One statement, so that two runs of a conversation do not undo each other's."""
        added = Value({name: value}, JSONField())
        self._rows.update(session=Func(F("session"), added, template="%(expressions)s", arg_joiner=" || "))

    @cached_property
    def _conversation(self) -> Conversation:
        return self._rows.select_related("workspace").get()

    def _secure_values(self) -> Any:
        return SecureValue.objects.filter(conversation_id__in=self._rows.values("id"))


class ConversationRoot(Mapping[str, JSON]):
    """`conversation.*`: the transcript is fetched only when it is used."""

    def __init__(self, conversation: Conversation, message_seq: int | None) -> None:
        self._conversation = conversation
        self._message_seq = message_seq
        self._values: Mapping[str, Callable[[], JSON]] = {
            "id": lambda: str(conversation.pk),
            "channel": lambda: conversation.channel,
            "direction": lambda: conversation.direction,
            "customer": lambda: {**dict.fromkeys(CUSTOMER), **conversation.customer},
            "started_at": lambda: _instant(conversation.started_at),
            "ended_at": lambda: _instant(conversation.ended_at),
            "duration_s": self._duration_s,
            "transcript": lambda: [entry(message) for message in self._messages],
            "transcript_text": lambda: spoken(self._messages),
            "summary": lambda: conversation.summary,
            "ended_by": lambda: conversation.ended_by,
            "ended_reason": lambda: conversation.ended_reason,
        }

    def __getitem__(self, name: str) -> JSON:
        return self._values[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @cached_property
    def _messages(self) -> list[Message]:
        messages = Message.objects.filter(conversation=self._conversation).order_by("seq")
        if self._message_seq is not None:
            messages = messages.filter(seq__lte=self._message_seq)
        return list(messages)

    def _duration_s(self) -> JSON:
        ended_at = self._conversation.ended_at
        return round((ended_at - self._conversation.started_at).total_seconds()) if ended_at else None


def _instant(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
