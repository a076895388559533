"""The service that the measured workflows call: it answers at once, in a process of its own."""

import asyncio
import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

BODY = b'{"id": "ord_1042", "status": "paid", "total": 64.9}'
REPLY = "All right."
_PIECE = (
    b'data: {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "instant", "choices": '
    b'[{"index": 0, "delta": %s, "finish_reason": %s}]}\n\n'
)
STREAM = (
    _PIECE % (b'{"role": "assistant", "content": "%s"}' % REPLY.encode(), b"null")
    + _PIECE % (b"{}", b'"stop"')
    + b"data: [DONE]\n\n"
)
STREAMED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n%s" % (
    len(STREAM),
    STREAM,
)
"""As a model says it."""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


class Instant(asyncio.Protocol):
    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            length = next(
                (
                    int(line[15:])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length:")
                ),
                0,
            )
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            assert self._transport
            self._transport.write(self._answer)


@contextmanager
def instant_server(answer: bytes = ANSWER) -> Iterator[str]:
    """Its address, as long as it runs."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    process = multiprocessing.get_context("fork").Process(
        target=_serve, args=(listening, answer), daemon=True
    )
    process.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        process.terminate()
        process.join()


def _serve(listening: socket.socket, answer: bytes) -> None:
    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(partial(Instant, answer), sock=listening)
        await server.serve_forever()

    asyncio.run(forever())
