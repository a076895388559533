"""Twilio's side of a call, as it documents it: signed webhooks, and the frames of ConversationRelay."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client

from config.asgi import application
from conversations.models import PhoneLine
from tests.support import loops

TOKEN = "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6"
SID = "CA" + "0" * 32
FIELDS = {
    "AccountSid": "AC" + "0" * 32,
    "CallSid": SID,
    "From": "+4915112345678",
    "To": "+493012345678",
    "Direction": "inbound",
    "CallStatus": "ringing",
}


def signature(url: str, fields: dict[str, str] | None = None, *, token: str = TOKEN) -> str:
    text = url + "".join(name + value for name, value in sorted((fields or {}).items()))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def webhook(line: PhoneLine, path: str = "", *, token: str = TOKEN, **fields: str) -> Any:
    sent = {**FIELDS, **fields}
    path = f"/calls/{line.public_key}/{path}"
    signed = signature(settings.BASE_URL + path, sent, token=token)
    return Client().post(path, sent, headers={"X-Twilio-Signature": signed})


def ticket_in(markup: str) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', markup)
    assert found, markup
    return found[1]


class Caller:
    """Who is on the phone, over an open websocket."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    async def send(self, **frame: Any) -> None:
        await self.raw(json.dumps(frame))

    async def raw(self, text: str) -> None:
        await self._socket.send_input({"type": "websocket.receive", "text": text})

    async def setup(self, ticket: str, **over: Any) -> None:
        frame = {
            "type": "setup",
            "sessionId": "VX" + "0" * 32,
            "accountSid": FIELDS["AccountSid"],
            "parentCallSid": "",
            "callSid": SID,
            "from": FIELDS["From"],
            "to": FIELDS["To"],
            "forwardedFrom": "",
            "callType": "PSTN",
            "callerName": "",
            "direction": "inbound",
            "callStatus": "RINGING",
            "customParameters": {"ticket": ticket},
        }
        await self.send(**{**frame, **over})

    async def says(self, text: str, *, last: bool = True) -> None:
        await self.send(type="prompt", voicePrompt=text, lang="en-US", last=last)

    async def interrupts(self, heard: str) -> None:
        await self.send(type="interrupt", utteranceUntilInterrupt=heard, durationUntilInterruptMs=460)

    async def hears(self) -> str:
        """One talk cycle: tokens until the last one."""
        spoken = ""
        while True:
            frame = await self.frame()
            assert frame["type"] == "text", frame
            spoken += str(frame["token"])
            if frame["last"]:
                return spoken

    async def frame(self) -> Any:
        answer = await self._socket.receive_output(timeout=20)
        assert answer["type"] == "websocket.send", answer
        return json.loads(answer["text"])

    async def close_code(self) -> int:
        while True:
            answer = await self._socket.receive_output(timeout=20)
            if answer["type"] == "websocket.close":
                return int(answer["code"])


def on_the_phone(
    line: PhoneLine, talk: Callable[[Caller], Awaitable[Any]], *, token: str = TOKEN, path: str = ""
) -> Any:
    """What `talk` gives back; None when the handshake is refused."""
    path = path or f"/ws/calls/{line.public_key}/"
    signed = signature(settings.BASE_URL.replace("http", "ws", 1) + path, token=token)
    scope = {
        "type": "websocket",
        "path": path,
        "query_string": b"",
        "subprotocols": [],
        "headers": [(b"host", b"testserver"), (b"x-twilio-signature", signed.encode())],
    }

    async def hold() -> Any:
        socket: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]
        await socket.send_input({"type": "websocket.connect"})
        answer = await socket.receive_output(timeout=20)
        if answer["type"] != "websocket.accept":
            return None
        result = await talk(Caller(socket))
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait(timeout=20)
        return result

    return loops.run(hold)
