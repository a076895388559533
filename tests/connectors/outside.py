"""A hostile world outside: servers that say just what a test wants, and calls that may reach them."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from connectors.declare import Resolved
from connectors.outbound import allowances, guard
from connectors.outbound.guard import Guard, Resolver
from connectors.outbound.http import GuardedHttp
from connectors.outbound.smtp import GuardedMail
from workspaces.ids import uuid7

WORKSPACE = UUID("01890000-0000-7000-8000-000000000001")

type Script = Callable[[socket.socket], None]


@dataclass
class Server:
    port: int
    visits: list[bytes] = field(default_factory=list)
    """The first bytes of each connection; an empty one for a visitor that said nothing yet."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(script: Script, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Runs `script` on each connection, in threads; ends when the test does."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener.getsockname()[1])

    def serve() -> None:
        with suppress(OSError):
            while True:
                visitor, _ = listener.accept()
                threading.Thread(target=attend, args=(visitor,), daemon=True).start()

    def attend(visitor: socket.socket) -> None:
        server.visits.append(b"")
        with suppress(OSError), visitor:
            visitor.settimeout(20)
            script(tls.wrap_socket(visitor, server_side=True) if tls else visitor)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def answering(*answers: bytes) -> Script:
    """One answer for each request on a connection, then the end."""

    def script(visitor: socket.socket) -> None:
        for answer in answers:
            read_request(visitor)
            visitor.sendall(answer)

    return script


def read_request(visitor: socket.socket) -> bytes:
    """With its body, which may come in a packet of its own."""
    received = b""
    while not _is_whole(received):
        received += (chunk := visitor.recv(65536))
        if not chunk:
            raise OSError("gone")
    return received


def _is_whole(received: bytes) -> bool:
    head, ended, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    return bool(ended) and len(body) >= (int(length[1]) if length else 0)


def response(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def names(**known: Sequence[str]) -> Resolver:
    """A resolver that knows these names (`_` for a dot), and numerals as the system does."""

    def resolve(host: str, _timeout_s: float) -> Sequence[str]:
        if addresses := known.get(host.replace(".", "_").replace("-", "_")):
            return addresses
        return [socket.inet_ntoa(socket.inet_aton(host))]

    return resolve


def http(
    *allow: str,
    resolver: Resolver | None = None,
    connection: Resolved | None = None,
    seconds: float = 5,
    own_hosts: Sequence[str] = (),
) -> GuardedHttp:
    return GuardedHttp(
        guard=Guard(
            ports=guard.HTTP_PORTS,
            allow=allowances.parse(allow),
            own_hosts=frozenset(own_hosts),
            resolve=resolver or names(),
        ),
        workspace_id=uuid4(),
        connection=connection,
        deadline=time.monotonic() + seconds,
    )


def mail(
    *allow: str, connection: Resolved | None, resolver: Resolver | None = None, seconds: float = 5
) -> GuardedMail:
    return GuardedMail(
        guard=Guard(ports=guard.MAIL_PORTS, allow=allowances.parse(allow), resolve=resolver or names()),
        connection=connection,
        deadline=time.monotonic() + seconds,
    )


def connected(app: str = "rest", **over: object) -> Resolved:
    given: dict[str, object] = {"settings": {}, "name": "Northwind shop API", "version": 1, **over}
    return Resolved(id=uuid7(), app=app, **given)  # type: ignore[arg-type]
