"""Whose turn is it? One reply at a time in a conversation, held by a lease that a dead process lets go."""

from collections.abc import Callable
from datetime import timedelta
from typing import Self
from uuid import UUID, uuid4

from django.db.models import Q
from django.utils import timezone

from conversations.errors import ConversationOver, TurnInProgress, TurnLost, TurnStopped
from conversations.models import Conversation

LEASE = timedelta(seconds=45)
"""Longer than a model may be silent; put off with everything that happens."""
PUT_OFF_EVERY = timedelta(seconds=5)


def never() -> bool:
    return False


class Turn:
    def __init__(
        self, conversation_id: UUID, *, is_over_too: bool = False, is_stopped: Callable[[], bool] = never
    ) -> None:
        """`is_over_too`: also in a conversation that has ended (a result that arrives late). `is_stopped` is
        asked with everything that happens: whether the person has interrupted.
        """
        self._is_stopped = is_stopped
        now = timezone.now()
        self.id = uuid4()
        self._rows = Conversation.objects.filter(pk=conversation_id)
        free = Q(turn_until=None) | Q(turn_until__lt=now)
        open_ones = self._rows if is_over_too else self._rows.filter(status="open")
        if not open_ones.filter(free).update(turn_id=self.id, turn_until=now + LEASE):
            if not is_over_too and not open_ones.exists():
                raise ConversationOver("The conversation has ended.")
            raise TurnInProgress("The agent is still answering the message before. Try again in a moment.")
        self._kept_at = now

    def keep(self) -> None:
        """Raises TurnLost when the lease ran out and somebody else took over: nothing more may be said; and
        TurnStopped when the person has interrupted.
        """
        if self._is_stopped():
            raise TurnStopped("The person has interrupted.")
        now = timezone.now()
        if now - self._kept_at < PUT_OFF_EVERY:
            return
        if not self._rows.filter(turn_id=self.id).update(turn_until=now + LEASE):
            raise TurnLost("This turn took too long and was taken over.")
        self._kept_at = now

    def release(self) -> None:
        self._rows.filter(turn_id=self.id).update(turn_id=None, turn_until=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.release()
