"""How does HTTP travel? Over connections only the guard opens, every read and write within the deadline.

There is no `httpx.Client` on purpose: nothing here could follow a redirect, keep a cookie, read a password
file or obey a proxy variable. httpx and httpcore are pinned (docs/adr/0006-outbound-guard.md).
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import certifi
import httpcore
import httpx

from connectors import stopping
from connectors.outbound.guard import CONNECT_S, Guard

QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Linux: acknowledge at once. A server that writes head and body apart else waits 40 ms between them."""

_deadline: ContextVar[float] = ContextVar("deadline")


@contextmanager
def until(deadline: float) -> Iterator[None]:
    """All network work of this thread inside the block ends at `deadline` (time.monotonic()).

    Time-outs of httpx count per read; a server that drips a byte a second would never meet them.
    """
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


class GuardedTransport(httpx.BaseTransport):
    def __init__(self, guard: Guard) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls(),
            network_backend=_GuardedBackend(guard),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5,  # shorter than most servers': a late goodbye would leave a POST in doubt
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises what httpcore raises, and what the guard does; the caller closes the response."""
        left_s = _left_s(httpcore.PoolTimeout)
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions={"timeout": {"connect": min(CONNECT_S, left_s), "pool": left_s}},
            )
        )
        _watch(response)
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))


@cache
def tls() -> ssl.SSLContext:
    """Trusts the system's authorities and certifi's; names are checked against the host, not the address."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _watch(response: httpcore.Response) -> None:
    """What is left over when the response has been read is no answer to the next request: such a connection
    is not used again.

    httpcore looks at the socket for that, but not at what it has read from it already; it is pinned, so its
    inner names hold.
    """
    parser = response.stream._stream._connection._h11_state  # type: ignore[union-attr]
    stream: _Stream = response.extensions["network_stream"]
    stream.holds_more = lambda: bool(parser.trailing_data[0])


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _GuardedBackend(httpcore.SyncBackend):
    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        until = time.monotonic() + (timeout or CONNECT_S)
        failure: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectTimeout()
        for address in self._guard.addresses(host, port, timeout_s=timeout or CONNECT_S):
            left_s = until - time.monotonic()
            if left_s <= 0:
                break
            try:
                return _Stream(super().connect_tcp(address, port, left_s, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as closed:
                failure = closed
        raise failure

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("no local sockets")


class _Stream(httpcore.NetworkStream):
    """A connection whose every read and write gets only what is left of the deadline of the request on it."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner
        self._socket: socket.socket = inner.get_extra_info("socket")
        self.holds_more: Callable[[], bool] = lambda: False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if QUICK_ACK:
            self._socket.setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)
        while True:
            left_s = _left_s(httpcore.ReadTimeout)
            try:
                return self._inner.read(max_bytes, stopping.longest_wait_s(left_s))
            except httpcore.ReadTimeout as silent:
                if stopping.is_asked():
                    raise httpcore.ReadError("nobody waits for it any more") from silent

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        unsent = memoryview(buffer)
        while unsent:
            self._socket.settimeout(_left_s(httpcore.WriteTimeout))
            try:
                unsent = unsent[self._socket.send(unsent) :]
            except TimeoutError as late:
                raise httpcore.WriteTimeout from late
            except OSError as lost:
                raise httpcore.WriteError from lost

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left_s = _left_s(httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, min(timeout or left_s, left_s)))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self.holds_more():
            return True
        return self._inner.get_extra_info(info)


def _left_s(too_late: type[httpcore.TimeoutException]) -> float:
    left_s = _deadline.get() - time.monotonic()
    if left_s <= 0:
        raise too_late("out of time")
    return left_s
