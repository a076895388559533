"""What have the sockets that people talk over in common? How much may come, and how many may be open.

Members' chats, visitors' and telephone calls.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer

LARGEST_FRAME = 64 * 1024
NOT_FOUND, NOT_UNDERSTOOD, TOO_LARGE, TOO_MANY = 4404, 1003, 1009, 1008

_open: Counter[tuple[type, Hashable]] = Counter()


class TalkSocket(ABC, AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    most_frames: ClassVar[int]
    in_seconds: ClassVar[float]
    _counted: tuple[type, Hashable] | None = None
    _watch: asyncio.Task[None] | None = None
    _turn: asyncio.Task[None] | None = None

    def enter(self, owner: Hashable, *, most: int) -> bool:
        """False when the owner has so many open already, in this process."""
        counted = type(self), owner
        if _open[counted] >= most:
            return False
        self._counted = counted
        _open[counted] += 1
        self._came: deque[float] = deque(maxlen=self.most_frames)
        return True

    async def disconnect(self, code: int) -> None:
        """A turn that is under way goes on in its thread, and is stored."""
        for task in (self._watch, self._turn):
            if task:
                task.cancel()
        if self._counted is None:
            return
        _open[self._counted] -= 1
        if not _open[self._counted]:
            del _open[self._counted]

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if text_data is None:
            await self.close(code=NOT_UNDERSTOOD)
        elif len(text_data.encode(errors="replace")) > LARGEST_FRAME:
            await self.close(code=TOO_LARGE)
        elif self._is_flood():
            await self.close(code=TOO_MANY)
        else:
            await self.hear(text_data)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does it, but for the hop into a thread that closes old connections to the database. Who
        asks it does so in a thread of their own, and closes theirs.
        """
        await getattr(self, get_handler_name(message))(message)

    @abstractmethod
    async def hear(self, frame: str) -> None:
        """One frame, within the limits."""

    def _is_flood(self) -> bool:
        now = time.monotonic()
        is_flood = len(self._came) == self.most_frames and now - self._came[0] < self.in_seconds
        self._came.append(now)
        return is_flood


class ChatSocket(TalkSocket):
    """What is said elsewhere is shown too: in another tab, by a person of the team, or late."""

    conversation: Any
    _seen: int = 0
    """The number of the last message that was shown."""
    _heard: Mapping[str, Any] | None = None
    """The last change that came while a turn was under way: its messages come by themselves."""

    async def conversation_changed(self, event: Mapping[str, Any]) -> None:
        """What was said here comes back, too."""
        if self._turn is not None and not self._turn.done():
            self._heard = event
        elif not self._is_shown(event):
            await self._show_what_came()

    async def _show_what_came(self) -> None:
        await self._send_news(is_over=True)

    async def _end_turn(self) -> None:
        """What came after the last look is looked at, before changes are heard at once again."""
        await self._send_news(is_over=True)
        while (heard := self._heard) is not None:
            self._heard = None
            if not self._is_shown(heard):
                await self._send_news(is_over=True)

    def _is_shown(self, event: Mapping[str, Any]) -> bool:
        return int(event["seq"]) <= self._seen and event["status"] == self.conversation.status

    @abstractmethod
    async def _send_news(self, *, is_over: bool = False) -> None:
        """What was not shown yet; `is_over`: nobody is speaking."""
