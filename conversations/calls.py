"""A telephone call over Twilio's ConversationRelay: text in, text out, at the pace of speech.

Twilio hears and speaks; here is said what. A handshake without the account's signature is refused, and the
first frame must bring the ticket that our own markup gave this very call.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import Max

from connectors import twilio
from conversations import call_frames, events, turning
from conversations.call_frames import Digit, Interrupt, NotUnderstood, Prompt, Setup, Trouble
from conversations.models import Conversation, Message, PhoneLine
from conversations.replying.events import Calling, Ended, Heard, Piece, Said
from conversations.services import hearing, phone_lines, phoning, replying
from conversations.sockets import NOT_FOUND, NOT_UNDERSTOOD, TOO_MANY, TalkSocket
from workflows.errors import InputInvalid

log = logging.getLogger(__name__)

MOST_FRAMES, IN_SECONDS = 200, 30.0
MOST_CALLS = 200
"""Of one line at once, in one process."""
SETS_UP_WITHIN_S = 10.0
LOOKS_EVERY_S = 15.0
DIGITS_PAUSE_S = 2.0
"""After the last key, unless it is #."""
LETTERS_A_SECOND = 15.0
LONGEST_GOODBYE_S = 20.0
AGAIN = "Sorry, I was not ready. Please say that again."
REFUSED = 4403


