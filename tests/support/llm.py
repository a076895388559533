"""An OpenAI-compatible server on this machine that answers as it is told: well, badly, late or not at all."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.sink import Arrivals

type Asked = dict[str, Any]
"""The body of a request, as the provider sent it."""


@dataclass(frozen=True, kw_only=True)
class Call:
    name: str
    arguments: str | dict[str, Any] = field(default_factory=dict)
    """A text is sent as it is, JSON or not."""
    id: str = "call_1"

    @property
    def written(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True, kw_only=True)
class Answer:
    text: str = ""
    calls: Sequence[Call] = ()
    status: int = 200
    retry_after: str = ""
    stalls_after: int | None = None
    """How many chunks are sent before nothing more comes, and the line stays open."""
    breaks_after: int | None = None
    """How many chunks are sent before the connection is cut."""


type Play = Answer | Callable[[Asked], Answer]


class LlmServer:
    """Plays its answers one after the other; when they are used up, it says `Done.`"""

    def __init__(self) -> None:
        self.asked = Arrivals[Asked]()
        self.connections = 0
        """That were opened, ever."""
        self._plays: list[Play] = []
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def base_url(self) -> str:
        return f"http://{self.address}/v1"

    @property
    def requests(self) -> list[Asked]:
        return self.asked.all()

    def plays(self, *answers: Play) -> None:
        with self._lock:
            self._plays = list(answers)

    def reset(self) -> None:
        self._released.set()
        self._released = threading.Event()
        self.asked.clear()
        self.plays()

    def stop(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def _next(self, asked: Asked) -> Answer:
        self.asked.add(asked)
        with self._lock:
            play: Play = self._plays.pop(0) if self._plays else Answer(text="Done.")
        return play if isinstance(play, Answer) else play(asked)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                server.connections += 1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = server._next(
                    {
                        **json.loads(body),
                        "_headers": {name.lower(): value for name, value in self.headers.items()},
                    }
                )
                if answer.status != 200:
                    self._refuse(answer)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for count, chunk in enumerate(_chunks(answer)):
                    if answer.breaks_after == count:
                        self.close_connection = True
                        return
                    if answer.stalls_after == count:
                        server._released.wait(60)
                        self.close_connection = True
                        return
                    self._send(f"data: {json.dumps(chunk)}\n\n")
                self._send("data: [DONE]\n\n")
                self._send("")

            def _send(self, text: str) -> None:
                """One chunk; an empty one is the end."""
                content = text.encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
                self.wfile.flush()

            def _refuse(self, answer: Answer) -> None:
                content = b'{"error": {"message": "not now"}}'
                self.send_response(answer.status)
                if answer.retry_after:
                    self.send_header("Retry-After", answer.retry_after)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _chunks(answer: Answer) -> Iterator[dict[str, Any]]:
    yield _chunk({"role": "assistant", "content": ""})
    for word in answer.text.split(" ") if answer.text else ():
        yield _chunk({"content": f"{word} "})
    for index, call in enumerate(answer.calls):
        function = {"name": call.name, "arguments": ""}
        yield _chunk(
            {"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]}
        )
        half = len(call.written) // 2
        for part in (call.written[:half], call.written[half:]):
            yield _chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    yield _chunk({}, finish="tool_calls" if answer.calls else "stop")
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    yield {**_chunk({}), "choices": [], "usage": usage}


def _chunk(delta: dict[str, Any], *, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "test-model",
        "choices": [choice],
        "usage": None,
    }
