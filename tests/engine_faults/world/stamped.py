"""When did something arrive? By the kernel's clock at its door, not when a busy process came to read it.

A sink that is starved reads seconds late, and what was sent in time would look as if it had been sent after
the run's end.
"""

import socket
import struct
import time
from collections.abc import Buffer
from typing import Any, Self

TIMESTAMPS = getattr(socket, "SO_TIMESTAMPNS", 35)  # Linux; Python has no name for it before 3.15
STAMP = struct.Struct("@qq")


class Stamped(socket.socket):
    """A listener, and the connections it accepts."""

    arrived_at: float = 0.0
    """Of the last bytes that were read; seconds since 1970."""

    @classmethod
    def listening(cls, port: int) -> Self:
        listener = cls(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, TIMESTAMPS, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(256)
        return listener

    def accept(self) -> tuple["Stamped", Any]:
        plain, peer = super().accept()
        accepted = Stamped(fileno=plain.detach())
        accepted.setsockopt(socket.SOL_SOCKET, TIMESTAMPS, 1)
        return accepted, peer

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        data, said, _, _ = self.recvmsg(bufsize, socket.CMSG_SPACE(STAMP.size), flags)
        self._stamp(len(data), said)
        return data

    def recv_into(self, buffer: Buffer, nbytes: int = 0, flags: int = 0) -> int:
        room = memoryview(buffer)[: nbytes or None]
        count, said, _, _ = self.recvmsg_into([room], socket.CMSG_SPACE(STAMP.size), flags)
        self._stamp(count, said)
        return count

    def _stamp(self, count: int, said: list[tuple[int, int, bytes]]) -> None:
        """The end of a connection has no time of its own."""
        if not count:
            return
        stamps = [
            STAMP.unpack(data)
            for level, kind, data in said
            if (level, kind) == (socket.SOL_SOCKET, TIMESTAMPS)
        ]
        self.arrived_at = stamps[-1][0] + stamps[-1][1] / 1e9 if stamps else time.time()
