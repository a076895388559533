"""May this address be dialled? Decided on the resolved addresses, at the moment of dialling.

Whoever dials uses the addresses given back here, never the name again: between check and connection nothing
is looked up, so a name that changes its mind (rebinding) gains nothing.
Denied, closed or unknown reads the same.
"""

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from queue import Empty, SimpleQueue
from threading import Thread

from connectors import errors
from connectors.outbound.allowances import Allowance

type Address = IPv4Address | IPv6Address
type Resolver = Callable[[str, float], Sequence[str]]
"""Host name and seconds it may take → all its addresses as text; OSError when there are none."""

DENIED: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(network)
    for network in """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4
    240.0.0.0/4
    ::/96 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20
    5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8
    """.split()  # noqa: SIM905
)
"""Private, loopback, link-local and metadata addresses, and every range that can hide one of them."""
HTTP_PORTS = frozenset({80, 443, 8080, 8443})
MAIL_PORTS = frozenset({25, 465, 587, 2525})
CONNECT_S = 3.0


def system_resolver(host: str, timeout_s: float) -> Sequence[str]:
    """The system's own lookup has no time limit, so it runs in a thread that may be left behind."""
    answers: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            answers.put([str(entry[4][0]) for entry in found])
        except (OSError, UnicodeError) as unknown:
            answers.put(unknown)

    Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout_s)
    except Empty:
        raise OSError("the lookup took too long") from None
    if isinstance(answer, Exception):
        raise OSError("the lookup failed") from answer
    return answer


@dataclass(frozen=True, kw_only=True)
class Guard:
    ports: frozenset[int]
    allow: tuple[Allowance, ...] = ()
    own_hosts: frozenset[str] = frozenset()
    """Parley's own names: a workflow does not talk to the machine that runs it."""
    resolve: Resolver = system_resolver

    def addresses(self, host: str, port: int, *, timeout_s: float = CONNECT_S) -> list[str]:
        """The addresses that may be dialled for this host, in order; one denied, and all are refused."""
        found = self._look_up(host, timeout_s)
        if not found:
            raise errors.Unavailable(unreachable(host, port))
        if not all(self._may_dial(address, host, port) for address in found):
            raise errors.Blocked(unreachable(host, port))
        return [str(address) for address in found]

    def dial(self, host: str, port: int, *, timeout_s: float = CONNECT_S) -> socket.socket:
        until = time.monotonic() + timeout_s
        for address in self.addresses(host, port, timeout_s=timeout_s):
            left_s = until - time.monotonic()
            if left_s <= 0:
                break
            try:
                return socket.create_connection((address, port), timeout=left_s)
            except OSError:
                continue
        raise errors.Unavailable(unreachable(host, port))

    def _look_up(self, host: str, timeout_s: float) -> list[Address]:
        try:
            return [ip_address(host)]
        except ValueError:
            pass
        try:
            return [ip_address(text) for text in dict.fromkeys(self.resolve(host, timeout_s))]
        except (OSError, ValueError):
            return []

    def _may_dial(self, address: Address, host: str, port: int) -> bool:
        if any(allowance.covers(address, port) for allowance in self.allow):
            return True
        is_own = host.rstrip(".").lower() in self.own_hosts
        return port in self.ports and not is_own and not any(address in network for network in DENIED)


def unreachable(host: str, port: int) -> str:
    """One text for denied, closed and unknown, so that nobody can map a network by asking."""
    return (
        f"Could not reach {host}:{port}. Check the address; private and internal addresses cannot be used, "
        "and the service must be running."
    )
