"""A member's chat over a websocket: one message in, the agent's turn out as it happens.

Who speaks is asked when the socket opens, with each message, and now and then: a session that ended, or a
member who was removed, says and sees nothing more.
"""

import asyncio
import time
from collections.abc import Generator, Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user
from django.http import HttpRequest
from django.template.loader import render_to_string

from conversations import events, frames, turning
from conversations.frames import Spoken, Stop
from conversations.models import Conversation
from conversations.presenters.chat import ChatPanel
from conversations.replying.events import Calling, Event
from conversations.services import replying, trying
from conversations.sockets import NOT_FOUND, NOT_UNDERSTOOD, TOO_MANY, ChatSocket
from conversations.turning import Happened
from workflows.events import group_of_run
from workspaces.models import Role

MOST_MESSAGES, IN_SECONDS = 20, 30.0
MOST_SOCKETS = 20
"""Of one person, in one process."""
LOOKS_EVERY_S = 60.0
"""At sockets over which nothing goes; with everything that is said it is asked first."""


class Chat(ChatSocket):
    most_frames, in_seconds = MOST_MESSAGES, IN_SECONDS
    conversation: Conversation
    _stopped: float = 0.0
    """When the person pressed *Stop*: it counts for what was said before."""
    _runs: set[str]
    """The groups of the runs that were called in this turn."""

    async def connect(self) -> None:
        if not await turning.in_thread(self._is_mine):
            await self.close(code=NOT_FOUND)
            return
        if not self.enter(self.scope["user"].pk, most=MOST_SOCKETS):
            await self.close(code=TOO_MANY)
            return
        self.conversation, self._runs = await turning.in_thread(self._read), set()
        after = self.scope["query_string"].decode(errors="replace").partition("after=")[2]
        self._seen = int(after) if after.isdecimal() and len(after) < 9 else 0
        await self.channel_layer.group_add(self._group, self.channel_name)
        await self.accept()
        self._watch = asyncio.create_task(self._look_now_and_then())
        await self._send_news()

    async def disconnect(self, code: int) -> None:
        await super().disconnect(code)
        if not self._counted:
            return
        await self.channel_layer.group_discard(self._group, self.channel_name)
        await self._forget_runs()

    @property
    def _id(self) -> UUID:
        chat_id: UUID = self.scope["url_route"]["kwargs"]["chat_id"]
        return chat_id

    @property
    def _group(self) -> str:
        return events.group_of(self._id)

    # --- What comes in ---------------------------------------------------------------------------------
    async def hear(self, frame: str) -> None:
        if (said := frames.understood(frame)) is None:
            await self.close(code=NOT_UNDERSTOOD)
        elif not await turning.in_thread(self._is_mine):
            await self.close(code=NOT_FOUND)
        elif isinstance(said, Stop):
            self._stopped = time.monotonic()
        else:
            self._turn = asyncio.create_task(self._take_turn(said, after=self._turn))

    # --- What goes out ---------------------------------------------------------------------------------
    async def _take_turn(self, said: Spoken, *, after: asyncio.Task[None] | None) -> None:
        """Who writes faster than the agent answers is heard in that order."""
        if after is not None:
            await asyncio.wait([after])
        began, held = time.monotonic(), self.conversation
        spoken = ""

        def is_stopped() -> bool:
            return self._stopped > began

        def begin() -> Generator[Event]:
            return replying.reply(held, said.text, key=said.key, is_stopped=is_stopped)

        async for happened in turning.gathered(begin, is_stopped=is_stopped):
            spoken = happened.spoken(spoken)
            for problem in happened.problems:
                await self._tell(problem)
            if not happened.is_over:
                await self._show(happened, spoken)
        await self._forget_runs()
        await self._end_turn()

    async def _show(self, happened: Happened, spoken: str) -> None:
        if happened.is_news:
            await self._send_news()
        for call in happened.calls:
            await self._follow(call)
        if happened.calls:
            await self._send_underway()
        if spoken:
            await self._tell_typing(spoken)

    # --- Calls under way: their steps, as they happen --------------------------------------------------
    async def _follow(self, call: Calling) -> None:
        if call.run:
            group = group_of_run(call.run)
            self._runs.add(group)
            await self.channel_layer.group_add(group, self.channel_name)

    async def run_changed(self, event: Mapping[str, Any]) -> None:
        await self._send_underway()

    async def _send_underway(self) -> None:
        await self.send(text_data=await turning.in_thread(self._underway))

    def _underway(self) -> str:
        panel = ChatPanel(self.conversation.agent, self.conversation, self.conversation.edition)
        return render_to_string("conversations/chat.html#underway", {"chat": panel, "oob": True})

    async def _forget_runs(self) -> None:
        runs, self._runs = self._runs, set()
        for group in runs:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def _show_what_came(self) -> None:
        if await turning.in_thread(self._is_mine):
            await super()._show_what_came()
        else:
            await self.close(code=NOT_FOUND)

    async def _send_news(self, *, is_over: bool = False) -> None:
        html, self._seen = await turning.in_thread(self._news, self._seen, is_over)
        if html:
            await self.send(text_data=html)

    def _news(self, seen: int, is_over: bool) -> tuple[str, int]:
        self.conversation = self._read()
        panel = ChatPanel(self.conversation.agent, self.conversation, self.conversation.edition, after=seen)
        if not panel.turns and not is_over:
            return "", seen
        is_whole = is_over or not panel.is_open
        context = {"chat": panel, "oob": True, "is_whole": is_whole, "calls": is_whole or self._runs}
        return render_to_string("conversations/chat.html#news", context), panel.last_seq

    async def _tell(self, problem: str) -> None:
        context = {"problem": problem, "oob": True}
        await self.send(text_data=render_to_string("conversations/chat.html#problem", context))

    async def _tell_typing(self, text: str) -> None:
        context = {"typing": text, "oob": True}
        await self.send(text_data=render_to_string("conversations/chat.html#typing", context))

    # --- Who may ---------------------------------------------------------------------------------------
    async def _look_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(LOOKS_EVERY_S)
            if not await turning.in_thread(self._is_mine):
                await self.close(code=NOT_FOUND)
                return

    def _is_mine(self) -> bool:
        """Asked afresh of the session and the memberships."""
        request = HttpRequest()
        request.session = self.scope["session"].__class__(self.scope["session"].session_key)
        person = get_user(request)
        if not person.is_authenticated:
            return False
        rows = Conversation.objects.filter(pk=self._id, workspace__memberships__user=person)
        role = rows.filter(trying.mine(person)).values_list("workspace__memberships__role", flat=True).first()
        return role is not None and Role(role).covers(Role.TESTER)

    def _read(self) -> Conversation:
        rows = Conversation.objects.select_related("workspace", "agent__live_version", "agent_version")
        found: Conversation = rows.get(pk=self._id)
        return found
