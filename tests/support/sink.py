"""The outside world of stack tests: a real HTTP server and a real SMTP server that note what arrives."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from aiosmtpd.controller import Controller

from config.stack import places

Mode = Literal["ok", "500", "hang"]


class Arrivals[T]:
    """What arrived so far, in order; `expect` waits for more."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._changed = threading.Condition()

    def __iter__(self) -> Any:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self.all())

    def all(self) -> list[T]:
        with self._changed:
            return list(self._items)

    def add(self, item: T) -> None:
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def clear(self) -> None:
        with self._changed:
            self._items.clear()

    def expect(self, count: int, *, seconds: float = 20) -> list[T]:
        """All that arrived, once there are `count`."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._items) >= count, seconds):
                raise AssertionError(
                    f"{len(self._items)} of {count} arrived within {seconds} s: {self._items}"
                )
            return list(self._items)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes


class HttpSink:
    """Answers every request alike: `mode` ok with `answer`, 500, or hang until the mode changes."""

    def __init__(self) -> None:
        self.requests = Arrivals[Request]()
        self.reset()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def reset(self) -> None:
        self.mode: Mode = "ok"
        self.answer = b'{"ok": true}'
        self.content_type = "application/json"
        self._released = threading.Event()
        self.requests.clear()

    def release(self) -> None:
        """Lets hanging requests go on."""
        self._released.set()

    def stop(self) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                sink.requests.add(Request(self.command, self.path, headers, body))
                if sink.mode == "hang":
                    sink._released.wait(120)
                self.send_response(500 if sink.mode == "500" else 200)
                self.send_header("Content-Type", sink.content_type)
                self.send_header("Content-Length", str(len(sink.answer)))
                self.end_headers()
                self.wfile.write(sink.answer)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


@dataclass(frozen=True)
class Mail:
    sender: str
    recipients: Sequence[str]
    message: EmailMessage
    raw: bytes

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        body = self.message.get_body(preferencelist=("plain", "html"))
        return str(body.get_content()) if body else ""


class SmtpSink:
    """Accepts every mail; with `mode` 500 it refuses each for good."""

    def __init__(self) -> None:
        self.mails = Arrivals[Mail]()
        self.reset()
        self.port = places.free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._office = Controller(self, hostname="127.0.0.1", port=self.port)
        self._office.start()

    def reset(self) -> None:
        self.mode: Mode = "ok"
        self.mails.clear()

    def stop(self) -> None:
        self._office.stop()

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        if self.mode == "500":
            return "554 refused"
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.mails.add(Mail(envelope.mail_from, envelope.rcpt_tos, message, envelope.content))
        return "250 taken"
