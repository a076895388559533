"""The outside world as the fault tests need it: HTTP and SMTP in a process of its own that writes down what
arrives and when it came to its door, fsynced, before it does anything else: `python -m … <record> <HTTP port>
<SMTP port>`.

How it answers stands in the request: the first part of the path (or the recipient's name before the @), for
as many arrivals of the same key as it says, `hangx1` for the first only; afterwards and without a count
below, well.

    ok  500  429 (Retry-After: 1)  hang  drip (a byte each 0.2 s)  reset (after recording)  twice (two
    answers) hold (until the file <record>.release is there)  slow (0.2 s)
"""

import asyncio
import hashlib
import json
import os
import re
import socket
import struct
import sys
import threading
import time
from collections import Counter
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from tests.engine_faults.world.stamped import Stamped

LONG_S = 120.0
MODE = re.compile(r"([a-z]+|[0-9]{3})(?:x([0-9]+))?")


class Record:
    def __init__(self, file: Path) -> None:
        self._lines = file.open("a")
        self._release = file.with_name(file.name + ".release")
        self._seen = Counter[str]()
        self._lock = threading.Lock()

    def add(self, key: str, method: str, path: str, body: bytes, mode: str, at: float, **more: object) -> str:
        """What to do with it: the mode, while it counts for this key."""
        said = {"key": key, "at": at, "monotonic": time.monotonic(), "method": method, "path": path, **more}
        with self._lock:
            self._seen[key] += 1
            line = json.dumps({**said, "body": hashlib.sha256(body).hexdigest()})
            self._lines.write(line + "\n")
            self._lines.flush()
            os.fsync(self._lines.fileno())
            found = MODE.fullmatch(mode)
            if found is None or (found[2] and self._seen[key] > int(found[2])):
                return "ok"
        return found[1]

    def is_held(self, mode: str) -> bool:
        return mode == "hang" or (mode == "hold" and not self._release.exists())


def handler(record: Record) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        connection: Stamped

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            hook = _webhook(self.headers, body)
            key = self.headers.get("Idempotency-Key", hook["webhook"]["id"] if hook else "")
            at = self.connection.arrived_at
            mode = record.add(key, self.command, self.path, body, self.path.split("/")[1], at, **hook)
            until = time.monotonic() + LONG_S
            while record.is_held(mode) and time.monotonic() < until:
                time.sleep(0.02)
            if mode == "slow":
                time.sleep(0.2)
            if mode == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            for _ in range(2 if mode == "twice" else 1):
                self.answer(int(mode) if mode.isdecimal() else 200, is_dripped=mode == "drip")

        def answer(self, status: int, *, is_dripped: bool) -> None:
            """Says the token back that came along: it must not stand in what the step gave."""
            content = json.dumps({"ok": True, "saw": self.headers.get("X-Token")}).encode()
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "1")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if not is_dripped:
                self.wfile.write(content)
                return
            for byte in content:
                self.wfile.write(bytes([byte]))
                time.sleep(0.2)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _webhook(headers: Message, body: bytes) -> dict[str, dict[str, str]]:
    """What a receiver checks of one; of another request, nothing."""
    if "webhook-id" not in headers:
        return {}
    told = {name: headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")}
    return {"webhook": {**told, "body": body.decode()}}


class Office:
    """Every mail, its key from the Message-ID; `451` refuses for now, `550` for good."""

    def __init__(self, record: Record) -> None:
        self._record = record

    async def handle_DATA(self, server: Any, _session: object, envelope: Any) -> str:
        message = message_from_bytes(envelope.content)
        key = str(message["Message-ID"] or "").strip("<>").partition("@")[0]
        mode = envelope.rcpt_tos[0].partition("@")[0]
        at = server.transport.get_extra_info("socket")._sock.arrived_at
        mode = self._record.add(key, "MAIL", envelope.rcpt_tos[0], _text(message), mode, at)
        until = time.monotonic() + LONG_S
        while self._record.is_held(mode) and time.monotonic() < until:
            await asyncio.sleep(0.02)
        return f"{mode} not now" if mode.isdecimal() else "250 taken"


def _text(message: Message) -> bytes:
    """Without what may differ between attempts: the date, the boundary."""
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    return b"".join(part for part in parts if isinstance(part, bytes))


class PostOffice(Controller):
    """Behind a door that notes the time."""

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=Stamped.listening(self.port))


def main(file: str, http: str, smtp: str) -> None:
    record = Record(Path(file))
    server = ThreadingHTTPServer(("127.0.0.1", int(http)), handler(record), bind_and_activate=False)
    server.socket.close()
    server.socket = Stamped.listening(int(http))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    PostOffice(Office(record), hostname="127.0.0.1", port=int(smtp)).start()
    print("ready", flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