class CallSocket(TalkSocket):
    most_frames, in_seconds = MOST_FRAMES, IN_SECONDS
    line: PhoneLine
    conversation: Conversation | None = None
    _pause: asyncio.Task[None] | None = None
    _digits: str = ""
    _since: int = 0
    """The message that the agent answers: what it says now comes after it."""
    _told: int = 0
    """The last message that the caller was told."""
    _speaking: str = ""
    """What of an answer went out that is still being written."""
    _heard: str | None = None
    """The caller interrupted that answer, and had heard so much."""
    _is_over: bool = False

    async def connect(self) -> None:
        if not await turning.in_thread(self._is_signed):
            await self.close(code=REFUSED)
            return
        if not self.enter(self.line.public_key, most=MOST_CALLS):
            await self.close(code=TOO_MANY)
            return
        await self.accept()
        self._watch = asyncio.create_task(self._look_now_and_then())

    async def disconnect(self, code: int) -> None:
        """The call may go on: Twilio asks what follows (views.calls.after)."""
        await super().disconnect(code)
        if self._pause:
            self._pause.cancel()
        if self.conversation:
            await self.channel_layer.group_discard(self._group, self.channel_name)

    @property
    def _group(self) -> str:
        assert self.conversation
        return events.group_of(self.conversation.pk)

    # --- What comes in ---------------------------------------------------------------------------------
    async def hear(self, frame: str) -> None:
        try:
            read = call_frames.read(frame)
        except NotUnderstood:
            await self.close(code=NOT_UNDERSTOOD)
        else:
            await self._take(read)

    async def _take(self, frame: call_frames.Frame | None) -> None:
        match frame:
            case Setup() if self.conversation is None:
                await self._set_up(frame)
            case Trouble(description):
                log.warning("Twilio reports a fault in a call: %s", description)
            case _ if self.conversation is None:
                await self.close(code=REFUSED)
            case Prompt(text, is_last=True) if text.strip():
                self._listen(text.strip())
            case Interrupt(heard):
                await self._interrupt(heard)
            case Digit(digit):
                self._press(digit)

    async def _set_up(self, setup: Setup) -> None:
        call = phoning.call_of(self.line, setup.parameters.get("ticket", ""), setup.call_sid)
        if call is None:
            await self.close(code=REFUSED)
            return
        try:
            self.conversation = await turning.in_thread(phoning.answer, self.line, call)
        except InputInvalid as invalid:
            log.warning("A call cannot begin: %s", "; ".join(one.message for one in invalid.problems))
            await self._send({"type": "end"})
            return
        await self.channel_layer.group_add(self._group, self.channel_name)
        self._told = await turning.in_thread(self._last_seq)
        self._turn = asyncio.create_task(self._take_turn(None, after=None))

    def _listen(self, text: str) -> None:
        self._turn = asyncio.create_task(self._take_turn(text, after=self._turn))

    def _press(self, digit: str) -> None:
        if self._pause:
            self._pause.cancel()
        if digit != "#":
            self._digits += digit
        wait = 0.0 if digit == "#" else DIGITS_PAUSE_S
        self._pause = asyncio.create_task(self._listen_to_digits(wait))

    async def _listen_to_digits(self, wait: float) -> None:
        await asyncio.sleep(wait)
        typed, self._digits = self._digits, ""
        if typed:
            self._listen(typed)

    async def _interrupt(self, heard: str) -> None:
        """An answer that is being written ends here; what tools do goes on, and is told."""
        if self._speaking:
            self._heard = heard
        else:
            await self._cut(heard)

    # --- What goes out ---------------------------------------------------------------------------------
    async def _take_turn(self, text: str | None, *, after: asyncio.Task[None] | None) -> None:
        """The greeting, or the answer to what was said; one after the other."""
        if after is not None:
            await asyncio.wait([after])
        assert self.conversation
        held, self._heard, ended = self.conversation, None, None
        if text is None:
            happens = turning.happening(lambda: replying.begin(held))
        else:
            said = text
            happens = turning.happening(
                lambda: replying.reply(held, said, is_stopped=self._is_interrupted),
                is_stopped=self._is_interrupted,
            )
        async for one in happens:
            match one:
                case str():
                    await self._say(AGAIN)
                case Heard():
                    self._since = self._told = one.seq
                case Piece() if self._heard is None:
                    self._speaking += one.text
                    await self._send({"type": "text", "token": one.text, "last": False})
                case Said():
                    await self._finish(one)
                case Calling():
                    self._speaking = ""
                case Ended():
                    ended = one
        if self._heard is not None:
            await self._cut(self._heard, was_begun=self._speaking)
        self._speaking = ""
        if ended is not None:
            await self._end(ended)
        else:
            await self._tell_news()

    def _is_interrupted(self) -> bool:
        return self._heard is not None and bool(self._speaking)

    async def _finish(self, said: Said) -> None:
        self._told = max(self._told, said.seq)
        was_spoken, self._speaking = bool(self._speaking), ""
        if self._heard is not None and was_spoken:
            heard, self._heard = self._heard, None
            await self._cut(heard)
        elif was_spoken:
            await self._send({"type": "text", "token": "", "last": True})
        else:
            await self._say(said.text)

    async def _cut(self, heard: str, *, was_begun: str = "") -> None:
        held, since = self.conversation, self._since
        assert held

        def cut() -> int:
            hearing.cut(held, after=since, heard=heard, was_begun=was_begun)
            return self._last_seq()

        self._told = await turning.in_thread(cut)

    async def _say(self, text: str) -> None:
        await self._send({"type": "text", "token": text, "last": True})

    async def _end(self, ended: Ended) -> None:
        """Not before the last words are spoken: the end cuts them off."""
        assert self.conversation
        self._is_over = True
        await asyncio.sleep(await turning.in_thread(self._goodbye_s))
        handoff = {"reason": ended.by, "conversation": str(self.conversation.pk)}
        if ended.destination:
            handoff["transfer"] = ended.destination
        await self._send({"type": "end", "handoffData": json.dumps(handoff)})

    def _goodbye_s(self) -> float:
        assert self.conversation
        spoken = Message.objects.filter(conversation=self.conversation, role="agent", seq__gt=self._since)
        letters = sum(len(text) for text in spoken.values_list("text", flat=True))
        return min(LONGEST_GOODBYE_S, letters / LETTERS_A_SECOND)

    # --- What happens elsewhere ------------------------------------------------------------------------
    async def conversation_changed(self, event: Mapping[str, Any]) -> None:
        """A late result, a person of the team, or an end from outside."""
        if self._turn is None or self._turn.done():
            await self._tell_news()

    async def _tell_news(self) -> None:
        news, self._told, is_open = await turning.in_thread(self._news)
        for text in news:
            await self._say(text)
        if not is_open and not self._is_over:
            self._is_over = True
            await self._send({"type": "end"})

    def _news(self) -> tuple[list[str], int, bool]:
        assert self.conversation
        self.conversation.refresh_from_db(fields=["status"])
        rows = Message.objects.filter(conversation=self.conversation, seq__gt=self._told).order_by("seq")
        found = list(rows)
        said = [one.text for one in found if one.role == "agent" and one.text]
        return said, found[-1].seq if found else self._told, self.conversation.status == "open"

    def _last_seq(self) -> int:
        assert self.conversation
        rows = Message.objects.filter(conversation=self.conversation)
        return rows.aggregate(last=Max("seq"))["last"] or 0

    async def _send(self, told: Mapping[str, Any]) -> None:
        await self.send(text_data=json.dumps(told))

    # --- Who may ---------------------------------------------------------------------------------------
    def _is_signed(self) -> bool:
        line = phone_lines.find(self.scope["url_route"]["kwargs"]["line_key"])
        if line is None:
            return False
        self.line = line
        headers = dict(self.scope["headers"])
        signature = headers.get(b"x-twilio-signature", b"").decode("latin-1")
        base = settings.BASE_URL.replace("http", "ws", 1)
        query = self.scope["query_string"].decode("latin-1")
        address = f"{base}{self.scope['path']}{'?' if query else ''}{query}"
        return twilio.is_signed(address, (), signature, phone_lines.token_of(line))

    async def _look_now_and_then(self) -> None:
        await asyncio.sleep(SETS_UP_WITHIN_S)
        if self.conversation is None:
            await self.close(code=REFUSED)
            return
        while await turning.in_thread(phone_lines.find, self.line.public_key):
            await asyncio.sleep(LOOKS_EVERY_S)
        await self.close(code=NOT_FOUND)
