"""What keeps tests off the network? Every connection beyond this machine is refused before it is tried."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest


class NoNetwork(OSError):
    """A test reached for the outside world."""


def refuse_the_outside() -> Iterator[None]:
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(self.family, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *rest: Any, **options: Any) -> Any:
        if not (_is_here(host) or _is_address(host)):
            raise NoNetwork(f"tests have no network, and do not look up {host!r}")
        return getaddrinfo(host, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


def _check(family: int, address: Any) -> None:
    if family != socket.AF_UNIX and not _is_here(address[0]):
        raise NoNetwork(f"tests have no network, and do not connect to {address!r}")


def _is_here(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host or "localhost"
    return name == "localhost" or (
        _is_address(name) and ipaddress.ip_address(name.partition("%")[0]).is_loopback
    )


def _is_address(host: str | bytes) -> bool:
    """Of any kind: to look one up asks nobody."""
    try:
        ipaddress.ip_address((host.decode() if isinstance(host, bytes) else host).partition("%")[0])
    except ValueError:
        return False
    return True
