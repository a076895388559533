"""A visitor's chat over a websocket: who has the session's token is in; nothing is lost when the line breaks.

The first frame brings the token and what was seen last; all that came since is told then. Each message has
its sender's key, so that one sent twice, after a break, is said once. Whether the widget is still there is
asked with each message and now and then.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from conversations import events, frames, tokens, turning
from conversations.frames import Spoken
from conversations.models import Conversation
from conversations.presenters import widget as presenter
from conversations.services import ending, replying, visiting, widgets
from conversations.sockets import NOT_FOUND, NOT_UNDERSTOOD, TOO_MANY, ChatSocket
from workspaces import throttle

ENTERS_WITHIN_S = 10.0
LOOKS_EVERY_S = 60.0
MOST_SOCKETS = 100
"""From one network address, in one process: an office has one."""
MOST_MESSAGES = 200
"""In one chat, in a quarter of an hour, over however many sockets."""
NO_SESSION = 4401


class WidgetChat(ChatSocket):
    most_frames, in_seconds = 20, 30.0
    conversation: Conversation | None = None
    _session: str = ""

    async def connect(self) -> None:
        address = str((self.scope.get("client") or ("unknown",))[0])
        if not self.enter(address, most=MOST_SOCKETS):
            await self.close(code=TOO_MANY)
            return
        await self.accept()
        self._watch = asyncio.create_task(self._look_now_and_then())

    async def disconnect(self, code: int) -> None:
        await super().disconnect(code)
        if self.conversation:
            await self.channel_layer.group_discard(self._group, self.channel_name)

    @property
    def _group(self) -> str:
        assert self.conversation
        return events.group_of(self.conversation.pk)

    # --- What comes in ---------------------------------------------------------------------------------
    async def hear(self, frame: str) -> None:
        if self.conversation is None:
            await self._enter(frame)
        else:
            await self._hear(frame)

    async def _enter(self, frame: str) -> None:
        """`{"session": …, "after": …}`"""
        wanted = _entering(frame)
        if wanted is None:
            await self.close(code=NOT_UNDERSTOOD)
            return
        self._session, self._seen = wanted
        if (code := await turning.in_thread(self._find)) is not None:
            self.conversation = None
            await self.close(code=code)
            return
        assert self.conversation
        await self.channel_layer.group_add(self._group, self.channel_name)
        renewed = tokens.session(self.conversation.agent.widget.pk, self.conversation.pk)
        await self._send({"type": "hello", "session": renewed})
        await self._send_news(is_over=True)

    async def _hear(self, frame: str) -> None:
        if (code := await turning.in_thread(self._find)) is not None:
            await self.close(code=code)
        elif _is_end(frame):
            await turning.in_thread(self._end)
            await self._send_news(is_over=True)
        elif not isinstance(said := frames.understood(frame), Spoken):
            await self.close(code=NOT_UNDERSTOOD)
        elif not await turning.in_thread(self._may_say):
            await self._send({"type": "problem", "text": "Too many messages. Wait a few minutes."})
        else:
            self._turn = asyncio.create_task(self._take_turn(said, after=self._turn))

    def _may_say(self) -> bool:
        assert self.conversation
        return throttle.may_do(f"widget:say:{self.conversation.pk}", MOST_MESSAGES)

    def _end(self) -> None:
        assert self.conversation
        ending.end(self.conversation, by="person")

    # --- What goes out ---------------------------------------------------------------------------------
    async def _take_turn(self, said: Spoken, *, after: asyncio.Task[None] | None) -> None:
        """Who writes faster than the agent answers is heard in that order."""
        if after is not None:
            await asyncio.wait([after])
        assert self.conversation
        held, spoken = self.conversation, ""
        async for happened in turning.gathered(lambda: replying.reply(held, said.text, key=said.key)):
            spoken = happened.spoken(spoken)
            for problem in happened.problems:
                await self._send({"type": "problem", "text": problem})
            if happened.is_news and not happened.is_over:
                await self._send_news()
            if spoken or happened.calls:
                await self._send({"type": "typing", "text": spoken})
        await self._end_turn()

    async def _send_news(self, *, is_over: bool = False) -> None:
        """`is_over`: nobody is speaking, so what one may answer is told too."""
        told, self._seen = await turning.in_thread(self._news, self._seen, is_over)
        if told:
            await self._send(told)

    def _news(self, seen: int, is_over: bool) -> tuple[dict[str, Any], int]:
        assert self.conversation
        self.conversation.refresh_from_db(fields=["status", "node", "taken_by"])
        said, last = presenter.news(self.conversation, seen)
        if not said and not is_over:
            return {}, last
        told: dict[str, Any] = {"type": "said", "messages": said, "last": last}
        if is_over:
            replies, is_strict = presenter.replies(self.conversation)
            told |= {"replies": replies, "is_strict": is_strict}
        return told | {"is_over": is_over, "is_open": self.conversation.status == "open"}, last

    async def _send(self, told: Mapping[str, Any]) -> None:
        await self.send(text_data=json.dumps(told))

    # --- Who may ---------------------------------------------------------------------------------------
    async def _look_now_and_then(self) -> None:
        await asyncio.sleep(ENTERS_WITHIN_S)
        while True:
            if self.conversation is None:
                await self.close(code=NO_SESSION)
                return
            if (code := await turning.in_thread(self._find)) is not None:
                await self.close(code=code)
                return
            await asyncio.sleep(LOOKS_EVERY_S)

    def _find(self) -> int | None:
        """The code to close with: the widget is gone or off, or the session is not good any more."""
        widget = widgets.find(self.scope["url_route"]["kwargs"]["public_key"])
        if widget is None:
            return NOT_FOUND
        if self.conversation is not None:
            found = visiting.again(widget, self.conversation.pk)
        else:
            found = visiting.find(widget, self._session)
        if found is None:
            return NO_SESSION
        self.conversation = found
        self.conversation.agent.widget = widget
        return None


def _entering(frame: str) -> tuple[str, int] | None:
    try:
        value = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    session, after = value.get("session"), value.get("after", 0)
    if not isinstance(session, str) or type(after) is not int or not 0 <= after < 10**8:
        return None
    return session, after


def _is_end(frame: str) -> bool:
    """`{"end": true}`"""
    try:
        return bool(json.loads(frame) == {"end": True})
    except (ValueError, RecursionError):
        return False
