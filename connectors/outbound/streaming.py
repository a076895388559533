"""How does a library that brings its own HTTP client get out? Through the guard, and only so long.

A streamed answer has two limits: how long it may take in all, and how long it may be silent. Both come with
the request, as the client's own time-outs: `pool` is the whole, `read` the silence.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpcore
import httpx

from connectors.outbound import transport
from connectors.outbound.guard import CONNECT_S, Guard
from connectors.outbound.transport import GuardedTransport

LAST_EVENT = b"data: [DONE]"
END_WITHIN_S = 0.05

_TRANSLATED: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.TimeoutException: httpx.ReadTimeout,
    httpcore.ProtocolError: httpx.RemoteProtocolError,
    httpcore.NetworkError: httpx.ReadError,
}


def client(guard: Guard) -> httpx.Client:
    """It follows no redirect, obeys no proxy variable and keeps no cookie of another host."""
    return httpx.Client(transport=StreamingTransport(guard), trust_env=False, follow_redirects=False)


def timeouts(*, total_s: float, silence_s: float) -> httpx.Timeout:
    return httpx.Timeout(connect=CONNECT_S, read=silence_s, write=silence_s, pool=total_s)


class StreamingTransport(httpx.BaseTransport):
    def __init__(self, guard: Guard) -> None:
        self._kept = GuardedTransport(guard)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        limits = request.extensions["timeout"]
        deadline, silence_s = time.monotonic() + limits["pool"], limits["read"]
        with _translated(), transport.until(min(deadline, time.monotonic() + silence_s)):
            response = self._kept.handle_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            response.close()
            raise httpx.RemoteProtocolError("The answer is packed, which was not asked for.")
        assert isinstance(response.stream, httpx.SyncByteStream)
        paced = _Paced(response.stream, deadline, silence_s)
        return httpx.Response(response.status_code, headers=response.headers, stream=paced)


class _Paced(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, deadline: float, silence_s: float) -> None:
        self._stream = stream
        self._deadline = deadline
        self._silence_s = silence_s
        self._pieces = iter(stream)
        self._last: bytes | None = b""

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self._next(self._silence_s)) is not None:
            yield piece

    def _next(self, silence_s: float) -> bytes | None:
        with _translated(), transport.until(min(self._deadline, time.monotonic() + silence_s)):
            self._last = next(self._pieces, None)
        return self._last

    def close(self) -> None:
        """Who has read the last event reads no further. The end that follows it is read here: a connection is
        kept for the next request only when its answer was read to the end.
        """
        with suppress(httpx.TransportError):
            while self._last and self._last.rstrip().endswith(LAST_EVENT):
                self._next(END_WITHIN_S)
        self._stream.close()


@contextmanager
def _translated() -> Iterator[None]:
    """What httpcore raises, as the client knows it."""
    try:
        yield
    except tuple(_TRANSLATED) as failed:
        kind = next(ours for theirs, ours in _TRANSLATED.items() if isinstance(failed, theirs))
        raise kind(str(failed)) from failed
