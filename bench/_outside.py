"""The service that the measured workflows call: it answers at once, in a process of its own."""

import asyncio
import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager

BODY = b'{"id": "ord_1042", "status": "paid", "total": 64.9}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


class Instant(asyncio.Protocol):
    def __init__(self) -> None:
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
            self._transport.write(ANSWER)


@contextmanager
def instant_server() -> Iterator[str]:
    """Its address, as long as it runs."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(listening,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        process.terminate()
        process.join()


def _serve(listening: socket.socket) -> None:
    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Instant, sock=listening)
        await server.serve_forever()

    asyncio.run(forever())
